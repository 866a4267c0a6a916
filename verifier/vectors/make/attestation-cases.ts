import type { JsonObject } from '../../src/json.ts';
import { part } from '../../test/http/attest.ts';
import { build, copy, issuer, sealed, vouch, type Vouching } from './attest.ts';
import { accepted, refused, type Made } from './vector-case.ts';
import { deployment, newYear, partner } from './world.ts';

// The form of attestations (SPEC §10.11, 1): nobody's entry is looked up, and no signature is verified.

const area = 'attestation';
const spec = ['10.11'];
const issued = newYear;
const jwk = copy.jwk;

const wrongMembers: readonly (readonly [name: string, about: string, wrong: Vouching])[] = [
  ['algorithm', 'It is signed with another algorithm.', { header: { alg: 'ES384' } }],
  ['algorithm-none', 'It is signed with none.', { header: { alg: 'none' } }],
  ['type', 'It is of another type.', { header: { typ: 'JWT' } }],
  ['no-kid', 'It names no key of an issuer.', { header: { kid: undefined } }],
  [
    'kid-name',
    "The issuer's key is named otherwise than by its thumbprint.",
    { header: { kid: 'issuer-1' } },
  ],
  ['header-jwk', 'Its header offers a key of its own.', { header: { jwk: issuer.jwk } }],
  ['header-crit', 'Its header demands something more.', { header: { crit: ['exp'] } }],
  ['status', 'It has a status, which cannot be read offline.', { claims: { status: {} } }],
  ['no-build', 'It names no build.', { claims: { build: undefined } }],
  ['sub-without-app', 'It names a partner and no app.', { claims: { sub: partner } }],
  ['sub-of-three', 'What it names has three parts.', { claims: { sub: `${partner}/orders/1` } }],
  ['aud-list', 'It is for a list of deployments.', { claims: { aud: [deployment] } }],
  ['iat-text', 'The time of issue is a text.', { claims: { iat: String(issued) } }],
  ['exp-absent', 'It never ends.', { claims: { exp: undefined } }],
  ['exp-as-iat', 'It ends in the second in which it was issued.', { claims: { exp: issued } }],
  ['nbf-negative', 'It begins before 1970.', { claims: { nbf: -1 } }],
  ['cnf-further-member', 'cnf has a member beside jwk.', { claims: { cnf: { jwk, kid: 'a' } } }],
  [
    'cnf-jkt',
    'cnf has the thumbprint of a key instead of the key.',
    { claims: { cnf: { jkt: copy.thumbprint } } },
  ],
  [
    'jwk-further-member',
    'The key of the copy has a further member.',
    { claims: { cnf: { jwk: { ...jwk, alg: 'ES256' } } } },
  ],
];

/** What is wrong in the text, not in what it says. */
const wrongTexts: readonly (readonly [name: string, about: string, wrong: (right: string) => string])[] = [
  ['two-parts', 'It has no signature.', (right) => right.split('.').slice(0, 2).join('.')],
  ['four-parts', 'It has a fourth part.', (right) => `${right}.AAAA`],
  ['padded', 'A part is padded.', (right) => right.replace('.', '=.')],
  [
    'signature-of-63-bytes',
    'The signature has 63 bytes.',
    (right) => right.replace(/[^.]+$/, Buffer.alloc(63, 1).toString('base64url')),
  ],
  [
    'signature-der',
    'The signature is DER instead of r‖s.',
    (right) => right.replace(/[^.]+$/, Buffer.from(issuer.signDer(Buffer.from('x'))).toString('base64url')),
  ],
  [
    'claim-twice',
    'A claim stands twice.',
    (right) => resealed(right, (claims) => claims.replace('{', `{"exp":${String(issued + 1)},`)),
  ],
  [
    'fraction',
    'A time has a fraction.',
    (right) =>
      resealed(right, (claims) => claims.replace(`"iat":${String(issued)}`, `"iat":${String(issued)}.0`)),
  ],
];

export function attestationCases(): Made[] {
  const input = (text: string): JsonObject => ({ kind: 'attestation', text });
  const facts = {
    kid: issuer.thumbprint,
    sub: `${partner}/orders`,
    build,
    aud: deployment,
    iat: issued,
    nbf: null,
    exp: issued + 600,
    thumbprint: copy.thumbprint,
  };
  return [
    accepted({
      area,
      name: 'whole',
      about: 'An attestation, and all that it says.',
      spec,
      input: input(vouch(issued)),
      facts,
    }),
    accepted({
      area,
      name: 'further-claims',
      about: 'Claims that nobody looks at mean nothing.',
      spec,
      input: input(vouch(issued, { claims: { iss: 'x', jti: 1, nbf: issued } })),
      facts: { ...facts, nbf: issued },
    }),
    accepted({
      area,
      name: 'longest',
      about: 'An attestation that is nearly as long as it may be.',
      spec: ['10.11', '12'],
      input: input(ofLength(false)),
    }),
    ...wrongMembers.map(([name, about, wrong]) =>
      refused({
        area,
        code: 'attestation_malformed',
        name,
        about,
        spec,
        make: (defect) => input(vouch(issued, defect({}, wrong))),
      }),
    ),
    ...wrongTexts.map(([name, about, wrong]) =>
      refused({
        area,
        code: 'attestation_malformed',
        name,
        about,
        spec,
        make: (defect) => input(defect((right: string) => right, wrong)(vouch(issued))),
      }),
    ),
    refused({
      area,
      code: 'too_large',
      name: 'long',
      about: 'It is longer than 4096 characters.',
      spec: ['10.11', '12'],
      make: (defect) => input(ofLength(defect(false, true))),
    }),
  ];
}

/** Other claims, signed again. */
function resealed(text: string, change: (claims: string) => string): string {
  const [header = '', claims = ''] = text.split('.');
  const signed = `${header}.${part(change(Buffer.from(claims, 'base64url').toString()))}`;
  return `${signed}.${sealed(signed)}`;
}

/** The longest attestation of at most 4096 characters, or the next one after it: a claim fills it that means nothing. */
function ofLength(isTooLong: boolean): string {
  let text = vouch(issued);
  for (let fill = 2400; ; fill += 1) {
    const next = vouch(issued, { claims: { jti: 'x'.repeat(fill) } });
    if (next.length > 4096) return isTooLong ? next : text;
    text = next;
  }
}
