import {
  BUNDLE_MAGIC,
  bundleFile,
  canonical,
  type Bundle,
  type BundleIndex,
} from '@appwarrant/verifier/formats';

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
  const index = canonical(indexOf(registry, customer, members));
  const size = Buffer.alloc(4);
  size.writeUInt32BE(index.length);
  return Buffer.concat([Buffer.from(BUNDLE_MAGIC), size, index, ...members.map((member) => member.packed)]);
}

/** The same bundle with its parts where they are, for the verifier to open without all of them being copied first. */
export function bundleOfParts(registry: string, customer: string, members: readonly PackedMember[]): Bundle {
  const index = indexOf(registry, customer, members);
  const files = index.files.map((file, at) => {
    const { packed = new Uint8Array() } = members[at] ?? {};
    return [file.name, bundleFile(file, packed)] as const;
  });
  return { index, files: new Map(files) };
}

function indexOf(registry: string, customer: string, members: readonly PackedMember[]): BundleIndex {
  const files = members.map(({ name, packed, length, digest }) => {
    return { name, packed: packed.length, length, digest };
  });
  return { customer, files, registry };
}
