import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseAttestation } from '../../src/http/attestation.ts';
import { reasons } from '../../src/reasons.ts';
import { Refused } from '../../src/refused.ts';
import { part, sealParts } from './attest.ts';
import { makeAttestedSite } from './attested-site.ts';
import { makeKey } from './sign.ts';

// Whatever stands in the field, it is read to a whole attestation or refused; and only what the issuer signed is admitted.

const site = makeAttestedSite();
const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_'.split('');

/** The code with which the work is refused, or `null`; anything else that is thrown is a fault. */
function codeOf(work: () => unknown): string | null {
  try {
    work();
    return null;
  } catch (error) {
    if (error instanceof Refused) return error.code;
    throw error;
  }
}

const check = (attestation: string): string | null =>
  codeOf(() => site.checker.check(site.sign(attestation)));

describe('the parser of attestations', () => {
  it('reads what an issuer writes to what the issuer meant', () => {
    const second = fc.integer({ min: 0, max: 253_402_300_798 });
    const claims = fc.record({
      issued: second,
      lifetime: fc.integer({ min: 1, max: 1_000_000 }),
      app: fc.stringMatching(/^[a-z0-9][a-z0-9-]{0,39}$/),
      build: fc.stringMatching(/^b-[a-z2-7]{26}$/),
      partner: fc.stringMatching(/^p-[a-z2-7]{26}$/),
      nbf: fc.option(second, { nil: undefined }),
      iss: fc.option(fc.string({ unit: 'grapheme', maxLength: 40 }), { nil: undefined }),
    });
    fc.assert(
      fc.property(claims, ({ nbf, iss, ...to }) => {
        fc.pre(to.issued + to.lifetime <= 253_402_300_799);
        const text = site.vouch({ ...to, claims: { nbf, iss } });
        expect(parseAttestation(text).claims).toEqual({
          issuer: site.issuer.thumbprint,
          partner: to.partner,
          app: to.app,
          build: to.build,
          deployment: site.deployment,
          issued: to.issued,
          notBefore: nbf ?? null,
          expires: to.issued + to.lifetime,
          key: site.copy.jwk,
          thumbprint: site.copy.thumbprint,
        });
      }),
      { numRuns: 150 },
    );
  });

  it('throws refusals of two kinds, and nothing else, whatever it is given', () => {
    const tokens = fc.string({ unit: fc.constantFrom(...alphabet, '.', '=', ' '), maxLength: 60 });
    const json = fc.oneof(fc.json(), fc.string({ unit: 'binary' }), fc.constant('{}')).map(part);
    const three = fc.tuple(json, json, tokens).map((parts) => parts.join('.'));
    fc.assert(
      fc.property(fc.oneof(fc.string({ unit: 'binary' }), tokens, three), (text) => {
        expect(codeOf(() => parseAttestation(text))).toBe('attestation_malformed');
      }),
      { numRuns: 2000 },
    );
    expect(codeOf(() => parseAttestation('.'.repeat(5000)))).toBe('too_large');
  });

  it('throws nothing else for claims of the right names and any values, signed or not', () => {
    const value = fc.oneof(
      fc.jsonValue({ maxDepth: 2 }),
      fc.integer(),
      fc.constantFrom(site.deployment, site.custom.build.id, { jwk: site.copy.jwk }),
    );
    const names = ['sub', 'build', 'aud', 'iat', 'exp', 'nbf', 'cnf', 'status', 'jti'];
    const some = fc.dictionary(fc.constantFrom(...names), value, { maxKeys: 3 });
    fc.assert(
      fc.property(some, (claims) => {
        const code = check(site.vouch({ claims }));
        expect(code === null || Object.hasOwn(reasons, code)).toBe(true);
      }),
      { numRuns: 500 },
    );
  });
});

describe('the check of an attested request', () => {
  it('refuses an attestation that was cut off anywhere', () => {
    const whole = site.vouch();
    expect(check(whole)).toBeNull();
    for (let length = 0; length < whole.length; length += 1) {
      expect(check(whole.slice(0, length))).toBe('attestation_malformed');
    }
  });

  it('refuses an attestation of which one bit or one character was changed anywhere, though the copy signs it', () => {
    const change = fc.record({ at: fc.nat(), bit: fc.nat({ max: 6 }), other: fc.constantFrom(...alphabet) });
    fc.assert(
      fc.property(change, ({ at, bit, other }) => {
        const whole = site.vouch();
        const position = at % whole.length;
        const flipped = String.fromCharCode(whole.charCodeAt(position) ^ (1 << bit));
        for (const character of [flipped, other]) {
          const changed = whole.slice(0, position) + character + whole.slice(position + 1);
          // White space around a field's value does not belong to it.
          if (changed === whole || changed.trim() !== changed) continue;
          expect(check(changed)).not.toBeNull();
        }
      }),
      { numRuns: 700 },
    );
  });

  it('admits nobody for whom a stranger vouches, whatever is claimed', () => {
    const stranger = makeKey();
    const header = fc.record({ kid: fc.constantFrom(site.issuer.thumbprint, stranger.thumbprint) });
    fc.assert(
      fc.property(header, fc.nat({ max: 3600 }), ({ kid }, lifetime) => {
        const [, claims = ''] = site.vouch({ lifetime: lifetime + 1 }).split('.');
        const head = part({ alg: 'ES256', kid, typ: 'oauth-client-attestation+jwt' });
        expect(check(sealParts(head, claims, { issuer: stranger }))).not.toBeNull();
      }),
      { numRuns: 100 },
    );
  });
});
