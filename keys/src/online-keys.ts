import { join } from 'node:path';
import { createFolder } from './durable-file.ts';
import { createKeyFile, openKeyFile } from './file-signer.ts';
import type { OnlineRole } from './request.ts';
import type { Signer } from './signer.ts';

/** The keys of a production portal. The offline keys are nowhere near. */
export type OnlineSigners = Readonly<Record<OnlineRole, Signer>>;

/**
 * Makes a folder with the three encrypted keys of a production portal (`registry.pem`, `snapshot.pem`, `timestamp.pem`),
 * whole or not at all. Throws KeysError `file_exists`, `passphrase_too_short`, `key_environment_mixed`, `file_not_written`.
 */
export async function createOnlineKeys(folder: string, passphrase: string): Promise<OnlineSigners> {
  await createFolder(folder, (draft) => {
    for (const role of ['registry', 'snapshot', 'timestamp'])
      createKeyFile(join(draft, `${role}.pem`), passphrase);
  });
  return openOnlineKeys(folder, passphrase);
}

/** Opens that folder. Throws what openKeyFile throws. */
export function openOnlineKeys(folder: string, passphrase: string | null): OnlineSigners {
  const open = (role: OnlineRole): Signer => openKeyFile(join(folder, `${role}.pem`), passphrase);
  return { registry: open('registry'), snapshot: open('snapshot'), timestamp: open('timestamp') };
}
