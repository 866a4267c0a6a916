import { canonical, sha256Hex } from '@appwarrant/verifier/formats';
import type { JsonObject } from '@appwarrant/verifier/formats';
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { composeRoot, readRoot } from '../src/compose-root.ts';
import type { RootContent } from '../src/compose-root.ts';
import { readTargets } from '../src/compose-targets.ts';
import { createKeyFile } from '../src/file-signer.ts';
import { openRepository } from '../src/repository.ts';
import { rotateRoot } from '../src/rotate-root.ts';
import { sealMetadata } from '../src/seal.ts';
import type { Signer } from '../src/signer.ts';
import { composeNewRepository } from '../src/create-repository.ts';
import { creation, freshKey } from './table.ts';

const folder = mkdtempSync(join(tmpdir(), 'appwarrant-keys-'));
const keys = join(folder, 'development-keys');
mkdirSync(keys);
afterAll(() => rmSync(folder, { recursive: true, force: true }));

let count = 0;
const signer = (): Signer => createKeyFile(join(keys, `${(count += 1)}.pem`), null);
const [one, two, three, targetsSigner, stranger] = [
  signer(),
  signer(),
  signer(),
  signer(),
  signer(),
] as const;

const now = 1_793_534_400 + 3600;
const dates = { now, expires: '2031-01-01T00:00:00Z' };
const made = composeNewRepository(
  creation(),
  {
    root: { keys: [one.key, two.key, three.key], threshold: 2 },
    targets: { keys: [targetsSigner.key], threshold: 1 },
  },
  dates,
);
const targets = await sealMetadata(made.targets, [targetsSigner]);
const root = await sealMetadata(made.root, [one, two]);
const content = readRoot(made.root);

const refused = (code: string) => expect.objectContaining({ name: 'KeysError', code });

async function second(change: Partial<RootContent>, signers: readonly Signer[]): Promise<Uint8Array> {
  return sealMetadata(composeRoot({ ...content, version: 2, ...change }), signers);
}

describe('the files of the offline roles', () => {
  test('are opened where enough keys signed, and name the registry by its first root', () => {
    const repository = openRepository({ roots: [root], targets });
    expect(repository.registry).toBe(sha256Hex(canonical(made.root)));
    expect(repository.root).toEqual(content);
  });

  test('are the same bytes in whatever order people signed', async () => {
    expect(await sealMetadata(made.root, [two, one])).toEqual(root);
    expect(await sealMetadata(made.root, [one, two, one])).toEqual(root);
  });

  test.each([
    ['one signature', [one]],
    ['one key twice', [one, one]],
    ["a stranger's signature beside one", [one, stranger]],
  ])('are refused with %s where two are needed', async (_, signers) => {
    const roots = [await sealMetadata(made.root, signers)];
    expect(() => openRepository({ roots, targets })).toThrow(refused('signatures_missing'));
  });

  test('are refused when a signature is another’s, or when what was signed was changed', async () => {
    const text = new TextDecoder().decode(root);
    const changed = [
      text.replace('"threshold":2', '"threshold":1'),
      text.replace(new RegExp(`${one.keyId}","sig":"..`), `${one.keyId}","sig":"00`),
    ];
    for (const other of changed) {
      expect(other).not.toBe(text);
      const roots = [new TextEncoder().encode(other)];
      expect(() => openRepository({ roots, targets })).toThrow(refused('signatures_missing'));
    }
    const strange = await sealMetadata(made.targets, [stranger]);
    expect(() => openRepository({ roots: [root], targets: strange })).toThrow(refused('signatures_missing'));
  });

  test('are refused when they are torn, or no metadata at all', () => {
    for (const bytes of [
      root.subarray(0, root.length - 5),
      new Uint8Array(),
      new TextEncoder().encode('{"signed":1}'),
    ]) {
      expect(() => openRepository({ roots: [bytes], targets })).toThrow(refused('file_malformed'));
      expect(() => openRepository({ roots: [root], targets: bytes })).toThrow(refused('file_malformed'));
    }
    expect(() => openRepository({ roots: [], targets })).toThrow(refused('repository_malformed'));
  });

  test('are refused when they say more than this program knows, so that it never drops what it does not', async () => {
    const more: JsonObject = { ...made.targets, 'x-later': true };
    const roots = [await sealMetadata({ ...made.root, 'x-later': true }, [one, two])];
    expect(() => openRepository({ roots, targets })).toThrow(refused('repository_malformed'));
    expect(() => readTargets(more, 'production')).toThrow(refused('repository_malformed'));
  });
});

describe('a chain of roots', () => {
  test('goes on where the keys until now and the new ones signed', async () => {
    const roles = { ...content.roles, root: { keys: [two.key, three.key, stranger.key], threshold: 2 } };
    const good = await second({ roles }, [one, two, stranger]);
    expect(openRepository({ roots: [root, good], targets }).root.version).toBe(2);
    const withoutOld = await second({ roles }, [two, stranger]);
    expect(() => openRepository({ roots: [root, withoutOld], targets })).toThrow(
      refused('signatures_missing'),
    );
    const withoutNew = await second({ roles }, [one, two]);
    expect(() => openRepository({ roots: [root, withoutNew], targets })).toThrow(
      refused('signatures_missing'),
    );
  });

  test('never leads from development to production, nor back, whoever signs', async () => {
    const other = await second({ environment: 'development' }, [one, two, three]);
    expect(() => openRepository({ roots: [root, other], targets })).toThrow(refused('environment_fixed'));
    const ring = {
      root: { keys: [one.key], threshold: 1 },
      targets: { keys: [targetsSigner.key], threshold: 1 },
    };
    const site = {
      rpId: 'approve.localhost',
      origins: ['http://approve.localhost'],
      thresholds: { entry: 1, licence: 1, grant: 1 },
    };
    const development = composeNewRepository(creation({ environment: 'development', ...site }), ring, dates);
    const next = composeRoot({ ...readRoot(development.root), version: 2, environment: 'production' });
    const roots = [await sealMetadata(development.root, [one]), await sealMetadata(next, [one])];
    expect(() => openRepository({ roots, targets })).toThrow(refused('environment_fixed'));
  });

  test('skips no version and goes back neither in version nor in time', async () => {
    const skipped = await second({ version: 3 }, [one, two]);
    expect(() => openRepository({ roots: [root, skipped], targets })).toThrow(
      refused('repository_malformed'),
    );
    const earlier = await second({ signedAt: '2020-01-01T00:00:00Z' }, [one, two]);
    expect(() => openRepository({ roots: [root, earlier], targets })).toThrow(
      refused('repository_malformed'),
    );
  });

  test('is rotated for the versions in force only', () => {
    const repository = openRepository({ roots: [root], targets });
    const rotation = {
      registry: repository.registry,
      base: { root: 1, targets: 1 },
      root: content.roles.root,
      targets: content.roles.targets,
    };
    expect(rotateRoot(repository, rotation, dates).targets).toBeNull();
    expect(() => rotateRoot(repository, { ...rotation, base: { root: 2, targets: 1 } }, dates)).toThrow(
      refused('request_outdated'),
    );
    expect(() => rotateRoot(repository, { ...rotation, registry: 'ab'.repeat(32) }, dates)).toThrow(
      refused('request_other_registry'),
    );
  });
});

describe('a root', () => {
  test('has keys of its own for every role', () => {
    const shared = freshKey();
    const roles = {
      ...content.roles,
      snapshot: { keys: [shared], threshold: 1 },
      timestamp: { keys: [shared], threshold: 1 },
    };
    expect(() => composeRoot({ ...content, roles })).toThrow(refused('key_repeated'));
  });

  test.each([0, 4, 1.5, -1])('has no threshold of %s of three keys', (threshold) => {
    const roles = { ...content.roles, root: { ...content.roles.root, threshold } };
    expect(() => composeRoot({ ...content, roles })).toThrow(refused('threshold_invalid'));
  });

  test('ends after it was signed', () => {
    expect(() => composeRoot({ ...content, expires: content.signedAt })).toThrow(refused('expiry_invalid'));
  });
});
