import type { JsonObject } from '../../src/json.ts';
import { timeOf } from '../../src/time.ts';
import { accepted, refused, type Made } from './vector-case.ts';
import { day, makeWorld, newYear, type World } from './world.ts';

// How fresh an allowlist is (SPEC §8). Signed at the new year of 2030; fresh for 30 days, then 30 days of grace; ceilings of 60 days each.

const area = 'freshness';
const spec = ['8'];
const world: World = makeWorld();

type Changes = {
  /** Seconds after the new year. */
  readonly at: number;
  readonly wall?: number;
  readonly grantedGrace?: number;
  readonly licence?: JsonObject;
  readonly ceilings?: JsonObject;
};

function inputOf({ at, wall = 400 * day, grantedGrace = 0, licence, ceilings }: Changes): JsonObject {
  return {
    kind: 'freshness',
    signedAt: timeOf(newYear),
    wall: timeOf(newYear + wall),
    licence: { ...world.license.custom, ...licence },
    ceilings: { ...world.vendor.ceilings, ...ceilings },
    grantedGrace,
    at: timeOf(newYear + at),
  };
}

const fine: readonly (readonly [
  name: string,
  about: string,
  changes: Changes,
  kind: 'fresh' | 'stale',
  freshDays: number,
  days: number,
  less?: number,
])[] = [
  ['as-signed', 'Now is the signed time.', { at: 0 }, 'fresh', 30, 60],
  [
    'clock-behind',
    'Now is before the signed time: the age is zero.',
    { at: -200, licence: { issued: '2029-12-31T00:00:00Z', validFrom: '2029-12-31T00:00:00Z' } },
    'fresh',
    30,
    60,
  ],
  ['fresh-to-the-end', 'Fresh holds while age ≤ fresh.', { at: 30 * day }, 'fresh', 30, 60],
  ['stale-from-then', 'A second later it is stale.', { at: 30 * day + 1 }, 'stale', 30, 60],
  ['stale-to-the-end', 'Stale holds while age ≤ fresh + grace.', { at: 60 * day }, 'stale', 30, 60],
  [
    'ceiling-of-fresh',
    'The ceiling caps fresh.',
    { at: 10 * day + 1, ceilings: { fresh: 10 * day } },
    'stale',
    10,
    40,
  ],
  [
    'ceiling-of-grace',
    'The ceiling caps grace.',
    { at: 35 * day, ceilings: { grace: 5 * day } },
    'stale',
    30,
    35,
  ],
  [
    'granted-grace',
    'A grant of longer grace counts instead of the licence’s.',
    { at: 80 * day, grantedGrace: 50 * day },
    'stale',
    30,
    80,
  ],
  [
    'granted-grace-shorter',
    'A grant of shorter grace takes nothing away.',
    { at: 60 * day, grantedGrace: 1 },
    'stale',
    30,
    60,
  ],
  [
    'granted-grace-capped',
    'The ceiling caps a granted grace, too.',
    { at: 90 * day, grantedGrace: 100 * day },
    'stale',
    30,
    90,
  ],
  [
    'second-before-the-wall',
    'The wall cuts fresh short, to the second before it.',
    { at: 20 * day - 1, wall: 20 * day },
    'fresh',
    20,
    20,
    1,
  ],
];

const wrong: readonly (readonly [
  code: 'allowlist_expired' | 'license_expired',
  name: string,
  about: string,
  right: Changes,
  wrong: Changes,
])[] = [
  ['allowlist_expired', 'past-grace', 'It is a second past grace.', { at: 60 * day }, { at: 60 * day + 1 }],
  [
    'allowlist_expired',
    'at-the-wall',
    'It is the wall.',
    { at: 20 * day - 1, wall: 20 * day },
    { at: 20 * day, wall: 20 * day },
  ],
  [
    'allowlist_expired',
    'past-ceilings',
    'The ceilings are shorter than the licence.',
    { at: 16 * day },
    { at: 16 * day, ceilings: { fresh: 10 * day, grace: 5 * day } },
  ],
  [
    'allowlist_expired',
    'without-grace',
    'There is no grace.',
    { at: 30 * day + 1 },
    { at: 30 * day + 1, licence: { grace: 0 } },
  ],
  [
    'allowlist_expired',
    'granted-grace-over-ceiling',
    'A granted grace is longer than its ceiling.',
    { at: 90 * day, grantedGrace: 100 * day },
    { at: 90 * day + 1, grantedGrace: 100 * day },
  ],
  [
    'license_expired',
    'ended',
    'The licence ends in this second.',
    { at: day - 1, licence: { expires: '2030-01-02T00:00:00Z' } },
    { at: day, licence: { expires: '2030-01-02T00:00:00Z' } },
  ],
  [
    'license_expired',
    'not-begun',
    'The licence begins in the next second.',
    { at: day, licence: { validFrom: '2030-01-02T00:00:00Z' } },
    { at: day - 1, licence: { validFrom: '2030-01-02T00:00:00Z' } },
  ],
];

export function freshnessCases(): Made[] {
  return [
    ...fine.map(([name, about, changes, kind, freshDays, days, less = 0]) =>
      accepted({
        area,
        name,
        about,
        spec,
        input: inputOf(changes),
        facts: {
          kind,
          age: Math.max(0, changes.at),
          freshUntil: timeOf(newYear + freshDays * day - less),
          expires: timeOf(newYear + days * day - less),
        },
      }),
    ),
    ...wrong.map(([code, name, about, right, bad]) =>
      refused({ area, code, name, about, spec, make: (defect) => inputOf(defect(right, bad)) }),
    ),
  ];
}
