import { afterEach, describe, expect, test, vi } from 'vitest';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { readFloor, timeOf, type Floor } from '../../src/formats.ts';
import { secondsOf } from '../../src/time.ts';
import { refusal } from '../compose/story.ts';
import { makeSigner } from '../compose/tuf-signer.ts';
import { bundleOf, day, publish, signRoot, type OnlineRole, type Tamper } from '../compose/vendor.ts';
import { contentOf, makeSite, nextBundle, standing, start, type Site } from './site.ts';

// Online keys that were stolen and replaced, over the state folder and through restarts: what a rotation drops, it drops once.

afterEach(() => {
  vi.useRealTimers();
});

function setClock(seconds: number): void {
  vi.useFakeTimers({ toFake: ['Date'], now: seconds * 1000 });
}

function floorOf({ folder }: Site): Floor {
  const floor = readFloor(readFileSync(join(folder, 'floor.json')));
  if (floor === null) throw new Error('no floor');
  return floor;
}

/** The holders of the offline keys replace online ones by a new root. */
function replaceKeys({ vendor }: Site, ...roles: OnlineRole[]): void {
  for (const role of roles) vendor.signers[role] = [makeSigner()];
  vendor.now += 1;
  signRoot(vendor);
}

/** Whoever holds the keys of timestamp and snapshot gives them the highest version that there is. */
const poison: Tamper = (role, signed) => {
  const version = Number.MAX_SAFE_INTEGER;
  if (role === 'timestamp') return { ...signed, version, meta: { 'snapshot.json': { version } } };
  return role === 'snapshot' ? { ...signed, version } : signed;
};

describe('A poisoned timestamp', () => {
  test('of version 2^53 − 1 stops a site until its key is replaced, and no longer', () => {
    const site = makeSite();
    const { vendor, customer } = site;
    const verifier = start(site);
    verifier.load(nextBundle(site));
    const honest = new Map(vendor.versions);
    vendor.now += 1;
    verifier.load(bundleOf(vendor, customer, publish(vendor, poison)));
    expect(verifier.status().allowlist?.versions.timestamp).toBe(Number.MAX_SAFE_INTEGER);
    // Nothing honest is newer than that: the site is stuck, at this start and at every other.
    vendor.versions = honest;
    const before = contentOf(site.folder)['floor.json'];
    refusal('rollback', () => verifier.load(nextBundle(site)));
    refusal('rollback', () => start(site).load(nextBundle(site)));
    expect(contentOf(site.folder)['floor.json']).toBe(before);
    // One of the two keys is not enough: the other's version stays.
    replaceKeys(site, 'timestamp');
    refusal('rollback', () => verifier.load(nextBundle(site)));
    replaceKeys(site, 'snapshot');
    expect(start(site).load(nextBundle(site)).versions.timestamp).toBeLessThan(100);
    expect(standing(start(site))).toBeNull();
  });

  test('of the year 2099 loads nowhere but where the clock says so, and stops no site for ever', () => {
    const site = makeSite();
    const { vendor } = site;
    const today = vendor.now;
    const verifier = start(site);
    verifier.load(nextBundle(site));
    const before = contentOf(site.folder);
    const far = secondsOf('2099-01-01T00:00:00Z');
    const honest = vendor.validity;
    vendor.validity = 400 * 365 * day;
    vendor.now = far;
    const poisoned = nextBundle(site);
    refusal('signed_in_future', () => verifier.load(poisoned));
    const { 'replay.owner': _owner, ...rest } = contentOf(site.folder);
    expect({ ...rest, 'replay.owner': before['replay.owner'] }).toEqual(before);

    // An owner with the thief's bundle, and a clock of that year: the root has ended by then.
    setClock(far + 10);
    refusal('metadata_expired', () => start(site).load(poisoned));
    // Where it has not, because it was signed for very long, the time is in the floor.
    vendor.now = today + 1;
    signRoot(vendor, [], (_, signed) => ({ ...signed, expires: '2199-01-01T00:00:00Z' }));
    vendor.now = far + 1;
    setClock(far + 10);
    start(site).load(nextBundle(site));
    expect(standing(start(site))).toBe('license_expired');
    setClock(today + 10);
    expect(standing(start(site))).toBe('clock_behind');
    vendor.now = today + 2;
    vendor.validity = honest;
    // By the time that was signed, all that is honest has expired long ago.
    refusal('metadata_expired', () => start(site).load(nextBundle(site)));
    // A new root lets signed time begin anew, at its own.
    replaceKeys(site, 'timestamp');
    setClock(vendor.now + 2);
    const recovered = start(site);
    recovered.load(nextBundle(site));
    expect(standing(recovered)).toBeNull();
    expect(timeOf(floorOf(site).signedAt)).toBe(timeOf(vendor.now));
    expect(standing(start(site))).toBeNull();
    setClock(vendor.now + 10);
    refusal('rollback', () => start(site).load(poisoned));
  });
});

describe('A rotation of long ago, which every start replays', () => {
  test('drops nothing of what was loaded since', () => {
    const site = makeSite();
    const { vendor, customer } = site;
    start(site).load(nextBundle(site));
    replaceKeys(site, 'timestamp', 'snapshot');
    start(site).load(nextBundle(site));
    // An honest bundle of the new keys, and then some newer ones.
    const old = nextBundle(site);
    const oldVersions = new Map(vendor.versions);
    for (let i = 0; i < 3; i += 1) start(site).load(nextBundle(site));
    const floor = floorOf(site);
    for (let starts = 0; starts < 3; starts += 1) {
      const verifier = start(site);
      refusal('rollback', () => verifier.load(old));
      expect(floorOf(site)).toEqual(floor);
    }
    // Nor with a signed time from before, under versions that are higher.
    const present = vendor.now;
    vendor.now = present - 3;
    refusal('rollback', () => start(site).load(bundleOf(vendor, customer, publish(vendor))));
    vendor.now = present;
    // Nor with other bytes under versions that were loaded.
    vendor.versions = oldVersions;
    vendor.now += 5;
    const same = new Map([...floor.roles].map(([role, { version }]) => [role, version - 1]));
    vendor.versions = same;
    refusal('equivocation', () => start(site).load(bundleOf(vendor, customer, publish(vendor))));
    expect(floorOf(site)).toEqual(floor);
    vendor.versions = new Map([...floor.roles].map(([role, { version }]) => [role, version]));
    expect(start(site).load(nextBundle(site)).freshness).toBe('fresh');
  });

  test('drops nothing of registry’s and those below it, and nothing that was revoked', () => {
    const site = makeSite();
    const { vendor, entry, customer } = site;
    start(site).load(nextBundle(site));
    vendor.now += 1;
    vendor.revocations = [
      { subject: { kind: 'artifact', digest: entry.digest }, through: timeOf(vendor.now) },
    ];
    start(site).load(nextBundle(site));
    replaceKeys(site, 'registry', 'timestamp', 'snapshot');
    vendor.revocations = [];
    start(site).load(nextBundle(site));
    expect(floorOf(site).revocations.size).toBe(1);
    for (let i = 0; i < 2; i += 1) start(site).load(nextBundle(site));
    const floor = floorOf(site);
    for (const role of ['registry', entry.role, customer]) {
      const older: Tamper = (name, signed) => {
        if (name === role) return { ...signed, version: 1 };
        if (name !== 'snapshot') return signed;
        return { ...signed, meta: { ...(signed.meta as object), [`${role}.json`]: { version: 1 } } };
      };
      vendor.now += 1;
      refusal('rollback', () => start(site).load(bundleOf(vendor, customer, publish(vendor, older))));
      expect(floorOf(site)).toEqual(floor);
    }
  });
});
