import { crc32 } from 'node:zlib';

/**
 * Gzip (RFC 1952) with the bytes stored as they are: what compression makes of them differs between machines and versions of zlib, and
 * these have to come out the same.
 */
export function storedGzip(bytes: Uint8Array): Uint8Array {
  const blocks: Uint8Array[] = [Buffer.from([0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 255])];
  for (let at = 0; at === 0 || at < bytes.length; at += 65_535) {
    const block = bytes.subarray(at, at + 65_535);
    const head = Buffer.alloc(5);
    head[0] = at + 65_535 >= bytes.length ? 1 : 0;
    head.writeUInt16LE(block.length, 1);
    head.writeUInt16LE(0xffff - block.length, 3);
    blocks.push(head, block);
  }
  const end = Buffer.alloc(8);
  end.writeUInt32LE(crc32(bytes), 0);
  end.writeUInt32LE(bytes.length, 4);
  return Buffer.concat([...blocks, end]);
}
