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
