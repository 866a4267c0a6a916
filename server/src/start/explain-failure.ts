import { KeysError } from '@appwarrant/keys';
import { Refused } from '@appwarrant/verifier/formats';

import { ConfigError } from '../config.ts';
import { Problem } from '../problem.ts';

/** One sentence about why the portal does not start. What nobody foresaw keeps its stack. */
export function explainFailure(error: unknown): string {
  if (error instanceof KeysError && error.code === 'passphrase_missing') {
    return `${error.message} Set APPWARRANT_PASSPHRASE_FILE (or APPWARRANT_PASSPHRASE).`;
  }
  for (const kind of [ConfigError, KeysError, Problem, Refused]) {
    if (error instanceof kind) return error.message;
  }
  if (error instanceof Error && error.cause !== undefined) return error.message;
  return error instanceof Error ? (error.stack ?? error.message) : String(error);
}
