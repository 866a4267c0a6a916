import {
  serializeDictionary,
  serializeInnerList,
  signatureBase,
  type BareItem,
  type Component,
  type InnerList,
} from '@appwarrant/verifier/formats/browser';
import { signBytes, type AppKey } from './app-key.ts';
import type { PreparedRequest } from './prepare-request.ts';
import { SdkError } from './sdk-error.ts';
import { sha256 } from './webcrypto.ts';

/** A request with its proof: the header fields to send, and the base that was signed. */
export interface SignedRequest {
  readonly headers: Headers;
  readonly base: string;
}

/**
 * Signs a request for one deployment (SPEC §10), with the attestation of the key where it has one. `created` in seconds since 1970; `nonce` is used once.
 * Throws `request_unsignable` for a covered value that is not printable ASCII.
 */
export async function signRequest(
  request: PreparedRequest,
  key: AppKey,
  {
    deployment,
    attestation,
    created,
    nonce,
  }: { deployment: string; attestation: string | null; created: number; nonce: string },
): Promise<SignedRequest> {
  const headers = new Headers(request.headers);
  headers.set('appwarrant-deployment', deployment);
  if (attestation !== null) headers.set('oauth-client-attestation', attestation);
  await setDigest(headers, 'content-digest', request.body);
  // A credential never enters a base: only its digest does, and bases are kept in receipts.
  await setDigest(headers, 'authorization-digest', fieldBytes(headers, 'authorization'));
  await setDigest(headers, 'cookie-digest', fieldBytes(headers, 'cookie'));

  const components = coveredComponents(request, headers);
  const list = signatureInput(components, { created, nonce, keyId: key.keyId });
  const base = signatureBase(components, serializeInnerList(list));
  const signature = await signBytes(key, new TextEncoder().encode(base));
  headers.set('signature-input', serializeDictionary(new Map([['app', list]])));
  headers.set(
    'signature',
    serializeDictionary(new Map([['app', item({ kind: 'bytes', value: signature })]])),
  );
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

function coveredComponents({ method, url }: PreparedRequest, headers: Headers): Component[] {
  const components: Component[] = [
    ['@method', method],
    ['@target-uri', `${url.origin}${url.pathname}${url.search}`],
  ];
  for (const name of coverable) {
    const value = headers.get(name);
    if (value === null) continue;
    if (!/^[\x20-\x7e]*$/.test(value)) {
      throw new SdkError(
        'request_unsignable',
        `The value of ${name} has characters outside printable ASCII.`,
      );
    }
    components.push([name, value]);
  }
  return components;
}

function signatureInput(
  components: readonly Component[],
  { created, nonce, keyId }: { created: number; nonce: string; keyId: string },
): InnerList {
  return {
    kind: 'list',
    items: components.map(([name]) => item({ kind: 'string', value: name })),
    parameters: new Map<string, BareItem>([
      ['created', { kind: 'integer', value: created }],
      ['nonce', { kind: 'string', value: nonce }],
      ['keyid', { kind: 'string', value: keyId }],
      ['tag', { kind: 'string', value: 'app-attestation' }],
    ]),
  };
}

async function setDigest(headers: Headers, name: string, bytes: Uint8Array | null): Promise<void> {
  headers.delete(name);
  if (bytes === null) return;
  const digest = await sha256(bytes);
  headers.set(name, serializeDictionary(new Map([['sha-256', item({ kind: 'bytes', value: digest })]])));
}

/** The exact bytes of a field's value, which HTTP carries one byte for each character; null when the field is absent. */
function fieldBytes(headers: Headers, name: string): Uint8Array | null {
  const value = headers.get(name);
  return value === null ? null : Uint8Array.from(value, (character) => character.charCodeAt(0));
}

function item(value: BareItem) {
  return { kind: 'item', item: value, parameters: new Map<string, BareItem>() } as const;
}
