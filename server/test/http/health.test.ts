import { copyFileSync } from 'node:fs';
import { join } from 'node:path';

import { expect, test } from 'vitest';

import { createPortal } from '../../src/http/app.ts';
import { openLog } from '../../src/log.ts';
import { listen } from '../../src/start/listen.ts';
import { openPortal } from '../../src/start/open-portal.ts';
import { raw, startTestPortal } from '../test-portal.ts';

const ask = { method: 'GET', path: '/healthz', origin: null };

test('a portal that can sign and verify is healthy, and says nothing more', async () => {
  const portal = await startTestPortal();
  const answer = await raw(portal, ask);
  expect([answer.status, answer.text]).toEqual([200, '{"status":"ok"}']);
  await portal.close();
});

test('a portal whose key is not the one that root names is not healthy, and does not say why to everybody', async () => {
  const portal = await startTestPortal();
  const keys = join(portal.dataDir, 'development-keys');
  copyFileSync(join(keys, 'snapshot.pem'), join(keys, 'timestamp.pem'));
  const { config } = portal.context;
  const listening = await listen({ ...config, port: 0 });
  const now = () => Math.floor(Date.now() / 1000);
  const other = await openPortal({ ...config, port: listening.port }, { now, log: openLog('silent') });
  listening.serve(createPortal(other.context).callback());
  const answer = await raw(
    { ...portal, context: { ...other.context, config: { ...config, port: listening.port } } },
    ask,
  );
  expect(answer.code).toBe('not_ready');
  expect(answer.text).not.toContain('key');
  await listening.drain(0);
  await other.close();
  await portal.close();
});

test('a portal whose database is gone is not healthy', async () => {
  const portal = await startTestPortal();
  await portal.context.db.destroy();
  expect((await raw(portal, ask)).code).toBe('not_ready');
  await portal.close();
});
