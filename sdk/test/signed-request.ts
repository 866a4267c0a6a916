import { createHash, createPublicKey, verify } from 'node:crypto';
import type { AppKey } from '../src/index.ts';
import type { Received } from './scripted-server.ts';

/**
 * Checks a proof by the letter of RFC 9421, apart from the project's own code: takes the covered names from Signature-Input,
 * rebuilds the base from what came over the wire, and verifies. Returns names and parameters. Throws when it does not hold.
 */
export function checkByHand(request: Received, origin: string, key: AppKey) {
  const input = String(request.headers['signature-input']);
  const matched =
    /^app=(\(([^)]*)\);created=(\d+);nonce="([^"]+)";keyid="([^"]+)";tag="app-attestation")$/.exec(input);
  if (matched === null) throw new Error(`Unexpected Signature-Input: ${input}`);
  const [, params = '', list = '', created = '', nonce = '', keyid = ''] = matched;
  const names = list.split(' ').map((name) => name.slice(1, -1));
  const values = names.map((name) => {
    if (name === '@method') return request.method;
    if (name === '@target-uri') return `${origin}${request.target}`;
    const value = request.headers[name];
    if (typeof value !== 'string') throw new Error(`${name} is covered and not there.`);
    return value;
  });
  const base = [...names.map((name, i) => `"${name}": ${values[i]}`), `"@signature-params": ${params}`].join(
    '\n',
  );
  const signature = /^app=:([A-Za-z0-9+/=]+):$/.exec(String(request.headers.signature))?.[1] ?? '';
  const publicKey = createPublicKey({ key: { ...key.publicKeyJwk }, format: 'jwk' });
  const valid = verify(
    'sha256',
    Buffer.from(base),
    { key: publicKey, dsaEncoding: 'ieee-p1363' },
    Buffer.from(signature, 'base64'),
  );
  if (!valid) throw new Error(`The signature does not verify over:\n${base}`);
  return { names, created: Number(created), nonce, keyid };
}

/** The value of a digest field over these bytes (RFC 9530). */
export function digestField(bytes: string | Uint8Array): string {
  return `sha-256=:${createHash('sha256').update(bytes).digest('base64')}:`;
}
