import type { Identity } from '../../src/custom.ts';
import type { RequestToCheck } from '../../src/http/request-head.ts';
import { thumbprint } from '../../src/jwk.ts';
import type { ReasonCode } from '../../src/reasons.ts';
import { timeOf } from '../../src/time.ts';
import type { ToSign } from '../../test/http/sign.ts';
import { approve } from '../../test/compose/vendor.ts';
import { build, copy, issuer, vouch, type Vouching } from './attest.ts';
import { digestOf, idOf, keyOf, type FixedKey } from './keys.ts';
import { acceptedRequest, check, noon, refusedRequest, requestInput, sign } from './request-case.ts';
import type { Defect, Made } from './vector-case.ts';
import { addBuild, day, makeWorld, newYear, partner, type World, type WorldOptions } from './world.ts';

// Requests by copies of an app for which its partner's server vouches (SPEC §10.11).

const attesting: Identity = { kind: 'key', key: issuer.jwk, use: 'attest', holder: 'server' };
/** No point of the curve. */
const mixed = { ...copy.jwk, y: issuer.jwk.y };
const options: WorldOptions = { entry: { identities: [attesting] } };

/** A request of the copy, with this attestation. */
function attested(
  world: World,
  attestation: string,
  to: Partial<Omit<ToSign, 'key'>> & { readonly key?: FixedKey } = {},
): RequestToCheck {
  return sign(world, {
    key: copy,
    ...to,
    headers: [['OAuth-Client-Attestation', attestation], ...(to.headers ?? [])],
  });
}

/** What is wrong with an attestation that is signed as it should be. */
const wrong: readonly (readonly [
  code: readonly [ReasonCode, number],
  name: string,
  about: string,
  right: Vouching,
  wrong: Vouching,
])[] = [
  [
    ['attestation_malformed', 401],
    'other-type',
    'The attestation is of another type.',
    {},
    { header: { typ: 'JWT' } },
  ],
  [
    ['attestation_malformed', 401],
    'not-on-curve',
    'The key of the copy is no point of the curve, which is found out last.',
    {},
    { claims: { cnf: { jwk: mixed } } },
  ],
  [
    ['attestation_other_key', 401],
    'other-copy',
    'The attestation is for the key of another copy.',
    {},
    { copy: keyOf('other copy') },
  ],
  [
    ['attestation_other_deployment', 401],
    'other',
    'The attestation is for another deployment.',
    {},
    { deployment: keyOf('other deployment').thumbprint },
  ],
  [
    ['attestation_expired', 401],
    'this-second',
    'The attestation ends in this second.',
    { issued: noon - 599 },
    { issued: noon - 600 },
  ],
  [
    ['attestation_from_future', 401],
    'issued-31-s-ahead',
    'The attestation is issued 31 s from now.',
    { issued: noon + 30 },
    { issued: noon + 31 },
  ],
  [
    ['attestation_from_future', 401],
    'begins-31-s-ahead',
    'The attestation begins 31 s from now.',
    { claims: { nbf: noon + 30 } },
    { claims: { nbf: noon + 31 } },
  ],
  [
    ['attestation_too_long', 401],
    'second-too-long',
    'The attestation is valid for a second more than the ceiling.',
    { lifetime: 3600 },
    { lifetime: 3601 },
  ],
  [
    ['app_not_approved', 403],
    'unknown-issuer',
    'The issuer’s key stands in no entry.',
    {},
    { header: { kid: keyOf('other').thumbprint } },
  ],
  [
    ['attestation_other_build', 403],
    'other-build',
    'The attestation names a build that the issuer’s key does not stand in.',
    {},
    { build: idOf('b', 'second') },
  ],
  [
    ['attestation_other_build', 403],
    'other-app',
    'The attestation names another app.',
    {},
    { app: 'invoices' },
  ],
  [
    ['attestation_invalid', 401],
    'by-the-copy',
    'The copy vouched for itself, in the name of the issuer.',
    {},
    { by: copy },
  ],
];

export function requestAttestedCases(): Made[] {
  return [
    ...fine(),
    ...wrong.map(([code, name, about, right, bad]) =>
      refusedRequest(
        code,
        name,
        about,
        ['10.11'],
        (defect, world) => {
          const vouching = defect(right, bad);
          const key = name === 'not-on-curve' ? copyNamed(vouching) : copy;
          return requestInput(world, [check(attested(world, vouch(noon, vouching), { key }))]);
        },
        { options },
      ),
    ),
    ...worlds(),
  ];
}

/** The copy's private key under the name of what the attestation says of it. */
function copyNamed({ claims }: Vouching): FixedKey {
  return claims === undefined ? copy : { ...copy, thumbprint: thumbprint(mixed) };
}

function fine(): Made[] {
  const one = (
    name: string,
    about: string,
    make: (world: World) => RequestToCheck,
    facts: Parameters<typeof acceptedRequest>[4],
    more: WorldOptions = options,
  ) => {
    const world = makeWorld(more);
    return acceptedRequest(name, about, ['10.11'], requestInput(world, [check(make(world))]), facts);
  };
  return [
    one(
      'attested',
      "A copy of the app, for which its partner's server vouches, with all that the verdict says.",
      (world) => attested(world, vouch(noon)),
      {
        kind: 'app',
        partner,
        app: 'orders',
        build,
        instance: copy.thumbprint,
        proves: 'instance',
        assurance: 'embedded',
        capabilities: ['orders:read', 'orders:write'],
      },
    ),
    one(
      'attested-last-second',
      'The attestation ends in the next second, and was valid for as long as the ceiling allows.',
      (world) => attested(world, vouch(noon - 3599, { lifetime: 3600 })),
      { proves: 'instance' },
    ),
    one(
      'attested-two-builds',
      'The key of the issuer stands in two builds: which of them this is a copy of is unproven.',
      (world) => {
        approve(world.vendor, [
          addBuild(world.vendor, issuer, 'second', {
            identities: [attesting],
            capabilities: ['orders:read'],
          }),
        ]);
        return attested(world, vouch(noon));
      },
      { build: 'unproven', capabilities: ['orders:read'], instance: copy.thumbprint },
    ),
    one(
      'attested-listed-in-no-entry',
      "The copy's key stands in what is malformed, and so no entry.",
      (world) => {
        addBuild(world.vendor, copy, 'second', { review: 'x' });
        return attested(world, vouch(noon));
      },
      { instance: copy.thumbprint },
    ),
  ];
}

/** What is wrong around a right attestation. */
function worlds(): Made[] {
  const around = (
    code: readonly [ReasonCode, number],
    name: string,
    about: string,
    change: (defect: Defect, world: World) => void,
    spec: readonly string[] = ['10.11'],
  ) =>
    refusedRequest(
      code,
      name,
      about,
      spec,
      (defect, world) => {
        change(defect, world);
        return requestInput(world, [check(attested(world, vouch(noon)))]);
      },
      { options },
    );
  const revoke = (world: World, revoked: string): void => {
    world.vendor.revocations = [
      { subject: { kind: 'identity', thumbprint: revoked }, through: timeOf(newYear - day) },
    ];
  };
  return [
    around(
      ['attestation_too_long', 401],
      'ceiling-of-zero',
      'The ceiling for attestations is 0: there are none here.',
      (defect, world) => {
        world.vendor.ceilings = { ...world.vendor.ceilings, attestation: defect(3600, 0) };
      },
    ),
    refusedRequest(
      ['attestation_issuer', 403],
      'request-key',
      'The key of the issuer signs requests itself.',
      ['10.11'],
      (defect) => {
        const world = makeWorld({
          entry: { identities: [{ ...attesting, use: defect('attest', 'request') }] },
        });
        return requestInput(world, [check(attested(world, vouch(noon)))]);
      },
    ),
    around(
      ['attestation_issuer', 403],
      'request-key-unapproved',
      'The key of the issuer signs requests itself, says an entry of the app that nobody approved.',
      (defect, world) => {
        addBuild(world.vendor, issuer, 'second', {
          identities: [{ ...attesting, use: defect('attest', 'request') }],
        });
      },
    ),
    around(
      ['attestation_key_listed', 403],
      'unapproved',
      "The copy's key stands in an entry, though nobody approved it.",
      (defect, world) => {
        addBuild(world.vendor, defect(keyOf('other'), copy), 'second');
      },
    ),
    around(
      ['attestation_key_listed', 403],
      'misplaced',
      "The copy's key stands in an entry that lies in the wrong place, which is an entry all the same.",
      (defect, world) => {
        const listed = addBuild(world.vendor, defect(keyOf('other'), copy), 'second');
        Object.assign(listed, { path: listed.path.replace('/orders/', '/invoices/') });
      },
      ['4.4', '10.11'],
    ),
    around(
      ['revoked', 403],
      'copy',
      "The copy's key is revoked, until before the attestation was issued: it stays so.",
      (defect, world) => revoke(world, defect(keyOf('other'), copy).thumbprint),
      ['5', '10.11'],
    ),
    around(
      ['revoked', 403],
      'issuer',
      'The build of the issuer is revoked.',
      (defect, world) => {
        world.vendor.revocations = [
          {
            subject: { kind: 'artifact', digest: defect(digestOf('x'), world.entry.digest) },
            through: timeOf(newYear),
          },
        ];
      },
      ['5', '10.11'],
    ),
    refusedRequest(
      ['too_large', 413],
      'attestation',
      'The attestation is longer than 4 KiB, and covered.',
      ['10.11', '12'],
      (defect, world) => {
        const filled = (length: number): string => vouch(noon, { claims: { jti: 'x'.repeat(length) } });
        // The last that fits: where the next is longer by a character, it is too long.
        let most = 2000;
        while (filled(most + 1).length <= 4096) most += 1;
        return requestInput(world, [check(attested(world, filled(most + defect(0, 1))))]);
      },
      { options },
    ),
    refusedRequest(
      ['signature_invalid', 401],
      'not-by-the-copy',
      'The request was signed by another key than that of the copy.',
      ['10.11'],
      (defect, world) => {
        const by = defect(copy, { ...keyOf('other'), thumbprint: copy.thumbprint });
        return requestInput(world, [check(attested(world, vouch(noon), { key: by }))]);
      },
      { options },
    ),
    refusedRequest(
      ['proof_coverage', 401],
      'attestation',
      'The attestation is not covered by the signature.',
      ['10.2'],
      (defect, world) => {
        const cover = [
          '@method',
          '@target-uri',
          'appwarrant-deployment',
          ...defect(['oauth-client-attestation'], []),
        ];
        return requestInput(world, [check(attested(world, vouch(noon), { cover }))]);
      },
      { options },
    ),
  ];
}
