import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { chromium, type Browser, type Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { browserForTests } from '../../.ci/browser.ts';
import { build } from '../../.ci/build.ts';
import { serveProtected } from '../../verifier/test/http/serve-protected.ts';
import { serveSite } from '../../verifier/test/http/serve-site.ts';
import { deployment as licensed } from '../../verifier/test/http/site.ts';
import type * as Sdk from '../src/index.ts';
import { exportKey, generateKey } from '../src/index.ts';
import { problem, scriptedServer, type Received } from './scripted-server.ts';
import { checkByHand, digestField } from './signed-request.ts';

/** What a page has once it loaded: the sdk as it is built. */
declare const sdk: typeof Sdk;

const deployment = 'D'.repeat(43);
const dist = join(import.meta.dirname, '../dist');
const files = new Map<string, Buffer>();
let browser: Browser;

beforeAll(async () => {
  await build(['sdk']);
  for (const name of await readdir(dist)) {
    if (name.endsWith('.mjs')) files.set(`/sdk/${name}`, await readFile(join(dist, name)));
  }
  browser = await chromium.launch({
    executablePath: browserForTests(),
    args: ['--no-sandbox', '--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE localhost, EXCLUDE 127.0.0.1'],
  });
});
afterAll(() => browser.close());

const html = `<!doctype html><title>App</title>
<script type="module">import * as sdk from '/sdk/index.mjs'; globalThis.sdk = sdk;</script>`;

/** Serves a page with the sdk, and answers everything else as the test says. `received` leaves the page's own files out. */
async function pageServer(answer: Parameters<typeof scriptedServer>[0]) {
  const asked: Received[] = [];
  const server = await scriptedServer((request) => {
    if (request.target === '/page') return { headers: { 'content-type': 'text/html' }, body: html };
    const file = files.get(request.target);
    if (file !== undefined) return { headers: { 'content-type': 'text/javascript' }, body: file };
    if (request.target === '/favicon.ico') return { status: 404 };
    asked.push(request);
    return answer(request, asked.length - 1);
  });
  return { ...server, received: asked };
}

async function pageAt(origin: string): Promise<Page> {
  const context = await browser.newContext();
  const page = await context.newPage();
  await page.goto(`${origin}/page`);
  await page.waitForFunction(() => 'sdk' in globalThis);
  return page;
}

describe('in a page', () => {
  test('a key that never leaves WebCrypto signs, and survives a reload in IndexedDB', async () => {
    await using server = await pageServer(() => ({ body: 'fine' }));
    const page = await pageAt(server.origin);
    const made = await page.evaluate(async () => {
      const key = await sdk.generateKey();
      await sdk.indexedDbKeyStore().save(key);
      const second = await sdk
        .indexedDbKeyStore()
        .save(key)
        .catch((error: Sdk.SdkError) => error.code);
      return { keyId: key.keyId, publicKeyJwk: key.publicKeyJwk, second };
    });
    expect(made.second).toBe('key_exists');
    await page.reload();
    await page.waitForFunction(() => 'sdk' in globalThis);
    const kept = await page.evaluate(async (id) => {
      const keyStore = sdk.indexedDbKeyStore();
      const key = await keyStore.load();
      if (key === null) throw new Error('The key is gone.');
      const exported = await sdk.exportKey(key).catch((error: Sdk.SdkError) => error.code);
      const answer = await sdk.createAppWarrant({ keyStore, deployment: id }).fetch('/orders?a=1');
      return { text: await answer.text(), exported };
    }, deployment);
    expect(kept).toEqual({ text: 'fine', exported: 'key_unusable' });
    const [request] = server.received as [Received];
    const proof = checkByHand(request, server.origin, made as unknown as Sdk.AppKey);
    expect(proof.keyid).toBe(made.keyId);
  });

  test('every kind of body is digested as the bytes that arrive', async () => {
    await using server = await pageServer(() => ({}));
    const page = await pageAt(server.origin);
    const publicKeyJwk = await page.evaluate(async (id) => {
      const key = await sdk.generateKey();
      const app = sdk.createAppWarrant({ keyStore: sdk.memoryKeyStore(key), deployment: id });
      const form = new FormData();
      form.set('file', new Blob(['a\r\nb\n'], { type: 'text/csv' }), 'ä".csv');
      const bodies = [
        'grün',
        new URLSearchParams({ a: 'b c' }),
        new Uint8Array([0, 255]),
        new Blob(['x'], { type: 'a/b' }),
        form,
      ];
      for (const body of bodies)
        await app.fetch('/', { method: 'POST', body, headers: { authorization: 'Bearer t' } });
      return key.publicKeyJwk;
    }, deployment);
    expect(server.received).toHaveLength(5);
    for (const request of server.received) {
      const { names } = checkByHand(request, server.origin, { publicKeyJwk } as Sdk.AppKey);
      expect(names).toEqual(expect.arrayContaining(['content-digest', 'authorization-digest']));
      expect(names.includes('content-type')).toBe(request.headers['content-type'] !== undefined);
      expect(request.headers['content-digest']).toBe(digestField(request.body));
    }
  });

  test('cookies stay at home unless the app asks for them, and are never said to be bound', async () => {
    await using server = await pageServer(() => ({}));
    const page = await pageAt(server.origin);
    await page.evaluate(async (id) => {
      document.cookie = 'who=me';
      const app = sdk.createAppWarrant({
        keyStore: sdk.memoryKeyStore(await sdk.generateKey()),
        deployment: id,
      });
      await app.fetch('/', { headers: { cookie: 'who=other' } });
      await app.fetch('/', { credentials: 'same-origin' });
    }, deployment);
    expect(server.received.map((request) => request.headers.cookie)).toEqual([undefined, 'who=me']);
    for (const request of server.received) expect(request.headers['cookie-digest']).toBeUndefined();
  });

  test('the deployment is pinned at first use for good, and another one is an error', async () => {
    let current = deployment;
    await using server = await pageServer((request) => {
      const signedFor = request.headers['appwarrant-deployment'];
      return signedFor === current
        ? {}
        : problem(signedFor === undefined ? 'proof_missing' : 'wrong_deployment', { deployment: current });
    });
    const page = await pageAt(server.origin);
    const attempt = () =>
      page.evaluate(async () => {
        const keyStore = sdk.memoryKeyStore(await sdk.generateKey());
        const app = sdk.createAppWarrant({ keyStore, pins: sdk.indexedDbPins() });
        return app.fetch('/orders').then(
          (answer) => answer.status,
          (error: Sdk.SdkError) => error.code,
        );
      });
    expect(await attempt()).toBe(200);
    current = 'E'.repeat(43);
    expect(await attempt()).toBe('deployment_changed');
    expect(server.received.map((request) => request.headers['appwarrant-deployment'])).toEqual([
      undefined,
      deployment,
      deployment,
    ]);
  });

  test('what a page signs is admitted by the real check, and its cookie is said to be unbound', async () => {
    // The public half has to be known before the site is served: the private one is made here and imported by the page.
    const made = await generateKey({ extractable: true });
    const jwk = await exportKey(made);
    await using site = await serveSite({
      key: made.publicKeyJwk,
      thumbprint: made.keyId,
      platform: 'web',
      exempt(target) {
        if (target === '/page') return { type: 'text/html', body: html };
        const file = files.get(target);
        return file === undefined ? undefined : { type: 'text/javascript', body: file };
      },
    });
    const page = await pageAt(site.origin);
    const statuses = await page.evaluate(async (key) => {
      document.cookie = 'who=me';
      const keyStore = sdk.memoryKeyStore(await sdk.importKey(key));
      const app = sdk.createAppWarrant({ keyStore, pins: sdk.indexedDbPins() });
      const form = new FormData();
      form.set('file', new Blob(['x']), 'x.bin');
      const answers = [
        await app.fetch('/orders?a=%C3%A4#b'),
        await app.fetch('/orders?', { method: 'POST', body: form, headers: { authorization: 'Bearer t' } }),
        await app.fetch('/orders', { credentials: 'same-origin' }),
      ];
      return answers.map((answer) => answer.status);
    }, jwk);
    expect(statuses).toEqual([200, 200, 200]);
    expect(site.admitted.map((admission) => admission.kind === 'app' && admission.cookie)).toEqual([
      'none',
      'none',
      'unbound',
    ]);
    expect(site.admitted[0]).toMatchObject({ receipt: { deployment: licensed } });
  });

  test('of another origin, the app is admitted where the server lets that origin in, and cannot ask where it does not', async () => {
    const made = await generateKey({ extractable: true });
    const jwk = await exportKey(made);
    await using pages = await pageServer(() => ({}));
    const known = { key: made.publicKeyJwk, thumbprint: made.keyId, platform: 'web' as const };
    await using open = await serveProtected({ ...known, protect: { browserOrigins: [pages.origin] } });
    await using shut = await serveProtected(known);
    const page = await pageAt(pages.origin);
    const outcome = await page.evaluate(
      async ({ key, openOrigin, shutOrigin }) => {
        const app = sdk.createAppWarrant({ keyStore: sdk.memoryKeyStore(await sdk.importKey(key)) });
        const init = { method: 'PUT', body: 'ä', headers: { authorization: 'Bearer t' } };
        const answer = await app.fetch(`${openOrigin}/orders/1`, init);
        const stranger = sdk.createAppWarrant({ keyStore: sdk.memoryKeyStore(await sdk.generateKey()) });
        return {
          answer: (await answer.json()) as { body: string; admission: { kind: string } },
          refused: await stranger.fetch(openOrigin).catch((error: Sdk.SdkError) => error.refusal?.code),
          unreadable: await app.fetch(shutOrigin).catch((error: Error) => error.name),
        };
      },
      { key: jwk, openOrigin: open.origin, shutOrigin: shut.origin },
    );
    expect(outcome).toMatchObject({
      answer: { body: 'ä', admission: { kind: 'app' } },
      refused: 'app_not_approved',
      unreadable: 'TypeError',
    });
  });

  test('a refusal about time is answered once, a redirect never', async () => {
    const challenge = 'C'.repeat(32);
    await using server = await pageServer((request, index) => {
      if (request.target === '/moved') return { status: 307, headers: { location: '/orders' } };
      return index === 0
        ? problem('proof_stale', {}, { 'oauth-client-attestation-challenge': challenge })
        : {};
    });
    const page = await pageAt(server.origin);
    const outcome = await page.evaluate(async (id) => {
      const app = sdk.createAppWarrant({
        keyStore: sdk.memoryKeyStore(await sdk.generateKey()),
        deployment: id,
      });
      const { status } = await app.fetch('/orders');
      return [status, await app.fetch('/moved').catch((error: Sdk.SdkError) => error.code)];
    }, deployment);
    expect(outcome).toEqual([200, 'redirected']);
    expect(server.received.map((request) => request.target)).toEqual(['/orders', '/orders', '/moved']);
    expect(server.received[1]?.headers['signature-input']).toContain(`nonce="${challenge}.`);
  });

  test('that is no secure context there is no WebCrypto, and the error says so', async () => {
    await using server = await pageServer(() => ({}));
    const context = await browser.newContext();
    const page = await context.newPage();
    // A name that is neither localhost nor https, answered by our own server: what a page on a plain intranet host gets.
    await page.route('http://intranet.test/**', async (route) => {
      const { pathname } = new URL(route.request().url());
      await route.fulfill({ response: await route.fetch({ url: `${server.origin}${pathname}` }) });
    });
    await page.goto('http://intranet.test/page');
    await page.waitForFunction(() => 'sdk' in globalThis);
    const code = await page.evaluate(() =>
      sdk.generateKey().then(
        () => 'made',
        (error: Sdk.SdkError) => error.code,
      ),
    );
    expect(code).toBe('webcrypto_missing');
  });
});
