import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { day } from '../compose/vendor.ts';
import { contentOf, makeSite, temporaryFolder, type Site } from '../state/site.ts';
import { makePackage } from '../state/vendor-package.ts';
import { answering, bundleFile, signNow, verdictBy } from './honest.ts';
import { startProcess, type ServerProcess } from './start-process.ts';

// Each server is a process whose system clock its owner moves; nobody can move the monotonic one.

/** A running server with a bundle that was signed a moment ago: fresh for 30 days, stale for 30 more. */
async function runningSite(): Promise<{ site: Site; program: string; server: ServerProcess }> {
  const site = makeSite();
  const program = makePackage(site.vendor);
  const server = await startProcess(site, program);
  await server.get({ kind: 'open' });
  await server.get({ kind: 'load', file: bundleFile(site) });
  return { site, program, server };
}

/** What an app says whose own clock is this far from the right one. */
function signedAt(site: Site, shift: number): ReturnType<typeof signNow> {
  return signNow(site, { created: Math.floor(Date.now() / 1000) + shift });
}

describe('The owner', () => {
  test('sets the clock back', async () => {
    const { site, program, server } = await runningSite();
    await using running = server;
    const before = contentOf(site.folder);
    // Within five minutes of the signed time nothing is said, and nothing is gained: what has passed since is counted by a clock
    // that he cannot set.
    await running.setClock(-200);
    expect(await running.check(signedAt(site, -200))).toMatchObject({ refused: 'proof_stale' });
    expect(await verdictBy(site, running)).toBe('app');
    await running.setClock(-400);
    for (const shift of [0, -400])
      expect(await running.check(signedAt(site, shift))).toMatchObject({ refused: 'clock_behind' });
    const ahead = { kind: 'load', file: bundleFile(site) } as const;
    expect(await running.tell(ahead)).toMatchObject({ refused: 'signed_in_future' });
    expect(contentOf(site.folder)).toEqual(before);

    // Nor does a start with a clock of last year find it in order.
    await using restarted = await startProcess(site, program);
    await restarted.setClock(-365 * day);
    await restarted.get({ kind: 'open' });
    expect(await restarted.check(signedAt(site, -365 * day))).toMatchObject({ refused: 'clock_behind' });
    await restarted.setClock(0);
    expect(await verdictBy(site, restarted)).toBe('app');
    await restarted.get(ahead);
    expect(await verdictBy(site, restarted)).toBe('app');
  });

  test('sets the clock forward', async () => {
    const { site, program, server } = await runningSite();
    await using running = server;
    const before = contentOf(site.folder);
    await running.setClock(31 * day);
    expect(await running.check(signedAt(site, 31 * day))).toMatchObject({
      ok: { kind: 'app', freshness: 'stale' },
    });
    await running.setClock(61 * day);
    expect(await running.check(signedAt(site, 61 * day))).toMatchObject({ refused: 'allowlist_expired' });
    await using restarted = await startProcess(site, program);
    await restarted.setClock(10_000 * day);
    await restarted.get({ kind: 'open' });
    expect(await restarted.check(signedAt(site, 10_000 * day))).toMatchObject({
      refused: 'allowlist_expired',
    });
    // Local time is written nowhere: neither does it help him, nor has he broken anything.
    const { 'replay.owner': mark, ...rest } = contentOf(site.folder);
    expect(mark).toBeDefined();
    expect({ ...rest, 'replay.owner': before['replay.owner'] }).toEqual(before);
    await restarted.setClock(0);
    expect(await verdictBy(site, restarted)).toBe('app');
  });

  test('sets the clock back, forward, and back again', async () => {
    const { site, server } = await runningSite();
    await using running = server;
    const before = contentOf(site.folder);
    const [today, inTenDays] = [signedAt(site, 0), signedAt(site, 10 * day)];
    expect(await running.check(today)).toMatchObject({ ok: { kind: 'app' } });
    await running.setClock(10 * day);
    expect(await running.check(inTenDays)).toMatchObject({ ok: { kind: 'app' } });
    expect(await running.check(today)).toMatchObject({ refused: 'proof_stale' });
    // Whatever was used at one of his times stays used, or counts as signed before the clock was set.
    await running.setClock(0);
    expect(await running.check(today)).toMatchObject({ refused: 'proof_before_start' });
    expect(await running.check(inTenDays)).toMatchObject({ refused: 'proof_from_future' });
    await running.setClock(10 * day);
    expect(await running.check(inTenDays)).toMatchObject({ refused: 'replayed' });
    expect(await running.check(today)).toMatchObject({ refused: 'proof_stale' });
    await running.setClock(61 * day);
    expect(await running.check(inTenDays)).toMatchObject({ refused: 'allowlist_expired' });
    await running.setClock(0);
    for (const used of [today, inTenDays]) expect(await running.check(used)).toHaveProperty('refused');
    expect(contentOf(site.folder)).toEqual(before);
    expect(await verdictBy(site, running)).toBe('app');
  });

  test('keeps an old bundle for ever', async () => {
    const { site, program, server } = await runningSite();
    await using running = server;
    const at = async (days: number, of: ServerProcess) => {
      await of.setClock(days * day);
      return of.check(signedAt(site, days * day));
    };
    expect(await at(29, running)).toMatchObject({ ok: { freshness: 'fresh', warnings: [] } });
    expect(await at(59, running)).toMatchObject({
      ok: { freshness: 'stale', warnings: [expect.stringContaining('load a new bundle within')] },
    });
    const before = contentOf(site.folder);
    for (const days of [61, 400, 4000])
      expect(await at(days, running)).toMatchObject({ refused: 'allowlist_expired' });
    expect(contentOf(site.folder)).toEqual(before);
    // A start with the same files, or the same bundle once more, makes it no younger.
    const again = join(temporaryFolder(), 'bundle');
    await using restarted = await startProcess(site, program);
    await restarted.setClock(61 * day);
    await restarted.get({ kind: 'open' });
    writeFileSync(again, Buffer.from(contentOf(site.folder).bundle ?? '', 'base64'));
    await restarted.get({ kind: 'load', file: again });
    expect(await at(61, restarted)).toMatchObject({ refused: 'allowlist_expired' });
    site.vendor.now += 61 * day;
    await restarted.get({ kind: 'load', file: bundleFile(site) });
    const later = await at(61, restarted);
    expect(later).toMatchObject({ refused: 'proof_before_start' });
    if (later.refused === undefined) throw new Error('unreachable');
    expect(await restarted.check(answering(site, later.members))).toMatchObject({ ok: { kind: 'app' } });
  });

  test('keeps an old bundle for ever, and sets the clock back at every start', async () => {
    // Where nothing new is loaded, nothing but the clock says how old a bundle is: this is the limit that the threat model names.
    const { site, program, server } = await runningSite();
    await using running = server;
    await running.setClock(61 * day);
    expect(await running.check(signedAt(site, 61 * day))).toMatchObject({ refused: 'allowlist_expired' });
    await using restarted = await startProcess(site, program);
    await restarted.get({ kind: 'open' });
    const before = contentOf(site.folder);
    const early = await restarted.check(signedAt(site, 61 * day));
    expect(early).toMatchObject({ refused: 'proof_from_future' });
    expect(contentOf(site.folder)).toEqual(before);
    // An app with a right clock finds out at its first request, by how much the two differ.
    if (early.refused === undefined) throw new Error('unreachable');
    expect(Math.abs(Number(early.members.serverTime) - Date.now() / 1000)).toBeLessThan(60);
    expect(await restarted.check(answering(site, early.members))).toMatchObject({ ok: { kind: 'app' } });
  });
});
