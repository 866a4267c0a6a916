import { createHash, createPublicKey, randomBytes, verify } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import type { RequestToCheck } from '../../src/http/request-head.ts';
import { createReplayTable, restoreReplayTable } from '../../src/http/replay.ts';
import type { EcJwk } from '../../src/jwk.ts';
import type { ReasonCode } from '../../src/reasons.ts';
import { deployment, expectRefused, grantOf, makeSite, origin, refusalOf, start } from './site.ts';
import { alsoWithHeader, digestField, headerOf, makeKey, newNonce, withHeader } from './sign.ts';

const sha256 = (data: Uint8Array | string) => createHash('sha256').update(data).digest();
const json: readonly [string, string] = ['Content-Type', 'application/json'];

describe('an admitted request', () => {
  it('names partner, app and build, and what the proof proves', () => {
    const { checker, sign } = makeSite();
    expect(checker.check(sign())).toMatchObject({
      kind: 'app',
      partner: { name: 'Partner' },
      app: { id: 'viewer' },
      build: { version: '1.0.0', platform: 'server' },
      instance: null,
      capabilities: ['orders:read', 'orders:write'],
      assurance: 'server',
      proves: 'key',
      cookie: 'none',
      freshness: 'fresh',
      allowlistAge: 3600,
      warnings: [],
    });
  });

  it('has a receipt that a third party can verify with the key alone', () => {
    const { checker, sign, key } = makeSite();
    const admission = checker.check(sign({ method: 'POST', headers: [json], body: '{}' }));
    if (admission.kind !== 'app') throw new Error('not an app');
    const { receipt } = admission;
    expect(receipt).toMatchObject({
      type: 'appwarrant/receipt/1',
      keyid: key.thumbprint,
      deployment,
      versions: { root: 1, targets: 2, timestamp: 4 },
      receivedAt: '2026-11-22T09:00:00Z',
    });
    expect(receipt.base.split('\n')[0]).toBe('"@method": POST');
    expect(verifyReceipt(receipt.base, receipt.signature, key.jwk)).toBe(true);
  });

  it('may have a body, in each way in which HTTP announces one', () => {
    const { checker, sign } = makeSite();
    const body = randomBytes(1000);
    expect(checker.check(sign({ method: 'POST', headers: [json], body })).kind).toBe('app');
    const chunked: readonly [string, string] = ['Transfer-Encoding', 'chunked'];
    expect(checker.check(sign({ method: 'PUT', headers: [chunked], body })).kind).toBe('app');
  });

  it('may be a POST without a body', () => {
    const { checker, sign } = makeSite();
    expect(checker.check(sign({ method: 'POST', headers: [['Content-Length', '0']] })).kind).toBe('app');
  });

  it('may cover further fields, carry another label, and stand beside the signatures of others', () => {
    const { checker, sign } = makeSite();
    const request = sign({
      label: 'mine',
      headers: [['Accept', 'text/html']],
      cover: ['accept', '@target-uri', '@method', 'appwarrant-deployment'],
    });
    const others = withHeader(
      withHeader(
        request,
        'Signature-Input',
        `proxy=("@status";req);created=1;ext=tok, ${headerOf(request, 'signature-input')}`,
      ),
      'Signature',
      `${headerOf(request, 'signature')}, proxy=:AAAA:`,
    );
    expect(checker.check(others).kind).toBe('app');
  });

  it('may name the algorithm and an end that lies behind its beginning', () => {
    const { checker, sign, key } = makeSite();
    const parameters = `;created=${String(start)};expires=${String(start + 60)};alg="ecdsa-p256-sha256";nonce="${newNonce()}";keyid="${key.thumbprint}";tag="app-attestation"`;
    expect(checker.check(sign({ parameters })).kind).toBe('app');
  });

  it('says that the build is unproven, and admits to what all have, when its key stands in several builds', () => {
    const key = makeKey();
    const { checker, sign } = makeSite({
      apps: [
        { key, custom: { capabilities: ['orders:read'] } },
        { key, custom: { capabilities: ['orders:read', 'orders:write'], assurance: 'embedded' } },
      ],
    });
    expect(checker.check(sign({ key }))).toMatchObject({
      build: 'unproven',
      capabilities: ['orders:read'],
      assurance: 'embedded',
    });
  });

  it('warns while the allowlist is stale', () => {
    const { checker, sign, state } = makeSite();
    state.freshness = 'stale';
    expect(checker.check(sign())).toMatchObject({
      freshness: 'stale',
      warnings: ['The allowlist is stale: load a new bundle within 30 days.'],
    });
  });
});

describe('a proof', () => {
  const cases: readonly [
    rule: string,
    code: ReasonCode,
    change: (request: RequestToCheck) => RequestToCheck,
  ][] = [
    ['must be there', 'proof_missing', (r) => withHeader(r, 'Signature-Input', undefined)],
    ['must have our tag', 'proof_missing', (r) => editInput(r, '"app-attestation"', '"web-bot-auth"')],
    [
      'must have a tag that is a string',
      'proof_malformed',
      (r) => editInput(r, '"app-attestation"', 'app-attestation'),
    ],
    [
      'must come once',
      'proof_repeated',
      (r) => withHeader(r, 'Signature-Input', `${input(r)}, b${input(r)}`),
    ],
    [
      'must not repeat its label',
      'proof_malformed',
      (r) => withHeader(r, 'Signature-Input', `${input(r)}, ${input(r)}`),
    ],
    ['must not repeat a parameter', 'proof_malformed', (r) => editInput(r, ';tag', ';created=1;tag')],
    ['must come with a signature', 'proof_malformed', (r) => withHeader(r, 'Signature', undefined)],
    [
      'must come with a signature under its label',
      'proof_malformed',
      (r) => withHeader(r, 'Signature', 'b=:AAAA:'),
    ],
    ['must have 64 bytes of signature', 'proof_malformed', (r) => withHeader(r, 'Signature', 'app=:AAAA:')],
    ['must have a signature of bytes', 'proof_malformed', (r) => withHeader(r, 'Signature', 'app="AAAA"')],
    [
      'must have a signature without parameters',
      'proof_malformed',
      (r) => withHeader(r, 'Signature', `${headerOf(r, 'signature')};a`),
    ],
    [
      'must be base64, not base64url',
      'proof_malformed',
      (r) => withHeader(r, 'Signature', `app=:${'_'.repeat(86)}==:`),
    ],
    ['must be a dictionary', 'proof_malformed', (r) => withHeader(r, 'Signature-Input', '"app"')],
    ['must be a dictionary of lists', 'proof_malformed', (r) => withHeader(r, 'Signature-Input', 'app=1')],
    ['must be closed', 'proof_malformed', (r) => editInput(r, '")', '"')],
    [
      'must have an integer created',
      'proof_malformed',
      (r) => editInput(r, `created=${String(start)}`, `created="${String(start)}"`),
    ],
    ['must have created', 'proof_malformed', (r) => editInput(r, `;created=${String(start)}`, '')],
    ['must not have a negative created', 'proof_malformed', (r) => editInput(r, 'created=', 'created=-')],
    [
      'must not have a decimal created',
      'proof_malformed',
      (r) => editInput(r, `created=${String(start)}`, `created=${String(start)}.5`),
    ],
    [
      'must have a nonce',
      'proof_malformed',
      (r) => withHeader(r, 'Signature-Input', input(r).replace(/;nonce="[^"]*"/, '')),
    ],
    ['must have a nonce of 16 characters', 'proof_malformed', (r) => editNonce(r, 'A'.repeat(15))],
    ['must have a nonce of at most 128 characters', 'proof_malformed', (r) => editNonce(r, 'A'.repeat(129))],
    ['must have a nonce of base64url', 'proof_malformed', (r) => editNonce(r, `${'A'.repeat(20)}+/`)],
    [
      'must have a keyid',
      'proof_malformed',
      (r) => withHeader(r, 'Signature-Input', input(r).replace(/;keyid="[^"]*"/, '')),
    ],
    [
      'must have a keyid that is a thumbprint',
      'proof_malformed',
      (r) => withHeader(r, 'Signature-Input', input(r).replace(/keyid="[^"]*"/, 'keyid="app-1"')),
    ],
    [
      'must not name another algorithm',
      'proof_malformed',
      (r) => editInput(r, ';tag', ';alg="hmac-sha256";tag'),
    ],
    [
      'must not expire before it was created',
      'proof_malformed',
      (r) => editInput(r, ';tag', `;expires=${String(start)};tag`),
    ],
    ['must not have unknown parameters', 'proof_malformed', (r) => editInput(r, ';tag', ';x=1;tag')],
    [
      'must not cover a component twice',
      'proof_malformed',
      (r) => editInput(r, '"@method"', '"@method" "@method"'),
    ],
    ['must not cover a number', 'proof_malformed', (r) => editInput(r, '"@method"', '"@method" 7')],
    [
      'must not use component parameters',
      'proof_coverage',
      (r) => editInput(r, '"@method"', '"@method";req'),
    ],
    ['must cover the method', 'proof_coverage', (r) => editInput(r, '"@method" ', '')],
    ['must cover the target', 'proof_coverage', (r) => editInput(r, '"@target-uri" ', '')],
    ['must cover the deployment', 'proof_coverage', (r) => editInput(r, ' "appwarrant-deployment"', '')],
    [
      'must not cover what is not there',
      'proof_coverage',
      (r) => editInput(r, '"@method"', '"@method" "date"'),
    ],
    [
      'must not cover other derived components',
      'proof_coverage',
      (r) => editInput(r, '"@method"', '"@method" "@authority"'),
    ],
    [
      'must write names in lower case',
      'proof_coverage',
      (r) => editInput(r, '"appwarrant-deployment"', '"AppWarrant-Deployment"'),
    ],
    [
      'must come with the deployment',
      'proof_coverage',
      (r) => withHeader(r, 'AppWarrant-Deployment', undefined),
    ],
    [
      'must be for this deployment',
      'wrong_deployment',
      (r) => withHeader(r, 'AppWarrant-Deployment', 'A'.repeat(43)),
    ],
    [
      'must be signed by a key that is approved',
      'app_not_approved',
      (r) =>
        withHeader(
          r,
          'Signature-Input',
          input(r).replace(/keyid="[^"]*"/, `keyid="${makeKey().thumbprint}"`),
        ),
    ],
    ['must be for this method', 'signature_invalid', (r) => ({ ...r, method: 'DELETE' })],
    ['must be for this method in its very case', 'signature_invalid', (r) => ({ ...r, method: 'get' })],
    ['must be for this target', 'signature_invalid', (r) => ({ ...r, target: '/orders?open=2' })],
    [
      'must be for this spelling of the target',
      'signature_invalid',
      (r) => ({ ...r, target: '/%6Frders?open=1' }),
    ],
    ['must be for its own nonce', 'signature_invalid', (r) => editNonce(r, newNonce())],
    [
      'must be for its own time',
      'signature_invalid',
      (r) => editInput(r, `created=${String(start)}`, `created=${String(start + 1)}`),
    ],
    [
      'must not be all zeros',
      'signature_invalid',
      (r) => withHeader(r, 'Signature', `app=:${Buffer.alloc(64).toString('base64')}:`),
    ],
  ];
  it.each(cases)('%s (%s)', (_rule, code, change) => {
    const { checker, sign } = makeSite();
    const good = sign();
    const refused = expectRefused(() => checker.check(change(good)), code);
    expect(refused.members.serverTime).toBe(start);
    expect(refused.stack ?? '').not.toContain('\n    at ');
    expectRefused(() => checker.checkHead(change(good)), code);
    // The refused attempts moved nothing: the request itself is still good.
    expect(checker.check(good).kind).toBe('app');
  });

  it('must be for this origin', () => {
    const { checker, sign } = makeSite();
    expectRefused(() => checker.check(sign({ origin: 'https://other.test' })), 'signature_invalid');
  });

  it('is too large beyond 8 KiB, whichever of its fields it is', () => {
    const { checker, sign } = makeSite();
    const long = `b=(${'"x" '.repeat(2048)})`;
    expectRefused(() => checker.check(withHeader(sign(), 'Signature-Input', long)), 'too_large');
    expectRefused(
      () => checker.check(withHeader(sign(), 'Signature', `a=:${'AAAA'.repeat(2048)}:`)),
      'too_large',
    );
    expectRefused(
      () => checker.check(sign({ headers: [['Content-Digest', `a=:${'AAAA'.repeat(300)}:`]] })),
      'too_large',
    );
  });

  it('is refused with the base that the server computed, when its signature is not valid', () => {
    const { checker, sign } = makeSite();
    const refused = refusalOf(() => checker.check({ ...sign(), target: '/elsewhere' }));
    expect(String(refused.members.base).split('\n').slice(0, 2)).toEqual([
      '"@method": GET',
      `"@target-uri": ${origin}/elsewhere`,
    ]);
  });
});

describe('what must be covered', () => {
  const always = ['@method', '@target-uri', 'appwarrant-deployment'];
  it.each([
    ['content-digest', 'a body', { body: 'x' }, always],
    ['content-type', 'a body and its type', { headers: [json], body: 'x' }, [...always, 'content-digest']],
    ['content-encoding', 'a content coding', { headers: [['Content-Encoding', 'gzip']] }, always],
    ['authorization-digest', 'a user', { headers: [['Authorization', 'Bearer u']] }, always],
    ['cookie-digest', 'a cookie', { headers: [['Cookie', 'a=b']] }, always],
  ] as const)('%s, where there is %s', (_name, _where, to, cover) => {
    const { checker, sign } = makeSite();
    expectRefused(() => checker.check(sign({ ...to, cover })), 'proof_coverage');
    expect(checker.check(sign(to)).kind).toBe('app');
  });

  it.each(['Authorization', 'Cookie', 'Proxy-Authorization'])(
    'never %s itself, so that no credential enters a signature base',
    (name) => {
      const { checker, sign } = makeSite();
      const headers: [string, string][] = [[name, 'a=secret']];
      const digests = name === 'Proxy-Authorization' ? [] : [`${name.toLowerCase()}-digest`];
      const cover = [...always, ...digests];
      expect(checker.check(sign({ headers, cover })).kind).toBe('app');
      expectRefused(
        () => checker.check(sign({ headers, cover: [...cover, name.toLowerCase()] })),
        'proof_coverage',
      );
    },
  );

  it('a credential field that has to be covered and has no digest is refused', () => {
    const { checker, sign } = makeSite();
    const request = sign({ headers: [['Authorization', 'Bearer u']] });
    expectRefused(
      () => checker.check(withHeader(request, 'Authorization-Digest', undefined)),
      'proof_coverage',
    );
  });
});

describe('credentials', () => {
  it('are tied to the request through their digests', () => {
    const { checker, sign } = makeSite();
    const request = sign({
      headers: [
        ['Authorization', 'Bearer user-1'],
        ['Cookie', 'session=1'],
      ],
    });
    expectRefused(
      () => checker.check(withHeader(request, 'Authorization', 'Bearer user-2')),
      'digest_mismatch',
    );
    expectRefused(() => checker.check(withHeader(request, 'Cookie', 'session=2')), 'digest_mismatch');
    expectRefused(() => checker.check(withHeader(request, 'Authorization', undefined)), 'digest_mismatch');
    expect(checker.check(request)).toMatchObject({ kind: 'app', cookie: 'bound' });
  });

  it('do not enter the receipt', () => {
    const { checker, sign } = makeSite();
    const admission = checker.check(
      sign({
        headers: [
          ['Authorization', 'Bearer secret-1'],
          ['Cookie', 'session=secret-2'],
        ],
      }),
    );
    expect(JSON.stringify(admission)).not.toContain('secret-');
  });

  it('are taken as the bytes that were sent, beyond ASCII too', () => {
    const { checker, sign } = makeSite();
    expect(checker.check(sign({ headers: [['Authorization', 'Basic \xe4\xff']] })).kind).toBe('app');
  });

  it('come once', () => {
    const { checker, sign } = makeSite();
    const request = alsoWithHeader(sign({ headers: [['Authorization', 'a']] }), 'authorization', 'b');
    expectRefused(() => checker.check(request), 'header_repeated');
  });

  it('must have well-formed digests', () => {
    const { checker, sign } = makeSite();
    for (const digest of ['', 'sha-256=x', 'sha-256=:AAAA:', 'sha-512=:AAAA:', 'sha-256=("a")', 'sha-256']) {
      const request = sign({
        headers: [
          ['Authorization', 'a'],
          ['Authorization-Digest', digest],
        ],
      });
      expectRefused(() => checker.check(request), 'proof_malformed');
    }
  });

  it('of scripts in pages cannot be covered: only for the web a cookie may stay unbound', () => {
    const key = makeKey();
    const to = {
      key,
      headers: [['Cookie', 'a=b']] as const,
      cover: ['@method', '@target-uri', 'appwarrant-deployment'],
    };
    const withoutDigest = (site: ReturnType<typeof makeSite>) =>
      withHeader(site.sign(to), 'Cookie-Digest', undefined);
    const web = makeSite({ apps: [{ key, platform: 'web' }] });
    expect(web.checker.check(withoutDigest(web))).toMatchObject({ kind: 'app', cookie: 'unbound' });
    const ios = makeSite({ apps: [{ key, platform: 'ios' }] });
    expectRefused(() => ios.checker.check(withoutDigest(ios)), 'proof_coverage');
    const both = makeSite({
      apps: [
        { key, platform: 'web' },
        { key, platform: 'server' },
      ],
    });
    expectRefused(() => both.checker.check(withoutDigest(both)), 'proof_coverage');
  });
});

describe('a body', () => {
  it('must be the one that was signed', () => {
    const { checker, sign } = makeSite();
    const request = sign({ method: 'POST', headers: [json], body: '{"n":1}' });
    expectRefused(() => checker.check({ ...request, body: Buffer.from('{"n":2}') }), 'digest_mismatch');
    expect(checker.check(request).kind).toBe('app');
  });

  it('must not be forgotten by the caller, nor be cut short', () => {
    const { checker, sign } = makeSite();
    const ofNothing: readonly [string, string] = ['Content-Digest', digestField('')];
    for (const announce of [
      ['Content-Length', '5'],
      ['Transfer-Encoding', 'chunked'],
    ] as const) {
      expectRefused(() => checker.check(sign({ headers: [ofNothing, announce] })), 'body_incomplete');
    }
    const request = sign({ method: 'POST', body: 'whole' });
    expectRefused(() => checker.check({ ...request, body: Buffer.from('who') }), 'body_incomplete');
  });

  it('must not come where none was signed', () => {
    const { checker, sign } = makeSite();
    expectRefused(
      () => checker.check({ ...sign({ method: 'POST' }), body: Buffer.from('x') }),
      'digest_mismatch',
    );
    const announced = sign({ method: 'POST', headers: [['Content-Length', '0']] });
    expectRefused(() => checker.check({ ...announced, body: Buffer.from('x') }), 'body_incomplete');
  });

  it('is too large beyond 16 MiB', () => {
    const { checker, sign } = makeSite();
    expectRefused(
      () => checker.check({ ...sign(), body: new Uint8Array(16 * 1024 * 1024 + 1) }),
      'too_large',
    );
  });
});

describe('a request head', () => {
  it.each([
    ['X-HTTP-Method-Override', 'DELETE', 'method_override'],
    ['X-HTTP-Method', 'DELETE', 'method_override'],
    ['X-Method-Override', 'DELETE', 'method_override'],
    ['Transfer-Encoding', 'gzip, chunked', 'framing_ambiguous'],
    ['Content-Length', '-1', 'framing_ambiguous'],
    ['Content-Length', '0x10', 'framing_ambiguous'],
    ['Content-Length', '1, 1', 'framing_ambiguous'],
    ['X-Split', 'a\r\nHost: b', 'header_malformed'],
    ['X-Null', 'a\0', 'header_malformed'],
    ['X-Wide', '\u0100', 'header_malformed'],
    ['X Space', 'a', 'header_malformed'],
    ['X-Colon:', 'a', 'header_malformed'],
    ['', 'a', 'header_malformed'],
  ] as const)('with %s: %s is refused (%s)', (name, value, code) => {
    const { checker, sign } = makeSite();
    expectRefused(() => checker.check(alsoWithHeader(sign(), name, value)), code);
  });

  it('is too large beyond 64 KiB of header fields together', () => {
    const { checker, sign } = makeSite();
    expectRefused(() => checker.check(alsoWithHeader(sign(), 'X-Long', 'a'.repeat(65_536))), 'too_large');
  });

  it('with both Content-Length and Transfer-Encoding is refused', () => {
    const { checker, sign } = makeSite();
    const request = sign({
      headers: [
        ['Content-Length', '0'],
        ['Transfer-Encoding', 'chunked'],
      ],
    });
    expectRefused(() => checker.check(request), 'framing_ambiguous');
  });

  it.each(['AppWarrant-Deployment', 'Signature', 'Signature-Input', 'Host', 'Content-Type', 'Cookie'])(
    'with %s twice is refused, alike or not',
    (name) => {
      const { checker, sign } = makeSite();
      const request = sign({ headers: [['Host', 'a'], json, ['Cookie', 'a=b']] });
      expectRefused(
        () => checker.check(alsoWithHeader(request, name.toUpperCase(), headerOf(request, name))),
        'header_repeated',
      );
    },
  );

  it('may repeat a field that is not covered, and none that is', () => {
    const { checker, sign } = makeSite();
    const accept: readonly [string, string] = ['Accept', 'text/html'];
    expect(checker.check(sign({ headers: [accept, accept] })).kind).toBe('app');
    const cover = ['@method', '@target-uri', 'appwarrant-deployment', 'accept'];
    expectRefused(() => checker.check(sign({ headers: [accept, accept], cover })), 'header_repeated');
  });

  it('covers no value beyond ASCII', () => {
    const { checker, sign } = makeSite();
    const cover = ['@method', '@target-uri', 'appwarrant-deployment', 'x-name'];
    expectRefused(() => checker.check(sign({ headers: [['X-Name', 'J\xf6rg']], cover })), 'header_malformed');
  });

  it.each(['', 'GET\nX', 'G ET', 'A'.repeat(33), 'GÉT'])('with the method %j is refused', (method) => {
    const { checker, sign } = makeSite();
    expectRefused(() => checker.check({ ...sign(), method }), 'method_malformed');
  });

  it('of wrong types is refused, from callers without a compiler', () => {
    const { checker, sign } = makeSite();
    const bad = (over: object) => ({ ...sign(), ...over }) as RequestToCheck;
    expectRefused(() => checker.check(bad({ method: 7 })), 'method_malformed');
    expectRefused(() => checker.check(bad({ target: null })), 'target_malformed');
    expectRefused(() => checker.check(bad({ headers: [['a', 1]] })), 'header_malformed');
    expectRefused(() => checker.check(bad({ headers: [[['a'], 'b']] })), 'header_malformed');
  });

  it('with a target that routers read in different ways is refused; a long one is too large', () => {
    const { checker, sign } = makeSite();
    expectRefused(() => checker.check(sign({ target: '/a/../b' })), 'target_malformed');
    expectRefused(() => checker.check(sign({ target: 'https://ris.hospital.test/a' })), 'target_malformed');
    expectRefused(() => checker.check(sign({ target: `/${'a'.repeat(8192)}` })), 'too_large');
  });
});

describe('time', () => {
  it('is a window of 60 s before and 30 s after now', () => {
    const { checker, sign } = makeSite();
    expectRefused(() => checker.check(sign({ created: start - 61 })), 'proof_stale');
    expect(checker.check(sign({ created: start - 60 })).kind).toBe('app');
    expect(checker.check(sign({ created: start + 30 })).kind).toBe('app');
    expectRefused(() => checker.check(sign({ created: start + 31 })), 'proof_from_future');
  });

  it('may be bounded by the client, who says when a proof expires', () => {
    const { checker, sign, key, clock } = makeSite();
    const expiring = () =>
      sign({
        parameters: `;created=${String(start)};expires=${String(start + 10)};nonce="${newNonce()}";keyid="${key.thumbprint}";tag="app-attestation"`,
      });
    clock.ms += 9000;
    expect(checker.check(expiring()).kind).toBe('app');
    clock.ms += 1000;
    expectRefused(() => checker.check(expiring()), 'proof_stale');
  });

  it('does not matter to a client that signs our challenge, for 60 s', () => {
    const { checker, sign, clock } = makeSite();
    const { members } = refusalOf(() => checker.check(sign({ created: 1000 })));
    const answer = () => sign({ created: 1000, nonce: `${String(members.challenge)}.${newNonce()}` });
    expect(members).toMatchObject({ serverTime: start });
    expect(checker.check(answer()).kind).toBe('app');
    const used = answer();
    expect(checker.check(used).kind).toBe('app');
    expectRefused(() => checker.check(used), 'replayed');
    clock.ms += 60_000;
    expect(checker.check(answer()).kind).toBe('app');
    expectRefused(() => checker.check(used), 'replayed');
    clock.ms += 1000;
    expectRefused(() => checker.check(answer()), 'proof_stale');
  });

  it("is not replaced by another process's challenge, nor by an invented one", () => {
    const { checker, sign } = makeSite();
    const { members } = refusalOf(() => makeSite().checker.check(sign({ created: 1000 })));
    for (const challenge of [String(members.challenge), 'A'.repeat(32)]) {
      expectRefused(
        () => checker.check(sign({ created: 1000, nonce: `${challenge}.${newNonce()}` })),
        'proof_stale',
      );
    }
  });

  it('begins after a restart that has forgotten its nonces, but for those who answer a challenge', () => {
    const site = makeSite({ options: { startedAt: start * 1000 + 999 } });
    const { checker, sign, clock } = site;
    const refused = expectRefused(() => checker.check(sign({ created: start + 30 })), 'proof_before_start');
    expect(refused.members).toMatchObject({ createdAfter: start + 30, serverTime: start });
    const nonce = `${String(refused.members.challenge)}.${newNonce()}`;
    expect(checker.check(sign({ nonce })).kind).toBe('app');
    clock.ms += 1000;
    expect(checker.check(sign({ created: start + 31 })).kind).toBe('app');
  });

  it('that goes back a little brings no used proof back', () => {
    const { checker, sign, clock } = makeSite();
    const used = sign();
    checker.check(used);
    clock.ms += 61_000;
    checker.check(sign());
    clock.ms -= 30_000;
    expectRefused(() => checker.check(used), 'proof_stale');
  });

  it('that is corrected by more than five minutes begins anew, as after a restart', () => {
    const { checker, sign, clock } = makeSite();
    const used = sign();
    checker.check(used);
    clock.ms += 86_400_000;
    checker.check(sign());
    clock.ms -= 86_400_000;
    expectRefused(() => checker.check(used), 'proof_before_start');
    clock.ms += 31_000;
    expect(checker.check(sign()).kind).toBe('app');
  });

  it('that is corrected by more than five minutes brings no used answer to a challenge back', () => {
    const { checker, sign, clock } = makeSite({
      options: { replay: createReplayTable(randomBytes(32), 16) },
    });
    const { members } = refusalOf(() => checker.check(sign({ created: 1000 })));
    const used = sign({ created: 1000, nonce: `${String(members.challenge)}.${newNonce()}` });
    checker.check(used);
    clock.ms += 86_400_000;
    checker.check(sign());
    clock.ms -= 86_400_000;
    const refused = expectRefused(() => checker.check(used), 'proof_stale');
    const anew = sign({ created: 1000, nonce: `${String(refused.members.challenge)}.${newNonce()}` });
    expect(checker.check(anew).kind).toBe('app');
  });
});

describe('a nonce', () => {
  it('is used once, by one key', () => {
    const other = makeKey();
    const own = makeKey();
    const { checker, sign } = makeSite({ apps: [{ key: own }, { key: other }] });
    const nonce = newNonce();
    const request = sign({ key: own, nonce });
    expect(checker.check(request).kind).toBe('app');
    expectRefused(() => checker.check(request), 'replayed');
    expectRefused(() => checker.check(sign({ key: own, nonce, target: '/other' })), 'replayed');
    expect(checker.check(sign({ key: other, nonce })).kind).toBe('app');
  });

  it('is not used up by a request that is refused', () => {
    const { checker, sign } = makeSite();
    const request = sign({ method: 'POST', body: 'x' });
    expectRefused(() => checker.check({ ...request, body: Buffer.from('y') }), 'digest_mismatch');
    expectRefused(() => checker.check({ ...request, target: '/z' }), 'signature_invalid');
    expect(checker.check(request).kind).toBe('app');
  });

  it('is refused to the end of the window, also after a restart that kept the table', () => {
    const key = randomBytes(32);
    const replay = createReplayTable(key, 1024);
    const first = makeSite({ options: { replay } });
    const request = first.sign({ created: start + 30 });
    first.checker.check(request);
    const kept = restoreReplayTable(replay.save(start), 1024);
    if (kept === undefined) throw new Error('not restored');
    const second = makeSite({ apps: [{ key: first.key }], options: { replay: kept } });
    second.clock.ms += 90_000;
    expectRefused(() => second.checker.check(request), 'replayed');
    second.clock.ms += 1000;
    expectRefused(() => second.checker.check(request), 'proof_stale');
  });

  it('that cannot be remembered is refused: the table is full', () => {
    const { checker, sign } = makeSite({ options: { replay: createReplayTable(randomBytes(32), 16) } });
    for (let i = 0; i < 16; i += 1) checker.check(sign());
    expectRefused(() => checker.check(sign()), 'replay_table_full');
  });
});

describe('checkHead', () => {
  it('shows nothing before the body has passed, and gives the admission once', () => {
    const { checker, sign } = makeSite();
    const { body, ...head } = sign({ method: 'POST', headers: [json], body: 'content' });
    const pending = checker.checkHead(head);
    expect(Object.keys(pending).sort()).toEqual(['finish', 'hasBody', 'proved']);
    expect(pending.proved()).toMatchObject({ kind: 'app', app: { id: 'viewer' }, deployment });
    expect(pending.proved()).not.toHaveProperty('receipt');
    expect(pending.hasBody).toBe(true);
    expect(pending.finish(sha256(body ?? '')).kind).toBe('app');
    expectRefused(() => pending.finish(sha256(body ?? '')), 'replayed');
  });

  it('refuses another body, after which the request itself may still come', () => {
    const { checker, sign } = makeSite();
    const request = sign({ method: 'POST', body: 'content' });
    const pending = checker.checkHead(request);
    expectRefused(() => pending.finish(sha256('other')), 'digest_mismatch');
    expectRefused(() => pending.finish(sha256('content')), 'replayed');
    expect(checker.check(request).kind).toBe('app');
  });

  it('has used up the nonce once it has shown what the head proved', () => {
    const { checker, sign } = makeSite();
    const request = sign({ method: 'POST', body: 'one' });
    const pending = checker.checkHead(request);
    expect(pending.proved()).toMatchObject({
      kind: 'app',
      keyid: expect.stringMatching(/^.{43}$/) as unknown,
    });
    expectRefused(() => pending.finish(sha256('other')), 'digest_mismatch');
    expectRefused(() => checker.check(request), 'replayed');
  });

  it('refuses a body where none was announced', () => {
    const { checker, sign } = makeSite();
    const pending = checker.checkHead(sign());
    expect(pending.hasBody).toBe(false);
    expectRefused(() => pending.finish(sha256('smuggled')), 'digest_mismatch');
    expect(checker.checkHead(sign()).finish(sha256('')).kind).toBe('app');
  });

  it('refuses a second copy of the request while the first waits for its body', () => {
    const { checker, sign, clock } = makeSite();
    const request = sign({ method: 'POST', body: 'content' });
    const pending = checker.checkHead(request);
    expectRefused(() => checker.checkHead(request), 'replayed');
    clock.ms += 300_000;
    expectRefused(() => checker.checkHead(request), 'proof_stale');
    expect(pending.finish(sha256('content')).kind).toBe('app');
  });

  it('judges again what may have changed while the body came', () => {
    const { checker, sign, state } = makeSite();
    const revoked = checker.checkHead(sign());
    state.apps = [];
    expectRefused(() => revoked.finish(sha256('')), 'app_not_approved');
    const expired = makeSite();
    const pending = expired.checker.checkHead(expired.sign());
    expired.state.closed = 'allowlist_expired';
    expectRefused(() => pending.finish(sha256('')), 'allowlist_expired');
  });
});

describe('with an allowlist that is not in force', () => {
  it.each(['no_bundle', 'allowlist_expired', 'clock_behind', 'license_expired'] as const)(
    'every request is refused: %s',
    (code) => {
      const { checker, sign, state } = makeSite();
      state.closed = code;
      state.monitor = grantOf('monitor');
      state.breakGlass = grantOf('breakGlass');
      expect(expectRefused(() => checker.check(sign()), code).status).toBe(503);
      expectRefused(() => checker.check({ method: 'GET', target: '/', headers: [] }), code);
    },
  );
});

describe('a grant', () => {
  it.each([
    ['monitor', 'monitored'],
    ['breakGlass', 'breakGlass'],
  ] as const)('of the kind %s admits what would be refused, and says why it would be', (kind, admitted) => {
    const { checker, sign, state } = makeSite();
    state[kind] = grantOf(kind);
    const unsigned: RequestToCheck = { method: 'GET', target: '/', headers: [] };
    const expected = {
      kind: admitted,
      refused: { code: 'proof_missing' },
      grant: { reason: 'Roll-out in November' },
    };
    expect(checker.check(unsigned)).toMatchObject(expected);
    expect(checker.checkHead(unsigned).finish(sha256('anything'))).toMatchObject(expected);
    expect(checker.check(sign({ key: makeKey() }))).toMatchObject({ refused: { code: 'app_not_approved' } });
    const body = checker.checkHead(sign({ method: 'POST', body: 'x' }));
    expect(body.finish(sha256('y'))).toMatchObject({ kind: admitted, refused: { code: 'digest_mismatch' } });
    expect(checker.check(sign()).kind).toBe('app');
  });

  it('admits no message that is ambiguous or too large', () => {
    const { checker, state } = makeSite();
    state.breakGlass = grantOf('breakGlass');
    const headers = [
      ['Content-Length', '1'],
      ['Transfer-Encoding', 'chunked'],
    ] as const;
    expectRefused(() => checker.check({ method: 'POST', target: '/', headers }), 'framing_ambiguous');
    expectRefused(
      () => checker.check({ method: 'POST', target: `/${'a'.repeat(9000)}`, headers: [] }),
      'too_large',
    );
  });
});

function verifyReceipt(base: string, signature: string, jwk: EcJwk): boolean {
  const key = createPublicKey({ key: { ...jwk }, format: 'jwk' });
  return verify(
    'sha256',
    Buffer.from(base),
    { key, dsaEncoding: 'ieee-p1363' },
    Buffer.from(signature, 'base64url'),
  );
}

const input = (request: RequestToCheck): string => headerOf(request, 'Signature-Input');

function editInput(request: RequestToCheck, from: string, to: string): RequestToCheck {
  const before = input(request);
  if (!before.includes(from)) throw new Error(`${before} does not contain ${from}`);
  return withHeader(request, 'Signature-Input', before.replace(from, to));
}

function editNonce(request: RequestToCheck, nonce: string): RequestToCheck {
  return withHeader(request, 'Signature-Input', input(request).replace(/nonce="[^"]*"/, `nonce="${nonce}"`));
}
