import { canonical, toBase64url, type EcJwk } from '@appwarrant/verifier/formats/browser';

// A build's key pair, made in the partner's browser: the private half is downloaded and never sent.

const ALGORITHM = { name: 'ECDSA', namedCurve: 'P-256' } as const;

/** A new key pair, and the signature by it that the portal asks for. */
export interface NewKey {
  readonly publicKey: EcJwk;
  readonly thumbprint: string;
  readonly keyProof: string;
  /** The private JWK: what the sdk's key stores import. */
  readonly privateJwk: string;
}

/** What a key is submitted for: its proof of possession is bound to it. */
export interface KeyPurpose {
  readonly registry: string;
  /** The partner's id. */
  readonly partner: string;
  /** The app's slug. */
  readonly app: string;
}

/** Makes a P-256 key pair and proves its possession for one app of one partner in one registry. */
export async function makeKey(purpose: KeyPurpose): Promise<NewKey> {
  const pair = await crypto.subtle.generateKey(ALGORITHM, true, ['sign', 'verify']);
  const { x = '', y = '', d = '' } = await crypto.subtle.exportKey('jwk', pair.privateKey);
  const publicKey: EcJwk = { crv: 'P-256', kty: 'EC', x, y };
  const thumbprint = await thumbprintOf(publicKey);
  const claim = canonical({ type: 'appwarrant/key-proof/1', ...purpose, key: thumbprint });
  const signature = await crypto.subtle.sign({ name: 'ECDSA', hash: 'SHA-256' }, pair.privateKey, own(claim));
  return {
    publicKey,
    thumbprint,
    keyProof: toBase64url(new Uint8Array(signature)),
    privateJwk: JSON.stringify({ ...publicKey, d }, null, 2),
  };
}

/** RFC 7638 thumbprint. */
async function thumbprintOf({ crv, kty, x, y }: EcJwk): Promise<string> {
  const digest = await crypto.subtle.digest('SHA-256', own(canonical({ crv, kty, x, y })));
  return toBase64url(new Uint8Array(digest));
}

function own(bytes: Uint8Array): Uint8Array<ArrayBuffer> {
  return new Uint8Array(bytes);
}

/** Reads a pasted public JWK. Throws an Error that says what is wrong; a private key is refused loudly. */
export function readPublicKey(text: string): EcJwk {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    throw new Error('This is not JSON.');
  }
  const members = new Map<string, unknown>(
    Object.entries(typeof value === 'object' && value !== null ? value : {}),
  );
  if (members.has('d'))
    throw new Error('This is the PRIVATE key. Paste the public half only, and keep this one secret.');
  const x = members.get('x');
  const y = members.get('y');
  const fits = members.get('kty') === 'EC' && members.get('crv') === 'P-256';
  if (!fits || typeof x !== 'string' || typeof y !== 'string') {
    throw new Error('This is not a P-256 public key as a JWK.');
  }
  return { crv: 'P-256', kty: 'EC', x, y };
}
