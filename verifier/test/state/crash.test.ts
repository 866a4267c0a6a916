import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { cpSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { makeSite, nextBundle, revokeBuild, standing, start, temporaryFolder } from './site.ts';
import { makePackage, runProgram } from './vendor-package.ts';

const preload = join(import.meta.dirname, 'die-at-write.mjs');

test('A load that is killed at any moment leaves the old bundle or the new one, and never less', () => {
  const site = makeSite();
  const program = makePackage(site.vendor);
  start(site).load(nextBundle(site));
  revokeBuild(site);
  const file = join(temporaryFolder(), 'new.bundle');
  writeFileSync(file, nextBundle(site));
  const before = temporaryFolder();
  cpSync(site.folder, before, { recursive: true });

  const outcomes: (number | undefined)[] = [];
  for (let at = 1; at < 100; at += 1) {
    rmSync(site.folder, { recursive: true });
    cpSync(before, site.folder, { recursive: true });
    const args = ['load', file, '--state', site.folder, '--origin', site.origin];
    const run = runProgram(program, args, preload, { DIE_AT: String(at) });
    const verifier = start(site);
    expect(standing(verifier), `killed at ${at}`).toBeNull();
    const allowlist = verifier.status().allowlist;
    outcomes.push(allowlist?.versions.timestamp);
    // Once the new one was seen, its revocation stays, whatever happens.
    if (allowlist?.versions.timestamp === 2) expect(allowlist.refused).toMatchObject([{ code: 'revoked' }]);
    // Whatever is there, the load can be done again.
    expect(verifier.load(readFileSync(file)).versions.timestamp).toBe(2);
    if (run.signal === null) {
      expect(run.status, run.stderr).toBe(0);
      break;
    }
    expect(run.signal).toBe('SIGKILL');
  }
  expect(outcomes.length).toBeGreaterThan(8);
  // From the old one to the new one, once.
  expect(outcomes).toEqual(outcomes.toSorted((a, b) => (a ?? 0) - (b ?? 0)));
  expect(new Set(outcomes)).toEqual(new Set([1, 2]));
}, 180_000);
