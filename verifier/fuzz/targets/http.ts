import { createHash } from 'node:crypto';
import { parseAttestation } from '../../src/http/attestation.ts';
import { challengeAnswered, makeChallenge } from '../../src/http/challenge-token.ts';
import { createChecker } from '../../src/http/check.ts';
import { coveredComponents } from '../../src/http/coverage.ts';
import { expectedContentDigest, readDigest, requireCredentialDigest } from '../../src/http/digest-fields.ts';
import { toDer } from '../../src/http/ecdsa-der.ts';
import { readFields } from '../../src/http/header-fields.ts';
import { parseProof } from '../../src/http/proof.ts';
import { createReplayTable, restoreReplayTable } from '../../src/http/replay.ts';
import { readHead, type RequestToCheck } from '../../src/http/request-head.ts';
import { parseTarget } from '../../src/http/request-target.ts';
import { scanProof } from '../../src/http/scan-proof.ts';
import { signatureBase } from '../../src/http/signature-base.ts';
import { parseDictionary, serializeDictionary } from '../../src/http/structured-fields.ts';
import { openWindow } from '../../src/http/window.ts';
import { isObject, type JsonValue } from '../../src/json.ts';
import { Refused } from '../../src/refused.ts';
import { digestField, headerOf } from '../../test/http/sign.ts';
import { attestation, corpus, deployment, issuer, origin, requests } from '../corpus.ts';
import { bytesTarget, demand, latin1, textTarget, valueTarget, type Target } from '../target.ts';

const words = [
  'sha-256=:',
  ':',
  ';',
  '=',
  '"',
  '\\',
  '?1',
  '?0',
  '(',
  ')',
  ', ',
  ';tag="app-attestation"',
  ';created=',
  '"@method"',
  '*',
  'alg',
];
const fields = [
  'Signature-Input',
  'Signature',
  'Content-Digest',
  'Content-Length',
  'Transfer-Encoding',
  'chunked',
  'Cookie',
  'X-HTTP-Method',
  'Host',
  'AppWarrant-Deployment',
  '0',
  'app',
];

/** A request as a value, and back. */
function valueOf({ method, target, headers, body }: RequestToCheck): JsonValue {
  return { method, target, headers, body: body === undefined ? null : latin1(body) };
}

function requestOf(value: JsonValue): RequestToCheck {
  if (!isObject(value)) throw new Refused('method_malformed');
  const { method, target, headers, body } = value;
  const pairs = Array.isArray(headers) ? (headers as readonly JsonValue[]).filter(Array.isArray) : [];
  return {
    // The sources of requests are typed; what is not a text shows that types are not relied on.
    method: method as string,
    target: target as string,
    headers: pairs as unknown as RequestToCheck['headers'],
    ...(typeof body === 'string' && { body: Buffer.from(body, 'latin1') }),
  };
}

const seeds = (): readonly JsonValue[] => requests().map(valueOf);
const headerSeeds = (name: string): readonly string[] =>
  requests().flatMap(({ headers }) => headers.filter(([each]) => each === name).map(([, value]) => value));
const key = Buffer.alloc(32, 7);

/** What was signed in every genuine request: nothing else may ever be admitted. */
let genuine: ReadonlySet<string> | undefined;

/** Knows no nonces yet: what an input does must not depend on those before it. */
function newChecker() {
  return createChecker({
    allowlist: () => corpus().opened.allowlist,
    origin,
    deployment,
    now: () => corpus().world.vendor.now * 1000,
    startedAt: null,
    replay: createReplayTable(key, 64),
    randomKey: key,
  });
}

/** The signature base and the body of a request, as its own head says it. */
function saidBy(request: RequestToCheck): string {
  const head = readHead(request, origin);
  const { components, parameters } = parseProof(head.fields);
  const base = signatureBase(coveredComponents(components, head, origin), parameters);
  const body = createHash('sha256')
    .update(request.body ?? '')
    .digest('hex');
  const cookie = components.includes('cookie-digest') ? (head.fields.values.get('cookie') ?? '') : '';
  return [base, body, head.fields.values.get('authorization') ?? '', cookie].join('\n');
}

export const httpTargets: readonly Target[] = [
  textTarget({
    name: 'structured-field',
    parsers: ['http/structured-fields.parseDictionary'],
    words,
    seeds: () => [
      ...headerSeeds('Signature-Input'),
      ...headerSeeds('Signature'),
      'a=1;b="\\"";c, d=?0, e=:AA==:, f=(t*k "x";y 12)',
      '',
    ],
    judge: (text) => {
      const dictionary = parseDictionary('Field', text);
      const written = serializeDictionary(dictionary);
      demand(
        serializeDictionary(parseDictionary('Field', written)) === written,
        'is read again as it is written',
      );
      demand(/^[\x20-\x7e]*$/.test(written), 'is ASCII');
    },
  }),
  valueTarget({
    name: 'proof',
    parsers: ['http/proof.parseProof', 'http/scan-proof.scanProof'],
    words,
    seeds: () =>
      requests().map((request) => ({
        'signature-input': headerOf(request, 'Signature-Input'),
        signature: headerOf(request, 'Signature'),
      })),
    judge: (value) => {
      const values = new Map<string, string>();
      if (isObject(value))
        for (const [name, text] of Object.entries(value))
          if (typeof text === 'string') values.set(name, text);
      const proof = parseProof({ values, repeated: new Set() });
      const [input = '', signatures = ''] = ['signature-input', 'signature'].map(
        (name) => values.get(name) ?? '',
      );
      if (scanProof(input, signatures) !== undefined) {
        // Beside the signature of somebody else, the same proof has to be parsed.
        const beside = new Map([
          ['signature-input', `${input}, zz-other=()`],
          ['signature', `${signatures}, zz-other=:AA==:`],
        ]);
        const parsed = parseProof({ values: beside, repeated: new Set() });
        demand(plain(parsed) === plain(proof), 'is parsed as it is recognised');
      }
      demand(proof.signature.length === 64 && proof.keyid.length === 43, 'has a signature and a key');
      demand(new Set(proof.components).size === proof.components.length, 'covers each component once');
      demand(proof.parameters.includes(`;tag="app-attestation"`), 'is meant for us');
      const again = new Map([
        ['signature-input', `x=${proof.parameters}`],
        ['signature', `x=:${Buffer.from(proof.signature).toString('base64')}:`],
      ]);
      const { parameters } = parseProof({ values: again, repeated: new Set() });
      demand(parameters === proof.parameters, 'is read again as it is written');
    },
  }),
  valueTarget({
    name: 'digest-field',
    parsers: [
      'http/digest-fields.readDigest',
      'http/digest-fields.expectedContentDigest',
      'http/digest-fields.requireCredentialDigest',
    ],
    words: [...words, 'sha-512=:'],
    seeds: () => [
      {
        authorization: 'Bearer secret',
        'authorization-digest': digestField('Bearer secret'),
        'content-digest': digestField('x'),
      },
      { cookie: 'a=b', 'cookie-digest': `sha-512=:AA==:, ${digestField('a=b')}` },
    ],
    judge: (value) => {
      const values = new Map<string, string>();
      if (isObject(value))
        for (const [name, text] of Object.entries(value))
          if (typeof text === 'string') values.set(name, text);
      const fieldsOf = { values, repeated: new Set<string>() };
      demand(expectedContentDigest(fieldsOf).length === 32, 'expects a digest');
      for (const name of ['authorization', 'cookie'] as const) {
        requireCredentialDigest(fieldsOf, name);
        const digest = values.get(`${name}-digest`);
        if (digest === undefined) continue;
        const actual = createHash('sha256')
          .update(values.get(name) ?? '', 'latin1')
          .digest();
        demand(actual.equals(readDigest(name, digest)), 'is of the very credential');
        if (digest.startsWith('sha-256=:') && digest.length < 1000)
          demand(actual.equals(readDigest(name, `x=1, ${digest}`)), 'is parsed as it is recognised');
      }
    },
  }),
  textTarget({
    name: 'request-target',
    parsers: ['http/request-target.parseTarget'],
    words: [
      '/',
      '//',
      '/./',
      '/../',
      '%2e',
      '%2E%2e',
      '%2f',
      '%5c',
      '\\',
      '#',
      '?',
      '%00',
      ';',
      ' ',
      'http://',
    ],
    seeds: () => ['/orders?open=1', '/a/b%41/c?x=/../..//&y=%2e%2e/', '/', '/a;b/c.d/..e'],
    judge: (text) => {
      demand(parseTarget(text) === text, 'is passed on as it came');
      const url = new URL(`https://a.test${text}`);
      const [path = ''] = text.split('?');
      demand(url.origin === 'https://a.test', 'stays at its origin');
      demand(
        url.pathname.split('/').length === path.split('/').length,
        'has the same segments for a browser',
      );
      demand(
        !/(?:^|\/)\.{1,2}(?:\/|$)/.test(path.replaceAll(/%2e/gi, '.').replaceAll(/%2f|%5c/gi, '/')),
        'has no dot segment',
      );
    },
  }),
  valueTarget({
    name: 'header-fields',
    parsers: ['http/header-fields.readFields'],
    words: fields,
    seeds: () => requests().map(({ headers }) => headers),
    judge: (value) => {
      const list = (Array.isArray(value)
        ? (value as readonly JsonValue[]).filter(Array.isArray)
        : []) as unknown as RequestToCheck['headers'];
      const { values, repeated } = readFields(list);
      demand(values.size + repeated.size <= list.length, 'has each name once');
      for (const [name, text] of values) {
        demand(name === name.toLowerCase(), 'has names in lower case');
        demand(!/[\r\n\0]/.test(text) && !/^[ \t]|[ \t]$/.test(text), 'has values on one line');
      }
    },
  }),
  valueTarget({
    name: 'request-head',
    parsers: ['http/request-head.readHead'],
    words: [...fields, '1', '-1', '1e3', '0x10', ' 1', '%2e'],
    seeds,
    judge: (value) => {
      const { framing, method, target } = readHead(requestOf(value), origin);
      demand(!(framing.chunked && framing.length !== undefined), 'ends in one way');
      demand(framing.length === undefined || Number.isSafeInteger(framing.length), 'has a length');
      demand(/^[\x21-\x7e]+$/.test(method + target), 'is one line');
    },
  }),
  valueTarget({
    name: 'request',
    parsers: ['http/request-head.readHead', 'http/proof.parseProof', 'http/attestation.parseAttestation'],
    words: [...words, ...fields],
    seeds,
    judge: (value) => {
      const request = requestOf(value);
      genuine ??= new Set(requests().map(saidBy));
      const admission = newChecker().check(request);
      demand(admission.kind === 'app', 'is admitted as an app');
      demand(genuine.has(saidBy(request)), 'was signed as it is');
    },
  }),
  valueTarget({
    name: 'request-in-parts',
    parsers: ['http/request-head.readHead'],
    words: [...words, ...fields],
    seeds,
    judge: (value) => {
      const { body, ...head } = requestOf(value);
      genuine ??= new Set(requests().map(saidBy));
      const admission = newChecker()
        .checkHead(head)
        .finish(
          createHash('sha256')
            .update(body ?? '')
            .digest(),
        );
      demand(admission.kind === 'app' && genuine.has(saidBy({ ...head, body })), 'was signed as it is');
    },
  }),
  bytesTarget({
    name: 'ecdsa-der',
    parsers: ['http/ecdsa-der.toDer'],
    words: ['\u0000', '\u0080', '\u00ff'],
    seeds: () => [0x00, 0x01, 0x7f, 0x80, 0xff].map((byte) => new Uint8Array(64).fill(byte)),
    judge: (bytes) => {
      const der = toDer(bytes);
      if (der === undefined) throw new Refused('signature_invalid');
      const [r, s] = integersOf(der);
      demand(Buffer.concat([r, s]).equals(bytes), 'means the same two numbers');
    },
  }),
  textTarget({
    name: 'challenge',
    parsers: ['http/challenge-token.challengeAnswered'],
    words: ['.', '_', '-', 'A'],
    seeds: () => [
      `${makeChallenge(1_893_456_000, key)}.abcdefghijklmnop`,
      `${makeChallenge(0, key)}.abcdefghijklmnop`,
    ],
    judge: (text) => {
      const answered = challengeAnswered(text, key);
      if (answered?.isOurs !== true) throw new Refused('proof_stale');
      const { at } = answered;
      demand(text.startsWith(`${makeChallenge(at, key)}.`), 'is one that was made here');
      demand(at === 0 || at === 1_893_456_000, 'is not forged');
    },
  }),
  valueTarget({
    name: 'window',
    parsers: ['http/window.openWindow'],
    words: ['.'],
    seeds: () => [
      [null, 0, [[1_893_456_000, null, 'abcdefghijklmnop', 1_893_456_000]]],
      [
        1_893_456_000,
        0,
        [
          [
            1_893_456_031,
            1_893_456_060,
            `${makeChallenge(1_893_456_010, key)}.abcdefghijklmnop`,
            1_893_456_020,
          ],
        ],
      ],
    ],
    // One window after another, of any times: `created` and `expires` as proofs have them, now as a clock has it.
    judge: (value) => {
      const [startedAt, latest, steps] = Array.isArray(value) ? (value as readonly JsonValue[]) : [];
      const window = openWindow({
        startedAt: startedAt === null ? null : count(startedAt),
        latest: count(latest),
        key,
      });
      let seen = count(latest);
      for (const step of Array.isArray(steps) ? (steps as readonly JsonValue[]) : []) {
        const [created, expires, nonce, now] = Array.isArray(step) ? (step as readonly JsonValue[]) : [];
        const at = count(now);
        const proof = {
          created: count(created),
          expires: expires === null ? null : count(expires),
          nonce: typeof nonce === 'string' ? nonce : '',
        };
        const { rememberUntil } = window.judge(proof, at);
        // Within what the latest time allows, unless the clock was put back by more than a correction.
        seen = at < seen - 300 ? at : Math.max(seen, at);
        demand(
          rememberUntil >= seen && rememberUntil <= seen + 90,
          'remembers a nonce for as long as it could come again',
        );
        demand(proof.expires === null || proof.expires > at, 'passes nothing that has expired');
      }
    },
  }),
  bytesTarget({
    name: 'replay-table',
    parsers: ['http/replay.restoreReplayTable'],
    words: ['AppWarrant replay 1\n', '\u00ff\u00ff\u00ff\u00ff', '\u0000\u0000\u0000\u0000'],
    seeds: () => {
      const table = createReplayTable(key, 64);
      const empty = table.save(1000);
      for (let i = 0; i < 20; i += 1) table.remember('key', String(i), 1060 + i, 1000);
      return [empty, table.save(1000)].map((saved) => saved.subarray(0, -32));
    },
    // Anybody who writes to the folder can make the digest fit.
    judge: (bytes) => {
      const saved = Buffer.concat([bytes, createHash('sha256').update(bytes).digest()]);
      const table = restoreReplayTable(saved, 64);
      if (table === undefined) throw new Refused('proof_before_start');
      const again = restoreReplayTable(table.save(table.forgottenBefore), 64);
      // In another order, what was in a table that is nearly full may find no room, and then none of it is taken.
      if (again !== undefined) {
        demand(again.forgottenBefore === table.forgottenBefore, 'is saved and restored');
        const [before, after] = [table, again].map((of) => of.save(table.forgottenBefore).length);
        demand(before === after, 'keeps what it has');
      }
      // A slot that is taken, and then held; or no slot left, and still none.
      const [first, second] = [0, 0].map(() => table.remember('k', 'n', 2 ** 32 - 1, 0));
      demand(second === (first === 'full' ? 'full' : 'used'), 'takes a nonce once');
    },
  }),
  bytesTarget({
    name: 'replay-file',
    parsers: ['http/replay.restoreReplayTable'],
    words: ['AppWarrant replay 1\n'],
    seeds: () => [createReplayTable(key, 64).save(1000)],
    judge: (bytes) => {
      const table = restoreReplayTable(bytes, 64);
      if (table === undefined) throw new Refused('proof_before_start');
      demand(Buffer.compare(table.save(1000), bytes) === 0, 'is only what was saved');
    },
  }),
  textTarget({
    name: 'attestation',
    parsers: ['http/attestation.parseAttestation'],
    words: ['.', '..', 'eyJ', '=', '_', '-', 'e30'],
    seeds: () => [
      attestation(),
      attestation({ nbf: corpus().world.vendor.now, jti: 'x', iss: 'https://partner.example' }),
    ],
    judge: (text) => {
      const { claims, signed, signature } = parseAttestation(text);
      demand(text === `${signed}.${Buffer.from(signature).toString('base64url')}`, 'has one spelling');
      demand(claims.issued < claims.expires && claims.issuer.length === 43, 'lives for a time');
    },
  }),
  valueTarget({
    name: 'attestation-claims',
    parsers: ['http/attestation.parseAttestation'],
    words: [
      'ES256',
      'none',
      'HS256',
      'oauth-client-attestation+jwt',
      'p-',
      '/',
      'b-',
      issuer.thumbprint,
      '\\u0000',
    ],
    // Whoever holds the issuer's key signs what he likes.
    seeds: () =>
      [attestation(), attestation({ nbf: corpus().world.vendor.now })].map((jws) =>
        jws
          .split('.')
          .slice(0, 2)
          .map((part) => JSON.parse(Buffer.from(part, 'base64url').toString()) as JsonValue),
      ),
    judge: (value) => {
      const [header, claims] = Array.isArray(value) ? (value as readonly JsonValue[]) : [];
      const parts = [header, claims].map((part) =>
        Buffer.from(JSON.stringify(part ?? null)).toString('base64url'),
      );
      const read = parseAttestation(`${parts.join('.')}.${'A'.repeat(86)}`);
      const { aud, build, sub } = isObject(claims) ? claims : {};
      demand(read.claims.deployment === aud && read.claims.build === build, 'reads what it says');
      demand(`${read.claims.partner}/${read.claims.app}` === sub, 'reads who it is about');
      demand(
        isObject(header) && header.alg === 'ES256' && Object.keys(header).length === 3,
        'names the one algorithm',
      );
    },
  }),
];

/** All that a proof says, as a text. */
function plain(proof: ReturnType<typeof parseProof>): string {
  return JSON.stringify({ ...proof, signature: Buffer.from(proof.signature).toString('hex') });
}

/** A count of seconds, as clocks and proofs have them. */
function count(value: JsonValue | undefined): number {
  return typeof value === 'number' ? Math.min(Math.abs(value), 999_999_999_999_999) : 0;
}

/** The two numbers of a DER signature, each in 32 bytes, read strictly. */
function integersOf(der: Uint8Array): readonly [Buffer, Buffer] {
  demand(der[0] === 0x30 && der[1] === der.length - 2, 'is one sequence');
  let at = 2;
  const next = (): Buffer => {
    const length = der[at + 1] ?? 0;
    demand(der[at] === 0x02 && length > 0, 'holds integers');
    const bytes = der.subarray(at + 2, at + 2 + length);
    demand(bytes.length === length && (bytes[0] ?? 0) < 0x80, 'holds whole, positive integers');
    demand(
      bytes.length === 1 || bytes[0] !== 0 || (bytes[1] ?? 0) >= 0x80,
      'holds integers in the shortest form',
    );
    at += 2 + length;
    const number = bytes[0] === 0 ? bytes.subarray(1) : bytes;
    return Buffer.concat([Buffer.alloc(32 - number.length), number]);
  };
  const numbers = [next(), next()] as const;
  demand(at === der.length, 'ends with them');
  return numbers;
}
