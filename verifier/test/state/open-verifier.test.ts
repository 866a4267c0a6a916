import { chmodSync, existsSync, readFileSync, rmSync, statSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, describe, expect, test, vi } from 'vitest';
import { activate } from '../../src/deployment-key.ts';
import { Refused, timeOf } from '../../src/formats.ts';
import { openVerifier, openVerifierFor } from '../../src/open-verifier.ts';
import { refusal } from '../compose/story.ts';
import {
  addEntry,
  addForCustomer,
  approve,
  day,
  entryCustom,
  grantCustom,
  makeAppKey,
} from '../compose/vendor.ts';
import { signRequest } from '../http/sign.ts';
import { contentOf, makeSite, nextBundle, revokeBuild, standing, start, temporaryFolder } from './site.ts';

afterEach(() => {
  vi.useRealTimers();
});

/** Sets the system clock, as an owner can: Date alone, for the monotonic clock cannot be set. */
function setClock(seconds: number): void {
  vi.useFakeTimers({ toFake: ['Date'], now: seconds * 1000 });
}

describe('A verifier', () => {
  test('of the source package refuses everything: it trusts nobody', () => {
    const lines: string[] = [];
    const verifier = openVerifier({
      stateDir: temporaryFolder(),
      origin: 'http://localhost:1',
      log: (line) => void lines.push(line),
    });
    expect(standing(verifier)).toBe('no_trust_anchor');
    refusal('no_trust_anchor', () => verifier.load(new Uint8Array()));
    expect(verifier.status()).toMatchObject({ problem: { code: 'no_trust_anchor' }, allowlist: null });
    expect(lines).toEqual(['AppWarrant verifier 1.0.0 · refuses every request: no_trust_anchor']);
  });

  test('that was not activated says so, and works once it was, without a restart', () => {
    const site = makeSite();
    rmSync(join(site.folder, 'deployment-key.pem'));
    const verifier = start(site);
    expect(standing(verifier)).toBe('not_activated');
    refusal('not_activated', () => verifier.load(nextBundle(site)));
    activate(site.folder);
    expect(standing(verifier)).toBe('no_bundle');
    // The key is another one, and with it the deployment.
    refusal('license_other_deployment', () => verifier.load(nextBundle(site)));
  });

  test('without a bundle names the deployment that one has to be made for', () => {
    const site = makeSite();
    const verifier = start(site);
    const { problem } = verifier.status();
    expect(problem?.code).toBe('no_bundle');
    expect(problem?.message).toContain(site.deployment);
  });

  test('loads a bundle, and says what it rests on', () => {
    const site = makeSite();
    const lines: string[] = [];
    const loaded = start(site, lines).load(nextBundle(site));
    expect(loaded).toMatchObject({
      freshness: 'fresh',
      builds: { listed: 1, partners: 1, approved: 1, refused: 0, unjudged: 0 },
    });
    start(site, lines);
    expect(lines).toEqual([
      `Acme verifier 1.0.0 · refuses every request: no_bundle · deployment ${site.deployment}`,
      expect.stringMatching(
        /^Acme verifier 1\.0\.0 · allowlist 1, signed \d+ s ago, fresh 29 days · 1 build, 1 partner$/,
      ),
    ]);
  });

  test('says in its first line what nobody must miss: refused statements, and a monitor grant in force', () => {
    const site = makeSite();
    const { vendor, customer, deployment } = site;
    const grant = addForCustomer(vendor, grantCustom(vendor, customer, deployment));
    approve(vendor, [grant]);
    addForCustomer(vendor, grantCustom(vendor, customer, deployment, { effect: { kind: 'breakGlass' } }));
    addEntry(vendor, entryCustom(vendor, makeAppKey()));
    const lines: string[] = [];
    start(site).load(nextBundle(site));
    start(site, lines);
    expect(lines[0]).toContain(
      `· 1 build, 2 partners · 2 refused · MONITOR MODE until ${grant.custom.expires as string}`,
    );
    expect(lines[0]).not.toContain('BREAK-GLASS');
  });

  test('says in every first line that its keys are for development', () => {
    const site = makeSite(
      { environment: 'development', rpId: 'approve.localhost', origins: ['http://approve.localhost:8600'] },
      'http://localhost:8700',
    );
    const lines: string[] = [];
    start(site, lines).load(nextBundle(site));
    start(site, lines);
    expect(lines).toEqual([
      expect.stringMatching(/no_bundle · .* · DEVELOPMENT KEYS$/),
      expect.stringMatching(/fresh 29 days · 1 build, 1 partner · DEVELOPMENT KEYS$/),
    ]);
  });

  test('goes on after a restart with what was loaded', () => {
    const site = makeSite();
    start(site).load(nextBundle(site));
    const again = start(site);
    expect(standing(again)).toBeNull();
    expect(again.status()).toMatchObject({ problem: null, lastRefusal: null, deployment: site.deployment });
  });

  test('refuses a load without moving anything, in memory or on the disk', () => {
    const site = makeSite();
    const old = nextBundle(site);
    const verifier = start(site);
    verifier.load(nextBundle(site));
    const before = contentOf(site.folder);
    const { versions } = verifier.status().allowlist ?? {};
    refusal('rollback', () => verifier.load(old));
    refusal('bundle_malformed', () => verifier.load(old.subarray(0, 100)));
    expect(contentOf(site.folder)).toEqual(before);
    expect(verifier.status()).toMatchObject({
      problem: null,
      lastRefusal: { code: 'bundle_malformed' },
      allowlist: { versions },
    });
    expect(standing(verifier)).toBeNull();
  });

  test('keeps its files for itself', () => {
    const site = makeSite();
    start(site).load(nextBundle(site));
    if (process.platform === 'win32') return;
    for (const file of ['deployment-key.pem', 'floor.json', 'bundle']) {
      expect(statSync(join(site.folder, file)).mode & 0o777, file).toBe(0o600);
    }
  });

  test('remembers a revocation across restarts, though the bundle no longer tells it', () => {
    const site = makeSite();
    revokeBuild(site);
    start(site).load(nextBundle(site));
    site.vendor.revocations = [];
    const verifier = start(site);
    expect(verifier.load(nextBundle(site)).refused).toMatchObject([{ code: 'revoked' }]);
    expect(start(site).status().allowlist?.refused).toMatchObject([{ code: 'revoked' }]);
  });

  test('takes over what another process has loaded into its folder', async () => {
    const site = makeSite();
    const running = start(site);
    running.load(nextBundle(site));
    revokeBuild(site);
    start(site).load(nextBundle(site));
    expect(running.status().allowlist?.versions.timestamp).toBe(1);
    await new Promise((resolve) => setTimeout(resolve, 2100));
    expect(standing(running)).toBeNull();
    expect(running.status().allowlist).toMatchObject({
      versions: { timestamp: 2 },
      refused: [{ code: 'revoked' }],
    });
  });

  test('never takes over a bundle below what it holds, whoever puts it there', async () => {
    const site = makeSite();
    const old = nextBundle(site);
    const running = start(site);
    running.load(nextBundle(site));
    writeFileSync(join(site.folder, 'bundle'), old);
    await new Promise((resolve) => setTimeout(resolve, 2100));
    expect(standing(running)).toBeNull();
    expect(running.status()).toMatchObject({
      allowlist: { versions: { timestamp: 2 } },
      lastRefusal: { code: 'rollback' },
    });
  });

  test('is closed once', () => {
    const site = makeSite();
    const verifier = start(site);
    verifier.load(nextBundle(site));
    verifier.close();
    verifier.close();
    expect(standing(verifier)).toBe('closed');
    expect(existsSync(join(site.folder, 'replay'))).toBe(true);
    expect(standing(start(site))).toBeNull();
    // The nonces are used up by the start: a copy of the table cannot be brought in later.
    expect(existsSync(join(site.folder, 'replay'))).toBe(false);
  });

  test.each([
    'localhost',
    'HTTPS://erp.example',
    'https://erp.example/',
    'https://erp.example:443',
    'ftp://erp.example',
  ])('refuses to open at %s, which is no origin', (origin) => {
    refusal('origin_malformed', () =>
      openVerifierFor(new Refused('no_trust_anchor'), { stateDir: temporaryFolder(), origin }),
    );
  });
});

describe('Nonces are left to the next process', () => {
  const leftBy = (site: ReturnType<typeof makeSite>): boolean => existsSync(join(site.folder, 'replay'));

  test('by one that has known them all since activation', () => {
    const site = makeSite();
    const verifier = start(site);
    verifier.load(nextBundle(site));
    verifier.close();
    expect(leftBy(site)).toBe(true);
    const next = start(site);
    next.close();
    expect(leftBy(site)).toBe(true);
  });

  test('never by one that started after a crash, until all from before are over', () => {
    const site = makeSite();
    start(site).load(nextBundle(site));
    start(site).close();
    expect(leftBy(site)).toBe(false);
  });

  test('as of the latest second at which one was judged, though the clock has gone back since', () => {
    const site = makeSite();
    const { key, origin, deployment } = site;
    const now = Math.floor(Date.now() / 1000);
    const createdAt = (created: number) => signRequest({ key, origin, deployment, created });
    setClock(now + 60);
    const verifier = start(site);
    verifier.load(nextBundle(site));
    expect(verifier.check(createdAt(now + 60)).kind).toBe('app');
    setClock(now + 30);
    refusal('proof_stale', () => verifier.check(createdAt(now - 1)));
    verifier.close();
    // One that judges nothing passes it on.
    start(site).close();
    const next = start(site);
    refusal('proof_stale', () => next.check(createdAt(now - 1)));
    expect(next.check(createdAt(now)).kind).toBe('app');
  });

  test('never where processes overlap, whichever of them is closed first', () => {
    const site = makeSite();
    const first = start(site);
    first.load(nextBundle(site));
    const second = start(site);
    second.close();
    expect(leftBy(site)).toBe(false);
    first.close();
    expect(leftBy(site)).toBe(false);
  });
});

describe('Whoever owns the state folder gains nothing', () => {
  test('by deleting the floor: only a fresh bundle loads then, and it is said since when', () => {
    const site = makeSite();
    start(site).load(nextBundle(site));
    rmSync(join(site.folder, 'floor.json'));
    expect(start(site).status().allowlist?.floorSince).toBe(timeOf(site.vendor.now));
    rmSync(join(site.folder, 'floor.json'));
    setClock(site.vendor.now + 31 * day);
    const stale = start(site);
    expect(standing(stale)).toBe('no_bundle');
    expect(stale.status().lastRefusal?.code).toBe('floor_missing');
    expect(existsSync(join(site.folder, 'floor.json'))).toBe(false);
  });

  test('by deleting the floor and loading an older bundle that is stale', () => {
    const site = makeSite();
    const old = nextBundle(site);
    site.vendor.now += 40 * day;
    setClock(site.vendor.now);
    const verifier = start(site);
    verifier.load(nextBundle(site));
    rmSync(join(site.folder, 'floor.json'));
    rmSync(join(site.folder, 'bundle'));
    refusal('floor_missing', () => start(site).load(old));
  });

  test('by tearing the floor', () => {
    const site = makeSite();
    start(site).load(nextBundle(site));
    truncateSync(join(site.folder, 'floor.json'), 100);
    setClock(site.vendor.now + 31 * day);
    expect(start(site).status().lastRefusal?.code).toBe('floor_missing');
  });

  test('by putting an older bundle beside the floor', () => {
    const site = makeSite();
    const old = nextBundle(site);
    start(site).load(nextBundle(site));
    writeFileSync(join(site.folder, 'bundle'), old);
    const verifier = start(site);
    expect(standing(verifier)).toBe('no_bundle');
    expect(verifier.status().lastRefusal?.code).toBe('rollback');
    verifier.load(nextBundle(site));
    expect(standing(verifier)).toBeNull();
  });

  test('by tearing the bundle: nothing is admitted until a new one is loaded', () => {
    const site = makeSite();
    const bytes = nextBundle(site);
    start(site).load(bytes);
    for (const length of [0, 30, bytes.length - 1]) {
      writeFileSync(join(site.folder, 'bundle'), bytes.subarray(0, length));
      const verifier = start(site);
      expect(standing(verifier)).toBe('no_bundle');
      expect(verifier.status().lastRefusal?.code).toBe('bundle_malformed');
    }
    expect(start(site).load(bytes).freshness).toBe('fresh');
  });

  test('by using the folder of another vendor’s verifier', () => {
    const site = makeSite();
    start(site).load(nextBundle(site));
    const other = makeSite();
    const verifier = start({ ...other, folder: site.folder });
    expect(standing(verifier)).toBe('state_other_registry');
  });

  test('by damaging the deployment key', () => {
    const site = makeSite();
    writeFileSync(join(site.folder, 'deployment-key.pem'), 'not a key');
    expect(standing(start(site))).toBe('deployment_key_malformed');
  });

  test('by taking the key away, or the right to write', () => {
    const site = makeSite();
    const verifier = start(site);
    if (process.platform === 'win32' || process.getuid?.() === 0) return;
    chmodSync(site.folder, 0o500);
    refusal('state_unusable', () => verifier.load(nextBundle(site)));
    chmodSync(site.folder, 0o700);
    expect(standing(verifier)).toBe('no_bundle');
  });
});

describe('The clock', () => {
  test('set back by more than five minutes refuses every check, and says both times', () => {
    const site = makeSite();
    const verifier = start(site);
    verifier.load(nextBundle(site));
    setClock(site.vendor.now - 300);
    expect(standing(verifier)).toBeNull();
    setClock(site.vendor.now - 301);
    expect(standing(verifier)).toBe('clock_behind');
    expect(verifier.status().problem?.message).toContain(timeOf(site.vendor.now));
    // So does a start with the clock set back by a year.
    setClock(site.vendor.now - 365 * day);
    expect(standing(start(site))).toBe('clock_behind');
  });

  test('set back cannot make a stale bundle load where there is no floor', () => {
    const site = makeSite();
    const bytes = nextBundle(site);
    setClock(site.vendor.now - 301);
    refusal('signed_in_future', () => start(site).load(bytes));
  });

  test('set forward past grace refuses, and back again admits: local time is never written down', () => {
    const site = makeSite();
    const verifier = start(site);
    verifier.load(nextBundle(site));
    const before = readFileSync(join(site.folder, 'floor.json'));
    setClock(site.vendor.now + 61 * day);
    expect(standing(verifier)).toBe('allowlist_expired');
    const restarted = start(site);
    expect(standing(restarted)).toBe('allowlist_expired');
    expect(restarted.status().allowlist).toMatchObject({ freshness: 'expired', versions: { timestamp: 1 } });
    setClock(site.vendor.now + 1);
    expect(standing(verifier)).toBeNull();
    expect(readFileSync(join(site.folder, 'floor.json'))).toEqual(before);
  });

  test('past the wall keeps the floor and the trusted metadata, so that a new bundle loads', () => {
    const site = makeSite();
    start(site).load(nextBundle(site));
    site.vendor.now += 500 * day;
    setClock(site.vendor.now);
    const verifier = start(site);
    expect(standing(verifier)).toBe('allowlist_expired');
    expect(verifier.load(nextBundle(site)).freshness).toBe('fresh');
    expect(standing(verifier)).toBeNull();
  });
});
