import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { open } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';

import fc from 'fast-check';
import { afterAll, expect, test } from 'vitest';

import { inspect } from '../../src/builds/inspect/inspect.ts';
import type { Inspection } from '../../src/builds/inspect/inspection.ts';
import { Problem } from '../../src/problem.ts';
import { npmTarball, tarball } from '../tarballs.ts';

const folder = mkdtempSync(join(tmpdir(), 'appwarrant-inspect-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));
const APK = readFileSync(join(import.meta.dirname, '../../demo/apk/orders-viewer.apk'));

async function inspectBytes(bytes: Uint8Array): Promise<Inspection> {
  const path = join(folder, 'file');
  writeFileSync(path, bytes);
  const file = await open(path, 'r');
  try {
    return await inspect(file, bytes.length);
  } finally {
    await file.close();
  }
}

async function codeOf(bytes: Uint8Array): Promise<string> {
  try {
    return (await inspectBytes(bytes)).kind;
  } catch (error) {
    if (error instanceof Problem) return error.code;
    throw error;
  }
}

test('an npm tarball says its name and version', async () => {
  const inspection = await inspectBytes(await npmTarball('@acme/orders', '1.2.3'));
  expect(inspection).toEqual({ kind: 'npm', name: '@acme/orders', version: '1.2.3', findings: [] });
});

test('an Android package is told from another zip by its list of files', async () => {
  expect(await inspectBytes(APK)).toMatchObject({ kind: 'apk' });
});

test('what is nothing of these is unknown', async () => {
  expect(await codeOf(Buffer.from('just some bytes'))).toBe('unknown');
  expect(await codeOf(Buffer.from('x'))).toBe('unknown');
  expect(await codeOf(gzipSync('not a tar'))).toBe('unknown');
  expect(await codeOf(gzipSync(Buffer.alloc(5000, 7)))).toBe('unknown');
});

test('a tarball without package/package.json is unknown', async () => {
  expect(await codeOf(await tarball([['other/package.json', '{}']]))).toBe('unknown');
});

test('a tarball that is cut off is broken', async () => {
  const whole = await npmTarball('orders', '1.0.0');
  for (const length of [whole.length - 1, whole.length - 8, Math.floor(whole.length / 2), 12]) {
    expect(await codeOf(whole.subarray(0, length))).toBe('upload_broken');
  }
});

test('a zip that is cut off is broken', async () => {
  for (const length of [APK.length - 1, Math.floor(APK.length / 2), 5]) {
    expect(await codeOf(APK.subarray(0, length))).toBe('upload_broken');
  }
});

test('two manifests are broken: programs would not agree on which counts', async () => {
  const twice = ['package/package.json', '{"name":"a","version":"1"}'] as const;
  expect(await codeOf(await tarball([twice, twice]))).toBe('upload_broken');
});

test('a manifest that is no JSON, or too large, is broken', async () => {
  expect(await codeOf(await tarball([['package/package.json', '{"name":']]))).toBe('upload_broken');
  const large = JSON.stringify({ name: 'a', version: '1', x: 'x'.repeat(1024 * 1024) });
  expect(await codeOf(await tarball([['package/package.json', large]]))).toBe('upload_broken');
});

test('a manifest without usable name and version is found fault with', async () => {
  for (const manifest of [
    '{}',
    '[]',
    'null',
    '{"name":5,"version":" "}',
    '{"__proto__":{"name":"a","version":"1"}}',
  ]) {
    const { kind, name, version, findings } = await inspectBytes(
      await tarball([['package/package.json', manifest]]),
    );
    expect({ kind, name, version }).toEqual({ kind: 'npm', name: null, version: null });
    expect(findings.map(({ code }) => code)).toEqual(['manifest_incomplete', 'manifest_incomplete']);
  }
});

test('an entry that leaves its folder is found fault with', async () => {
  const files = [
    ['package/package.json', '{"name":"a","version":"1"}'],
    ['package/../../etc/passwd', 'x'],
  ] as const;
  expect((await inspectBytes(await tarball(files))).findings).toMatchObject([
    { severity: 'error', code: 'path_outside' },
  ]);
});

test('whatever the bytes, a file is one of the kinds or broken, never a crash', async () => {
  const heads = [Buffer.from([0x1f, 0x8b]), Buffer.from('PK\x03\x04', 'latin1'), Buffer.alloc(0)];
  const bytes = fc
    .tuple(fc.constantFrom(...heads), fc.uint8Array({ maxLength: 300 }))
    .map(([head, rest]) => Buffer.concat([head, rest]));
  await fc.assert(
    fc.asyncProperty(bytes, async (input) => {
      expect(['npm', 'apk', 'zip', 'unknown', 'upload_broken']).toContain(await codeOf(input));
    }),
    { numRuns: 150 },
  );
});

test('flipped bits never crash the inspection', async () => {
  const whole = await npmTarball('orders', '1.0.0');
  await fc.assert(
    fc.asyncProperty(fc.constantFrom(whole, APK), fc.nat(), fc.nat(7), async (base, at, bit) => {
      const bytes = Buffer.from(base);
      const index = at % bytes.length;
      bytes[index] = (bytes[index] ?? 0) ^ (1 << bit);
      expect(['npm', 'apk', 'zip', 'unknown', 'upload_broken']).toContain(await codeOf(bytes));
    }),
    { numRuns: 150 },
  );
});
