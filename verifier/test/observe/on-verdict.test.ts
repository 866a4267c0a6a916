import { setTimeout } from 'node:timers/promises';
import { describe, expect, test } from 'vitest';
import { contentDigest } from '../../src/http/digest-fields.ts';
import { openVerifierFor } from '../../src/open-verifier.ts';
import { Refused } from '../../src/refused.ts';
import type { Verdict } from '../../src/verdict.ts';
import { anchorOf } from '../compose/vendor.ts';
import { makeSite, nextBundle, revokeBuild } from '../state/site.ts';
import { makeKey } from '../http/sign.ts';
import { refusalOf } from '../http/site.ts';
import { signNow } from '../tricks/honest.ts';
import { watch } from './watched.ts';

const post = { method: 'POST', body: '{"a":1}' } as const;
const digest = contentDigest(Buffer.from(post.body));

describe('onVerdict is called once for each decided request:', () => {
  test('admitted by check', () => {
    const { site, verifier, told } = watch();
    verifier.check(signNow(site));
    expect(told).toMatchObject([
      {
        outcome: 'admitted',
        code: null,
        partner: site.entry.custom.partner,
        app: site.entry.custom.app,
        build: site.entry.custom.build,
        claimed: null,
        grant: null,
        freshness: 'fresh',
        warnings: [],
        wasAdmitted: false,
        request: null,
      },
    ]);
    expect(told[0]?.durationMs).toBeGreaterThan(0);
    expect(told[0]?.at).toMatch(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/);
  });

  test('refused by check, with the head', () => {
    const { site, verifier, told } = watch();
    const refused = refusalOf(() => verifier.check({ ...signNow(site), target: '/other' }));
    expect(told).toMatchObject([
      {
        outcome: 'refused',
        code: 'signature_invalid',
        status: 401,
        message: refused.message,
        partner: null,
        app: null,
        build: null,
        claimed: { app: site.entry.custom.app },
        freshness: 'fresh',
        request: { method: 'GET', target: '/other' },
      },
    ]);
  });

  test('refused although its key is known, with the name of its app', () => {
    const { site, verifier, told } = watch();
    revokeBuild(site);
    verifier.load(nextBundle(site));
    expect(() => verifier.check(signNow(site))).toThrow(Refused);
    const { partner, app } = site.entry.custom;
    expect(told).toMatchObject([{ code: 'revoked', app: null, claimed: { partner, app } }]);
    expect(() => verifier.check(signNow(site, { key: makeKey() }))).toThrow(Refused);
    expect(told[1]).toMatchObject({ code: 'app_not_approved', app: null, claimed: null });
  });

  test('admitted and refused by checkAsync', async () => {
    const { site, verifier, told } = watch();
    const request = signNow(site);
    await verifier.checkAsync(request);
    await expect(verifier.checkAsync(request)).rejects.toMatchObject({ code: 'replayed' });
    expect(told.map(({ code }) => code)).toEqual([null, 'replayed']);
  });

  test('a head that passed, when its body was judged, and not before', async () => {
    const { site, verifier, told } = watch();
    for (const head of [
      verifier.checkHead(signNow(site, post)),
      await verifier.checkHeadAsync(signNow(site, post)),
    ]) {
      const before = told.length;
      head.finish(digest);
      expect(told).toHaveLength(before + 1);
      expect(told.at(-1)?.outcome).toBe('admitted');
      expect(() => head.finish(digest)).toThrow(Refused);
      expect(told).toHaveLength(before + 1);
    }
  });

  test('a head that did not pass, at once', async () => {
    const { verifier, told } = watch();
    const bare = { method: 'GET', target: '/', headers: [] };
    expect(() => verifier.checkHead(bare)).toThrow(Refused);
    await expect(verifier.checkHeadAsync(bare)).rejects.toThrow(Refused);
    expect(told.map(({ code }) => code)).toEqual(['proof_missing', 'proof_missing']);
  });

  test('a body that was not the one that was signed', () => {
    const { site, verifier, told } = watch();
    const head = verifier.checkHead(signNow(site, post));
    expect(() => head.finish(contentDigest(Buffer.from('[]')))).toThrow(Refused);
    expect(told).toMatchObject([{ code: 'digest_mismatch', request: { differs: 'content' } }]);
  });

  test('a body that the server has refused itself, and finish refuses in the same way', () => {
    const { site, verifier, told } = watch();
    const head = verifier.checkHead(signNow(site, post));
    const tooLong = new Refused('too_large', 'The body is longer than 1 byte.');
    head.refuse?.(tooLong);
    head.refuse?.(new Refused('digest_mismatch'));
    expect(refusalOf(() => head.finish(digest))).toBe(tooLong);
    expect(told.map(({ code }) => code)).toEqual(['too_large']);
  });

  test('never for a head that nobody asks about again', async () => {
    const { site, verifier, told } = watch();
    verifier.checkHead(signNow(site, post));
    await verifier.checkHeadAsync(signNow(site, post));
    expect(told).toEqual([]);
  });

  test('what the server refuses beside the check', () => {
    const { site, verifier, told } = watch();
    const request = signNow(site);
    verifier.noteRefusal(request, new Refused('not_protected'));
    const admission = verifier.check(request);
    verifier.noteRefusal(request, new Refused('capability_missing'), admission);
    expect(told).toMatchObject([
      { outcome: 'refused', code: 'not_protected', wasAdmitted: false, app: null },
      { outcome: 'admitted', code: null, wasAdmitted: false },
      { outcome: 'refused', code: 'capability_missing', wasAdmitted: true, app: site.entry.custom.app },
    ]);
  });

  test('before anything is loaded, too', () => {
    const site = makeSite();
    const told: Verdict[] = [];
    const verifier = openVerifierFor(new Refused('no_trust_anchor'), {
      stateDir: site.folder,
      origin: site.origin,
      log: () => undefined,
      onVerdict: (verdict) => void told.push(verdict),
    });
    expect(() => verifier.check(signNow(site))).toThrow(Refused);
    expect(told).toMatchObject([{ code: 'no_trust_anchor', freshness: null, claimed: null }]);
  });
});

describe('A hook that fails changes no verdict:', () => {
  const failing: Record<string, (verdict: Verdict) => unknown> = {
    'one that throws': () => {
      throw new Error('the disk is full');
    },
    'one that throws a refusal': () => {
      throw new Refused('app_not_approved');
    },
    'one that throws nothing that has words': () => {
      throw Object.create(null);
    },
    'one that rejects': async () => {
      await setTimeout(0);
      throw new Error('the disk is full');
    },
    'one that gives a promise whose then throws': () => ({
      // oxlint-disable-next-line unicorn/no-thenable -- the very thing that is tested
      get then() {
        throw new Error('no');
      },
    }),
    'one that says no': () => false,
    'one that answers with an admission': () => ({ kind: 'app' }),
  };

  test.each(Object.entries(failing))('%s', async (_, hook) => {
    const { site, verifier, lines } = watch({ onVerdict: hook });
    const before = lines.length;
    for (let i = 0; i < 3; i += 1) {
      expect(verifier.check(signNow(site)).kind).toBe('app');
      expect(await verifier.checkAsync(signNow(site))).toMatchObject({ kind: 'app' });
      const bare = { method: 'GET', target: '/', headers: [] };
      expect(refusalOf(() => verifier.check(bare)).code).toBe('proof_missing');
      await expect(verifier.checkHeadAsync(bare)).rejects.toMatchObject({ code: 'proof_missing' });
      expect(verifier.checkHead(signNow(site, post)).finish(digest).kind).toBe('app');
    }
    await setTimeout(10);
    expect(lines.length - before).toBeLessThanOrEqual(1);
  });

  test('one that writes into what it is told: it is frozen, and none of it is the admission', () => {
    const attempts: unknown[] = [];
    const { site, verifier } = watch({
      onVerdict: (verdict) => {
        for (const write of [
          () => Object.assign(verdict, { outcome: 'admitted' }),
          () => Object.assign(verdict.app ?? {}, { id: 'mine' }),
          () => (verdict.warnings as string[]).push('nothing is wrong'),
          () => Object.assign(verdict.request ?? {}, { target: '/' }),
        ]) {
          try {
            write();
            attempts.push('written');
          } catch (error) {
            attempts.push(error instanceof TypeError);
          }
        }
      },
    });
    const admission = verifier.check(signNow(site));
    expect(admission).toMatchObject({ kind: 'app', app: site.entry.custom.app, warnings: [] });
    expect(() => verifier.check({ method: 'GET', target: '/', headers: [] })).toThrow(Refused);
    // Where there is no app and no head, nothing of the verdict was written to.
    expect(attempts).toEqual([true, true, true, 'written', true, 'written', true, true]);
  });

  test('a log that fails as well', () => {
    const site = makeSite();
    let opened = false;
    const verifier = openVerifierFor(anchorOf({ ...site.vendor, roots: site.vendor.roots.slice(0, 1) }), {
      stateDir: site.folder,
      origin: site.origin,
      log: () => {
        if (opened) throw new Error('the pipe is broken');
      },
      onVerdict: () => {
        throw new Error('the disk is full');
      },
    });
    opened = true;
    verifier.load(nextBundle(site));
    expect(verifier.check(signNow(site)).kind).toBe('app');
  });
});
