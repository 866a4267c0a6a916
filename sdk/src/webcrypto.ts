import { SdkError } from './sdk-error.ts';

/** WebCrypto of this platform. Throws `webcrypto_missing` where there is none (pages that are not a secure context). */
export function subtle(): SubtleCrypto {
  const found = (globalThis as { crypto?: { subtle?: SubtleCrypto } }).crypto?.subtle;
  if (found === undefined) throw new SdkError('webcrypto_missing', 'This platform offers no WebCrypto here.');
  return found;
}

/** SHA-256 of some bytes. */
export async function sha256(bytes: Uint8Array): Promise<Uint8Array> {
  return new Uint8Array(await subtle().digest('SHA-256', own(bytes)));
}

/** The same bytes, in a buffer that is certainly not shared: what WebCrypto and `fetch` take. */
export function own(bytes: Uint8Array): Uint8Array<ArrayBuffer> {
  return bytes.buffer instanceof ArrayBuffer ? (bytes as Uint8Array<ArrayBuffer>) : new Uint8Array(bytes);
}
