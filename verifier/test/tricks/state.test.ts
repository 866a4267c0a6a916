import { cpSync, existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, describe, expect, test, vi } from 'vitest';
import { readFloor, timeOf, writeFloor } from '../../src/formats.ts';
import type { RequestToCheck } from '../../src/http/request-head.ts';
import { openVerifierFor, type Verifier } from '../../src/open-verifier.ts';
import type { ReasonCode } from '../../src/reasons.ts';
import { anchorOf, day } from '../compose/vendor.ts';
import {
  contentOf,
  makeSite,
  nextBundle,
  revokeBuild,
  standing,
  start,
  temporaryFolder,
  type Site,
} from '../state/site.ts';
import { makePackage } from '../state/vendor-package.ts';
import { expectGoesOn, refusedTrick, signNow, verdict } from './honest.ts';
import { startProcess } from './start-process.ts';

afterEach(() => {
  vi.useRealTimers();
});

function copyOf(folder: string): string {
  const copy = temporaryFolder();
  cpSync(folder, copy, { recursive: true });
  return copy;
}

function restore(site: Site, copy: string): void {
  rmSync(site.folder, { recursive: true });
  cpSync(copy, site.folder, { recursive: true });
}

/** A verifier that is started now refuses the request. What a start itself writes it has written by then. */
function expectReplayRefused(code: ReasonCode, site: Site, captured: RequestToCheck): void {
  const started = start(site);
  refusedTrick(code, site, () => started.check(captured));
}

/** The vendor's next package, which takes nothing that was signed before `signedAt` (seconds), as it is started over the site's folder. */
function startWithMinimum(site: Site, signedAt: number): Verifier {
  const minimum = { targets: 1, signedAt: timeOf(signedAt) };
  const anchor = anchorOf({ ...site.vendor, roots: site.vendor.roots.slice(0, 1) }, { minimum });
  return openVerifierFor(anchor, { stateDir: site.folder, origin: site.origin, log: () => undefined });
}

describe('The owner', () => {
  test('restores an old state folder', async () => {
    const site = makeSite();
    start(site).load(nextBundle(site));
    const old = copyOf(site.folder);
    revokeBuild(site);
    const revoking = nextBundle(site);
    const verifier = start(site);
    verifier.load(revoking);
    expect(verdict(site, verifier)).toBe('revoked');
    // The running server takes over nothing that is older than what it holds.
    restore(site, old);
    await expect
      .poll(() => [verdict(site, verifier), verifier.status().lastRefusal?.code], {
        timeout: 10_000,
        interval: 500,
      })
      .toEqual(['revoked', 'rollback']);
    expect(contentOf(site.folder)).toEqual(contentOf(old));

    // A start knows what the folder knows. So the old bundle counts again, and grows old from when it was signed.
    restore(site, old);
    const restarted = start(site);
    expect(restarted.status().allowlist?.signedAt).toBe(timeOf(site.vendor.now - 1));
    expect(verdict(site, restarted)).toBe('app');
    vi.useFakeTimers({ toFake: ['Date'], now: (site.vendor.now + 61 * day) * 1000 });
    const late = start(site);
    refusedTrick('allowlist_expired', site, () => late.check(signNow(site)));
    vi.useRealTimers();
    // Whatever newer reaches it, ends it: the revocation is known again, and for good.
    restarted.load(revoking);
    expect(verdict(site, restarted)).toBe('revoked');
    site.vendor.revocations = [];
    restarted.load(nextBundle(site));
    expect(verdict(site, restarted)).toBe('revoked');
  });

  test('restores an old state folder, nonces included, to play a request again', async () => {
    const site = makeSite();
    const program = makePackage(site.vendor);
    const closed = start(site);
    closed.load(nextBundle(site));
    closed.close();
    const old = copyOf(site.folder);
    expect(existsSync(join(old, 'replay'))).toBe(true);
    const captured = signNow(site);
    await using server = await startProcess(site, program);
    await server.get({ kind: 'open' });
    expect(await server.check(captured)).toMatchObject({ ok: { kind: 'app' } });
    expect(await server.check(captured)).toMatchObject({ refused: 'replayed' });
    await server.get({ kind: 'close' });

    // As it was left: refused. Without the nonces: refused.
    const left = copyOf(site.folder);
    expectReplayRefused('replayed', site, captured);
    restore(site, left);
    rmSync(join(site.folder, 'replay'));
    expectReplayRefused('proof_before_start', site, captured);
    // As it was before: once more, while the request is younger than a minute. The threat model names this limit.
    restore(site, old);
    const restored = start(site);
    expect(restored.check(captured).kind).toBe('app');
    refusedTrick('replayed', site, () => restored.check(captured));
    vi.useFakeTimers({ toFake: ['Date'], now: Date.now() + 61_000 });
    restore(site, old);
    expectReplayRefused('proof_stale', site, captured);
    expect(verdict(site, restored)).toBe('app');
  });

  test('deletes the floor', () => {
    const site = makeSite();
    const old = nextBundle(site);
    const verifier = start(site);
    verifier.load(old);
    revokeBuild(site);
    const revoking = nextBundle(site);
    verifier.load(revoking);
    // A running server keeps in memory what it knows.
    rmSync(join(site.folder, 'floor.json'));
    refusedTrick('rollback', site, () => verifier.load(old));
    expect(verdict(site, verifier)).toBe('revoked');

    // Without floor and bundle a fresh one loads, and everything says since when anything is known.
    rmSync(join(site.folder, 'bundle'));
    const began = start(site);
    expect(began.load(old).floorSince).toBe(timeOf(site.vendor.now - 1));
    expect(verdict(site, began)).toBe('app');
    began.load(revoking);
    expect(verdict(site, began)).toBe('revoked');

    // One that is older than what the installed package demands does not, however fresh it is.
    rmSync(join(site.folder, 'floor.json'));
    rmSync(join(site.folder, 'bundle'));
    const newer = startWithMinimum(site, site.vendor.now);
    refusedTrick('below_anchor_minimum', site, () => newer.load(old));
    newer.load(revoking);

    // One that is no longer fresh does not, be it within its grace.
    rmSync(join(site.folder, 'floor.json'));
    rmSync(join(site.folder, 'bundle'));
    vi.useFakeTimers({ toFake: ['Date'], now: (site.vendor.now + 31 * day) * 1000 });
    const stale = start(site);
    refusedTrick('floor_missing', site, () => stale.load(old));
    refusedTrick('floor_missing', site, () => stale.load(revoking));
    site.vendor.now += 31 * day;
    site.vendor.revocations = [];
    expectGoesOn(site, stale);
  });

  test('writes a floor by hand', () => {
    const site = makeSite();
    const [floor, bundle] = [join(site.folder, 'floor.json'), join(site.folder, 'bundle')];
    const old = nextBundle(site);
    start(site).load(old);
    const low = readFloor(readFileSync(floor));
    revokeBuild(site);
    start(site).load(nextBundle(site));
    if (low === null) throw new Error('no floor');

    // Its digest is no secret. So old versions are back, and a revocation that `targets` does not carry is forgotten …
    writeFileSync(floor, writeFloor({ ...low, revocations: new Map() }));
    writeFileSync(bundle, old);
    const forged = start(site);
    expect(verdict(site, forged)).toBe('app');
    // … even when the old bundle is stale, but not when it has expired,
    vi.useFakeTimers({ toFake: ['Date'], now: (site.vendor.now + 31 * day) * 1000 });
    expect(start(site).status().allowlist?.freshness).toBe('stale');
    vi.useFakeTimers({ toFake: ['Date'], now: (site.vendor.now + 61 * day) * 1000 });
    expect(standing(start(site))).toBe('allowlist_expired');
    vi.useRealTimers();
    // nor below what the installed package demands, whatever the floor says.
    const newer = startWithMinimum(site, site.vendor.now);
    expect(newer.status().lastRefusal?.code).toBe('below_anchor_minimum');
    refusedTrick('below_anchor_minimum', site, () => newer.load(old));
    // What an honest bundle tells counts again.
    newer.load(nextBundle(site));
    expect(verdict(site, newer)).toBe('revoked');
  });
});
