// What can be done with the portal's disk: its database (here: a bundle that it published) and all of its online keys.
// The thief composes metadata that TUF finds perfect. He has nobody's passkey.

import { parseJson, readBundle, timeOf } from '@appwarrant/verifier/formats';
import type { JsonObject, JsonValue } from '@appwarrant/verifier/formats';
import { sealMetadata } from '@appwarrant/keys';
import type { OnlineSigners } from '@appwarrant/keys';
import { packBundle } from '../src/publishing/pack-bundle.ts';
import { packMember } from '../src/publishing/pack-member.ts';

/** The online metadata of a stolen bundle, by role, as plain values to be changed at will. */
export type Loot = Map<string, JsonObject>;

/** What the thief finds where a target stands, and may put back changed or elsewhere. */
export interface StolenTarget {
  readonly path: string;
  readonly target: JsonObject;
}

const MOST = 64 * 1024 * 1024;

function object(value: JsonValue | undefined): JsonObject {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) throw new Error('not an object');
  return value as JsonObject;
}

/** Role names of the members that online keys sign: everything but roots and `targets`. */
function roleOf(member: string): string {
  return member.replace(/\.json$/, '').replace(/^\d+\./, '');
}

/** Every target of a role in a bundle. */
export function targetsOf(bundle: Uint8Array, role: string): StolenTarget[] {
  const files = readBundle(bundle).files;
  const name = [...files.keys()].find((member) => roleOf(member) === role);
  const file = name === undefined ? undefined : files.get(name);
  if (file === undefined) throw new Error(`There is no ${role} in this bundle.`);
  const signed = object(object(parseJson(file.bytes(), MOST)).signed);
  return Object.entries(object(signed.targets)).map(([path, target]) => ({ path, target: object(target) }));
}

/**
 * Signs a changed allowlist with the stolen keys: `change` gets each online role's `signed` and may replace it. Versions of
 * what was changed rise by `step`, so that nothing looks rolled back, and the timestamp is signed now.
 */
export async function forgeBundle(
  bundle: Uint8Array,
  keys: OnlineSigners,
  change: (loot: Loot) => void,
  step = 100,
): Promise<Buffer> {
  const { index, files } = readBundle(bundle);
  const loot: Loot = new Map();
  for (const [name, file] of files) {
    loot.set(
      /^\d+\.root\.json$/.test(name) ? name : roleOf(name),
      object(object(parseJson(file.bytes(), MOST)).signed),
    );
  }
  const before = new Map([...loot].map(([role, signed]) => [role, JSON.stringify(signed)]));
  change(loot);

  const sealed = new Map<string, Uint8Array>();
  const versions: Record<string, JsonValue> = { ...object(loot.get('snapshot')?.meta) };
  for (const [role, signed] of loot) {
    if (role === 'snapshot' || role === 'timestamp') continue;
    if (JSON.stringify(signed) === before.get(role)) continue;
    const version = Number(signed.version) + step;
    versions[`${role}.json`] = { version };
    sealed.set(
      `${String(version)}.${role}.json`,
      await sealMetadata({ ...signed, version }, [keys.registry]),
    );
  }
  const snapshotVersion = Number(loot.get('snapshot')?.version) + step;
  const snapshot = { ...object(loot.get('snapshot')), version: snapshotVersion, meta: versions };
  const timestamp = object(loot.get('timestamp'));
  const stamped = {
    ...timestamp,
    version: Number(timestamp.version) + step,
    meta: { 'snapshot.json': { version: snapshotVersion } },
    'x-appwarrant': { ...object(timestamp['x-appwarrant']), signedAt: timeOf(Math.floor(Date.now() / 1000)) },
  };

  const members = [...files].map(([name, file]) => {
    const role = roleOf(name);
    const changed = [...sealed.keys()].find((forged) => roleOf(forged) === role && !/root/.test(role));
    return changed === undefined
      ? { name, bytes: file.bytes() }
      : { name: changed, bytes: sealed.get(changed) as Uint8Array };
  });
  const forged = await Promise.all(
    members.map(async (member) => {
      if (roleOf(member.name) === 'timestamp')
        return packMember('timestamp.json', await sealMetadata(stamped, [keys.timestamp]));
      if (roleOf(member.name) === 'snapshot')
        return packMember(
          `${String(snapshotVersion)}.snapshot.json`,
          await sealMetadata(snapshot, [keys.snapshot]),
        );
      return packMember(member.name, member.bytes);
    }),
  );
  return packBundle(index.registry, index.customer, forged);
}

/** Adds a target to a role of the loot. */
export function plant(loot: Loot, role: string, path: string, target: JsonObject): void {
  const signed = object(loot.get(role));
  loot.set(role, { ...signed, targets: { ...object(signed.targets), [path]: target } });
}

/** Empties the registry's list of revocations. */
export function dropRevocations(loot: Loot): void {
  const signed = object(loot.get('registry'));
  loot.set('registry', { ...signed, 'x-appwarrant': { revocations: [] } });
}
