import { describe, expect, test } from 'vitest';
import { secondAttempt } from '../src/second-attempt.ts';
import type { Refusal } from '../src/refusal.ts';

const now = 1_800_000_000;
const challenge = 'C'.repeat(32);

function refusal(code: string, members: Partial<Refusal> = {}): Refusal {
  const nothing = { deployment: null, serverTime: null, createdAfter: null, challenge: null, base: null };
  return { code, status: 401, title: '', detail: '', ...nothing, ...members };
}

describe('signing a second time', () => {
  test.each(['proof_stale', 'proof_from_future'])('%s with the server time near ours follows it', (code) => {
    for (const shift of [-600, -61, 31, 600]) {
      expect(secondAttempt(refusal(code, { serverTime: now + shift }), now)).toEqual({
        created: now + shift,
        challenge: null,
        offset: shift,
      });
    }
  });

  test.each([-601, 601, -31_536_000])('a server time %d s from ours is not followed', (shift) => {
    expect(secondAttempt(refusal('proof_stale', { serverTime: now + shift }), now)).toBeNull();
  });

  test('a challenge is answered at our own time when the server time is too far from it', () => {
    expect(secondAttempt(refusal('proof_stale', { serverTime: now + 86_400, challenge }), now)).toEqual({
      created: now,
      challenge,
      offset: null,
    });
  });

  test('a challenge does not keep a near server time from setting the clock', () => {
    expect(secondAttempt(refusal('proof_stale', { serverTime: now + 90, challenge }), now)).toEqual({
      created: now + 90,
      challenge,
      offset: 90,
    });
  });

  test('proof_before_start is signed for the second after createdAfter', () => {
    expect(secondAttempt(refusal('proof_before_start', { createdAfter: now + 12 }), now)).toEqual({
      created: now + 13,
      challenge: null,
      offset: null,
    });
  });

  test('proof_before_start with a createdAfter far from ours needs a challenge', () => {
    expect(secondAttempt(refusal('proof_before_start', { createdAfter: now + 700 }), now)).toBeNull();
    expect(secondAttempt(refusal('proof_before_start', { createdAfter: now + 700, challenge }), now)).toEqual(
      {
        created: now,
        challenge,
        offset: null,
      },
    );
  });

  test.each([
    'signature_invalid',
    'replayed',
    'wrong_deployment',
    'app_not_approved',
    'allowlist_expired',
    'no_such_code',
  ])('%s is never signed again, whatever it offers', (code) => {
    expect(secondAttempt(refusal(code, { serverTime: now, createdAfter: now, challenge }), now)).toBeNull();
  });
});
