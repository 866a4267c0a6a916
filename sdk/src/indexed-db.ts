import { appKey, type AppKey } from './app-key.ts';
import type { DeploymentPins } from './deployment-pins.ts';
import type { KeyStore } from './key-store.ts';
import { SdkError } from './sdk-error.ts';

/**
 * A key in this origin's IndexedDB. A key that is not extractable stays so: scripts of this page can sign with it and
 * cannot read it. `name` tells several apps of one origin apart.
 */
export function indexedDbKeyStore(name = 'appwarrant'): KeyStore {
  return {
    async load() {
      const kept = (await transact<unknown>(name, 'keys', 'readonly', (store) => store.get('app'))) as
        Partial<AppKey> | undefined;
      if (kept === undefined) return null;
      if (!(kept.privateKey instanceof CryptoKey) || kept.publicKeyJwk === undefined) {
        throw new SdkError('key_unusable', 'The key in IndexedDB was not written by the sdk.');
      }
      return appKey(kept.publicKeyJwk, kept.privateKey);
    },
    async save({ publicKeyJwk, privateKey }) {
      await transact(name, 'keys', 'readwrite', (store) => store.add({ publicKeyJwk, privateKey }, 'app'));
    },
  };
}

/** Pins in this origin's IndexedDB: they outlive the page. */
export function indexedDbPins(name = 'appwarrant'): DeploymentPins {
  return {
    async read(origin) {
      const kept: unknown = await transact(name, 'pins', 'readonly', (store) => store.get(origin));
      return typeof kept === 'string' ? kept : null;
    },
    async write(origin, deployment) {
      await transact(name, 'pins', 'readwrite', (store) => store.put(deployment, origin));
    },
  };
}

type StoreName = 'keys' | 'pins';

/** One request in one transaction; resolves once the transaction is complete, so that what was written is kept. */
async function transact<T>(
  name: string,
  storeName: StoreName,
  mode: IDBTransactionMode,
  ask: (store: IDBObjectStore) => IDBRequest<T>,
): Promise<T> {
  const database = await open(name);
  try {
    return await new Promise((resolve, reject) => {
      const transaction = database.transaction(storeName, mode);
      const request = ask(transaction.objectStore(storeName));
      transaction.oncomplete = () => resolve(request.result);
      transaction.onabort = () => {
        const taken = transaction.error?.name === 'ConstraintError';
        reject(
          taken
            ? new SdkError('key_exists', 'IndexedDB already holds a key.')
            : new SdkError('store_failed', 'IndexedDB did not answer.', null, transaction.error),
        );
      };
    });
  } finally {
    database.close();
  }
}

function open(name: string): Promise<IDBDatabase> {
  return new Promise((resolve, reject) => {
    const request = indexedDB.open(name, 1);
    request.onupgradeneeded = () => {
      request.result.createObjectStore('keys');
      request.result.createObjectStore('pins');
    };
    request.onsuccess = () => resolve(request.result);
    request.onerror = () =>
      reject(new SdkError('store_failed', 'IndexedDB could not be opened.', null, request.error));
  });
}
