import { existsSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import type { Status } from '../../src/index.ts';
import { makeSite, nextBundle, temporaryFolder } from './site.ts';
import { makePackage, runProgram } from './vendor-package.ts';

describe('The command', () => {
  test('activates a server once, in a folder of its own, and prints its deployment id', () => {
    const program = makePackage(makeSite().vendor);
    const state = join(temporaryFolder(), 'deep', 'state');
    const first = runProgram(program, ['activate', '--state', state]);
    expect(first).toMatchObject({
      status: 0,
      stdout: expect.stringMatching(/^[A-Za-z0-9_-]{43}\n$/) as string,
    });
    const mode = statSync(join(state, 'deployment-key.pem')).mode & 0o777;
    if (process.platform !== 'win32') expect(mode).toBe(0o600);
    expect(runProgram(program, ['activate', '--state', state, '--origin', 'http://localhost:1']).stdout).toBe(
      first.stdout,
    );
  });

  test('loads a bundle and tells where the server stands', () => {
    const site = makeSite();
    const program = makePackage(site.vendor);
    const at = ['--state', site.folder, '--origin', site.origin];
    const none = runProgram(program, ['status', ...at]);
    expect(none.status).toBe(1);
    expect(none.stdout).toContain(site.deployment);

    const file = join(temporaryFolder(), 'bundle');
    writeFileSync(file, nextBundle(site));
    const loaded = runProgram(program, ['load', file, ...at]);
    expect(loaded).toMatchObject({ status: 0, stderr: '' });
    expect(loaded.stdout).toMatch(
      /^Acme verifier 1\.0\.0 · allowlist 1, signed \d+ s ago, fresh 29 days · 1 build, 1 partner\n$/,
    );

    const status = JSON.parse(runProgram(program, ['status', '--json', ...at]).stdout) as Status;
    expect(status).toMatchObject({
      vendor: 'Acme',
      problem: null,
      allowlist: { builds: { listed: 1, unjudged: 0 } },
    });
  });

  test('refuses what the verifier refuses, with the code and a sentence, and no stack', () => {
    const site = makeSite();
    const program = makePackage(site.vendor);
    const at = ['--state', site.folder, '--origin', site.origin];
    const file = join(temporaryFolder(), 'bundle');
    writeFileSync(file, 'no bundle');
    const run = runProgram(program, ['load', file, ...at]);
    expect(run.status).toBe(1);
    expect(run.stderr).toMatch(
      /^bundle_malformed: [^]*\nMore: acme-verifier help bundle_malformed \(dist\/codes\/bundle_malformed\.md /,
    );
    expect(existsSync(join(site.folder, 'floor.json'))).toBe(false);
    const elsewhere = ['--state', temporaryFolder(), '--origin', site.origin];
    expect(runProgram(program, ['load', file, ...elsewhere]).stderr).toMatch(/^not_activated: /);
    expect(runProgram(program, ['status', '--state', site.folder, '--origin', 'erp']).stderr).toMatch(
      /^origin_malformed: /,
    );
    expect(runProgram(program, ['load', join(temporaryFolder(), 'none'), ...at]).status).toBe(1);
  });

  test('says how it is used when it does not understand', () => {
    const program = makePackage(makeSite().vendor);
    for (const args of [
      [],
      ['lode'],
      ['load'],
      ['load', 'x'],
      ['status', 'x'],
      ['load', 'a', 'b', '--origin', 'c'],
      ['status', '--all'],
    ]) {
      const run = runProgram(program, args);
      expect(run.status, args.join(' ')).toBe(2);
      expect(run.stdout + run.stderr).toContain(
        `acme-verifier ${args.length === 0 ? 'load FILE' : args[0] === 'lode' ? 'load FILE' : String(args[0])}`,
      );
    }
    expect(runProgram(program, ['--version']).stdout).toBe('1.0.0\n');
  });
});
