import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { timeOf } from '@appwarrant/verifier/formats';
import type { Ceilings } from '@appwarrant/verifier/formats';
import { OFFLINE_LIFETIME } from './apply-request.ts';
import { composeNewRepository } from './create-repository.ts';
import { createFile, createFolder } from './durable-file.ts';
import { createKeyFile, openKeyFile } from './file-signer.ts';
import { DEVELOPMENT_FOLDER } from './key-place.ts';
import { KeysError } from './keys-error.ts';
import { openRepository } from './repository.ts';
import type { Repository, RepositoryFiles } from './repository.ts';
import { sealMetadata } from './seal.ts';
import type { Signer } from './signer.ts';

const DAY = 86_400;

/** What a vendor may promise, unless the creation request says otherwise. Seconds. */
export const DEFAULT_CEILINGS: Ceilings = {
  fresh: 180 * DAY,
  grace: 180 * DAY,
  monitor: 30 * DAY,
  breakGlass: 3 * DAY,
  entryValidity: 3 * 365 * DAY,
  attestation: DAY,
};

const ROLES = ['root', 'targets', 'registry', 'snapshot', 'timestamp'] as const;
type Role = (typeof ROLES)[number];

/** A whole development registry: every key, offline ones included, lies unencrypted on the portal's machine. */
export type DevelopmentRepository = {
  readonly signers: Readonly<Record<Role, Signer>>;
  /** Root and targets of version 1, as they were made. */
  readonly files: RepositoryFiles;
  readonly repository: Repository;
};

/**
 * Makes `<dir>/development-keys` with five key files and the first root and targets (empty roster, one person is enough
 * for everything). The folder appears whole or not at all. `now` in seconds.
 * Throws KeysError `file_exists`, `file_not_written`, and Refused `roster_malformed` for a wrong rpId or origin.
 */
export async function createDevelopmentRepository(options: {
  readonly dir: string;
  readonly now: number;
  readonly rpId: string;
  readonly origins: readonly string[];
}): Promise<DevelopmentRepository> {
  const { dir, now, origins, rpId } = options;
  const folder = join(dir, DEVELOPMENT_FOLDER);
  await createFolder(folder, async (draft) => {
    const made = ROLES.map((role) => [role, createKeyFile(join(draft, `${role}.pem`), null)] as const);
    const signers = recordOf(made);
    const { root, targets } = composeNewRepository(
      {
        type: 'appwarrant/creation-request/1',
        environment: 'development',
        made: timeOf(now),
        vendor: 'development',
        keys: {
          registry: signers.registry.key,
          snapshot: signers.snapshot.key,
          timestamp: signers.timestamp.key,
        },
        rpId,
        origins,
        thresholds: { entry: 1, licence: 1, grant: 1 },
        ceilings: DEFAULT_CEILINGS,
      },
      {
        root: { keys: [signers.root.key], threshold: 1 },
        targets: { keys: [signers.targets.key], threshold: 1 },
      },
      { now, expires: timeOf(now + OFFLINE_LIFETIME) },
    );
    createFile(join(draft, '1.root.json'), await sealMetadata(root, [signers.root]), 0o644);
    createFile(join(draft, '1.targets.json'), await sealMetadata(targets, [signers.targets]), 0o644);
    // A wrong rpId or origin must not leave a folder behind.
    openRepository({
      roots: [read(join(draft, '1.root.json'))],
      targets: read(join(draft, '1.targets.json')),
    });
  });
  return openDevelopmentRepository(dir);
}

/**
 * Opens what createDevelopmentRepository made. Throws KeysError `key_folder_incomplete` where a file is missing, and what
 * openKeyFile and openRepository throw.
 */
export function openDevelopmentRepository(dir: string): DevelopmentRepository {
  const folder = join(dir, DEVELOPMENT_FOLDER);
  const files = { roots: [read(join(folder, '1.root.json'))], targets: read(join(folder, '1.targets.json')) };
  const repository = openRepository(files);
  const signers = recordOf(
    ROLES.map((role) => [role, openKeyFile(join(folder, `${role}.pem`), null)] as const),
  );
  return { signers, files, repository };
}

function recordOf(made: readonly (readonly [Role, Signer])[]): Record<Role, Signer> {
  const signers = new Map(made);
  const of = (role: Role): Signer => {
    const signer = signers.get(role);
    if (signer === undefined) throw new KeysError('key_folder_incomplete', `The key of ${role} is missing.`);
    return signer;
  };
  return {
    root: of('root'),
    targets: of('targets'),
    registry: of('registry'),
    snapshot: of('snapshot'),
    timestamp: of('timestamp'),
  };
}

function read(path: string): Uint8Array {
  try {
    return readFileSync(path);
  } catch (error) {
    throw new KeysError('key_folder_incomplete', `${path} could not be read.`, { cause: error });
  }
}
