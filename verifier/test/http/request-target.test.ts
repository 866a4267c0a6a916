import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseTarget } from '../../src/http/request-target.ts';
import { isOrigin } from '../../src/origin.ts';
import { expectRefused } from './site.ts';

describe('a request target', () => {
  it.each([
    '/',
    '/orders',
    '/orders/',
    '/orders?',
    '/orders?next=https://x.test//a/../b',
    '/a%2Fb',
    '/a%5cb',
    '/.well-known/x',
    '/..a/b../...',
    '/a%20b',
    '/%252e%252e/',
    "/~!$&'()*+,;=:@",
  ])('is passed on byte for byte: %s', (target) => {
    expect(parseTarget(target)).toBe(target);
  });

  it.each([
    ['empty', ''],
    ['absolute form', 'https://ris.hospital.test/orders'],
    ['authority form', 'ris.hospital.test:443'],
    ['asterisk form', '*'],
    ['without a leading slash', 'orders'],
    ['a network path', '//evil.test/orders'],
    ['an empty segment', '/a//b'],
    ['a dot segment', '/a/./b'],
    ['two dots', '/a/../b'],
    ['two dots at the end', '/a/..'],
    ['a dot at the end', '/a/.'],
    ['dots before the query', '/a/..?b'],
    ['dots with path parameters', '/a/..;x/b'],
    ['a dot with a path parameter at the end', '/a/.;'],
    ['encoded dots before an encoded semicolon', '/a/%2e%2e%3Bx/b'],
    ['encoded dots', '/a/%2e%2e/b'],
    ['encoded dots, upper case', '/a/%2E%2E/b'],
    ['half-encoded dots', '/a/.%2e/b'],
    ['dots behind an encoded slash', '/a%2f..%2fb'],
    ['encoded dots behind an encoded slash', '/a%2F%2e%2E%2Fb'],
    ['dots behind an encoded backslash', '/a%5c..%5Cb'],
    ['a backslash', '/a\\b'],
    ['a fragment', '/a#b'],
    ['a fragment in the query', '/a?b#c'],
    ['a space', '/a b'],
    ['a tab', '/a\tb'],
    ['a line feed', '/a\nb'],
    ['a carriage return in the query', '/a?b\rc'],
    ['a null', '/a\0'],
    ['a delete', '/a\x7f'],
    ['Latin', '/ä'],
    ['a wide character in the query', '/a?\u2215'],
  ])('is refused: %s', (_what, target) => {
    expectRefused(() => parseTarget(target), 'target_malformed');
  });

  it('that is passed means the same to the URL standard', () => {
    const piece = fc.constantFrom(
      '/',
      '.',
      '..',
      '%2e',
      '%2F',
      'a',
      '?',
      '#',
      '\\',
      ' ',
      '%',
      ';',
      '%5C',
      'é',
      '//',
      '\t',
    );
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 12 }), (pieces) => {
        const target = `/${pieces.join('')}`;
        try {
          const url = new URL(`https://ris.test${parseTarget(target)}`);
          expect(url.origin).toBe('https://ris.test');
          expect(url.pathname + (target.includes('?') ? target.slice(target.indexOf('?')) : '')).toBe(target);
        } catch (error) {
          expect(error).toMatchObject({ name: 'Refused', code: 'target_malformed' });
        }
      }),
      { numRuns: 5000 },
    );
  });

  it('is passed or refused, whatever it is', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (text) => {
        try {
          parseTarget(text);
        } catch (error) {
          expect(error).toMatchObject({ name: 'Refused', code: 'target_malformed' });
        }
      }),
    );
  });
});

describe('published cases of canonicalisation', () => {
  type Case = { readonly name: string; readonly input_url: string; readonly expected_target_uri?: string };
  const file = new URL('../vectors/http-signatures/canonicalization.json', import.meta.url);
  const { cases } = JSON.parse(readFileSync(file, 'utf8')) as { cases: Case[] };

  /** How a case ends here, where nothing is canonicalised: a request is taken as it came, or not at all. */
  function endOf({ input_url }: Case): 'taken' | 'origin refused' | 'target refused' {
    const [, origin = '', target = ''] = /^([A-Za-z]+:\/\/[^/?#]*)(.*)$/.exec(input_url) ?? [];
    // The origin comes from the licence, in its one spelling. A request says nothing of it that is believed.
    if (!isOrigin(origin)) return 'origin refused';
    try {
      expect(origin + parseTarget(target)).toBe(input_url);
      return 'taken';
    } catch (error) {
      expect(error).toMatchObject({ code: 'target_malformed' });
      return 'target refused';
    }
  }

  it.each(cases.filter((each) => each.expected_target_uri === undefined))(
    '$name: what that profile refuses is refused',
    (each) => {
      expect(endOf(each)).toBe('origin refused');
    },
  );

  it.each(cases.filter((each) => each.expected_target_uri === each.input_url))(
    '$name: what that profile leaves alone is taken as it is, but empty segments',
    (each) => {
      // `//` is another path to one router and the same to another (SPEC §10.4).
      expect(endOf(each)).toBe(each.name === 'consecutive-slashes-preserved' ? 'target refused' : 'taken');
    },
  );

  // Every deviation: what that profile spells anew before it is signed.
  it.each<[string, ReturnType<typeof endOf>, readonly string[]]>([
    [
      'another spelling of the origin, of which the licence holds one',
      'origin refused',
      [
        ...['scheme-lowercase', 'host-lowercase', 'dns-root-dot-stripped', 'dns-root-dot-with-port-stripped'],
        ...['idn-to-punycode', 'idn-mixed-case-to-punycode', 'idn-u-label-root-dot-stripped'],
        ...['idn-a-label-root-dot-stripped', 'ipv6-host-hex-lowercased', 'userinfo-stripped'],
        ...['default-port-https-stripped', 'default-port-http-stripped'],
      ],
    ],
    [
      'a path that routers resolve, each in its own way, and a fragment, which no request has',
      'target refused',
      [
        ...['dot-segment-collapsed', 'double-dot-segment-collapsed', 'dot-segment-with-consecutive-slashes'],
        ...['double-dot-segment-with-consecutive-slashes', 'empty-path-with-authority-becomes-slash'],
        'fragment-stripped',
      ],
    ],
    [
      'percent-encodings, which are signed as they are sent: the router gets the same bytes',
      'taken',
      [
        ...['percent-encoded-hex-uppercased', 'percent-encoded-unreserved-tilde-decoded'],
        'percent-encoded-unreserved-alpha-decoded',
      ],
    ],
  ])('deviate in %s: %s', (_, end, names) => {
    const spelledAnew = cases.filter(
      ({ input_url, expected_target_uri: uri }) => uri !== undefined && uri !== input_url,
    );
    expect(spelledAnew.filter((each) => endOf(each) === end).map(({ name }) => name)).toEqual(names);
  });
});
