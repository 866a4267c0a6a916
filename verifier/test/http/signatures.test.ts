import { createPublicKey } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { importEd25519, isSignatureBy } from '../../src/crypto.ts';
import { toDer } from '../../src/http/ecdsa-der.ts';

const folder = new URL('../vectors/', import.meta.url);
const json = (path: string): unknown => JSON.parse(readFileSync(new URL(path, folder), 'utf8'));

/** Project Wycheproof's form. */
type Vectors<Key> = {
  readonly numberOfTests: number;
  readonly testGroups: readonly (Key & {
    readonly tests: readonly {
      readonly tcId: number;
      readonly comment: string;
      readonly msg: string;
      readonly sig: string;
      readonly result: string;
    }[];
  })[];
};

/** Every published case is judged as it says. `judge` is made once for the key of a group. */
function expectAsPublished<Key>(
  vectors: Vectors<Key>,
  judgeBy: (group: Key) => (message: Uint8Array, signature: Uint8Array) => boolean,
): void {
  let seen = 0;
  for (const group of vectors.testGroups) {
    const judge = judgeBy(group);
    for (const { tcId, comment, msg, sig, result } of group.tests) {
      const valid = judge(Buffer.from(msg, 'hex'), Buffer.from(sig, 'hex'));
      expect(`${String(tcId)} ${comment}: ${valid ? 'valid' : 'invalid'}`).toBe(
        `${String(tcId)} ${comment}: ${result}`,
      );
      seen += 1;
    }
  }
  expect(seen).toBe(vectors.numberOfTests);
}

describe('an Ed25519 signature, as TUF roles have them', () => {
  it('is valid exactly where the published cases say so', () => {
    const vectors = json('wycheproof/ed25519_test.json') as Vectors<{ readonly publicKey: string }>;
    expectAsPublished(vectors, ({ publicKey }) => {
      const key = importEd25519(Buffer.from(publicKey, 'hex'));
      return (message, signature) => isSignatureBy(key, message, signature);
    });
  });
});

describe('an ECDSA signature of 64 bytes', () => {
  it('is valid exactly where the published cases say so', () => {
    type Keys = { readonly publicKeyPem: string };
    const vectors = json('wycheproof/ecdsa_secp256r1_sha256_p1363_test.json') as Vectors<Keys>;
    expectAsPublished(vectors, ({ publicKeyPem }) => {
      const key = { kind: 'ecdsa-p256-sha256', object: createPublicKey(publicKeyPem) } as const;
      return (message, signature) => {
        const der = toDer(signature);
        return der !== undefined && isSignatureBy(key, message, der);
      };
    });
  });

  it('has no form in DER at any other length', () => {
    for (const length of [0, 1, 63, 65, 128]) expect(toDer(new Uint8Array(length))).toBeUndefined();
  });

  it('is written with the fewest bytes that DER allows', () => {
    const of = (r: number[], s: number[]) => {
      const bytes = new Uint8Array(64);
      bytes.set(r, 32 - r.length);
      bytes.set(s, 64 - s.length);
      return [...(toDer(bytes) ?? [])];
    };
    expect(of([], [])).toEqual([0x30, 6, 2, 1, 0, 2, 1, 0]);
    expect(of([0x7f], [0x80])).toEqual([0x30, 7, 2, 1, 0x7f, 2, 2, 0, 0x80]);
  });
});
