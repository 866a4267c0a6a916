import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { afterAll, beforeAll, expect, test } from 'vitest';

import type { Build } from '../../src/api-types.ts';
import { markBuild } from '../../src/builds/mark-build.ts';
import { transaction } from '../../src/database/database.ts';
import {
  makePartner,
  startTestPortal,
  submitBuild,
  type TestPartner,
  type TestPortal,
} from '../test-portal.ts';

const BYTES = Buffer.from('0123456789');
let portal: TestPortal;
let harbour: TestPartner;
let build: Build;
beforeAll(async () => {
  portal = await startTestPortal();
  harbour = await makePartner(portal, await portal.admin(), 'Harbour');
  build = await submitBuild(portal, harbour, BYTES, '1.0 "β"; rm');
});
afterAll(() => portal.close());

const get = (headers: Readonly<Record<string, string>> = {}, what = 'artifact') =>
  harbour.person.client.send({ method: 'GET', path: `/api/v1/builds/${build.id}/${what}`, headers });

test('an artifact comes as a file to be saved, never as a page', async () => {
  const answer = await get();
  expect(answer.status).toBe(200);
  expect(answer.bytes).toEqual(BYTES);
  expect(answer.headers).toMatchObject({
    'content-type': 'application/octet-stream',
    'content-disposition': 'attachment; filename="orders-1.0-rm.bin"',
    'x-content-type-options': 'nosniff',
    'content-length': '10',
    etag: `"${build.digest}"`,
  });
});

test.each([
  ['bytes=0-3', '0123', 'bytes 0-3/10'],
  ['bytes=8-', '89', 'bytes 8-9/10'],
  ['bytes=-3', '789', 'bytes 7-9/10'],
  ['bytes=5-99', '56789', 'bytes 5-9/10'],
  ['bytes=-99', '0123456789', 'bytes 0-9/10'],
])('the range %s is sent alone', async (range, text, where) => {
  const answer = await get({ range });
  expect([answer.status, answer.text, answer.headers['content-range']]).toEqual([206, text, where]);
});

test.each(['bytes=10-', 'bytes=5-3', 'bytes=-0'])('the range %s cannot be sent', async (range) => {
  const answer = await get({ range });
  expect(answer.code).toBe('range_unsatisfiable');
  expect(answer.headers['content-range']).toBe('bytes */10');
});

test.each(['bytes=0-1,3-4', 'lines=1-2', 'bytes=-', 'bytes=a-b'])(
  'what is no single range, %s, gets the whole',
  async (range) => {
    expect((await get({ range })).bytes).toEqual(BYTES);
  },
);

test('HEAD tells how much it would be', async () => {
  const path = `/api/v1/builds/${build.id}/artifact`;
  const answer = await harbour.person.client.send({ method: 'HEAD', path });
  expect([answer.status, answer.headers['content-length'], answer.bytes.length]).toEqual([200, '10', 0]);
  expect(answer.headers['content-type']).toBe('application/octet-stream');
});

test('a range of another version gets the whole', async () => {
  expect((await get({ range: 'bytes=0-3', 'if-range': '"other"' })).status).toBe(200);
  expect((await get({ range: 'bytes=0-3', 'if-range': `"${build.digest}"` })).status).toBe(206);
});

test('only an approved build has a delivery note', async () => {
  expect((await get({}, 'delivery-note')).code).toBe('delivery_note_not_ready');
  const change = { state: 'approved', now: 1, actor: null, detail: '' } as const;
  await transaction(portal.context.db, (tx) => markBuild(tx, build.id, change));
  const answer = await get({}, 'delivery-note');
  expect(answer.headers['content-type']).toBe('application/pkcs7-signature');
  // DER: a SEQUENCE with a two-byte length.
  expect(answer.bytes.subarray(0, 2).toString('hex')).toBe('3082');
});

test('plain openssl accepts the delivery note of the downloaded bytes, and of no others', async () => {
  const root = await harbour.person.client.send({ method: 'GET', path: '/api/v1/vendor/signing-root' });
  const folder = mkdtempSync(join(tmpdir(), 'appwarrant-note-'));
  const verify = (content: Uint8Array) => {
    writeFileSync(join(folder, 'build'), content);
    const args = [
      'cms',
      '-verify',
      '-binary',
      '-inform',
      'DER',
      '-in',
      'build.p7s',
      '-content',
      'build',
      '-CAfile',
      'root.pem',
    ];
    return spawnSync('openssl', [...args, '-out', 'out'], { cwd: folder, encoding: 'utf8' });
  };
  writeFileSync(join(folder, 'build.p7s'), (await get({}, 'delivery-note')).bytes);
  writeFileSync(join(folder, 'root.pem'), root.bytes);
  expect(verify((await get()).bytes)).toMatchObject({ status: 0 });
  expect(verify(Buffer.from('0123456780')).status).not.toBe(0);
  rmSync(folder, { recursive: true });
});

test('the root of delivery notes can be downloaded', async () => {
  const answer = await harbour.person.client.send({ method: 'GET', path: '/api/v1/vendor/signing-root' });
  expect(answer.text).toContain('BEGIN CERTIFICATE');
});

test('a build whose bytes are gone says so', async () => {
  const other = await submitBuild(portal, harbour, Buffer.from('gone'));
  rmSync(join(portal.dataDir, 'artifacts', other.digest));
  const answer = await harbour.person.client.send({
    method: 'GET',
    path: `/api/v1/builds/${other.id}/artifact`,
  });
  expect(answer.code).toBe('artifact_missing');
});
