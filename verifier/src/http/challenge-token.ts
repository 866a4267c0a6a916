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

/** The challenge with which a nonce begins. */
type Answered = {
  /** When it was made, in seconds, as it says: who signed it believed that. */
  readonly at: number;
  /** Whether it was made with this key; else by another process, or by nobody. */
  readonly isOurs: boolean;
};

/** Which challenge a nonce answers; undefined when it has not the form of an answer (SPEC §10.3). */
export function challengeAnswered(nonce: string, key: Uint8Array): Answered | undefined {
  if (nonce[32] !== '.') return undefined;
  const token = fromBase64url(nonce.slice(0, 32));
  const seal = hmacSha256(key, token.subarray(0, timeBytes)).subarray(0, tokenBytes - timeBytes);
  const isOurs = equalInConstantTime(seal, token.subarray(timeBytes));
  return { at: Number(new DataView(token.buffer, token.byteOffset).getBigUint64(0)), isOurs };
}
