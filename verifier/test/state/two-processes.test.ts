import { expect, test } from 'vitest';
import { startClock } from '../../src/clock.ts';
import { timeOf, type Refused } from '../../src/formats.ts';
import { openStore, type Store } from '../../src/store.ts';
import { readFloor } from '../../src/floor.ts';
import { readState } from '../../src/state-folder.ts';
import { anchorOf } from '../compose/vendor.ts';
import { makeSite, nextBundle, type Site } from './site.ts';

/** A store over the site's folder, as another process has it; `whileOpening` runs in the middle of each load. */
function openOver(site: Site, whileOpening: () => void = () => undefined): Store {
  const { vendor, folder, deployment, origin } = site;
  const anchor = anchorOf({ ...vendor, roots: vendor.roots.slice(0, 1) });
  const recall = (): undefined => {
    whileOpening();
    return undefined;
  };
  const memo = { recall, keep: () => undefined };
  return openStore({ anchor, folder, deployment, origin, clock: startClock(), memo, judgedAtOnce: 0 });
}

test('Of two processes that load at once, the one with the older bundle undoes nothing of the newer', () => {
  const site = makeSite();
  const older = nextBundle(site);
  const through = timeOf(site.vendor.now + 1);
  site.vendor.revocations.push({ subject: { kind: 'artifact', digest: site.entry.digest }, through });
  const newer = nextBundle(site);
  const fast = openOver(site);
  let loaded = false;
  const slow = openOver(site, () => {
    if (loaded) return;
    loaded = true;
    fast.load(newer);
  });

  let refused: unknown;
  try {
    slow.load(older);
  } catch (error) {
    refused = error;
  }
  expect((refused as Refused | undefined)?.code).toBe('rollback');
  const floor = readFloor(readState(site.folder, 'floor.json') ?? new Uint8Array());
  expect(floor?.revocations.size).toBe(1);
  expect(slow.current()?.versions.timestamp).toBe(2);
});
