import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';

import { readRelease } from '../../src/packages/read-release.ts';
import { vendorPackage } from '../../src/packages/vendor-package.ts';
import { unpack } from './unpack.ts';

let folder: string;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'appwarrant-release-'));
  mkdirSync(join(folder, 'dist'));
  const manifest = {
    name: '@appwarrant/verifier',
    version: '1.2.0',
    bin: { 'appwarrant-verifier': 'dist/cli.mjs' },
    files: ['dist', 'anchor.json', 'SPEC.md', 'codes'],
  };
  writeFileSync(join(folder, 'package.json'), JSON.stringify(manifest));
  writeFileSync(join(folder, 'dist', 'cli.mjs'), '#!/usr/bin/env node\n');
  writeFileSync(join(folder, 'dist', 'index.mjs'), 'export {};\n');
  writeFileSync(join(folder, 'anchor.json'), '{"anchor":null}');
  writeFileSync(join(folder, 'SPEC.md'), '# Specification\n');
  writeFileSync(join(folder, 'left-out.txt'), 'not named by files');
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const anchor = Buffer.from('{"anchor":{}}');

test('the same release and anchor give the same bytes', async () => {
  const one = await vendorPackage(readRelease(folder), { slug: 'acme' }, anchor, 0);
  const two = await vendorPackage(readRelease(folder), { slug: 'acme' }, anchor, 0);
  expect(one.bytes.equals(two.bytes)).toBe(true);
  expect(one.file).toBe('acme-verifier-1.2.0.tgz');
});

test('a later package of the same release, and every later release, has a higher version', async () => {
  const second = await vendorPackage(readRelease(folder), { slug: 'acme' }, anchor, 1);
  expect(second.version).toBe('1.2.1');
  const later = await vendorPackage(
    { ...readRelease(folder), version: '1.2.1' },
    { slug: 'acme' },
    anchor,
    0,
  );
  expect(later.version).toBe('1.2.1000');
});

test('only anchor.json, and in package.json name, version and bin, differ from the release', async () => {
  const release = readRelease(folder);
  const members = await unpack((await vendorPackage(release, { slug: 'acme' }, anchor, 0)).bytes);
  expect([...members.keys()]).toEqual(release.members.map((member) => `package/${member.name}`));
  for (const { name, bytes, executable } of release.members) {
    const member = members.get(`package/${name}`);
    expect(member?.mode).toBe(executable ? 0o755 : 0o644);
    if (name === 'anchor.json') expect(member?.bytes.equals(anchor)).toBe(true);
    else if (name !== 'package.json') expect(member?.bytes.equals(bytes)).toBe(true);
  }
  const manifest: unknown = JSON.parse(members.get('package/package.json')?.bytes.toString() ?? '');
  expect(manifest).toEqual({
    ...release.manifest,
    name: 'acme-verifier',
    version: '1.2.0',
    bin: { 'acme-verifier': 'dist/cli.mjs' },
  });
});

test('a release that is not built gives no package', () => {
  rmSync(join(folder, 'dist'), { recursive: true });
  expect(() => readRelease(folder)).toThrow(expect.objectContaining({ code: 'package_not_ready' }));
});
