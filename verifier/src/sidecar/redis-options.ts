import { X509Certificate } from 'node:crypto';
import { createSecureContext, type SecureContext } from 'node:tls';
import { NotUnderstood } from '../cli/arguments.ts';
import { readWhole } from '../cli/read-file.ts';
import { parseRedisAddress, type RedisAddress } from './redis-address.ts';

/** How Redis is reached: where, as whom, and by which certificates each knows the other. */
export type RedisOptions = {
  readonly address: RedisAddress;
  /** Null in the clear. */
  readonly secure: SecureContext | null;
};

/** The longest password and the longest file of certificates, in bytes. */
const [mostOfPassword, mostOfFile] = [4096, 1024 * 1024];
const files = ['redis-password-file', 'redis-ca', 'redis-cert', 'redis-key'] as const;

/**
 * Reads the options of `serve` that begin with `--redis`, and the files that they name. `one` gives what was typed. Throws `NotUnderstood` and
 * `Unreadable`, whose messages repeat no password.
 */
export function readRedisOptions(one: (name: string) => string | undefined): RedisOptions | null {
  const text = one('redis');
  if (text === undefined) {
    const alone = files.find((name) => one(name) !== undefined);
    if (alone !== undefined) throw new NotUnderstood(`--${alone} goes with --redis.`);
    return null;
  }
  const address = parseAddress(text, readPassword(one('redis-password-file')));
  const [ca, cert, key] = [one('redis-ca'), one('redis-cert'), one('redis-key')];
  if (!('tls' in address.at && address.at.tls)) {
    const name = files.slice(1).find((each) => one(each) !== undefined);
    if (name !== undefined)
      throw new NotUnderstood(`--${name} goes with an address that begins with rediss://.`);
    return { address, secure: null };
  }
  if ((cert === undefined) !== (key === undefined))
    throw new NotUnderstood('--redis-cert and --redis-key go together: a certificate and its private key.');
  return { address, secure: secureWith(ca, cert, key) };
}

function parseAddress(text: string, password: string | null): RedisAddress {
  try {
    return parseRedisAddress(text, password);
  } catch (error) {
    throw new NotUnderstood(error instanceof Error ? error.message : String(error));
  }
}

/** The file's first and only line. */
function readPassword(file: string | undefined): string | null {
  if (file === undefined) return null;
  const password = Buffer.from(readWhole(file, mostOfPassword))
    .toString()
    .replace(/\r?\n$/, '');
  if (password === '' || /[\r\n]/.test(password))
    throw new NotUnderstood(`--redis-password-file ${file} has to hold one line, the password.`);
  return password;
}

function secureWith(
  ca: string | undefined,
  cert: string | undefined,
  key: string | undefined,
): SecureContext {
  const certificates = (name: string, file: string): Buffer => {
    const bytes = Buffer.from(readWhole(file, mostOfFile));
    if (!isCertificate(bytes)) throw new NotUnderstood(`--${name} ${file} holds no certificate in PEM form.`);
    return bytes;
  };
  const trust = ca === undefined ? {} : { ca: certificates('redis-ca', ca) };
  if (cert === undefined || key === undefined) return createSecureContext({ ...trust, ...atLeast });
  const own = { cert: certificates('redis-cert', cert), key: Buffer.from(readWhole(key, mostOfFile)) };
  try {
    return createSecureContext({ ...trust, ...own, ...atLeast });
  } catch {
    throw new NotUnderstood(
      `--redis-key ${key} is not the private key of --redis-cert ${cert}, in PEM form and without a passphrase.`,
    );
  }
}

const atLeast = { minVersion: 'TLSv1.2' } as const;

function isCertificate(bytes: Buffer): boolean {
  try {
    return new X509Certificate(bytes).fingerprint256 !== '';
  } catch {
    return false;
  }
}
