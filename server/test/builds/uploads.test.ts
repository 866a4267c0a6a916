import { createHash } from 'node:crypto';
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import { join } from 'node:path';

import { afterAll, beforeAll, expect, test } from 'vitest';

import { receiveArtifact } from '../../src/builds/receive-artifact.ts';
import { sweepArtifacts, sweepUploads } from '../../src/builds/sweep-uploads.ts';
import { npmTarball } from '../tarballs.ts';
import {
  codeOf,
  makePartner,
  startTestPortal,
  submitBuild,
  uploadBytes,
  type TestPartner,
  type TestPerson,
  type TestPortal,
} from '../test-portal.ts';

const LIMIT = 300_000;
let portal: TestPortal;
let admin: TestPerson;
let partner: TestPartner;
beforeAll(async () => {
  portal = await startTestPortal({ config: { uploadLimit: LIMIT } });
  admin = await portal.admin();
  partner = await makePartner(portal, admin, 'Harbour');
});
afterAll(() => portal.close());

const artifacts = () => readdirSync(join(portal.dataDir, 'artifacts'));
const underWay = () => readdirSync(join(portal.dataDir, 'uploads'));
const octets = 'application/octet-stream';

test('a file is kept under the digest of its bytes', async () => {
  const bytes = await npmTarball('orders', '1.2.3');
  const upload = await uploadBytes(partner.person, bytes);
  const digest = createHash('sha256').update(bytes).digest('hex');
  expect(upload).toMatchObject({
    digest,
    length: bytes.length,
    kind: 'npm',
    name: 'orders',
    version: '1.2.3',
  });
  expect(readFileSync(join(portal.dataDir, 'artifacts', digest))).toEqual(bytes);
  expect(underWay()).toEqual([]);
});

test('the same bytes twice are one file', async () => {
  const bytes = Buffer.from('the same bytes');
  const first = await uploadBytes(partner.person, bytes);
  const count = artifacts().length;
  const second = await uploadBytes(partner.person, bytes);
  expect(second.digest).toBe(first.digest);
  expect(second.id).not.toBe(first.id);
  expect(artifacts()).toHaveLength(count);
});

test('an empty file is refused', async () => {
  expect(await codeOf(uploadBytes(partner.person, Buffer.alloc(0)))).toBe('upload_empty');
});

test('a file that says it is too large is refused before it is sent', async () => {
  const headers = { 'content-length': String(LIMIT + 1) };
  const before = artifacts();
  const answer = await partner.person.client.send({
    method: 'POST',
    path: '/api/v1/uploads',
    type: octets,
    headers,
  });
  expect(answer.code).toBe('upload_too_large');
  expect(artifacts()).toEqual(before);
});

test('a file that turns out to be too large is refused, and leaves nothing', async () => {
  const before = artifacts();
  const headers = { 'transfer-encoding': 'chunked' };
  const chunked = Buffer.alloc(LIMIT + 1, 1);
  const wanted = { method: 'POST', path: '/api/v1/uploads', type: octets, headers, chunked };
  const answer = await partner.person.client.send(wanted);
  expect(answer.code).toBe('upload_too_large');
  expect(artifacts()).toEqual(before);
  expect(underWay()).toEqual([]);
});

test('who goes on sending far too much still learns why it was refused', async () => {
  const headers = { 'transfer-encoding': 'chunked' };
  const chunked = Buffer.alloc(20_000_000, 1);
  const wanted = { method: 'POST', path: '/api/v1/uploads', type: octets, headers, chunked };
  expect((await partner.person.client.send(wanted)).code).toBe('upload_too_large');
  expect(underWay()).toEqual([]);
});

test('a file of exactly the limit is taken', async () => {
  expect((await uploadBytes(partner.person, Buffer.alloc(LIMIT, 2))).length).toBe(LIMIT);
});

test('a broken file is refused, and leaves nothing', async () => {
  const before = artifacts();
  const whole = await npmTarball('orders', '9.9.9');
  expect(await codeOf(uploadBytes(partner.person, whole.subarray(0, whole.length - 3)))).toBe(
    'upload_broken',
  );
  expect(artifacts()).toEqual(before);
  expect(underWay()).toEqual([]);
});

test('a connection that ends early leaves nothing', async () => {
  const before = artifacts();
  const socket = connect(portal.context.config.port, '127.0.0.1');
  const cookie = partner.person.client.cookie();
  socket.write(
    `POST /api/v1/uploads HTTP/1.1\r\nHost: ${new URL(portal.origin).host}\r\nOrigin: ${portal.origin}\r\n` +
      `Cookie: ${cookie}\r\nContent-Type: ${octets}\r\nContent-Length: 1000\r\n\r\nonly this`,
  );
  await expect.poll(underWay).toHaveLength(1);
  socket.destroy();
  await expect.poll(underWay).toEqual([]);
  expect(artifacts()).toEqual(before);
});

test('another kind of body is refused', async () => {
  const send = (type: string) =>
    partner.person.client.send({ method: 'POST', path: '/api/v1/uploads', type, body: 'x' });
  expect((await send('application/json')).code).toBe('body_type');
  expect((await send('multipart/form-data; boundary=x')).code).toBe('body_type');
});

test('uploads that nobody submits are swept away after a day; builds and fresh uploads stay', async () => {
  const own = await startTestPortal();
  const ada = await own.admin();
  const other = await makePartner(own, ada, 'Harbour');
  const kept = await submitBuild(own, other, Buffer.from('a build'));
  const old = await uploadBytes(other.person, Buffer.from('nobody wants me'));
  own.advance(86_401);
  const fresh = await uploadBytes(other.person, Buffer.from('fresh'));
  await sweepUploads(own.context, own.context.now());
  writeFileSync(join(own.dataDir, 'artifacts', 'f'.repeat(64)), 'a crash left me');
  await sweepArtifacts(own.context);
  const here = (digest: string) => existsSync(join(own.dataDir, 'artifacts', digest));
  expect([kept.digest, old.digest, fresh.digest, 'f'.repeat(64)].map(here)).toEqual([
    true,
    false,
    true,
    false,
  ]);
  await own.close();
});

test('a file that would leave too little room on the disk is refused, and leaves nothing', async () => {
  const folder = join(portal.dataDir, 'uploads');
  const place = { folder, name: 'last-straw', most: LIMIT, spare: Number.MAX_SAFE_INTEGER };
  await expect(receiveArtifact([Buffer.from('one byte too many')], place)).rejects.toMatchObject({
    code: 'storage_full',
  });
  expect(underWay()).toEqual([]);
});
