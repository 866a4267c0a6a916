import { execFile } from 'node:child_process';
import { createHash, randomBytes } from 'node:crypto';
import { createReadStream, mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { open } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import {
  createVendorCertificateFolder,
  openVendorCertificateFolder,
} from '../src/vendor-certificate-files.ts';

const run = promisify(execFile);
const folder = mkdtempSync(join(tmpdir(), 'appwarrant-keys-'));
const certificates = join(folder, 'vendor-certificate');
const passphrase = 'horse stapler battery';
const now = Math.floor(Date.now() / 1000);

beforeAll(() =>
  createVendorCertificateFolder(certificates, { vendor: 'Acmé Werkzeuge GmbH', now, passphrase }),
);
afterAll(() => rmSync(folder, { recursive: true, force: true }));

function openssl(...args: string[]): Promise<{ stdout: string; stderr: string }> {
  return run('openssl', args, { cwd: folder });
}

async function streamedDigest(path: string): Promise<Uint8Array> {
  const hash = createHash('sha256');
  for await (const chunk of createReadStream(path)) hash.update(chunk as Buffer);
  return hash.digest();
}

const verify = [
  'cms',
  '-verify',
  '-binary',
  '-inform',
  'DER',
  '-CAfile',
  'vendor-certificate/root.pem',
  '-out',
  '/dev/null',
];

describe('a delivery note', () => {
  test('is accepted by plain openssl, and a changed file is not', async () => {
    const build = Buffer.from('the build\r\nwith line ends\n');
    writeFileSync(join(folder, 'build'), build);
    const note = openVendorCertificateFolder(certificates, passphrase).sign(
      createHash('sha256').update(build).digest(),
      now,
    );
    writeFileSync(join(folder, 'build.p7s'), note);
    const said = await openssl(...verify, '-in', 'build.p7s', '-content', 'build');
    expect(said.stderr).toMatch(/successful/i);

    build.writeUInt8(0x21, 3);
    writeFileSync(join(folder, 'tampered'), build);
    await expect(openssl(...verify, '-in', 'build.p7s', '-content', 'tampered')).rejects.toMatchObject({
      code: 4,
    });
  });

  test('is not accepted under the root of another vendor', async () => {
    const other = join(folder, 'other');
    await createVendorCertificateFolder(other, { vendor: 'Other', now, passphrase: null });
    const build = Buffer.from('a build');
    writeFileSync(join(folder, 'build2'), build);
    const note = openVendorCertificateFolder(other, null).sign(
      createHash('sha256').update(build).digest(),
      now,
    );
    writeFileSync(join(folder, 'build2.p7s'), note);
    await expect(openssl(...verify, '-in', 'build2.p7s', '-content', 'build2')).rejects.toMatchObject({
      code: 4,
    });
  });

  test('holds the digest and not the file, so its size and the memory it takes do not grow with the build', async () => {
    const path = join(folder, 'large');
    const file = await open(path, 'wx');
    const piece = randomBytes(1 << 20);
    for (let i = 0; i < 64; i += 1) await file.write(piece);
    await file.close();
    expect(statSync(path).size).toBe(64 << 20);

    const digest = await streamedDigest(path);
    const signer = openVendorCertificateFolder(certificates, passphrase);
    const before = process.memoryUsage();
    const note = signer.sign(digest, now);
    const after = process.memoryUsage();
    expect(note.length).toBeLessThan(3000);
    expect(after.rss + after.external - before.rss - before.external).toBeLessThan(16 << 20);
    writeFileSync(join(folder, 'large.p7s'), note);
    const said = await openssl(...verify, '-in', 'large.p7s', '-content', 'large');
    expect(said.stderr).toMatch(/successful/i);
  });

  test('says when it was signed, by whom, and with which digest', async () => {
    const note = openVendorCertificateFolder(certificates, passphrase).sign(
      new Uint8Array(32).fill(7),
      1_800_000_000,
    );
    writeFileSync(join(folder, 'seen.p7s'), note);
    const { stdout } = await openssl(
      'cms',
      '-cmsout',
      '-print',
      '-inform',
      'DER',
      '-in',
      'seen.p7s',
      '-nameopt',
      'utf8',
    );
    expect(stdout).toContain('Jan 15 08:00:00 2027 GMT');
    expect(stdout).toContain('Acmé Werkzeuge GmbH');
    expect(stdout).toMatch(/07 07 07 07 07 07 07 07/);
  });

  test('refuses what is no SHA-256 digest', () => {
    const signer = openVendorCertificateFolder(certificates, passphrase);
    expect(() => signer.sign(new Uint8Array(20), now)).toThrow(
      expect.objectContaining({ code: 'digest_malformed' }),
    );
  });
});

describe("the vendor's signing certificates", () => {
  test('form a chain that openssl accepts in its strict mode', async () => {
    const said = await openssl(
      'verify',
      '-x509_strict',
      '-purpose',
      'smimesign',
      '-CAfile',
      'vendor-certificate/root.pem',
      'vendor-certificate/signing.pem',
    );
    expect(said.stdout).toContain('OK');
  });

  test('keep their keys encrypted, mode 0600, and openssl opens them with the passphrase', async () => {
    const path = join(certificates, 'signing-key.pem');
    expect(statSync(path).mode & 0o777).toBe(0o600);
    const said = await openssl('pkey', '-in', path, '-passin', `pass:${passphrase}`, '-noout', '-text');
    expect(said.stdout).toContain('3072 bit');
  });

  test('are not replaced', async () => {
    await expect(
      createVendorCertificateFolder(certificates, { vendor: 'x', now, passphrase }),
    ).rejects.toMatchObject({
      code: 'file_exists',
    });
  });

  test('are refused with one code for a wrong passphrase, and another for a key that is not theirs', async () => {
    expect(() => openVendorCertificateFolder(certificates, 'another passphrase')).toThrow(
      expect.objectContaining({ code: 'passphrase_wrong' }),
    );
    const third = join(folder, 'third');
    await createVendorCertificateFolder(third, { vendor: 'Third', now, passphrase: null });
    writeFileSync(join(third, 'signing.pem'), openVendorCertificateFolder(certificates, passphrase).root);
    expect(() => openVendorCertificateFolder(third, null)).toThrow(
      expect.objectContaining({ code: 'certificate_malformed' }),
    );
  });
});
