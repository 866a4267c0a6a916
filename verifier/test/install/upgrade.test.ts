import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, describe, expect, test, vi } from 'vitest';
import { canonical, timeOf } from '../../src/formats.ts';
import { sha256Hex } from '../../src/digest.ts';
import type { JsonObject } from '../../src/json.ts';
import { openVerifierFor } from '../../src/open-verifier.ts';
import { refusal } from '../compose/story.ts';
import { makeSigner } from '../compose/tuf-signer.ts';
import {
  addEntry,
  addForCustomer,
  anchorOf,
  approve,
  bundleOf,
  day,
  entryCustom,
  licenseCustom,
  makeAppKey,
  publish,
  signRoot,
} from '../compose/vendor.ts';
import { contentOf, makeSite, nextBundle, revokeBuild, standing, start, type Site } from '../state/site.ts';
import { makePackage, runProgram } from '../state/vendor-package.ts';
import { bundleFile, signNow, verdict } from '../tricks/honest.ts';
import { startProcess } from '../tricks/start-process.ts';

// What docs/operating/upgrade.md promises: a package of another version over the same state folder.

afterEach(() => {
  vi.useRealTimers();
});

/** A site that has loaded two bundles, and runs no more. */
function loadedSite(): Site {
  const site = makeSite();
  const verifier = start(site);
  verifier.load(nextBundle(site));
  verifier.load(nextBundle(site));
  verifier.close();
  return site;
}

/** The folder without the mark that each start leaves. */
function kept({ folder }: Site): Record<string, string> {
  return Object.fromEntries(Object.entries(contentOf(folder)).filter(([name]) => name !== 'replay.owner'));
}

function changeFloor({ folder }: Site, more: JsonObject): void {
  const file = join(folder, 'floor.json');
  const { check: _check, ...floor } = JSON.parse(readFileSync(file, 'utf8')) as JsonObject;
  const changed = { ...floor, ...more };
  writeFileSync(file, canonical({ ...changed, check: sha256Hex(canonical(changed)) }));
}

/** A package of the vendor's with another version, as the portal counts them. */
function packageOf({ vendor }: Site, version: string): string {
  const folder = makePackage(vendor);
  const file = join(folder, 'package.json');
  const manifest = JSON.parse(readFileSync(file, 'utf8')) as object;
  writeFileSync(file, JSON.stringify({ ...manifest, version }));
  return folder;
}

describe('An upgrade, and the way back,', () => {
  test('go on with what is loaded, and with the nonces that were used', async () => {
    const site = makeSite();
    const file = bundleFile(site);
    const captured = signNow(site);
    for (const [at, version] of ['1.0.0', '1.0.1', '1.1.0', '1.0.0'].entries()) {
      await using server = await startProcess(site, packageOf(site, version));
      await server.get({ kind: 'open' });
      if (at === 0) await server.get({ kind: 'load', file });
      expect(await server.get({ kind: 'status' })).toMatchObject({ version, problem: null });
      // The first that was asked admits it; all after it know, and none asks an app to sign a challenge.
      const first = at === 0 ? { ok: { kind: 'app' } } : { refused: 'replayed' };
      expect(await server.check(captured)).toMatchObject(first);
      expect(await server.check(signNow(site))).toMatchObject({ ok: { kind: 'app' } });
      await server.get({ kind: 'close' });
    }
  });

  test('to a package with a later minimum need a bundle that is as new: the one before it no longer counts', () => {
    const site = loadedSite();
    const { vendor, folder, origin } = site;
    const stored = timeOf(vendor.now);
    vendor.now += 1;
    const minimum = { targets: 1, signedAt: timeOf(vendor.now) };
    const later = anchorOf({ ...vendor, roots: vendor.roots.slice(0, 1) }, { minimum });
    const options = { stateDir: folder, origin, log: () => undefined };
    const upgraded = openVerifierFor(later, options);
    expect(standing(upgraded)).toBe('no_bundle');
    refusal('no_bundle', () => upgraded.check(signNow(site)));
    expect(upgraded.status().lastRefusal?.code).toBe('below_anchor_minimum');
    upgraded.close();
    // Nothing was lost: the package before it goes on with it.
    const back = start(site);
    expect(back.status().allowlist?.signedAt).toBe(stored);
    // Loaded before the upgrade, the newest bundle is there after it.
    back.load(nextBundle(site));
    back.close();
    expect(verdict(site, openVerifierFor(later, options))).toBe('app');
  });
});

describe('An older package over the state of a later one', () => {
  test('refuses everything where the floor has a format that it does not read, and writes nothing over it', () => {
    const site = loadedSite();
    revokeBuild(site);
    start(site).load(nextBundle(site));
    const whole = contentOf(site.folder)['floor.json'] ?? '';
    changeFloor(site, { type: 'appwarrant/floor/2', more: [1] });
    const before = kept(site);
    const older = start(site);
    expect(standing(older)).toBe('state_newer');
    site.vendor.revocations = [];
    refusal('state_newer', () => older.load(nextBundle(site)));
    expect(kept(site)).toEqual(before);
    const doctor = runProgram(makePackage(site.vendor), ['doctor', '--state', site.folder]);
    expect(doctor).toMatchObject({ status: 1 });
    expect(doctor.stdout).toMatch(/NOW {3}floor {6}.*appwarrant\/floor\/2/);
    // The later package is installed again, and knows what it knew. Here: this one, with the floor as it was.
    writeFileSync(join(site.folder, 'floor.json'), Buffer.from(whole, 'base64'));
    expect(verdict(site, start(site))).toBe('revoked');
  });

  test('that still runs when a later one has begun writes nothing over its floor', () => {
    const site = loadedSite();
    const running = start(site);
    changeFloor(site, { type: 'appwarrant/floor/2' });
    const before = kept(site);
    refusal('state_newer', () => running.load(nextBundle(site)));
    expect(kept(site)).toEqual(before);
    // What it had it goes on with, until it ends.
    expect(verdict(site, running)).toBe('app');
  });

  test('takes a floor with a member that it does not know for no floor: none is ever added under one type', () => {
    const site = loadedSite();
    changeFloor(site, { more: 1 });
    const older = start(site);
    expect(older.status().allowlist?.floorSince).toBe(timeOf(site.vendor.now));
    expect(verdict(site, older)).toBe('app');
  });

  test('has no bundle where the stored one has a format that it does not read, and keeps its floor', () => {
    const site = loadedSite();
    const older = nextBundle(site);
    start(site).load(nextBundle(site));
    const floor = contentOf(site.folder)['floor.json'];
    writeFileSync(join(site.folder, 'bundle'), 'AppWarrant bundle 2\nand whatever comes then');
    const verifier = start(site);
    expect(standing(verifier)).toBe('no_bundle');
    expect(contentOf(site.folder)['floor.json']).toBe(floor);
    refusal('rollback', () => verifier.load(older));
    verifier.load(nextBundle(site));
    expect(verdict(site, verifier)).toBe('app');
  });

  test('starts with no nonces where they are kept in a format that it does not read', () => {
    const site = loadedSite();
    writeFileSync(join(site.folder, 'replay'), 'AppWarrant replay 2\nand whatever comes then');
    const verifier = start(site);
    refusal('proof_before_start', () => verifier.check(signNow(site)));
    expect(verdict(site, verifier)).toBe('app');
  });
});

describe('A bundle of a later portal', () => {
  test('may say more in its metadata: what is not known there is signed, and ignored', () => {
    const site = loadedSite();
    const { vendor, customer } = site;
    vendor.now += 1;
    const later = publish(vendor, (_, signed) => ({ ...signed, 'x-later': { more: true } }));
    const verifier = start(site);
    verifier.load(bundleOf(vendor, customer, later));
    expect(verdict(site, verifier)).toBe('app');
  });

  test('may not say more in a statement: that one is refused alone, and a licence with the whole bundle', () => {
    const site = loadedSite();
    const { vendor, customer, deployment, origin } = site;
    const verifier = start(site);
    const key = makeAppKey();
    const custom = entryCustom(vendor, key);
    const entry = addEntry(vendor, custom);
    approve(vendor, [entry]);
    Object.assign(custom, { later: true });
    verifier.load(nextBundle(site));
    expect(verifier.status().allowlist?.refused).toMatchObject([{ code: 'statement_malformed' }]);
    expect(verdict(site, verifier)).toBe('app');
    expect(verdict({ ...site, key }, verifier)).toBe('app_not_approved');

    vendor.targets = vendor.targets.filter(({ custom: { kind } }) => kind !== 'licence');
    const deployments = [{ id: deployment, origins: [origin] }];
    const license = licenseCustom(vendor, customer, deployment, { deployments });
    approve(vendor, [addForCustomer(vendor, license)]);
    Object.assign(license, { later: true });
    const before = kept(site);
    expect(() => verifier.load(nextBundle(site))).toThrow(
      expect.objectContaining({ code: 'license_not_approved' }),
    );
    expect(kept(site)).toEqual(before);
  });
});

describe('A site that was off for a year', () => {
  test('goes on with the package it has, though all keys were replaced three times meanwhile', () => {
    const site = loadedSite();
    const { vendor } = site;
    const anchor = anchorOf({ ...vendor, roots: vendor.roots.slice(0, 1) });
    for (let months = 4; months <= 12; months += 4) {
      vendor.now += 122 * day;
      const old = vendor.signers.root;
      for (const role of ['root', 'targets', 'timestamp', 'snapshot', 'registry', 'leaf'] as const)
        vendor.signers[role] = vendor.signers[role].map(() => makeSigner());
      // Those before the newest may have expired: it alone is asked.
      signRoot(vendor, old, (_, signed) =>
        months < 12 ? { ...signed, expires: timeOf(vendor.now + day) } : signed,
      );
    }
    const key = makeAppKey();
    approve(vendor, [addEntry(vendor, entryCustom(vendor, key))]);
    vi.useFakeTimers({ toFake: ['Date'], now: (vendor.now + 5) * 1000 });
    const options = { stateDir: site.folder, origin: site.origin, log: () => undefined };
    const verifier = openVerifierFor(anchor, options);
    expect(standing(verifier)).toBe('allowlist_expired');
    expect(verifier.load(nextBundle(site)).versions.root).toBe(4);
    expect(verdict({ ...site, key }, verifier)).toBe('app');
    // The app's own entry has ended by then: whoever was off for a year needs what was approved since.
    expect(verdict(site, verifier)).toBe('entry_expired');
  });
});
