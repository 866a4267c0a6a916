import { execFileSync } from 'node:child_process';
import { createPublicKey, verify } from 'node:crypto';
import {
  chmodSync,
  copyFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { inspect } from 'node:util';
import { afterAll, describe, expect, test } from 'vitest';
import { createKeyFile, openKeyFile } from '../src/file-signer.ts';
import { createOnlineKeys, openOnlineKeys } from '../src/online-keys.ts';

const folder = mkdtempSync(join(tmpdir(), 'appwarrant-keys-'));
const development = join(folder, 'development-keys');
mkdirSync(development);
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const passphrase = 'größer als zwölf';
let count = 0;
const fresh = (within = folder): string => join(within, `${(count += 1)}.pem`);
const refused = (code: string) => expect.objectContaining({ name: 'KeysError', code });

describe('a key file', () => {
  test('signs after it was closed and opened again, under the same key id', async () => {
    const path = fresh();
    const made = createKeyFile(path, passphrase);
    const opened = openKeyFile(path, passphrase);
    expect(opened.keyId).toBe(made.keyId);
    const message = Buffer.from('what is signed');
    const x = Buffer.from(opened.key.keyval.public, 'hex').toString('base64url');
    const key = createPublicKey({ key: { kty: 'OKP', crv: 'Ed25519', x }, format: 'jwk' });
    expect(verify(null, message, key, await opened.sign(message))).toBe(true);
  });

  test('is an encrypted PKCS#8 file of mode 0600, with scrypt, that openssl opens', () => {
    const path = fresh();
    createKeyFile(path, passphrase);
    expect(statSync(path).mode & 0o777).toBe(0o600);
    expect(readFileSync(path, 'utf8')).toMatch(/^-----BEGIN ENCRYPTED PRIVATE KEY-----\n/);
    expect(execFileSync('openssl', ['asn1parse', '-in', path], { encoding: 'utf8' })).toMatch(
      /scrypt|1\.3\.6\.1\.4\.1\.11591\.4\.11/,
    );
    const said = execFileSync(
      'openssl',
      ['pkey', '-in', path, '-passin', `pass:${passphrase}`, '-noout', '-text'],
      { encoding: 'utf8' },
    );
    expect(said).toContain('ED25519');
  });

  test('opens with the passphrase typed as other code points for the same characters', () => {
    const path = fresh();
    const { keyId } = createKeyFile(path, passphrase.normalize('NFD'));
    expect(openKeyFile(path, passphrase.normalize('NFC')).keyId).toBe(keyId);
  });

  test('is refused with one code for every wrong passphrase, and with another for none', () => {
    const path = fresh();
    createKeyFile(path, passphrase);
    // A wrong key gives valid padding now and then, and then garbage: the answer must not differ.
    for (let i = 0; i < 8; i += 1) {
      expect(() => openKeyFile(path, `wrong passphrase ${i}`)).toThrow(refused('passphrase_wrong'));
    }
    expect(() => openKeyFile(path, '')).toThrow(refused('passphrase_wrong'));
    expect(() => openKeyFile(path, null)).toThrow(refused('passphrase_missing'));
  });

  test('never replaces a file, nor writes through a link in its place', () => {
    const path = fresh();
    createKeyFile(path, passphrase);
    const before = readFileSync(path);
    expect(() => createKeyFile(path, passphrase)).toThrow(refused('file_exists'));
    expect(readFileSync(path)).toEqual(before);
    const link = fresh();
    symlinkSync(join(folder, 'elsewhere'), link);
    expect(() => createKeyFile(link, passphrase)).toThrow(refused('file_exists'));
  });

  test('needs a passphrase of twelve characters', () => {
    expect(() => createKeyFile(fresh(), 'eleven char')).toThrow(refused('passphrase_too_short'));
  });

  test('is refused when it is torn at any byte', () => {
    const path = fresh();
    createKeyFile(path, passphrase);
    const { size } = statSync(path);
    for (let length = size - 2; length >= 0; length -= 17) {
      const torn = fresh();
      copyFileSync(path, torn);
      truncateSync(torn, length);
      expect(() => openKeyFile(torn, passphrase)).toThrow(refused('key_file_malformed'));
    }
  });

  test('is refused when it is missing, another kind of file, too large, or of another algorithm', () => {
    expect(() => openKeyFile(join(folder, 'nowhere.pem'), passphrase)).toThrow(
      refused('key_file_unreadable'),
    );
    const text = fresh();
    writeFileSync(text, 'not a key');
    expect(() => openKeyFile(text, passphrase)).toThrow(refused('key_file_malformed'));
    writeFileSync(text, 'x'.repeat(70_000));
    expect(() => openKeyFile(text, passphrase)).toThrow(refused('key_file_malformed'));
    const p256 = fresh(development);
    execFileSync('openssl', [
      'genpkey',
      '-algorithm',
      'EC',
      '-pkeyopt',
      'ec_paramgen_curve:P-256',
      '-out',
      p256,
    ]);
    chmodSync(p256, 0o600);
    expect(() => openKeyFile(p256, null)).toThrow(refused('key_file_unsupported'));
  });

  test('never shows its private part when it is printed', () => {
    const signer = createKeyFile(fresh(), passphrase);
    const seen = inspect(signer, { depth: null });
    expect(Object.keys(signer).sort()).toEqual(['environment', 'key', 'keyId', 'sign']);
    expect(seen).not.toMatch(/PRIVATE|passphrase/);
  });
});

describe('development and production keys', () => {
  test('are told apart by the folder and by encryption, which have to agree', () => {
    const plain = fresh(development);
    expect(createKeyFile(plain, null).environment).toBe('development');
    expect(statSync(plain).mode & 0o777).toBe(0o600);
    expect(openKeyFile(plain, null).environment).toBe('development');
    expect(createKeyFile(fresh(), passphrase).environment).toBe('production');

    expect(() => createKeyFile(fresh(), null)).toThrow(refused('key_environment_mixed'));
    expect(() => createKeyFile(fresh(development), passphrase)).toThrow(refused('key_environment_mixed'));
  });

  test('do not become each other by moving the file', () => {
    const plain = fresh(development);
    createKeyFile(plain, null);
    const moved = fresh();
    copyFileSync(plain, moved);
    expect(() => openKeyFile(moved, null)).toThrow(refused('key_environment_mixed'));

    const encrypted = fresh();
    createKeyFile(encrypted, passphrase);
    const other = fresh(development);
    copyFileSync(encrypted, other);
    expect(() => openKeyFile(other, passphrase)).toThrow(refused('key_environment_mixed'));
  });

  test('are refused where other users can read an unencrypted one', () => {
    const plain = fresh(development);
    createKeyFile(plain, null);
    chmodSync(plain, 0o640);
    expect(() => openKeyFile(plain, null)).toThrow(refused('key_file_open_to_others'));
  });
});

describe("a production portal's keys", () => {
  test('are three, encrypted, and appear whole or not at all', async () => {
    const keys = join(folder, 'keys');
    await expect(createOnlineKeys(keys, 'short')).rejects.toMatchObject({ code: 'passphrase_too_short' });
    expect(existsSync(keys)).toBe(false);
    const made = await createOnlineKeys(keys, passphrase);
    const opened = openOnlineKeys(keys, passphrase);
    expect(opened.registry.keyId).toBe(made.registry.keyId);
    expect(new Set(Object.values(opened).map(({ keyId }) => keyId)).size).toBe(3);
    await expect(createOnlineKeys(keys, passphrase)).rejects.toMatchObject({ code: 'file_exists' });
  });
});
