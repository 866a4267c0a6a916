import { spawn } from 'node:child_process';
import { createHash, randomBytes } from 'node:crypto';
import { mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { build } from '../../../.ci/build.ts';
import type { RequestToCheck } from '../../src/http/request-head.ts';
import { addEntry, approve, entryCustom, makeAppKey, type AppKey } from '../compose/vendor.ts';
import { signRequest, type ToSign } from '../http/sign.ts';
import { exchange, headOf, send } from '../http/socket.ts';
import { blocksOf, readPage } from '../install/page.ts';
import { installPacked } from '../state/installed-package.ts';
import { makeSite, nextBundle, start, temporaryFolder } from '../state/site.ts';
import { expectProblem } from './problem.ts';

// Every page's example as it stands there, but for the folder and the port: run with the vendor's package as customers have it.

const modules = join(import.meta.dirname, '../../../node_modules');

beforeAll(() => build(['verifier']), 120_000);

/** Runs the page's server with a bundle loaded that has two apps. `await using` ends it. */
async function runPage(page: string) {
  const site = makeSite({}, 'https://orders.example.com');
  const other = makeAppKey();
  const limited = makeAppKey();
  const entries = [
    addEntry(site.vendor, entryCustom(site.vendor, other)),
    addEntry(site.vendor, entryCustom(site.vendor, limited, { capabilities: [] })),
  ];
  approve(site.vendor, entries);
  const loader = start(site);
  loader.load(nextBundle(site));
  loader.close();

  const home = temporaryFolder();
  installPacked(site.vendor, home);
  for (const name of ['koa', '@koa/router', 'express', 'fastify', 'hono', '@hono/node-server']) {
    const link = join(home, 'node_modules', name);
    mkdirSync(dirname(link), { recursive: true });
    symlinkSync(join(modules, name), link, 'junction');
  }
  const [example] = blocksOf(readPage(`adapters/${page}.md`)).filter(({ about }) => about === 'server.mjs');
  if (example === undefined) throw new Error(`${page}.md has no server.mjs`);
  const text = example.text
    .replace('/var/lib/acme-verifier', site.folder)
    .replace(/(listen\(|port: )8700/, '$10');
  writeFileSync(join(home, 'server.mjs'), text);
  const child = spawn(process.execPath, ['server.mjs'], {
    cwd: home,
    env: {},
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const port = await new Promise<number>((resolve, reject) => {
    let said = '';
    const hear = (chunk: Buffer): void => {
      said += chunk.toString();
      const found = /listening on (\d+)/.exec(said)?.[1];
      if (found !== undefined) resolve(Number(found));
    };
    child.stdout.on('data', hear);
    child.stderr.on('data', hear);
    child.once('exit', () => reject(new Error(said)));
  });
  const sign = (to: Partial<ToSign> & { key?: AppKey } = {}): RequestToCheck =>
    signRequest({
      key: site.key,
      origin: site.origin,
      deployment: site.deployment,
      created: Math.floor(Date.now() / 1000),
      target: '/orders',
      ...to,
    });
  return {
    port,
    sign,
    other,
    limited,
    async end(): Promise<number | null> {
      const ended = new Promise<number | null>((resolve) => child.once('exit', resolve));
      child.kill('SIGTERM');
      return ended;
    },
    [Symbol.asyncDispose](): Promise<void> {
      child.kill('SIGKILL');
      return Promise.resolve();
    },
  };
}

const type = ['Content-Type', 'application/json'] as const;
const order = { method: 'POST', headers: [type], body: '{"item":"rope","quantity":1}' };

describe.each([
  ['koa', '/scans/one'],
  ['express', '/scans/one'],
  ['fastify', '/scans/one'],
  ['fetch', '/scans/one'],
  ['node', '/scans'],
])('the example behind %s', (page, scans) => {
  it('serves approved apps, refuses others, and checks a scan as it comes', async () => {
    await using server = await runPage(page);
    const { port, sign, limited } = server;
    expect(await send(port, { method: 'GET', target: '/healthz', headers: [] })).toMatchObject({
      status: 200,
      body: 'ok',
    });
    expectProblem(await send(port, { method: 'GET', target: '/orders', headers: [] }), 401, 'proof_missing');
    expectProblem(await send(port, sign({ key: makeAppKey() })), 403, 'app_not_approved');
    expectProblem(await send(port, sign({ key: limited })), 403, 'capability_missing');
    expect(JSON.parse((await send(port, sign())).body)).toEqual([{ item: 'anchor', quantity: 2 }]);
    const written = await send(port, sign(order));
    expect(written).toMatchObject({ status: 201, body: '{"from":"Orders"}' });
    expect(JSON.parse((await send(port, sign())).body)).toHaveLength(2);

    const scan = randomBytes(20_000_000);
    const put = { method: 'PUT', target: scans, body: scan };
    const signed = sign(put);
    const stored = await send(port, signed);
    const { sha256, signedBy } = JSON.parse(stored.body) as Record<string, string>;
    expect(sha256).toBe(createHash('sha256').update(scan).digest('hex'));
    expect(signed.headers.find(([name]) => name === 'Signature-Input')?.[1]).toContain(signedBy);
    const changed = sign(put);
    scan.writeUInt8(scan.readUInt8(scan.length - 1) ^ 1, scan.length - 1);
    expectProblem(await send(port, changed), 401, 'digest_mismatch');
    expect((await send(port, sign())).status).toBe(200);
    if (page === 'node') {
      const upgrading = (request: RequestToCheck): string =>
        headOf(request).replace('Connection: close', 'Connection: Upgrade\r\nUpgrade: hello');
      expect(await exchange(port, upgrading(sign()))).toMatch(/^HTTP\/1\.1 101 [^]*Hello, Orders$/);
      const unsigned = { method: 'GET', target: '/', headers: [] };
      expect(await exchange(port, upgrading(unsigned))).toContain('proof_missing');
    }
    expect(await server.end()).toBe(0);
  }, 120_000);
});

describe('the example of sign-in', () => {
  it('begins no session without an app, and refuses a session to every other app', async () => {
    await using server = await runPage('sign-in');
    const { port, sign, other, limited } = server;
    const signIn = {
      method: 'POST',
      target: '/sign-in',
      headers: [type],
      body: '{"user":"ada","password":"correct horse"}',
    };
    const unsigned = {
      ...sign(signIn),
      headers: [type, ['Content-Length', String(signIn.body.length)] as const],
    };
    expectProblem(await send(port, unsigned), 401, 'proof_missing');
    expectProblem(await send(port, sign({ ...signIn, key: limited })), 403, 'capability_missing');
    expect((await send(port, sign({ ...signIn, body: '{"user":"ada","password":"wrong"}' }))).status).toBe(
      401,
    );

    const begun = await send(port, sign(signIn));
    expect(begun.status).toBe(204);
    const cookie = ['Cookie', (begun.headers.get('set-cookie') ?? '').split(';')[0] ?? ''] as const;
    expect(await send(port, sign({ headers: [cookie] }))).toMatchObject({
      status: 200,
      body: '{"user":"ada","orders":[]}',
    });
    expect((await send(port, sign())).status).toBe(401);
    expectProblem(await send(port, sign({ key: other, headers: [cookie] })), 403, 'session_other_app');
    expectProblem(
      await send(port, { method: 'GET', target: '/orders', headers: [cookie] }),
      401,
      'proof_missing',
    );
    // Nor may another app end it, or begin another with it.
    expectProblem(
      await send(port, sign({ method: 'POST', target: '/sign-out', key: other, headers: [cookie] })),
      403,
      'session_other_app',
    );
    expectProblem(
      await send(port, sign({ ...signIn, key: other, headers: [type, cookie] })),
      403,
      'session_other_app',
    );
    expect((await send(port, sign({ headers: [cookie] }))).status).toBe(200);
    expect((await send(port, sign({ method: 'POST', target: '/sign-out', headers: [cookie] }))).status).toBe(
      204,
    );
    expect((await send(port, sign({ headers: [cookie] }))).status).toBe(401);
  }, 120_000);
});
