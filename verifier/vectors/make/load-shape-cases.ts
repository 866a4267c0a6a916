import type { JsonObject, JsonValue } from '../../src/json.ts';
import { approve, signRoot } from '../../test/compose/vendor.ts';
import { without } from './edit-json.ts';
import { digestOf } from './keys.ts';
import { bare, refusedLoad, refusedRole, whole } from './load-case.ts';
import type { Made } from './vector-case.ts';
import { addLicense, approveLicenseAgain, bundleNow, customer, day, partner } from './world.ts';

// The one shape of a repository (SPEC §2): each of these is signed by the right keys.

/** What is wrong in one role. */
const wrong: readonly (readonly [
  name: string,
  about: string,
  role: string,
  spec: string,
  change: (signed: JsonObject) => JsonObject,
])[] = [
  [
    'targets-other-path',
    'targets lists something other than a package.',
    'targets',
    '2',
    (signed) => ({ ...signed, targets: { 'downloads/x': { hashes: { sha256: digestOf('x') }, length: 1 } } }),
  ],
  [
    'targets-package-name-dot',
    'targets lists a package whose name begins with a dot.',
    'targets',
    '2',
    (signed) => ({
      ...signed,
      targets: { 'packages/.x': { hashes: { sha256: digestOf('x') }, length: 1 } },
    }),
  ],
  [
    'targets-package-name-long',
    'targets lists a package whose name has 129 characters.',
    'targets',
    '2',
    (signed) => ({
      ...signed,
      targets: { [`packages/${'x'.repeat(129)}`]: { hashes: { sha256: digestOf('x') }, length: 1 } },
    }),
  ],
  [
    'targets-no-delegation',
    'targets delegates to nobody.',
    'targets',
    '2',
    (signed) => without(signed, 'delegations'),
  ],
  [
    'targets-wider-paths',
    'targets delegates paths of every kind to registry.',
    'targets',
    '2',
    (signed) => withRole(signed, { paths: ['*/*/*'] }),
  ],
  [
    'targets-not-terminating',
    'targets delegates to registry without ending there.',
    'targets',
    '2',
    (signed) => withRole(signed, { terminating: false }),
  ],
  [
    'targets-without-policy',
    'targets has no x-appwarrant.',
    'targets',
    '2.2',
    (signed) => without(signed, 'x-appwarrant'),
  ],
  [
    'registry-own-targets',
    'registry has a target of its own.',
    'registry',
    '2',
    (signed) => ({
      ...signed,
      targets: { [`${partner}/x/${digestOf('x')}`]: { hashes: { sha256: digestOf('x') }, length: 1 } },
    }),
  ],
  [
    'registry-other-role',
    'registry delegates to a role that is neither a partner’s nor a customer’s.',
    'registry',
    '2',
    (signed) =>
      withRoles(signed, (roles) => [
        ...roles,
        { ...(roles[0] as JsonObject), name: 'everybody', paths: ['everybody/*/*'] },
      ]),
  ],
  [
    'registry-others-paths',
    "registry delegates every partner's paths to one partner.",
    'registry',
    '2',
    (signed) => withRole(signed, { paths: ['p-*/*/*'] }, partner),
  ],
  [
    'registry-hash-prefixes',
    'registry delegates by digests of paths.',
    'registry',
    '2',
    (signed) => withRole(signed, { paths: undefined, path_hash_prefixes: ['00'] }, partner),
  ],
  [
    'registry-not-terminating',
    'registry delegates to a partner without ending there.',
    'registry',
    '2',
    (signed) => withRole(signed, { terminating: false }, partner),
  ],
  [
    'registry-without-revocations',
    "registry's x-appwarrant has no revocations.",
    'registry',
    '2.3',
    (signed) => ({ ...signed, 'x-appwarrant': {} }),
  ],
  [
    'partner-delegates',
    'A partner’s role delegates.',
    partner,
    '2',
    (signed) => ({
      ...signed,
      delegations: {
        keys: {},
        roles: [{ keyids: [], name: 'more', paths: ['x'], terminating: true, threshold: 1 }],
      },
    }),
  ],
  [
    'customer-other-path',
    "A customer's role lists something that is neither licence nor grant.",
    customer,
    '2',
    (signed) => ({
      ...signed,
      targets: {
        ...(signed.targets as JsonObject),
        [`${customer}/note/${digestOf('x')}`]: { custom: {}, hashes: { sha256: digestOf('x') }, length: 1 },
      },
    }),
  ],
  [
    'snapshot-lists-more',
    'The snapshot lists a role that does not exist.',
    'snapshot',
    '2',
    (signed) => ({ ...signed, meta: { ...(signed.meta as JsonObject), 'more.json': { version: 1 } } }),
  ],
  [
    'timestamp-lists-more',
    'The timestamp lists a second file.',
    'timestamp',
    '2',
    (signed) => ({ ...signed, meta: { ...(signed.meta as JsonObject), 'targets.json': { version: 1 } } }),
  ],
  [
    'timestamp-time-with-fraction',
    'The signed time has fractions of a second.',
    'timestamp',
    '2.4',
    (signed) => own(signed, { signedAt: '2030-01-01T00:00:00.0Z' }),
  ],
];

/** What is wrong in the first root, whose registry id is that of what it says. */
const wrongRoots: readonly (readonly [
  name: string,
  about: string,
  change: (signed: JsonObject) => JsonObject,
])[] = [
  [
    'root-further-role',
    'root lists a fifth role.',
    (signed) => ({
      ...signed,
      roles: {
        ...(signed.roles as JsonObject),
        mirrors: (signed.roles as JsonObject).snapshot as JsonObject,
      },
    }),
  ],
  [
    'root-inconsistent-snapshot',
    'root has no consistent snapshots.',
    (signed) => ({ ...signed, consistent_snapshot: false }),
  ],
];

export function loadShapeCases(): Made[] {
  return [
    ...wrong.map(([name, about, role, spec, change]) =>
      refusedRole(
        'bundle_shape',
        name,
        about,
        spec,
        () => role,
        change,
        role === 'registry' || role === partner ? whole : bare,
      ),
    ),
    ...wrongRoots.map(([name, about, change]) =>
      refusedLoad('bundle_shape', name, about, ['2', '2.1'], (defect, world) => {
        world.vendor.roots = [];
        signRoot(
          world.vendor,
          [],
          defect(
            (_, signed) => signed,
            (_: string, signed: JsonObject) => change(signed),
          ),
        );
        approveLicenseAgain(world);
        return { bundle: bundleNow(world) };
      }),
    ),
    refusedLoad(
      'bundle_shape',
      'customer-second-licence',
      "A customer's role lists a second licence, as well approved as the first.",
      '2',
      (defect, world) => {
        const second = addLicense(world.vendor, { fresh: day });
        approve(world.vendor, [second], world.vendor.people.slice(0, 1));
        world.vendor.targets = defect([world.license], [world.license, second]);
        return { bundle: bundleNow(world) };
      },
    ),
  ];
}

function own(signed: JsonObject, changes: JsonObject): JsonObject {
  return { ...signed, 'x-appwarrant': { ...(signed['x-appwarrant'] as JsonObject), ...changes } };
}

type Roles = readonly JsonValue[];

function withRoles(signed: JsonObject, change: (roles: Roles) => Roles): JsonObject {
  const delegations = signed.delegations as JsonObject;
  return { ...signed, delegations: { ...delegations, roles: change(delegations.roles as Roles) } };
}

/** Changes one delegation, the first without a name; a member that is undefined is left out. */
function withRole(
  signed: JsonObject,
  changes: Readonly<Record<string, JsonValue | undefined>>,
  name?: string,
): JsonObject {
  return withRoles(signed, (roles) =>
    roles.map((role, i) => {
      const found = role as JsonObject;
      if (name === undefined ? i > 0 : found.name !== name) return role;
      return Object.fromEntries(
        Object.entries({ ...found, ...changes }).filter(([, value]) => value !== undefined),
      ) as JsonObject;
    }),
  );
}
