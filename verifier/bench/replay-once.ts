// Fills a replay table at a rate, in simulated time, and replays what it was told. See replay.ts.

import { randomBytes } from 'node:crypto';
import { createReplayTable } from '../src/http/replay.ts';

/** Counts, microseconds and bytes. */
export type Measured = {
  readonly fresh: number;
  readonly falselyRefused: number;
  readonly replayed: number;
  readonly missed: number;
  readonly each: number;
  readonly bytes: number;
  readonly resident: number;
};

const [, , count = '10000000', rate = '10000'] = process.argv;
const gc = (globalThis as { gc?: () => void }).gc ?? ((): void => undefined);
/** For how long a nonce is remembered whose proof was created just now, in seconds. */
const remembered = 60;
const begin = 1_800_000_000;

const keyid = randomBytes(32).toString('base64url');
const secondOf = (i: number): number => begin + Math.floor(i / Number(rate));
const nonceOf = (i: number): string => `nonce-${String(i).padStart(16, '0')}`;

// A table that is used before, so that what the process grows by is the other one alone.
const warm = createReplayTable(randomBytes(32), 2 ** 17);
for (let i = 0; i < 500_000; i += 1) warm.remember(keyid, nonceOf(i), secondOf(i), secondOf(i));

gc();
const { rss, arrayBuffers } = process.memoryUsage();
const table = createReplayTable(randomBytes(32));
const bytes = process.memoryUsage().arrayBuffers - arrayBuffers;
let resident = 0;
let falselyRefused = 0;
let missed = 0;
const begun = performance.now();
for (let i = 0; i < Number(count); i += 1) {
  const now = secondOf(i);
  if (typeof table.remember(keyid, nonceOf(i), now + remembered, now) === 'string') falselyRefused += 1;
  // One of those that are remembered still, this one and the oldest among them.
  const oldest = Math.max(0, (now - remembered - begin) * Number(rate));
  const again = oldest + Math.floor(Math.random() * (i - oldest + 1));
  if (table.remember(keyid, nonceOf(again), secondOf(again) + remembered, now) !== 'used') missed += 1;
  if (i === remembered * Number(rate)) {
    gc();
    resident = process.memoryUsage().rss - rss;
  }
}
const each = ((performance.now() - begun) * 1000) / (2 * Number(count));
const measured: Measured = {
  fresh: Number(count),
  falselyRefused,
  replayed: Number(count),
  missed,
  each,
  bytes,
  resident,
};
process.stdout.write(JSON.stringify(measured));
