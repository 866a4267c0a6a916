import { createPublicKey } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import type { RequestToCheck } from '../../src/http/request-head.ts';
import type { ReasonCode } from '../../src/reasons.ts';
import { makeAttestedSite } from '../http/attested-site.ts';
import { headerOf, makeKey, newNonce, signRequest, withHeader, type ToSign } from '../http/sign.ts';
import { deployment, expectRefused, makeSite, origin } from '../http/site.ts';
import { httpMessageSig } from './http-message-sig.ts';
import { httpMessageSignatures } from './http-message-signatures.ts';
import { messageOf, signWith, type Library } from './library.ts';

// Two libraries of RFC 9421 by others sign what our check admits, and verify what is signed for it: this profile is one of the standard.
// Where they and we answer differently stands at the end, a test for each.

const libraries: readonly Library[] = [httpMessageSignatures, httpMessageSig];

const json = [['Content-Type', 'application/json']] as const;
const cases: readonly (readonly [string, Partial<ToSign>])[] = [
  ['a GET', { target: '/' }],
  ['a GET with a query', { target: '/orders?open=1&q=%C3%A4+b%2Fc&empty=&x=a:b' }],
  ['a GET of a path in escapes', { target: '/a%2Fb/%7Eme/%c3%a4' }],
  ['a GET with a trailing question mark', { target: '/orders?' }],
  ['a DELETE', { method: 'DELETE', target: '/orders/5' }],
  ['a POST of JSON', { method: 'POST', headers: json, body: '{"item":"rope","colour":"grün"}' }],
  ['a POST of bytes without a type', { method: 'POST', body: new Uint8Array([0, 255, 10]) }],
  [
    'a PUT of an encoded body',
    { method: 'PUT', headers: [...json, ['Content-Encoding', 'gzip']], body: 'x' },
  ],
  [
    'a POST with the credentials of a user',
    {
      method: 'POST',
      headers: [...json, ['Authorization', 'Bearer e30.e30.c2ln'], ['Cookie', 'a=b; c=d']],
      body: '{}',
    },
  ],
  [
    'white space around a covered value',
    { method: 'POST', headers: [['Content-Type', '  text/plain ']], body: 'x' },
  ],
];

const now = (): number => Math.floor(Date.now() / 1000);

/** A site whose clock is this machine's: one of the libraries knows no other. */
function siteNow() {
  const site = makeSite();
  site.clock.ms = Date.now();
  return site;
}

const toSign = (site: ReturnType<typeof siteNow>, to: Partial<ToSign>): ToSign => ({
  key: site.key,
  origin,
  deployment,
  created: now(),
  ...to,
});

describe.each(libraries)('$name', (library) => {
  describe('signs what is admitted:', () => {
    test.each(cases)('%s', async (_, to) => {
      const site = siteNow();
      const request = await signWith(library, toSign(site, to));
      expect(site.checker.check(request)).toMatchObject({
        kind: 'app',
        receipt: { keyid: site.key.thumbprint },
      });
      expectRefused(() => site.checker.check(request), 'replayed');
    });

    test('with the parameters that are optional', async () => {
      const site = siteNow();
      const to = toSign(site, {});
      const request = await signWith(library, to, { expires: to.created + 20, alg: 'ecdsa-p256-sha256' });
      expect(headerOf(request, 'Signature-Input')).toContain(';alg="ecdsa-p256-sha256"');
      expect(site.checker.check(request)).toMatchObject({ kind: 'app' });
    });

    test('an attested copy of an app', async () => {
      const site = makeAttestedSite({ now: now() });
      const headers = [['OAuth-Client-Attestation', site.vouch()], ...json] as const;
      const to = {
        key: site.copy,
        origin: site.origin,
        deployment: site.deployment,
        created: site.clock.seconds,
      };
      const request = await signWith(library, { ...to, headers, method: 'POST', body: '{}' });
      expect(headerOf(request, 'Signature-Input')).toContain('"oauth-client-attestation"');
      expect(site.admit(request)).toMatchObject({ proves: 'instance', instance: site.copy.thumbprint });
    });
  });

  test('signs what is refused once anything of it has changed', async () => {
    const site = siteNow();
    const to = toSign(site, { method: 'POST', headers: json, body: '{}', target: '/orders?a=1' });
    const changed: readonly [ReasonCode, (request: RequestToCheck) => RequestToCheck][] = [
      ['signature_invalid', (request) => ({ ...request, method: 'PUT' })],
      ['signature_invalid', (request) => ({ ...request, target: '/orders?a=2' })],
      ['signature_invalid', (request) => withHeader(request, 'Content-Type', 'application/jsoN')],
      ['digest_mismatch', (request) => ({ ...request, body: Buffer.from('[]') })],
      ['wrong_deployment', (request) => withHeader(request, 'AppWarrant-Deployment', 'A'.repeat(43))],
      [
        'signature_invalid',
        (request) => {
          const input = headerOf(request, 'Signature-Input').replace(
            /nonce="[^"]+"/,
            `nonce="${newNonce()}"`,
          );
          return withHeader(request, 'Signature-Input', input);
        },
      ],
    ];
    for (const [code, change] of changed) {
      const request = change(await signWith(library, to));
      expectRefused(() => site.checker.check(request), code);
    }
  });

  describe('verifies what is signed by the letter of SPEC §10:', () => {
    test.each(cases)('%s', async (_, to) => {
      const site = siteNow();
      const request = signRequest(toSign(site, to));
      expect(await verifies(library, request, site.key)).toBe(true);
      expect(site.checker.check(request)).toMatchObject({ kind: 'app' });
    });

    test('an attested copy of an app', async () => {
      const site = makeAttestedSite({ now: now() });
      const request = site.sign();
      expect(await verifies(library, request, site.copy, site.origin)).toBe(true);
      expect(site.admit(request).proves).toBe('instance');
    });

    test('and nothing that was changed, or signed by another', async () => {
      const site = siteNow();
      const request = signRequest(toSign(site, { method: 'POST', headers: json, body: '{}' }));
      const other = makeKey();
      for (const changed of [
        { ...request, target: '/orders?open=2' },
        { ...request, method: 'PUT' },
        withHeader(request, 'Content-Type', 'text/plain'),
        withHeader(request, 'Content-Digest', headerOf(request, 'Content-Digest').replace(/:./, ':A')),
      ])
        expect(await verifies(library, changed, site.key)).toBe(false);
      const { privateKey } = other;
      expect(await verifies(library, request, { privateKey, thumbprint: site.key.thumbprint })).toBe(false);
    });
  });

  test('signs beside another signature on the same request, which is none of ours', async () => {
    const site = siteNow();
    const request = await signWith(library, toSign(site, {}));
    const of = (name: string, member: string) => `proxy=${member}, ${headerOf(request, name)}`;
    const input = of('Signature-Input', `("@method");created=${now()};keyid="another";tag="proxy"`);
    const both = withHeader(
      withHeader(request, 'Signature-Input', input),
      'Signature',
      of('Signature', `:${Buffer.alloc(64, 7).toString('base64')}:`),
    );
    expect(await verifies(library, both, site.key)).toBe(true);
    expect(site.checker.check(both)).toMatchObject({ kind: 'app' });
  });
});

describe('Answered differently', () => {
  /** Signed by the library over these components, whatever the profile says. */
  async function covering(library: Library, site: ReturnType<typeof siteNow>, cover: readonly string[]) {
    const ours = signRequest(toSign(site, { method: 'POST', headers: json, body: '{}' }));
    const bare = withHeader(withHeader(ours, 'Signature-Input', undefined), 'Signature', undefined);
    const { thumbprint: keyid, privateKey } = site.key;
    const parameters = { created: now(), nonce: newNonce(), keyid, tag: 'app-attestation' };
    const all = ['@method', '@target-uri', 'appwarrant-deployment', 'content-type', ...cover];
    const message = messageOf(bare, origin);
    const { input, signature } = await library.sign({ message, cover: all, parameters, privateKey });
    return withHeader(withHeader(bare, 'Signature-Input', input), 'Signature', signature);
  }

  test.each(libraries)(
    '$name covers what follows from method and target URI; here that is refused, because it is covered already',
    async (library) => {
      const site = siteNow();
      for (const component of ['@authority', '@scheme', '@path', '@query']) {
        const request = await covering(library, site, ['content-digest', component]);
        expect(await verifies(library, request, site.key)).toBe(true);
        expectRefused(() => site.checker.check(request), 'proof_coverage');
      }
    },
  );

  test('a member of a field covers as much as the library is told; here the whole field is covered or none of it', async () => {
    const site = siteNow();
    const member = await covering(httpMessageSignatures, site, ['content-digest;key="sha-256"']);
    expectRefused(() => site.checker.check(member), 'proof_coverage');
  });

  test.each(libraries)(
    '$name joins a field that comes twice; here a covered one comes once',
    async (library) => {
      const site = siteNow();
      const cover = ['@method', '@target-uri', 'appwarrant-deployment', 'x-note'];
      const request = signRequest(toSign(site, { headers: [['X-Note', 'a, b']], cover }));
      expect(site.checker.check(request)).toMatchObject({ kind: 'app' });
      const again = signRequest(toSign(site, { headers: [['X-Note', 'a, b']], cover }));
      const twice = withHeader(again, 'X-Note', undefined);
      const split = { ...twice, headers: [...twice.headers, ['X-Note', 'a'], ['X-Note', 'b']] as const };
      expect(await verifies(library, split, site.key)).toBe(true);
      expectRefused(() => site.checker.check(split), 'header_repeated');
    },
  );

  test.each(libraries)(
    '$name takes parameters that it does not know; here they are refused',
    async (library) => {
      const site = siteNow();
      const { thumbprint } = site.key;
      const known = `;created=${now()};nonce="${newNonce()}";keyid="${thumbprint}";tag="app-attestation"`;
      const request = signRequest(toSign(site, { parameters: `${known};trust="me"` }));
      expect(await verifies(library, request, site.key)).toBe(true);
      expectRefused(() => site.checker.check(request), 'proof_malformed');
    },
  );

  test('http-message-signatures signs every method in capitals; here, as in the standard, case matters', async () => {
    const site = siteNow();
    const to = toSign(site, { method: 'patch' });
    const request = await signWith(httpMessageSignatures, to);
    expectRefused(() => site.checker.check(request), 'signature_invalid');
    expect(site.checker.check({ ...request, method: 'PATCH' })).toMatchObject({ kind: 'app' });
    expect(site.checker.check(await signWith(httpMessageSig, to))).toMatchObject({ kind: 'app' });
  });

  test('http-message-sig reads no request with a character beyond ASCII in any field; here those that are covered are ASCII', async () => {
    const site = siteNow();
    const request = signRequest(toSign(site, { headers: [['Authorization', 'Bearer k\u00e4se']] }));
    await expect(verifies(httpMessageSig, request, site.key)).rejects.toMatchObject({
      code: 'MalformedField',
    });
    expect(await verifies(httpMessageSignatures, request, site.key)).toBe(true);
    expect(site.checker.check(request)).toMatchObject({ kind: 'app' });
  });

  test('both are satisfied with one of two signatures with our tag; here there is exactly one', async () => {
    const site = siteNow();
    const first = signRequest(toSign(site, {}));
    const second = signRequest(toSign(site, { label: 'again' }));
    const both = ['Signature-Input', 'Signature'].reduce(
      (request, name) => withHeader(request, name, `${headerOf(first, name)}, ${headerOf(second, name)}`),
      first,
    );
    for (const library of libraries) expect(await verifies(library, both, site.key)).toBe(true);
    expectRefused(() => site.checker.check(both), 'proof_repeated');
  });
});

async function verifies(
  library: Library,
  request: RequestToCheck,
  { privateKey, thumbprint }: Pick<ReturnType<typeof makeKey>, 'privateKey' | 'thumbprint'>,
  at = origin,
): Promise<boolean> {
  const key = { keyid: thumbprint, publicKey: createPublicKey(privateKey) };
  try {
    return await library.verify(messageOf(request, at), key);
  } catch (error) {
    if (error instanceof Error && /verification failed/i.test(error.message)) return false;
    throw error;
  }
}
