import type { AppKey } from './app-key.ts';
import { SdkError } from './sdk-error.ts';

/** Where an app keeps its key. The sdk only loads; saving is a deliberate act of whoever sets the app up. */
export interface KeyStore {
  /** The key, or null when there is none. Throws `key_unusable` or `store_failed`. */
  load(): Promise<AppKey | null>;
  /** Keeps a key. Throws `key_exists` when there is one already, `key_unusable`, `store_failed`. */
  save(key: AppKey): Promise<void>;
}

/** A store that forgets with the process: for keys that come from elsewhere, such as a secret store. */
export function memoryKeyStore(initial: AppKey | null = null): KeyStore {
  let held = initial;
  return {
    load: () => Promise.resolve(held),
    save(key) {
      if (held !== null) return Promise.reject(new SdkError('key_exists', 'This store already holds a key.'));
      held = key;
      return Promise.resolve();
    },
  };
}
