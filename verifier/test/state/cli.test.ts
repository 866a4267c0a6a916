import { cpSync, existsSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import type { Status } from '../../src/index.ts';
import { makeSite, nextBundle, temporaryFolder } from './site.ts';
import { expectCalm, expectNarrow } from '../cli/program.ts';
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
      /^Acme verifier 1\.0\.0 · allowlist 1, signed \d+ s ago, fresh 29 days · 1 build, 1 partner\n/,
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

  test('says in a sentence what it does not understand, and how it is used', () => {
    const program = makePackage(makeSite().vendor);
    const cases: readonly (readonly [args: string[], sentence: string, usage: string])[] = [
      [[], 'acme-verifier COMMAND --help', 'acme-verifier load FILE'],
      [['lode'], 'There is no command "lode".', 'acme-verifier load FILE'],
      [['load', '--origin', 'c'], 'load needs a FILE.', 'acme-verifier load FILE [--state DIR] --origin'],
      [['load', 'x'], 'load needs --origin ORIGIN.', 'acme-verifier load FILE'],
      [['load', 'a', 'b', '--origin', 'c'], 'does not know what to do with "b"', 'acme-verifier load FILE'],
      [['status', '--all'], "Unknown option '--all'.", 'acme-verifier status'],
      [['status', '--at', 'now'], 'status takes no option --at.', 'acme-verifier status'],
      [['doctor', '--origin'], "Option '--origin <value>' argument missing.", 'acme-verifier doctor'],
      [['activate', 'x'], 'does not know what to do with "x"', 'acme-verifier activate'],
      [['help', 'nonsense'], 'There is no page about "nonsense".', 'acme-verifier help CODE'],
      [['help', '../../package'], 'There is no page about', 'acme-verifier help CODE'],
    ];
    for (const [args, sentence, usage] of cases) {
      const run = runProgram(program, args);
      expect(run, args.join(' ')).toMatchObject({ status: 2, stdout: '' });
      expect(run.stderr).toContain(sentence);
      expect(run.stderr).toContain(usage);
    }
    const json = runProgram(program, ['load', '--json']);
    expect(JSON.parse(json.stdout)).toMatchObject({ type: 'appwarrant/failed/1', code: 'not_understood' });
  });

  test('explains each of its commands, in lines that fit a terminal', () => {
    const program = makePackage(makeSite().vendor);
    const list = runProgram(program, ['--help']);
    expect(list).toMatchObject({ status: 0, stderr: '' });
    expectNarrow(list.stdout);
    const names = [...list.stdout.matchAll(/^ {2}acme-verifier ([a-z-]+(?: [a-z]+)?)/gm)].map(
      ([, name]) => name ?? '',
    );
    expect(names).toEqual([
      'activate',
      'load',
      'status',
      'doctor',
      'explain',
      'inspect',
      'verify-artifact',
      'receipt verify',
      'self-test',
      'single-file',
      'serve',
      'proxy-config',
      'help',
    ]);
    for (const name of names) {
      const run = runProgram(program, [...name.split(' '), '--help']);
      expect(run, name).toMatchObject({ status: 0, stderr: '' });
      // The one that goes on has a log instead of an answer.
      const how = name === 'serve' ? 'log' : 'json';
      expect(run.stdout).toMatch(new RegExp(`^acme-verifier ${name} [^]*\\n {2}--${how} `));
      expectNarrow(run.stdout);
    }
    expect(runProgram(program, ['help']).stdout).toBe(list.stdout);
    expect(runProgram(program, ['-h']).stdout).toBe(list.stdout);
    expect(runProgram(program, ['load', '-h']).stdout).toMatch(/^acme-verifier load FILE/);
    // The first word of two, too.
    for (const help of ['--help', '-h'])
      expect(runProgram(program, ['receipt', help]).stdout).toMatch(/^acme-verifier receipt verify FILE/);
    expect(runProgram(program, ['--version']).stdout).toBe('1.0.0\n');
  });

  test('shows the page of a code, which the package brings', () => {
    const program = makePackage(makeSite().vendor);
    const pages = join(import.meta.dirname, '../../../docs/codes');
    cpSync(pages, join(program, 'dist', 'codes'), { recursive: true });
    const run = runProgram(program, ['help', 'clock_behind']);
    expect(run).toMatchObject({ status: 0, stderr: '' });
    expect(run.stdout).toMatch(/^# clock_behind\n[^]*\*\*What to do\.\*\*/);
    expectNarrow(run.stdout);
  });

  test('says that the installed package is damaged, whatever is asked of it', () => {
    const program = makePackage(makeSite().vendor);
    writeFileSync(join(program, 'package.json'), '{"type":"module"}');
    for (const args of [
      [],
      ['--version'],
      ['status', '--origin', 'http://localhost:1'],
      ['doctor'],
      ['lode'],
    ]) {
      expectCalm(runProgram(program, args));
    }
  });
});
