import { createHash } from 'node:crypto';
import { createChecker } from '../../src/http/check.ts';
import { coveredComponents } from '../../src/http/coverage.ts';
import { expectedContentDigest, readDigest, requireCredentialDigest } from '../../src/http/digest-fields.ts';
import { toDer } from '../../src/http/ecdsa-der.ts';
import { readFields } from '../../src/http/header-fields.ts';
import { parseProof } from '../../src/http/proof.ts';
import { createReplayTable } from '../../src/http/replay.ts';
import { readHead, type RequestToCheck } from '../../src/http/request-head.ts';
import { parseTarget } from '../../src/http/request-target.ts';
import { scanProof } from '../../src/http/scan-proof.ts';
import { signatureBase } from '../../src/http/signature-base.ts';
import { parseDictionary, serializeDictionary } from '../../src/http/structured-fields.ts';
import { isObject, type JsonValue } from '../../src/json.ts';
import { Refused } from '../../src/refused.ts';
import { digestField, headerOf } from '../../test/http/sign.ts';
import { corpus, deployment, origin, requests } from '../corpus.ts';
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

export const requestTargets: readonly Target[] = [
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
];

/** All that a proof says, as a text. */
function plain(proof: ReturnType<typeof parseProof>): string {
  return JSON.stringify({ ...proof, signature: Buffer.from(proof.signature).toString('hex') });
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
