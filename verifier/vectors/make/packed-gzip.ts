import { gzipSync } from 'fflate';

/**
 * Gzip (RFC 1952) that comes out the same on every machine: what zlib makes of the same bytes differs between its versions, and this is
 * one version of one program in JavaScript.
 */
export function packedGzip(bytes: Uint8Array): Uint8Array {
  return gzipSync(bytes, { level: 9, mtime: 0 });
}
