import type { JsonObject } from '../../src/json.ts';
import { timeOf } from '../../src/time.ts';
import { textOf } from './edit-json.ts';
import { digestOf, idOf, keyOf } from './keys.ts';
import { bare, floorAfter, resealed } from './load-case.ts';
import { accepted, type Made } from './vector-case.ts';
import { bundleNow, customer, makeWorld, newYear } from './world.ts';

// Floor files, and what counts as none (SPEC §7.3). Nothing here is refused.

const revocation = (through: number): JsonObject => ({
  subject: { kind: 'artifact', digest: digestOf('x') },
  through: timeOf(through),
});

/** Two subjects of every kind, sorted as a floor has them. */
const every: readonly JsonObject[] = [
  ...both((label) => ({ kind: 'app', partner: idOf('p', 'other'), app: label })),
  ...both((label) => ({ kind: 'artifact', digest: digestOf(label) })),
  ...both((label) => ({ kind: 'identity', thumbprint: keyOf(label).thumbprint })),
  ...both((label) => ({ kind: 'partner', partner: idOf('p', label) })),
  ...both((label) => ({ kind: 'statement', digest: digestOf(`statement ${label}`) })),
].map((subject) => ({ subject, through: timeOf(newYear) }));

function both(subjectOf: (label: string) => Record<string, string>): readonly JsonObject[] {
  const about = ({ app = '', digest = '', partner = '', thumbprint = '' }: Record<string, string>) =>
    digest + thumbprint + partner + app;
  const [one, other] = [subjectOf('a'), subjectOf('b')];
  return about(one) < about(other) ? [one, other] : [other, one];
}

/** What makes a floor count as missing. Each but the first three has the `check` that belongs to it. */
const lost: readonly (readonly [
  name: string,
  about: string,
  change: (right: JsonObject) => JsonObject | string,
])[] = [
  ['torn', 'A floor is cut short.', (right) => JSON.stringify(right).slice(0, -1)],
  [
    'altered',
    'A version was altered.',
    (right) => JSON.stringify(right).replace('"version":1', '"version":2'),
  ],
  [
    'since-altered',
    'The time since when the floor is was altered.',
    (right) => ({ ...right, since: timeOf(newYear - 1) }),
  ],
  [
    'other-type',
    'A floor is of another type.',
    (right) => resealed({ ...right, type: 'appwarrant/floor/2' }),
  ],
  [
    'further-member',
    'A floor has a member that no reader knows.',
    (right) => resealed({ ...right, note: 'a' }),
  ],
  [
    'registry-missing',
    'A floor does not tell of registry.',
    (right) => resealed({ ...right, roles: rolesOf(right).filter(({ role }) => role !== 'registry') }),
  ],
  [
    'roles-unsorted',
    'The roles of a floor are in another order.',
    (right) => resealed({ ...right, roles: rolesOf(right).toReversed() }),
  ],
  [
    'subject-twice',
    'A floor has two revocations of one subject.',
    (right) => resealed({ ...right, revocations: [revocation(newYear), revocation(newYear - 1)] }),
  ],
];

export function floorCases(): Made[] {
  const world = makeWorld(bare);
  const right = resealed({ ...floorAfter(world, bundleNow(world)), revocations: [revocation(newYear)] });
  const roles = Object.fromEntries(
    [...rolesOf(right)].map(({ role, version }) => [textOf(role), version ?? 0]),
  );
  const one = (name: string, about: string, floor: JsonObject | string, facts: JsonObject): Made => {
    const text = typeof floor === 'string' ? floor : JSON.stringify(floor);
    return accepted({ area: 'floor', name, about, spec: ['7.3'], input: { kind: 'floor', text }, facts });
  };
  const facts = {
    missing: false,
    registry: world.vendor.registry,
    since: timeOf(newYear),
    signedAt: timeOf(newYear),
    roles: { ...roles, [customer]: 1 },
    revocations: [revocation(newYear)],
  };
  return [
    one('whole', 'A floor, and all that it tells.', right, facts),
    one(
      'formatted',
      'A floor with line ends and spaces: its check is of the canonical form.',
      JSON.stringify(right, null, 1),
      facts,
    ),
    one(
      'revocations-of-every-kind',
      'A floor with a revocation of every kind, sorted by kind and then by what it is about.',
      resealed({ ...right, revocations: every }),
      { missing: false, revocations: every },
    ),
    ...lost.map(([name, about, change]) => one(name, about, change(right), { missing: true })),
  ];
}

function rolesOf(floor: JsonObject): readonly JsonObject[] {
  return floor.roles as readonly JsonObject[];
}
