import type { RequestToCheck } from '../../src/http/request-head.ts';
import type { JsonObject } from '../../src/json.ts';
import type { ReasonCode } from '../../src/reasons.ts';
import { alsoWithHeader, headerOf, signRequest, withHeader, type ToSign } from '../../test/http/sign.ts';
import { keyOf, nonceOf } from './keys.ts';
import { accepted, refused, type Made } from './vector-case.ts';
import { deployment, newYear, origin, requestOf } from './world.ts';

// Heads of requests: syntax, coverage and the signature base (SPEC §10.1–§10.4, §10.9). No key is looked up and no signature verified.

const area = 'proof';
const key = keyOf('app');
const nonce = nonceOf('request');
const keyid = key.thumbprint;
const type: readonly [string, string] = ['Content-Type', 'application/json'];
const parametersOf = (more: string): string =>
  `;created=${String(newYear)};nonce="${nonce}";keyid="${keyid}"${more};tag="app-attestation"`;

function sign(to: Partial<ToSign> = {}): RequestToCheck {
  return signRequest({ key, origin, deployment, created: newYear, nonce, signBase: key.signRaw, ...to });
}

const inputOf = (request: RequestToCheck): JsonObject => ({
  kind: 'proof',
  origin,
  request: requestOf(request),
});
const input = (request: RequestToCheck): string => headerOf(request, 'Signature-Input');
const withInput = (request: RequestToCheck, text: string): RequestToCheck =>
  withHeader(request, 'Signature-Input', text);

/** Changes Signature-Input where a text stands in it. */
function edit(from: string | RegExp, to: string): (request: RequestToCheck) => RequestToCheck {
  return (request) => {
    const before = input(request);
    const after = before.replace(from, to);
    if (after === before) throw new TypeError(`${before} does not have ${String(from)}.`);
    return withInput(request, after);
  };
}

const add = (name: string, value: string) => (request: RequestToCheck) =>
  alsoWithHeader(request, name, value);
const always = ['@method', '@target-uri', 'appwarrant-deployment'];

type Wrong = readonly [
  code: ReasonCode,
  name: string,
  about: string,
  spec: string,
  wrong: (right: RequestToCheck) => RequestToCheck,
  to?: Partial<ToSign>,
];

const wrong: readonly Wrong[] = [
  [
    'proof_missing',
    'no-signature-input',
    'The request is not signed.',
    '10.1',
    (request) => withHeader(request, 'Signature-Input', undefined),
  ],
  [
    'proof_missing',
    'other-tag',
    'The only signature has another tag.',
    '10.1',
    edit('"app-attestation"', '"web-bot-auth"'),
  ],
  ['proof_missing', 'no-tag', 'The only signature has no tag.', '10.1', edit(';tag="app-attestation"', '')],
  [
    'proof_malformed',
    'tag-token',
    'The tag is a token instead of a string.',
    '10.1',
    edit('"app-attestation"', 'app-attestation'),
  ],
  [
    'proof_repeated',
    'two-proofs',
    'Two signatures have our tag.',
    '10.1',
    (request) => withInput(request, `${input(request)}, b${input(request)}`),
  ],
  [
    'proof_malformed',
    'label-twice',
    'Two signatures have one label.',
    '10.1',
    (request) => withInput(request, `${input(request)}, ${input(request)}`),
  ],
  [
    'proof_malformed',
    'no-signature',
    'Signature-Input comes without Signature.',
    '10.1',
    (request) => withHeader(request, 'Signature', undefined),
  ],
  [
    'proof_malformed',
    'other-label',
    'Signature has another label than Signature-Input.',
    '10.1',
    (request) => withHeader(request, 'Signature', headerOf(request, 'Signature').replace('app=', 'sig1=')),
  ],
  [
    'proof_malformed',
    'signature-of-63-bytes',
    'The signature has 63 bytes.',
    '10.1',
    (request) => withHeader(request, 'Signature', `app=:${Buffer.alloc(63, 1).toString('base64')}:`),
  ],
  [
    'proof_malformed',
    'signature-der',
    'The signature is DER instead of r‖s.',
    '10.1',
    (request) =>
      withHeader(
        request,
        'Signature',
        `app=:${Buffer.from(key.signDer(Buffer.from('base'))).toString('base64')}:`,
      ),
  ],
  [
    'proof_malformed',
    'signature-string',
    'The signature is a string.',
    '10.1',
    (request) => withHeader(request, 'Signature', 'app="AAAA"'),
  ],
  [
    'proof_malformed',
    'signature-with-parameter',
    'The signature has a parameter.',
    '10.1',
    (request) => withHeader(request, 'Signature', `${headerOf(request, 'Signature')};a`),
  ],
  [
    'proof_malformed',
    'signature-base64url',
    'The signature is written in base64url.',
    '10.1',
    (request) => withHeader(request, 'Signature', `app=:${Buffer.alloc(64, 0xff).toString('base64url')}==:`),
  ],
  [
    'proof_malformed',
    'signature-trailing-bits',
    'The base64 of the signature has bits that belong to no byte.',
    '10.1',
    (request) => withHeader(request, 'Signature', `app=:${'A'.repeat(85)}B==:`),
  ],
  [
    'proof_malformed',
    'signature-unpadded',
    'The base64 of the signature is not padded.',
    '10.1',
    (request) => withHeader(request, 'Signature', headerOf(request, 'Signature').replace('==:', ':')),
  ],
  [
    'proof_malformed',
    'no-list',
    'Signature-Input is a string.',
    '10.1',
    (request) => withInput(request, 'app="x"'),
  ],
  [
    'proof_malformed',
    'comma-at-end',
    'Signature-Input ends with a comma.',
    '10.1',
    (request) => withInput(request, `${input(request)},`),
  ],
  ['proof_malformed', 'list-open', 'The list of components is not closed.', '10.1', edit('")', '"')],
  [
    'proof_malformed',
    'component-token',
    'A component is a token instead of a string.',
    '10.1',
    edit('"@method"', '@method'),
  ],
  [
    'proof_malformed',
    'component-number',
    'A component is a number.',
    '10.1',
    edit('"@method"', '"@method" 7'),
  ],
  [
    'proof_malformed',
    'component-twice',
    'A component is covered twice.',
    '10.2',
    edit('"@method"', '"@method" "@method"'),
  ],
  [
    'proof_coverage',
    'component-parameter',
    'A component has a parameter.',
    '10.2',
    edit('"@method"', '"@method";req'),
  ],
  ['proof_coverage', 'no-method', 'The method is not covered.', '10.2', edit('"@method" ', '')],
  ['proof_coverage', 'no-target-uri', 'The target is not covered.', '10.2', edit('"@target-uri" ', '')],
  [
    'proof_coverage',
    'no-deployment',
    'The deployment is not covered.',
    '10.2',
    edit(' "appwarrant-deployment"', ''),
  ],
  [
    'proof_coverage',
    'no-deployment-field',
    'The deployment is covered and not there.',
    '10.2',
    (request) => withHeader(request, 'AppWarrant-Deployment', undefined),
  ],
  [
    'proof_coverage',
    'field-not-there',
    'A field is covered and not there.',
    '10.2',
    edit('"@method"', '"@method" "date"'),
  ],
  [
    'proof_coverage',
    'other-derived',
    'A derived component is covered that this profile does not have.',
    '10.2',
    edit('"@method"', '"@method" "@authority"'),
  ],
  [
    'proof_coverage',
    'upper-case-name',
    'A field is covered under a name in capitals.',
    '10.2',
    edit('"appwarrant-deployment"', '"AppWarrant-Deployment"'),
  ],
  [
    'proof_coverage',
    'no-content-digest',
    'There is a body, whose digest is not covered.',
    '10.2',
    edit(' "content-digest"', ''),
    { method: 'POST', body: '{}' },
  ],
  [
    'proof_coverage',
    'no-content-digest-field',
    'There is a body, and no digest of it.',
    '10.2',
    (request) => withoutDigest(request),
    { method: 'POST', body: '{}' },
  ],
  [
    'proof_coverage',
    'no-content-type',
    'There is a body, whose type is not covered.',
    '10.2',
    edit(' "content-type"', ''),
    { method: 'POST', headers: [type], body: '{}' },
  ],
  [
    'proof_coverage',
    'no-content-type-with-digest-of-nothing',
    'A digest of no bytes announces a body, whose type is not covered.',
    '10.2',
    edit(' "content-type"', ''),
    { headers: [type, ['Content-Digest', 'sha-256=:47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=:']] },
  ],
  [
    'proof_coverage',
    'no-content-encoding',
    'The coding of the content is not covered.',
    '10.2',
    edit(' "content-encoding"', ''),
    { headers: [['Content-Encoding', 'gzip']] },
  ],
  [
    'proof_coverage',
    'no-authorization-digest',
    "The user's credential is not covered.",
    '10.2',
    edit(' "authorization-digest"', ''),
    { headers: [['Authorization', 'Bearer u']] },
  ],
  [
    'proof_coverage',
    'no-authorization-digest-field',
    "The user's credential has no digest.",
    '10.2',
    (request) => withHeader(edit(' "authorization-digest"', '')(request), 'Authorization-Digest', undefined),
    { headers: [['Authorization', 'Bearer u']] },
  ],
  [
    'proof_coverage',
    'no-cookie-digest',
    "A cookie's digest is there and not covered.",
    '10.2',
    edit(' "cookie-digest"', ''),
    { headers: [['Cookie', 'a=b']] },
  ],
  [
    'proof_coverage',
    'no-attestation',
    'An attestation is there and not covered.',
    '10.2',
    edit(' "oauth-client-attestation"', ''),
    { headers: [['OAuth-Client-Attestation', 'a.b.c']] },
  ],
  [
    'proof_coverage',
    'chunked-without-digest',
    'A body of unknown length is announced, and no digest of it is covered.',
    '10.2',
    add('Transfer-Encoding', 'chunked'),
  ],
  [
    'proof_coverage',
    'authorization-itself',
    "The user's credential is covered itself, beside its digest.",
    '10.2',
    edit('"authorization-digest"', '"authorization-digest" "authorization"'),
    { headers: [['Authorization', 'Bearer u']] },
  ],
  [
    'proof_coverage',
    'cookie-itself',
    'A cookie is covered itself, beside its digest.',
    '10.2',
    edit('"cookie-digest"', '"cookie-digest" "cookie"'),
    { headers: [['Cookie', 'a=b']] },
  ],
  [
    'proof_coverage',
    'proxy-authorization-itself',
    'A credential for a proxy is covered.',
    '10.2',
    edit('"@method"', '"@method" "proxy-authorization"'),
    { headers: [['Proxy-Authorization', 'Basic u']] },
  ],
  [
    'header_repeated',
    'covered-field-twice',
    'A covered field comes twice.',
    '10.2',
    add('Accept', 'text/html'),
    { headers: [['Accept', 'text/html']], cover: [...always, 'accept'] },
  ],
  [
    'header_repeated',
    'host',
    'Host comes twice.',
    '10.2',
    add('host', 'b.example'),
    { headers: [['Host', 'a.example']] },
  ],
  [
    'header_repeated',
    'authorization',
    'Authorization comes twice.',
    '10.2',
    add('authorization', 'Bearer u'),
    { headers: [['Authorization', 'Bearer u']] },
  ],
  [
    'header_repeated',
    'cookie',
    'Cookie comes twice.',
    '10.2',
    add('Cookie', 'c=d'),
    { headers: [['Cookie', 'a=b']] },
  ],
  [
    'header_repeated',
    'signature-input',
    'Signature-Input comes twice.',
    '10.2',
    (request) => alsoWithHeader(request, 'Signature-Input', 'x=()'),
  ],
  [
    'header_repeated',
    'signature',
    'Signature comes twice.',
    '10.2',
    (request) => alsoWithHeader(request, 'Signature', 'x=:AAAA:'),
  ],
  [
    'header_repeated',
    'deployment',
    'AppWarrant-Deployment comes twice, alike.',
    '10.2',
    (request) => alsoWithHeader(request, 'AppWarrant-Deployment', deployment),
  ],
  [
    'header_repeated',
    'content-length',
    'Content-Length comes twice, alike.',
    '10.2',
    add('Content-Length', '0'),
    { headers: [['Content-Length', '0']] },
  ],
  [
    'header_repeated',
    'content-type',
    'Content-Type comes twice.',
    '10.2',
    add('Content-Type', 'text/plain'),
    { headers: [type] },
  ],
  ['header_malformed', 'name-space', 'The name of a field has a space.', '10.2', add('X Space', 'a')],
  ['header_malformed', 'name-colon', 'The name of a field has a colon.', '10.2', add('X-Colon:', 'a')],
  ['header_malformed', 'name-empty', 'The name of a field is empty.', '10.2', add('', 'a')],
  ['header_malformed', 'value-line-end', 'A value has a line end.', '10.2', add('X-Split', 'a\r\nHost: b')],
  ['header_malformed', 'value-nul', 'A value has a NUL.', '10.2', add('X-Nul', 'a\u0000')],
  [
    'header_malformed',
    'covered-beyond-ascii',
    'A covered value has a byte beyond ASCII.',
    '10.2',
    (request) => withHeader(request, 'X-Name', 'J\u00f6rg'),
    { headers: [['X-Name', 'Jorg']], cover: [...always, 'x-name'] },
  ],
  [
    'method_override',
    'x-http-method-override',
    'X-HTTP-Method-Override is there.',
    '10.2',
    add('X-HTTP-Method-Override', 'DELETE'),
  ],
  ['method_override', 'x-http-method', 'X-HTTP-Method is there.', '10.2', add('x-http-method', 'DELETE')],
  [
    'method_override',
    'x-method-override',
    'X-Method-Override is there.',
    '10.2',
    add('X-METHOD-OVERRIDE', 'GET'),
  ],
  ['method_malformed', 'empty', 'The method is empty.', '10.2', (request) => ({ ...request, method: '' })],
  [
    'method_malformed',
    'space',
    'The method has a space.',
    '10.2',
    (request) => ({ ...request, method: 'G ET' }),
  ],
  [
    'method_malformed',
    'long',
    'The method has 33 characters.',
    '10.2',
    (request) => ({ ...request, method: 'A'.repeat(33) }),
  ],
  [
    'method_malformed',
    'beyond-ascii',
    'The method has a letter beyond ASCII.',
    '10.2',
    (request) => ({ ...request, method: 'G\u00c9T' }),
  ],
  [
    'target_malformed',
    'in-request',
    'The target has a double-dot segment.',
    '10.4',
    (request) => ({ ...request, target: '/orders/../users' }),
  ],
  [
    'framing_ambiguous',
    'length-and-coding',
    'Content-Length and Transfer-Encoding are both there.',
    '10.9',
    add('Transfer-Encoding', 'chunked'),
    { method: 'POST', body: '{}' },
  ],
  [
    'framing_ambiguous',
    'length-negative',
    'Content-Length is negative.',
    '10.9',
    add('Content-Length', '-1'),
  ],
  [
    'framing_ambiguous',
    'length-hexadecimal',
    'Content-Length is hexadecimal.',
    '10.9',
    add('Content-Length', '0x0'),
  ],
  ['framing_ambiguous', 'length-list', 'Content-Length is a list.', '10.9', add('Content-Length', '0, 0')],
  [
    'framing_ambiguous',
    'length-beyond-2-53',
    'Content-Length is 2^53.',
    '10.9',
    (request) => withHeader(request, 'Content-Length', '9007199254740992'),
    { method: 'PUT', headers: [['Content-Length', '9007199254740991']], body: '{}' },
  ],
  [
    'framing_ambiguous',
    'length-plus',
    'Content-Length has a plus sign.',
    '10.9',
    add('Content-Length', '+0'),
  ],
  [
    'framing_ambiguous',
    'other-coding',
    'Transfer-Encoding has a coding before chunked.',
    '10.9',
    (request) => withHeader(request, 'Transfer-Encoding', 'gzip, chunked'),
    { method: 'PUT', headers: [['Transfer-Encoding', 'chunked']], body: '{}' },
  ],
  ['proof_malformed', 'no-created', 'There is no created.', '10.3', edit(`;created=${String(newYear)}`, '')],
  [
    'proof_malformed',
    'created-string',
    'created is a string.',
    '10.3',
    edit(`created=${String(newYear)}`, `created="${String(newYear)}"`),
  ],
  [
    'proof_malformed',
    'created-decimal',
    'created is a decimal.',
    '10.3',
    edit(`created=${String(newYear)}`, `created=${String(newYear)}.0`),
  ],
  ['proof_malformed', 'created-negative', 'created is negative.', '10.3', edit('created=', 'created=-')],
  [
    'proof_malformed',
    'created-of-16-digits',
    'created has sixteen digits.',
    '10.3',
    edit(`created=${String(newYear)}`, 'created=1000000000000000'),
  ],
  [
    'proof_malformed',
    'parameter-twice',
    'A parameter stands twice.',
    '10.1',
    edit(';nonce', `;created=${String(newYear)};nonce`),
  ],
  ['proof_malformed', 'no-nonce', 'There is no nonce.', '10.3', edit(/;nonce="[^"]*"/, '')],
  [
    'proof_malformed',
    'nonce-of-15',
    'The nonce has 15 characters.',
    '10.3',
    edit(/nonce="[^"]*"/, `nonce="${'A'.repeat(15)}"`),
  ],
  [
    'proof_malformed',
    'nonce-of-129',
    'The nonce has 129 characters.',
    '10.3',
    edit(/nonce="[^"]*"/, `nonce="${'A'.repeat(129)}"`),
  ],
  [
    'proof_malformed',
    'nonce-base64',
    'The nonce has a character of base64 that base64url does not have.',
    '10.3',
    edit(/nonce="[^"]*"/, `nonce="${'A'.repeat(20)}+/"`),
  ],
  [
    'proof_malformed',
    'nonce-after-challenge',
    'After a challenge the nonce has 15 characters of its own.',
    '10.3',
    edit(/nonce="[^"]*"/, `nonce="${'A'.repeat(32)}.${'A'.repeat(15)}"`),
  ],
  [
    'proof_malformed',
    'nonce-challenge-short',
    'What stands before the dot has 31 characters.',
    '10.3',
    edit(/nonce="[^"]*"/, `nonce="${'A'.repeat(31)}.${'A'.repeat(16)}"`),
  ],
  ['proof_malformed', 'no-keyid', 'There is no keyid.', '10.3', edit(/;keyid="[^"]*"/, '')],
  [
    'proof_malformed',
    'keyid-name',
    'The keyid is no thumbprint.',
    '10.3',
    edit(/keyid="[^"]*"/, 'keyid="orders"'),
  ],
  [
    'proof_malformed',
    'other-algorithm',
    'alg names another algorithm.',
    '10.3',
    edit(';tag', ';alg="hmac-sha256";tag'),
  ],
  [
    'proof_malformed',
    'expires-as-created',
    'It expires in the second in which it was created.',
    '10.3',
    edit(';tag', `;expires=${String(newYear)};tag`),
  ],
  [
    'proof_malformed',
    'unknown-parameter',
    'There is a parameter that nobody knows.',
    '10.3',
    edit(';tag', ';x=1;tag'),
  ],
  [
    'too_large',
    'signature-input',
    'Signature-Input is longer than 8 KiB.',
    '12',
    (request) => withInput(request, `${input(request)}, b=(${'"x" '.repeat(2048)})`),
  ],
  [
    'too_large',
    'target',
    'The target URI is longer than 8 KiB.',
    '12',
    (request) => ({ ...request, target: `/${'a'.repeat(8192 - origin.length)}` }),
  ],
];

type Right = readonly [name: string, about: string, spec: string, request: RequestToCheck, facts: JsonObject];

const base = (lines: readonly string[], covered: string): string =>
  [...lines, `"@signature-params": (${covered})${parametersOf('')}`].join('\n');
const line = (name: string, value: string): string => `"${name}": ${value}`;
const deploymentLine = line('appwarrant-deployment', deployment);
const digestOfBody = 'sha-256=:RBNvo1WzZ4oRRq0W9+hknpT7T8If536DEMBg9hyq/4o=:';
const digestOfUser = 'sha-256=:Qzivnbr8aLpvsy1dldK6be/eLU1qUr/Z5oDXj+1b0pU=:';

const right: readonly Right[] = [
  [
    'get',
    'A GET and its signature base.',
    '10.2',
    sign(),
    {
      components: always,
      created: newYear,
      expires: null,
      nonce,
      keyid,
      hasBody: false,
      base: base(
        [line('@method', 'GET'), line('@target-uri', `${origin}/orders?open=1`), deploymentLine],
        '"@method" "@target-uri" "appwarrant-deployment"',
      ),
    },
  ],
  [
    'post',
    'A POST with a body, its type and a user, and its signature base.',
    '10.2',
    sign({
      method: 'POST',
      target: '/orders',
      headers: [type, ['Authorization', 'Bearer user-1']],
      body: '{}',
    }),
    {
      hasBody: true,
      base: base(
        [
          line('@method', 'POST'),
          line('@target-uri', `${origin}/orders`),
          deploymentLine,
          line('content-digest', digestOfBody),
          line('content-type', 'application/json'),
          line('authorization-digest', digestOfUser),
        ],
        '"@method" "@target-uri" "appwarrant-deployment" "content-digest" "content-type" "authorization-digest"',
      ),
    },
  ],
  [
    'other-order',
    'The components stand in another order, with a further field; the base has them in that order.',
    '10.2',
    sign({
      headers: [['Accept', 'text/html']],
      cover: ['accept', 'appwarrant-deployment', '@target-uri', '@method'],
    }),
    {
      components: ['accept', 'appwarrant-deployment', '@target-uri', '@method'],
      base: base(
        [
          line('accept', 'text/html'),
          deploymentLine,
          line('@target-uri', `${origin}/orders?open=1`),
          line('@method', 'GET'),
        ],
        '"accept" "appwarrant-deployment" "@target-uri" "@method"',
      ),
    },
  ],
  ['other-label', 'The label is free.', '10.1', sign({ label: 'sig1' }), { keyid }],
  [
    'name-of-field-in-capitals',
    'Names of fields are compared without case.',
    '10.2',
    recased(sign()),
    { keyid },
  ],
  [
    'space-around-values',
    'Spaces and tabs around a value are not part of it.',
    '10.2',
    withHeader(sign(), 'AppWarrant-Deployment', ` \t${deployment}\t `),
    { keyid },
  ],
  [
    'space-in-input',
    'Signature-Input may have further spaces: the base has it in its canonical form.',
    '10.1',
    edit('("@method" "@target-uri"', '( "@method"   "@target-uri"')(sign()),
    {
      base: base(
        [line('@method', 'GET'), line('@target-uri', `${origin}/orders?open=1`), deploymentLine],
        '"@method" "@target-uri" "appwarrant-deployment"',
      ),
    },
  ],
  [
    'method-in-small-letters',
    'The method stands in the base in its own case.',
    '10.2',
    sign({ method: 'get' }),
    {
      base: base(
        [line('@method', 'get'), line('@target-uri', `${origin}/orders?open=1`), deploymentLine],
        '"@method" "@target-uri" "appwarrant-deployment"',
      ),
    },
  ],
  ['beside-others', 'Other signatures on the request are ignored.', '10.1', besideOthers(sign()), { keyid }],
  [
    'algorithm-and-end',
    'The algorithm and an end may be named.',
    '10.3',
    sign({ parameters: parametersOf(`;alg="ecdsa-p256-sha256";expires=${String(newYear + 1)}`) }),
    { expires: newYear + 1 },
  ],
  ['nonce-of-16', 'The shortest nonce.', '10.3', sign({ nonce: 'A'.repeat(16) }), { nonce: 'A'.repeat(16) }],
  [
    'nonce-of-128',
    'The longest nonce.',
    '10.3',
    sign({ nonce: 'A'.repeat(128) }),
    { nonce: 'A'.repeat(128) },
  ],
  [
    'nonce-with-challenge',
    'A nonce that begins with a challenge.',
    '10.3',
    sign({ nonce: `${'A'.repeat(32)}.${'B'.repeat(16)}` }),
    { nonce: `${'A'.repeat(32)}.${'B'.repeat(16)}` },
  ],
  [
    'empty-body',
    'A POST that announces no bytes has no body to cover.',
    '10.2',
    sign({ method: 'POST', headers: [['Content-Length', '0']] }),
    { hasBody: false },
  ],
  [
    'chunked',
    'A body of unknown length.',
    '10.9',
    sign({ method: 'PUT', headers: [['Transfer-Encoding', 'chunked']], body: '{}' }),
    { hasBody: true },
  ],
  [
    'chunked-in-capitals',
    'The coding chunked is compared without case.',
    '10.9',
    sign({ method: 'PUT', headers: [['Transfer-Encoding', 'Chunked']], body: '{}' }),
    { hasBody: true },
  ],
  [
    'type-without-body',
    'A type without a body need not be covered.',
    '10.2',
    sign({ headers: [type], cover: always }),
    { hasBody: false },
  ],
  [
    'cookie-without-digest',
    'Whether a cookie has to be covered depends on the build, and is not judged here.',
    '10.7',
    withCookie(sign()),
    { components: always },
  ],
  [
    'field-twice',
    'A field that is not covered may come twice.',
    '10.2',
    sign({
      headers: [
        ['Accept', 'a/b'],
        ['Accept', 'c/d'],
      ],
    }),
    { keyid },
  ],
  [
    'longest-length',
    'Content-Length is 2^53 - 1, with two zeros before it.',
    '10.9',
    sign({ method: 'PUT', headers: [['Content-Length', '009007199254740991']], body: '{}' }),
    { hasBody: true },
  ],
  [
    'value-beyond-ascii',
    'A field that is not covered may have bytes beyond ASCII.',
    '10.2',
    sign({ headers: [['X-Name', 'J\u00f6rg']] }),
    { keyid },
  ],
];

export function proofCases(): Made[] {
  return [
    ...right.map(([name, about, spec, request, facts]) =>
      accepted({ area, name, about, spec: [spec], input: inputOf(request), facts }),
    ),
    ...wrong.map(([code, name, about, spec, change, to]) =>
      refused({
        area,
        code,
        name,
        about,
        spec: [spec],
        make: (defect) => {
          const request = sign(to);
          return inputOf(defect(request, change(request)));
        },
      }),
    ),
  ];
}

function withoutDigest(request: RequestToCheck): RequestToCheck {
  return withHeader(edit(' "content-digest"', '')(request), 'Content-Digest', undefined);
}

function withCookie(request: RequestToCheck): RequestToCheck {
  return alsoWithHeader(request, 'Cookie', 'session=1');
}

function recased(request: RequestToCheck): RequestToCheck {
  return { ...request, headers: request.headers.map(([name, value]) => [name.toUpperCase(), value]) };
}

function besideOthers(request: RequestToCheck): RequestToCheck {
  const inputs = withInput(request, `proxy=("@status";req);created=1;ext=tok, ${input(request)}`);
  return withHeader(inputs, 'Signature', `${headerOf(request, 'Signature')}, proxy=:AAAA:`);
}
