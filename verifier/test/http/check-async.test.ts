import { randomBytes } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import type { Admission } from '../../src/http/admission.ts';
import { createReplayTable } from '../../src/http/replay.ts';
import type { ReasonCode } from '../../src/reasons.ts';
import { askerOf } from '../../src/replay-store/ask-store.ts';
import type { ClaimAnswer, ReplayStore } from '../../src/replay-store/replay-store.ts';
import { Refused } from '../../src/refused.ts';
import { sha256 } from '../../src/crypto.ts';
import { grantOf, makeSite, start } from './site.ts';
import { makeKey, newNonce } from './sign.ts';
import { makeAttestedSite } from './attested-site.ts';

const json: readonly [string, string] = ['Content-Type', 'application/json'];

/** With which code a promise is rejected; of an admission its kind. */
async function outcome(asked: Promise<Admission>): Promise<string> {
  try {
    return (await asked).kind;
  } catch (error) {
    if (error instanceof Refused) return error.code;
    throw error;
  }
}

async function refusal(asked: Promise<unknown>): Promise<Refused> {
  const caught = await asked.then(
    () => undefined,
    (error: unknown) => error,
  );
  if (!(caught instanceof Refused)) throw new Error('It was not refused.');
  return caught;
}

describe('a check that waits for another thread', () => {
  it('admits a signed request once, and of two copies that are under way at once one', async () => {
    const { checker, sign } = makeSite();
    const request = sign();
    const copies = await Promise.all(Array.from({ length: 8 }, () => outcome(checker.checkAsync(request))));
    expect(copies.toSorted()).toEqual(['app', ...Array<string>(7).fill('replayed')]);
    expect(await outcome(checker.checkAsync(request))).toBe('replayed');
  });

  it('admits one of a head and a whole request, whichever comes first', async () => {
    const { checker, sign } = makeSite();
    const request = sign();
    const head = checker.checkHeadAsync(request).then((pending) => pending.finish(sha256('')));
    const found = await Promise.all([outcome(checker.checkAsync(request)), outcome(head)]);
    expect(found.toSorted()).toEqual(['app', 'replayed']);
  });

  it('rejects with what the signature is worth, and never throws', async () => {
    const { checker, sign } = makeSite();
    const request = { ...sign(), target: '/other' };
    expect(await outcome(checker.checkAsync(request))).toBe('signature_invalid');
    expect(await outcome(checker.checkAsync({ method: 'GET', target: '', headers: [] }))).toBe(
      'target_malformed',
    );
    expect((await refusal(checker.checkHeadAsync(request))).members.base).toContain('"@target-uri"');
  });

  it('refuses a body that is not the signed one before it verifies anything', async () => {
    const { checker, sign } = makeSite();
    const request = { ...sign({ method: 'POST', headers: [json], body: '{}' }), body: Buffer.from('[]') };
    expect(await outcome(checker.checkAsync(request))).toBe('digest_mismatch');
    const large = { ...request, body: new Uint8Array(16 * 1024 * 1024 + 1) };
    expect(await outcome(checker.checkAsync(large))).toBe('too_large');
  });

  it('gives the nonce back where the body turns out to be another', async () => {
    const { checker, sign } = makeSite();
    const request = sign({ method: 'POST', headers: [json], body: '{}' });
    const pending = await checker.checkHeadAsync(request);
    expect(pending.hasBody).toBe(true);
    expect(() => pending.finish(sha256('[]'))).toThrow(Refused);
    expect(await outcome(checker.checkAsync(request))).toBe('app');
  });

  it.each<[ReasonCode, (site: ReturnType<typeof makeSite>) => void]>([
    ['app_not_approved', ({ state }) => void (state.apps = [])],
    ['closed', ({ state }) => void (state.closed = 'closed')],
    ['allowlist_expired', ({ state }) => void (state.closed = 'allowlist_expired')],
    ['proof_stale', ({ clock }) => void (clock.ms += 61_000)],
  ])('refuses what would be refused when the signature has been verified: %s', async (code, change) => {
    const site = makeSite();
    const asked = site.checker.checkAsync(site.sign());
    const head = site.checker.checkHeadAsync(site.sign());
    change(site);
    expect(await outcome(asked)).toBe(code);
    expect((await refusal(head)).code).toBe(code);
  });

  it('does not remember as live a nonce whose time has passed while the signature was verified', async () => {
    const { checker, sign, clock } = makeSite();
    const request = sign();
    clock.ms += 60_000;
    const asked = [checker.checkAsync(request), checker.checkAsync(request)].map(outcome);
    clock.ms += 1000;
    expect(await Promise.all(asked)).toEqual(['proof_stale', 'proof_stale']);
  });

  it('admits by a grant what it would refuse, as of the moment at which it refuses', async () => {
    const { checker, sign, state } = makeSite();
    state.monitor = grantOf('monitor');
    expect(await outcome(checker.checkAsync({ ...sign(), target: '/other' }))).toBe('monitored');
    const ended = checker.checkAsync({ ...sign(), target: '/other' });
    state.monitor = null;
    expect(await outcome(ended)).toBe('signature_invalid');
    const begun = checker.checkAsync({ ...sign(), target: '/other' });
    state.breakGlass = grantOf('breakGlass');
    expect(await outcome(begun)).toBe('breakGlass');
  });

  it('admits nothing by a grant once every request is refused', async () => {
    const { checker, sign, state } = makeSite();
    state.breakGlass = grantOf('breakGlass');
    const asked = checker.checkAsync({ ...sign(), target: '/other' });
    state.closed = 'closed';
    expect(await outcome(asked)).toBe('closed');
  });

  it('judges a head that a grant let pass once more when its body is there', async () => {
    const { checker, sign, state } = makeSite();
    state.monitor = grantOf('monitor');
    const pending = await checker.checkHeadAsync({ ...sign(), target: '/other' });
    state.monitor = null;
    expect((await refusal(Promise.resolve().then(() => pending.finish(sha256(''))))).code).toBe(
      'signature_invalid',
    );
  });

  it('verifies a copy’s attestation elsewhere too, once, and says what is wrong with it', async () => {
    const site = makeAttestedSite();
    expect(await outcome(site.checker.checkAsync(site.sign()))).toBe('app');
    const text = site.vouch();
    const forged = `${text.slice(0, -8)}AAAAAAAA`;
    expect(await outcome(site.checker.checkAsync(site.sign(forged)))).toBe('attestation_invalid');
    const many = await Promise.all(
      Array.from({ length: 4 }, () => outcome(site.checker.checkAsync(site.sign(text)))),
    );
    expect(many).toEqual(['app', 'app', 'app', 'app']);
    const asked = site.checker.checkAsync(site.sign(site.vouch({ lifetime: 1200 })));
    site.revoke({ kind: 'artifact', digest: site.entry.digest });
    expect(await outcome(asked)).toBe('revoked');
  });
});

/** A store in memory, as the simplest that is sound; `answer` may say otherwise. */
function storeOf(answer?: (id: string) => unknown) {
  const taken = new Set<string>();
  const asked: { id: string; seconds: number; now: number }[] = [];
  const store: ReplayStore = {
    claim(id, seconds, now) {
      asked.push({ id, seconds, now });
      if (answer !== undefined) return answer(id) as Promise<ClaimAnswer>;
      const first = !taken.has(id);
      taken.add(id);
      return Promise.resolve(first ? 'first' : 'used');
    },
  };
  return { store, asked };
}

function sharing(
  store: ReplayStore,
  lines: string[] = [],
  from: { key?: ReturnType<typeof makeKey>; startedAt?: number } = {},
) {
  const options = {
    askStore: askerOf(store, (line) => void lines.push(line)),
    replay: createReplayTable(randomBytes(32), 1024),
    startedAt: from.startedAt ?? null,
  };
  return makeSite({ ...(from.key && { apps: [{ key: from.key }] }), options });
}

describe('checks that share what was used', () => {
  it('admit a proof at one of two nodes, and remember it for as long as any clock could take it', async () => {
    const key = makeKey();
    const { store, asked } = storeOf();
    const [one, other] = [sharing(store, [], { key }), sharing(store, [], { key })];
    const nonce = newNonce();
    const signed = one.sign({ key, nonce });
    expect(await outcome(one.checker.checkAsync(signed))).toBe('app');
    expect(await outcome(other.checker.checkAsync(signed))).toBe('replayed');
    expect(asked.map(({ id }) => id)).toEqual([asked[0]?.id, asked[0]?.id]);
    expect(asked[0]?.id).toMatch(/^[A-Za-z0-9_-]{43}$/);
    expect(asked[0]?.id).not.toContain(nonce);
    expect(asked[0]).toMatchObject({ now: start, seconds: 60 + 1 + 62 });
  });

  it('ask nobody for what is refused here, nor for a second copy that is under way', async () => {
    const { store, asked } = storeOf();
    const { checker, sign } = sharing(store);
    const request = sign();
    await outcome(checker.checkAsync({ ...request, target: '/other' }));
    expect(asked).toEqual([]);
    const copies = await Promise.all([
      outcome(checker.checkAsync(request)),
      outcome(checker.checkAsync(request)),
    ]);
    expect(copies.toSorted()).toEqual(['app', 'replayed']);
    expect(asked.length).toBe(1);
  });

  it('refuse everything that does not wait for the store', () => {
    const { checker, sign, state } = sharing(storeOf().store);
    state.breakGlass = grantOf('breakGlass');
    for (const ask of [() => checker.check(sign()), () => checker.checkHead(sign())]) {
      expect(ask).toThrow(expect.objectContaining({ code: 'replay_store_unavailable' }));
    }
  });

  it.each<[string, () => unknown]>([
    ['rejects', () => Promise.reject(new Error('connect ECONNREFUSED 10.0.0.7:6379'))],
    [
      'throws',
      () => {
        throw new Error('not connected');
      },
    ],
    ['gives no promise', () => 'first'],
    ['says something else', () => Promise.resolve('OK')],
    ['says nothing', () => Promise.resolve(undefined)],
    ['takes more than a second', () => new Promise(() => undefined)],
  ])(
    'refuse where the store %s, tell the log and not the caller why, and take the same proof when it is back',
    async (_, fail) => {
      const lines: string[] = [];
      let failing = true;
      const { store } = storeOf(() => (failing ? fail() : Promise.resolve('first')));
      const { checker, sign } = sharing(store, lines);
      const request = sign();
      const refused = await refusal(checker.checkAsync(request));
      expect(refused.code).toBe('replay_store_unavailable');
      expect(refused.message).not.toMatch(/10\.0\.0\.7|connected/);
      expect(await outcome(checker.checkAsync(sign()))).toBe('replay_store_unavailable');
      failing = false;
      expect(await outcome(checker.checkAsync(request))).toBe('app');
      expect(lines.map((line) => line.slice(0, 24))).toEqual([
        'Requests are refused (re',
        'The replay store answers',
      ]);
    },
  );

  it('admit by a grant in force where the store cannot tell', async () => {
    const { checker, sign, state } = sharing(storeOf(() => Promise.reject(new Error('down'))).store);
    state.monitor = grantOf('monitor');
    const admission = await checker.checkAsync(sign());
    expect(admission).toMatchObject({ kind: 'monitored', refused: { code: 'replay_store_unavailable' } });
  });

  it('refuse what a store has answered when it is no longer so', async () => {
    const site = sharing(
      storeOf(() => {
        site.state.apps = [];
        return Promise.resolve('first');
      }).store,
    );
    expect(await outcome(site.checker.checkAsync(site.sign()))).toBe('app_not_approved');
  });

  it('use a nonce up with the head, whatever the body turns out to be', async () => {
    const { checker, sign } = sharing(storeOf().store);
    const request = sign({ method: 'POST', headers: [json], body: '{}' });
    const pending = await checker.checkHeadAsync(request);
    expect(() => pending.finish(sha256('[]'))).toThrow(Refused);
    expect(await outcome(checker.checkAsync(request))).toBe('replayed');
  });

  it('begin anew when the store has forgotten: only what is younger than any lost proof, or answers a challenge, is taken', async () => {
    let answer: ClaimAnswer = 'first';
    const { checker, sign, clock } = sharing(storeOf(() => Promise.resolve(answer)).store);
    const given = await refusal(checker.checkAsync(sign({ created: start - 100 })));
    const before = `${String(given.members.challenge)}.${newNonce()}`;
    answer = 'forgotten';
    const refused = await refusal(checker.checkAsync(sign()));
    expect(refused).toMatchObject({ code: 'proof_before_start', members: { createdAfter: start + 30 + 62 } });
    answer = 'first';
    expect(await outcome(checker.checkAsync(sign({ created: start + 30 })))).toBe('proof_before_start');
    expect(await outcome(checker.checkAsync(sign({ nonce: before })))).not.toBe('app');
    const nonce = `${String(refused.members.challenge)}.${newNonce()}`;
    expect(await outcome(checker.checkAsync(sign({ nonce })))).toBe('app');
    clock.ms += 93_000;
    expect(await outcome(checker.checkAsync(sign()))).toBe('app');
  });

  it('begin anew also where the request that heard of it can no longer be judged', async () => {
    let answer: ClaimAnswer = 'forgotten';
    const site = sharing(
      storeOf(() => {
        site.state.closed = answer === 'forgotten' ? 'clock_behind' : null;
        return Promise.resolve(answer);
      }).store,
    );
    expect(await outcome(site.checker.checkAsync(site.sign()))).toBe('clock_behind');
    site.state.closed = null;
    answer = 'first';
    expect(await outcome(site.checker.checkAsync(site.sign()))).toBe('proof_before_start');
  });
});
