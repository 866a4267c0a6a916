import { chownSync, mkdirSync, renameSync, rmdirSync, statSync, utimesSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { lookAtSite } from '../../src/cli/doctor/site.ts';
import { ofStored } from '../../src/cli/doctor/of-stored.ts';
import { createMetrics } from '../../src/metrics.ts';
import { openVerifierFor, type Verifier, type VerifierOptions } from '../../src/open-verifier.ts';
import { stateFiles } from '../../src/state-folder.ts';
import { anchorOf } from '../compose/vendor.ts';
import { signRequest } from '../http/sign.ts';
import { makeSite, nextBundle, type Site } from './site.ts';

// Two processes over one state folder are two verifiers of this one: what they know of each other lies on the disk.

const start = 1_000_000;
let moment = start;
beforeEach(() => {
  moment = start;
  vi.spyOn(performance, 'now').mockImplementation(() => moment);
});
afterEach(() => vi.restoreAllMocks());

const passSeconds = (seconds: number): void => void (moment += seconds * 1000);

/** A verifier over the site's folder, with what it logs after its first line. */
function open(site: Site, options: Partial<VerifierOptions> = {}): { verifier: Verifier; told: string[] } {
  const told: string[] = [];
  const anchor = anchorOf({ ...site.vendor, roots: site.vendor.roots.slice(0, 1) });
  const log = (line: string): void => void told.push(line);
  const verifier = openVerifierFor(anchor, { stateDir: site.folder, origin: site.origin, log, ...options });
  told.length = 0;
  return { verifier, told };
}

function ask({ verifier }: { verifier: Verifier }, { key, origin, deployment }: Site): void {
  // Whether it is admitted or comes too soon after the start: it was decided here.
  try {
    verifier.check(signRequest({ key, origin, deployment, created: Math.floor(Date.now() / 1000) }));
  } catch {
    // Refused, then.
  }
}

/** A first process that admits, and a second one that opens the folder beside it. */
function overlapping(options: Partial<VerifierOptions> = {}) {
  const site = makeSite();
  const first = open(site);
  first.verifier.load(nextBundle(site));
  ask(first, site);
  passSeconds(10);
  const second = open(site, options);
  const both = (): void => {
    ask(first, site);
    ask(second, site);
  };
  both();
  return { site, first, second, both };
}

describe('Two processes that check over one state folder and share no nonces', () => {
  test('are told of by the one that opened it first, once they have both gone on for two minutes', () => {
    const { first, second, both } = overlapping();
    passSeconds(100);
    both();
    passSeconds(19);
    both();
    expect([...first.told, ...second.told]).toEqual([]);
    passSeconds(3);
    both();
    expect(first.told).toHaveLength(1);
    expect(first.told[0]).toMatch(/Another process has opened .+ each admits a captured request once\./);
    expect(second.told).toEqual([]);
  });

  test('are told of once in ten minutes, while they go on', () => {
    const { first, both } = overlapping();
    for (let minute = 0; minute < 30; minute += 1) {
      passSeconds(60);
      both();
    }
    expect(first.told).toHaveLength(3);
  });

  test('are told of by the status and the metrics of both, and by doctor, for a day', () => {
    const { site, first, second, both } = overlapping();
    const shared = (): (number | undefined)[] =>
      [first, second].map(({ verifier }) => {
        const text = createMetrics(() => verifier.status()).text();
        return Number(/^appwarrant_state_folder_shared (\d)$/m.exec(text)?.[1]);
      });
    const level = (): string | undefined =>
      ofStored(lookAtSite(site.folder, site.origin)).find(({ id }) => id === 'processes')?.level;
    expect(first.verifier.status().sharedAt).toBeNull();
    expect(shared()).toEqual([0, 0]);
    for (const seconds of [3, 121]) {
      passSeconds(seconds);
      both();
    }
    for (const { verifier } of [first, second])
      expect(Date.parse(verifier.status().sharedAt ?? '')).toBeGreaterThan(Date.now() - 60_000);
    expect(shared()).toEqual([1, 1]);
    expect(level()).toBe('soon');

    const yesterday = Date.now() / 1000 - 86_500;
    utimesSync(join(site.folder, 'replay.shared'), yesterday, yesterday);
    expect(first.verifier.status().sharedAt).toBeNull();
    expect(level()).toBe('ok');
  });
});

describe('Nobody is told of', () => {
  test('a restart in which the old process stops deciding within two minutes, though its status is asked for', () => {
    const { site, first, second } = overlapping();
    passSeconds(60);
    ask(first, site);
    for (let minute = 0; minute < 10; minute += 1) {
      passSeconds(60);
      ask(second, site);
      first.verifier.status();
    }
    expect([...first.told, ...second.told]).toEqual([]);
    expect(second.verifier.status().sharedAt).toBeNull();
  });

  test('two origins of one deployment: no proof is for both', () => {
    const { first, second, both } = overlapping({ origin: 'https://other.customer.example' });
    for (const seconds of [3, 121, 700]) {
      passSeconds(seconds);
      both();
    }
    expect([...first.told, ...second.told]).toEqual([]);
  });

  test('a process that shares its nonces', () => {
    const site = makeSite();
    const sharing = () => open(site, { replayStore: { claim: () => Promise.resolve('first' as const) } });
    const [first, second] = [sharing(), sharing()];
    first.verifier.load(nextBundle(site));
    for (const seconds of [3, 121, 700]) {
      passSeconds(seconds);
      ask(first, site);
      ask(second, site);
    }
    expect([...first.told, ...second.told]).toEqual([]);
  });
});

describe('A log that throws keeps nobody from deciding', () => {
  const failing = () => {
    let isOpen = false;
    const log = (): void => {
      if (isOpen) throw new Error('The disk of the log is full.');
      isOpen = true;
    };
    return log;
  };
  const signed = ({ key, origin, deployment }: Site) => {
    // The verifier's clock is never behind what has passed since the bundle.
    const passed = (moment - start) / 1000;
    return signRequest({ key, origin, deployment, created: Math.floor(Date.now() / 1000) + passed });
  };

  test('where two processes are to be told of', () => {
    const site = makeSite();
    const first = open(site, { log: failing() });
    first.verifier.load(nextBundle(site));
    open(site);
    for (const seconds of [3, 121]) {
      passSeconds(seconds);
      expect(first.verifier.check(signed(site)).kind).toBe('app');
    }
    expect(first.verifier.status().sharedAt).not.toBeNull();
  });

  test('where the store of nonces fails', async () => {
    const site = makeSite();
    const replayStore = { claim: () => Promise.reject<'first'>(new Error('down')) };
    const { verifier } = open(site, { log: failing(), replayStore });
    verifier.load(nextBundle(site));
    await expect(verifier.checkAsync(signed(site))).rejects.toMatchObject({
      code: 'replay_store_unavailable',
    });
  });
});

describe('What another process has loaded, and this one cannot read,', () => {
  const bundleOf = ({ folder }: Site): string => join(folder, stateFiles.bundle);
  const number = ({ verifier }: { verifier: Verifier }) => verifier.status().allowlist?.versions.timestamp;

  test('is told of once, refuses no request, and is in force as soon as it can be read', () => {
    const site = makeSite();
    const first = open(site);
    first.verifier.load(nextBundle(site));
    const before = number(first);
    passSeconds(31);
    open(site).verifier.load(nextBundle(site));
    // As root cannot be kept from reading a file: a folder in its place is unreadable to everybody.
    renameSync(bundleOf(site), `${bundleOf(site)}.aside`);
    mkdirSync(bundleOf(site));
    for (const seconds of [3, 3, 3]) {
      passSeconds(seconds);
      expect(() => first.verifier.status()).not.toThrow();
      expect(number(first)).toBe(before);
      expect(first.verifier.status().lastRefusal?.code).toBe('state_unusable');
    }
    expect(first.told.filter((line) => line.includes('EISDIR'))).toHaveLength(1);
    rmdirSync(bundleOf(site));
    renameSync(`${bundleOf(site)}.aside`, bundleOf(site));
    passSeconds(3);
    expect(number(first)).toBe((before ?? 0) + 1);
    expect(first.verifier.status().lastRefusal).toBeNull();
  });
});

test.skipIf(process.getuid?.() !== 0)(
  'What root loads belongs to the user whose folder it is (skipped where the tests are not run by root)',
  () => {
    const site = makeSite();
    chownSync(site.folder, 12_345, 12_346);
    const { verifier } = open(site);
    verifier.load(nextBundle(site));
    verifier.close();
    const files = [stateFiles.bundle, stateFiles.floor, stateFiles.owner].map((file) =>
      join(site.folder, file),
    );
    expect(files.map((file) => [statSync(file).uid, statSync(file).gid])).toEqual(
      files.map(() => [12_345, 12_346]),
    );
  },
);
