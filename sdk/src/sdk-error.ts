import type { Refusal } from './refusal.ts';
import { sdkCodes, type SdkCode } from './codes.ts';

/**
 * The one error that the sdk throws; network failures stay what `fetch` makes of them.
 *
 * `code` is one of the closed list of `sdkCodes`. `refusal` is what the server's verifier answered, where it did: its
 * `code` is one of the verifier's reasons. Messages never contain key material or credentials.
 */
export class SdkError extends Error {
  readonly code: SdkCode;
  readonly refusal: Refusal | null;

  constructor(code: SdkCode, what: string, refusal: Refusal | null = null, cause?: unknown) {
    super(
      `${what} ${refusal === null ? sdkCodes[code] : `(${refusal.code})`}`,
      cause === undefined ? {} : { cause },
    );
    this.name = 'SdkError';
    this.code = code;
    this.refusal = refusal;
  }
}
