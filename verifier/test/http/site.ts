import { randomBytes } from 'node:crypto';
import { expect } from 'vitest';
import type { Allowlist, Entry, Freshness, Grant, KeyMatch } from '../../src/allowlist.ts';
import { importP256 } from '../../src/crypto.ts';
import type { CheckerOptions } from '../../src/http/check.ts';
import { createReplayTable } from '../../src/http/replay.ts';
import type { ReasonCode } from '../../src/reasons.ts';
import { Refused } from '../../src/refused.ts';
import type { EntryCustom, GrantCustom, Platform } from '../../src/custom.ts';
import { createExplainedChecker } from './explained-checker.ts';
import { makeKey, signRequest, type SigningKey, type ToSign } from './sign.ts';

// A customer's site as the check of requests sees it: an allowlist of which every member is a plain value, and a clock that
// stands still until a test moves it. Bundles, approvals and revocations have their own tests.

export const origin = 'https://ris.hospital.test';
export const deployment = 'wUqOJ7lLcZtiW1ybzjHGiTxpzeVGLMEaJ5gZDQlt8Ys';
/** 2026-11-22T09:00:00Z */
export const start = 1_795_338_000;

export type Site = ReturnType<typeof makeSite>;

type App = { readonly key: SigningKey; readonly custom?: Partial<EntryCustom>; readonly platform?: Platform };

export function makeSite(given: { apps?: readonly App[]; options?: Partial<CheckerOptions> } = {}) {
  const key = makeKey();
  const clock = { ms: start * 1000 };
  const state: {
    apps: readonly App[];
    freshness: Freshness['kind'];
    monitor: Grant | null;
    breakGlass: Grant | null;
    closed: ReasonCode | null;
  } = {
    apps: given.apps ?? [{ key }],
    freshness: 'fresh',
    monitor: null,
    breakGlass: null,
    closed: null,
  };
  const imported = new Map<string, KeyMatch['key']>();
  const allowlist: Allowlist = {
    environment: 'production',
    registry: 'ab'.repeat(32),
    deployment,
    customer: { id: `c-${'a'.repeat(26)}`, name: 'Hospital' },
    versions: { root: 1, targets: 2, snapshot: 3, timestamp: 4 },
    signedAt: start - 3600,
    floorSince: start - 86_400,
    judgeNow(now) {
      if (state.closed !== null) throw new Refused(state.closed);
      const signedAt = start - 3600;
      return {
        kind: state.freshness,
        signedAt,
        age: now - signedAt,
        freshUntil: start + 86_400,
        expires: start + 30 * 86_400,
      };
    },
    findKey(thumbprint): KeyMatch {
      const apps = state.apps.filter((app) => app.key.thumbprint === thumbprint);
      const entries = apps.map((app, index) => entryOf(app, index));
      const [entry] = entries;
      const identity = entry?.custom.identities[0];
      if (entry === undefined || identity === undefined) throw new Refused('app_not_approved');
      const object = imported.get(thumbprint) ?? importP256(identity.key);
      imported.set(thumbprint, object);
      return { entry, entries, identity, key: object };
    },
    // Attested keys are judged over real bundles: see attested-site.ts.
    findAttester() {
      throw new Refused('app_not_approved');
    },
    isListed: (thumbprint) => state.apps.some((app) => app.key.thumbprint === thumbprint),
    isKeyRevoked: () => false,
    longestAttestation: 3600,
    monitor: () => state.monitor,
    breakGlass: () => state.breakGlass,
  };
  const checker = createExplainedChecker({
    allowlist: () => allowlist,
    origin,
    deployment,
    now: () => clock.ms,
    startedAt: null,
    replay: createReplayTable(randomBytes(32), 1024),
    randomKey: randomBytes(32),
    ...given.options,
  });
  const sign = (to: Partial<ToSign> = {}) =>
    signRequest({ key, origin, deployment, created: Math.floor(clock.ms / 1000), ...to });
  return { key, clock, state, checker, sign, allowlist };
}

function entryOf({ key, custom, platform = 'server' }: App, index: number): Entry {
  const digest = index.toString(16).padStart(64, '0');
  const partner = { id: `p-${'b'.repeat(26)}`, name: 'Partner' };
  return {
    role: partner.id,
    path: `${partner.id}/viewer/${digest}`,
    artifact: { digest, length: 1 },
    statement: 'cd'.repeat(32),
    people: [],
    custom: {
      kind: 'entry',
      partner,
      app: { id: 'viewer', name: 'Viewer' },
      build: { id: `b-${'c'.repeat(26)}`, version: '1.0.0', platform },
      identities: [{ kind: 'key', key: key.jwk, use: 'request', holder: 'server' }],
      capabilities: ['orders:read', 'orders:write'],
      assurance: 'server',
      customers: 'all',
      issued: '2026-11-01T00:00:00Z',
      validFrom: '2026-11-01T00:00:00Z',
      expires: '2027-11-01T00:00:00Z',
      review: 'ef'.repeat(32),
      ...custom,
    },
  };
}

export function grantOf(kind: 'monitor' | 'breakGlass'): Grant {
  const custom: GrantCustom = {
    kind: 'grant',
    customer: { id: `c-${'a'.repeat(26)}`, name: 'Hospital' },
    deployments: [deployment],
    effect: { kind },
    reason: 'Roll-out in November',
    issued: '2026-11-20T00:00:00Z',
    validFrom: '2026-11-20T00:00:00Z',
    expires: '2026-12-01T00:00:00Z',
  };
  return { path: 'c/grant', statement: '12'.repeat(32), people: ['u-1'], custom };
}

/** What the work threw, which must be a refusal. */
export function refusalOf(work: () => unknown): Refused {
  try {
    work();
  } catch (error) {
    if (error instanceof Refused) return error;
    throw error;
  }
  throw new Error('It was not refused.');
}

/** Expects the reason with which the work is refused. */
export function expectRefused(work: () => unknown, code: ReasonCode): Refused {
  const refused = refusalOf(work);
  expect(`${refused.code}: ${refused.seen}`).toMatch(new RegExp(`^${code}: `));
  return refused;
}
