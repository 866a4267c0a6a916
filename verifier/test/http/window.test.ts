import { describe, expect, test } from 'vitest';
import { openWindow } from '../../src/http/window.ts';
import { Refused } from '../../src/refused.ts';

// When a proof was made, by a clock that is set back.

const now = 1_795_338_000;
const proof = (created: number) => ({ created, expires: null, nonce: 'n'.repeat(22) });

function codeOf(judge: () => unknown): string {
  try {
    judge();
    return 'passed';
  } catch (error) {
    if (error instanceof Refused) return error.code;
    throw error;
  }
}

describe('A clock that is set back', () => {
  test('by five minutes makes proofs stale, by more it is a correction, after which the window begins anew', () => {
    const after = (seconds: number) => {
      const window = openWindow({ startedAt: null, latest: 0, key: new Uint8Array(32) });
      window.judge(proof(now), now);
      return codeOf(() => window.judge(proof(now - seconds), now - seconds));
    };
    expect(after(300)).toBe('proof_stale');
    expect(after(301)).toBe('proof_before_start');
  });
});
