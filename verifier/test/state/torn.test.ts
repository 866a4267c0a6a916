import { readFileSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, describe, expect, test, vi } from 'vitest';
import { readBundle } from '../../src/bundle.ts';
import { startClock } from '../../src/clock.ts';
import { readDeployment } from '../../src/deployment-id.ts';
import { readFloor, timeOf, type Refused } from '../../src/formats.ts';
import { inTurn } from '../../src/folder-lock.ts';
import { restoreReplayTable } from '../../src/http/replay.ts';
import { stateFiles } from '../../src/state-folder.ts';
import { openStore, type Store } from '../../src/store.ts';
import { rememberSigners } from '../../src/signers-memo.ts';
import { refusal } from '../compose/story.ts';
import { anchorOf, day } from '../compose/vendor.ts';
import { contentOf, makeSite, nextBundle, standing, start, type Site } from './site.ts';

// Every file of the state folder cut at every byte, and emptied: whatever is left of it counts as nothing, or says what the whole file says,
// and nothing is admitted for it. Bundles, floor and nonces have thousands of bytes, and opening a folder verifies signatures: these three are
// read at every byte, as the folder reads them, and the folder is opened over some of the lengths, the empty file among them.

afterEach(() => {
  vi.useRealTimers();
});

const memo = rememberSigners();

function storeOver({ vendor, folder, deployment, origin }: Site): Store {
  const anchor = anchorOf({ ...vendor, roots: vendor.roots.slice(0, 1) });
  return openStore({ anchor, folder, deployment, origin, clock: startClock(), memo, judgedAtOnce: 0 });
}

/** A site that was used and closed: all its files are there but a bundle that was being loaded. */
function usedSite(): Site {
  const site = makeSite();
  const verifier = start(site);
  verifier.load(nextBundle(site));
  verifier.close();
  return site;
}

function bytesOf({ folder }: Site, file: string): Uint8Array {
  return readFileSync(join(folder, file));
}

describe('Cut at any byte', () => {
  test('the bundle is none, and its floor stays what it was', () => {
    const site = usedSite();
    const whole = bytesOf(site, 'bundle');
    const { bundle: _bundle, ...before } = contentOf(site.folder);
    for (let length = 0; length < whole.length; length += 1)
      refusal('bundle_malformed', () => readBundle(whole.subarray(0, length)));
    for (const length of [0, 1, ...Array.from({ length: 200 }, (_, i) => whole.length - 1 - i * 31)]) {
      if (length < 0) break;
      writeFileSync(join(site.folder, 'bundle'), whole.subarray(0, length));
      const store = storeOver(site);
      expect(store.current(), `${length}`).toBeNull();
      expect(store.lastRefusal()?.code, `${length}`).toBe('bundle_malformed');
    }
    const { bundle: _torn, ...after } = contentOf(site.folder);
    expect(after).toEqual(before);
    const verifier = start(site);
    expect(standing(verifier)).toBe('no_bundle');
    verifier.load(whole);
    expect(standing(verifier)).toBeNull();
  }, 180_000);

  test('a bundle that was being loaded is none, and the one before it goes on', () => {
    const site = usedSite();
    const next = nextBundle(site);
    const before = contentOf(site.folder);
    for (let length = 0; length < next.length; length += 1)
      refusal('bundle_malformed', () => readBundle(next.subarray(0, length)));
    for (let length = 0; length < next.length; length += 37) {
      writeFileSync(join(site.folder, 'bundle.incoming'), next.subarray(0, length));
      expect(storeOver(site).current()?.versions.timestamp, `${length}`).toBe(1);
      expect(contentOf(site.folder)).toEqual(before);
    }
    writeFileSync(join(site.folder, 'bundle.incoming'), next);
    expect(storeOver(site).current()?.versions.timestamp).toBe(2);
  }, 180_000);

  test('the floor is none: only what is fresh loads', () => {
    const site = usedSite();
    const whole = bytesOf(site, 'floor.json');
    for (let length = 0; length < whole.length; length += 1)
      expect(readFloor(whole.subarray(0, length)), `${length}`).toBeNull();
    vi.useFakeTimers({ toFake: ['Date'], now: (site.vendor.now + 31 * day) * 1000 });
    for (let length = 0; length < whole.length; length += 101) {
      writeFileSync(join(site.folder, 'floor.json'), whole.subarray(0, length));
      const before = contentOf(site.folder);
      const store = storeOver(site);
      expect(store.current(), `${length}`).toBeNull();
      expect(store.lastRefusal()?.code, `${length}`).toBe('floor_missing');
      expect(contentOf(site.folder)).toEqual(before);
    }
    // Whole, it lets the stored bundle go on while it is stale.
    writeFileSync(join(site.folder, 'floor.json'), whole);
    expect(storeOver(site).current()?.versions.timestamp).toBe(1);
  });

  test('the nonces are none: what was signed before the start is refused', () => {
    const site = usedSite();
    const whole = bytesOf(site, 'replay');
    for (let length = 0; length < whole.length; length += 1)
      expect(restoreReplayTable(whole.subarray(0, length)), `${length}`).toBeUndefined();
    for (const length of [0, 1, whole.length - 1]) {
      writeFileSync(join(site.folder, 'replay'), whole.subarray(0, length));
      start(site).close();
      // It did not know all nonces, so it has left none.
      expect(contentOf(site.folder)).not.toHaveProperty('replay');
    }
    writeFileSync(join(site.folder, 'replay'), whole);
    start(site).close();
    expect(contentOf(site.folder)).toHaveProperty('replay');
  });

  test('the mark of who opened the folder last is nobody’s: no nonces are handed on', () => {
    const site = usedSite();
    const nonces = bytesOf(site, 'replay');
    /** Whether a verifier hands nonces on when its mark is cut to this length while it runs. */
    const handsOn = (length: number): boolean => {
      writeFileSync(join(site.folder, 'replay'), nonces);
      const verifier = start(site);
      const whole = bytesOf(site, 'replay.owner');
      writeFileSync(join(site.folder, 'replay.owner'), whole.subarray(0, length));
      verifier.close();
      return 'replay' in contentOf(site.folder);
    };
    const { length } = bytesOf(site, 'replay.owner');
    for (let cut = 0; cut < length; cut += 1) expect(handsOn(cut), `${cut}`).toBe(false);
    expect(handsOn(length)).toBe(true);
    rmSync(join(site.folder, 'replay.owner'));
    expect(standing(start(site))).toBeNull();
  });

  test('the mark that two processes shared the folder says when that was, as before', () => {
    const site = usedSite();
    // It says what the other mark says; what counts is when it was written.
    const whole = bytesOf(site, 'replay.owner');
    const file = join(site.folder, 'replay.shared');
    for (let length = 0; length <= whole.length; length += 1) {
      writeFileSync(file, whole.subarray(0, length));
      utimesSync(file, site.vendor.now, site.vendor.now);
      const store = storeOver(site);
      expect(store.sharedAt(), `${length}`).toBe(timeOf(site.vendor.now));
      expect(store.current()?.versions.timestamp, `${length}`).toBe(1);
    }
    expect(standing(start(site))).toBeNull();
  });

  test('the lock is nobody’s, once it is older than anybody holds it', () => {
    const site = usedSite();
    const { loading: _none, ...before } = contentOf(site.folder);
    const file = join(site.folder, 'loading');
    const old = Date.now() / 1000 - 60;
    let whole = Buffer.alloc(0);
    inTurn(site.folder, () => void (whole = readFileSync(file)));
    expect(whole.length).toBeGreaterThan(0);
    for (let length = 0; length <= whole.length; length += 1) {
      writeFileSync(file, whole.subarray(0, length));
      utimesSync(file, old, old);
      expect(storeOver(site).current()?.versions.timestamp, `${length}`).toBe(1);
      expect(contentOf(site.folder), `${length}`).toEqual(before);
    }
  });

  test('no file is left out', () => {
    expect(Object.values(stateFiles).toSorted()).toEqual([
      'bundle',
      'bundle.incoming',
      'deployment-key.pem',
      'floor.json',
      'loading',
      'replay',
      'replay.owner',
      'replay.shared',
    ]);
  });

  test('the deployment key is none, or the same', () => {
    const site = usedSite();
    const whole = bytesOf(site, 'deployment-key.pem');
    let same = 0;
    for (let length = 0; length < whole.length; length += 1) {
      writeFileSync(join(site.folder, 'deployment-key.pem'), whole.subarray(0, length));
      try {
        expect(readDeployment(site.folder), `${length}`).toBe(site.deployment);
        same += 1;
      } catch (error) {
        expect((error as Refused).code, `${length}`).toBe('deployment_key_malformed');
      }
    }
    // Nothing but the last line end can be missed.
    expect(same).toBeLessThanOrEqual(1);
    writeFileSync(join(site.folder, 'deployment-key.pem'), '');
    const verifier = start(site);
    expect(standing(verifier)).toBe('deployment_key_malformed');
    refusal('deployment_key_malformed', () => verifier.load(nextBundle(site)));
    writeFileSync(join(site.folder, 'deployment-key.pem'), whole);
    expect(standing(start(site))).toBeNull();
  });
});
