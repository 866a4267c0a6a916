import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { makeSite, nextBundle, start, temporaryFolder, type Site } from '../state/site.ts';
import { makePackage } from '../state/vendor-package.ts';
import { bundleFile, signNow, verdictBy } from './honest.ts';
import { canMount, startProcess, type ServerProcess } from './start-process.ts';

// Disks that take nothing: a preload's, on every system; and real ones, mounted for the server's process alone, where the system allows it.

type Disk = {
  /** A server over the site's folder on this disk. */
  readonly start: (site: Site, program: string) => Promise<ServerProcess>;
  readonly spoil: (server: ServerProcess) => Promise<unknown>;
  readonly mend: (server: ServerProcess) => Promise<unknown>;
};
const preloaded = (is: 'full' | 'read-only'): Disk => ({
  start: (site, program) => startProcess(site, program),
  spoil: (server) => server.get({ kind: 'disk', is }),
  mend: (server) => server.get({ kind: 'disk', is: 'well' }),
});
const onMount = (site: Site, program: string) => startProcess(site, program, { mounted: temporaryFolder() });
const disks = {
  full: preloaded('full'),
  readOnly: preloaded('read-only'),
  reallyFull: {
    start: onMount,
    spoil: (server) => server.get({ kind: 'fill' }),
    mend: (server) => server.get({ kind: 'empty' }),
  },
  reallyReadOnly: {
    start: onMount,
    spoil: (server) => server.get({ kind: 'remount', as: 'ro' }),
    mend: (server) => server.get({ kind: 'remount', as: 'rw' }),
  },
} satisfies Record<string, Disk>;

/** A site that has loaded one bundle, and the vendor's next one as a file. */
function loadedSite(): { site: Site; program: string; next: string } {
  const site = makeSite();
  start(site).load(nextBundle(site));
  return { site, program: makePackage(site.vendor), next: bundleFile(site) };
}

// A disk can only be mounted where the system allows it: on Linux, to the administrator or in a namespace of the user's own.
for (const [who, full, readOnly, skipped] of [
  ['', disks.full, disks.readOnly, false],
  [' of a system that lets him mount disks', disks.reallyFull, disks.reallyReadOnly, !canMount()],
] as const) {
  describe.skipIf(skipped)(`The owner${who}`, () => {
    test('makes the disk full or read-only before a load', async () => {
      for (const disk of [full, readOnly]) {
        const { site, program, next } = loadedSite();
        await using server = await disk.start(site, program);
        await server.get({ kind: 'open' });
        const before = await server.get({ kind: 'content' });
        await disk.spoil(server);
        for (let times = 0; times < 2; times += 1)
          expect(await server.tell({ kind: 'load', file: next })).toMatchObject({
            refused: 'state_unusable',
          });
        expect(await server.get({ kind: 'content' })).toEqual(before);
        // What was loaded before goes on.
        expect(await verdictBy(site, server)).toBe('app');
        expect(await server.get({ kind: 'status' })).toMatchObject({
          allowlist: { versions: { timestamp: 1 } },
        });
        await disk.mend(server);
        expect(await server.get({ kind: 'load', file: next })).toMatchObject({ versions: { timestamp: 2 } });
        expect(await verdictBy(site, server)).toBe('app');
      }
    });

    // Nonces that cannot be kept are not: the next start refuses what was signed before it.
    test('makes the disk full or read-only before the server is closed', async () => {
      for (const disk of [full, readOnly]) {
        const site = makeSite();
        await using server = await disk.start(site, makePackage(site.vendor));
        await server.get({ kind: 'open' });
        await server.get({ kind: 'load', file: bundleFile(site) });
        const used = signNow(site);
        expect(await server.check(used)).toMatchObject({ ok: { kind: 'app' } });
        const before = await server.get({ kind: 'content' });
        await disk.spoil(server);
        expect(await server.tell({ kind: 'close' })).toMatchObject({ refused: 'state_unusable' });
        expect(await server.check(used)).toMatchObject({ refused: 'closed' });
        expect(await server.get({ kind: 'content' })).toEqual(before);
        await disk.mend(server);
        await server.get({ kind: 'open' });
        expect(await server.check(used)).toMatchObject({ refused: 'proof_before_start' });
        expect(await verdictBy(site, server)).toBe('app');
      }
    });

    // A full disk stops no start, for nothing has to be written; nor is anything admitted that would not be otherwise.
    test('makes the disk full before a start', async () => {
      const { site, program, next } = loadedSite();
      await using server = await full.start(site, program);
      const before = await server.get({ kind: 'content' });
      await full.spoil(server);
      await server.get({ kind: 'open' });
      expect(await server.get({ kind: 'content' })).toEqual(before);
      expect(await server.check(signNow(site))).toMatchObject({ refused: 'proof_before_start' });
      expect(await verdictBy(site, server)).toBe('app');
      expect(await server.tell({ kind: 'load', file: next })).toMatchObject({ refused: 'state_unusable' });
      expect(await server.get({ kind: 'content' })).toEqual(before);
      await full.mend(server);
      expect(await server.get({ kind: 'load', file: next })).toMatchObject({ versions: { timestamp: 2 } });
    });

    // Used nonces are handed on once: where the file that holds them cannot be removed, nothing is opened, for it could be used
    // again and again.
    test('makes the disk read-only before a start', async () => {
      const site = makeSite();
      await using server = await readOnly.start(site, makePackage(site.vendor));
      await server.get({ kind: 'open' });
      await server.get({ kind: 'load', file: bundleFile(site) });
      const used = signNow(site);
      expect(await server.check(used)).toMatchObject({ ok: { kind: 'app' } });
      await server.get({ kind: 'close' });
      const before = await server.get({ kind: 'content' });
      expect(before).toHaveProperty('replay');
      await readOnly.spoil(server);
      expect(await server.tell({ kind: 'open' })).toMatchObject({ refused: 'state_unusable' });
      expect(await server.get({ kind: 'content' })).toEqual(before);
      await readOnly.mend(server);
      await server.get({ kind: 'open' });
      expect(await server.check(used)).toMatchObject({ refused: 'replayed' });
      expect(await server.check(signNow(site))).toMatchObject({ ok: { kind: 'app' } });

      // Without such a file it starts, and keeps none: what was signed before is refused.
      await readOnly.spoil(server);
      await server.get({ kind: 'open' });
      expect(await server.check(used)).toMatchObject({ refused: 'proof_before_start' });
      expect(await verdictBy(site, server)).toBe('app');
    });

    // What has to be on the disk before it is used is not used.
    test('makes the disk full, and deletes the floor, before a start', async () => {
      const { site, program } = loadedSite();
      rmSync(join(site.folder, 'floor.json'));
      await using server = await full.start(site, program);
      await full.spoil(server);
      const before = await server.get({ kind: 'content' });
      await server.get({ kind: 'open' });
      expect(await server.check(signNow(site))).toMatchObject({ refused: 'no_bundle' });
      expect(await server.get({ kind: 'status' })).toMatchObject({ lastRefusal: { code: 'state_unusable' } });
      expect(await server.get({ kind: 'content' })).toEqual(before);
      await full.mend(server);
      await server.get({ kind: 'open' });
      expect(await verdictBy(site, server)).toBe('app');
    });
  });
}
