import { mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { createDevelopmentRepository } from '@appwarrant/keys';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';

import { answerRequest, createRegistry, layTable, type Table } from '../../demo/offline-keys.ts';
import { runToEnd } from '../../demo/process.ts';
import type { BuildAnswer, RosterAnswer, Vendor, VerifierPackage } from '../../src/api-types.ts';
import { build as buildRelease } from '../../../.ci/build.ts';
import { offlineRoles } from '../../src/publishing/offline-roles.ts';
import { approve, enrolApprover, type TestApprover } from '../approving.ts';
import { codeOf, makePartner, startTestPortal, submitBuild, type TestPortal } from '../test-portal.ts';

let folder: string;
let table: Table;
let environment: Record<string, string>;

beforeAll(async () => {
  await buildRelease(['verifier']);
  folder = mkdtempSync(join(tmpdir(), 'appwarrant-production-'));
  table = layTable(join(folder, 'table'));
  environment = {
    APPWARRANT_DATA: join(folder, 'data'),
    APPWARRANT_ORIGIN: 'https://portal.acme.test',
    APPWARRANT_APPROVE_ORIGIN: 'https://approve.acme.test',
    APPWARRANT_PASSPHRASE: 'horses for courses, always',
    PORT: '0',
  };
}, 240_000);
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const PORTAL = join(import.meta.dirname, '../../src/portal.ts');

/** Runs the command as `npm run portal` does. */
function command(args: readonly string[], change: Record<string, string> = {}, left: readonly string[] = []) {
  const env = Object.fromEntries(
    Object.entries({ ...environment, ...change }).filter(([name]) => !left.includes(name)),
  );
  return runToEnd(process.execPath, ['--conditions=appwarrant-source', PORTAL, ...args], {
    cwd: folder,
    env,
  });
}

describe('a production portal begins with a request, a ceremony and init', () => {
  test('the request makes encrypted online keys, and asks for a passphrase', async () => {
    const without = await command(['request', '--vendor', 'Acme', '--slug', 'acme'], {}, [
      'APPWARRANT_PASSPHRASE',
    ]);
    expect([without.code, without.stderr.split('\n').length]).toEqual([1, 2]);
    expect(without.stderr).toContain('APPWARRANT_PASSPHRASE');
    const made = await command(['request', '--vendor', 'Acme', '--slug', 'acme', '--out', 'creation.json']);
    expect([made.code, made.stderr]).toEqual([0, '']);
    expect(readFileSync(join(folder, 'data/keys/registry.pem'), 'utf8')).toContain(
      'BEGIN ENCRYPTED PRIVATE KEY',
    );
  });

  test('before init the portal does not start, and does not become a development portal either', async () => {
    await expect(startTestPortal({ environment })).rejects.toThrow(/portal -- init/);
  });

  test('a development root never becomes the root of a production portal', async () => {
    const dir = join(folder, 'elsewhere');
    await createDevelopmentRepository({
      dir,
      now: 1_800_000_000,
      rpId: 'approve.localhost',
      origins: ['http://approve.localhost:8600'],
    });
    const keys = join(dir, 'development-keys');
    const said = await command([
      'init',
      '--root',
      join(keys, '1.root.json'),
      '--targets',
      join(keys, '1.targets.json'),
    ]);
    expect([said.code, said.stderr]).toEqual([
      1,
      'This is a development root: it never becomes the root of a production portal.\n',
    ]);
  });

  test('init takes what the ceremony signed, once and for ever', async () => {
    await createRegistry(table, readFileSync(join(folder, 'creation.json')));
    const args = [
      'init',
      '--root',
      join(table.repository, '1.root.json'),
      '--targets',
      join(table.repository, '1.targets.json'),
    ];
    const moved = await command(args, { APPWARRANT_APPROVE_ORIGIN: 'https://other.acme.test' });
    expect([moved.code, moved.stderr]).toEqual([
      1,
      expect.stringContaining('The roster is for approving at https://approve.acme.test'),
    ]);
    for (let times = 0; times < 2; times += 1) {
      const said = await command(args);
      expect([said.code, said.stderr]).toEqual([0, '']);
      expect(said.stdout).toMatch(/^The registry is [0-9a-f]{64}\./);
    }
  });

  test('a wrong passphrase is one sentence', async () => {
    const said = await command(['publish'], { APPWARRANT_PASSPHRASE: 'not the right one at all' });
    expect([said.code, said.stderr.trim().split('\n').length]).toEqual([1, 1]);
    expect(said.stderr).toContain('passphrase');
  });

  test('the owner can publish, and verify the audit trail against what was published', async () => {
    const published = await command(['publish']);
    expect([published.code, published.stderr]).toEqual([0, '']);
    const audit = await command(['audit']);
    expect([audit.code, audit.stderr]).toEqual([0, '']);
    expect(audit.stdout).toMatch(/^The audit trail is whole: \d+ acts, 2 published heads in it/);
  });
});

describe('in production', () => {
  test('a folder of development keys stops the start', async () => {
    const stray = join(folder, 'data', 'development-keys');
    mkdirSync(stray);
    await expect(startTestPortal({ environment })).rejects.toThrow(/the two never mix/);
    rmSync(stray, { recursive: true });
  });

  let portal: TestPortal;
  let ada: TestApprover;
  let bert: TestApprover;

  beforeAll(async () => {
    portal = await startTestPortal({ environment });
    ada = await enrolApprover(portal, await portal.admin('Ada'));
    bert = await enrolApprover(portal, await portal.admin('Bert'));
  });
  afterAll(() => portal.close());

  const get = <T>(path: string) => ada.person.client.get<T>(path);
  const file = async (path: string) => (await ada.person.client.send({ method: 'GET', path })).bytes;

  test('nothing says development', async () => {
    expect(await get<Vendor>('/api/v1/vendor')).toMatchObject({
      name: 'Acme',
      environment: 'production',
      developmentKeys: false,
    });
  });

  test('the portal cannot sign the roster itself', async () => {
    expect(await codeOf(ada.person.client.post('/api/v1/roster/apply'))).toBe('offline_keys_elsewhere');
    expect((await get<RosterAnswer>('/api/v1/roster')).approvers).toEqual([]);
  });

  test('the ceremony signs the roster that the portal asks for, and the portal imports it', async () => {
    const signed = readFileSync(
      await answerRequest(table, 'roster', await file('/api/v1/roster/request')),
      'utf8',
    );
    const tampered = JSON.parse(signed) as { signed: { version: number } };
    tampered.signed.version += 1;
    expect(await codeOf(ada.person.client.post('/api/v1/roster/import', tampered))).toBe(
      'roster_import_refused',
    );
    const roster = await ada.person.client.post<RosterAnswer>('/api/v1/roster/import', JSON.parse(signed));
    expect(roster.approvers.map(({ name }) => name).sort()).toEqual(['Ada', 'Bert']);
    expect([roster.version, roster.pending, roster.request]).toEqual([2, [], null]);
    // The same file again is no successor of itself.
    expect(await codeOf(ada.person.client.post('/api/v1/roster/import', JSON.parse(signed)))).toBe(
      'roster_import_refused',
    );
    expect((await ada.person.client.send({ method: 'GET', path: '/api/v1/roster/request' })).code).toBe(
      'roster_request_missing',
    );
  });

  test('one approver is not enough', async () => {
    const partner = await makePartner(portal, ada.person, 'Orchid');
    const build = await submitBuild(portal, partner);
    expect(await approve(portal, ada, [{ kind: 'build', id: build.id }])).toMatchObject({ complete: 0 });
    expect((await get<BuildAnswer>(`/api/v1/builds/${build.id}`)).build.state).toBe('waiting');
    expect(await approve(portal, bert, [{ kind: 'build', id: build.id }])).toMatchObject({ complete: 1 });
    expect((await get<BuildAnswer>(`/api/v1/builds/${build.id}`)).build.state).toBe('published');
  });

  test('a root that the ceremony renewed is imported by command, while the portal runs', async () => {
    const ceremony = async (...args: string[]) => {
      const program = join(import.meta.dirname, '../../../keys/src/ceremony-command.ts');
      const said = await runToEnd(process.execPath, ['--conditions=appwarrant-source', program, ...args], {
        cwd: table.folder,
      });
      expect([said.code, said.stderr]).toEqual([0, '']);
      return said.stdout;
    };
    const place = ['--repository', table.repository];
    await ceremony('rotate-root', ...place, '--pending', 'rotation.json', '--years', '7');
    const heard = await ceremony('request', 'rotation.json', ...place);
    const confirmed = [...heard.matchAll(/^ {4}((?:[0-9a-f]{4} ){15}[0-9a-f]{4})$/gm)].flatMap(
      ([, spoken]) => ['--confirm', spoken ?? ''],
    );
    const keys = ['--key', 'ada.pem', '--key', 'bert.pem', '--passphrase-file', table.passphraseFile];
    await ceremony('sign', 'rotation.json', ...place, ...keys, ...confirmed);
    await ceremony('finish', 'rotation.json', ...place);
    const said = await command(['import', '--root', join(table.repository, '2.root.json')]);
    expect([said.code, said.stderr]).toEqual([0, '']);
    const { version } = await ada.person.client.post<{ version: number }>('/api/v1/publications');
    expect(said.stdout).toContain(`Published version ${version - 1}: root, timestamp.`);
    expect((await offlineRoles(portal.context)).root.version).toBe(2);
    const again = await command(['import', '--root', join(table.repository, '2.root.json')]);
    expect(again.code).toBe(1);
  });

  test('a verifier package is listed by the next targets that the ceremony signs', async () => {
    const made = await ada.person.client.post<VerifierPackage>('/api/v1/verifier-package');
    expect(made.targetsVersion).toBe(2);
    const signed = await answerRequest(table, 'packages', await file('/api/v1/verifier-package/request'));
    await ada.person.client.post('/api/v1/roster/import', JSON.parse(readFileSync(signed, 'utf8')));
    expect(
      (await ada.person.client.send({ method: 'GET', path: '/api/v1/verifier-package/request' })).code,
    ).toBe('roster_request_missing');
  });
});
