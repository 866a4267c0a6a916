import { createHash, generateKeyPairSync, randomBytes, sign } from 'node:crypto';
import type { KeyObject } from 'node:crypto';

/**
 * A passkey in software, for the story and the tests: it answers WebAuthn ceremonies as a platform authenticator in
 * Chromium does (WebAuthn Level 3 §6.3, §7), with user presence and user verification, so that what the portal and the
 * verifier check is the real thing. It protects nothing: its key lies in memory.
 */
export interface SoftwarePasskey {
  /** The credential id, base64url. */
  readonly id: string;
  /** The public key, as rosters list it. */
  readonly publicKey: { readonly crv: 'P-256'; readonly kty: 'EC'; readonly x: string; readonly y: string };
  /** Answers `navigator.credentials.create()`, in the JSON form that WebAuthn Level 3 §5.1 defines. */
  register(options: RegistrationOptions): RegistrationAnswer;
  /** Answers `navigator.credentials.get()`. `challenge` is base64url, `origin` the page's. */
  assert(options: AssertionOptions): AssertionAnswer;
}

export interface RegistrationOptions {
  readonly challenge: string;
  readonly origin: string;
  /** The account's handle, base64url; given back with every assertion. */
  readonly userHandle?: string;
}

export interface AssertionOptions {
  readonly challenge: string;
  readonly origin: string;
  /** Members that a browser adds to clientDataJSON now and then. */
  readonly extra?: Readonly<Record<string, unknown>>;
}

export interface RegistrationAnswer {
  readonly id: string;
  readonly rawId: string;
  readonly type: 'public-key';
  readonly authenticatorAttachment: 'platform';
  readonly clientExtensionResults: Record<string, never>;
  readonly response: {
    readonly clientDataJSON: string;
    readonly attestationObject: string;
    readonly transports: string[];
  };
}

export interface AssertionAnswer {
  readonly id: string;
  readonly rawId: string;
  readonly type: 'public-key';
  readonly authenticatorAttachment: 'platform';
  readonly clientExtensionResults: Record<string, never>;
  readonly response: {
    readonly clientDataJSON: string;
    readonly authenticatorData: string;
    readonly signature: string;
    readonly userHandle?: string;
  };
}

const USER_PRESENT = 0x01;
const USER_VERIFIED = 0x04;
const ATTESTED_CREDENTIAL = 0x40;

/** Makes a passkey that belongs to one relying party, `rpId`, for good. */
export function createSoftwarePasskey(rpId: string): SoftwarePasskey {
  const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const credentialId = randomBytes(16);
  const id = credentialId.toString('base64url');
  let handle: string | undefined;

  const shared = {
    id,
    rawId: id,
    type: 'public-key',
    authenticatorAttachment: 'platform',
    clientExtensionResults: {},
  } as const;

  return {
    id,
    publicKey: coordinates(publicKey),
    register({ challenge, origin, userHandle }) {
      handle = userHandle;
      const authenticatorData = Buffer.concat([
        authenticatorHead(rpId, USER_PRESENT | USER_VERIFIED | ATTESTED_CREDENTIAL),
        attestedCredential(credentialId, publicKey),
      ]);
      const attestationObject = cborMap([
        [cborText('fmt'), cborText('none')],
        [cborText('attStmt'), cborMap([])],
        [cborText('authData'), cborBytes(authenticatorData)],
      ]);
      return {
        ...shared,
        response: {
          clientDataJSON: clientData('webauthn.create', challenge, origin).toString('base64url'),
          attestationObject: attestationObject.toString('base64url'),
          transports: ['internal'],
        },
      };
    },
    assert({ challenge, origin, extra }) {
      const authenticatorData = authenticatorHead(rpId, USER_PRESENT | USER_VERIFIED);
      const clientDataJSON = clientData('webauthn.get', challenge, origin, extra);
      const signature = sign(
        'sha256',
        Buffer.concat([authenticatorData, sha256(clientDataJSON)]),
        privateKey,
      );
      return {
        ...shared,
        response: {
          clientDataJSON: clientDataJSON.toString('base64url'),
          authenticatorData: authenticatorData.toString('base64url'),
          signature: signature.toString('base64url'),
          ...(handle === undefined ? {} : { userHandle: handle }),
        },
      };
    },
  };
}

/** WebAuthn §5.8.1.1: these four members, in this order, then whatever else the browser adds. */
function clientData(
  type: string,
  challenge: string,
  origin: string,
  extra: Readonly<Record<string, unknown>> = {},
): Buffer {
  return Buffer.from(JSON.stringify({ type, challenge, origin, crossOrigin: false, ...extra }), 'utf8');
}

/** WebAuthn §6.1: digest of the RP ID, flags, and a signature counter that stays at zero, as synced passkeys have it. */
function authenticatorHead(rpId: string, flags: number): Buffer {
  return Buffer.concat([sha256(Buffer.from(rpId, 'utf8')), Buffer.from([flags]), Buffer.alloc(4)]);
}

/** WebAuthn §6.5.1: AAGUID (zero: no model is claimed), credential id, COSE public key. */
function attestedCredential(credentialId: Buffer, publicKey: KeyObject): Buffer {
  const length = Buffer.alloc(2);
  length.writeUInt16BE(credentialId.length);
  return Buffer.concat([Buffer.alloc(16), length, credentialId, coseKey(publicKey)]);
}

function coordinates(publicKey: KeyObject): SoftwarePasskey['publicKey'] {
  const { x = '', y = '' } = publicKey.export({ format: 'jwk' });
  return { crv: 'P-256', kty: 'EC', x, y };
}

/** RFC 9053 §7.1.1: an EC2 key for ES256 on P-256. */
function coseKey(publicKey: KeyObject): Buffer {
  const { x, y } = coordinates(publicKey);
  return cborMap([
    [cborInteger(1), cborInteger(2)],
    [cborInteger(3), cborInteger(-7)],
    [cborInteger(-1), cborInteger(1)],
    [cborInteger(-2), cborBytes(Buffer.from(x, 'base64url'))],
    [cborInteger(-3), cborBytes(Buffer.from(y, 'base64url'))],
  ]);
}

/** RFC 8949 §3: major type and argument. Nothing here is longer than 65,535. */
function cborHead(major: number, argument: number): Buffer {
  const type = major << 5;
  if (argument < 24) return Buffer.from([type | argument]);
  if (argument < 0x100) return Buffer.from([type | 24, argument]);
  return Buffer.from([type | 25, argument >> 8, argument & 0xff]);
}

function cborInteger(value: number): Buffer {
  return value < 0 ? cborHead(1, -1 - value) : cborHead(0, value);
}

function cborBytes(bytes: Buffer): Buffer {
  return Buffer.concat([cborHead(2, bytes.length), bytes]);
}

function cborText(text: string): Buffer {
  const bytes = Buffer.from(text, 'utf8');
  return Buffer.concat([cborHead(3, bytes.length), bytes]);
}

function cborMap(pairs: readonly (readonly [Buffer, Buffer])[]): Buffer {
  return Buffer.concat([cborHead(5, pairs.length), ...pairs.flat()]);
}

function sha256(bytes: Uint8Array): Buffer {
  return createHash('sha256').update(bytes).digest();
}
