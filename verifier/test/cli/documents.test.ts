import { randomBytes } from 'node:crypto';
import { cpSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { signRequest } from '../http/sign.ts';
import { statementDigest } from '../../src/statement.ts';
import { statementFor } from '../compose/vendor.ts';
import { forgeReceipt } from '../receipts/make-receipts.ts';
import { contentOf, nextBundle, temporaryFolder, type Site } from '../state/site.ts';
import { runProgram } from '../state/vendor-package.ts';
import { steps } from '../../src/http/explain.ts';
import { expectCalm, fileWith, install } from './program.ts';

const root = join(import.meta.dirname, '../../..');
const readme = readFileSync(join(root, 'verifier/README.md'), 'utf8');

/** Each command that a document shows, without what follows it in the line. */
function commandsIn(text: string): string[] {
  return [...text.matchAll(/npx acme-verifier ([^`\n]*)/g)].map(
    ([, line = '']) => line.split('  ')[0]?.trim() ?? '',
  );
}

/** A receipt of a request that the site's app has signed now, judged by the first bundle. */
function receiptNow(site: Site): object {
  const entry = statementDigest(statementFor(site.vendor, site.entry));
  const versions = { root: 1, targets: 1, timestamp: 1 };
  return forgeReceipt(site, { entry, versions }, Math.floor(Date.now() / 1000));
}

/** An activated site with the pages of the codes; a file for each command that takes one. */
function prepare() {
  const installed = install();
  cpSync(join(root, 'docs/codes'), join(installed.package, 'dist/codes'), { recursive: true });
  const { site } = installed;
  const created = Math.floor(Date.now() / 1000);
  const { method, target, headers } = signRequest({ ...site, created });
  const files: Readonly<Record<string, string>> = {
    load: fileWith(nextBundle(site)),
    explain: fileWith(JSON.stringify({ method, target, headers })),
    inspect: join(installed.package, 'anchor.json'),
    'verify-artifact': fileWith(randomBytes(10)),
    'receipt verify': fileWith(JSON.stringify(receiptNow(site))),
  };
  const run = (line: string, more: readonly string[] = []) => {
    const [first = '', second = '', ...others] = line.split(' ');
    const isTwo = `${first} ${second}` in files;
    const command = isTwo ? `${first} ${second}` : first;
    const words = isTwo ? others : [second, ...others].filter((word) => word !== '');
    const args = words.map((word, i) => {
      const before = words[i - 1];
      if (before === '--state') return site.folder;
      if (before === '--origin') return site.origin;
      return i === 0 && !word.startsWith('--') && command in files ? (files[command] ?? '') : word;
    });
    const done = runProgram(installed.package, [...command.split(' '), ...args, ...more]);
    expectCalm(done);
    return { command, ...done };
  };
  return { installed, run };
}

describe.each(['verifier/README.md', 'docs/quickstart/customer.md'])('The commands in %s', (name) => {
  // Only a built package makes a single file: `install/single-file.test.ts` has it made.
  const lines = commandsIn(readFileSync(join(root, name), 'utf8')).filter(
    (line) => !line.startsWith('single-file'),
  );

  test('work as they stand there, one after the other', () => {
    const { run } = prepare();
    expect(lines.map((line) => line.split(' ')[0])).toEqual(
      expect.arrayContaining(['activate', 'load', 'doctor', 'explain']),
    );
    for (const line of lines) {
      const { command, status, stderr } = run(line);
      // A file of random bytes is no approved build.
      expect(status, `${line}: ${stderr}`).toBe(command === 'verify-artifact' ? 1 : 0);
    }
  });
});

describe('What a command prints for programs', () => {
  /** The members that the README names for each type, in code before anything in brackets. */
  const documented = new Map(
    [...readme.matchAll(/^\| `(appwarrant\/[a-z-]+\/1)` \| [^|]*\| (.*) \|$/gm)].map(
      ([, type = '', members = '']) => {
        let outside = members;
        while (/\([^()]*\)/.test(outside)) outside = outside.replace(/\([^()]*\)/g, '');
        return [type, [...outside.matchAll(/`([a-zA-Z]+)`/g)].map(([, member = '']) => member)];
      },
    ),
  );

  test.each([
    ['activate --state DIR', 'appwarrant/activated/1'],
    ['load FILE --state DIR --origin ORIGIN', 'appwarrant/load/1'],
    ['status --state DIR --origin ORIGIN', 'appwarrant/status/1'],
    ['doctor --state DIR', 'appwarrant/doctor/1'],
    ['explain FILE --state DIR', 'appwarrant/explanation/1'],
    ['inspect FILE --state DIR', 'appwarrant/inspected/1'],
    ['verify-artifact FILE --state DIR', 'appwarrant/artifact/1'],
    ['receipt verify FILE --state DIR', 'appwarrant/receipts/1'],
    [
      'proxy-config nginx --origin ORIGIN --listen 127.0.0.1:8080 --upstream http://127.0.0.1:8000',
      'appwarrant/proxy-config/1',
    ],
    ['help rollback', 'appwarrant/page/1'],
  ])('%s --json has the members that the README names', (line, type) => {
    const { run } = prepare();
    run('load FILE --state DIR --origin ORIGIN');
    const printed = JSON.parse(run(line, ['--json']).stdout) as Record<string, unknown>;
    const { type: found, ...members } = printed;
    expect(found).toBe(type);
    const names = [
      ...(documented.get(type) ?? []),
      ...(type === 'appwarrant/load/1' ? (documented.get('appwarrant/status/1') ?? []) : []),
    ];
    expect(Object.keys(members).toSorted()).toEqual(names.toSorted());
  });

  test('is an object also where the command refuses, cannot read, or does not understand', () => {
    const { run, installed } = prepare();
    const refused = JSON.parse(run('explain FILE --state DIR', ['--json']).stdout) as Record<string, unknown>;
    expect(refused).toMatchObject({ type: 'appwarrant/refused/1', code: 'no_bundle' });
    expect(Object.keys(refused)).toEqual(
      expect.arrayContaining(documented.get('appwarrant/refused/1') ?? []),
    );
    const nothing = runProgram(installed.package, ['inspect', join(temporaryFolder(), 'none'), '--json']);
    expect(JSON.parse(nothing.stdout)).toMatchObject({ type: 'appwarrant/failed/1', code: 'unreadable' });
    for (const words of [
      ['inspect', '--json', '--frob'],
      ['frob', '--json'],
    ]) {
      const unknown = runProgram(installed.package, words);
      expect(unknown.status).toBe(2);
      expect(JSON.parse(unknown.stdout)).toMatchObject({
        type: 'appwarrant/failed/1',
        code: 'not_understood',
      });
    }
  });

  test('names findings and checks as the README lists them', () => {
    const [, findings = ''] = /A finding's `id` is one of ([^;]*);/.exec(readme) ?? [];
    const [, checks = ''] = /A check is one of (.*)\./.exec(readme) ?? [];
    const named = (text: string) => [...text.matchAll(/`([a-z]+)`/g)].map(([, name]) => name);
    expect(named(checks)).toEqual(steps);
    const source = readFileSync(join(root, 'verifier/src/cli/doctor/finding.ts'), 'utf8');
    const ids = [...source.matchAll(/^ {2}\| '([a-z]+)'/gm)].map(([, id]) => id);
    expect(named(findings)).toEqual(ids);
  });
});

test('Every command but activate and load leaves the state folder as it was', () => {
  const { installed, run } = prepare();
  run('load FILE --state DIR --origin ORIGIN');
  const before = contentOf(installed.site.folder);
  for (const line of commandsIn(readme)) if (!/^(?:activate|load) /.test(line)) run(line);
  expect(contentOf(installed.site.folder)).toEqual(before);
  rmSync(installed.site.folder, { recursive: true });
  for (const line of commandsIn(readme)) if (!/^(?:activate|load) /.test(line)) run(line);
  expect(() => contentOf(installed.site.folder)).toThrow('ENOENT');
});
