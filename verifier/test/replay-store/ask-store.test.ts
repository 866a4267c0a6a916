import { describe, expect, test } from 'vitest';
import { askerOf, type AskStore } from '../../src/replay-store/ask-store.ts';
import type { ClaimAnswer, ReplayStore } from '../../src/replay-store/replay-store.ts';
import { Refused } from '../../src/refused.ts';

type Claim = Parameters<AskStore>[0];
const claim: Claim = { deployment: 'd', keyid: 'k', nonce: 'n', rememberUntil: 1060, now: 1000 };

/** What an asker says of a store, and what its log hears. */
async function asked(...stores: ReplayStore['claim'][]) {
  const lines: string[] = [];
  let turn = 0;
  const ask = askerOf({ claim: (...given) => (stores[turn] as ReplayStore['claim'])(...given) }, (line) =>
    lines.push(line),
  );
  const answers: unknown[] = [];
  for (; turn < stores.length; turn += 1) {
    const answer = await ask(claim);
    answers.push(answer instanceof Refused ? answer.code : answer);
  }
  return { lines, answers };
}
const says = (answer: unknown) => () => Promise.resolve(answer as ClaimAnswer);
const fails = (error: unknown) => () => Promise.reject<ClaimAnswer>(error);

describe('A store', () => {
  test('is asked by a digest of the three, for as long as anybody may take the proof', async () => {
    const given: unknown[][] = [];
    const claims: Claim[] = [
      claim,
      { ...claim, nonce: 'm' },
      { ...claim, keyid: 'j' },
      { ...claim, deployment: 'e' },
    ];
    const ask = askerOf(
      {
        claim: (...all) => {
          given.push(all);
          return Promise.resolve('first');
        },
      },
      () => undefined,
    );
    for (const each of [...claims, claim]) await ask(each);
    expect(new Set(given.map(([id]) => id)).size).toBe(claims.length);
    for (const [id] of given) expect(id).toMatch(/^[A-Za-z0-9_-]{43}$/);
    // The last second is a whole one, and each node's time may be 31 s away from the store's.
    expect(given[0]?.slice(1)).toEqual([60 + 1 + 62, 1000]);
  });

  test('says one of three things, and whatever else it says or does is no answer', async () => {
    const { answers } = await asked(
      says('first'),
      says('used'),
      says('forgotten'),
      says('FIRST'),
      says(undefined),
    );
    const none = 'replay_store_unavailable';
    expect(answers).toEqual(['first', 'used', 'forgotten', none, none]);
    const faulty = await asked(
      fails(new Error('x')),
      () => {
        throw new Error('at once');
      },
      says('first'),
    );
    expect(faulty.answers).toEqual([none, none, 'first']);
  });

  test('that cannot tell is logged when that begins and when it is over, and not at each request between', async () => {
    const { lines } = await asked(
      says('first'),
      fails(new Error('gone')),
      says('?'),
      says('used'),
      says('first'),
    );
    expect(lines.length).toBe(2);
    expect(lines[0]).toContain('replay_store_unavailable');
    expect(lines[0]).toMatch(/ gone$/);
    expect(lines[1]).toContain('answers again');
  });

  test('has its error in one line of printable characters, of some length at most', async () => {
    const said = async (error: unknown) => (await asked(fails(error))).lines[0]?.split('what was used. ')[1];
    expect(await said(new Error('first\nsecond'))).toBe('first');
    expect(await said(new Error('a\u001bb\u00e4'))).toBe('a?b?');
    expect(await said(new Error('x'.repeat(1000)))).toBe('x'.repeat(300));
    expect(await said(new Error(''))).toBe('It failed.');
    expect(await said('a text')).toBe('It failed.');
    expect((await asked(says(7))).lines[0]).toMatch(/It gave no answer that means anything\.$/);
  });

  test('that answers too late has not answered, and its answer changes nothing', async () => {
    const lines: string[] = [];
    let late: ((answer: ClaimAnswer) => void) | undefined;
    const ask = askerOf({ claim: () => new Promise((resolve) => (late = resolve)) }, (line) =>
      lines.push(line),
    );
    expect(await ask(claim)).toMatchObject({ code: 'replay_store_unavailable' });
    expect(lines[0]).toMatch(/It has not answered for 1 s\.$/);
    late?.('first');
    await Promise.resolve();
    expect(lines.length).toBe(1);
  });
});
