import { createHmac, generateKeyPairSync, sign } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import type { ReasonCode } from '../../src/reasons.ts';
import { es256, part, sealParts } from './attest.ts';
import { makeAttestedSite } from './attested-site.ts';
import { expectRefused } from './site.ts';
import { alsoWithHeader, makeKey, signRequest, withHeader } from './sign.ts';

const site = makeAttestedSite();
const check = (attestation: string) => site.checker.check(site.sign(attestation));

/** The parts of a good attestation, as text. */
const parts = (): [header: string, claims: string, signature: string] => {
  const [header = '', claims = '', signature = ''] = site.vouch().split('.');
  return [header, claims, signature];
};
const textOf = (encoded: string): string => Buffer.from(encoded, 'base64url').toString();
const sealed = (header: string, claims: string): string => sealParts(header, claims, { issuer: site.issuer });

type Defect = readonly [rule: string, attestation: () => string];

/** One defect each; the attestation without it is admitted before and after. */
function refuses(code: ReasonCode, defects: readonly Defect[]): void {
  it.each(defects)('%s', (_rule, attestation) => {
    expectRefused(() => check(attestation()), code);
    expect(site.admit().instance).toBe(site.copy.thumbprint);
  });
}

describe('the header of an attestation', () => {
  refuses('attestation_malformed', [
    ['names no other algorithm: none', () => site.vouch({ header: { alg: 'none' }, sealWith: () => '' })],
    ['names no other algorithm: none with a signature', () => site.vouch({ header: { alg: 'none' } })],
    ['is of one spelling: es256', () => site.vouch({ header: { alg: 'es256' } })],
    ['names no other algorithm: HS256, under the public key as a secret', () => hs256()],
    ['names no other algorithm: RS256', () => rs256()],
    ['names no other algorithm: ES384', () => es384()],
    ['names no other algorithm: EdDSA', () => edDsa()],
    ['has a key id', () => site.vouch({ header: { kid: undefined } })],
    ['has a key id that is a thumbprint', () => site.vouch({ header: { kid: `${'A'.repeat(42)}B` } })],
    ['has a key id that is a text', () => site.vouch({ header: { kid: [site.issuer.thumbprint] } })],
    ['has a type', () => site.vouch({ header: { typ: undefined } })],
    ['has no other type: JWT', () => site.vouch({ header: { typ: 'JWT' } })],
    [
      'has no other type: a proof of possession',
      () => site.vouch({ header: { typ: 'oauth-client-attestation-pop+jwt' } }),
    ],
    [
      'has the type in one spelling',
      () => site.vouch({ header: { typ: 'application/oauth-client-attestation+jwt' } }),
    ],
    ['demands nothing more: crit', () => site.vouch({ header: { crit: ['exp'] } })],
    ['demands nothing more: b64', () => site.vouch({ header: { b64: false, crit: ['b64'] } })],
    ['brings no key: jwk', () => site.vouch({ header: { jwk: site.issuer.jwk } })],
    ['brings no key: x5c', () => site.vouch({ header: { x5c: ['MIIB'] } })],
    ['points to no key: jku', () => site.vouch({ header: { jku: 'https://keys.example' } })],
    ['points to no key: x5u', () => site.vouch({ header: { x5u: 'https://keys.example' } })],
    ['is an object', () => sealed(part([1]), parts()[1])],
  ]);
});

describe('the claims of an attestation', () => {
  refuses('attestation_malformed', [
    ['name partner and app', () => site.vouch({ claims: { sub: undefined } })],
    ['name the app too', () => site.vouch({ claims: { sub: site.custom.partner.id } })],
    ['name nothing behind the app', () => site.vouch({ app: `${site.custom.app.id}/x` })],
    ['name a partner by its id', () => site.vouch({ partner: 'partner' })],
    ['name no overflow role', () => site.vouch({ partner: `${site.custom.partner.id}-2` })],
    ['name an app by its slug', () => site.vouch({ app: 'Field-Notes' })],
    ['name one app', () => site.vouch({ claims: { sub: [`${site.custom.partner.id}/field-notes`] } })],
    ['name the build', () => site.vouch({ claims: { build: undefined } })],
    ['name the build by its id', () => site.vouch({ build: '1.0.0' })],
    ['name the deployment', () => site.vouch({ claims: { aud: undefined } })],
    ['name one deployment', () => site.vouch({ claims: { aud: [site.deployment] } })],
    ['name the deployment by its id', () => site.vouch({ claims: { aud: site.origin } })],
    ['say when it was issued', () => site.vouch({ claims: { iat: undefined } })],
    ['say when it ends', () => site.vouch({ claims: { exp: undefined } })],
    ['say times as numbers', () => site.vouch({ claims: { exp: String(site.clock.seconds + 60) } })],
    ['say times without fractions', () => site.vouch({ claims: { iat: site.clock.seconds - 0.5 } })],
    ['say times since 1970', () => site.vouch({ claims: { iat: -1 } })],
    ['say times until 9999', () => site.vouch({ claims: { exp: 253_402_300_800 } })],
    ['say nbf as a number', () => site.vouch({ claims: { nbf: '0' } })],
    ['do not end at their beginning', () => site.vouch({ lifetime: 0 })],
    ['do not end before their beginning', () => site.vouch({ lifetime: -1 })],
    ['name the key', () => site.vouch({ claims: { cnf: undefined } })],
    ['name the key by itself', () => site.vouch({ claims: { cnf: { jkt: site.copy.thumbprint } } })],
    ['name the key once', () => site.vouch({ claims: { cnf: { jwk: site.copy.jwk, kid: 'x' } } })],
    ['name a key of P-256', () => withKey({ crv: 'P-384' })],
    ['name a key of an elliptic curve', () => withKey({ kty: 'RSA' })],
    ['name a public key', () => withKey({ d: 'A'.repeat(43) })],
    ['name a key with nothing beside it', () => withKey({ alg: 'ES256' })],
    ['name a whole point', () => withKey({ y: undefined })],
    ['name a point in one spelling', () => withKey({ x: `${site.copy.jwk.x}=` })],
    ['name no list whose state is to be looked up', () => site.vouch({ claims: { status: {} } })],
    ['name no status at all', () => site.vouch({ claims: { status: null } })],
    ['are an object', () => sealed(parts()[0], part('null'))],
    ['name each thing once', () => sealed(parts()[0], part(textOf(parts()[1]).replace('{', '{"exp":1,')))],
    [
      'name the key once, in it too',
      () => sealed(parts()[0], part(textOf(parts()[1]).replace('"jwk":{', '"jwk":{"kty":"EC",'))),
    ],
    ['are JSON', () => sealed(parts()[0], part('{'))],
    ['are JSON and nothing behind it', () => sealed(parts()[0], part(`${textOf(parts()[1])}x`))],
    ['are without a byte order mark', () => sealed(parts()[0], part(`\uFEFF${textOf(parts()[1])}`))],
    ['are UTF-8', () => sealed(parts()[0], Buffer.from([0x7b, 0xff, 0x7d]).toString('base64url'))],
    ['hold no __proto__', () => sealed(parts()[0], part(`{"__proto__":{},${textOf(parts()[1]).slice(1)}`))],
  ]);
});

describe('the form of an attestation', () => {
  refuses('attestation_malformed', [
    ['is not empty', () => ''],
    ['is three parts, not two', () => parts().slice(0, 2).join('.')],
    ['is three parts, not four', () => `${site.vouch()}.`],
    ['is not encrypted: five parts', () => `${site.vouch()}.a.b`],
    ['is one attestation', () => `${site.vouch()}, ${site.vouch()}`],
    ['has no padding', () => `${site.vouch()}==`],
    ['has no padding within', () => sealed(`${parts()[0]}=`, parts()[1])],
    ['has no other alphabet', () => site.vouch().replace(/.$/, '+')],
    ['has no white space within', () => site.vouch().replace('.', ' .')],
    [
      'has no second spelling of its claims',
      () => sealed(parts()[0], respelled(part(`${textOf(parts()[1])} `))),
    ],
    ['has no second spelling of its signature', () => respelled(site.vouch())],
    ['has a signature', () => site.vouch({ sealWith: () => '' })],
    ['has a signature of r and s, not of DER', () => site.vouch({ sealWith: der })],
    [
      'has a signature of 64 bytes, not 63',
      () => site.vouch({ sealWith: (text) => es256(site.issuer, text).slice(0, 84) }),
    ],
    [
      'has a signature of 64 bytes, not 65',
      () => site.vouch({ sealWith: (text) => `${es256(site.issuer, text).slice(0, 84)}AAA` }),
    ],
    [
      'is not JSON serialisation',
      () => {
        const [protectedPart, payload, signature] = parts();
        return JSON.stringify({ protected: protectedPart, payload, signature });
      },
    ],
  ]);
});

describe('the signature of an attestation', () => {
  refuses('attestation_invalid', [
    ['is not of another key', () => site.vouch({ sealWith: (text) => es256(makeKey(), text) })],
    ['is not of the copy itself', () => site.vouch({ sealWith: (text) => es256(site.copy, text) })],
    ['is not of nothing: r and s zero', () => site.vouch({ sealWith: () => 'A'.repeat(86) })],
    ['is not over other claims', () => [parts()[0], part(altered()), parts()[2]].join('.')],
    [
      'is not over a header of another spelling',
      () => [part(` ${textOf(parts()[0])}`), parts()[1], parts()[2]].join('.'),
    ],
    [
      'is not over the text of the claims',
      () => site.vouch({ sealWith: (text) => es256(site.issuer, textOf(text.split('.')[1] ?? '')) }),
    ],
  ]);
});

describe('the attestation as a header field', () => {
  it('must be covered', () => {
    const cover = ['@method', '@target-uri', 'appwarrant-deployment'];
    expectRefused(() => site.checker.check(site.sign(site.vouch(), { cover })), 'proof_coverage');
  });

  it('cannot be left out when it is covered', () => {
    expectRefused(
      () => site.checker.check(withHeader(site.sign(), 'OAuth-Client-Attestation', undefined)),
      'proof_coverage',
    );
  });

  it('comes once', () => {
    const twice = alsoWithHeader(site.sign(), 'oauth-client-attestation', site.vouch());
    expectRefused(() => site.checker.check(twice), 'header_repeated');
    const cover = ['@method', '@target-uri', 'appwarrant-deployment'];
    const uncovered = alsoWithHeader(site.sign(site.vouch(), { cover }), 'OAuth-Client-Attestation', 'x');
    expectRefused(() => site.checker.check(uncovered), 'header_repeated');
  });

  it('cannot be exchanged for another good one, because it is signed', () => {
    const request = site.sign(site.vouch({ lifetime: 60 }));
    const other = withHeader(request, 'OAuth-Client-Attestation', site.vouch({ lifetime: 3000 }));
    expectRefused(() => site.checker.check(other), 'signature_invalid');
  });

  it('is too large beyond 4 KiB, even when it is good otherwise, and not before', () => {
    const head = { alg: 'ES256', kid: site.issuer.thumbprint, typ: 'oauth-client-attestation+jwt' };
    /** Good, and of so many characters: white space in the header makes up for what base64url cannot hit. */
    const filled = (length: number): string => {
      for (let spaces = 0; spaces < 4; spaces += 1) {
        const header = part(`${' '.repeat(spaces)}${JSON.stringify(head)}`);
        for (let count = 2000; count < 3000; count += 1) {
          const [, claims = ''] = site
            .vouch({ claims: { jti: 'x'.repeat(count) }, sealWith: () => '' })
            .split('.');
          if (header.length + claims.length + 88 === length) return sealed(header, claims);
        }
      }
      throw new Error('No such length.');
    };
    expect(site.admit(site.sign(filled(4096))).proves).toBe('instance');
    expectRefused(() => check(filled(4097)), 'too_large');
  });

  it('is judged alone: a pinned key beside an attestation for another is refused', () => {
    const { key } = site.story;
    expectRefused(() => site.checker.check(site.sign(site.vouch(), { key })), 'attestation_other_key');
  });

  it('is not replaced by the fields of other ways to prove possession', () => {
    const request = signRequest({
      key: site.copy,
      origin: site.origin,
      deployment: site.deployment,
      created: site.clock.seconds,
      headers: [['OAuth-Client-Attestation-PoP', site.vouch()]],
    });
    expectRefused(() => site.checker.check(request), 'app_not_approved');
  });

  it('never stands in a refusal', () => {
    const refused = expectRefused(
      () => check(site.vouch({ header: { crit: ['exp'] } })),
      'attestation_malformed',
    );
    expect(JSON.stringify([refused.message, refused.members])).not.toContain(parts()[1]);
    expect(refused.status).toBe(401);
  });
});

function withKey(members: Readonly<Record<string, unknown>>): string {
  return site.vouch({ claims: { cnf: { jwk: { ...site.copy.jwk, ...members } } } });
}

/** The same bytes with a bit set that base64url leaves over. */
function respelled(text: string): string {
  const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_';
  const last = alphabet.indexOf(text.slice(-1));
  return text.slice(0, -1) + alphabet.charAt(last ^ 1);
}

function der(signed: string): string {
  return sign('sha256', Buffer.from(signed), site.issuer.privateKey).toString('base64url');
}

function altered(): string {
  return textOf(parts()[1]).replace(/"exp":(\d+)/, (_, exp: string) => `"exp":${String(Number(exp) + 1)}`);
}

function hs256(): string {
  const secret = Buffer.from(site.issuer.jwk.x + site.issuer.jwk.y);
  const sealWith = (text: string) => createHmac('sha256', secret).update(text).digest('base64url');
  return site.vouch({ header: { alg: 'HS256' }, sealWith });
}

function rs256(): string {
  const { privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
  const sealWith = (text: string) => sign('sha256', Buffer.from(text), privateKey).toString('base64url');
  return site.vouch({ header: { alg: 'RS256' }, sealWith });
}

function es384(): string {
  const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-384' });
  const sealWith = (text: string) =>
    sign('sha384', Buffer.from(text), { key: privateKey, dsaEncoding: 'ieee-p1363' }).toString('base64url');
  return site.vouch({ header: { alg: 'ES384' }, sealWith });
}

function edDsa(): string {
  const { privateKey } = generateKeyPairSync('ed25519');
  const sealWith = (text: string) => sign(null, Buffer.from(text), privateKey).toString('base64url');
  return site.vouch({ header: { alg: 'EdDSA' }, sealWith });
}
