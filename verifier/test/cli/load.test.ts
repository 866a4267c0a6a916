import { spawnSync } from 'node:child_process';
import { chmodSync, chownSync, cpSync, existsSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { describe, expect, test } from 'vitest';
import type { Status } from '../../src/index.ts';
import { timeOf } from '../../src/formats.ts';
import { addEntry, approve, day, entryCustom, makeAppKey, makeDigest } from '../compose/vendor.ts';
import { contentOf, nextBundle, revokeBuild, temporaryFolder } from '../state/site.ts';
import { runProgram } from '../state/vendor-package.ts';
import { expectNarrow, fileWith, install, type Installed } from './program.ts';

type Loaded = Status & {
  type: string;
  replaced: { timestamp: number } | null;
  changes: Record<'added' | 'removed' | 'renewed', { name: string }[]> & {
    refused: { name: string; code: string }[];
  };
};

/** Adds a build that people have approved. */
function addBuild({ site: { vendor } }: Installed, name: string, version = '1.0.0', digest = makeDigest()) {
  const app = { id: name.toLowerCase(), name };
  const build = { id: `b-${'a'.repeat(26)}`, version, platform: 'server' } as const;
  const entry = addEntry(vendor, entryCustom(vendor, makeAppKey(), { app, build }), { digest });
  approve(vendor, [entry]);
  return entry;
}

describe('load', () => {
  test('says of the first bundle which builds it brings, and until when it lasts', () => {
    const installed = install();
    const run = installed.run(['load', installed.bundleFile()]);
    expect(run).toMatchObject({ status: 0, stderr: '' });
    const [line = '', head, ...rest] = run.stdout.split('\n');
    expect(line).toMatch(
      /^Acme verifier 1\.0\.0 · allowlist 1, signed \d+ s ago, fresh 29 days · 1 build, 1 partner$/,
    );
    expect(head).toContain('first');
    expect(rest).toContain('  + Orders 1.0.0 (server) of Example Partner');
    expectNarrow(run.stdout);
  });

  test('says of a later one what has come, gone, been approved anew or been refused', () => {
    const installed = install();
    const { site } = installed;
    const wards = addBuild(installed, 'Wards');
    const labs = addBuild(installed, 'Labs');
    installed.run(['load', installed.bundleFile()]);
    addBuild(installed, 'Cockpit', '2.0.0');
    site.vendor.targets.splice(site.vendor.targets.indexOf(wards), 1);
    labs.custom = { ...labs.custom, expires: timeOf(site.vendor.now + 20 * day) };
    labs.approvals = [];
    approve(site.vendor, [labs]);
    revokeBuild(site);
    const loaded = installed.json<Loaded>(['load', installed.bundleFile()]);
    expect(loaded).toMatchObject({
      type: 'appwarrant/load/1',
      problem: null,
      replaced: { timestamp: 1 },
      changes: {
        added: [{ name: 'Cockpit 2.0.0 (server) of Example Partner' }],
        removed: [{ name: 'Wards 1.0.0 (server) of Example Partner' }],
        renewed: [{ name: 'Labs 1.0.0 (server) of Example Partner' }],
        refused: [{ name: 'Orders 1.0.0 (server) of Example Partner', code: 'revoked' }],
      },
    });
    // What was refused before is no news.
    const next = installed.json<Loaded>(['load', installed.bundleFile()]);
    expect(next.changes).toEqual({ added: [], removed: [], renewed: [], refused: [] });
    expect(installed.run(['load', installed.bundleFile()]).stdout).toContain(
      'No build has come, gone or been refused.',
    );
  });

  test('says that nothing has changed when the same bundle is loaded again', () => {
    const installed = install();
    const file = installed.bundleFile();
    installed.run(['load', file]);
    const before = contentOf(installed.site.folder);
    expect(installed.run(['load', file])).toMatchObject({
      status: 0,
      stdout: expect.stringContaining('nothing has changed') as string,
    });
    expect(contentOf(installed.site.folder)).toEqual(before);
  });

  test('names ten builds and counts the others', () => {
    const installed = install();
    for (let i = 0; i < 14; i += 1) addBuild(installed, `App${i}`);
    const { stdout } = installed.run(['load', installed.bundleFile()]);
    expect(stdout.match(/^ {2}\+ /gm)).toHaveLength(11);
    expect(stdout).toContain('  + and 5 more\n');
  });

  test('says of a refused bundle what stays in force', () => {
    const installed = install();
    const old = installed.bundleFile();
    const none = installed.run(['load', fileWith('no bundle')]);
    expect(none).toMatchObject({ status: 1, stdout: '' });
    expect(none.stderr).toContain('nothing is loaded here');
    installed.run(['load', installed.bundleFile()]);
    const before = contentOf(installed.site.folder);
    const refused = installed.run(['load', old]);
    expect(refused).toMatchObject({ status: 1, stdout: '' });
    expect(refused.stderr).toMatch(/^rollback: [^]*help rollback[^]*allowlist 2, signed .*stays in force/);
    expect(installed.json(['load', old])).toMatchObject({
      type: 'appwarrant/refused/1',
      code: 'rollback',
      page: 'dist/codes/rollback.md',
    });
    expect(contentOf(installed.site.folder)).toEqual(before);
  });

  test('shows names that would move the cursor or turn the text as what they are', () => {
    const installed = install();
    const escape = '\u001b[2J\u202e';
    const run = installed.run(['load', join(temporaryFolder(), `${escape}bundle`)]);
    expect(run.status).toBe(1);
    expect(run.stderr).toContain('\\u{1b}[2J\\u{202e}bundle');
    expect(installed.run([`${escape}`]).stderr).toContain('\\u{1b}');
  });

  test('needs a key, and makes none', () => {
    const installed = install();
    rmSync(join(installed.site.folder, 'deployment-key.pem'));
    expect(installed.run(['load', installed.bundleFile()]).stderr).toMatch(/^not_activated: /);
    expect(contentOf(installed.site.folder)).toEqual({});
  });
});

describe('A command that is given a state folder', () => {
  const lines = ['load FILE', 'status', 'explain FILE', 'verify-artifact FILE', 'receipt verify FILE'];

  /** What a command says, in one line. */
  function said(installed: Installed, line: string): string {
    const request = fileWith('GET / HTTP/1.1\r\n\r\n');
    const { stdout, stderr, status } = installed.run(line.replace('FILE', request).split(' '));
    expect(status, line).toBe(1);
    return `${stdout}${stderr}`.replaceAll('\n', ' ');
  }

  test.each(lines)('names the folder where there is none, and what to look at: %s', (line) => {
    const installed = install();
    rmSync(installed.site.folder, { recursive: true });
    const text = said(installed, line);
    expect(text).toContain(`There is no folder ${installed.site.folder}.`);
    expect(text).toContain("Name the server's own folder with --state; where there was never one, run");
    expect(text.includes('--bundle FILE')).toBe(line.startsWith('receipt'));
    expect(existsSync(installed.site.folder)).toBe(false);
  });

  test.each(lines)('has the key restored where it is lost, and never has activate run first: %s', (line) => {
    const installed = install();
    installed.run(['load', installed.bundleFile()]);
    rmSync(join(installed.site.folder, 'deployment-key.pem'));
    const text = said(installed, line);
    expect(text).toContain('was activated before, and its deployment-key.pem is missing. Restore');
    expect(text).not.toContain('activate command once');
  });

  test.each([...lines, 'activate'])('says that it is a file: %s', (line) => {
    const installed = install();
    rmSync(installed.site.folder, { recursive: true });
    writeFileSync(installed.site.folder, '');
    expect(said(installed, line)).toContain(`${installed.site.folder} is a file, not a folder.`);
  });

  test.skipIf(process.getuid?.() !== 0).each([...lines, 'activate', 'doctor'])(
    'has it run as the owner where this user has no rights: %s',
    (line) => {
      const installed = install();
      installed.run(['load', installed.bundleFile()]);
      chmodSync(installed.site.folder, 0o700);
      chmodSync(installed.package, 0o755);
      const file = fileWith('GET / HTTP/1.1\r\n\r\n');
      chmodSync(dirname(file), 0o755);
      const at = ['--state', installed.site.folder, '--origin', installed.site.origin];
      const run = spawnSync(
        process.execPath,
        [join(installed.package, 'src/cli.ts'), ...line.replace('FILE', file).split(' '), ...at],
        { encoding: 'utf8', uid: 65_534 },
      );
      const text = `${run.stdout}${run.stderr}`.replaceAll(/\s+/g, ' ');
      expect(run.status).toBe(1);
      expect(text).toContain(`User 65534 is not permitted to use ${installed.site.folder}.`);
      expect(text).toContain('Run this as the user that owns the folder (user 0)');
      expect(text).not.toMatch(/Tell the vendor|Make room/i);
    },
  );
});

test.skipIf(process.getuid?.() !== 0)(
  'An owner who may not write into the own folder is told to take it back; what is loaded stays in force',
  () => {
    const installed = install();
    installed.run(['load', installed.bundleFile()]);
    const { folder, origin } = installed.site;
    for (const file of [folder, ...Object.keys(contentOf(folder)).map((name) => join(folder, name))])
      chownSync(file, 65_534, 65_534);
    chmodSync(folder, 0o500);
    chmodSync(installed.package, 0o755);
    const next = installed.bundleFile();
    chmodSync(dirname(next), 0o755);
    const run = (...args: string[]) =>
      spawnSync(
        process.execPath,
        [join(installed.package, 'src/cli.ts'), ...args, '--state', folder, '--origin', origin],
        { encoding: 'utf8', uid: 65_534 },
      );
    const refused = run('load', next);
    expect(refused.status).toBe(1);
    expect(refused.stderr).toContain('state_unusable: User 65534 is not permitted to use');
    expect(refused.stderr.replaceAll(/\s+/g, ' ')).toContain(
      `as root, chown -R 65534 ${folder} && chmod 700 ${folder}`,
    );
    expect(refused.stderr).toContain('allowlist 1, signed');
    expect(run('status')).toMatchObject({ status: 0 });
    expect(run('doctor').stdout).toMatch(/NOW {3}writable[^]*chown -R 65534/);
  },
);

describe('activate, where something was loaded and the key is lost,', () => {
  test.each(['floor.json', 'bundle', 'bundle.incoming'])('makes no other deployment silently: %s', (file) => {
    const installed = install();
    const { folder, deployment } = installed.site;
    rmSync(join(folder, 'deployment-key.pem'));
    writeFileSync(join(folder, file), 'of before');
    const before = contentOf(folder);
    const run = installed.run(['activate']);
    expect(run).toMatchObject({ status: 1, stdout: '' });
    expect(run.stderr).toMatch(/^not_activated: [^]*--new-deployment/);
    expect(contentOf(folder)).toEqual(before);

    const meant = installed.run(['activate', '--new-deployment']);
    expect(meant).toMatchObject({ status: 0 });
    expect(meant.stdout.trim()).toMatch(/^[A-Za-z0-9_-]{43}$/);
    expect(meant.stdout.trim()).not.toBe(deployment);
    // A key that is there is never replaced.
    expect(installed.run(['activate', '--new-deployment']).stdout).toBe(meant.stdout);
  });
});

describe('status', () => {
  test('names the deployment, what ends when, and since when anything is known', () => {
    const installed = install();
    expect(installed.run(['status']).stdout).toContain(`deployment  ${installed.site.deployment}`);
    installed.run(['load', installed.bundleFile()]);
    const { stdout } = installed.run(['status']);
    const { allowlist } = installed.json<Status>(['status']);
    const { freshUntil, expires, license, wall, floorSince } = allowlist ?? {};
    expect(stdout).toMatch(new RegExp(`deployment +${installed.site.deployment}`));
    expect(stdout).toMatch(
      new RegExp(`fresh until +${String(freshUntil)}\n +grace until +${String(expires)}`),
    );
    expect(stdout).toMatch(new RegExp(`licence until +${String(license?.expires)}`));
    expect(stdout).toMatch(
      new RegExp(`metadata until +${String(wall)}\n +known since +${String(floorSince)}`),
    );
  });

  test('says why the bundle that lies here does not count, and what to do about that', () => {
    const installed = install();
    installed.run(['load', installed.bundleFile()]);
    const run = runProgram(installed.package, [
      ...['status', '--state', installed.site.folder],
      ...['--origin', 'https://another.example'],
    ]);
    expect(run.status).toBe(1);
    expect(run.stdout).toContain('does not count: origin_not_licensed. https://another.example is not');
    expect(run.stdout).toContain('help origin_not_licensed');
    expect(run.stdout).not.toContain('Send the deployment id');
  });

  test('changes nothing, not even a load that was cut short', () => {
    const installed = install();
    installed.run(['load', installed.bundleFile()]);
    const { folder } = installed.site;
    writeFileSync(join(folder, 'bundle.incoming'), nextBundle(installed.site));
    const before = contentOf(folder);
    expect(installed.run(['status']).stdout).toContain('allowlist 2');
    expect(contentOf(folder)).toEqual(before);
  });

  test('makes no folder where there is none', () => {
    const installed = install();
    cpSync(installed.site.folder, temporaryFolder(), { recursive: true });
    rmSync(installed.site.folder, { recursive: true });
    const run = installed.run(['status']);
    expect(run).toMatchObject({ status: 1 });
    expect(run.stdout).toContain('not_activated');
    expect(() => contentOf(installed.site.folder)).toThrow('ENOENT');
  });

  test('as JSON is the status that the server itself gives', () => {
    const installed = install();
    installed.run(['load', installed.bundleFile()]);
    expect(installed.json(['status'])).toMatchObject({
      type: 'appwarrant/status/1',
      vendor: 'Acme',
      problem: null,
      allowlist: { freshness: 'fresh', builds: { listed: 1, unjudged: 0 } },
    });
    expect(installed.json(['status'], 61 * day)).toMatchObject({ problem: { code: 'allowlist_expired' } });
    const over = installed.run(['status'], 61 * day);
    expect(over.status).toBe(1);
    expect(over.stdout).toContain('help allowlist_expired');
  });
});
