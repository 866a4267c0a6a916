import { createHash, createPrivateKey, sign, type KeyObject } from 'node:crypto';
import { p256 } from '@noble/curves/nist.js';
import { canonical } from '../../src/canonical.ts';
import { thumbprint, type EcJwk } from '../../src/jwk.ts';
import type { TufSigner } from '../../test/compose/tuf-signer.ts';

// Every key, id and digest in the vectors follows from a label, and every signature from its key and its message: made again, all of
// it comes out the same. Whoever reads this file has the private keys: nothing else may ever trust them.

/** A P-256 key whose signatures are those of RFC 6979. */
export type FixedKey = {
  readonly jwk: EcJwk;
  readonly thumbprint: string;
  readonly privateKey: KeyObject;
  /** PKCS #8 PEM. */
  readonly pem: string;
  readonly signDer: (data: Uint8Array) => Uint8Array;
  /** r‖s. */
  readonly signRaw: (data: Uint8Array) => Uint8Array;
};

const hashOf = (label: string): Buffer =>
  createHash('sha256').update(`appwarrant vectors: ${label}`).digest();

const keys = new Map<string, FixedKey>();

/** The P-256 key of a label: its private number is the digest of the label. */
export function keyOf(label: string): FixedKey {
  const known = keys.get(label);
  if (known !== undefined) return known;
  const secret = hashOf(`key ${label}`);
  const point = Buffer.from(p256.getPublicKey(secret, false));
  const [x, y] = [point.subarray(1, 33).toString('base64url'), point.subarray(33).toString('base64url')];
  const jwk: EcJwk = { crv: 'P-256', kty: 'EC', x, y };
  const privateKey = createPrivateKey({ key: { ...jwk, d: secret.toString('base64url') }, format: 'jwk' });
  const signAs = (format: 'der' | 'compact') =>
    remembering((data) => p256.sign(data, secret, { prehash: true, lowS: false, format }));
  const made = {
    jwk,
    thumbprint: thumbprint(jwk),
    privateKey,
    pem: privateKey.export({ type: 'pkcs8', format: 'pem' }).toString(),
    signDer: signAs('der'),
    signRaw: signAs('compact'),
  };
  keys.set(label, made);
  return made;
}

/** The same signatures are asked for again and again: most vectors tell of the same statements. */
function remembering(by: (data: Uint8Array) => Uint8Array): (data: Uint8Array) => Uint8Array {
  const known = new Map<string, Uint8Array>();
  return (data) => {
    const name = createHash('sha256').update(data).digest('hex');
    const signature = known.get(name) ?? by(data);
    known.set(name, signature);
    return signature;
  };
}

/** The Ed25519 key of a label, as TUF lists it. */
export function signerOf(label: string): TufSigner {
  const pkcs8 = Buffer.concat([
    Buffer.from('302e020100300506032b657004220420', 'hex'),
    hashOf(`signer ${label}`),
  ]);
  const privateKey = createPrivateKey({ key: pkcs8, format: 'der', type: 'pkcs8' });
  const raw = Buffer.from(privateKey.export({ format: 'jwk' }).x ?? '', 'base64url').toString('hex');
  return tufSigner({ keytype: 'ed25519', keyval: { public: raw }, scheme: 'ed25519' }, (bytes) =>
    sign(null, bytes, privateKey),
  );
}

/** A TUF key with its signatures, under the id that AppWarrant gives it. */
export function tufSigner(key: TufSigner['key'], by: TufSigner['sign']): TufSigner {
  return { keyId: createHash('sha256').update(canonical(key)).digest('hex'), key, sign: by };
}

/** The id of a label (SPEC §1.6). */
export function idOf(letter: string, label: string): string {
  const alphabet = 'abcdefghijklmnopqrstuvwxyz234567';
  return `${letter}-${Array.from(hashOf(`id ${letter} ${label}`).subarray(0, 26), (byte) => alphabet[byte % 32]).join('')}`;
}

/** The digest of a label, which stands for that of a file. */
export function digestOf(label: string): string {
  return hashOf(`digest ${label}`).toString('hex');
}

/** A nonce of 22 characters. */
export function nonceOf(label: string): string {
  return hashOf(`nonce ${label}`).subarray(0, 16).toString('base64url');
}
