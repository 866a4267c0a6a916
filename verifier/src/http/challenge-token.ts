import { fromBase64url, toBase64url } from '../base64url.ts';
import { equalInConstantTime, hmacSha256 } from '../crypto.ts';

// A challenge tells a client whose clock is wrong what to sign instead of a time: it is this process's own time, sealed with
// a key that lives and dies with the process. It needs no memory.

/** A challenge is 24 bytes, 32 characters: seconds since 1970 (8 bytes) and the first 16 bytes of their HMAC-SHA-256. */
const timeBytes = 8;
const tokenBytes = 24;

/** Makes the challenge of a moment (whole seconds). `key` is 32 random bytes, made anew at every start. */
export function makeChallenge(seconds: number, key: Uint8Array): string {
  const token = new Uint8Array(tokenBytes);
  new DataView(token.buffer).setBigUint64(0, BigInt(seconds));
  token.set(hmacSha256(key, token.subarray(0, timeBytes)).subarray(0, tokenBytes - timeBytes), timeBytes);
  return toBase64url(token);
}

/** When the challenge at the beginning of a nonce was made, in seconds; undefined when it is none that was made with this key. */
export function timeOfChallenge(nonce: string, key: Uint8Array): number | undefined {
  if (nonce[32] !== '.') return undefined;
  const token = fromBase64url(nonce.slice(0, 32));
  const seal = hmacSha256(key, token.subarray(0, timeBytes)).subarray(0, tokenBytes - timeBytes);
  if (!equalInConstantTime(seal, token.subarray(timeBytes))) return undefined;
  return Number(new DataView(token.buffer, token.byteOffset).getBigUint64(0));
}
