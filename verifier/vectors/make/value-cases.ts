import type { ReasonCode } from '../../src/reasons.ts';
import { keyOf } from './keys.ts';
import { customer, partner } from './world.ts';
import { accepted, refused, type Made } from './vector-case.ts';

// Values on their own (SPEC §1, §3.6, §10.4).

/** One type of value: what is right, with its facts, and what is wrong, each beside something that is right. */
type Values = {
  readonly type: string;
  readonly spec: readonly string[];
  readonly code: ReasonCode;
  readonly right: readonly (readonly [
    name: string,
    about: string,
    text: string,
    facts?: Record<string, string | number | boolean>,
  ])[];
  readonly wrong: readonly (readonly [name: string, about: string, right: string, wrong: string])[];
};

const thumb = keyOf('app').thumbprint;
const digest = '0123456789abcdef'.repeat(4);

const values: readonly Values[] = [
  {
    type: 'base64url',
    spec: ['1.4'],
    code: 'base64url_malformed',
    right: [
      ['empty', 'No bytes are no characters.', '', { hex: '' }],
      [
        'one-byte',
        'One byte is two characters, of which the second has four zero bits.',
        '_w',
        { hex: 'ff' },
      ],
      [
        'two-bytes',
        'Two bytes are three characters, of which the third has two zero bits.',
        '-_8',
        { hex: 'fbff' },
      ],
      ['three-bytes', 'Three bytes are four characters.', 'AQID', { hex: '010203' }],
    ],
    wrong: [
      ['padding', 'It is padded.', 'AQI', 'AQI='],
      ['trailing-bits-of-two', 'The four bits that belong to no byte are not zero.', 'AQ', 'AR'],
      ['trailing-bits-of-three', 'The two bits that belong to no byte are not zero.', 'AQI', 'AQJ'],
      ['base64-alphabet', 'It has a character of base64 that base64url writes otherwise.', '-_8', '+_8'],
      ['impossible-length', 'One character is left over, which no byte makes.', 'AQID', 'AQIDA'],
      ['line-end', 'It ends with a line end.', 'AQID', 'AQID\n'],
    ],
  },
  {
    type: 'digest',
    spec: ['1.3', '1.5'],
    code: 'value_malformed',
    right: [['lower-case', 'A digest has 64 lower-case hexadecimal digits.', digest, { hex: digest }]],
    wrong: [
      ['digest-upper-case', 'A digest is in upper-case digits.', digest, digest.toUpperCase()],
      ['digest-short', 'A digest has 63 digits.', digest, digest.slice(1)],
    ],
  },
  {
    type: 'time',
    spec: ['1.5'],
    code: 'value_malformed',
    right: [
      ['epoch', 'The first second there is.', '1970-01-01T00:00:00Z', { seconds: 0 }],
      ['new-year', 'A time of 2030.', '2030-01-01T00:00:00Z', { seconds: 1893456000 }],
      [
        'leap-day',
        'The leap day of a year that 400 divides.',
        '2000-02-29T23:59:59Z',
        { seconds: 951868799 },
      ],
      ['last', 'The last second there is.', '9999-12-31T23:59:59Z', { seconds: 253402300799 }],
    ],
    wrong: [
      [
        'time-with-fraction',
        'A time has fractions of a second.',
        '2030-01-01T00:00:00Z',
        '2030-01-01T00:00:00.000Z',
      ],
      [
        'time-with-offset',
        'A time has an offset instead of Z.',
        '2030-01-01T00:00:00Z',
        '2030-01-01T00:00:00+00:00',
      ],
      ['time-without-zone', 'A time has no zone.', '2030-01-01T00:00:00Z', '2030-01-01T00:00:00'],
      [
        'no-leap-year',
        'A day does not exist: 2100 is no leap year.',
        '2096-02-29T00:00:00Z',
        '2100-02-29T00:00:00Z',
      ],
      ['no-such-day', 'A day does not exist: April has 30.', '2030-04-30T00:00:00Z', '2030-04-31T00:00:00Z'],
      ['no-such-month', 'A month does not exist.', '2030-12-01T00:00:00Z', '2030-13-01T00:00:00Z'],
      ['hour-24', 'An hour is 24.', '2030-01-01T23:00:00Z', '2030-01-01T24:00:00Z'],
      ['leap-second', 'A second is 60.', '2016-12-31T23:59:59Z', '2016-12-31T23:59:60Z'],
      ['before-1970', 'A time lies before 1970.', '1970-01-01T00:00:00Z', '1969-12-31T23:59:59Z'],
      ['year-of-five-digits', 'A year has five digits.', '9999-01-01T00:00:00Z', '10000-01-01T00:00:00Z'],
    ],
  },
  {
    type: 'label',
    spec: ['1.6'],
    code: 'value_malformed',
    right: [
      ['label-of-letters', 'A label may hold letters of any script.', 'Ärzte – 病院 العربية'],
      ['label-of-120', 'A label has at most 120 characters, counted as code points.', '😀'.repeat(120)],
    ],
    wrong: [
      ['label-too-long', 'A label has 121 characters.', 'a'.repeat(120), 'a'.repeat(121)],
      ['label-decomposed', 'A label is not in NFC.', 'é', 'e\u0301'],
      ['label-with-override', 'A label has a bidirectional override.', 'ab', 'a\u202eb'],
      ['label-with-zero-width', 'A label has a zero-width space.', 'ab', 'a\u200bb'],
      ['label-with-byte-order-mark', 'A label has U+FEFF.', 'ab', 'a\ufeffb'],
      ['label-with-control', 'A label has a control character.', 'ab', 'a\u0007b'],
      ['label-begins-with-space', 'A label begins with a space.', 'a', ' a'],
      ['label-ends-with-no-break-space', 'A label ends with a no-break space.', 'a', 'a\u00a0'],
    ],
  },
  {
    type: 'origin',
    spec: ['3.6'],
    code: 'origin_malformed',
    right: [
      [
        'origin-https',
        'An origin without a port.',
        'https://erp.customer.example',
        { host: 'erp.customer.example', development: false },
      ],
      [
        'origin-with-port',
        'An origin with a port of its own.',
        'https://erp.customer.example:8443',
        { host: 'erp.customer.example', development: false },
      ],
      [
        'origin-http-at-443',
        'The default port of another scheme is no default port.',
        'http://a.test:443',
        { host: 'a.test', development: true },
      ],
      [
        'origin-ipv4',
        'The host is an address of this machine.',
        'http://127.0.0.1:9000',
        { host: '127.0.0.1', development: true },
      ],
      [
        'origin-ipv6',
        'The host is an address of this machine, in brackets.',
        'http://[::1]:9000',
        { host: '[::1]', development: true },
      ],
      [
        'origin-localhost-below',
        'A name below localhost means this machine.',
        'http://erp.localhost',
        { host: 'erp.localhost', development: true },
      ],
      [
        'origin-like-localhost',
        'A name that only ends like localhost does not mean this machine.',
        'http://notlocalhost',
        { host: 'notlocalhost', development: false },
      ],
      [
        'origin-other-loopback',
        'No other address of 127.0.0.0/8 will do in development.',
        'http://127.0.0.2',
        { host: '127.0.0.2', development: false },
      ],
    ],
    wrong: [
      [
        'default-port-https',
        'The default port of https is written.',
        'https://a.example',
        'https://a.example:443',
      ],
      [
        'default-port-http',
        'The default port of http is written.',
        'http://a.example',
        'http://a.example:80',
      ],
      ['slash', 'A slash follows.', 'https://a.example', 'https://a.example/'],
      ['upper-case-host', 'The host is in capitals.', 'https://a.example', 'https://A.example'],
      ['upper-case-scheme', 'The scheme is in capitals.', 'https://a.example', 'HTTPS://a.example'],
      ['user', 'A user stands before the host.', 'https://a.example', 'https://u@a.example'],
      ['dot-at-end', 'The host ends with a dot.', 'https://a.example', 'https://a.example.'],
      ['short-ipv4', 'An address is written in fewer parts.', 'http://127.0.0.1', 'http://127.1'],
      [
        'long-ipv6',
        'An address is written longer than it has to be.',
        'http://[::1]',
        'http://[0:0:0:0:0:0:0:1]',
      ],
      [
        'beyond-ascii',
        'The host has a letter beyond ASCII.',
        'https://xn--bcher-kva.example',
        'https://bücher.example',
      ],
      [
        'port-zero-first',
        'The port has a leading zero.',
        'https://a.example:8443',
        'https://a.example:08443',
      ],
      ['port-zero', 'The port is 0.', 'https://a.example:1', 'https://a.example:0'],
      ['underscore', 'The host has an underscore.', 'https://a-b.example', 'https://a_b.example'],
      ['too-long', 'The origin has 301 characters.', originOf(300), originOf(301)],
      ['port-too-high', 'The port is above 65535.', 'https://a.example:65535', 'https://a.example:65536'],
      ['null', 'It is the origin of nothing.', 'https://null', 'null'],
    ],
  },
  {
    type: 'request-target',
    spec: ['10.4'],
    code: 'target_malformed',
    right: [
      ['target-root', 'The shortest target.', '/'],
      ['target-query', 'A query may hold what a path must not.', '/a?b=//c/../d&e=%2e%2e/'],
      ['target-escapes', 'Other escapes stay as they are.', '/a%20b/%6Frders/%252e%252e/c'],
      ['target-dots-in-names', 'Dots within names are no dot segments.', '/.well-known/a..b/...'],
      ['target-empty-segment-at-end', 'A slash at the end is fine.', '/a/'],
      [
        'target-path-parameters',
        'Path parameters are fine behind a name, whatever dots they have.',
        '/a;v=1/b..;x=../c',
      ],
    ],
    wrong: [
      ['empty', 'The target is empty.', '/', ''],
      ['absolute-form', 'The target is in absolute form.', '/a', 'https://erp.customer.example/a'],
      ['double-slash', 'The path has two slashes side by side.', '/a/b', '/a//b'],
      ['backslash', 'The target has a backslash.', '/a/b', '/a\\b'],
      ['fragment', 'The target has a fragment.', '/a', '/a#b'],
      ['space', 'The target has a space.', '/a%20b', '/a b'],
      ['line-feed', 'The target has a line feed.', '/a', '/a\n'],
      ['beyond-ascii', 'The target has a byte beyond ASCII.', '/%e9', '/\u00e9'],
      ['dot-segment', 'The path has a dot segment.', '/a/b', '/a/./b'],
      ['double-dot-segment', 'The path has a double-dot segment.', '/a/b', '/a/../b'],
      ['dot-segment-last', 'The path ends with a double-dot segment.', '/a/b', '/a/..'],
      ['dot-segment-before-query', 'A dot segment stands before the query.', '/a/b?c', '/a/.?c'],
      ['dot-segment-encoded', 'A double-dot segment is percent-encoded.', '/a/b/c', '/a/%2e%2E/c'],
      ['dot-segment-half-encoded', 'A double-dot segment is percent-encoded by half.', '/a/b/c', '/a/.%2e/c'],
      ['dot-segment-by-encoded-slash', 'An encoded slash makes a dot segment.', '/a/b', '/a/..%2fb'],
      [
        'dot-segment-by-encoded-backslash',
        'An encoded backslash makes a dot segment, for routers that take it for a slash.',
        '/a/b',
        '/a/..%5cb',
      ],
      [
        'dot-segment-with-parameters',
        'A double-dot segment has path parameters, which servlet containers cut off first.',
        '/a/b;x/c',
        '/a/..;x/c',
      ],
      [
        'dot-segment-with-empty-parameters',
        'The path ends with a dot segment and a semicolon.',
        '/a/b;',
        '/a/.;',
      ],
      [
        'dot-segment-by-encoded-semicolon',
        'A double-dot segment has path parameters behind an encoded semicolon.',
        '/a/b%3bx/c',
        '/a/..%3bx/c',
      ],
    ],
  },
  {
    type: 'partner-id',
    spec: ['1.6'],
    code: 'value_malformed',
    right: [['partner-id', "A partner's id.", partner]],
    wrong: [
      ['id-of-other-kind', "A customer's id stands for a partner's.", partner, customer],
      ['id-short', 'An id has 25 characters.', partner, partner.slice(0, -1)],
      [
        'id-foreign-digit',
        'An id has a digit that base 32 does not have.',
        partner,
        `${partner.slice(0, -1)}1`,
      ],
    ],
  },
  {
    type: 'partner-role',
    spec: ['2'],
    code: 'value_malformed',
    right: [
      ['partner-role', "A partner's first role.", partner],
      ['partner-role-overflow', "A partner's tenth role.", `${partner}-10`],
    ],
    wrong: [
      ['role-number-one', 'The number of an overflow role is 1.', `${partner}-2`, `${partner}-1`],
      [
        'role-leading-zero',
        'The number of an overflow role has a leading zero.',
        `${partner}-2`,
        `${partner}-02`,
      ],
      [
        'role-number-10000',
        'The number of an overflow role has five digits.',
        `${partner}-9999`,
        `${partner}-10000`,
      ],
    ],
  },
  {
    type: 'app-slug',
    spec: ['1.6'],
    code: 'value_malformed',
    right: [
      ['app-slug', 'A slug may begin with a digit.', '3d-viewer'],
      ['app-slug-of-40', 'A slug has at most 40 characters.', 'a'.repeat(40)],
    ],
    wrong: [
      ['slug-too-long', 'A slug has 41 characters.', 'a'.repeat(40), 'a'.repeat(41)],
      ['slug-begins-with-hyphen', 'A slug begins with a hyphen.', 'a-b', '-b'],
      ['slug-slash', 'A slug has a slash.', 'a-b', 'a/b'],
    ],
  },
  {
    type: 'capability',
    spec: ['1.6'],
    code: 'value_malformed',
    right: [
      [
        'capability',
        'A capability may have colons, dots, underscores and hyphens.',
        'orders:read.all_of-them',
      ],
    ],
    wrong: [
      ['capability-too-long', 'A capability has 65 characters.', 'a'.repeat(64), 'a'.repeat(65)],
      ['capability-star', 'A capability has a star.', 'orders:read', 'orders:*'],
    ],
  },
  {
    type: 'thumbprint',
    spec: ['1.7'],
    code: 'value_malformed',
    right: [['thumbprint', 'A thumbprint has 43 characters of base64url.', thumb]],
    wrong: [
      [
        'thumbprint-trailing-bits',
        'The last character of a thumbprint has bits that belong to no byte.',
        `${thumb.slice(0, -1)}A`,
        `${thumb.slice(0, -1)}B`,
      ],
      ['thumbprint-short', 'A thumbprint has 42 characters.', thumb, thumb.slice(0, -1)],
    ],
  },
];

/** An origin of this many characters, with labels as long as names may have them. */
function originOf(length: number): string {
  const start = `https://${`${'a'.repeat(63)}.`.repeat(4)}`;
  return `${start}${'b'.repeat(length - start.length)}`;
}

export function valueCases(): Made[] {
  return values.flatMap(({ type, spec, code, right, wrong }) => [
    ...right.map(([name, about, text, facts]) =>
      accepted({
        area: 'value',
        name,
        about,
        spec,
        input: { kind: 'value', type, text },
        ...(facts && { facts }),
      }),
    ),
    ...wrong.map(([name, about, fine, bad]) =>
      refused({
        area: 'value',
        code,
        name,
        about,
        spec,
        make: (defect) => ({ kind: 'value', type, text: defect(fine, bad) }),
      }),
    ),
  ]);
}
