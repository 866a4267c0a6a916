import { createHash } from 'node:crypto';
import type { Anchor } from '../../src/anchor.ts';
import { canonical } from '../../src/canonical.ts';
import { writeFloor } from '../../src/floor.ts';
import type { JsonObject } from '../../src/json.ts';
import { openBundle } from '../../src/open-bundle.ts';
import type { ReasonCode } from '../../src/reasons.ts';
import type { Tamper } from '../../test/compose/vendor.ts';
import { textOf, without } from './edit-json.ts';
import { accepted, refused, type Defect, type Made } from './vector-case.ts';
import { bundleNow, firstAnchor, loadInput, makeWorld, type World, type WorldOptions } from './world.ts';

// What the makers of `load` vectors share.

const area = 'load';

/** Where a rule has nothing to do with entries, and where it has. */
export const bare: WorldOptions = { isBare: true };
export const whole: WorldOptions = {};

/** A load vector's input from one bundle, at the world's now, and what its site is otherwise. */
export type Loading = { readonly bundle: Uint8Array; readonly at?: number; readonly site?: JsonObject };

/** A refused load: `make` gets a world of its own. */
export function refusedLoad(
  code: ReasonCode,
  name: string,
  about: string,
  spec: string | readonly string[],
  make: (defect: Defect, world: World) => Loading,
  options: WorldOptions = bare,
  members?: JsonObject,
): Made {
  return refused({
    area,
    code,
    name,
    about,
    spec: typeof spec === 'string' ? [spec] : spec,
    ...(members && { members }),
    make: (defect) => {
      const world = makeWorld(options);
      const { bundle, at, site } = make(defect, world);
      return loadInput(world, [{ bundle, ...(at !== undefined && { at }) }], site);
    },
  });
}

/** A refused load of a bundle in which one role says something else, signed by its own keys. */
export function refusedRole(
  code: ReasonCode,
  name: string,
  about: string,
  spec: string | readonly string[],
  role: (world: World) => string,
  change: (signed: JsonObject, world: World) => JsonObject,
  options: WorldOptions = bare,
): Made {
  const make = (defect: Defect, world: World): Loading => {
    const own = role(world);
    const wrong: Tamper = (each, signed) => (each === own ? change(signed, world) : signed);
    const right: Tamper = (_, signed) => signed;
    return { bundle: bundleNow(world, defect(right, wrong)) };
  };
  return refusedLoad(code, name, about, spec, make, options);
}

/** An accepted load of one or more bundles. */
export function acceptedLoad(
  name: string,
  about: string,
  spec: string | readonly string[],
  input: JsonObject,
  facts: JsonObject,
): Made {
  return accepted({ area, name, about, spec: typeof spec === 'string' ? [spec] : spec, input, facts });
}

/** The floor of a site that has loaded this bundle first, as vectors hold it. */
export function floorAfter(
  world: World,
  bundle: Uint8Array,
  anchor: Anchor = firstAnchor(world),
): JsonObject {
  const { deployment, origin, vendor } = world;
  const site = { anchor, deployment, origin, held: null, floor: null };
  const { nextFloor } = openBundle(bundle, { ...site, now: vendor.now, systemClock: vendor.now });
  return JSON.parse(Buffer.from(writeFloor(nextFloor)).toString()) as JsonObject;
}

/** The floor of a site that has loaded a bundle with these versions, signed by whoever has the keys. */
export function floorOf(
  world: World,
  versions: Readonly<Record<string, number>>,
  change: (floor: JsonObject) => JsonObject = (floor) => floor,
): JsonObject {
  const { versions: saved, now } = world.vendor;
  const kept = new Map(saved);
  const found = floorAfter(world, bundleNow(world));
  world.vendor.versions = kept;
  world.vendor.now = now;
  const roles = (found.roles as readonly JsonObject[]).map((role) => ({
    ...role,
    version: versions[textOf(role.role)] ?? role.version ?? 0,
  }));
  return resealed(change({ ...found, roles }));
}

/** A floor with the `check` that belongs to it. */
export function resealed(floor: JsonObject): JsonObject {
  const content = without(floor, 'check');
  return { ...content, check: createHash('sha256').update(canonical(content)).digest('hex') };
}
