import { cpSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import type { Status } from '../../src/index.ts';
import { timeOf } from '../../src/formats.ts';
import { addEntry, approve, day, entryCustom, makeAppKey, makeDigest } from '../compose/vendor.ts';
import { contentOf, nextBundle, revokeBuild, temporaryFolder } from '../state/site.ts';
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

describe('status', () => {
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
