import { createPrivateKey, createPublicKey, generateKeyPairSync, verify } from 'node:crypto';
import { canonical, thumbprint } from '@appwarrant/verifier/formats';
import { describe, expect, test } from 'vitest';
import { exportKey, generateKey, importKey, keyProof, memoryKeyStore } from '../src/index.ts';

describe('a key', () => {
  test('is named by the thumbprint that the verifier computes', async () => {
    const key = await generateKey();
    expect(key.keyId).toBe(thumbprint(key.publicKeyJwk));
  });

  test('does not leave WebCrypto unless it was made to', async () => {
    const key = await generateKey();
    expect(key.privateKey.extractable).toBe(false);
    await expect(exportKey(key)).rejects.toMatchObject({ code: 'key_unusable' });
  });

  test('goes out and comes back the same', async () => {
    const key = await generateKey({ extractable: true });
    const again = await importKey(await exportKey(key));
    expect(again.keyId).toBe(key.keyId);
    expect(again.publicKeyJwk).toEqual(key.publicKeyJwk);
    expect(again.privateKey.extractable).toBe(false);
  });

  test('can be made by other tools', async () => {
    const jwk = generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey.export({ format: 'jwk' });
    expect((await importKey({ ...jwk, use: 'sig', kid: 'x' })).publicKeyJwk).toEqual({
      crv: 'P-256',
      kty: 'EC',
      x: jwk.x,
      y: jwk.y,
    });
  });

  test('that is none is refused', async () => {
    const p256 = () =>
      generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey.export({ format: 'jwk' });
    const one = p256();
    const bad: unknown[] = [
      null,
      'text',
      {},
      { ...one, d: undefined },
      { ...one, d: p256().d },
      { ...one, x: p256().x },
      { ...one, x: `${one.x}=` },
      { ...one, kty: 'RSA' },
      generateKeyPairSync('ec', { namedCurve: 'P-384' }).privateKey.export({ format: 'jwk' }),
      generateKeyPairSync('ed25519').privateKey.export({ format: 'jwk' }),
      createPrivateKey({ key: one, format: 'jwk' }),
    ];
    for (const jwk of bad) await expect(importKey(jwk)).rejects.toMatchObject({ code: 'key_unusable' });
  });

  test('proves that it is ours: a signature over registry, partner, app and thumbprint', async () => {
    const key = await generateKey();
    const place = {
      registry: 'f'.repeat(64),
      partner: 'p-abcdefghijklmnopqrstuvwxyz',
      app: 'harbour-orders',
    };
    const proof = Buffer.from(await keyProof(key, place), 'base64url');
    const claim = canonical({ type: 'appwarrant/key-proof/1', ...place, key: key.keyId });
    const publicKey = createPublicKey({ key: { ...key.publicKeyJwk }, format: 'jwk' });
    expect(proof).toHaveLength(64);
    expect(verify('sha256', claim, { key: publicKey, dsaEncoding: 'ieee-p1363' }, proof)).toBe(true);
  });
});

describe('a store in memory', () => {
  test('holds one key and never a second', async () => {
    const store = memoryKeyStore();
    expect(await store.load()).toBeNull();
    const key = await generateKey();
    await store.save(key);
    expect(await store.load()).toBe(key);
    await expect(store.save(await generateKey())).rejects.toMatchObject({ code: 'key_exists' });
    expect(await store.load()).toBe(key);
  });
});
