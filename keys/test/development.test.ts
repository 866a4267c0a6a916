import { mkdtempSync, readdirSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { createDevelopmentRepository, openDevelopmentRepository } from '../src/development.ts';

let dir = '';
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'appwarrant-keys-'));
});
afterEach(() => rmSync(dir, { recursive: true, force: true }));

const now = 1_800_000_000;
const site = { rpId: 'approve.localhost', origins: ['http://approve.localhost:8600'] };

test('A development registry has a key of its own for every role, and an empty roster', async () => {
  const { repository, signers } = await createDevelopmentRepository({ dir, now, ...site });
  expect(new Set(Object.values(signers).map(({ keyId }) => keyId)).size).toBe(5);
  expect(repository.root.environment).toBe('development');
  expect(repository.root.signedAt).toBe('2027-01-15T08:00:00Z');
  expect(repository.targets.roster).toEqual({
    ...site,
    thresholds: { entry: 1, licence: 1, grant: 1 },
    approvers: [],
  });
  for (const name of readdirSync(join(dir, 'development-keys')).filter((file) => file.endsWith('.pem'))) {
    expect(statSync(join(dir, 'development-keys', name)).mode & 0o777).toBe(0o600);
  }
});

test('It opens again as it was made, and is not made twice', async () => {
  const made = await createDevelopmentRepository({ dir, now, ...site });
  expect(openDevelopmentRepository(dir).repository).toEqual(made.repository);
  await expect(createDevelopmentRepository({ dir, now, ...site })).rejects.toMatchObject({
    code: 'file_exists',
  });
});

test('It appears whole or not at all: a wrong origin leaves nothing behind', async () => {
  const wrong = { rpId: 'approve.localhost', origins: ['http://elsewhere.localhost'] };
  await expect(createDevelopmentRepository({ dir, now, ...wrong })).rejects.toMatchObject({
    code: 'roster_malformed',
  });
  expect(readdirSync(dir)).toEqual([]);
});

test('A folder that lost a file is refused', async () => {
  await createDevelopmentRepository({ dir, now, ...site });
  rmSync(join(dir, 'development-keys', '1.targets.json'));
  expect(() => openDevelopmentRepository(dir)).toThrow(
    expect.objectContaining({ code: 'key_folder_incomplete' }),
  );
});
