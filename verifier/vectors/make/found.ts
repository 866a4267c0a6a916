import type { JsonObject } from '../../src/json.ts';
import { statementDigest } from '../../src/statement.ts';
import { statementFor, type TestTarget } from '../../test/compose/vendor.ts';
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

/** The digest of the statement that a target makes. */
export function digestOfTarget({ vendor }: Pick<World, 'vendor'>, target: TestTarget): string {
  return statementDigest(statementFor(vendor, target));
}
