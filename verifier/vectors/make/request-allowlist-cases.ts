import type { JsonObject } from '../../src/json.ts';
import { parsePublicKey, thumbprint } from '../../src/jwk.ts';
import type { ReasonCode } from '../../src/reasons.ts';
import { timeOf } from '../../src/time.ts';
import type { EntryCustom } from '../../src/custom.ts';
import { alsoWithHeader } from '../../test/http/sign.ts';
import { approve, type TestTarget } from '../../test/compose/vendor.ts';
import { digestOf, idOf, keyOf, nonceOf } from './keys.ts';
import { check, noon, refusedRequest, requestInput, sign } from './request-case.ts';
import type { Defect, Made } from './vector-case.ts';
import {
  addBuild,
  addGrant,
  customer,
  day,
  makeWorld,
  newYear,
  partner,
  personOf,
  type World,
} from './world.ts';

// Why an app that signs as it should is not admitted: its entry, the licence, freshness (SPEC §4.4, §4.5, §5, §8).

type Code = readonly [ReasonCode, number];

/** A world in which the entry says something else, approved as it is. */
function entrySays(
  code: Code,
  name: string,
  about: string,
  spec: readonly string[],
  changes: (defect: Defect) => Partial<EntryCustom>,
): Made {
  return refusedRequest(code, name, about, spec, (defect) => {
    const world = makeWorld({ entry: changes(defect) });
    return requestInput(world, [check(sign(world))]);
  });
}

/** The world changed before its bundle is made. */
function worldHas(
  code: Code,
  name: string,
  about: string,
  spec: readonly string[],
  change: (defect: Defect, world: World) => void,
): Made {
  return refusedRequest(code, name, about, spec, (defect, world) => {
    change(defect, world);
    return requestInput(world, [check(sign(world))]);
  });
}

export function requestAllowlistCases(): Made[] {
  return [...entries(), ...keys(), ...revoked(), ...fresh(), ...capabilities(), ...grants()];
}

function entries(): Made[] {
  const from = { issued: timeOf(newYear), validFrom: timeOf(newYear), expires: timeOf(newYear + day) };
  return [
    worldHas(
      ['approvals_missing', 403],
      'one-of-two',
      'One person approved the entry where two are needed.',
      ['4.4'],
      (defect, world) => {
        world.entry.approvals = world.entry.approvals.slice(0, defect(2, 1));
      },
    ),
    worldHas(
      ['approvals_missing', 403],
      'left-the-roster',
      'One of two who approved the entry is no longer on the roster.',
      ['4.3', '4.4'],
      (defect, world) => {
        const [ada = personOf('Ada Approver'), ben = personOf('Ben Approver')] = world.vendor.people;
        world.vendor.people = [ada, defect(ben, personOf('Cleo Approver'))];
      },
    ),
    entrySays(
      ['not_licensed_here', 403],
      'other-customer',
      'The entry is for another customer.',
      ['4.4'],
      (defect) => ({ customers: [defect(customer, idOf('c', 'other'))] }),
    ),
    entrySays(
      ['not_yet_valid', 403],
      'next-second',
      'The entry begins in the next second.',
      ['8'],
      (defect) => ({ ...from, validFrom: timeOf(defect(noon, noon + 1)) }),
    ),
    entrySays(['entry_expired', 403], 'this-second', 'The entry ended in this second.', ['8'], (defect) => ({
      ...from,
      expires: timeOf(defect(noon + 1, noon)),
    })),
    entrySays(
      ['statement_from_future', 403],
      'next-second',
      'The entry was issued a second after the bundle was signed.',
      ['4.4'],
      (defect) => ({ ...from, issued: timeOf(newYear + defect(0, 1)), validFrom: timeOf(newYear + 1) }),
    ),
    entrySays(
      ['statement_too_long_valid', 403],
      'second-too-long',
      'The entry is valid for a second more than the ceiling.',
      ['3.5'],
      (defect) => ({ ...from, expires: timeOf(newYear + 800 * day + defect(0, 1)) }),
    ),
    worldHas(
      ['statement_misplaced', 403],
      'role-of-other-partner',
      "The entry lies in another partner's role, and was approved for its own.",
      ['3.1', '3.2'],
      (defect, world) => {
        const other = defect(partner, idOf('p', 'other'));
        Object.assign(world.entry, { role: other, path: world.entry.path.replace(partner, other) });
      },
    ),
    worldHas(
      ['approvals_missing', 403],
      'digest-replaced',
      'The artifact was replaced by another after it was approved.',
      ['4.4'],
      (defect, world) => {
        const digest = defect(world.entry.digest, digestOf('artifact other'));
        Object.assign(world.entry, { path: world.entry.path.replace(world.entry.digest, digest), digest });
      },
    ),
    worldHas(
      ['approvals_missing', 403],
      'capability-added',
      'A capability was added after the entry was approved.',
      ['4.4'],
      (defect, world) => {
        world.entry.custom = {
          ...world.entry.custom,
          capabilities: ['orders:read', 'orders:write', ...defect([], ['users:read'])],
        };
      },
    ),
    worldHas(
      ['app_not_approved', 403],
      'entry-malformed',
      'The entry has 33 approvals, which is no entry: its key stands nowhere.',
      ['4.1'],
      (defect, world) => {
        const [ada, ben] = world.entry.approvals;
        const count = defect(2, 33);
        world.entry.approvals = Array.from({ length: count }, (_, i) => (i === 0 ? ada : ben)).filter(
          (one) => one !== undefined,
        );
      },
    ),
  ];
}

function keys(): Made[] {
  const second = (world: World, changes: Partial<EntryCustom>): TestTarget => {
    const target = addBuild(world.vendor, world.key, 'other app', changes);
    approve(world.vendor, [target]);
    return target;
  };
  return [
    worldHas(
      ['key_in_two_apps', 403],
      'two-apps',
      "The key stands under two of the partner's apps.",
      ['4.5'],
      (defect, world) => {
        second(world, { app: { id: defect('orders', 'invoices'), name: 'Invoices' } });
      },
    ),
    worldHas(
      ['key_in_two_apps', 403],
      'two-partners',
      'The key stands under apps of two partners that have one name.',
      ['4.5'],
      (defect, world) => {
        second(world, { partner: { id: defect(partner, idOf('p', 'other')), name: 'Other Partner' } });
      },
    ),
    worldHas(
      ['key_in_two_apps', 403],
      'unapproved',
      'The other app under which the key stands was approved by nobody.',
      ['4.5'],
      (defect, world) => {
        addBuild(world.vendor, world.key, 'other app', {
          app: { id: defect('orders', 'invoices'), name: 'Invoices' },
        });
      },
    ),
    worldHas(
      ['key_in_two_apps', 403],
      'other-key-of-the-build',
      'Another key of the build stands under two apps: no key of the build counts.',
      ['4.5'],
      (defect, world) => {
        const identities = [keyOf('app'), keyOf('second')].map(
          ({ jwk }) => ({ kind: 'key', key: jwk, use: 'request', holder: 'server' }) as const,
        );
        world.vendor.targets = [world.license];
        const own = addBuild(world.vendor, world.key, 'first', { identities });
        const other = addBuild(world.vendor, keyOf('second'), 'other app', {
          app: { id: defect('orders', 'invoices'), name: 'Invoices' },
        });
        approve(world.vendor, [own, other]);
      },
    ),
    refusedRequest(
      ['app_not_approved', 403],
      'attesting-key',
      'The key vouches for instances, and signs a request itself.',
      ['4.5'],
      (defect) => {
        const identities = [
          {
            kind: 'key',
            key: keyOf('app').jwk,
            use: defect('request' as const, 'attest' as const),
            holder: 'server',
          } as const,
        ];
        const world = makeWorld({ entry: { identities } });
        return requestInput(world, [check(sign(world))]);
      },
    ),
    refusedRequest(
      ['key_malformed', 400],
      'not-on-curve',
      "The entry's key is not a point of the curve.",
      ['1.7'],
      (defect) => {
        const jwk = defect(
          keyOf('app').jwk,
          parsePublicKey({ ...keyOf('app').jwk, y: keyOf('second').jwk.y }),
        );
        const world = makeWorld({
          entry: { identities: [{ kind: 'key', key: jwk, use: 'request', holder: 'server' }] },
        });
        return requestInput(world, [
          check(sign(world, { key: { ...world.key, thumbprint: thumbprint(jwk) } })),
        ]);
      },
    ),
  ];
}

function revoked(): Made[] {
  return [
    worldHas(
      ['revoked', 403],
      'artifact',
      "The build's artifact is revoked, in registry.",
      ['5'],
      (defect, world) => {
        world.vendor.revocations = [
          {
            subject: { kind: 'artifact', digest: defect(digestOf('x'), world.entry.digest) },
            through: timeOf(newYear),
          },
        ];
      },
    ),
    worldHas(['revoked', 403], 'in-targets', 'The app is revoked, in targets.', ['5'], (defect, world) => {
      world.vendor.carriedRevocations = [
        { subject: { kind: 'app', partner, app: defect('invoices', 'orders') }, through: timeOf(newYear) },
      ];
    }),
    worldHas(['revoked', 403], 'identity', 'The key is revoked.', ['5'], (defect, world) => {
      world.vendor.revocations = [
        {
          subject: { kind: 'identity', thumbprint: defect(keyOf('second'), world.key).thumbprint },
          through: timeOf(newYear),
        },
      ];
    }),
  ];
}

/** Whether anything at all is admitted. */
function fresh(): Made[] {
  const at = (
    code: Code,
    name: string,
    about: string,
    spec: readonly string[],
    right: number,
    wrong: number,
    licence: { validFrom?: string; expires?: string; grace?: number } = {},
  ) =>
    refusedRequest(code, name, about, spec, (defect) => {
      const world = makeWorld({ license: licence });
      const now = defect(right, wrong);
      return requestInput(world, [check(sign(world, { created: now }), now)]);
    });
  return [
    at(
      ['allowlist_expired', 503],
      'past-grace',
      'The allowlist is a second past grace.',
      ['8'],
      newYear + 60 * day,
      newYear + 60 * day + 1,
    ),
    refusedRequest(
      ['allowlist_expired', 503],
      'at-the-wall',
      'A role of the metadata ends in this second.',
      ['8'],
      (defect, world) => {
        world.vendor.validity = defect(3601, 3600);
        return requestInput(world, [check(sign(world))]);
      },
    ),
    at(['license_expired', 503], 'this-second', 'The licence ends in this second.', ['8'], noon, noon + 1, {
      expires: timeOf(noon + 1),
    }),
    refusedRequest(
      ['clock_behind', 503],
      '301-s',
      'The system clock is 301 s below the signed time.',
      ['8'],
      (defect, world) =>
        requestInput(world, [check(sign(world, { created: newYear }), newYear - defect(300, 301))]),
    ),
    refusedRequest(['no_bundle', 503], 'nothing-loaded', 'No bundle was loaded.', ['8'], (defect, world) => {
      const input = requestInput(world, [check(sign(world))]);
      const steps = input.steps as readonly JsonObject[];
      return { ...input, steps: defect(steps, steps.slice(1)) };
    }),
  ];
}

function capabilities(): Made[] {
  return [
    refusedRequest(
      ['capability_missing', 403],
      'other',
      'The route needs a capability that the build does not have.',
      ['11'],
      (defect, world) =>
        requestInput(world, [check(sign(world), noon, { require: defect('orders:write', 'orders:delete') })]),
    ),
    refusedRequest(
      ['capability_missing', 403],
      'not-of-all-builds',
      'The key stands in two builds, of which one does not have the capability.',
      ['11'],
      (defect, world) => {
        approve(world.vendor, [
          addBuild(world.vendor, world.key, 'second', {
            capabilities: ['orders:read', ...defect(['orders:write'], [])],
          }),
        ]);
        return requestInput(world, [check(sign(world), noon, { require: 'orders:write' })]);
      },
    ),
  ];
}

/** What grants do not admit, and grants that are none. */
function grants(): Made[] {
  const unsigned = { method: 'GET', target: '/orders', headers: [] };
  const grant = (world: World, changes: Parameters<typeof addGrant>[1], by = world.vendor.people): void =>
    approve(world.vendor, [addGrant(world.vendor, { expires: timeOf(newYear + day), ...changes })], by);
  const refusedAll = (
    name: string,
    about: string,
    spec: readonly string[],
    add: (defect: Defect, world: World) => void,
  ) =>
    refusedRequest(['proof_missing', 401], name, about, spec, (defect, world) => {
      add(defect, world);
      return requestInput(world, [check(unsigned)]);
    });
  const second = keyOf('second deployment').thumbprint;
  return [
    refusedAll(
      'grant-of-other-deployment',
      "The monitor grant is for the customer's other deployment.",
      ['3.4', '10.10'],
      (defect, world) => grant(world, { deployments: [defect(world.deployment, second)] }),
    ),
    refusedAll(
      'grant-by-one',
      'One person approved the monitor grant where two are needed.',
      ['4.4'],
      (defect, world) => grant(world, {}, world.vendor.people.slice(0, defect(2, 1))),
    ),
    refusedAll(
      'grant-too-long',
      'The break-glass grant is valid for a second more than its ceiling.',
      ['3.5'],
      (defect, world) =>
        grant(world, { effect: { kind: 'breakGlass' }, expires: timeOf(newYear + 3 * day + defect(0, 1)) }),
    ),
    refusedRequest(
      ['framing_ambiguous', 400],
      'despite-a-grant',
      'A monitor grant admits no message whose end is ambiguous.',
      ['10.10'],
      (defect, world) => {
        grant(world, {});
        const request = sign(world, { method: 'POST', headers: [['Content-Length', '0']] });
        return requestInput(world, [
          check(defect(request, alsoWithHeader(request, 'Transfer-Encoding', 'chunked'))),
        ]);
      },
    ),
    refusedRequest(
      ['allowlist_expired', 503],
      'despite-a-grant',
      'A monitor grant admits nothing once the allowlist has expired.',
      ['8', '10.10'],
      (defect) => {
        const world = makeWorld({ license: { fresh: day, grace: day } });
        grant(world, { expires: timeOf(newYear + 7 * day) });
        const now = newYear + 2 * day + defect(0, 1);
        return requestInput(world, [check(sign(world, { created: now, nonce: nonceOf('request') }), now)]);
      },
    ),
  ];
}
