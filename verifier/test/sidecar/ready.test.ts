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
