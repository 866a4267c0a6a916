import type { JsonObject } from '../../src/json.ts';
import type { TestTarget } from '../../test/compose/vendor.ts';
import type { World } from './world.ts';

/** A target where it was found, as `statement`, `approval` and `revocation` vectors hold it. */
export function foundOf(
  { vendor }: Pick<World, 'vendor'>,
  target: TestTarget,
  changes: JsonObject = {},
): JsonObject {
  const { role, path, length, digest, custom } = target;
  const { registry, environment } = vendor;
  return { registry, environment, role, path, length, hashes: { sha256: digest }, custom, ...changes };
}

/** A copy of a value in which what lies at a path of names is replaced; a member is left out where that is undefined. */
export function replacing(
  value: JsonObject,
  names: readonly string[],
  by: JsonObject[string] | undefined,
): JsonObject {
  const [name = '', ...rest] = names;
  if (rest.length > 0) return { ...value, [name]: replacing(value[name] as JsonObject, rest, by) };
  if (by !== undefined) return { ...value, [name]: by };
  return Object.fromEntries(Object.entries(value).filter(([each]) => each !== name));
}
