import { createHash } from 'node:crypto';
import { gzipSync } from 'node:zlib';
import { BUNDLE_MAGIC, canonical } from '../../src/formats.ts';

const fast = (bytes: Uint8Array): Uint8Array => gzipSync(bytes, { level: 1 });

/** A bundle (SPEC §6) of these files, in their order. */
export function packBundle(
  customer: string,
  registry: string,
  files: Iterable<readonly [name: string, bytes: Uint8Array]>,
  compress = fast,
): Uint8Array {
  const packed = [...files].map(([name, bytes]) => ({ name, bytes, gzip: compress(bytes) }));
  const index = canonical({
    customer,
    files: packed.map(({ name, bytes, gzip }) => ({
      name,
      packed: gzip.length,
      length: bytes.length,
      digest: createHash('sha256').update(bytes).digest('hex'),
    })),
    registry,
  });
  return assemble(
    index,
    packed.map(({ gzip }) => gzip),
  );
}

/** Magic, length, index and files, whatever they are. */
export function assemble(index: Uint8Array, packed: readonly Uint8Array[]): Uint8Array {
  const length = Buffer.alloc(4);
  length.writeUInt32BE(index.length);
  return Buffer.concat([Buffer.from(BUNDLE_MAGIC), length, index, ...packed]);
}
