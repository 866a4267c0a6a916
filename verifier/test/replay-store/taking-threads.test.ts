import { join } from 'node:path';
import { Worker } from 'node:worker_threads';
import { expect, test } from 'vitest';
import { createTable } from '../../src/replay-store/shared-table.ts';

const now = 1_795_338_000;

test('Threads that take the same ids at the same time, and of which some are ended, never take one twice', async () => {
  const buffer = createTable(2 ** 16, now);
  const count = 150_000;
  const file = join(import.meta.dirname, 'taking-thread.ts');
  const gate = new Int32Array(new SharedArrayBuffer(4));
  // Every thread adds to the count of each id that it was given: two for one id would be seen whatever became of the thread.
  const given = new Uint8Array(new SharedArrayBuffer(count));
  const threads = [0, 1, 2, 3].map(
    () => new Worker(file, { workerData: { buffer, gate, given, count, now } }),
  );
  await Promise.all(threads.map((thread) => new Promise((resolve) => thread.once('message', resolve))));
  const ended = threads.map((thread) => new Promise((resolve) => thread.once('exit', resolve)));
  Atomics.store(gate, 0, 1);
  Atomics.notify(gate, 0);
  await new Promise((resolve) => setTimeout(resolve, 150));
  await threads[0]?.terminate();
  await Promise.all(ended);
  expect(given.every((times) => times <= 1)).toBe(true);
  // The table holds some 60,000 of them; where two found each other, or it was full, nobody was given one.
  expect(given.filter((times) => times === 1).length).toBeGreaterThan(50_000);
}, 30_000);
