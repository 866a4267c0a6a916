import { canonicalText, fileText, sha256Hex } from '@appwarrant/verifier/formats';
import type { JsonValue } from '@appwarrant/verifier/formats';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { KeysError } from '../src/keys-error.ts';
import { composeRequest, parseRequest, REQUEST_BYTES, requestDigest } from '../src/request.ts';
import type { Change } from '../src/request.ts';
import { approver, creation, freshKey, requestFor, rosterOf } from './table.ts';

const roster = rosterOf(approver('a', 'Alice "the hammer" Baker'), approver('b', 'Żaneta'));
const pem = `-----BEGIN PUBLIC KEY-----\n${'MFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAE'}\n-----END PUBLIC KEY-----\n`;
const changes: readonly Change[] = [
  { kind: 'roster', roster },
  { kind: 'packages', packages: [{ path: 'packages/acme-1.0.0.tgz', length: 7, digest: 'ab'.repeat(32) }] },
  { kind: 'revocations' },
  { kind: 'renewal' },
  {
    kind: 'online-keys',
    keys: {
      snapshot: freshKey(),
      timestamp: { keytype: 'ecdsa', scheme: 'ecdsa-sha2-nistp256', keyval: { public: pem } },
    },
  },
];
const revocations = [
  { subject: { kind: 'artifact', digest: 'cd'.repeat(32) }, through: '2026-01-01T00:00:00Z' },
] as const;
const requests = [
  creation(),
  ...changes.map((change) => requestFor('12'.repeat(32), change, { revocations })),
];

const malformed = expect.objectContaining({ name: 'KeysError', code: 'request_malformed' });
const bytesOf = (text: string) => new TextEncoder().encode(text);

describe('a request file', () => {
  test('has the digest that `sha256sum` gives for it as the portal wrote it', () => {
    for (const request of requests.filter((one) => !fileText(one).includes('BEGIN PUBLIC KEY'))) {
      expect(sha256Hex(composeRequest(request))).toBe(requestDigest(request));
    }
  });

  test.each(
    requests.map((request) => ['change' in request ? request.change.kind : 'creation', request] as const),
  )('is read as it was written: %s', (_, request) => {
    expect(parseRequest(composeRequest(request))).toEqual(request);
    // The digest that people compare does not depend on how the file is laid out.
    const laidOut = bytesOf(JSON.stringify(JSON.parse(fileText(request)), null, 2));
    expect(requestDigest(parseRequest(laidOut))).toBe(requestDigest(request));
  });

  test('is refused when it is cut short anywhere', () => {
    for (const request of requests) {
      const bytes = composeRequest(request);
      fc.assert(
        fc.property(fc.nat(bytes.length - 1), (length) => {
          expect(() => parseRequest(bytes.subarray(0, length))).toThrow(malformed);
        }),
        { numRuns: 60 },
      );
    }
  });

  test('with one bit turned is refused or says something else: it never reads the same', () => {
    for (const request of requests) {
      const bytes = composeRequest(request);
      const before = canonicalText(request);
      fc.assert(
        fc.property(fc.nat(bytes.length * 8 - 1), (bit) => {
          const turned = bytes.slice();
          turned[bit >> 3]! ^= 1 << (bit & 7);
          try {
            expect(canonicalText(parseRequest(turned))).not.toBe(before);
          } catch (error) {
            if (!(error instanceof KeysError)) throw error;
            expect(error.code).toBe('request_malformed');
          }
        }),
        { numRuns: 120 },
      );
    }
  });

  test('is refused when a member is missing, or when there is one more, at every level', () => {
    for (const request of requests) {
      const value = JSON.parse(fileText(request)) as JsonValue;
      for (const object of objectsIn(value)) {
        object['more'] = 1;
        expect(() => parseRequest(bytesOf(JSON.stringify(value)))).toThrow(malformed);
        delete object['more'];
        for (const [name, kept] of Object.entries(object)) {
          // Which online keys come is up to the request.
          if (['snapshot', 'timestamp'].includes(name) && !('registry' in object)) continue;
          delete object[name];
          expect(() => parseRequest(bytesOf(JSON.stringify(value)))).toThrow(malformed);
          object[name] = kept;
        }
      }
      expect(parseRequest(bytesOf(JSON.stringify(value)))).toEqual(request);
    }
  });

  test.each([
    [
      'a path outside of packages',
      { kind: 'packages', packages: [{ path: 'p-x/y/z', length: 1, digest: 'ab'.repeat(32) }] },
    ],
    [
      'a path that climbs',
      { kind: 'packages', packages: [{ path: 'packages/../x', length: 1, digest: 'ab'.repeat(32) }] },
    ],
    ['a key for root', { kind: 'online-keys', keys: { root: freshKey() } }],
    ['no keys at all', { kind: 'online-keys', keys: {} }],
    [
      'a scheme that is not the key type’s',
      { kind: 'online-keys', keys: { snapshot: { ...freshKey(), scheme: 'rsassa-pss-sha256' } } },
    ],
    [
      'a roster of one for entries',
      { kind: 'roster', roster: { ...roster, thresholds: { entry: 1, licence: 1, grant: 2 } } },
    ],
    ['a change that nobody knows', { kind: 'approve-everything' }],
  ])('is refused with %s', (_, change) => {
    const value = { ...JSON.parse(fileText(requests[1]!)), change } as JsonValue;
    expect(() => parseRequest(bytesOf(JSON.stringify(value)))).toThrow(malformed);
  });

  test('of more than 16 MiB is refused before it is read', () => {
    expect(() => parseRequest(new Uint8Array(REQUEST_BYTES + 1))).toThrow(
      expect.objectContaining({ code: 'file_too_large' }),
    );
  });
});

/** Every object in a value, so that a test can change it in place; not those of JWKs, which have a code of their own. */
function objectsIn(value: JsonValue): Record<string, unknown>[] {
  if (Array.isArray(value)) return (value as JsonValue[]).flatMap(objectsIn);
  if (typeof value !== 'object' || value === null) return [];
  return [value as Record<string, unknown>, ...Object.values(value).flatMap(objectsIn)];
}
