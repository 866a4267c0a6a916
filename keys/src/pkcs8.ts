import { createCipheriv, createPrivateKey, randomBytes, scryptSync } from 'node:crypto';
import type { KeyObject } from 'node:crypto';
import { KeysError } from './keys-error.ts';

/**
 * scrypt with N = 2^14, r = 8, p = 5: 16 MiB and some tenths of a second for each guess. A larger N would be refused
 * by the default memory limit of OpenSSL, and then neither `openssl pkey` nor Node could open the file.
 */
const SCRYPT = { N: 16_384, r: 8, p: 5 } as const;
const KEY_BYTES = 32;

/** A passphrase of fewer characters is not accepted for a new key file. */
const PASSPHRASE_CHARACTERS = 12;

const OID = {
  pbes2: [0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x05, 0x0d],
  scrypt: [0x2b, 0x06, 0x01, 0x04, 0x01, 0xda, 0x47, 0x04, 0x0b],
  aes256cbc: [0x60, 0x86, 0x48, 0x01, 0x65, 0x03, 0x04, 0x01, 0x2a],
} as const;

/**
 * The private key as PEM: encrypted PKCS#8 (RFC 5958, PBES2 with scrypt of RFC 7914 §7 and AES-256-CBC), or plain
 * PKCS#8 where the passphrase is null. Throws KeysError `passphrase_too_short`.
 */
export function privateKeyPem(key: KeyObject, passphrase: string | null): string {
  if (passphrase === null) return key.export({ type: 'pkcs8', format: 'pem' }).toString();
  if (Array.from(passphrase).length < PASSPHRASE_CHARACTERS) {
    throw new KeysError(
      'passphrase_too_short',
      `A passphrase needs ${PASSPHRASE_CHARACTERS} characters or more: it is all that protects a stolen key file.`,
    );
  }
  const salt = randomBytes(16);
  const iv = randomBytes(16);
  const cipher = createCipheriv('aes-256-cbc', scryptSync(bytesOf(passphrase), salt, KEY_BYTES, SCRYPT), iv);
  const sealed = Buffer.concat([cipher.update(key.export({ type: 'pkcs8', format: 'der' })), cipher.final()]);

  const parameters = sequence(
    octets(salt),
    integer(SCRYPT.N),
    integer(SCRYPT.r),
    integer(SCRYPT.p),
    integer(KEY_BYTES),
  );
  const derivation = sequence(oid(OID.scrypt), parameters);
  const scheme = sequence(oid(OID.aes256cbc), octets(iv));
  const whole = sequence(sequence(oid(OID.pbes2), sequence(derivation, scheme)), octets(sealed));
  return pem('ENCRYPTED PRIVATE KEY', whole);
}

/** Whether this PEM needs a passphrase. Throws KeysError `key_file_malformed` where it is no whole PKCS#8 file. */
export function isEncrypted(text: string, name: string): boolean {
  const match =
    /^-----BEGIN ((?:ENCRYPTED )?PRIVATE KEY)-----\r?\n([A-Za-z0-9+/=\r\n]+)-----END \1-----\s*$/.exec(text);
  if (match?.[1] === undefined || match[2] === undefined || !isWhole(Buffer.from(match[2], 'base64'))) {
    throw new KeysError('key_file_malformed', `${name} is not a private key file, or it is damaged.`);
  }
  return match[1] === 'ENCRYPTED PRIVATE KEY';
}

/**
 * Opens what privateKeyPem made. `name` is what the sentence calls the file. Throws KeysError `key_file_malformed`,
 * `passphrase_missing`, or `passphrase_wrong`: one code for a wrong passphrase and for a damaged ciphertext, which
 * cannot be told apart.
 */
export function openPrivateKey(text: string, passphrase: string | null, name: string): KeyObject {
  if (!isEncrypted(text, name)) {
    try {
      return createPrivateKey(text);
    } catch {
      throw new KeysError('key_file_malformed', `${name} is not a private key file, or it is damaged.`);
    }
  }
  if (passphrase === null) {
    throw new KeysError('passphrase_missing', `${name} is encrypted: its passphrase is needed.`);
  }
  try {
    return createPrivateKey({ key: text, passphrase: bytesOf(passphrase) });
  } catch {
    throw new KeysError('passphrase_wrong', `The passphrase does not open ${name}.`);
  }
}

/** The same characters typed on another keyboard are the same passphrase. */
function bytesOf(passphrase: string): Buffer {
  return Buffer.from(passphrase.normalize('NFC'), 'utf8');
}

function isWhole(der: Buffer): boolean {
  const first = der[1];
  if (der[0] !== 0x30 || first === undefined) return false;
  if (first < 0x80) return der.length === 2 + first;
  const size = first & 0x7f;
  if (size < 1 || size > 2 || der.length < 2 + size) return false;
  return der.length === 2 + size + der.readUIntBE(2, size);
}

function tlv(tag: number, value: Uint8Array): Buffer {
  const size = value.length;
  const length = size < 0x80 ? [size] : size < 0x100 ? [0x81, size] : [0x82, size >> 8, size & 0xff];
  return Buffer.concat([Buffer.from([tag, ...length]), value]);
}

function sequence(...parts: readonly Uint8Array[]): Buffer {
  return tlv(0x30, Buffer.concat(parts));
}

function octets(value: Uint8Array): Buffer {
  return tlv(0x04, value);
}

function oid(value: readonly number[]): Buffer {
  return tlv(0x06, Buffer.from(value));
}

function integer(value: number): Buffer {
  const bytes = [];
  for (let rest = value; rest > 0; rest = Math.floor(rest / 256)) bytes.unshift(rest % 256);
  if ((bytes[0] ?? 0) >= 0x80) bytes.unshift(0);
  return tlv(0x02, Buffer.from(bytes));
}

function pem(label: string, der: Buffer): string {
  const lines = der.toString('base64').match(/.{1,64}/g) ?? [];
  return `-----BEGIN ${label}-----\n${lines.join('\n')}\n-----END ${label}-----\n`;
}
