import { cpSync, existsSync, mkdirSync, readFileSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, describe, expect, test, vi } from 'vitest';
import { activate } from '../../src/deployment-key.ts';
import { timeOf } from '../../src/formats.ts';
import { stateFiles, type StateFile } from '../../src/state-folder.ts';
import { refusal } from '../compose/story.ts';
import {
  contentOf,
  makeSite,
  nextBundle,
  revokeBuild,
  standing,
  start,
  temporaryFolder,
  type Site,
} from '../state/site.ts';
import { makePackage, runProgram } from '../state/vendor-package.ts';
import { signNow, verdict } from '../tricks/honest.ts';
import { blocksOf, readPage, run } from './page.ts';

// docs/operating/backup.md, row by row: a state folder without one of its files, and with that file as it was some time ago.

afterEach(() => {
  vi.useRealTimers();
});

const page = readPage('operating/backup.md');

type World = { readonly site: Site; readonly old: string; readonly first: Uint8Array };

/** A site that closed in good order, was copied, went on to a bundle that revokes a build, and closed again. */
function makeWorld(): World {
  const site = makeSite();
  const first = nextBundle(site);
  const before = start(site);
  before.load(first);
  before.close();
  const old = temporaryFolder();
  cpSync(site.folder, old, { recursive: true });
  revokeBuild(site);
  const after = start(site);
  after.load(nextBundle(site));
  after.close();
  return { site, old, first };
}

const lose = ({ site }: World, ...files: StateFile[]): void => {
  for (const file of files) rmSync(join(site.folder, file));
};
const restore = ({ site, old }: World, ...files: StateFile[]): void => {
  for (const file of files) cpSync(join(old, file), join(site.folder, file));
};

test('The page has a row for every file of the state folder, and no other', () => {
  const rows = [...page.matchAll(/^\| `([\w.-]+)` \|/gm)].map(([, file]) => file);
  expect(new Set(rows)).toEqual(new Set(Object.values(stateFiles)));
});

describe('deployment-key.pem', () => {
  test('lost, and none restored: nothing is admitted, and another key is another deployment, for which nothing loads', () => {
    const world = makeWorld();
    const { site } = world;
    lose(world, 'deployment-key.pem');
    expect(standing(start(site))).toBe('not_activated');
    expect(activate(site.folder)).not.toBe(site.deployment);
    refusal('license_other_deployment', () => start(site).load(nextBundle(site)));
  });

  test('restored: the same deployment', () => {
    const world = makeWorld();
    lose(world, 'deployment-key.pem');
    restore(world, 'deployment-key.pem');
    expect(activate(world.site.folder)).toBe(world.site.deployment);
    expect(verdict(world.site, start(world.site))).toBe('revoked');
  });
});

describe('bundle', () => {
  test('lost: there is none, until one is loaded that is not below the floor', () => {
    const world = makeWorld();
    const { site, first } = world;
    lose(world, 'bundle');
    const verifier = start(site);
    expect(standing(verifier)).toBe('no_bundle');
    refusal('rollback', () => verifier.load(first));
    verifier.load(nextBundle(site));
    expect(standing(verifier)).toBeNull();
  });

  test('an old one is as if it were not there', () => {
    const world = makeWorld();
    restore(world, 'bundle');
    const verifier = start(world.site);
    expect(standing(verifier)).toBe('no_bundle');
    expect(verifier.status().lastRefusal?.code).toBe('rollback');
  });
});

describe('floor.json', () => {
  test('lost: the fresh bundle counts, a revocation that it does not repeat is forgotten, and it is said since when', () => {
    const world = makeWorld();
    const { site } = world;
    // The bundle after the one that revoked no longer says so; the floor does.
    site.vendor.revocations = [];
    const remembering = start(site);
    remembering.load(nextBundle(site));
    expect(verdict(site, remembering)).toBe('revoked');
    remembering.close();
    lose(world, 'floor.json');
    const forgetting = start(site);
    expect(verdict(site, forgetting)).toBe('app');
    expect(forgetting.status().allowlist?.floorSince).toBe(timeOf(site.vendor.now));
  });

  test('an old one is raised by the bundle beside it', () => {
    const world = makeWorld();
    const { site, first } = world;
    const whole = readFileSync(join(site.folder, 'floor.json'));
    restore(world, 'floor.json');
    const verifier = start(site);
    expect(readFileSync(join(site.folder, 'floor.json')).equals(whole)).toBe(true);
    expect(verdict(site, verifier)).toBe('revoked');
    refusal('rollback', () => verifier.load(first));
  });

  test('an old one with an old bundle is what was trusted then, until the newest is loaded', () => {
    const world = makeWorld();
    const { site } = world;
    restore(world, 'floor.json', 'bundle');
    const verifier = start(site);
    expect(verdict(site, verifier)).toBe('app');
    verifier.load(nextBundle(site));
    expect(verdict(site, verifier)).toBe('revoked');
  });

  test('put back under a running server changes nothing of what that knows', () => {
    const world = makeWorld();
    const { site, first } = world;
    const running = start(site);
    restore(world, 'floor.json');
    expect(verdict(site, running)).toBe('revoked');
    refusal('rollback', () => running.load(first));
  });
});

describe('bundle.incoming', () => {
  test('lost: nothing, for what is loaded lies elsewhere', () => {
    const { site } = makeWorld();
    expect(existsSync(join(site.folder, 'bundle.incoming'))).toBe(false);
    expect(standing(start(site))).toBeNull();
  });

  test('an old one is refused and removed', () => {
    const { site, first } = makeWorld();
    writeFileSync(join(site.folder, 'bundle.incoming'), first);
    expect(verdict(site, start(site))).toBe('revoked');
    expect(existsSync(join(site.folder, 'bundle.incoming'))).toBe(false);
  });
});

describe('loading', () => {
  test('is there while something is loaded, and never else', () => {
    expect(existsSync(join(makeWorld().site.folder, 'loading'))).toBe(false);
  });

  test('an old one binds nobody', () => {
    const { site } = makeWorld();
    const file = join(site.folder, 'loading');
    writeFileSync(file, 'another-boot/pid:[1] 1 0011223344556677');
    const minuteAgo = new Date(Date.now() - 60_000);
    utimesSync(file, minuteAgo, minuteAgo);
    start(site).load(nextBundle(site));
    expect(existsSync(file)).toBe(false);
  });
});

describe('replay', () => {
  test('lost: apps are asked to sign a challenge, which they do by themselves', () => {
    const world = makeWorld();
    const { site } = world;
    site.vendor.revocations = [];
    lose(world, 'replay');
    const verifier = start(site);
    refusal('proof_before_start', () => verifier.check(signNow(site)));
    expect(verdict(site, verifier)).toBe('revoked');
  });

  test('an old one: what was admitted since can be played again while it is younger than a minute', () => {
    const site = makeSite();
    const first = start(site);
    first.load(nextBundle(site));
    first.close();
    const old = readFileSync(join(site.folder, 'replay'));
    const captured = signNow(site);
    const second = start(site);
    expect(second.check(captured).kind).toBe('app');
    second.close();
    writeFileSync(join(site.folder, 'replay'), old);
    expect(start(site).check(captured).kind).toBe('app');
    writeFileSync(join(site.folder, 'replay'), old);
    vi.useFakeTimers({ toFake: ['Date'], now: Date.now() + 120_000 });
    const later = start(site);
    refusal('proof_stale', () => later.check(captured));
    expect(verdict(site, later)).toBe('app');
  });
});

describe('replay.owner', () => {
  test.each(['lost', 'an old one'])('%s: the nonces are not handed on', (how) => {
    const world = makeWorld();
    const { site } = world;
    const running = start(site);
    if (how === 'lost') lose(world, 'replay.owner');
    else restore(world, 'replay.owner');
    running.close();
    expect(existsSync(join(site.folder, 'replay'))).toBe(false);
    refusal('proof_before_start', () => start(site).check(signNow(site)));
  });
});

test('A new machine with the key alone goes on after the steps of the page', async () => {
  const { site } = makeWorld();
  const home = temporaryFolder();
  const [folder, load, anew, ...more] = blocksOf(page);
  expect(more).toEqual([]);
  const program = makePackage(site.vendor);
  const state = join(home, 'state');
  const here = (text = ''): string => text.replaceAll('/var/lib/acme-verifier', state);
  mkdirSync(join(home, 'copy'));
  cpSync(join(site.folder, 'deployment-key.pem'), join(home, 'copy/deployment-key.pem'));
  expect(await run(here(folder?.text), join(home, 'copy'))).toMatchObject({ status: 0, stderr: '' });
  expect(Object.keys(contentOf(state))).toEqual(['deployment-key.pem']);
  writeFileSync(join(home, 'acme.bundle'), nextBundle(site));
  const [, ...args] = here(load?.text).trim().split(' ');
  const [at = '', file = '', ...rest] = args;
  const loaded = runProgram(program, [
    at,
    join(home, file),
    ...rest.map((word) => word.replace('https://orders.example.com', site.origin)),
  ]);
  expect(loaded).toMatchObject({ status: 0, stderr: '' });
  expect(standing(start({ ...site, folder: state }))).toBeNull();

  rmSync(join(state, 'deployment-key.pem'));
  const other = runProgram(program, here(anew?.text).trim().split(' ').slice(1));
  expect(other).toMatchObject({ status: 0, stdout: expect.stringMatching(/^[\w-]{43}\n$/) as string });
  expect(other.stdout.trim()).not.toBe(site.deployment);
});
