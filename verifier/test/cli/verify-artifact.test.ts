import { createHash, randomBytes } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import { timeOf } from '../../src/formats.ts';
import { addEntry, approve, day, entryCustom, makeAppKey, makeId } from '../compose/vendor.ts';
import type { EntryCustom } from '../../src/custom.ts';
import { contentOf, makeSite, nextBundle, start } from '../state/site.ts';
import { expectNarrow, fileWith, install, type Installed } from './program.ts';

type Verdict = {
  type: string;
  digest: string;
  length: number;
  approved: boolean;
  problem: { code: string } | null;
  revokedThrough: string | null;
  package: string | null;
  builds: {
    approved: boolean;
    inForce: boolean;
    code: string | null;
    app?: { name: string };
    approvedBy?: { name: string }[];
    capabilities?: string[];
  }[];
};

const digestOf = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex');

/** A site with this artifact listed, as one build for each of `changes`; approved by everybody unless `people` says otherwise. */
function siteWith(artifact: Uint8Array, changes: Partial<EntryCustom>[], people?: number): Installed {
  const site = makeSite();
  const { vendor } = site;
  for (const change of changes) {
    const entry = addEntry(vendor, entryCustom(vendor, makeAppKey(), change), { digest: digestOf(artifact) });
    approve(vendor, [entry], vendor.people.slice(0, people));
  }
  start(site).load(nextBundle(site));
  return install(site);
}

function judge(installed: Installed, artifact: Uint8Array, by?: number): Verdict & { status: number | null } {
  const file = fileWith(artifact);
  const { stdout, status } = installed.run(['verify-artifact', file, '--json'], by);
  const told = installed.run(['verify-artifact', file], by);
  expect(told.status).toBe(status);
  expect(told.stdout).toContain(digestOf(artifact));
  expectNarrow(told.stdout);
  return { ...(JSON.parse(stdout) as Verdict), status };
}

describe('verify-artifact', () => {
  test('says of an approved build what it is, by whom it was approved and for what', () => {
    const artifact = randomBytes(3 * 1024 * 1024 + 17);
    const installed = siteWith(artifact, [{}]);
    const before = contentOf(installed.site.folder);
    expect(judge(installed, artifact)).toMatchObject({
      status: 0,
      type: 'appwarrant/artifact/1',
      digest: digestOf(artifact),
      length: artifact.length,
      approved: true,
      problem: null,
      builds: [
        {
          approved: true,
          inForce: true,
          code: null,
          app: { name: 'Orders' },
          approvedBy: [{ name: 'Ada Approver' }, { name: 'Ben Approver' }],
          capabilities: ['orders:read', 'orders:write'],
        },
      ],
    });
    expect(contentOf(installed.site.folder)).toEqual(before);
  });

  test('says of a file that is not listed nothing but its digest', () => {
    const artifact = randomBytes(100);
    const installed = siteWith(randomBytes(100), [{}]);
    expect(judge(installed, artifact)).toMatchObject({ status: 1, approved: false, builds: [] });
    expect(judge(installed, new Uint8Array())).toMatchObject({ status: 1, length: 0 });
  });

  test('names every build that has these bytes, and is content with one in force', () => {
    const artifact = randomBytes(100);
    const other = { id: 'wards', name: 'Wards' };
    const installed = siteWith(artifact, [{}, { app: other }]);
    const { builds, status } = judge(installed, artifact);
    expect(builds.map(({ app }) => app?.name ?? '').sort()).toEqual(['Orders', 'Wards']);
    expect(status).toBe(0);
  });

  test.each<[string, Partial<EntryCustom>]>([
    ['not_yet_valid', { validFrom: later(10), expires: later(20) }],
    ['not_licensed_here', { customers: [makeId('c')] }],
  ])('says of a build that does not count here why: %s', (code, change) => {
    const artifact = randomBytes(100);
    const verdict = judge(siteWith(artifact, [change]), artifact);
    expect(verdict).toMatchObject({ status: 1, approved: false, builds: [{ inForce: false, code }] });
  });

  test('says that a build has ended, or that too few have approved it', () => {
    const artifact = randomBytes(100);
    const ending = siteWith(artifact, [{ expires: later(10) }]);
    expect(judge(ending, artifact)).toMatchObject({ status: 0 });
    expect(judge(ending, artifact, 11 * day)).toMatchObject({
      status: 1,
      builds: [{ code: 'entry_expired' }],
    });
    const half = siteWith(artifact, [{}], 1);
    expect(judge(half, artifact)).toMatchObject({ status: 1, builds: [{ code: 'approvals_missing' }] });
  });

  test('knows a revoked artifact, also when the bundle no longer lists it', () => {
    const artifact = randomBytes(100);
    const installed = siteWith(artifact, [{}]);
    const { site } = installed;
    const { vendor } = site;
    const through = timeOf(vendor.now);
    vendor.revocations.push({ subject: { kind: 'artifact', digest: digestOf(artifact) }, through });
    start(site).load(nextBundle(site));
    expect(judge(installed, artifact)).toMatchObject({
      status: 1,
      revokedThrough: through,
      builds: [{ code: 'revoked' }],
    });
    vendor.targets = vendor.targets.filter(({ digest }) => digest !== digestOf(artifact));
    vendor.revocations = [];
    start(site).load(nextBundle(site));
    expect(judge(installed, artifact)).toMatchObject({ status: 1, revokedThrough: through, builds: [] });
  });

  test('says of an approved build, too, that no app at all is admitted now', () => {
    const artifact = randomBytes(100);
    const installed = siteWith(artifact, [{}]);
    expect(judge(installed, artifact, 61 * day)).toMatchObject({
      status: 1,
      approved: false,
      problem: { code: 'allowlist_expired' },
      builds: [{ inForce: true }],
    });
    expect(judge(installed, artifact, -day)).toMatchObject({ status: 1, problem: { code: 'clock_behind' } });
  });

  test('says why it cannot judge: no bundle, no such file, a folder', () => {
    const empty = install();
    expect(empty.run(['verify-artifact', fileWith('x')])).toMatchObject({
      status: 1,
      stderr: expect.stringMatching(/^no_bundle: /) as string,
    });
    const installed = siteWith(randomBytes(1), [{}]);
    expect(installed.run(['verify-artifact', `${fileWith('x')}.none`])).toMatchObject({
      status: 1,
      stdout: '',
    });
    expect(installed.run(['verify-artifact', installed.package]).stderr).toContain('it is a folder');
  });
});

function later(days: number): string {
  return timeOf(Math.floor(Date.now() / 1000) + days * day);
}
