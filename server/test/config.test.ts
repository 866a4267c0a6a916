import { join } from 'node:path';

import { describe, expect, test } from 'vitest';

import { ConfigError, readConfig, withPort, type Environment } from '../src/config.ts';

const place = {
  home: '/home/ada',
  sources: '/home/ada/appwarrant',
  readFile: (path: string) => {
    if (path === '/run/passphrase') return 'from a file\n';
    throw new Error('no such file');
  },
};
const read = (environment: Environment) => readConfig(environment, place);
const sentence = (environment: Environment) => {
  try {
    read(environment);
  } catch (error) {
    if (error instanceof ConfigError) return error.message;
    throw error;
  }
  return 'no error';
};

test('without any variable the portal is on this machine only', () => {
  expect(read({})).toEqual({
    port: 8600,
    listen: '127.0.0.1',
    dataDir: '/home/ada/.local/share/appwarrant',
    origin: 'http://localhost:8600',
    approveOrigin: 'http://approve.localhost:8600',
    database: { kind: 'sqlite', path: '/home/ada/.local/share/appwarrant/appwarrant.db' },
    passphrase: null,
    uploadLimit: 4 * 1024 ** 3,
  });
});

test('XDG_DATA_HOME chooses where data lies, APPWARRANT_DATA the folder itself', () => {
  expect(read({ XDG_DATA_HOME: '/data' }).dataDir).toBe('/data/appwarrant');
  expect(read({ XDG_DATA_HOME: 'relative' }).dataDir).toBe('/home/ada/.local/share/appwarrant');
  expect(read({ XDG_DATA_HOME: '/data', APPWARRANT_DATA: '/srv/portal' }).dataDir).toBe('/srv/portal');
});

test('with an origin it listens on every address, and needs an approving origin', () => {
  const origins = {
    APPWARRANT_ORIGIN: 'https://portal.example.com',
    APPWARRANT_APPROVE_ORIGIN: 'https://approve.example.com',
  };
  expect(read(origins)).toMatchObject({
    listen: '::',
    origin: 'https://portal.example.com',
    approveOrigin: 'https://approve.example.com',
  });
  expect(sentence({ APPWARRANT_ORIGIN: 'https://portal.example.com' })).toContain(
    'APPWARRANT_APPROVE_ORIGIN is missing',
  );
});

test('a port that the system chose moves the local origins along', () => {
  const config = withPort(read({ PORT: '0' }), 41_234);
  expect(config).toMatchObject({
    port: 41_234,
    origin: 'http://localhost:41234',
    approveOrigin: 'http://approve.localhost:41234',
  });
});

test('a port that the system chose leaves given origins alone', () => {
  const origins = { APPWARRANT_ORIGIN: 'https://p.example', APPWARRANT_APPROVE_ORIGIN: 'https://a.example' };
  expect(withPort(read({ PORT: '0', ...origins }), 41_234).origin).toBe('https://p.example');
});

describe('each wrong value is refused in one sentence', () => {
  test.each<[string, Environment, string]>([
    ['a port that is a word', { PORT: 'http' }, 'PORT is "http"'],
    ['a port that is too high', { PORT: '65536' }, 'PORT is "65536"'],
    ['a negative port', { PORT: '-1' }, 'PORT is "-1"'],
    ['an origin with a path', { APPWARRANT_ORIGIN: 'https://portal.example.com/' }, 'APPWARRANT_ORIGIN is'],
    ['an origin without a scheme', { APPWARRANT_ORIGIN: 'portal.example.com' }, 'APPWARRANT_ORIGIN is'],
    ['an origin over http', { APPWARRANT_ORIGIN: 'http://portal.example.com' }, 'over https only'],
    [
      'one host for both sites',
      { APPWARRANT_ORIGIN: 'https://a.example', APPWARRANT_APPROVE_ORIGIN: 'https://a.example:8443' },
      'must not be on the approving page',
    ],
    [
      'a portal below the approving host',
      { APPWARRANT_ORIGIN: 'https://portal.a.example', APPWARRANT_APPROVE_ORIGIN: 'https://a.example' },
      'must not be on the approving page',
    ],
    ['data in the source tree', { APPWARRANT_DATA: '/home/ada/appwarrant/data' }, 'inside the source tree'],
    ['data that is the source tree', { APPWARRANT_DATA: '/home/ada/appwarrant' }, 'inside the source tree'],
    ['a database of another kind', { DATABASE_URL: 'mysql://localhost/x' }, 'DATABASE_URL'],
    ['a database URL that is none', { DATABASE_URL: 'postgres' }, 'DATABASE_URL'],
    ['two passphrases', { APPWARRANT_PASSPHRASE: 'a', APPWARRANT_PASSPHRASE_FILE: 'b' }, 'not both'],
    [
      'a passphrase file that cannot be read',
      { APPWARRANT_PASSPHRASE_FILE: '/none' },
      '/none, which cannot be read',
    ],
  ])('%s', (_name, environment, part) => {
    expect(sentence(environment)).toContain(part);
  });
});

test('a folder beside the source tree with a longer name is outside of it', () => {
  expect(read({ APPWARRANT_DATA: '/home/ada/appwarrant-data' }).dataDir).toBe('/home/ada/appwarrant-data');
  expect(read({ APPWARRANT_DATA: join('/home/ada/appwarrant', '..', 'data') }).dataDir).toBe(
    '/home/ada/data',
  );
});

test('a passphrase comes from a variable, or from a file without its last line break', () => {
  expect(read({ APPWARRANT_PASSPHRASE: ' a b ' }).passphrase).toBe(' a b ');
  expect(read({ APPWARRANT_PASSPHRASE_FILE: '/run/passphrase' }).passphrase).toBe('from a file');
});

test('a sentence never shows a database password', () => {
  expect(sentence({ DATABASE_URL: 'mysql://user:secret@host/x' })).not.toContain('secret');
});
