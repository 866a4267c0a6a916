import { spawnSync } from 'node:child_process';
import {
  existsSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  rmSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { startClock } from '../../src/clock.ts';
import { timeOf, type Refused } from '../../src/formats.ts';
import { openStore, type Store } from '../../src/store.ts';
import { readFloor } from '../../src/floor.ts';
import { readState } from '../../src/state-folder.ts';
import { anchorOf } from '../compose/vendor.ts';
import { startProcess, type ServerProcess } from '../tricks/start-process.ts';
import { makeSite, nextBundle, revokeBuild, standing, start, temporaryFolder, type Site } from './site.ts';
import { makePackage } from './vendor-package.ts';

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

test('Of processes that load at the very same time, the newest bundle that one was told is loaded stays', async () => {
  const site = makeSite();
  start(site).load(nextBundle(site));
  const program = makePackage(site.vendor);
  await using servers = new AsyncDisposableStack();
  const processes: ServerProcess[] = [];
  for (let i = 0; i < 3; i += 1) {
    const server = servers.use(await startProcess(site, program));
    await server.get({ kind: 'open' });
    processes.push(server);
  }
  const folder = temporaryFolder();
  let version = 1;
  for (let round = 0; round < 12; round += 1) {
    const offered = processes.map(() => {
      version += 1;
      revokeBuild(site);
      const file = join(folder, String(version));
      writeFileSync(file, nextBundle(site));
      return { file, version };
    });
    const answers = await Promise.all(
      processes.map((server, i) => server.tell({ kind: 'load', file: offered[i]?.file ?? '' })),
    );
    // Each is loaded, or was older than one that was loaded before it: nothing else comes between them.
    const loaded = offered.filter((_, i) => answers[i]?.refused === undefined);
    expect(['rollback', undefined]).toEqual(expect.arrayContaining(answers.map(({ refused }) => refused)));
    const newest = loaded.at(-1)?.version;
    const floor = readFloor(readState(site.folder, 'floor.json') ?? new Uint8Array());
    expect(floor?.roles.get('timestamp')?.version).toBe(newest);
    expect(start(site).status().allowlist?.versions.timestamp).toBe(newest);
    expect(readdirSync(site.folder).sort()).toEqual([
      'bundle',
      'deployment-key.pem',
      'floor.json',
      'replay.owner',
    ]);
  }
});

describe('A process that died while it loaded', () => {
  const running = whereProcessesRun();

  test.each<[string, string, boolean]>([
    ['on this machine', `${running} ${diedProcess()} x`, false],
    ['with the number that this process has now', `${running} ${process.pid} x`, false],
    ['on another machine, long ago', 'elsewhere 1 x', true],
    ['and left a lock that says nothing, long ago', '', true],
  ])('%s keeps nobody waiting', (_, mark, old) => {
    const site = makeSite();
    const lock = join(site.folder, 'loading');
    writeFileSync(lock, mark);
    if (old) utimesSync(lock, new Date(), new Date(Date.now() - 31_000));
    const verifier = start(site);
    verifier.load(nextBundle(site));
    expect(standing(verifier)).toBeNull();
    expect(existsSync(lock)).toBe(false);
  });

  test('is not mistaken for one that is at it: a load waits for that, and a request does not', async () => {
    const site = makeSite();
    const verifier = start(site);
    verifier.load(nextBundle(site));
    await using other = await startProcess(site, makePackage(site.vendor));
    await other.get({ kind: 'open' });
    const file = join(temporaryFolder(), 'bundle');
    writeFileSync(file, nextBundle(site));
    const lock = join(site.folder, 'loading');
    writeFileSync(lock, `${running} ${process.ppid} x`);
    const loading = other.tell({ kind: 'load', file });
    expect(await Promise.race([loading, new Promise((resolve) => setTimeout(resolve, 300, 'waits'))])).toBe(
      'waits',
    );
    expect(standing(verifier)).toBeNull();
    rmSync(lock);
    expect(await loading).toMatchObject({ ok: { versions: { timestamp: 2 } } });
  });
});

/** What a lock says of this system, where the system tells one from another. */
function whereProcessesRun(): string {
  if (process.platform !== 'linux') return 'here';
  const boot = readFileSync('/proc/sys/kernel/random/boot_id', 'latin1').trim();
  return `${boot}/${readlinkSync('/proc/self/ns/pid')}`;
}

/** The number of a process that runs no more. */
function diedProcess(): number {
  return spawnSync(process.execPath, ['--version']).pid;
}
