import { createHash, createPrivateKey, randomBytes, sign, type KeyObject } from 'node:crypto';
import type { SigningKey } from '../test/http/sign.ts';

/** What an app sends, as bytes: written for load, so that to sign costs little more than the signature. */
export type AppClient = {
  readonly get: (changes?: Changes) => string;
  readonly post: (body: string, changes?: Changes) => string;
};

/** What is not as it should be. Times in seconds. */
export type Changes = {
  readonly nonce?: string;
  readonly created?: number;
  /** Signs in the name of the client's key, with another. */
  readonly signer?: KeyObject;
  /** Sent instead of the body that was signed; of the same length. */
  readonly sentBody?: string;
  readonly unsigned?: boolean;
};

/** Makes the client of an app for one deployment and origin. */
export function appClient(to: {
  readonly key: Pick<SigningKey, 'privateKey' | 'thumbprint'>;
  readonly origin: string;
  readonly deployment: string;
  readonly attestation?: string;
}): AppClient {
  const { key, origin, deployment, attestation } = to;
  // Of PEM: a key that was generated is slower.
  const own = createPrivateKey(key.privateKey.export({ type: 'pkcs8', format: 'pem' }));
  const host = origin.replace(/^https?:\/\//, '');
  const attested: [string, string][] =
    attestation === undefined ? [] : [['oauth-client-attestation', attestation]];

  const make = (method: string, target: string, body: string | undefined, changes: Changes): string => {
    const { nonce = randomBytes(16).toString('base64url'), created = Math.floor(Date.now() / 1000) } =
      changes;
    const { signer = own, sentBody = body, unsigned = false } = changes;
    const fields: [string, string][] = [['appwarrant-deployment', deployment], ...attested];
    if (body !== undefined) {
      const digest = createHash('sha256').update(body).digest('base64');
      fields.push(['content-type', 'application/json'], ['content-digest', `sha-256=:${digest}:`]);
    }
    const names = ['@method', '@target-uri', ...fields.map(([name]) => name)];
    const input = `(${names.map((name) => `"${name}"`).join(' ')});created=${String(created)};nonce="${nonce}";keyid="${key.thumbprint}";tag="app-attestation"`;
    const lines = fields.map(([name, value]) => `"${name}": ${value}\n`).join('');
    const base = `"@method": ${method}\n"@target-uri": ${origin}${target}\n${lines}"@signature-params": ${input}`;
    const signature = sign('sha256', Buffer.from(base), { key: signer, dsaEncoding: 'ieee-p1363' });
    const length = sentBody === undefined ? '' : `content-length: ${String(Buffer.byteLength(sentBody))}\r\n`;
    const proof = unsigned
      ? ''
      : `signature-input: app=${input}\r\nsignature: app=:${signature.toString('base64')}:\r\n`;
    const sent = fields.map(([name, value]) => `${name}: ${value}\r\n`).join('');
    return `${method} ${target} HTTP/1.1\r\nhost: ${host}\r\naccept: application/json\r\n${sent}${length}${proof}\r\n${sentBody ?? ''}`;
  };
  return {
    get: (changes = {}) => make('GET', '/orders', undefined, changes),
    post: (body, changes = {}) => make('POST', '/orders', body, changes),
  };
}
