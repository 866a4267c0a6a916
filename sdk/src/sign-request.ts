import { signBytes, type AppKey } from './app-key.ts';
import type { PreparedRequest } from './prepare-request.ts';
import { SdkError } from './sdk-error.ts';
import { signatureBase, signatureParams, type Component } from './signature-base.ts';
import { sha256 } from './webcrypto.ts';

/** A request with its proof: the header fields to send, and the base that was signed. */
export interface SignedRequest {
  readonly headers: Headers;
  readonly base: string;
}

/**
 * Signs a request for one deployment (SPEC §10). `created` in seconds since 1970; `nonce` is used once.
 * Throws `request_unsignable` for a covered value that is not printable ASCII.
 */
export async function signRequest(
  request: PreparedRequest,
  key: AppKey,
  { deployment, created, nonce }: { deployment: string; created: number; nonce: string },
): Promise<SignedRequest> {
  const headers = new Headers(request.headers);
  headers.set('appwarrant-deployment', deployment);
  await digestField(headers, 'content-digest', request.body);
  // A credential never enters a base: only its digest does, and bases are kept in receipts.
  await digestField(headers, 'authorization-digest', fieldBytes(headers, 'authorization'));
  await digestField(headers, 'cookie-digest', fieldBytes(headers, 'cookie'));

  const components: Component[] = [
    ['@method', request.method],
    ['@target-uri', `${request.url.origin}${request.url.pathname}${request.url.search}`],
  ];
  for (const name of coverable) {
    const value = headers.get(name);
    if (value !== null) components.push([name, value]);
  }
  for (const [name, value] of components) {
    if (!/^[\x20-\x7e]*$/.test(value)) {
      throw new SdkError(
        'request_unsignable',
        `The value of ${name} has characters outside printable ASCII.`,
      );
    }
  }
  const params = signatureParams(components, { created, nonce, keyId: key.keyId });
  const base = signatureBase(components, params);
  const signature = await signBytes(key, new TextEncoder().encode(base));
  headers.set('signature-input', `app=${params}`);
  headers.set('signature', `app=${byteSequence(signature)}`);
  return { headers, base };
}

/** Every field that a proof covers where it is present (SPEC §10.2), in the order of the signature. */
const coverable = [
  'appwarrant-deployment',
  'content-digest',
  'authorization-digest',
  'cookie-digest',
  'content-type',
  'content-encoding',
  'oauth-client-attestation',
];

async function digestField(headers: Headers, name: string, bytes: Uint8Array | null): Promise<void> {
  headers.delete(name);
  if (bytes !== null) headers.set(name, `sha-256=${byteSequence(await sha256(bytes))}`);
}

/** The exact bytes of a field's value, which HTTP carries one byte for each character; null when the field is absent. */
function fieldBytes(headers: Headers, name: string): Uint8Array | null {
  const value = headers.get(name);
  return value === null ? null : Uint8Array.from(value, (character) => character.charCodeAt(0));
}

/** A structured-field byte sequence (RFC 9651 §3.3.5): plain base64 between colons. */
function byteSequence(bytes: Uint8Array): string {
  return `:${btoa(String.fromCharCode(...bytes))}:`;
}
