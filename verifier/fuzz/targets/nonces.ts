import { createHash } from 'node:crypto';
import { challengeAnswered, makeChallenge } from '../../src/http/challenge-token.ts';
import { createReplayTable, restoreReplayTable } from '../../src/http/replay.ts';
import { openWindow } from '../../src/http/window.ts';
import type { JsonValue } from '../../src/json.ts';
import { Refused } from '../../src/refused.ts';
import { bytesTarget, demand, textTarget, valueTarget, type Target } from '../target.ts';

// What makes a proof good once: its time, the challenge that it answers, and the table of nonces that were used.

const key = Buffer.alloc(32, 7);

export const nonceTargets: readonly Target[] = [
  textTarget({
    name: 'challenge',
    parsers: ['http/challenge-token.challengeAnswered'],
    words: ['.', '_', '-', 'A'],
    seeds: () => [
      `${makeChallenge(1_893_456_000, key)}.abcdefghijklmnop`,
      `${makeChallenge(0, key)}.abcdefghijklmnop`,
    ],
    judge: (text) => {
      const answered = challengeAnswered(text, key);
      if (answered?.isOurs !== true) throw new Refused('proof_stale');
      const { at } = answered;
      demand(text.startsWith(`${makeChallenge(at, key)}.`), 'is one that was made here');
      demand(at === 0 || at === 1_893_456_000, 'is not forged');
    },
  }),
  valueTarget({
    name: 'window',
    parsers: ['http/window.openWindow'],
    words: ['.'],
    seeds: () => [
      [null, 0, [[1_893_456_000, null, 'abcdefghijklmnop', 1_893_456_000]]],
      [
        1_893_456_000,
        0,
        [
          [
            1_893_456_031,
            1_893_456_060,
            `${makeChallenge(1_893_456_010, key)}.abcdefghijklmnop`,
            1_893_456_020,
          ],
        ],
      ],
    ],
    // One window after another, of any times: `created` and `expires` as proofs have them, now as a clock has it.
    judge: (value) => {
      const [startedAt, latest, steps] = Array.isArray(value) ? (value as readonly JsonValue[]) : [];
      const window = openWindow({
        startedAt: startedAt === null ? null : count(startedAt),
        latest: count(latest),
        key,
      });
      let seen = count(latest);
      for (const step of Array.isArray(steps) ? (steps as readonly JsonValue[]) : []) {
        const [created, expires, nonce, now] = Array.isArray(step) ? (step as readonly JsonValue[]) : [];
        const at = count(now);
        const proof = {
          created: count(created),
          expires: expires === null ? null : count(expires),
          nonce: typeof nonce === 'string' ? nonce : '',
        };
        const { rememberUntil } = window.judge(proof, at);
        // Within what the latest time allows, unless the clock was put back by more than a correction.
        seen = at < seen - 300 ? at : Math.max(seen, at);
        demand(
          rememberUntil >= seen && rememberUntil <= seen + 90,
          'remembers a nonce for as long as it could come again',
        );
        demand(proof.expires === null || proof.expires > at, 'passes nothing that has expired');
      }
    },
  }),
  bytesTarget({
    name: 'replay-table',
    parsers: ['http/replay.restoreReplayTable'],
    words: ['AppWarrant replay 1\n', '\u00ff\u00ff\u00ff\u00ff', '\u0000\u0000\u0000\u0000'],
    seeds: () => {
      const table = createReplayTable(key, 64);
      const empty = table.save(1000);
      for (let i = 0; i < 20; i += 1) table.remember('key', String(i), 1060 + i, 1000);
      return [empty, table.save(1000)].map((saved) => saved.subarray(0, -32));
    },
    // Anybody who writes to the folder can make the digest fit.
    judge: (bytes) => {
      const saved = Buffer.concat([bytes, createHash('sha256').update(bytes).digest()]);
      const table = restoreReplayTable(saved, 64);
      if (table === undefined) throw new Refused('proof_before_start');
      const again = restoreReplayTable(table.save(table.forgottenBefore), 64);
      // In another order, what was in a table that is nearly full may find no room, and then none of it is taken.
      if (again !== undefined) {
        demand(again.forgottenBefore === table.forgottenBefore, 'is saved and restored');
        const [before, after] = [table, again].map((of) => of.save(table.forgottenBefore).length);
        demand(before === after, 'keeps what it has');
      }
      // A slot that is taken, and then held; or no slot left, and still none.
      const [first, second] = [0, 0].map(() => table.remember('k', 'n', 2 ** 32 - 1, 0));
      demand(second === (first === 'full' ? 'full' : 'used'), 'takes a nonce once');
    },
  }),
  bytesTarget({
    name: 'replay-file',
    parsers: ['http/replay.restoreReplayTable'],
    words: ['AppWarrant replay 1\n'],
    seeds: () => [createReplayTable(key, 64).save(1000)],
    judge: (bytes) => {
      const table = restoreReplayTable(bytes, 64);
      if (table === undefined) throw new Refused('proof_before_start');
      demand(Buffer.compare(table.save(1000), bytes) === 0, 'is only what was saved');
    },
  }),
];

/** A count of seconds, as clocks and proofs have them. */
function count(value: JsonValue | undefined): number {
  return typeof value === 'number' ? Math.min(Math.abs(value), 999_999_999_999_999) : 0;
}
