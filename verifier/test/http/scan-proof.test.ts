import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { readDigest } from '../../src/http/digest-fields.ts';
import { readFields } from '../../src/http/header-fields.ts';
import { parseProof } from '../../src/http/proof.ts';
import { scanProof } from '../../src/http/scan-proof.ts';
import type { Proof } from '../../src/http/unverified-proof.ts';
import { Refused } from '../../src/refused.ts';
import { headerOf } from './sign.ts';
import { makeSite } from './site.ts';

// A proof that is recognised must be the proof that parsing it gives.

const { sign } = makeSite();

/** What a reader gives, its bytes as numbers, or the code with which it refuses. */
function outcome(read: () => Proof | Uint8Array): unknown {
  try {
    const found = read();
    return found instanceof Uint8Array ? [...found] : { ...found, signature: [...found.signature] };
  } catch (error) {
    if (error instanceof Refused) return error.code;
    throw error;
  }
}

function proofOf(input: string, signature: string): unknown {
  const values = new Map([
    ['signature-input', input],
    ['signature', signature],
  ]);
  return outcome(() => parseProof({ values, repeated: new Set() }));
}

/** A space before a dictionary means nothing, and no proof with one is recognised. */
function expectSame(input: string, signature: string): void {
  expect(scanProof(` ${input}`, signature)).toBeUndefined();
  expect(proofOf(input, signature)).toEqual(proofOf(` ${input}`, signature));
}

const request = sign({
  method: 'POST',
  headers: [
    ['Authorization', 'Bearer user'],
    ['Content-Type', 'text/plain'],
  ],
  body: 'x',
});
const [input, signature] = [headerOf(request, 'Signature-Input'), headerOf(request, 'Signature')];

describe('a proof in its usual form', () => {
  it('is recognised, and is the one that parsing it gives', () => {
    expect(scanProof(input, signature)).toMatchObject({ expires: null, components: { length: 6 } });
    expectSame(input, signature);
    expect(proofOf(input, signature)).toEqual(outcome(() => parseProof(readFields(request.headers))));
  });

  it.each([
    ['a label of its own', input.replace('app=', 'sig-b_1='), signature.replace('app=', 'sig-b_1=')],
    ['another order of parameters', input.replace(/(;created=[0-9]+)(;nonce="[^"]+")/, '$2$1'), signature],
    ['an end', `${input};expires=9999999999`, signature],
    ['a component twice', input.replace('"@method"', '"@method" "@method"'), signature],
    ['a component with a parameter', input.replace('"@method"', '"@method";req'), signature],
    ['a component with a long name', input.replace('"@method"', `"@method" "${'a'.repeat(101)}"`), signature],
    ['seventeen components', input.replace('"@method"', `"@method"${letters(17)}`), signature],
    ['no components', input.replace(/\(.*\)/, '()'), signature],
    ['two spaces', input.replace('" "', '"  "'), signature],
    ['a leading zero', input.replace('created=', 'created=0'), signature],
    ['a short nonce', input.replace(/nonce="[^"]+"/, 'nonce="short"'), signature],
    ['a long nonce', input.replace(/nonce="/, `nonce="${'a'.repeat(128)}`), signature],
    [
      'a key id that is no thumbprint',
      input.replace(/keyid="[^"]+"/, `keyid="${'B'.repeat(43)}"`),
      signature,
    ],
    ['another tag', input.replace('app-attestation', 'other'), signature],
    ['another label at the signature', input, signature.replace('app=', 'other=')],
    ['a signature of another length', input, signature.replace('=:', '=:AAAA')],
    ['a second spelling of the signature', input, signature.replace(/[^:]==:$/, 'B==:')],
    ['a second signature', `${input}, other=()`, signature],
    ['no signature', input, ''],
  ])('with %s is read as parsing reads it', (_, changedInput, changedSignature) => {
    expectSame(changedInput, changedSignature);
  });

  it('is read as parsing reads it, whatever characters were changed, dropped or added', () => {
    const where = fc.record({
      field: fc.boolean(),
      at: fc.nat(),
      how: fc.constantFrom('flip', 'cut', 'add'),
      character: fc.constantFrom(...'"=:;,()\\ @-_.*AZaz09\t~'.split('')),
    });
    fc.assert(
      fc.property(fc.array(where, { minLength: 1, maxLength: 3 }), (changes) => {
        const fields = [input, signature];
        for (const { field, at, how, character } of changes) {
          const text = fields[Number(field)] ?? '';
          const position = at % text.length;
          const middle = { flip: character, cut: '', add: character + text.charAt(position) }[how];
          fields[Number(field)] = text.slice(0, position) + middle + text.slice(position + 1);
        }
        expectSame(fields[0] ?? '', fields[1] ?? '');
      }),
      { numRuns: 5000 },
    );
  });
});

describe('a digest in its usual form', () => {
  const digest = headerOf(request, 'Content-Digest');

  it('is the one that parsing it gives, whatever characters were changed, dropped or added', () => {
    const change = fc.tuple(
      fc.nat({ max: digest.length - 1 }),
      fc.constantFrom('', ...'=:;, -Aw8+/~'.split('')),
      fc.boolean(),
    );
    expect(outcome(() => readDigest('d', digest))).toHaveLength(32);
    fc.assert(
      fc.property(change, ([at, character, keep]) => {
        const text = digest.slice(0, at) + character + digest.slice(keep ? at : at + 1);
        expect(outcome(() => readDigest('d', text))).toEqual(outcome(() => readDigest('d', ` ${text}`)));
      }),
      { numRuns: 3000 },
    );
  });
});

function letters(count: number): string {
  return Array.from({ length: count }, (_, i) => ` "x-${String.fromCharCode(97 + i)}"`).join('');
}
