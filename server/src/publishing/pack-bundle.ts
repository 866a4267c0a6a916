import { BUNDLE_MAGIC, canonical } from '@appwarrant/verifier/formats';

/** One metadata file as it goes into bundles: packed once, reused as long as its role does not change. */
export interface PackedMember {
  /** `<version>.<role>.json`, or `timestamp.json`. */
  readonly name: string;
  /** The gzip form (RFC 1952). */
  readonly packed: Uint8Array;
  /** Length and digest of what it unpacks to. */
  readonly length: number;
  readonly digest: string;
}

/** The bundle of SPEC §6: an index that locates, then the members as they are. The caller chooses and orders them. */
export function packBundle(registry: string, customer: string, members: readonly PackedMember[]): Buffer {
  const files = members.map(({ name, packed, length, digest }) => ({
    name,
    packed: packed.length,
    length,
    digest,
  }));
  const index = canonical({ customer, files, registry });
  const size = Buffer.alloc(4);
  size.writeUInt32BE(index.length);
  return Buffer.concat([Buffer.from(BUNDLE_MAGIC), size, index, ...members.map((member) => member.packed)]);
}
