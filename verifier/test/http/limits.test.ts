import { createHash } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import { readDigest } from '../../src/http/digest-fields.ts';
import { readFields } from '../../src/http/header-fields.ts';
import { parseProof } from '../../src/http/proof.ts';
import { readHead } from '../../src/http/request-head.ts';
import { digestField, headerOf, newNonce, withHeader } from './sign.ts';
import { expectRefused, makeSite, origin, start } from './site.ts';

// How long and how many (SPEC §10.2, §10.3, §12): the most is taken, one more is refused. Beyond the limits nothing is parsed.

const site = makeSite();
const request = site.sign();
const [input, signature] = [headerOf(request, 'Signature-Input'), headerOf(request, 'Signature')];

function proofOf(signatureInput: string, signatures: string = signature): ReturnType<typeof parseProof> {
  const values = new Map([
    ['signature-input', signatureInput],
    ['signature', signatures],
  ]);
  return parseProof({ values, repeated: new Set() });
}

/** A field with a further member behind it, which belongs to somebody else, so that it has a length. */
const padded = (
  field: string,
  [open, fill, close]: readonly [string, string, string],
  length: number,
): string => {
  const rest = length - field.length - open.length - close.length;
  return field + open + fill.repeat(rest) + close;
};
const another = [', zz="', 'x', '"'] as const;

describe('A proof', () => {
  test.each(['the usual one', 'one with a further member'])('has fields of at most 8 KiB: %s', (kind) => {
    const list: readonly [string, string, string] =
      kind === 'the usual one' ? [', zz=("', 'x', '")'] : [', zz=();a="', 'x', '"'];
    expect(proofOf(padded(input, list, 8192)).keyid).toBe(site.key.thumbprint);
    expectRefused(() => proofOf(padded(input, list, 8193)), 'too_large');
    expect(proofOf(input, padded(signature, another, 8192)).keyid).toBe(site.key.thumbprint);
    expectRefused(() => proofOf(input, padded(signature, another, 8193)), 'too_large');
  });

  const withNonce = (nonce: string): string => input.replace(/nonce="[^"]*"/, `nonce="${nonce}"`);
  const challenge = 'A'.repeat(32);

  test('has a nonce of 16 to 128 characters of base64url, or behind a challenge of 16 to 95', () => {
    for (const nonce of [
      'a'.repeat(16),
      'a_-Z09'.padEnd(128, 'x'),
      `${challenge}.${'b'.repeat(16)}`,
      `${challenge}.${'_-'.padEnd(95, 'b')}`,
    ]) {
      expect(proofOf(withNonce(nonce)).nonce).toBe(nonce);
      // However it is written, and whoever else has signed.
      expect(proofOf(`${withNonce(nonce)}, zz=()`).nonce).toBe(nonce);
    }
    for (const nonce of [
      '',
      'a'.repeat(15),
      'a'.repeat(129),
      `${'a'.repeat(20)}.`,
      `${challenge}.`,
      `${challenge}.${'b'.repeat(15)}`,
      `${challenge}.${'b'.repeat(96)}`,
      `${challenge}A.${'b'.repeat(16)}`,
      `${challenge.slice(1)}.${'b'.repeat(16)}`,
      `${challenge}.${'b'.repeat(16)}.c`,
      `${challenge}.${'b'.repeat(16)}=`,
      ` ${'a'.repeat(16)}`,
      `${'a'.repeat(16)} `,
      `${'a'.repeat(16)}=`,
      `${'a'.repeat(16)}/`,
    ])
      for (const beside of ['', ', zz=()'])
        expectRefused(() => proofOf(withNonce(nonce) + beside), 'proof_malformed');
  });

  test('covers at most 64 components, with names of at most 100 characters', () => {
    const covering = (names: readonly string[]): string =>
      input.replace(/\([^)]*\)/, `(${names.map((name) => `"${name}"`).join(' ')})`);
    const names = (count: number): string[] =>
      Array.from(
        { length: count },
        (_, i) => `x-${'abcdefghij'.charAt(i % 10)}${'abcdefghij'.charAt(Math.floor(i / 10))}`,
      );
    for (const beside of ['', ', zz=()']) {
      expect(proofOf(covering(names(64)) + beside).components).toEqual(names(64));
      expectRefused(() => proofOf(covering(names(65)) + beside), 'proof_malformed');
      expect(proofOf(covering(['a'.repeat(100)]) + beside).components).toHaveLength(1);
      expectRefused(() => proofOf(covering(['a'.repeat(101)]) + beside), 'proof_malformed');
      expectRefused(() => proofOf(covering(['a', 'b', 'a']) + beside), 'proof_malformed');
    }
    expect(proofOf(covering([])).components).toEqual([]);
  });

  test('was created at a whole second of at most 15 digits', () => {
    const at = (created: string): string => input.replace(/created=[0-9]+/, `created=${created}`);
    for (const beside of ['', ', zz=()']) {
      expect(proofOf(at('0') + beside).created).toBe(0);
      expect(proofOf(at('999999999999999') + beside).created).toBe(999_999_999_999_999);
      for (const created of ['1000000000000000', '-1', '1.5', '""', '?1', 'x', ''])
        expectRefused(() => proofOf(at(created) + beside), 'proof_malformed');
    }
  });

  test('expires after it was created, and after now', () => {
    const until = (seconds: number): string => input.replace(';tag', `;expires=${String(seconds)};tag`);
    expect(proofOf(until(start + 1)).expires).toBe(start + 1);
    for (const seconds of [start, start - 1, 0, -1])
      expectRefused(() => proofOf(until(seconds)), 'proof_malformed');
    expect(proofOf(input).expires).toBeNull();
  });

  test('names one key, by its thumbprint', () => {
    const by = (keyid: string): string => input.replace(/keyid="[^"]*"/, `keyid="${keyid}"`);
    const { thumbprint } = site.key;
    for (const keyid of [
      '',
      thumbprint.slice(1),
      `A${thumbprint}`,
      `${thumbprint}A`,
      `${thumbprint.slice(0, 42)}B`,
      `${thumbprint.slice(0, 42)}=`,
    ])
      for (const beside of ['', ', zz=()'])
        expectRefused(() => proofOf(by(keyid) + beside), 'proof_malformed');
  });

  test('names the one algorithm, or none', () => {
    const of = (alg: string): string => input.replace(';tag', `;alg=${alg};tag`);
    expect(proofOf(of('"ecdsa-p256-sha256"')).components).toEqual(proofOf(input).components);
    for (const alg of ['""', '"ECDSA-P256-SHA256"', '"ecdsa-p384-sha384"', 'ecdsa-p256-sha256', '1'])
      expectRefused(() => proofOf(of(alg)), 'proof_malformed');
  });

  test('has a signature of 64 bytes under its label, and nothing but that', () => {
    const of = (length: number, more = ''): string =>
      `app=:${Buffer.alloc(length, 1).toString('base64')}:${more}`;
    for (const beside of ['', ', zz=:AA==:']) {
      expect(proofOf(input, of(64) + beside).signature).toHaveLength(64);
      for (const length of [0, 63, 65])
        expectRefused(() => proofOf(input, of(length) + beside), 'proof_malformed');
      expectRefused(() => proofOf(input, of(64, ';a') + beside), 'proof_malformed');
      expectRefused(() => proofOf(input, of(64).replace('app', 'apq') + beside), 'proof_malformed');
      expectRefused(() => proofOf(input, `app=(:${'AAAA'}:)${beside}`), 'proof_malformed');
      expectRefused(() => proofOf(input, `app="${'A'.repeat(64)}"${beside}`), 'proof_malformed');
    }
  });
});

describe('A request head', () => {
  const head = (changes: object): ReturnType<typeof readHead> =>
    readHead({ method: 'GET', target: '/', headers: [], ...changes }, origin);

  test('has a method of 1 to 32 letters, digits and hyphens', () => {
    for (const method of ['G', 'get', 'M-SEARCH', 'A'.repeat(32), '0'])
      expect(head({ method }).method).toBe(method);
    for (const method of ['', 'A'.repeat(33), 'G T', 'GET\n', ' GET', 'G_T', 'GÉT', undefined, 5, null])
      expectRefused(() => head({ method }), 'method_malformed');
  });

  test('has a target URI of at most 8 KiB', () => {
    const target = (length: number): string => `/${'a'.repeat(length - origin.length - 1)}`;
    expect(head({ target: target(8192) }).target).toHaveLength(8192 - origin.length);
    expectRefused(() => head({ target: target(8193) }), 'too_large');
    for (const odd of [undefined, 5, null]) expectRefused(() => head({ target: odd }), 'target_malformed');
  });

  test('has fields of at most 64 KiB, names and values together', () => {
    const fields = (length: number): [string, string][] => [
      ['ab', 'c'.repeat(1000)],
      ['de', 'f'.repeat(length - 1004)],
    ];
    expect(readFields(fields(65_536)).values.size).toBe(2);
    expectRefused(() => readFields(fields(65_537)), 'too_large');
    expect(readFields([['a'.repeat(65_535), 'b']]).values.size).toBe(1);
    expectRefused(() => readFields([['a'.repeat(65_536), 'b']]), 'too_large');
  });

  test('has fields that are pairs of texts', () => {
    for (const pair of [[1, 'a'], ['a', 1], ['a'], [], [undefined, 'a'], ['a', null]])
      expectRefused(() => readFields([pair as unknown as [string, string]]), 'header_malformed');
  });

  test('has names that are tokens, and values of one line', () => {
    for (const name of ['a', 'A-b', "!#$%&'*+-.^_`|~09"])
      expect([...readFields([[name, 'x']]).values.keys()]).toEqual([name.toLowerCase()]);
    for (const name of ['', ' ', 'a ', ' a', 'a:', 'a b', 'é', 'a\n', '\u0000', '"', '(', '@a'])
      expectRefused(() => readFields([[name, 'x']]), 'header_malformed');
    for (const value of ['', 'a', ' ', '\t', 'a\tb c', '\u00ff\u0080', '~!'])
      expect([...readFields([['a', value]]).values.values()]).toEqual([
        value.replace(/^[ \t]+|[ \t]+$/g, ''),
      ]);
    for (const value of ['\n', 'a\r', '\u0000', '\u007f', '\u0100', 'a\u001f', '\u2028'])
      expectRefused(() => readFields([['a', value]]), 'header_malformed');
  });

  test('keeps white space that is not HTTP’s', () => {
    expect([...readFields([['a', ' \t\u00a0x\u00a0\t ']]).values.values()]).toEqual(['\u00a0x\u00a0']);
  });

  test.each([
    'AppWarrant-Deployment',
    'Authorization',
    'Authorization-Digest',
    'Content-Digest',
    'Content-Encoding',
    'Content-Length',
    'Content-Type',
    'Cookie',
    'Cookie-Digest',
    'Host',
    'OAuth-Client-Attestation',
    'Signature',
    'Signature-Input',
    'Transfer-Encoding',
  ])('has %s once', (name) => {
    expect(readFields([[name, 'a']]).repeated.size).toBe(0);
    const refused = expectRefused(
      () =>
        readFields([
          [name, 'a'],
          ['X', 'b'],
          [name.toUpperCase(), 'a'],
        ]),
      'header_repeated',
    );
    expect(refused.seen).toBe(`${name.toLowerCase()} comes more than once.`);
  });

  test('has other fields as often as it likes, of which the first counts', () => {
    const { values, repeated } = readFields([
      ['Accept', 'a'],
      ['accept', 'b'],
      ['ACCEPT', 'c'],
    ]);
    expect([[...values], [...repeated]]).toEqual([[['accept', 'a']], ['accept']]);
  });
});

describe('A digest field', () => {
  const good = digestField('x');
  const digest = createHash('sha256').update('x').digest();

  test('has at most 1024 characters', () => {
    for (const length of [good.length, 1023, 1024]) {
      const field = length === good.length ? good : padded(good, another, length);
      expect(Buffer.from(readDigest('content-digest', field))).toEqual(digest);
    }
    expectRefused(() => readDigest('content-digest', padded(good, another, 1025)), 'too_large');
    expectRefused(() => readDigest('content-digest', `sha-256=:${'A'.repeat(1016)}:`), 'too_large');
  });

  test('has a SHA-256 of 32 bytes, wherever it stands', () => {
    for (const field of [good, ` ${good}`, `sha-512=:AA==:, ${good}`, `${good};a=1`, `${good},md5=1`])
      expect(Buffer.from(readDigest('d', field))).toEqual(digest);
    for (const field of [
      '',
      'sha-256',
      'sha-256=1',
      'sha-256=()',
      'sha-256=::',
      `sha-256="${'A'.repeat(32)}"`,
      `sha-256=${'A'.repeat(32)}`,
      'sha-512=:AA==:',
      good.toUpperCase(),
      good.replace('=:', '=:AAAA'),
      good.slice(0, -1),
      `${good}:`,
      good.replace('sha-256', 'sha-256 '),
      `sha-256=:${Buffer.alloc(31).toString('base64')}:`,
      `sha-256=:${Buffer.alloc(33).toString('base64')}:`,
      `sha-256=:${Buffer.alloc(32, 255).toString('base64').replaceAll('/', '_')}:`,
    ])
      expectRefused(() => readDigest('d', field), 'proof_malformed');
  });
});

test('A body of 16 MiB is checked, and a longer one is not', () => {
  const most = 16 * 1024 * 1024;
  const post = (length: number) =>
    site.sign({ method: 'POST', body: Buffer.alloc(length, 1), nonce: newNonce() });
  expect(site.checker.check(post(most)).kind).toBe('app');
  expectRefused(() => site.checker.check(post(most + 1)), 'too_large');
});

test('A Content-Length of up to 2^53 − 1 is read, and only digits are', () => {
  const of = (length: string): unknown =>
    readHead(withHeader({ method: 'GET', target: '/', headers: [] }, 'Content-Length', length), origin)
      .framing;
  expect(of('0')).toEqual({ length: 0, chunked: false });
  expect(of('9007199254740991')).toEqual({ length: 2 ** 53 - 1, chunked: false });
  for (const odd of ['', '-1', '+1', '1e3', '0x1', '1.0', '1,1', '9007199254740992', '١'])
    expectRefused(() => of(odd), odd === '١' ? 'header_malformed' : 'framing_ambiguous');
});
