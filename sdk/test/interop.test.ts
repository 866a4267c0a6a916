import { createPublicKey } from 'node:crypto';
import { beforeAll, describe, expect, test } from 'vitest';
import { httpMessageSig } from '../../verifier/test/interop/http-message-sig.ts';
import { httpMessageSignatures } from '../../verifier/test/interop/http-message-signatures.ts';
import type { Message } from '../../verifier/test/interop/library.ts';
import { createAppWarrant, generateKey, memoryKeyStore, type AppKey } from '../src/index.ts';
import { scriptedServer, type Received } from './scripted-server.ts';

// What the sdk sends is an HTTP message signature to others, too: two libraries of RFC 9421 verify it as it came over the wire.

let key: AppKey;
beforeAll(async () => {
  key = await generateKey();
});

async function received(path: string, init: RequestInit): Promise<Message> {
  await using server = await scriptedServer(() => ({}));
  const client = createAppWarrant({ keyStore: memoryKeyStore(key), deployment: 'D'.repeat(43) });
  await client.fetch(`${server.origin}${path}`, init);
  const [{ method, target, headers }] = server.received as [Received];
  const fields = Object.entries(headers).map(([name, value]) => [name, String(value)] as const);
  return { method, uri: server.origin + target, headers: fields };
}

describe.each([httpMessageSignatures, httpMessageSig])('$name verifies', (library) => {
  const verify = (message: Message) =>
    library.verify(message, {
      keyid: key.keyId,
      publicKey: createPublicKey({ key: { ...key.publicKeyJwk }, format: 'jwk' }),
    });

  test.each<[string, string, RequestInit]>([
    ['a GET with a query', '/orders?q=%2F..%2F&x=a+b', {}],
    [
      'a GET with credentials',
      '/orders',
      { headers: { authorization: 'Bearer e30.e30.c2ln', cookie: 'a=b' } },
    ],
    ['a DELETE', '/orders/5', { method: 'DELETE' }],
    [
      'a POST of JSON',
      '/orders',
      { method: 'POST', body: '{"a":"ä"}', headers: { 'content-type': 'application/json' } },
    ],
    [
      'a PUT of an encoded body',
      '/orders',
      { method: 'PUT', body: 'x', headers: { 'content-encoding': 'br' } },
    ],
    ['what an attestation vouches for', '/', { headers: { 'oauth-client-attestation': 'eyJ.e30.c2ln' } }],
  ])('%s', async (_, path, init) => {
    const message = await received(path, init);
    expect(await verify(message)).toBe(true);
    const changed = { ...message, uri: `${message.uri}x` };
    await expect(verify(changed).catch(() => false)).resolves.toBe(false);
  });
});
