import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { secondsOf, timeOf } from '@appwarrant/verifier/formats';
import { afterEach, beforeEach, expect, test } from 'vitest';

import { readConfig } from '../../src/config.ts';
import { openLog } from '../../src/log.ts';
import { publishOrThrow } from '../../src/publishing/publish.ts';
import { openPortal } from '../../src/start/open-portal.ts';

let dataDir: string;
beforeEach(() => {
  dataDir = mkdtempSync(join(tmpdir(), 'appwarrant-start-'));
});
afterEach(() => rmSync(dataDir, { recursive: true, force: true }));

function open(ahead = 0, port = '8600') {
  const config = readConfig(
    { APPWARRANT_DATA: dataDir, PORT: port },
    { home: dataDir, sources: '/nowhere', readFile: () => '' },
  );
  return openPortal(config, { now: () => Math.floor(Date.now() / 1000) + ahead, log: openLog('silent') });
}

type Portal = Awaited<ReturnType<typeof open>>;
const publications = ({ context }: Portal) =>
  context.db.selectFrom('publications').selectAll().orderBy('version').execute();

test('the first start publishes an empty allowlist, and a second start nothing', async () => {
  const first = await open();
  const [published, ...others] = await publications(first);
  expect([published?.state, published?.cause, others.length]).toEqual(['published', 'start', 0]);
  await first.close();
  const second = await open();
  expect(await publications(second)).toHaveLength(1);
  await second.close();
});

test('a timestamp of more than an hour is signed again at the start', async () => {
  await (await open()).close();
  const later = await open(3601);
  const [first, second] = await publications(later);
  expect(secondsOf(second?.signed_at ?? '') - secondsOf(first?.signed_at ?? '')).toBeGreaterThan(3600);
  expect(second?.snapshot_version).toBe(first?.snapshot_version);
  await later.close();
});

test('an attempt that was cut short is marked, and its version is never used again', async () => {
  const first = await open();
  const at = timeOf(first.context.now());
  await first.context.db
    .insertInto('publications')
    .values({ version: 2, state: 'reserved', cause: 'approval', created_at: at, summary_json: '{}' })
    .execute();
  await first.close();
  const again = await open();
  expect((await publications(again)).map(({ version, state }) => [version, state])).toEqual([
    [1, 'published'],
    [2, 'failed'],
  ]);
  expect(await publishOrThrow(again.context, { cause: 'by hand', actor: null })).toMatchObject({
    version: 3,
  });
  await again.close();
});

test('a clock that went back publishes nothing', async () => {
  await (await open(1000)).close();
  const back = await open();
  await expect(publishOrThrow(back.context, { cause: 'by hand', actor: null })).rejects.toMatchObject({
    code: 'publication_refused',
  });
  await back.close();
});

test('with development keys, another port adds its approving origin to the roster', async () => {
  await (await open()).close();
  const moved = await open(0, '8601');
  const row = await moved.context.db
    .selectFrom('roles')
    .select('version')
    .where('role', '=', 'targets')
    .executeTakeFirst();
  expect(row?.version).toBe(2);
  await moved.close();
});

test('who asks while something is published is served by the next publication', async () => {
  const portal = await open();
  const why = { cause: 'by hand', actor: null } as const;
  const [first, second, third] = await Promise.all([1, 2, 3].map(() => publishOrThrow(portal.context, why)));
  expect([first?.version, second?.version, third?.version]).toEqual([2, 2, 2]);
  expect((await publishOrThrow(portal.context, why)).version).toBe(3);
  await portal.close();
});
