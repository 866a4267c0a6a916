import { createHash, generateKeyPairSync, randomBytes, sign, type KeyObject } from 'node:crypto';
import { approvalChallenge, merklePath, merkleRoot, statementBytes } from '../../src/formats.ts';
import type { Approval, ApproverKey, EcJwk, RsaJwk, Statement } from '../../src/formats.ts';

/** A software passkey: it makes assertions as an authenticator and a browser do together. */
export type Passkey = {
  readonly id: string;
  readonly listed: ApproverKey;
  /** ECDSA in DER, or RSA. */
  readonly sign: (data: Uint8Array) => Uint8Array;
};

/** What an assertion says; every member can be changed by an attack. */
export type Assertion = {
  readonly type: string;
  readonly challenge: Uint8Array;
  readonly origin: string;
  readonly rpId: string;
  /** User present 0x01, user verified 0x04. */
  readonly flags: number;
  readonly more: Readonly<Record<string, unknown>>;
  readonly trailing: Uint8Array;
};

export type Asserted = Pick<Approval, 'authenticatorData' | 'clientDataJSON' | 'signature'>;

export function makePasskey(alg: 'ES256' | 'RS256' = 'ES256'): Passkey {
  const id = randomBytes(32).toString('base64url');
  if (alg === 'ES256') {
    const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
    return {
      id,
      listed: { id, alg, key: ecJwkOf(publicKey) },
      sign: (data) => sign('sha256', data, privateKey),
    };
  }
  const { privateKey, publicKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
  const { e, n } = publicKey.export({ format: 'jwk' });
  const key: RsaJwk = { e: String(e), kty: 'RSA', n: String(n) };
  return { id, listed: { id, alg, key }, sign: (data) => sign('sha256', data, privateKey) };
}

/** Signs authenticatorData ‖ SHA-256(clientDataJSON). */
export function assertWith(passkey: Passkey, assertion: Assertion): Asserted {
  const { type, challenge, origin, rpId, flags, more, trailing } = assertion;
  const clientData = JSON.stringify({
    type,
    challenge: Buffer.from(challenge).toString('base64url'),
    origin,
    crossOrigin: false,
    ...more,
  });
  const counter = Buffer.from([0, 0, 0, 1]);
  const rpIdHash = createHash('sha256').update(rpId).digest();
  const authenticatorData = Buffer.concat([rpIdHash, Buffer.from([flags]), counter, trailing]);
  const hash = createHash('sha256').update(clientData).digest();
  const signature = passkey.sign(Buffer.concat([authenticatorData, hash]));
  return {
    authenticatorData: authenticatorData.toString('base64url'),
    clientDataJSON: Buffer.from(clientData).toString('base64url'),
    signature: Buffer.from(signature).toString('base64url'),
  };
}

export type Approving = {
  readonly approver: string;
  readonly passkey: Passkey;
  readonly rpId: string;
  readonly origin: string;
  /** What an attack changes of the assertion. */
  readonly assertion?: Partial<Assertion>;
};

/** One touch: approves all statements at once; an approval for each, in their order. */
export function approveTogether(statements: readonly Statement[], by: Approving): Approval[] {
  const leaves = statements.map(statementBytes);
  const asserted = assertWith(by.passkey, {
    type: 'webauthn.get',
    challenge: approvalChallenge(merkleRoot(leaves)),
    origin: by.origin,
    rpId: by.rpId,
    flags: 0x05,
    more: {},
    trailing: new Uint8Array(),
    ...by.assertion,
  });
  return leaves.map((_, index) => ({
    approver: by.approver,
    key: by.passkey.id,
    size: leaves.length,
    index,
    path: merklePath(leaves, index).map((node) => Buffer.from(node).toString('base64url')),
    ...asserted,
  }));
}

export function ecJwkOf(publicKey: KeyObject): EcJwk {
  const { x, y } = publicKey.export({ format: 'jwk' });
  return { crv: 'P-256', kty: 'EC', x: String(x), y: String(y) };
}
