import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { RequestToCheck } from '../../src/http/request-head.ts';
import type { ReasonCode } from '../../src/reasons.ts';
import { alsoWithHeader, withHeader } from '../http/sign.ts';
import { makeSite, nextBundle, start, type Site } from '../state/site.ts';
import type { Verifier } from '../../src/open-verifier.ts';
import { refusedTrick, signNow, verdict } from './honest.ts';

// What a proxy in front of the server can do to header fields. Every request here has all the fields that matter.

function running(): { site: Site; verifier: Verifier } {
  const site = makeSite();
  const verifier = start(site);
  verifier.load(nextBundle(site));
  return { site, verifier };
}

const body = Buffer.from('{"open":true}');
const plain: RequestToCheck['headers'] = [
  ['Host', 'erp.customer.example'],
  ['Accept', '*/*'],
  ['Content-Type', 'application/json'],
  ['Content-Encoding', 'identity'],
  ['Content-Length', String(body.length)],
  ['Authorization', 'Bearer of-the-user'],
  ['Cookie', 'session=of-the-user'],
  ['X-Forwarded-For', '192.0.2.1'],
];
const fullRequest = (site: Site): RequestToCheck =>
  signNow(site, { method: 'POST', target: '/orders?open=1', headers: plain, body });

/** All fields of the request, with what becomes of it without the field, and with the field twice. Null: it is admitted. */
const fields: Readonly<Record<string, readonly [stripped: ReasonCode | null, doubled: ReasonCode | null]>> = {
  'Signature-Input': ['proof_missing', 'header_repeated'],
  Signature: ['proof_malformed', 'header_repeated'],
  'AppWarrant-Deployment': ['proof_coverage', 'header_repeated'],
  'Content-Digest': ['proof_coverage', 'header_repeated'],
  'Content-Type': ['proof_coverage', 'header_repeated'],
  'Content-Encoding': ['proof_coverage', 'header_repeated'],
  'Authorization-Digest': ['proof_coverage', 'header_repeated'],
  'Cookie-Digest': ['proof_coverage', 'header_repeated'],
  // Without the credential, its digest has nothing to be of.
  Authorization: ['digest_mismatch', 'header_repeated'],
  Cookie: ['digest_mismatch', 'header_repeated'],
  // The body at hand is the one that was signed, however it came; and the address that counts is the licensed one.
  'Content-Length': [null, 'header_repeated'],
  Host: [null, 'header_repeated'],
  // Nothing is decided by these.
  Accept: [null, null],
  'X-Forwarded-For': [null, null],
};

describe('The owner', () => {
  test('strips header fields in front of the server', () => {
    const { site, verifier } = running();
    expect(new Set(fullRequest(site).headers.map(([name]) => name))).toEqual(new Set(Object.keys(fields)));
    for (const [name, [code]] of Object.entries(fields)) {
      const request = fullRequest(site);
      const stripped = withHeader(request, name, undefined);
      if (code === null) expect(verifier.check(stripped).kind, name).toBe('app');
      else refusedTrick(code, site, () => verifier.check(stripped));
      // The nonce of a refused request was not used up: the app's own is served.
      if (code !== null) expect(verifier.check(request).kind, name).toBe('app');
    }
    // A credential and its digest together, from a request that covers the digest; and from one that never did.
    let both = fullRequest(site);
    for (const name of ['Cookie', 'Cookie-Digest']) both = withHeader(both, name, undefined);
    refusedTrick('proof_coverage', site, () => verifier.check(both));
    expect(verdict(site, verifier)).toBe('app');
  });

  test('doubles header fields in front of the server', () => {
    const { site, verifier } = running();
    for (const [name, [, code]] of Object.entries(fields)) {
      const request = fullRequest(site);
      const value = request.headers.find(([each]) => each === name)?.[1] ?? '';
      // The same once more, another value, and the name in another case.
      for (const [again, other] of [
        [name, value],
        [name, 'other'],
        [name.toUpperCase(), value],
      ] as const) {
        const doubled = alsoWithHeader(request, again, other);
        if (code !== null) refusedTrick(code, site, () => verifier.check(doubled));
      }
      expect(verifier.check(code === null ? alsoWithHeader(request, name, 'other') : request).kind).toBe(
        'app',
      );
    }
    // A field that the app chose to cover is one that it may send once.
    const covered = signNow(site, {
      headers: [['X-Tenant', 'one']],
      cover: ['@method', '@target-uri', 'appwarrant-deployment', 'x-tenant'],
    });
    refusedTrick('header_repeated', site, () => verifier.check(alsoWithHeader(covered, 'X-Tenant', 'two')));
    expect(verifier.check(covered).kind).toBe('app');
  });

  test('changes header fields in front of the server', () => {
    const { site, verifier } = running();
    const changed: readonly (readonly [string, string, ReasonCode])[] = [
      ['Signature-Input', 'app=()', 'proof_missing'],
      ['Signature', `app=:${Buffer.alloc(64, 1).toString('base64')}:`, 'signature_invalid'],
      ['AppWarrant-Deployment', 'A'.repeat(43), 'wrong_deployment'],
      ['Content-Digest', `sha-256=:${Buffer.alloc(32).toString('base64')}:`, 'digest_mismatch'],
      ['Content-Type', 'text/html', 'signature_invalid'],
      ['Content-Encoding', 'gzip', 'signature_invalid'],
      ['Content-Length', '1', 'body_incomplete'],
      ['Authorization', 'Bearer of-somebody-else', 'digest_mismatch'],
      ['Cookie', 'session=of-somebody-else', 'digest_mismatch'],
      ['X-HTTP-Method-Override', 'DELETE', 'method_override'],
      ['OAuth-Client-Attestation', 'of.another.request', 'proof_coverage'],
    ];
    for (const [name, value, code] of changed) {
      const request = fullRequest(site);
      refusedTrick(code, site, () => verifier.check(withHeader(request, name, value)));
      expect(verifier.check(request).kind, name).toBe('app');
    }
  });

  test('reorders header fields in front of the server', () => {
    // That changes nothing: what is signed says its own order. So every order is admitted.
    const { site, verifier } = running();
    const order = fc.shuffledSubarray(
      Array.from({ length: Object.keys(fields).length }, (_, i) => i),
      { minLength: Object.keys(fields).length },
    );
    fc.assert(
      fc.property(order, (indices) => {
        const request = fullRequest(site);
        const headers = indices.map((i) => request.headers[i] as [string, string]);
        const admission = verifier.check({ ...request, headers });
        expect(admission).toMatchObject({ kind: 'app', cookie: 'bound' });
      }),
      { numRuns: 200 },
    );
    // The order of the covered components is the signer's word, and no proxy's.
    const request = fullRequest(site);
    const input = request.headers.find(([name]) => name === 'Signature-Input')?.[1] ?? '';
    const swapped = input.replace('"@method" "@target-uri"', '"@target-uri" "@method"');
    refusedTrick('signature_invalid', site, () =>
      verifier.check(withHeader(request, 'Signature-Input', swapped)),
    );
    expect(verdict(site, verifier)).toBe('app');
  });

  test('changes a header field that the app did not cover', () => {
    // It is not signed: the proof says which fields it is about, and no other is to be trusted for its sake.
    const { site, verifier } = running();
    const request = signNow(site, { headers: [['X-Tenant', 'one']] });
    expect(verifier.check(withHeader(request, 'X-Tenant', 'two')).kind).toBe('app');
  });
});
