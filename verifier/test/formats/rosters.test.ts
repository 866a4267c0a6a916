import { describe, expect, test } from 'vitest';
import { parseRoster, type Environment, type JsonObject, type JsonValue } from '../../src/formats.ts';
import { refusal } from '../compose/story.ts';
import { createVendor, makeId, makePerson, rosterOf } from '../compose/vendor.ts';

const people = [makePerson('Ada'), makePerson('Rita', 'RS256')];
const roster = rosterOf(createVendor({ people })) as unknown as JsonObject;
const [ada, rita] = roster.approvers as unknown as [JsonObject, JsonObject];
const [key] = ada.keys as unknown as [JsonObject];
const [rsaKey] = rita.keys as unknown as [JsonObject];

const parse = (changes: object, environment: Environment = 'production'): unknown =>
  parseRoster({ ...roster, ...changes }, environment);
const withPerson = (changes: object): unknown => parse({ approvers: [{ ...ada, ...changes }] });
const withKeys = (...keys: readonly JsonValue[]): unknown => withPerson({ keys });
const refused = (act: () => unknown): unknown => refusal('roster_malformed', act);

describe('Where approvals are given', () => {
  const at = (rpId: string, origins: readonly string[], environment?: Environment) => () =>
    parse({ rpId, origins }, environment);

  test.each([
    'a',
    'a.b',
    '0.a',
    'approve.acme.example',
    'a-b.c',
    'xn--bcher-kva.example',
    'a'.repeat(63),
    `${'a'.repeat(63)}.b`,
    `${'a.'.repeat(126)}b`,
  ])('the host may be %s', (rpId) => {
    expect(at(rpId, [`https://${rpId}`])()).toMatchObject({ rpId });
  });

  test.each([
    '',
    '.',
    'a.',
    '.a',
    'a..b',
    '-a',
    'a-',
    'a.-b',
    'a-.b',
    'A',
    'a_b',
    'a b',
    'é',
    'a:1',
    'a/b',
    '[::1]',
    'a'.repeat(64),
    `${'a.'.repeat(127)}b`,
    'a\n',
  ])('the host is never %j', (rpId) => {
    refused(at(rpId, [`https://${rpId}`]));
    refused(() => parse({ rpId }));
  });

  test('every origin is at exactly that host, at whatever port', () => {
    expect(at('a.b', ['https://a.b', 'https://a.b:8443'])()).toMatchObject({
      origins: ['https://a.b', 'https://a.b:8443'],
    });
    for (const origin of [
      'https://b',
      'https://c.a.b',
      'https://a.bc',
      'https://xa.b',
      'a.b',
      'https://a.b/',
      'ftp://a.b',
      '',
    ])
      for (const origins of [[origin], ['https://a.b', origin], [origin, 'https://a.b']])
        refused(at('a.b', origins));
    for (const origins of [[null], [5], 'https://a.b', {}]) refused(() => parse({ rpId: 'a.b', origins }));
    refused(at('a.b', ['https://a.b', 'https://a.b']));
  });

  test('every origin is https, but in development', () => {
    refused(at('approve.localhost', ['http://approve.localhost:3000']));
    refused(at('approve.localhost', ['https://approve.localhost', 'http://approve.localhost:3000']));
    expect(at('approve.localhost', ['http://approve.localhost:3000'], 'development')()).toMatchObject({
      rpId: 'approve.localhost',
    });
    expect(at('approve.localhost', ['https://approve.localhost'], 'development')()).toMatchObject({
      rpId: 'approve.localhost',
    });
  });
});

describe('An approver', () => {
  test('is active, retired at a time, or compromised', () => {
    for (const status of [
      { kind: 'active' },
      { kind: 'retired', at: '2030-01-01T00:00:00Z' },
      { kind: 'compromised' },
    ])
      expect(withPerson({ status })).toMatchObject({ approvers: [{ status }] });
    for (const status of [
      { kind: 'retired' },
      { kind: 'retired', at: 'today' },
      { kind: 'retired', at: 5 },
      { kind: 'retired', at: null },
      { kind: 'retired', at: '2030-01-01T00:00:00Z', by: 'x' },
      { kind: 'active', at: '2030-01-01T00:00:00Z' },
      { kind: 'compromised', at: '2030-01-01T00:00:00Z' },
      { kind: 'Active' },
      {},
      'active',
      null,
    ])
      refused(() => withPerson({ status }));
  });

  test('has an id and a name that people can tell apart', () => {
    for (const id of ['', 'u-', makeId('p'), makeId('u').toUpperCase(), 5]) refused(() => withPerson({ id }));
    for (const name of ['', ' Ada', 'A\u202eda', 5, null]) refused(() => withPerson({ name }));
    refused(() => withPerson({ more: 1 }));
    refused(() => parse({ approvers: [null] }));
  });

  test('has keys of the algorithm that each is listed for', () => {
    expect(withKeys(key, rsaKey)).toMatchObject({
      approvers: [{ keys: [{ alg: 'ES256' }, { alg: 'RS256' }] }],
    });
    refusal('key_malformed', () => withKeys({ ...key, alg: 'RS256' }));
    refusal('key_malformed', () => withKeys({ ...rsaKey, alg: 'ES256' }));
    for (const alg of ['', 'none', 'ES384', 'es256', null]) refused(() => withKeys({ ...key, alg }));
    for (const id of ['A', 'AA=', 'AB', 'A+AA', 5]) refused(() => withKeys({ ...key, id }));
    refused(() => withKeys({ ...key, more: 1 }));
    refused(() => withKeys(null));
  });
});

describe('One hand never counts as two', () => {
  const other = { ...ada, id: makeId('u') };

  test('a person stands once', () => {
    refused(() => parse({ approvers: [ada, { ...rita, id: ada.id }] }));
    expect(parse({ approvers: [ada, rita] })).toMatchObject({ approvers: [{ id: ada.id }, { id: rita.id }] });
  });

  test('a credential stands once, under one person or two', () => {
    refused(() => withKeys(key, { ...rsaKey, id: key.id as string }));
    refused(() => parse({ approvers: [ada, { ...rita, keys: [{ ...rsaKey, id: key.id as string }] }] }));
  });

  test('a key stands once, under one person or two, whatever its credential is called', () => {
    refused(() => withKeys(key, { ...key, id: 'AAAA' }));
    refused(() => parse({ approvers: [ada, { ...other, keys: [{ ...key, id: 'AAAA' }] }] }));
  });
});

describe('Thresholds', () => {
  const least = {
    production: { entry: 2, licence: 1, grant: 2 },
    development: { entry: 1, licence: 1, grant: 1 },
  };

  test.each(['production', 'development'] as const)(
    'are for each kind, and at least so high in %s',
    (environment) => {
      const at = (thresholds: object) => () => parse({ thresholds }, environment);
      expect(at(least[environment])()).toMatchObject({ thresholds: least[environment] });
      for (const kind of ['entry', 'licence', 'grant'] as const) {
        const { [kind]: number, ...rest } = least[environment];
        const { seen } = refusal('roster_threshold', at({ ...rest, [kind]: number - 1 }));
        expect(seen).toBe(`A ${environment} roster demands at least ${number} for each ${kind}.`);
        refusal('roster_threshold', at(rest));
        refusal('roster_threshold', at({ ...rest, [kind]: String(number) }));
        refused(at({ ...rest, [kind]: 101 }));
      }
      refused(at({ ...least[environment], other: 1 }));
      for (const odd of [[], 'x']) refused(at(odd as unknown as object));
    },
  );

  test('are what a kind has itself, and not what all objects have', () => {
    const inherited = Object.create({ entry: 2 }) as JsonObject;
    refusal('roster_threshold', () =>
      parse({ thresholds: Object.assign(inherited, { licence: 1, grant: 2 }) }),
    );
  });
});
