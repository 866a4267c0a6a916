import { beforeAll, describe, expect, test } from 'vitest';
import { serveSite } from '../../verifier/test/http/serve-site.ts';
import { deployment } from '../../verifier/test/http/site.ts';
import { createAppWarrant, generateKey, memoryKeyStore, memoryPins, type AppKey } from '../src/index.ts';

// The sdk against the real check of the verifier, over real HTTP.

let key: AppKey;
beforeAll(async () => {
  key = await generateKey();
});

const serve = (options: NonNullable<Parameters<typeof serveSite>[0]['options']> = {}) =>
  serveSite({ key: key.publicKeyJwk, thumbprint: key.keyId, options });
const client = () => createAppWarrant({ keyStore: memoryKeyStore(key), deployment });

const form = new FormData();
form.set('file', new Blob([new Uint8Array([1, 2, 3])], { type: 'image/png' }), 'ä.png');

describe('the verifier admits', () => {
  test.each<[string, string, RequestInit]>([
    ['a GET with a query', '/orders?q=%2F..%2F&x=a+b', {}],
    ['a GET with credentials', '/orders', { headers: { authorization: 'Bearer käse', cookie: 'a=b' } }],
    ['a DELETE', '/orders/5', { method: 'DELETE' }],
    ['a POST of no bytes', '/orders', { method: 'POST', body: '' }],
    [
      'a POST of JSON',
      '/orders',
      { method: 'POST', body: '{"a":"ä"}', headers: { 'content-type': 'application/json' } },
    ],
    ['a POST of bytes', '/orders', { method: 'POST', body: new Uint8Array(100_000) }],
    ['a POST of a form', '/orders', { method: 'POST', body: form }],
    [
      'a PUT of an encoded body',
      '/orders',
      { method: 'PUT', body: 'x', headers: { 'content-encoding': 'br' } },
    ],
  ])('%s', async (_, path, init) => {
    await using site = await serve();
    expect((await client().fetch(`${site.origin}${path}`, init)).status).toBe(200);
    expect(site.admitted).toMatchObject([
      { kind: 'app', app: { id: 'viewer' }, receipt: { keyid: key.keyId } },
    ]);
    expect(site.refused).toEqual([]);
  });

  test('an app that learns the deployment at first use', async () => {
    await using site = await serve();
    const pins = memoryPins();
    await createAppWarrant({ keyStore: memoryKeyStore(key), pins }).fetch(`${site.origin}/orders`);
    expect(await pins.read(site.origin)).toBe(deployment);
    expect(site.refused).toEqual(['proof_missing']);
    expect(site.admitted).toHaveLength(1);
  });

  test.each([
    ['five minutes ahead of ours', 300, 'proof_stale'],
    ['five minutes behind ours', -300, 'proof_from_future'],
    ['a year ahead of ours', 31_536_000, 'proof_stale'],
    ['a year behind ours', -31_536_000, 'proof_from_future'],
  ])('the second attempt where its clock is %s', async (_, shift, code) => {
    await using site = await serve({ now: () => Date.now() + shift * 1000 });
    const app = client();
    await app.fetch(site.origin, { method: 'POST', body: 'once' });
    expect(site.refused).toEqual([code]);
    expect(site.admitted).toHaveLength(1);
    // A clock that is off by minutes is remembered; one that is off by a year needs a challenge each time.
    await app.fetch(site.origin);
    expect(site.refused).toHaveLength(Math.abs(shift) <= 600 ? 1 : 2);
    expect(site.admitted).toHaveLength(2);
  });

  test('the second attempt right after it was started again', async () => {
    await using site = await serve({ startedAt: Date.now() });
    await client().fetch(site.origin);
    expect(site.refused).toEqual(['proof_before_start']);
    expect(site.admitted).toHaveLength(1);
  });
});

describe('the verifier refuses', () => {
  test('a key that it does not know', async () => {
    await using site = await serve();
    const stranger = createAppWarrant({ keyStore: memoryKeyStore(await generateKey()), deployment });
    await expect(stranger.fetch(site.origin)).rejects.toMatchObject({
      code: 'refused_by_server',
      refusal: { code: 'app_not_approved', status: 403, deployment },
    });
  });

  test('a key whose public half was approved and whose private half is another: both sides signed the same text', async () => {
    await using site = await serve();
    const { privateKey } = await generateKey();
    const app = createAppWarrant({ keyStore: memoryKeyStore({ ...key, privateKey }), deployment });
    const sent = app.fetch(`${site.origin}/orders`);
    await expect(sent).rejects.toMatchObject({ refusal: { code: 'signature_invalid' } });
    await expect(sent).rejects.toThrow('does not belong to the key id');
  });

  test('what was signed for the address of a proxy, and the first line that differs is shown', async () => {
    await using site = await serve({ origin: 'https://orders.hospital.test' });
    const sent = client().fetch(`${site.origin}/orders`);
    await expect(sent).rejects.toMatchObject({ refusal: { code: 'signature_invalid' } });
    await expect(sent).rejects.toThrow(
      `line 2:\n  ours:   "@target-uri": ${site.origin}/orders\n  theirs: "@target-uri": https://orders.hospital.test/orders`,
    );
  });

  test('another deployment, which ends it at once', async () => {
    await using site = await serve();
    const elsewhere = createAppWarrant({ keyStore: memoryKeyStore(key), deployment: 'X'.repeat(43) });
    await expect(elsewhere.fetch(site.origin)).rejects.toMatchObject({
      code: 'deployment_changed',
      refusal: { code: 'wrong_deployment', deployment },
    });
    expect(site.refused).toEqual(['wrong_deployment']);
  });

  test('a path that the platform sends as it is and no verifier reads', async () => {
    await using site = await serve();
    await expect(client().fetch(`${site.origin}/a//b`)).rejects.toMatchObject({
      refusal: { code: 'target_malformed' },
    });
  });
});
