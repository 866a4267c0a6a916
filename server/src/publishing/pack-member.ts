import { createHash } from 'node:crypto';
import { gzipSync } from 'node:zlib';

import type { PackedMember } from './pack-bundle.ts';

/** A metadata file in the form that bundles carry: gzip, without the name of this machine's operating system. */
export function packMember(name: string, bytes: Uint8Array): PackedMember {
  const packed = gzipSync(bytes);
  // RFC 1952 §2.3.1: the byte that names the operating system; 255 is "unknown".
  packed[9] = 255;
  return { name, packed, length: bytes.length, digest: createHash('sha256').update(bytes).digest('hex') };
}
