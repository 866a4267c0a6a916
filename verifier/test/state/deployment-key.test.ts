import { createHash, generateKeyPairSync } from 'node:crypto';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { readDeployment } from '../../src/deployment-id.ts';
import { activate } from '../../src/deployment-key.ts';
import { ecJwkOf } from '../compose/passkey.ts';
import { refusal } from '../compose/story.ts';
import { temporaryFolder } from './site.ts';

const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
const publicPem = publicKey.export({ type: 'spki', format: 'pem' }).toString();
const pem = privateKey.export({ type: 'pkcs8', format: 'pem' }).toString();

function folderWith(text: string): string {
  const folder = temporaryFolder();
  writeFileSync(join(folder, 'deployment-key.pem'), text);
  return folder;
}

describe('The deployment id', () => {
  test('is none before activation, and then the thumbprint of the key that was made', () => {
    const folder = temporaryFolder();
    expect(readDeployment(folder)).toBeNull();
    const id = activate(folder);
    expect(readDeployment(folder)).toBe(id);
    expect(activate(folder)).toBe(id);
    expect(readFileSync(join(folder, 'deployment-key.pem'), 'utf8')).toMatch(
      /^-----BEGIN PRIVATE KEY-----\n/,
    );
  });

  test('is that of a private P-256 key in PKCS #8', () => {
    const { x, y } = ecJwkOf(publicKey);
    const text = `{"crv":"P-256","kty":"EC","x":"${x}","y":"${y}"}`;
    const id = createHash('sha256').update(text).digest('base64url');
    expect(readDeployment(folderWith(pem))).toBe(id);
    expect(readDeployment(folderWith(pem.replaceAll('\n', '\r\n')))).toBe(id);
  });

  test('is that of its secret number, whatever public key is written beside it', () => {
    const other = generateKeyPairSync('ec', { namedCurve: 'P-256' });
    const pointOf = (key: typeof publicKey) => key.export({ type: 'spki', format: 'der' }).subarray(-65);
    const der = privateKey.export({ type: 'pkcs8', format: 'der' });
    const at = der.indexOf(pointOf(publicKey));
    expect(at).toBeGreaterThan(0);
    pointOf(other.publicKey).copy(der, at);
    const forged = `-----BEGIN PRIVATE KEY-----\n${der.toString('base64')}\n-----END PRIVATE KEY-----\n`;
    expect(readDeployment(folderWith(forged))).toBe(readDeployment(folderWith(pem)));
  });

  const p384 = generateKeyPairSync('ec', { namedCurve: 'P-384' }).privateKey;
  test.each<[string, string]>([
    ['the public half alone', publicPem],
    ['the public half behind the private one of another', publicPem + pem],
    ['the public half before the private one of another', pem + publicPem],
    ['the public half under the name of a private key', publicPem.replaceAll('PUBLIC', 'PRIVATE')],
    ['the key of another curve', p384.export({ type: 'pkcs8', format: 'pem' }).toString()],
    [
      'a key of another kind',
      generateKeyPairSync('ed25519').privateKey.export({ type: 'pkcs8', format: 'pem' }).toString(),
    ],
    ['the form of SEC 1', privateKey.export({ type: 'sec1', format: 'pem' }).toString()],
    ['a torn key', pem.slice(0, 120)],
    ['nothing', ''],
  ])('is refused where the file holds %s, and nothing is written over it', (_, text) => {
    const folder = folderWith(text);
    refusal('deployment_key_malformed', () => readDeployment(folder));
    refusal('deployment_key_malformed', () => activate(folder));
    expect(readFileSync(join(folder, 'deployment-key.pem'), 'utf8')).toBe(text);
  });
});
