import { randomBytes } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { makeChallenge } from '../../src/http/challenge-token.ts';
import { createReplayTable } from '../../src/http/replay.ts';
import { expectRefused, makeSite, refusalOf, start } from './site.ts';
import { newNonce } from './sign.ts';

describe('a proof that answers a challenge', () => {
  it('is admitted once, also when the time that it claims has come', () => {
    const { checker, sign, clock } = makeSite();
    const { challenge } = refusalOf(() => checker.check(sign({ created: start + 600 }))).members;
    const request = sign({ created: start + 600, nonce: `${String(challenge)}.${newNonce()}` });
    expect(checker.check(request).kind).toBe('app');
    for (const later of [61, 569, 570, 600, 660]) {
      clock.ms = (start + later) * 1000;
      expectRefused(() => checker.check(request), 'proof_stale');
    }
  });

  it('is judged by the time that it claims where another process gave the challenge, as long as the challenge is young', () => {
    const { checker, sign, clock } = makeSite();
    const answer = (at: number, created: number) =>
      sign({ created, nonce: `${makeChallenge(at, randomBytes(32))}.${newNonce()}` });
    expect(checker.check(answer(start, start)).kind).toBe('app');
    expect(checker.check(answer(start - 60, start + 30)).kind).toBe('app');
    expect(checker.check(answer(start + 30, start - 60)).kind).toBe('app');
    expectRefused(() => checker.check(answer(start, start + 31)), 'proof_from_future');
    expectRefused(() => checker.check(answer(start, start - 61)), 'proof_stale');
    expectRefused(() => checker.check(answer(start - 61, start)), 'proof_stale');
    expectRefused(() => checker.check(answer(start + 31, start)), 'proof_stale');
    const request = answer(start, start - 59);
    expect(checker.check(request).kind).toBe('app');
    clock.ms += 60_000;
    expectRefused(() => checker.check(request), 'proof_stale');
  });

  it('is remembered for as long as whoever gave the challenge would take it', () => {
    const remembered: number[] = [];
    const table = createReplayTable(randomBytes(32), 1024);
    const { checker, sign } = makeSite({
      options: {
        replay: {
          ...table,
          remember(keyid, nonce, until, now) {
            remembered.push(until - now);
            return table.remember(keyid, nonce, until, now);
          },
        },
      },
    });
    checker.check(
      sign({ created: start - 50, nonce: `${makeChallenge(start, randomBytes(32))}.${newNonce()}` }),
    );
    checker.check(
      sign({ created: start, nonce: `${makeChallenge(start - 50, randomBytes(32))}.${newNonce()}` }),
    );
    checker.check(sign({ created: start - 50 }));
    expect(remembered).toEqual([60, 60, 10]);
  });
});
