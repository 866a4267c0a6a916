import { describe, expect, test } from 'vitest';
import {
  parseEntry,
  statementOf,
  type Identity,
  type JsonObject,
  type JsonValue,
} from '../../src/formats.ts';
import { refusal, tellStory } from '../compose/story.ts';
import { entryCustom, makeAppKey } from '../compose/vendor.ts';

const { vendor, entry } = tellStory();
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
});
