import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  fromBase64url,
  fromHex,
  isLabel,
  isLoopbackOrigin,
  isOrigin,
  isTime,
  parseDigest,
} from '../../src/formats.ts';
import { Refused, reasonCodes, reasons, secondsOf, timeOf, toBase64url, toHex } from '../../src/formats.ts';
import { refusal } from '../compose/story.ts';

describe('base64url', () => {
  test('comes back as the same bytes, and is what Node writes', () => {
    fc.assert(
      fc.property(fc.uint8Array(), (bytes) => {
        const text = toBase64url(bytes);
        expect(text).toBe(Buffer.from(bytes).toString('base64url'));
        expect(fromBase64url(text)).toEqual(bytes);
      }),
    );
  });

  test.each([
    'A',
    'AAAAA',
    'AA==',
    'AA=',
    'AB',
    'AAB',
    'A+AA',
    'A/AA',
    'AA AA',
    'AA\n',
    'ÀAAA',
    '\u0141AAA',
    'AAA\u0080',
  ])('refuses %j', (text) => {
    refusal('base64url_malformed', () => fromBase64url(text));
  });

  test('has one spelling for each value', () => {
    fc.assert(
      fc.property(fc.string({ unit: fc.constantFrom('A', 'B', 'a', 'b', '0', '1', '-', '_') }), (text) => {
        let bytes: Uint8Array;
        try {
          bytes = fromBase64url(text);
        } catch {
          return;
        }
        expect(toBase64url(bytes)).toBe(text);
      }),
    );
  });
});

describe('Digests', () => {
  test('are 64 lower-case hexadecimal digits', () => {
    expect(parseDigest('0af'.padEnd(64, '9'))).toHaveLength(64);
    for (const text of ['', 'A'.repeat(64), 'a'.repeat(63), 'a'.repeat(65), `${'a'.repeat(64)}\n`])
      refusal('value_malformed', () => parseDigest(text));
  });

  test('come back from hexadecimal digits as the same bytes', () => {
    fc.assert(
      fc.property(fc.uint8Array(), (bytes) => {
        expect(fromHex(toHex(bytes))).toEqual(bytes);
      }),
    );
    for (const text of ['a', 'AB', 'zz', '0x']) refusal('value_malformed', () => fromHex(text));
  });
});

describe('Times', () => {
  test('come back as the same second', () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 253402300799 }), (second) => {
        expect(secondsOf(timeOf(second))).toBe(second);
      }),
    );
  });

  test.each([
    '2030-01-01T00:00:00.000Z',
    '2030-01-01T00:00:00+00:00',
    '2030-01-01 00:00:00Z',
    '2030-1-1T00:00:00Z',
    '2030-13-01T00:00:00Z',
    '2030-00-01T00:00:00Z',
    '2030-02-29T00:00:00Z',
    '2100-02-29T00:00:00Z',
    '2030-04-31T00:00:00Z',
    '2030-01-32T00:00:00Z',
    '2030-01-00T00:00:00Z',
    '2030-01-01T24:00:00Z',
    '2030-01-01T00:60:00Z',
    '2030-01-01T00:00:60Z',
    '1969-12-31T23:59:59Z',
    '10000-01-01T00:00:00Z',
    '2030-01-01T00:00:00z',
    '2030-01-01T00:00:00Z\n',
    'never',
    '',
  ])('are not written %j', (text) => {
    expect(isTime(text)).toBe(false);
    refusal('value_malformed', () => secondsOf(text));
  });

  test('know leap years', () => {
    expect(
      ['2028-02-29T00:00:00Z', '2000-02-29T23:59:59Z', '9999-12-31T23:59:59Z', '1970-01-01T00:00:00Z'].every(
        isTime,
      ),
    ).toBe(true);
  });

  test('end with the year 9999', () => {
    expect(() => timeOf(-1)).toThrow(RangeError);
    expect(() => timeOf(253402300800)).toThrow(RangeError);
    expect(() => timeOf(Number.NaN)).toThrow(RangeError);
  });
});

describe('Labels', () => {
  test.each([
    'A',
    'Orders 2.0',
    'Große Übersicht',
    '受注管理',
    'a'.repeat(120),
    '\u{1f4e6}'.repeat(120),
    'x  y',
  ])('may be %j', (text) => {
    expect(isLabel(text)).toBe(true);
  });

  test.each([
    ['empty', ''],
    ['longer than 120 characters', 'a'.repeat(121)],
    ['longer than 120 characters beyond the basic plane', '\u{1f4e6}'.repeat(121)],
    ['beginning with a space', ' a'],
    ['ending with a no-break space', 'a\u00a0'],
    ['with a line end', 'a\nb'],
    ['with a control character', 'a\u0085b'],
    ['with a right-to-left override', 'a\u202eb'],
    ['with an isolate', 'a\u2066b'],
    ['with an Arabic letter mark', 'a\u061cb'],
    ['with a zero-width space', 'a\u200bb'],
    ['with a word joiner', 'a\u2060b'],
    ['with a byte order mark', 'a\ufeffb'],
    ['not in NFC', 'e\u0301'],
    ['with a lone surrogate', 'a\ud800b'],
  ])('are never %s', (_, text) => {
    expect(isLabel(text)).toBe(false);
  });
});

describe('Origins', () => {
  test.each([
    'https://erp.example',
    'http://localhost:3000',
    'https://a-b.c.example:8443',
    'http://127.0.0.1:80808'.slice(0, 21),
    'https://[::1]:8443',
  ])('may be %s', (text) => {
    expect(isOrigin(text)).toBe(true);
  });

  test.each([
    '',
    'erp.example',
    'https://',
    'https://erp.example/',
    'https://erp.example/path',
    'https://erp.example?',
    'https://erp.example#',
    'https://user@erp.example',
    'https://erp.example:443',
    'http://erp.example:80',
    'https://erp.example:0443',
    'https://erp.example:70000',
    'https://ERP.example',
    'HTTPS://erp.example',
    'https://erp.example.',
    'https://erp..example',
    'https://münchen.example',
    'ftp://erp.example',
    'https://127.1',
    'https://0x7f.0.0.1',
    'https://[0:0:0:0:0:0:0:1]',
    'https://erp.example\n',
    ' https://erp.example',
    `https://${'a'.repeat(400)}.example`,
  ])('are never written %j', (text) => {
    expect(isOrigin(text)).toBe(false);
  });

  test('of this machine are only those that no other machine can have', () => {
    for (const origin of [
      'http://localhost',
      'https://a.localhost:1',
      'http://x.test',
      'http://127.0.0.1',
      'http://[::1]:5',
    ]) {
      expect(isLoopbackOrigin(origin), origin).toBe(true);
    }
    for (const origin of [
      'http://localhost.example',
      'https://test',
      'http://127.0.0.2',
      'http://10.0.0.1',
      'https://notlocalhost',
      'https://mytest',
    ]) {
      expect(isLoopbackOrigin(origin), origin).toBe(false);
    }
  });
});

describe('A refusal', () => {
  test('carries no stack, whatever is thrown', () => {
    const limit = Error.stackTraceLimit;
    const refused = new Refused('rollback', 'Version 3 came after version 4.', { version: 3 });
    expect(refused.stack).not.toContain('\n    at ');
    expect(Error.stackTraceLimit).toBe(limit);
    expect(refused).toMatchObject({
      name: 'Refused',
      code: 'rollback',
      status: 409,
      members: { version: 3 },
    });
    expect(refused.message).toBe(`Version 3 came after version 4. ${reasons.rollback.sentence}`);
  });

  test('has a code of the closed list, a title and something that a person can do', () => {
    for (const code of reasonCodes) {
      expect(code).toMatch(/^[a-z0-9_]+$/);
      const { sentence, status, title } = reasons[code];
      expect([400, 401, 403, 404, 408, 409, 413, 429, 500, 502, 503, 505]).toContain(status);
      expect(title.length).toBeGreaterThan(3);
      expect(sentence, code).toMatch(/\.$/);
    }
    const titles = reasonCodes.map((code) => reasons[code].title);
    expect(new Set(titles).size).toBe(titles.length);
  });
});
