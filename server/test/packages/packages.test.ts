import { createHash } from 'node:crypto';
import { join } from 'node:path';

import { parseAnchor } from '@appwarrant/verifier/formats';
import { afterAll, beforeAll, expect, test } from 'vitest';

import { build } from '../../../.ci/build.ts';
import type { VerifierPackage } from '../../src/api-types.ts';
import { readRelease } from '../../src/packages/read-release.ts';
import { offlineRoles } from '../../src/publishing/offline-roles.ts';
import { startTestPortal, type TestPerson, type TestPortal } from '../test-portal.ts';
import { unpack } from './unpack.ts';

let portal: TestPortal;
let admin: TestPerson;

beforeAll(async () => {
  await build(['verifier']);
  portal = await startTestPortal();
  admin = await portal.admin();
}, 240_000);
afterAll(() => portal.close());

test('before one is made there is no package', async () => {
  expect(await admin.client.get('/api/v1/verifier-package')).toBeNull();
  const answer = await admin.client.send({ method: 'GET', path: '/api/v1/verifier-package/file' });
  expect(answer.code).toBe('package_not_ready');
});

test('the package is the release, member by member, but for the anchor and the vendor’s name', async () => {
  const made = await admin.client.post<VerifierPackage>('/api/v1/verifier-package');
  const { bytes } = await admin.client.send({ method: 'GET', path: '/api/v1/verifier-package/file' });
  expect(createHash('sha256').update(bytes).digest('hex')).toBe(made.digest);
  expect(made.file).toBe('acme-verifier-1.0.0.tgz');

  const release = readRelease(join(import.meta.dirname, '../../../verifier'));
  const members = await unpack(bytes);
  expect([...members.keys()]).toEqual(release.members.map(({ name }) => `package/${name}`));
  const different = release.members.filter(
    ({ name, bytes: own }) => members.get(`package/${name}`)?.bytes.equals(own) !== true,
  );
  expect(different.map(({ name }) => name)).toEqual(['package.json', 'anchor.json']);
  const { name, version, bin, ...rest } = JSON.parse(
    members.get('package/package.json')?.bytes.toString() ?? '',
  ) as Record<string, unknown>;
  const { name: _name, version: _version, bin: _bin, ...same } = release.manifest;
  expect({ name, version, bin }).toEqual({
    name: 'acme-verifier',
    version: '1.0.0',
    bin: { 'acme-verifier': 'dist/cli.mjs' },
  });
  expect(rest).toEqual(same);
});

test('its anchor demands at least the targets that were in force, and the next targets list its digest', async () => {
  const before = (await offlineRoles(portal.context)).targets.version;
  const made = await admin.client.post<VerifierPackage>('/api/v1/verifier-package');
  expect([made.version, made.targetsVersion]).toEqual(['1.0.1', before]);
  const { bytes } = await admin.client.send({ method: 'GET', path: '/api/v1/verifier-package/file' });
  const anchor = parseAnchor((await unpack(bytes)).get('package/anchor.json')?.bytes ?? Buffer.of());
  expect(anchor?.registry).toBe(portal.context.repository.registry);
  expect(anchor?.environment).toBe('development');
  expect(anchor?.minimum.targets).toBe(before);
  const { targets } = await offlineRoles(portal.context);
  expect(targets.version).toBe(before + 1);
  expect(targets.packages).toContainEqual({
    path: `packages/${made.file}`,
    length: made.length,
    digest: made.digest,
  });
});
