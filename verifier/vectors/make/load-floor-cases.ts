import type { JsonObject } from '../../src/json.ts';
import { timeOf } from '../../src/time.ts';
import { anchorOf, signRoot } from '../../test/compose/vendor.ts';
import { digestOf, signerOf } from './keys.ts';
import { bare, floorAfter, floorOf, refusedLoad, resealed, whole } from './load-case.ts';
import { refused, type Made } from './vector-case.ts';
import {
  approveLicenseAgain,
  bundleNow,
  day,
  deployment,
  filesNow,
  firstAnchor,
  loadInput,
  makeWorld,
  newYear,
  pack,
  partner,
  type World,
} from './world.ts';

// What was loaded before, and what the installed package knows (SPEC §7.1, 1, 2, 4, 5 and 7; §7.3).

const poison = Number.MAX_SAFE_INTEGER;
const roles: readonly (readonly [name: string, role: string])[] = [
  ['timestamp', 'timestamp'],
  ['snapshot', 'snapshot'],
  ['targets', 'targets'],
  ['registry', 'registry'],
  ['partner', partner],
];

export function loadFloorCases(): Made[] {
  return [...rollbacks(), ...equivocations(), ...drops(), ...anchors(), ...clocks()];
}

/** Two publications a day apart: the floor of the first, and the bundle of the second. */
function second(world: World): { readonly floor: JsonObject; readonly first: Uint8Array } {
  const first = bundleNow(world);
  const floor = floorAfter(world, first);
  world.vendor.now += day;
  return { floor, first };
}

function withRole(floor: JsonObject, role: string, changes: JsonObject): JsonObject {
  const list = (floor.roles as readonly JsonObject[]).map((each) =>
    each.role === role ? { ...each, ...changes } : each,
  );
  return resealed({ ...floor, roles: list });
}

function rollbacks(): Made[] {
  const spec = ['7.1', '7.3'];
  return [
    ...roles.map(([name, role]) =>
      refusedLoad(
        'rollback',
        name,
        `A higher version of ${name === 'customer' || name === 'partner' ? `the ${name}'s role` : name} was loaded before.`,
        spec,
        (defect, world) => {
          const { floor } = second(world);
          return {
            bundle: bundleNow(world),
            site: { floor: withRole(floor, role, { version: defect(1, 3) }) },
          };
        },
        role === partner ? whole : bare,
      ),
    ),
    refusedLoad(
      'rollback',
      'signed-time',
      'A bundle that was signed a second later was loaded before.',
      spec,
      (defect, world) => {
        const { floor } = second(world);
        const signedAt = timeOf(defect(newYear + day, newYear + day + 1));
        return { bundle: bundleNow(world), site: { floor: resealed({ ...floor, signedAt }) } };
      },
    ),
    refusedLoad(
      'rollback',
      'fewer-roots',
      'The floor knows a second root, which the bundle does not have.',
      spec,
      (defect, world) => {
        const held = makeWorld(bare);
        defect(
          () => {},
          () => signRoot(held.vendor),
        )();
        const floor = floorAfter(held, bundleNow(held));
        bundleNow(world);
        return { bundle: bundleNow(world), site: { floor } };
      },
    ),
    refused({
      area: 'load',
      code: 'rollback',
      name: 'role-that-was-away',
      about: 'A role that a bundle in between did not have comes back with a version below its floor.',
      spec,
      make: (defect) => {
        const world = makeWorld();
        bundleNow(world);
        const floor = floorAfter(world, bundleNow(world));
        const { targets } = world.vendor;
        world.vendor.now += day;
        world.vendor.targets = targets.filter((target) => target !== world.entry);
        const between = bundleNow(world);
        world.vendor.now += day;
        world.vendor.targets = targets;
        // The partner's role was published twice before: its floor is 2.
        world.vendor.versions.set(partner, defect(2, 0));
        return loadInput(world, [{ bundle: between, at: newYear + day }, { bundle: bundleNow(world) }], {
          floor,
        });
      },
    }),
    refused({
      area: 'load',
      code: 'rollback',
      name: 'older-bundle',
      about: 'After a newer bundle the older one is given again.',
      spec,
      make: (defect) => {
        const world = makeWorld(bare);
        const old = bundleNow(world);
        world.vendor.now += day;
        const next = bundleNow(world);
        return loadInput(world, [{ bundle: next }, { bundle: defect(next, old) }]);
      },
    }),
  ];
}

function equivocations(): Made[] {
  const spec = ['7.1'];
  const equivocal = roles.filter(([name]) => ['timestamp', 'targets', 'partner'].includes(name));
  return [
    ...equivocal.map(([name, role]) =>
      refusedLoad(
        'equivocation',
        name,
        `${name === 'customer' || name === 'partner' ? `The ${name}'s role` : name} of this version was loaded before, with other bytes.`,
        spec,
        (defect, world) => {
          const bundle = bundleNow(world);
          const floor = floorAfter(world, bundle);
          return {
            bundle,
            site: { floor: defect(floor, withRole(floor, role, { digest: digestOf('other bytes') })) },
          };
        },
        role === partner ? whole : bare,
      ),
    ),
    refusedLoad(
      'equivocation',
      'root-of-floor',
      'The second root is not the one that was loaded before.',
      spec,
      (defect, world) => {
        signRoot(world.vendor);
        const held = makeWorld(bare);
        held.vendor.now += defect(0, 1);
        signRoot(held.vendor);
        held.vendor.now = newYear;
        const floor = floorAfter(held, bundleNow(held));
        bundleNow(world);
        return { bundle: bundleNow(world), site: { floor } };
      },
    ),
    refusedLoad(
      'equivocation',
      'root-of-anchor',
      "The second root is not the anchor's.",
      spec,
      (defect, world) => {
        signRoot(world.vendor);
        const installed = makeWorld(bare);
        installed.vendor.now += defect(0, 1);
        signRoot(installed.vendor);
        return { bundle: bundleNow(world), site: { anchor: anchorOf(installed.vendor) } };
      },
    ),
  ];
}

/** What is not dropped (SPEC §7.3). */
function drops(): Made[] {
  const spec = ['7.3'];
  const replaced = (
    world: World,
    roleNames: readonly ('timestamp' | 'snapshot' | 'registry')[],
    root: boolean,
  ): void => {
    bundleNow(world);
    world.vendor.now += day;
    for (const role of roleNames) world.vendor.signers[role] = [signerOf(`new ${role}`)];
    if (root) signRoot(world.vendor);
  };
  const poisoned = (role: string) => floorOf(makeWorld(bare), { [role]: poison });
  return [
    refusedLoad(
      'rollback',
      'timestamp-key-remains',
      'A new root lists a new timestamp key beside the old one: the poisoned version stays.',
      spec,
      (defect, world) => {
        const floor = poisoned('timestamp');
        bundleNow(world);
        world.vendor.now += day;
        world.vendor.signers.timestamp = [signerOf('new timestamp'), ...defect([], [signerOf('online')])];
        signRoot(world.vendor);
        return { bundle: bundleNow(world), site: { floor } };
      },
    ),
    refusedLoad(
      'rollback',
      'registry-without-root',
      'New targets replace the keys of registry, but no new root says so: the poisoned version stays.',
      spec,
      (defect, world) => {
        const floor = poisoned('registry');
        replaced(world, ['registry'], defect(true, false));
        return { bundle: bundleNow(world), site: { floor } };
      },
    ),
    refusedLoad(
      'rollback',
      'registry-keeps-its-keys',
      'A new root and new targets leave registry its key: the poisoned version stays.',
      spec,
      (defect, world) => {
        const floor = poisoned('registry');
        replaced(world, defect(['registry'] as const, []), true);
        return { bundle: bundleNow(world), site: { floor } };
      },
    ),
    refusedLoad(
      'rollback',
      'registry-under-held-targets',
      'A new root comes with the targets that were loaded before, though others replace the keys of registry: only targets above the floor’s count.',
      spec,
      (defect, world) => {
        replaced(world, ['registry'], true);
        const bundle = bundleNow(world);
        const targets = floorAfter(world, bundle);
        const own = (targets.roles as readonly JsonObject[]).find(
          ({ role }) => role === 'targets',
        ) as JsonObject;
        const floor = withRole(
          poisoned('registry'),
          'targets',
          defect({}, { version: own.version ?? 0, digest: own.digest ?? '' }),
        );
        return { bundle, site: { floor } };
      },
    ),
    refusedLoad(
      'rollback',
      'targets-never-drops',
      'A new root replaces the keys of targets: its version is never dropped.',
      spec,
      (defect, world) => {
        const floor = floorOf(makeWorld(bare), { targets: defect(1, poison) });
        bundleNow(world);
        world.vendor.now += day;
        world.vendor.signers.targets = [signerOf('new targets')];
        signRoot(world.vendor);
        return { bundle: bundleNow(world), site: { floor } };
      },
    ),
    refusedLoad(
      'rollback',
      'held-root-drops-nothing',
      'The root that replaced the timestamp key was loaded before: it drops nothing a second time.',
      spec,
      (defect, world) => {
        replaced(world, ['timestamp'], true);
        const bundle = bundleNow(world);
        const floor = withRole(floorAfter(world, bundle), 'timestamp', {
          version: defect(1, poison),
          digest: digestOf('x'),
        });
        return { bundle, site: { floor } };
      },
    ),
  ];
}

function anchors(): Made[] {
  const local = 'http://erp.localhost:9000';
  const minimum = (targets: number, signedAt: number) => ({
    minimum: { targets, signedAt: timeOf(signedAt) },
  });
  return [
    refusedLoad(
      'wrong_registry',
      'index',
      'The bundle says that it is of another registry.',
      '7.1',
      (defect, world) => {
        const right = bundleNow(world);
        const registry = defect(world.vendor.registry, digestOf('registry'));
        return {
          bundle: Buffer.from(
            Buffer.from(right).toString('latin1').replace(world.vendor.registry, registry),
            'latin1',
          ),
        };
      },
    ),
    refusedLoad(
      'wrong_registry',
      'first-root',
      "The first root is another vendor's, and the index says that it is ours.",
      '7.1',
      (defect, world) => {
        const other = makeWorld({ isBare: true, vendor: { now: newYear + 1 } });
        const theirs = other.vendor.roots[0] as Uint8Array;
        const files = filesNow(world).map(([name, bytes]): [string, Uint8Array] => [
          name,
          name === '1.root.json' ? defect(bytes, theirs) : bytes,
        ]);
        return { bundle: pack(world, files) };
      },
    ),
    refusedLoad(
      'wrong_registry',
      'floor',
      'The floor is of another registry than the bundle.',
      '7.1',
      (defect, world) => {
        const floor = floorAfter(world, bundleNow(world));
        const registry = defect(world.vendor.registry, digestOf('registry'));
        return { bundle: bundleNow(world), site: { floor: resealed({ ...floor, registry }) } };
      },
    ),
    refusedLoad(
      'root_environment',
      'other-than-anchor',
      'The anchor says development, and its root production; all else is as it has to be in development.',
      ['2.1', '7.1'],
      (defect, world) => {
        const environment = defect('production' as const, 'development' as const);
        world.vendor.environment = environment;
        approveLicenseAgain(world);
        const site = { anchor: firstAnchor(world), origin: local };
        return { bundle: bundleNow(world), site };
      },
      { isBare: true, license: { deployments: [{ id: deployment, origins: [local] }] } },
    ),
    refusedLoad(
      'below_anchor_minimum',
      'targets',
      "The version of targets is below the anchor's minimum.",
      '7.1',
      (defect, world) => ({
        bundle: bundleNow(world),
        site: { anchor: firstAnchor(world, minimum(defect(1, 2), newYear)) },
      }),
    ),
    refusedLoad(
      'below_anchor_minimum',
      'signed-time',
      "The signed time is a second before the anchor's minimum.",
      '7.1',
      (defect, world) => ({
        bundle: bundleNow(world),
        site: { anchor: firstAnchor(world, minimum(1, newYear + defect(0, 1))) },
      }),
    ),
    refusedLoad(
      'below_anchor_minimum',
      'roots',
      "The anchor's root is the second; the bundle has only the first.",
      '7.1',
      (defect, world) => {
        const installed = makeWorld(bare);
        defect(
          () => {},
          () => signRoot(installed.vendor),
        )();
        return { bundle: bundleNow(world), site: { anchor: anchorOf(installed.vendor) } };
      },
    ),
    refusedLoad(
      'metadata_threshold',
      'root-of-anchor',
      "The anchor's own root is not signed by its key.",
      '7.1',
      (defect, world) => {
        const anchor = firstAnchor(world);
        const { signatures: _, ...root } = anchor.root;
        return {
          bundle: bundleNow(world),
          site: { anchor: defect(anchor, { ...anchor, root: { ...root, signatures: [] } }) },
        };
      },
    ),
  ];
}

function clocks(): Made[] {
  return [
    refusedLoad(
      'signed_in_future',
      '301-s',
      'The bundle was signed 301 s ahead of the system clock.',
      '7.1',
      (defect, world) => ({ bundle: bundleNow(world), at: newYear - defect(300, 301) }),
    ),
    refusedLoad(
      'floor_missing',
      'stale',
      'Without a floor the bundle is a second past fresh.',
      ['7.1', '8'],
      (defect, world) => ({ bundle: bundleNow(world), at: newYear + 30 * day + defect(0, 1) }),
    ),
  ];
}
