import { createHash, generateKeyPairSync, sign, type KeyObject } from 'node:crypto';
import { canonical, fileText, type JsonObject } from '../../src/formats.ts';

/** A TUF key with its private half. Made of node:crypto alone, so that it shares no line with what it tests. */
export type TufSigner = {
  readonly keyId: string;
  readonly key: JsonObject;
  readonly sign: (bytes: Uint8Array) => Uint8Array;
};

export type KeyKind = 'ed25519' | 'ecdsa' | 'rsa';

/** Makes a new key. RSA takes a second. */
export function makeSigner(kind: KeyKind = 'ed25519'): TufSigner {
  const { key, sign: by } = make(kind);
  return { keyId: createHash('sha256').update(canonical(key)).digest('hex'), key, sign: by };
}

/** Signs `signed` and gives the whole file, in file form (SPEC §1.2). */
export function seal(signed: JsonObject, signers: readonly TufSigner[]): Uint8Array {
  return sealAs(signed, signers, fileText);
}

/** The same, written out in another way: JSON.stringify(…, null, 2) for example, as other makers do. */
export function sealAs(
  signed: JsonObject,
  signers: readonly TufSigner[],
  write: (value: JsonObject) => string,
): Uint8Array {
  const bytes = canonical(signed);
  const signatures = signers.map(({ keyId, sign: by }) => ({
    keyid: keyId,
    sig: Buffer.from(by(bytes)).toString('hex'),
  }));
  return new TextEncoder().encode(write({ signatures, signed }));
}

function make(kind: KeyKind): { key: JsonObject; sign: (bytes: Uint8Array) => Uint8Array } {
  switch (kind) {
    case 'ed25519': {
      const { privateKey, publicKey } = generateKeyPairSync('ed25519');
      const raw = Buffer.from(publicKey.export({ format: 'jwk' }).x ?? '', 'base64url').toString('hex');
      return {
        key: { keytype: 'ed25519', keyval: { public: raw }, scheme: 'ed25519' },
        sign: (bytes) => sign(null, bytes, privateKey),
      };
    }
    case 'ecdsa': {
      const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
      return {
        key: { keytype: 'ecdsa', keyval: { public: pemOf(publicKey) }, scheme: 'ecdsa-sha2-nistp256' },
        sign: (bytes) => sign('sha256', bytes, privateKey),
      };
    }
    case 'rsa': {
      const { privateKey, publicKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
      return {
        key: { keytype: 'rsa', keyval: { public: pemOf(publicKey) }, scheme: 'rsassa-pss-sha256' },
        sign: (bytes) => sign('sha256', bytes, { key: privateKey, padding: 6, saltLength: 32 }),
      };
    }
  }
}

function pemOf(key: KeyObject): string {
  return key.export({ type: 'spki', format: 'pem' }).toString();
}
