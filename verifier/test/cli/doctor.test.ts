import { spawnSync } from 'node:child_process';
import { chmodSync, copyFileSync, existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { inTurn } from '../../src/folder-lock.ts';
import { timeOf } from '../../src/formats.ts';
import {
  addEntry,
  addForCustomer,
  approve,
  day,
  entryCustom,
  grantCustom,
  makeAppKey,
} from '../compose/vendor.ts';
import {
  contentOf,
  makeSite,
  nextBundle,
  revokeBuild,
  start,
  standing,
  temporaryFolder,
} from '../state/site.ts';
import { makePackage, runProgram } from '../state/vendor-package.ts';
import { expectCalm, expectNarrow, install, type Installed } from './program.ts';

type Finding = {
  id: string;
  level: 'ok' | 'soon' | 'now';
  says: string;
  todo: string | null;
  code: string | null;
  page: string | null;
  ends: string | null;
  daysLeft: number | null;
};
type Report = {
  worst: string;
  problem: { code: string; because: string | null; message: string } | null;
  findings: Finding[];
  ends: { kind: string; name: string; ends: string; daysLeft: number }[];
};

const isWindows = process.platform === 'win32';

function examine(installed: Installed, by?: number): Report {
  const report = installed.json<Report>(['doctor'], by);
  for (const { level, todo, code, page, says } of report.findings) {
    expect(says).not.toBe('');
    // Whatever is not in order comes with what to do; whatever has a code, with its page.
    expect(todo === null).toBe(level === 'ok');
    expect(page).toBe(code === null ? null : `dist/codes/${code}.md`);
  }
  return report;
}

/** The findings of one kind, each in short. */
function found({ findings }: Report, id: string): string[] {
  return findings
    .filter((finding) => finding.id === id)
    .map(({ level, code }) => (code === null ? level : `${level} ${code}`));
}

function loaded(installed = install()): Installed {
  start(installed.site).load(nextBundle(installed.site));
  return installed;
}

describe('doctor, at a site', () => {
  test('where no app is admitted, says the code that status says, and what to do in the same words', () => {
    const said = (installed: Installed) => {
      const { problem } = examine(installed);
      const { problem: told } = installed.json<Report>(['status']);
      expect([problem?.code, problem?.code === 'no_bundle' || problem?.message]).toEqual([
        told?.code,
        told?.code === 'no_bundle' || told?.message,
      ]);
      return [problem?.code, problem?.because ?? null];
    };
    const torn = loaded();
    const bundle = join(torn.site.folder, 'bundle');
    writeFileSync(bundle, readFileSync(bundle).subarray(0, 5000));
    expect(said(torn)).toEqual(['no_bundle', 'bundle_malformed']);
    expect(torn.run(['doctor']).stdout).toContain('starts now: no_bundle (bundle_malformed).');
    const elsewhere = loaded();
    const other = { ...elsewhere.site, origin: 'https://other.hospital.test' };
    expect(said({ ...install(other), site: other })).toEqual(['no_bundle', 'origin_not_licensed']);
    const none = install();
    rmSync(none.site.folder, { recursive: true });
    expect(said(none)).toEqual(['not_activated', null]);
    writeFileSync(none.site.folder, '');
    expect(said(none)).toEqual(['state_unusable', null]);
  });

  test('that is well, finds nothing, and says of everything when it ends', () => {
    const installed = loaded();
    const report = examine(installed);
    expect(report).toMatchObject({
      type: 'appwarrant/doctor/1',
      worst: 'ok',
      problem: null,
      vendor: 'Acme',
      environment: 'production',
      deployment: installed.site.deployment,
    });
    const ids = [
      'node',
      'package',
      'state',
      'key',
      'files',
      'writable',
      'space',
      'floor',
      'bundle',
      'incoming',
      'replay',
      'processes',
      'origin',
      'clock',
      'freshness',
      'grace',
      'licence',
      'role',
      'build',
      'refused',
    ];
    expect([...new Set(report.findings.map(({ id }) => id))]).toEqual(ids);
    const partner = installed.site.entry.role;
    const roles = ['root', 'timestamp', 'snapshot', 'targets', 'registry', installed.site.customer, partner];
    expect(report.ends.filter(({ kind }) => kind === 'role').map(({ name }) => name)).toEqual(roles);
    expect(report.findings.find(({ id }) => id === 'freshness')).toMatchObject({ daysLeft: 29 });
    expect(report.findings.find(({ id }) => id === 'grace')).toMatchObject({ daysLeft: 59 });
    expect(report.ends.find(({ kind }) => kind === 'licence')).toMatchObject({ daysLeft: 729 });
    expect(report.ends.find(({ kind }) => kind === 'build')).toMatchObject({
      name: 'Orders 1.0.0 of Example Partner',
      daysLeft: 364,
    });

    const run = installed.run(['doctor']);
    expect(run).toMatchObject({ status: 0, stderr: '' });
    expect(run.stdout).toContain('Approved apps are admitted.');
    expectNarrow(run.stdout);
  });

  test('that is not activated, or of which the folder is missing, says so and makes nothing', () => {
    const installed = install();
    rmSync(join(installed.site.folder, 'deployment-key.pem'));
    const empty = examine(installed);
    expect(found(empty, 'key')).toEqual(['now not_activated']);
    expect(empty).toMatchObject({ worst: 'now', problem: { code: 'not_activated' } });
    rmSync(installed.site.folder, { recursive: true });
    expect(found(examine(installed), 'state')).toEqual(['now not_activated']);
    expect(existsSync(installed.site.folder)).toBe(false);
    writeFileSync(installed.site.folder, 'a file');
    expect(found(examine(installed), 'state')).toEqual(['now state_unusable']);
    expect(installed.run(['doctor'])).toMatchObject({ status: 1, stderr: '' });
  });

  test('that has loaded nothing names the deployment that a bundle has to be made for', () => {
    const installed = install();
    const report = examine(installed);
    expect(found(report, 'bundle')).toEqual(['now no_bundle']);
    expect(found(report, 'floor')).toEqual(['ok']);
    expect(report.findings.find(({ id }) => id === 'bundle')?.todo).toContain(installed.site.deployment);
  });

  test('whose allowlist gets old says so in time: before it is stale, while it is, and when it is over', () => {
    const installed = loaded();
    const after = (days: number): string[][] => {
      const report = examine(installed, days * day);
      return ['freshness', 'grace'].map((id) => found(report, id));
    };
    expect(after(20)).toEqual([['ok'], ['ok']]);
    expect(after(24)).toEqual([['soon'], ['ok']]);
    expect(after(40)).toEqual([['soon'], ['soon']]);
    expect(after(55)).toEqual([['soon'], ['now']]);
    expect(after(61)).toEqual([['now allowlist_expired'], ['now allowlist_expired']]);
    expect(installed.run(['doctor'], 40 * day)).toMatchObject({ status: 0 });
    const over = installed.run(['doctor'], 61 * day);
    expect(over.status).toBe(1);
    expect(over.stdout).toContain('NO APP IS ADMITTED: allowlist_expired.');
    // The page of a code is named once.
    expect(over.stdout.split('help allowlist_expired')).toHaveLength(2);
  });

  test('that is past every wall says which roles have ended, and loads all the same', () => {
    const installed = loaded();
    const report = examine(installed, 400 * day);
    expect(found(report, 'role').filter((finding) => finding === 'now allowlist_expired')).toHaveLength(6);
    expect(found(examine(installed, 375 * day), 'role')).toContain('soon');
    expect(found(examine(installed, 735 * day), 'licence')).toEqual(['now license_expired']);
    expect(found(examine(installed, 700 * day), 'licence')).toEqual(['soon']);
  });

  test('whose clock is behind gives both times', () => {
    const installed = loaded();
    const report = examine(installed, -3 * 3600);
    expect(found(report, 'clock')).toEqual(['now clock_behind']);
    expect(report.problem).toMatchObject({ code: 'clock_behind' });
    const { says } = report.findings.find(({ id }) => id === 'clock') ?? { says: '' };
    expect(says.match(/\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ/g)).toHaveLength(2);
    expect(found(examine(installed, -60), 'clock')).toEqual(['soon']);
    expect(found(examine(install(), -3 * 3600), 'clock')).toEqual(['ok']);
  });

  test('whose floor was deleted or torn says that it was', () => {
    const installed = loaded();
    const floor = join(installed.site.folder, 'floor.json');
    rmSync(floor);
    expect(found(examine(installed), 'floor')).toEqual(['soon floor_missing']);
    writeFileSync(floor, '{"type":"appwarrant/floor/1"');
    expect(found(examine(installed), 'floor')).toEqual(['soon floor_missing']);
    // Without a floor only a fresh bundle counts.
    const old = examine(installed, 40 * day);
    expect(found(old, 'floor')).toEqual(['now floor_missing']);
    expect(found(old, 'bundle')).toEqual(['now floor_missing']);
    expect(readFileSync(floor, 'utf8')).toBe('{"type":"appwarrant/floor/1"');
  });

  test('whose stored bundle is damaged, older than the floor, or newer, says which', () => {
    const installed = install();
    const { site } = installed;
    const older = nextBundle(site);
    loaded(installed);
    const stored = join(site.folder, 'bundle');
    const newest = readFileSync(stored);
    writeFileSync(stored, older);
    expect(found(examine(installed), 'bundle')).toEqual(['now rollback']);
    writeFileSync(stored, newest.subarray(0, 100));
    const torn = examine(installed);
    expect(found(torn, 'bundle')).toEqual(['now bundle_malformed']);
    // What signed time is known, the floor tells.
    expect(torn.findings.find(({ id }) => id === 'clock')?.says).toContain('newest signed time');
    writeFileSync(stored, nextBundle(site));
    expect(found(examine(installed), 'bundle')).toEqual(['soon']);
  });

  test('where a load was cut short, says whether the next start can finish it', () => {
    const installed = loaded();
    const { site } = installed;
    const incoming = join(site.folder, 'bundle.incoming');
    writeFileSync(incoming, nextBundle(site));
    const report = examine(installed);
    expect(found(report, 'incoming')).toEqual(['soon']);
    expect(report.findings.find(({ id }) => id === 'bundle')?.says).toContain('Allowlist 2');
    writeFileSync(incoming, 'half a bundle');
    expect(found(examine(installed), 'incoming')).toEqual(['soon bundle_malformed']);
    expect(existsSync(incoming)).toBe(true);
  });

  test("whose key is damaged, or another vendor's folder, is told so", () => {
    const installed = loaded();
    const { folder } = installed.site;
    writeFileSync(join(folder, 'deployment-key.pem'), 'no key', { mode: 0o600 });
    expect(found(examine(installed), 'key')).toEqual(['now deployment_key_malformed']);
    const other = loaded();
    copyFileSync(join(other.site.folder, 'floor.json'), join(folder, 'floor.json'));
    copyFileSync(join(other.site.folder, 'deployment-key.pem'), join(folder, 'deployment-key.pem'));
    expect(found(examine(installed), 'floor')).toEqual(['now state_other_registry']);
  });

  test('that is asked about an origin that is not licensed names those that are', () => {
    const { site } = loaded();
    const program = makePackage(site.vendor);
    for (const [origin, code] of [
      ['https://other.example', 'origin_not_licensed'],
      ['HTTPS://erp', 'origin_malformed'],
    ] as const) {
      const run = runProgram(program, ['doctor', '--json', '--state', site.folder, '--origin', origin]);
      expectCalm(run);
      const report = JSON.parse(run.stdout) as Report;
      expect(found(report, 'origin')).toEqual([`now ${code}`]);
      expect(report.findings.find(({ id }) => id === 'origin')?.says).toContain(site.origin);
      // What else is there is seen all the same.
      expect(found(report, 'freshness')).toEqual(['ok']);
    }
    const none = JSON.parse(
      runProgram(program, ['doctor', '--json', '--state', site.folder]).stdout,
    ) as Report;
    expect(found(none, 'origin')).toEqual(['ok']);
  });

  test('with grants says what they do, and until when', () => {
    const installed = install();
    const { vendor, customer, deployment } = installed.site;
    const grant = (changes: object): void => {
      approve(vendor, [addForCustomer(vendor, grantCustom(vendor, customer, deployment, changes))]);
    };
    grant({});
    grant({ effect: { kind: 'grace', grace: 50 * day }, reason: 'Ship at sea' });
    addForCustomer(vendor, grantCustom(vendor, customer, deployment, { effect: { kind: 'breakGlass' } }));
    loaded(installed);
    const report = examine(installed);
    expect(found(report, 'grant').toSorted()).toEqual(['soon', 'soon']);
    expect(
      report.findings
        .filter(({ id }) => id === 'grant')
        .map(({ says }) => says)
        .join(),
    ).toContain('MONITOR MODE ("Introducing the verifier")');
    expect(report.ends.filter(({ kind }) => kind === 'grant')).toHaveLength(2);
    expect(found(examine(installed, 8 * day), 'grant')).toEqual(['ok', 'ok']);
  });

  test('says which builds end next, which have ended, and what is refused', () => {
    const installed = install();
    const { vendor } = installed.site;
    const build = (name: string, days: number): void => {
      const app = { id: name.toLowerCase(), name };
      const expires = timeOf(vendor.now + days * day);
      approve(vendor, [addEntry(vendor, entryCustom(vendor, makeAppKey(), { app, expires }))]);
    };
    build('Wards', 20);
    build('Labs', 2);
    revokeBuild(installed.site);
    loaded(installed);
    const report = examine(installed);
    expect(found(report, 'build')).toEqual(['now', 'soon']);
    expect(report.findings.find(({ id }) => id === 'build')?.says).toContain(
      'Labs 1.0.0 (server) of Example Partner',
    );
    // A revoked build is as the vendor wants it.
    expect(found(report, 'refused')).toEqual(['ok']);
    expect(found(examine(installed, 5 * day), 'build').toSorted()).toEqual(['soon', 'soon entry_expired']);
    addEntry(vendor, entryCustom(vendor, makeAppKey()));
    loaded(installed);
    expect(found(examine(installed), 'refused')).toEqual(['soon approvals_missing']);
  });

  test.skipIf(isWindows)(
    'whose key others can read, or whose folder others can write, says how to close it',
    () => {
      const installed = loaded();
      const { folder } = installed.site;
      chmodSync(join(folder, 'deployment-key.pem'), 0o644);
      expect(found(examine(installed), 'key')).toEqual(['now']);
      chmodSync(folder, 0o777);
      expect(found(examine(installed), 'state')).toEqual(['soon state_unusable']);
    },
  );

  test('with development keys says so loudly', () => {
    const site = makeSite(
      { environment: 'development', rpId: 'approve.localhost', origins: ['http://approve.localhost:8600'] },
      'http://localhost:8700',
    );
    const installed = loaded(install(site));
    expect(found(examine(installed), 'package')).toEqual(['soon']);
    expect(installed.run(['doctor']).stdout).toContain('DEVELOPMENT KEYS');
  });

  test('of which the package is damaged, says so, and looks at the rest', () => {
    const installed = loaded();
    writeFileSync(join(installed.package, 'anchor.json'), '{}');
    const report = examine(installed);
    expect(found(report, 'package')).toEqual(['now anchor_malformed']);
    expect(found(report, 'floor')).toEqual(['ok']);
    writeFileSync(join(installed.package, 'anchor.json'), '{"type":"appwarrant/anchor/1","anchor":null}');
    expect(found(examine(installed), 'package')).toEqual(['now no_trust_anchor']);
  });
});

describe('doctor', () => {
  test('changes nothing, whatever it finds', () => {
    const installed = loaded();
    const { folder } = installed.site;
    writeFileSync(join(folder, 'bundle.incoming'), nextBundle(installed.site));
    writeFileSync(join(folder, 'replay'), 'kept');
    writeFileSync(join(folder, 'replay.owner'), 'somebody');
    const before = contentOf(folder);
    for (const by of [undefined, -86_400, 61 * day]) {
      examine(installed, by);
      installed.run(['status'], by);
    }
    expect(contentOf(folder)).toEqual(before);
  });

  test('is safe beside a running server, which keeps its nonces and its mark', () => {
    const installed = install();
    const { site } = installed;
    const server = start(site);
    server.load(nextBundle(site));
    examine(installed);
    expect(standing(server)).toBeNull();
    server.close();
    // It has left its nonces, as only a server does that was alone; looking takes them from nobody.
    const kept = join(site.folder, 'replay');
    expect(existsSync(kept)).toBe(true);
    const report = examine(installed);
    expect(report.findings.find(({ id }) => id === 'replay')?.says).toContain('closed in good order');
    expect(existsSync(kept)).toBe(true);
    writeFileSync(kept, 'torn');
    expect(found(examine(installed), 'replay')).toEqual(['soon proof_before_start']);
  });

  test('says that a load is under way, and no more', () => {
    const installed = loaded();
    const { folder } = installed.site;
    writeFileSync(join(folder, 'bundle.incoming'), nextBundle(installed.site));
    inTurn(folder, () => {
      expect(found(examine(installed), 'incoming')).toEqual(['ok']);
    });
    expect(found(examine(installed), 'incoming')).toEqual(['soon']);
  });

  // Only root can run a program as somebody else.
  test.skipIf(process.getuid?.() !== 0)('run by another user than the server says so first', () => {
    const installed = loaded();
    const { folder } = installed.site;
    for (const each of [folder, installed.package]) chmodSync(each, 0o755);
    const program = join(installed.package, 'src', 'cli.ts');
    const args = ['doctor', '--json', '--state', folder];
    const run = spawnSync(process.execPath, [program, ...args], {
      encoding: 'utf8',
      uid: 65_534,
      gid: 65_534,
    });
    expectCalm(run);
    const report = JSON.parse(run.stdout) as Report;
    expect(report.findings[0]).toMatchObject({ id: 'state', level: 'now', code: 'state_unusable' });
    expect(found(report, 'writable')).toEqual(['now state_unusable']);
  });

  // Whoever is root writes anywhere: a folder in which nobody can make files stands for a disk that is full or mounted read-only.
  test.skipIf(isWindows)('says why it cannot write into the state folder', () => {
    const installed = loaded();
    const elsewhere = temporaryFolder();
    const program = ['--state', '/proc/self/fdinfo', '--origin', installed.site.origin];
    if (process.platform !== 'linux') return;
    mkdirSync(join(elsewhere, 'unused'));
    const run = runProgram(installed.package, ['doctor', '--json', ...program]);
    expectCalm(run);
    expect(found(JSON.parse(run.stdout) as Report, 'writable')).toEqual(['now state_unusable']);
  });
});
