import { beforeAll, describe, expect, test } from 'vitest';
import { createAppWarrant, generateKey, memoryKeyStore, type AppKey } from '../src/index.ts';
import { scriptedServer } from './scripted-server.ts';
import { checkByHand, digestField } from './signed-request.ts';

const deployment = 'D'.repeat(43);
let key: AppKey;
beforeAll(async () => {
  key = await generateKey();
});

/** Sends one request to a server that accepts everything, and returns what arrived, checked by the letter of the RFC. */
async function send(path: string, init: RequestInit = {}, options: { maxBodyBytes?: number } = {}) {
  await using server = await scriptedServer(() => ({ body: 'fine' }));
  const client = createAppWarrant({
    keyStore: memoryKeyStore(key),
    deployment,
    origin: server.origin,
    ...options,
  });
  const answer = await client.fetch(path, init);
  expect(await answer.text()).toBe('fine');
  const [request, ...others] = server.received;
  if (request === undefined) throw new Error('Nothing arrived.');
  expect(others).toEqual([]);
  return { request, proof: checkByHand(request, server.origin, key) };
}

describe('a signed request', () => {
  test('without body or credentials covers method, address and deployment', async () => {
    const { request, proof } = await send('/orders?state=open&q=%C3%A4#part');
    expect(request.target).toBe('/orders?state=open&q=%C3%A4');
    expect(proof.names).toEqual(['@method', '@target-uri', 'appwarrant-deployment']);
    expect(proof.keyid).toBe(key.keyId);
    expect(request.headers['appwarrant-deployment']).toBe(deployment);
    expect(request.headers['content-digest']).toBeUndefined();
  });

  test('is new each time: another nonce of at least 128 bits', async () => {
    const nonces = new Set<string>();
    for (let i = 0; i < 5; i += 1) nonces.add((await send('/')).proof.nonce);
    expect(nonces.size).toBe(5);
    for (const nonce of nonces) expect(nonce).toMatch(/^[A-Za-z0-9_-]{22,128}$/);
  });

  test('covers credentials through their digests only', async () => {
    const { request, proof } = await send('/', {
      headers: { authorization: 'Bearer käse', cookie: 'a=1; b=2' },
    });
    expect(proof.names).toContain('authorization-digest');
    expect(proof.names).toContain('cookie-digest');
    expect(proof.names).not.toContain('authorization');
    expect(request.headers['authorization-digest']).toBe(digestField(Buffer.from('Bearer käse', 'latin1')));
    expect(request.headers['cookie-digest']).toBe(digestField('a=1; b=2'));
  });

  test('replaces digests that the caller wrote, and drops those of what is not there', async () => {
    const wrong = {
      'content-digest': 'sha-256=:AAAA:',
      'authorization-digest': 'x',
      'appwarrant-deployment': 'x',
    };
    const { request } = await send('/', { method: 'POST', body: 'a', headers: wrong });
    expect(request.headers['content-digest']).toBe(digestField('a'));
    expect(request.headers['authorization-digest']).toBeUndefined();
    expect(request.headers['appwarrant-deployment']).toBe(deployment);
  });

  test('spells the method as fetch does', async () => {
    expect((await send('/', { method: 'put', body: 'x' })).request.method).toBe('PUT');
    expect((await send('/', { method: 'PURGE' })).request.method).toBe('PURGE');
  });

  test('leaves out a query that is empty, which platforms send differently', async () => {
    expect((await send('/orders?')).request.target).toBe('/orders');
  });

  test('covers content-encoding and an attestation where they are present', async () => {
    const headers = {
      'content-encoding': 'gzip',
      'oauth-client-attestation': 'eyJ.e30.c2ln',
      'content-type': 'a/b',
    };
    const { proof } = await send('/', { method: 'POST', body: new Uint8Array([31, 139]), headers });
    expect(proof.names).toEqual(
      expect.arrayContaining(['content-encoding', 'oauth-client-attestation', 'content-type']),
    );
  });
});

describe('a body', () => {
  const form = new FormData();
  form.set('name', 'Ä "quoted"');
  form.set('file', new Blob([new Uint8Array([0, 1, 2, 255])]), 'bytes.bin');
  const bytes = new TextEncoder().encode('xxabcxx');
  const kinds: [name: string, body: BodyInit, sent: string | null, type: string | RegExp | undefined][] = [
    ['a string', 'grün', 'grün', 'text/plain;charset=UTF-8'],
    [
      'URLSearchParams',
      new URLSearchParams({ a: '1 2' }),
      'a=1+2',
      'application/x-www-form-urlencoded;charset=UTF-8',
    ],
    ['a view of a buffer', bytes.subarray(2, 5), 'abc', undefined],
    ['an ArrayBuffer', bytes.buffer, 'xxabcxx', undefined],
    ['a Blob', new Blob(['abc'], { type: 'text/csv' }), 'abc', 'text/csv'],
    ['a Blob without a type', new Blob(['abc']), 'abc', undefined],
    ['a form', form, null, /^multipart\/form-data; ?boundary=/],
  ];

  test.each(kinds)('that is %s is digested as the bytes that are sent', async (_, body, sent, type) => {
    const { request, proof } = await send('/', { method: 'POST', body });
    expect(request.headers['content-digest']).toBe(digestField(request.body));
    expect(proof.names).toContain('content-digest');
    expect(proof.names.includes('content-type')).toBe(type !== undefined);
    if (sent !== null) expect(request.body.toString()).toBe(sent);
    if (type instanceof RegExp) expect(request.headers['content-type']).toMatch(type);
    else expect(request.headers['content-type']).toBe(type);
  });

  test('keeps the Content-Type that the caller gave it', async () => {
    const init = { method: 'POST', body: '{}', headers: { 'Content-Type': 'application/json' } };
    expect((await send('/', init)).request.headers['content-type']).toBe('application/json');
  });

  test('of no bytes is no body', async () => {
    const { request, proof } = await send('/', { method: 'POST', body: '' });
    expect(request.headers['content-digest']).toBeUndefined();
    expect(proof.names).not.toContain('content-digest');
  });

  test('of a Request is read whole', async () => {
    await using server = await scriptedServer(() => ({}));
    const client = createAppWarrant({ keyStore: memoryKeyStore(key), deployment });
    const headers = { authorization: 'Bearer a', 'content-type': 'application/json' };
    await client.fetch(new Request(`${server.origin}/a`, { method: 'PATCH', body: '{"a":1}', headers }));
    const [request] = server.received;
    if (request === undefined) throw new Error('Nothing arrived.');
    expect(request).toMatchObject({ method: 'PATCH', target: '/a' });
    expect(request.body.toString()).toBe('{"a":1}');
    expect(checkByHand(request, server.origin, key).names).toContain('authorization-digest');
  });

  test.each([
    ['a stream', () => new Blob(['abc']).stream() as BodyInit],
    ['an async iterable', () => (async function* () {})() as unknown as BodyInit],
  ])('that is %s is refused before anything is sent', async (_, body) => {
    await expect(send('/', { method: 'POST', body: body() })).rejects.toMatchObject({
      code: 'body_is_a_stream',
    });
  });

  test.each([
    ['a string', 'x'.repeat(101)],
    ['a Blob', new Blob(['x'.repeat(101)])],
  ])('over the limit is refused: %s', async (_, body) => {
    await expect(send('/', { method: 'POST', body }, { maxBodyBytes: 100 })).rejects.toMatchObject({
      code: 'body_over_limit',
    });
  });
});

describe('what cannot be signed is refused', () => {
  test.each(['signature', 'Signature-Input'])('a request that already has %s', async (name) => {
    await expect(send('/', { headers: { [name]: 'x' } })).rejects.toMatchObject({
      code: 'request_unsignable',
    });
  });

  test('a covered value beyond ASCII', async () => {
    const headers = { 'content-type': 'text/plain; title="ä"' };
    await expect(send('/', { method: 'POST', body: 'x', headers })).rejects.toMatchObject({
      code: 'request_unsignable',
    });
  });

  test('another origin than the configured one', async () => {
    for (const url of ['http://127.0.0.1:1/', 'https://elsewhere.example/', '//elsewhere.example/']) {
      await expect(send(url)).rejects.toMatchObject({ code: 'target_elsewhere' });
    }
  });

  test.each([
    { deployment: 'short' },
    { origin: 'https://a.example/' },
    { origin: 'HTTPS://a.example' },
    { origin: 'https://a.example:443' },
    { origin: 'ftp://a.example' },
    { origin: 'a.example' },
  ])('an option that is wrong: %o', (options) => {
    expect(() => createAppWarrant({ keyStore: memoryKeyStore(key), ...options })).toThrow(
      expect.objectContaining({ code: 'option_invalid' }),
    );
  });

  test('an app without a key, until it has one', async () => {
    const keyStore = memoryKeyStore();
    await using server = await scriptedServer(() => ({}));
    const client = createAppWarrant({ keyStore, deployment });
    await expect(client.fetch(server.origin)).rejects.toMatchObject({ code: 'key_missing' });
    expect(server.received).toEqual([]);
    await keyStore.save(key);
    expect((await client.fetch(server.origin)).status).toBe(200);
  });
});
