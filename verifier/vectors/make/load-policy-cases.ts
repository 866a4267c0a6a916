import type { JsonObject, JsonValue } from '../../src/json.ts';
import type { ReasonCode } from '../../src/reasons.ts';
import { statementDigest, type Statement } from '../../src/statement.ts';
import { approveTogether } from '../../test/compose/passkey.ts';
import { timeOf } from '../../src/time.ts';
import { approve, statementFor } from '../../test/compose/vendor.ts';
import { digestOf, idOf, keyOf } from './keys.ts';
import { bare, refusedLoad, refusedRole } from './load-case.ts';
import type { Made } from './vector-case.ts';
import { addLicense, bundleNow, deployment, newYear, origin, personOf, type World } from './world.ts';

// What bundles say: roster, revocations, the licence (SPEC §2.2, §2.3, §4.4, §5, §7.1, 6).

export function loadPolicyCases(): Made[] {
  return [...policies(), ...revocations(), ...licences(), ...places()];
}

function policies(): Made[] {
  const inTargets = (
    code: ReasonCode,
    name: string,
    about: string,
    at: 'roster' | 'ceilings',
    change: (value: JsonObject) => JsonObject,
  ) =>
    refusedRole(
      code,
      name,
      about,
      '2.2',
      () => 'targets',
      (signed) => {
        const own = signed['x-appwarrant'] as JsonObject;
        return { ...signed, 'x-appwarrant': { ...own, [at]: change(own[at] as JsonObject) } };
      },
    );
  return [
    inTargets(
      'roster_malformed',
      'in-targets',
      'The RP ID of the roster is above the host of its origin.',
      'roster',
      (roster) => ({ ...roster, rpId: 'acme.example' }),
    ),
    inTargets(
      'roster_threshold',
      'in-targets',
      'In production one person is enough for an entry.',
      'roster',
      (roster) => ({ ...roster, thresholds: { ...(roster.thresholds as JsonObject), entry: 1 } }),
    ),
    inTargets('key_malformed', 'in-roster', "An approver's key has a further member.", 'roster', (roster) => {
      const [first = {}, ...others] = roster.approvers as readonly JsonObject[];
      const [key] = first.keys as readonly JsonObject[];
      return {
        ...roster,
        approvers: [
          { ...first, keys: [{ ...key, key: { ...(key?.key as JsonObject), kid: 'a' } }] },
          ...others,
        ],
      };
    }),
  ];
}

function revocations(): Made[] {
  const subject: JsonObject = { kind: 'artifact', digest: digestOf('x') };
  const inRole = (
    code: ReasonCode,
    name: string,
    about: string,
    role: 'registry' | 'targets',
    wrong: JsonValue,
  ) =>
    refusedRole(
      code,
      name,
      about,
      ['2.3', '5'],
      () => role,
      (signed) => ({
        ...signed,
        'x-appwarrant': { ...(signed['x-appwarrant'] as JsonObject), revocations: [wrong] },
      }),
    );
  const future = { subject, through: timeOf(newYear + 1) };
  return [
    inRole(
      'revocation_malformed',
      'in-registry',
      'A revocation of registry is about a subject that no reader knows.',
      'registry',
      { subject: { kind: 'customer' }, through: timeOf(newYear) },
    ),
    inRole(
      'revocation_malformed',
      'in-targets',
      'A revocation of targets does not say until when.',
      'targets',
      { subject },
    ),
    inRole(
      'revocation_from_future',
      'in-registry',
      'A revocation of registry reaches a second beyond the signed time.',
      'registry',
      future,
    ),
    inRole(
      'revocation_from_future',
      'in-targets',
      'A revocation of targets reaches a second beyond the signed time.',
      'targets',
      future,
    ),
  ];
}

/** The licence, and why it is not approved. */
function licences(): Made[] {
  const notApproved = (
    because: ReasonCode,
    name: string,
    about: string,
    spec: readonly string[],
    make: Parameters<typeof refusedLoad>[4],
  ) => refusedLoad('license_not_approved', name, about, [...spec, '7.1'], make, bare, { because });
  /** The licence put in place of the world's, approved. */
  const instead = (
    world: World,
    changes: Parameters<typeof addLicense>[1],
    by = world.vendor.people.slice(0, 1),
  ): void => {
    world.vendor.targets = [];
    approve(world.vendor, [addLicense(world.vendor, changes)], by);
  };
  return [
    refusedLoad('license_missing', 'none', "The customer's role has no licence.", '7.1', (defect, world) => {
      const role = world.license.role;
      const without = (each: string, signed: JsonObject): JsonObject =>
        each === role ? { ...signed, targets: {} } : signed;
      return {
        bundle: bundleNow(
          world,
          defect((_, signed) => signed, without),
        ),
      };
    }),
    notApproved('approvals_missing', 'nobody', 'Nobody approved the licence.', ['4.4'], (defect, world) => {
      instead(world, {}, defect(world.vendor.people, []));
      return { bundle: bundleNow(world) };
    }),
    notApproved('revoked', 'revoked', 'The licence is revoked.', ['5'], (defect, world) => {
      const digest = statementDigest(statementFor(world.vendor, world.license));
      world.vendor.revocations = [
        { subject: { kind: 'statement', digest: defect(digestOf('x'), digest) }, through: timeOf(newYear) },
      ];
      return { bundle: bundleNow(world) };
    }),
    notApproved(
      'statement_from_future',
      'from-future',
      'The licence was issued a second after the bundle was signed.',
      ['4.4'],
      (defect, world) => {
        instead(world, { issued: timeOf(newYear + defect(0, 1)), validFrom: timeOf(newYear + 1) });
        return { bundle: bundleNow(world) };
      },
    ),
    notApproved(
      'statement_misplaced',
      'of-other-customer',
      "Another customer's licence lies in this one's role.",
      ['3.3', '4.4'],
      (defect, world) => {
        const other = defect(world.license.role, idOf('c', 'other'));
        world.vendor.targets = [];
        approve(
          world.vendor,
          [addLicense(world.vendor, { customer: { id: other, name: 'Example Customer' } })],
          world.vendor.people.slice(0, 1),
        );
        for (const target of world.vendor.targets)
          if (target.role === other)
            Object.assign(target, {
              role: world.license.role,
              path: target.path.replace(other, world.license.role),
            });
        return { bundle: bundleNow(world) };
      },
    ),
    notApproved(
      'statement_malformed',
      'further-member',
      'The licence has a member that no reader knows, and was approved with it.',
      ['3.3'],
      (defect, world) => {
        const { vendor } = world;
        vendor.targets = [];
        const license = addLicense(vendor, defect<object>({}, { note: 'a' }));
        const { role, path, length, digest, custom } = license;
        const place = { registry: vendor.registry, environment: vendor.environment, role, path, length };
        // The composer's own statements are read strictly: this one is put together by hand.
        const statement = {
          type: 'appwarrant/approval/1',
          kind: 'licence',
          ...place,
          hashes: { sha256: digest },
          custom,
        };
        const [{ id, passkey } = personOf('Ada Approver')] = vendor.people;
        const by = { approver: id, passkey, rpId: vendor.rpId, origin: String(vendor.origins[0]) };
        license.approvals = approveTogether([statement as unknown as Statement], by);
        return { bundle: bundleNow(world) };
      },
    ),
    notApproved(
      'statement_malformed',
      'target-further-member',
      'The target of the licence has a member that no reader knows.',
      ['3.1'],
      (defect, world) => {
        const role = world.license.role;
        const wrong = (each: string, signed: JsonObject): JsonObject => {
          if (each !== role) return signed;
          const targets = signed.targets as Record<string, JsonObject>;
          return {
            ...signed,
            targets: { [world.license.path]: { ...targets[world.license.path], note: 'a' } },
          };
        };
        return {
          bundle: bundleNow(
            world,
            defect((_, signed) => signed, wrong),
          ),
        };
      },
    ),
  ];
}

/** For which deployment and which origin. */
function places(): Made[] {
  const development = {
    vendor: {
      environment: 'development' as const,
      rpId: 'approve.localhost',
      origins: ['http://approve.localhost:8600'],
      people: [personOf('Ada Approver')],
      thresholds: { entry: 1, licence: 1, grant: 1 },
    },
    license: { deployments: [{ id: deployment, origins: ['http://erp.localhost:9000', origin] }] },
  };
  return [
    refusedLoad(
      'license_other_deployment',
      'other-key',
      'The licence is for another deployment than the one whose key is held here.',
      '7.1',
      (defect, world) => ({
        bundle: bundleNow(world),
        site: { deployment: defect(deployment, keyOf('other deployment').thumbprint) },
      }),
      {},
      { deployment: keyOf('other deployment').thumbprint },
    ),
    refusedLoad(
      'origin_not_licensed',
      'other-origin',
      'The origin is none of those that the licence lists.',
      '7.1',
      (defect, world) => ({
        bundle: bundleNow(world),
        site: { origin: defect(origin, 'https://erp.customer.example:8443') },
      }),
    ),
    refusedLoad(
      'origin_not_licensed',
      'of-other-deployment',
      "The origin is that of the customer's other deployment.",
      '7.1',
      (defect, world) => ({
        bundle: bundleNow(world),
        site: { origin: defect(origin, 'https://second.customer.example') },
      }),
      {
        license: {
          deployments: [
            { id: deployment, origins: [origin] },
            { id: keyOf('second deployment').thumbprint, origins: ['https://second.customer.example'] },
          ].sort((a, b) => (a.id < b.id ? -1 : 1)),
        },
      },
    ),
    refusedLoad(
      'origin_not_licensed',
      'development-beyond-this-machine',
      'A development registry licenses an origin that others can reach.',
      '3.6',
      (defect, world) => ({
        bundle: bundleNow(world),
        site: { origin: defect('http://erp.localhost:9000', origin) },
      }),
      development,
    ),
  ];
}
