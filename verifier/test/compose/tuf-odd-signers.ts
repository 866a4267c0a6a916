import { generateKeyPairSync, sign, type KeyObject, type SignKeyObjectInput } from 'node:crypto';
import { pool } from './tuf-repository.ts';
import type { TufSigner } from './tuf-signer.ts';

// Keys that SPEC §13.5 names: written, or signing, in ways that other clients take.

const rsaPss = { padding: 6 } as const;

/** The pool's first Ed25519 key and its ECDSA key, written in another way. */
export function rewritten(kind: 'ed25519' | 'ecdsa', rewrite: (written: string) => string): TufSigner {
  const signer = pool[kind === 'ecdsa' ? 3 : 5] as TufSigner;
  const keyval = signer.key.keyval as { public: string };
  const key = { ...signer.key, keyval: { public: rewrite(keyval.public) } };
  return { ...signer, keyId: 'rewritten', key };
}

/** An Ed25519 key under the name of another scheme. */
export function ed25519OfScheme(scheme: string): TufSigner {
  const signer = pool[5] as TufSigner;
  return { ...signer, keyId: 'of another scheme', key: { ...signer.key, scheme } };
}

export function ed25519AsPem(): TufSigner {
  const { publicKey, privateKey } = generateKeyPairSync('ed25519');
  return listed('ed25519', 'ed25519', pemOf(publicKey), (data) => sign(null, data, privateKey));
}

export function ecdsaInHex(): TufSigner {
  const { publicKey, privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const { x = '', y = '' } = publicKey.export({ format: 'jwk' });
  const point = [x, y].map((part) => Buffer.from(part, 'base64url').toString('hex')).join('');
  return listed('ecdsa', 'ecdsa-sha2-nistp256', `04${point}`, (data) => sign('sha256', data, privateKey));
}

export function p384(): TufSigner {
  const { publicKey, privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-384' });
  return listed('ecdsa', 'ecdsa-sha2-nistp384', pemOf(publicKey), (data) => sign('sha384', data, privateKey));
}

/** RSA keys that are in order but for what is told. Moduli in bits, salts in bytes. */
export function rsa({ digest = 'sha256', modulus = 2048, salt = 32 }): TufSigner {
  const { publicKey, privateKey } = generateKeyPairSync('rsa', { modulusLength: modulus });
  const by: SignKeyObjectInput = { ...rsaPss, key: privateKey, saltLength: salt };
  return listed('rsa', `rsassa-pss-${digest}`, pemOf(publicKey), (data) => sign(digest, data, by));
}

/** One whose PEM says that it is for RSASSA-PSS alone (RFC 4055). */
export function rsaForPssAlone(): TufSigner {
  const { publicKey, privateKey } = generateKeyPairSync('rsa-pss', { modulusLength: 2048 });
  const by: SignKeyObjectInput = { ...rsaPss, key: privateKey, saltLength: 32 };
  return listed('rsa', 'rsassa-pss-sha256', pemOf(publicKey), (data) => sign('sha256', data, by));
}

function listed(keytype: string, scheme: string, text: string, by: TufSigner['sign']): TufSigner {
  return { keyId: 'odd', key: { keytype, keyval: { public: text }, scheme }, sign: by };
}

function pemOf(key: KeyObject): string {
  return key.export({ type: 'spki', format: 'pem' }).toString();
}
