import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { loadedSite, startSidecar } from './start.ts';

test('A sidecar over a bundle that does not count says why it does not, and what to do about that', async () => {
  const site = loadedSite();
  await using running = await startSidecar({ ...site, origin: 'https://another.example' }, [
    ...['--listen', '127.0.0.1:0'],
  ]);
  const ready = await running.line('ready');
  expect(ready).toMatchObject({ problem: 'no_bundle', because: 'origin_not_licensed' });
  expect(ready['says']).toContain('origin_not_licensed: https://another.example is not in the licence.');
  expect(ready['says']).toContain("Use an origin of this deployment's licence");
  expect(ready['says']).not.toContain('Send the deployment id');
});

test('A sidecar over a folder without a key names the folder, and has a lost key restored', async () => {
  const site = loadedSite();
  rmSync(join(site.folder, 'deployment-key.pem'));
  await using running = await startSidecar(site, ['--listen', '127.0.0.1:0']);
  const { problem, says } = await running.line('ready');
  expect(problem).toBe('not_activated');
  expect(says).toContain(`${site.folder} was activated before, and its deployment-key.pem is missing.`);
  expect(says).toContain('Restore deployment-key.pem from its backup.');
});
