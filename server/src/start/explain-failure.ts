import { KeysError } from '@appwarrant/keys';
import { Refused } from '@appwarrant/verifier/formats';

import { ConfigError } from '../config.ts';

/** One sentence about why the portal does not start. What nobody foresaw keeps its stack. */
export function explainFailure(error: unknown): string {
  if (error instanceof KeysError && error.code === 'passphrase_missing') {
    return `${error.message} Set APPWARRANT_PASSPHRASE_FILE (or APPWARRANT_PASSPHRASE).`;
  }
  if (error instanceof ConfigError || error instanceof KeysError || error instanceof Refused)
    return error.message;
  if (error instanceof Error && error.cause !== undefined) return error.message;
  return error instanceof Error ? (error.stack ?? error.message) : String(error);
}
