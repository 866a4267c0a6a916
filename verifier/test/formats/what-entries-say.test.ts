import { describe, expect, test } from 'vitest';
import {
  parseEntry,
  statementOf,
  type Identity,
  type JsonObject,
  type JsonValue,
} from '../../src/formats.ts';
import { refusal, tellStory } from '../compose/story.ts';
import {
  addForCustomer,
  entryCustom,
  grantCustom,
  makeAppKey,
  makeDigest,
  makeId,
} from '../compose/vendor.ts';

const { vendor, customer, deployment, entry, license } = tellStory();
const held = (holder: Identity['holder'], use: Identity['use'] = 'request'): Identity => {
  return { kind: 'key', key: makeAppKey().jwk, use, holder };
};
const entryOf = (changes: Parameters<typeof entryCustom>[2]): JsonValue =>
  entryCustom(vendor, makeAppKey(), changes);
const refused = (value: JsonValue): unknown => refusal('statement_malformed', () => parseEntry(value));

describe('An entry', () => {
  test.each(['server', 'web', 'android', 'ios', 'macos', 'windows', 'linux'] as const)(
    'may be for %s',
    (platform) => {
      const build = { id: `b-${'a'.repeat(26)}`, version: '1', platform };
      expect(parseEntry(entryOf({ build })).build.platform).toBe(platform);
    },
  );

  test('is for no other platform', () => {
    for (const platform of ['', 'Web', 'haiku', 'constructor'])
      refused(entryOf({ build: { id: `b-${'a'.repeat(26)}`, version: '1', platform: platform as 'web' } }));
  });

  test('claims no more than the weakest holder of its keys, wherever that one stands', () => {
    const holders = ['embedded', 'server', 'hardware'] as const;
    for (const first of holders) {
      for (const second of holders) {
        for (const assurance of holders) {
          const value = entryOf({ identities: [held(first), held(second)], assurance });
          const weakest = Math.min(holders.indexOf(first), holders.indexOf(second));
          if (holders.indexOf(assurance) <= weakest) expect(parseEntry(value).assurance).toBe(assurance);
          else refused(value);
        }
      }
    }
  });

  test('vouches for copies with keys on a server alone', () => {
    expect(parseEntry(entryOf({ identities: [held('server', 'attest')] })).identities).toHaveLength(1);
    for (const holder of ['embedded', 'hardware'] as const)
      refused(entryOf({ identities: [held(holder, 'attest')], assurance: 'embedded' }));
  });

  test('has every key once', () => {
    const [one, other] = [held('server'), held('server', 'attest')];
    expect(parseEntry(entryOf({ identities: [one, other] })).identities).toHaveLength(2);
    refused(entryOf({ identities: [one, { ...other, key: one.key }] }));
    refused(entryOf({ identities: [one, other, one] }));
    const { x, y } = one.key;
    expect(
      parseEntry(entryOf({ identities: [one, { ...other, key: { ...other.key, x } }] })).identities,
    ).toHaveLength(2);
    expect(
      parseEntry(entryOf({ identities: [one, { ...other, key: { ...other.key, y } }] })).identities,
    ).toHaveLength(2);
  });
});

describe('A statement', () => {
  const { registry, environment } = vendor;
  const { role, path, length, digest, custom } = entry;
  const made = (target: JsonObject): unknown =>
    statementOf({
      registry,
      environment,
      role,
      path,
      target: { length, hashes: { sha256: digest }, custom, ...target },
    });

  test('is made of where a target was found, and of all that it says but its approvals', () => {
    expect(made({ custom: { ...custom, approvals: [1] } })).toEqual({
      type: 'appwarrant/approval/1',
      kind: 'entry',
      registry,
      environment,
      role,
      path,
      length,
      hashes: { sha256: digest },
      custom,
    });
  });

  test('is not made of anything else', () => {
    for (const odd of [
      null,
      [],
      'entry',
      5,
      {},
      { kind: 'entry' },
      { ...custom, kind: 'Entry' },
      { ...custom, kind: 'licence' },
      { ...custom, kind: null },
    ])
      refusal('statement_malformed', () => made({ custom: odd }));
    for (const hashes of [
      null,
      [],
      {},
      { sha256: 5 },
      { sha256: digest.toUpperCase() },
      { sha256: `${digest}0` },
      { sha256: digest, sha512: digest },
      { sha512: digest },
    ])
      refusal('statement_malformed', () => made({ hashes }));
  });

  test('of an entry belongs to a role of its partner, under its app and its digest', () => {
    const partner = (custom.partner as { id: string }).id;
    const at = (of: string, where = `${of}/orders/${digest}`): unknown =>
      statementOf({
        registry,
        environment,
        role: of,
        path: where,
        target: { length, hashes: { sha256: digest }, custom },
      });
    for (const of of [partner, `${partner}-2`, `${partner}-9999`])
      expect(at(of)).toMatchObject({ role: of, custom });
    for (const of of [
      '',
      'registry',
      'targets',
      `${partner}-1`,
      `${partner}-`,
      makeId('p'),
      makeId('c'),
      partner.replace('p-', 'c-'),
      ` ${partner}`,
    ])
      refusal('statement_misplaced', () => at(of));
    for (const where of [
      '',
      partner,
      `${partner}/orders`,
      `${partner}/Orders/${digest}`,
      `${partner}/other/${digest}`,
      `${partner}/orders/${makeDigest()}`,
      `/${path}`,
      `${path}/`,
    ])
      refusal('statement_misplaced', () => at(partner, where));
  });

  test('of a licence or a grant belongs to the role of its customer, under its kind and its own digest', () => {
    const grant = addForCustomer(vendor, grantCustom(vendor, customer, deployment));
    for (const target of [license, grant]) {
      const { custom: said } = target;
      const at = (changes: { role?: string; path?: string; length?: number; digest?: string }): unknown => {
        const found = { ...target, ...changes };
        const listed = { length: found.length, hashes: { sha256: found.digest }, custom: said };
        return statementOf({ registry, environment, role: found.role, path: found.path, target: listed });
      };
      expect(at({})).toMatchObject({ kind: said.kind, custom: said });
      const other = makeId('c');
      const digestOther = makeDigest();
      for (const changes of [
        { role: other },
        { role: other, path: target.path.replace(target.role, other) },
        {
          path: target.path
            .replace('/licence/', '/grant/')
            .replace('/grant/', said.kind === 'grant' ? '/licence/' : '/grant/'),
        },
        { path: `${target.path}0` },
        { length: target.length + 1 },
        { length: target.length - 1 },
        { digest: digestOther },
        { digest: digestOther, path: target.path.replace(target.digest, digestOther) },
      ])
        refusal('statement_misplaced', () => at(changes));
    }
  });
});
