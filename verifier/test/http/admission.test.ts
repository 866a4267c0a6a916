import { describe, expect, test } from 'vitest';
import type { Entry, Freshness, KeyMatch } from '../../src/allowlist.ts';
import { admitApp, admitBeyond, admitByGrant, type GrantInForce } from '../../src/http/admission.ts';
import type { Receipt } from '../../src/http/receipt.ts';
import { Refused } from '../../src/refused.ts';
import { makeSite } from './site.ts';

// What a verdict says of the app, where a key may stand in several live builds (SPEC §11): never more than is true of every one of them.

type Approved = Pick<Entry['custom'], 'capabilities' | 'assurance'>;

const site = makeSite();
const fresh: Freshness = { kind: 'fresh', signedAt: 0, age: 10, freshUntil: 100, expires: 3 * 86_400 };
const receipt = { deployment: 'here', keyid: 'key' } as Receipt;
const grant: GrantInForce = {
  kind: 'monitored',
  statement: 'ab',
  reason: 'Introducing the verifier',
  expires: '2030-01-01T00:00:00Z',
};
const usual = site.allowlist.findKey(site.key.thumbprint, 0);

function matchOf(...builds: readonly Approved[]): KeyMatch {
  const entries = builds.map((build) => ({ ...usual.entry, custom: { ...usual.entry.custom, ...build } }));
  return { ...usual, entry: entries[0] as Entry, entries };
}
const admit = (match: KeyMatch, freshness = fresh) =>
  admitApp(match, { cookie: 'none', freshness, grant: null, receipt });

describe('An admission', () => {
  test('of one build has the capabilities and the assurance of that build', () => {
    for (const assurance of ['embedded', 'server', 'hardware'] as const) {
      const admission = admit(matchOf({ capabilities: ['a', 'b'], assurance }));
      expect(admission).toMatchObject({
        capabilities: ['a', 'b'],
        assurance,
        build: usual.entry.custom.build,
      });
    }
  });

  test('of several builds has the capabilities that every one of them has', () => {
    const capabilities = (...lists: readonly (readonly string[])[]): readonly string[] =>
      admit(matchOf(...lists.map((list) => ({ capabilities: list, assurance: 'server' as const }))))
        .capabilities;
    expect(capabilities(['a', 'b'], ['b', 'c'])).toEqual(['b']);
    expect(capabilities(['a', 'b'], ['a', 'b'], ['b'])).toEqual(['b']);
    expect(capabilities(['a', 'b'], ['a'], ['b'])).toEqual([]);
    expect(capabilities(['a'], [], ['a'])).toEqual([]);
  });

  test('of several builds has the lowest assurance among them', () => {
    const lowest = (...list: readonly Approved['assurance'][]): string =>
      admit(matchOf(...list.map((assurance) => ({ capabilities: [], assurance })))).assurance;
    expect(lowest('server', 'hardware')).toBe('server');
    expect(lowest('hardware', 'server')).toBe('server');
    expect(lowest('hardware', 'embedded', 'server')).toBe('embedded');
    expect(lowest('hardware', 'hardware')).toBe('hardware');
  });

  test('warns of an allowlist that is stale, with the whole days that are left', () => {
    const match = matchOf({ capabilities: [], assurance: 'server' });
    expect(admit(match).warnings).toEqual([]);
    const left = (age: number) =>
      admit(match, { ...fresh, kind: 'stale', signedAt: 50, expires: 50 + 3 * 86_400, age }).warnings;
    for (const [age, days] of [
      [0, 3],
      [1, 2],
      [86_400, 2],
      [86_401, 1],
    ] as const)
      expect(left(age), String(age)).toEqual([
        `The allowlist is stale: load a new bundle within ${String(days)} days.`,
      ]);
  });
});

describe('An admission by a grant', () => {
  const refused = new Refused('proof_missing');

  test('says whose it is, why the request would have been refused, and warns of itself', () => {
    const admission = admitByGrant(grant, refused, { deployment: 'here', freshness: fresh });
    expect(admission).toEqual({
      kind: 'monitored',
      deployment: 'here',
      refused: { code: 'proof_missing', message: refused.message },
      grant,
      freshness: 'fresh',
      allowlistAge: 10,
      warnings: ['Admitted by a grant until 2030-01-01T00:00:00Z: proof_missing.'],
    });
  });

  test('of an app to what it has no capability for names the deployment, with a receipt or before there is one', () => {
    const app = admit(matchOf({ capabilities: [], assurance: 'server' }));
    expect(admitBeyond(app, grant, refused)).toMatchObject({ kind: 'monitored', deployment: 'here', grant });
    const { receipt: _, ...rest } = app;
    const head = { ...rest, deployment: 'there', keyid: 'key' };
    expect(admitBeyond(head, grant, refused)).toMatchObject({ deployment: 'there', allowlistAge: 10 });
  });
});
