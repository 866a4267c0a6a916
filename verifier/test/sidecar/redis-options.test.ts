import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { makeAuthority } from '../replay-store/certificates.ts';
import { NotUnderstood } from '../../src/cli/arguments.ts';
import { Unreadable } from '../../src/cli/read-file.ts';
import { readRedisOptions } from '../../src/sidecar/redis-options.ts';

type Typed = Readonly<Record<string, string>>;

const folder = mkdtempSync(join(tmpdir(), 'appwarrant-redis-options-'));
const at = (name: string): string => join(folder, name);
let files: Typed = {};
beforeAll(() => {
  const authority = makeAuthority(folder, 'authority');
  const [node, other] = ['node', 'other'].map((name) => authority.issue(name, 'DNS:node.example'));
  if (node === undefined || other === undefined) throw new Error('No certificates.');
  files = { ca: authority.ca, cert: node.cert, key: node.key, otherKey: other.key };
  writeFileSync(at('password'), 'open: ses@me\n');
  writeFileSync(at('empty'), '\n');
  writeFileSync(at('two lines'), 'one\ntwo\n');
  writeFileSync(at('long'), 'x'.repeat(4097));
  writeFileSync(at('none'), 'no certificate\n');
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const read = (typed: Typed) => readRedisOptions((name) => typed[name]);
const redis = 'rediss://redis.example';

describe('The sidecar reaches Redis', () => {
  test('not at all where nobody has asked for it', () => {
    expect(read({})).toBeNull();
  });

  test('in the clear by redis://, by its port 6379 where none is named', () => {
    expect(read({ redis: 'redis://redis.example' })).toEqual({
      address: { at: { host: 'redis.example', port: 6379, tls: false }, account: null, database: 0 },
      secure: null,
    });
  });

  test('by TLS by rediss://, with authorities that Node.js knows where none are named', () => {
    const options = read({ redis: 'rediss://redis.example:6380/2' });
    expect(options?.address).toEqual({
      at: { host: 'redis.example', port: 6380, tls: true },
      account: null,
      database: 2,
    });
    expect(options?.secure).not.toBeNull();
  });

  test('with the password of a file, as the user that the address names', () => {
    const password = { 'redis-password-file': at('password') };
    const accountAt = (address: string) => read({ redis: address, ...password })?.address.account;
    expect(accountAt('redis://redis.example')).toEqual({ user: 'default', password: 'open: ses@me' });
    expect(accountAt('rediss://verifier@redis.example')).toEqual({
      user: 'verifier',
      password: 'open: ses@me',
    });
    expect(accountAt('unix:/run/redis.sock')).toEqual({ user: 'default', password: 'open: ses@me' });
  });

  test('with a certificate of its own', () => {
    const { ca = '', cert = '', key = '' } = files;
    expect(read({ redis, 'redis-ca': ca, 'redis-cert': cert, 'redis-key': key })?.secure).not.toBeNull();
  });
});

describe('The sidecar does not start', () => {
  const refusal = (typed: Typed): unknown => {
    try {
      return read(typed);
    } catch (error) {
      return error;
    }
  };

  test.each<[string, () => Typed, string]>([
    ['a password without a server', () => ({ 'redis-password-file': at('password') }), 'goes with --redis.'],
    ['authorities without a server', () => ({ 'redis-ca': at('none') }), '--redis-ca goes with --redis.'],
    [
      'authorities in the clear',
      () => ({ redis: 'redis://127.0.0.1', 'redis-ca': at('none') }),
      '--redis-ca goes with an address that begins with rediss://.',
    ],
    [
      'a certificate over a socket',
      () => ({ redis: 'unix:/run/redis.sock', 'redis-cert': at('none') }),
      '--redis-cert goes with an address that begins with rediss://.',
    ],
    ['a certificate without its key', () => ({ redis, 'redis-cert': at('none') }), 'go together'],
    ['a key without its certificate', () => ({ redis, 'redis-key': at('none') }), 'go together'],
    ['an empty password', () => ({ redis, 'redis-password-file': at('empty') }), 'has to hold one line'],
    ['two lines of password', () => ({ redis, 'redis-password-file': at('two lines') }), 'one line'],
    ['authorities that are none', () => ({ redis, 'redis-ca': at('none') }), 'holds no certificate'],
    [
      'a certificate that is none',
      () => ({ redis, 'redis-cert': at('none'), 'redis-key': files.key ?? '' }),
      'holds no certificate',
    ],
    [
      'the key of another certificate',
      () => ({ redis, 'redis-cert': files.cert ?? '', 'redis-key': files.otherKey ?? '' }),
      'is not the private key of',
    ],
    [
      'a key that is none',
      () => ({ redis, 'redis-cert': files.cert ?? '', 'redis-key': at('none') }),
      'is not the private key of',
    ],
    [
      'an address of nothing',
      () => ({ redis: 'http://127.0.0.1', 'redis-password-file': at('password') }),
      'The address of Redis is',
    ],
  ])('with %s', (_, typed, sentence) => {
    const refused = refusal(typed());
    expect(refused).toBeInstanceOf(NotUnderstood);
    expect(String(refused)).toContain(sentence);
    expect(String(refused)).not.toContain('ses@me');
  });

  test('with a password that is longer than 4 KiB, or a file that is not there', () => {
    for (const typed of [
      { redis, 'redis-password-file': at('long') },
      { redis, 'redis-ca': at('missing') },
    ])
      expect(refusal(typed)).toBeInstanceOf(Unreadable);
  });
});
