import type { DeliveryNoteSigner, Signer } from '@appwarrant/keys';

import type { Config } from './config.ts';
import type { Db } from './database/database.ts';
import type { Log } from './log.ts';

/** `length` random bytes that nobody can guess. */
export type Random = (length: number) => Uint8Array;

/** The roles that online keys sign; `registry` also signs the roles of partners and customers. */
export type OnlineRole = 'registry' | 'snapshot' | 'timestamp';

/** The keys that lie in the data folder. `offline` is there with development keys only. */
export interface PortalKeys {
  readonly online: Readonly<Record<OnlineRole, Signer>>;
  readonly offline: Readonly<Record<'root' | 'targets', Signer>> | null;
}

/** What the repository fixes for ever. */
export interface Repository {
  /** The registry id: 64 hexadecimal digits. */
  readonly registry: string;
  readonly environment: 'production' | 'development';
  readonly vendor: { readonly name: string; readonly slug: string };
}

/**
 * Everything that a verb may reach, made once at start and passed explicitly.
 * `now()` is the system clock in whole Unix seconds: read it once per operation.
 */
export interface Context {
  readonly db: Db;
  readonly config: Config;
  readonly dataDir: string;
  readonly now: () => number;
  readonly random: Random;
  readonly log: Log;
  readonly keys: PortalKeys;
  /** Signs delivery notes: nothing that the verifier consults. */
  readonly deliveryNotes: DeliveryNoteSigner;
  readonly repository: Repository;
}
