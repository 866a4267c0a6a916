import { createHash } from 'node:crypto';
import { parentPort, workerData } from 'node:worker_threads';
import { openTable } from '../../src/replay-store/shared-table.ts';

// One of several threads that take the same ids in the same order, as fast as they can.

const { buffer, gate, given, count, now } = workerData as {
  buffer: SharedArrayBuffer;
  gate: Int32Array;
  given: Uint8Array;
  count: number;
  now: number;
};
const table = openTable(buffer);
const hashes = Array.from({ length: count }, (_, i) => createHash('sha256').update(String(i)).digest());
parentPort?.postMessage('ready');
Atomics.wait(gate, 0, 0);
hashes.forEach((hash, i) => {
  if (table.take(hash, 60, now) === 'first') Atomics.add(given, i, 1);
});
