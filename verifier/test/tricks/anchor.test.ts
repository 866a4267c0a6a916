import { createHash } from 'node:crypto';
import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { timeOf } from '../../src/formats.ts';
import type { ReasonCode } from '../../src/reasons.ts';
import { anchorOf, createVendor, day } from '../compose/vendor.ts';
import { contentOf, makeSite, nextBundle, start, type Site } from '../state/site.ts';
import { makePackage } from '../state/vendor-package.ts';
import { bundleFile, signNow, verdictBy } from './honest.ts';
import { startProcess, type ServerProcess } from './start-process.ts';

/** A site with its vendor's package, which has loaded one bundle, and runs no more. */
function installedSite(): { site: Site; program: string } {
  const site = makeSite();
  start(site).load(nextBundle(site));
  return { site, program: makePackage(site.vendor) };
}

async function open(site: Site, program: string): Promise<ServerProcess> {
  const server = await startProcess(site, program);
  await server.get({ kind: 'open' });
  return server;
}

/** What a start leaves as it was: everything but the mark of who opened the folder last. */
function kept({ folder }: Site): Record<string, string> {
  return Object.fromEntries(Object.entries(contentOf(folder)).filter(([name]) => name !== 'replay.owner'));
}

/** Everybody is refused with this code, every bundle too, and nothing moves. */
async function expectRefusesAll(code: ReasonCode, site: Site, program: string): Promise<void> {
  const before = kept(site);
  await using server = await open(site, program);
  expect(await server.check(signNow(site))).toMatchObject({ refused: code });
  const file = bundleFile(site);
  expect(await server.tell({ kind: 'load', file })).toMatchObject({ refused: code });
  expect(await server.get({ kind: 'status' })).toMatchObject({ problem: { code }, allowlist: null });
  expect(kept(site)).toEqual(before);
}

/** The vendor's own package goes on, with what it had and with what is new. */
async function expectHonestGoesOn(site: Site): Promise<void> {
  await using honest = await open(site, makePackage(site.vendor));
  expect(await verdictBy(site, honest)).toBe('app');
  await honest.get({ kind: 'load', file: bundleFile(site) });
  expect(await verdictBy(site, honest)).toBe('app');
}

describe('The owner', () => {
  test('swaps the anchor file for that of another registry', async () => {
    const { site, program } = installedSite();
    const other = createVendor({ now: site.vendor.now });
    writeFileSync(
      join(program, 'anchor.json'),
      JSON.stringify({ type: 'appwarrant/anchor/1', anchor: anchorOf(other) }),
    );
    await expectRefusesAll('state_other_registry', site, program);
    await expectHonestGoesOn(site);
  });

  test('installs the package of another registry', async () => {
    const { site } = installedSite();
    await expectRefusesAll('state_other_registry', site, makePackage(makeSite().vendor));
    await expectHonestGoesOn(site);
  });

  test('installs the package of the vendor’s development registry', async () => {
    const { site } = installedSite();
    const { people, rpId, origins } = site.vendor;
    const trial = createVendor({ environment: 'development', people, rpId, origins, now: site.vendor.now });
    await expectRefusesAll('state_other_registry', site, makePackage(trial));
    await expectHonestGoesOn(site);
  });

  test('damages the anchor file', async () => {
    const { site, program } = installedSite();
    const file = join(program, 'anchor.json');
    const whole = readFileSync(file, 'utf8');
    const damaged: readonly (readonly [ReasonCode, string])[] = [
      ['anchor_malformed', ''],
      ['anchor_malformed', 'trust me'],
      ['anchor_malformed', whole.slice(0, -20)],
      ['anchor_malformed', whole.replace('"anchor":', '"anchor":null,"anchor":')],
      ['anchor_malformed', whole.replace('"production"', '"anything"')],
      ['anchor_malformed', `${whole}${' '.repeat(1024 * 1024)}`],
      ['no_trust_anchor', JSON.stringify({ type: 'appwarrant/anchor/1', anchor: null })],
    ];
    for (const [code, text] of damaged) {
      writeFileSync(file, text);
      await expectRefusesAll(code, site, program);
    }
    rmSync(file);
    await expectRefusesAll('anchor_malformed', site, program);
    await expectHonestGoesOn(site);
  });

  test('edits the anchor file', async () => {
    // That is to rewrite the package. What is held here still counts; what is seen of it is that the file is no longer the vendor's.
    const site = makeSite();
    const { vendor } = site;
    const old = nextBundle(site);
    vendor.now += 1;
    start(site).load(nextBundle(site));
    const before = kept(site);
    const lowered = makePackage(vendor);
    const file = join(lowered, 'anchor.json');
    const digestOf = (path: string) => createHash('sha256').update(readFileSync(path)).digest('hex');
    const withMinimum = (signedAt: number) =>
      JSON.stringify({
        type: 'appwarrant/anchor/1',
        anchor: anchorOf(
          { ...vendor, roots: vendor.roots.slice(0, 1) },
          { minimum: { targets: 1, signedAt: timeOf(signedAt) } },
        ),
      });
    const genuine = makePackage(vendor);
    writeFileSync(join(genuine, 'anchor.json'), withMinimum(vendor.now));
    writeFileSync(file, withMinimum(vendor.now - 1000 * day));
    expect(digestOf(file)).not.toBe(digestOf(join(genuine, 'anchor.json')));
    {
      await using server = await open(site, lowered);
      expect(await server.tell({ kind: 'load', file: bundleFile(site, old) })).toMatchObject({
        refused: 'rollback',
      });
      expect(kept(site)).toEqual(before);
      expect(await verdictBy(site, server)).toBe('app');
    }
    // With the floor deleted as well, a lower minimum lets a bundle in that is still fresh; the vendor's file does not.
    for (const name of ['floor.json', 'bundle']) rmSync(join(site.folder, name));
    {
      await using server = await open(site, genuine);
      const opened = kept(site);
      expect(await server.tell({ kind: 'load', file: bundleFile(site, old) })).toMatchObject({
        refused: 'below_anchor_minimum',
      });
      expect(await server.check(signNow(site))).toMatchObject({ refused: 'no_bundle' });
      expect(kept(site)).toEqual(opened);
    }
    {
      await using server = await open(site, lowered);
      await server.get({ kind: 'load', file: bundleFile(site, old) });
      expect(await verdictBy(site, server)).toBe('app');
    }
    await using server = await open(site, genuine);
    expect(await server.check(signNow(site))).toMatchObject({
      refused: 'no_bundle',
      members: { because: 'below_anchor_minimum' },
    });
    await server.get({ kind: 'load', file: bundleFile(site) });
    expect(await verdictBy(site, server)).toBe('app');
  });

  test('installs an older package of the vendor’s', async () => {
    const site = makeSite();
    const older = makePackage(site.vendor);
    const old = nextBundle(site);
    start(site).load(nextBundle(site));
    const before = kept(site);
    await using server = await open(site, older);
    expect(await server.tell({ kind: 'load', file: bundleFile(site, old) })).toMatchObject({
      refused: 'rollback',
    });
    expect(kept(site)).toEqual(before);
    await server.get({ kind: 'load', file: bundleFile(site) });
    expect(await verdictBy(site, server)).toBe('app');
  });
});
