import { expect, test } from 'vitest';
import { startClock } from '../../src/clock.ts';
import { readFloor, type Floor } from '../../src/floor.ts';
import { floorOfBoth } from '../../src/floor-of-both.ts';
import { timeOf, type Refused } from '../../src/formats.ts';
import { readState } from '../../src/state-folder.ts';
import { openStore, type Store } from '../../src/store.ts';
import { addForCustomer, anchorOf, approve, licenseCustom } from '../compose/vendor.ts';
import { makeSite, nextBundle, type Site } from './site.ts';

// Two processes over one folder, each under an origin of its own: what one of them may load is nothing to the other, but both write the
// same floor.

const origins = ['https://erp.customer.example', 'https://shop.customer.example'] as const;

/** Replaces the site's licence by one for these origins. */
function license({ vendor, customer, deployment }: Site, to: readonly string[]): void {
  const before = vendor.targets.findIndex(({ custom }) => custom.kind === 'licence');
  if (before >= 0) vendor.targets.splice(before, 1);
  const deployments = [{ id: deployment, origins: [...to] }];
  approve(vendor, [addForCustomer(vendor, licenseCustom(vendor, customer, deployment, { deployments }))]);
}

function openAt({ vendor, folder, deployment }: Site, origin: string): Store {
  const anchor = anchorOf({ ...vendor, roots: vendor.roots.slice(0, 1) });
  const memo = { recall: () => undefined, keep: () => undefined };
  return openStore({ anchor, folder, deployment, origin, clock: startClock(), memo, judgedAtOnce: 0 });
}

const floorIn = ({ folder }: Site): Floor => {
  const floor = readFloor(readState(folder, 'floor.json') ?? new Uint8Array());
  if (floor === null) throw new Error('There is no floor.');
  return floor;
};

test('A process whose origin is no longer licensed does not lower what the other has loaded, nor forget what it has revoked', () => {
  const site = makeSite();
  license(site, origins);
  const [one, other] = origins.map((origin) => openAt(site, origin)) as [Store, Store];
  one.load(nextBundle(site));
  other.lookForOthers();
  expect(other.current()?.versions.timestamp).toBe(1);
  const forBoth = nextBundle(site);

  license(site, [origins[0]]);
  const through = timeOf(site.vendor.now + 1);
  site.vendor.revocations.push({ subject: { kind: 'artifact', digest: site.entry.digest }, through });
  one.load(nextBundle(site));
  const before = floorIn(site);
  expect(before.revocations.size).toBe(1);

  let refused: unknown;
  try {
    other.load(forBoth);
  } catch (error) {
    refused = error;
  }
  expect((refused as Refused | undefined)?.code).toBe('rollback');
  expect(floorIn(site)).toEqual(before);

  // Licensed again, it goes on above that floor, with what was revoked meanwhile.
  site.vendor.revocations.splice(0);
  license(site, origins);
  other.load(nextBundle(site));
  expect(floorIn(site).revocations.size).toBe(1);
  expect(floorIn(site).roles.get('timestamp')?.version).toBe(4);
});

test('Of two floors, the one with the higher root speaks of the roles, and every revocation stays', () => {
  const role = (name: string, version: number) =>
    [name, { role: name, version, digest: String(version).padStart(64, '0'), keys: [] }] as const;
  const revocation = (digest: string) =>
    [
      `artifact ${digest}`,
      { subject: { kind: 'artifact', digest }, through: '2026-11-01T00:00:00Z' },
    ] as const;
  const floor = (
    signedAt: number,
    root: number,
    timestamp: number,
    registry: number,
    revoked: string,
  ): Floor => ({
    registry: 'ab'.repeat(32),
    since: 1,
    signedAt,
    roles: new Map([role('root', root), role('timestamp', timestamp), role('registry', registry)]),
    revocations: new Map([revocation(revoked)]),
  });
  const versions = ({ roles, signedAt }: Floor) => [
    ...['root', 'timestamp', 'registry'].map((name) => roles.get(name)?.version),
    signedAt,
  ];
  const [a, b] = [floor(10, 1, 9, 4, 'a'), floor(8, 1, 7, 5, 'b')];
  expect(versions(floorOfBoth(a, b))).toEqual([1, 9, 5, 10]);
  expect(versions(floorOfBoth(b, a))).toEqual([1, 9, 5, 10]);
  const rotated = floor(3, 2, 1, 1, 'c');
  expect(versions(floorOfBoth(a, rotated))).toEqual([2, 1, 1, 3]);
  expect(versions(floorOfBoth(rotated, a))).toEqual([2, 1, 1, 3]);
  for (const both of [floorOfBoth(a, rotated), floorOfBoth(rotated, a)])
    expect([...both.revocations.keys()].sort()).toEqual(['artifact a', 'artifact c']);
});
