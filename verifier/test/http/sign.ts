import {
  createHash,
  createPrivateKey,
  createPublicKey,
  generateKeyPairSync,
  randomBytes,
  sign,
} from 'node:crypto';
import type { KeyObject } from 'node:crypto';
import type { RequestToCheck } from '../../src/http/request-head.ts';
import type { EcJwk } from '../../src/jwk.ts';

// A client written from the specification alone: it shares no code with the verifier, so that the two check each other.

export type SigningKey = { readonly privateKey: KeyObject; readonly jwk: EcJwk; readonly thumbprint: string };

export function makeKey(pem?: string): SigningKey {
  const privateKey =
    pem === undefined ? generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey : createPrivateKey(pem);
  const { x, y } = createPublicKey(privateKey).export({ format: 'jwk' });
  if (x === undefined || y === undefined) throw new Error('not an EC key');
  const thumbprint = createHash('sha256')
    .update(`{"crv":"P-256","kty":"EC","x":"${x}","y":"${y}"}`)
    .digest('base64url');
  return { privateKey, jwk: { crv: 'P-256', kty: 'EC', x, y }, thumbprint };
}

export type ToSign = {
  readonly key: SigningKey;
  readonly origin: string;
  readonly deployment: string;
  /** Whole seconds. */
  readonly created: number;
  readonly method?: string;
  readonly target?: string;
  readonly headers?: readonly (readonly [string, string])[];
  readonly body?: Uint8Array | string;
  readonly nonce?: string;
  /** Instead of what the specification demands for this request. */
  readonly cover?: readonly string[];
  readonly label?: string;
  /** The text behind the components, instead of created, nonce, keyid and tag. */
  readonly parameters?: string;
  /** Makes r‖s, where a signature has to come out the same each time. */
  readonly signBase?: (base: Uint8Array) => Uint8Array;
};

export const digestField = (bytes: Uint8Array | string): string =>
  `sha-256=:${createHash('sha256').update(bytes).digest('base64')}:`;

export const newNonce = (): string => randomBytes(16).toString('base64url');

/** Signs a request as SPEC §10 says; `headers` come first, then those of the proof. */
export function signRequest(to: ToSign): RequestToCheck {
  const { key, method = 'GET', target = '/orders?open=1', label = 'app', nonce = newNonce() } = to;
  const body = typeof to.body === 'string' ? Buffer.from(to.body) : to.body;
  const headers: [string, string][] = [...(to.headers ?? [])].map(([name, value]) => [name, value]);
  const valueOf = (name: string) => headers.find(([each]) => each.toLowerCase() === name)?.[1].trim();
  if (body !== undefined && body.length > 0) {
    if (valueOf('content-length') === undefined && valueOf('transfer-encoding') === undefined) {
      headers.push(['Content-Length', String(body.length)]);
    }
    if (valueOf('content-digest') === undefined) headers.push(['Content-Digest', digestField(body)]);
  }
  for (const name of ['Authorization', 'Cookie']) {
    const value = valueOf(name.toLowerCase());
    if (value !== undefined && valueOf(`${name.toLowerCase()}-digest`) === undefined) {
      headers.push([`${name}-Digest`, digestField(Buffer.from(value, 'latin1'))]);
    }
  }
  if (valueOf('appwarrant-deployment') === undefined) headers.push(['AppWarrant-Deployment', to.deployment]);

  const covered = to.cover ?? [
    '@method',
    '@target-uri',
    'appwarrant-deployment',
    ...[
      'content-digest',
      'content-type',
      'content-encoding',
      'authorization-digest',
      'cookie-digest',
      'oauth-client-attestation',
    ].filter((name) => valueOf(name) !== undefined),
  ];
  const parameters =
    to.parameters ??
    `;created=${String(to.created)};nonce="${nonce}";keyid="${key.thumbprint}";tag="app-attestation"`;
  const input = `(${covered.map((name) => `"${name}"`).join(' ')})${parameters}`;
  const lines = covered.map((name) => {
    if (name === '@method') return `"@method": ${method}`;
    if (name === '@target-uri') return `"@target-uri": ${to.origin}${target}`;
    return `"${name}": ${valueOf(name) ?? ''}`;
  });
  const base = [...lines, `"@signature-params": ${input}`].join('\n');
  const signBase =
    to.signBase ?? ((bytes) => sign('sha256', bytes, { key: key.privateKey, dsaEncoding: 'ieee-p1363' }));
  const signature = signBase(Buffer.from(base));
  headers.push(['Signature-Input', `${label}=${input}`]);
  headers.push(['Signature', `${label}=:${Buffer.from(signature).toString('base64')}:`]);
  return { method, target, headers, ...(body !== undefined && { body }) };
}

/** The same request with one header field replaced, added at the end, or left out. */
export function withHeader(request: RequestToCheck, name: string, value: string | undefined): RequestToCheck {
  const rest = request.headers.filter(([each]) => each.toLowerCase() !== name.toLowerCase());
  return { ...request, headers: value === undefined ? rest : [...rest, [name, value]] };
}

/** The same request with a further header field, even where it has one of that name. */
export function alsoWithHeader(request: RequestToCheck, name: string, value: string): RequestToCheck {
  return { ...request, headers: [...request.headers, [name, value]] };
}

export function headerOf(request: RequestToCheck, name: string): string {
  const found = request.headers.find(([each]) => each.toLowerCase() === name.toLowerCase());
  if (found === undefined) throw new Error(`the request has no ${name}`);
  return found[1];
}
