import type { Floor } from './floor.ts';
import { addRevocations, keepRole } from './kept-in-floor.ts';

/**
 * What holds for a process whose folder has another floor than the one that it knows, because another process has loaded meanwhile. The one
 * with the higher root speaks of the roles, since only roots drop anything; with the same root, the higher version of each. No revocation of
 * either is forgotten.
 */
export function floorOfBoth(known: Floor, there: Floor): Floor {
  const revocations = addRevocations(known.revocations, there.revocations.values());
  const [one, other] = [versionOf(known, 'root'), versionOf(there, 'root')];
  if (one !== other) return { ...(one > other ? known : there), revocations };
  const roles = new Map(known.roles);
  for (const role of there.roles.values())
    if (role.version > versionOf(known, role.role)) keepRole(roles, role);
  return { ...known, signedAt: Math.max(known.signedAt, there.signedAt), roles, revocations };
}

function versionOf({ roles }: Floor, role: string): number {
  return roles.get(role)?.version ?? 0;
}
