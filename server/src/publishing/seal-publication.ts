import { sealMetadata } from '@appwarrant/keys';
import { secondsOf, type JsonObject, type JsonValue } from '@appwarrant/verifier/formats';

import type { Context, OnlineRole } from '../context.ts';
import { composeLeaf, composeRegistry, composeSnapshot, composeTimestamp } from './compose-metadata.ts';
import { memberName, type RoleFile } from './metadata-folder.ts';
import { packMember } from './pack-member.ts';
import type { Plan } from './plan-publication.ts';
import { ONLINE_SECONDS, wallOf } from './wall.ts';

/** A file that a publication brings, with the bytes that its packed form holds and its last second. */
export interface SealedFile extends RoleFile {
  readonly bytes: Uint8Array;
  /** Unix seconds. */
  readonly expires: number;
}

/**
 * Composes and signs everything that a plan makes anew, in the order root, targets, p- and c-roles, registry, snapshot,
 * timestamp. Online roles get the publication's own version, so that no two attempts share one.
 */
export async function sealPublication(
  context: Context,
  plan: Plan,
  version: number,
  auditHead: string,
): Promise<SealedFile[]> {
  const { signedAt, repository, before } = plan;
  const { online } = context.keys;
  const envelope = { version, expires: signedAt + ONLINE_SECONDS };
  const files: SealedFile[] = offlineFiles(plan);

  const seal = async (role: string, key: OnlineRole, signed: JsonObject, expires = envelope.expires) => {
    const bytes = await sealMetadata(signed, [online[key]]);
    files.push({ role, version, expires, bytes, member: packMember(memberName(role, version), bytes) });
  };

  for (const { role, targets } of plan.changed) await seal(role, 'registry', composeLeaf(envelope, targets));
  if (plan.registry !== null) {
    const { roles, revocations } = plan.registry;
    const listed = revocations.map(({ subject, through }): JsonValue => ({ subject, through }));
    await seal('registry', 'registry', composeRegistry(envelope, online.registry, roles, listed));
  }

  const versions = new Map<string, number>();
  for (const { role, version: held } of [...before.values(), ...files]) {
    if (role !== 'root' && role !== 'snapshot' && role !== 'timestamp') versions.set(role, held);
  }
  const snapshotStays =
    files.every(({ role }) => role === 'root') && before.has('snapshot') && !plan.renewSnapshot;
  if (!snapshotStays) await seal('snapshot', 'snapshot', composeSnapshot(envelope, versions));

  const kept = [...before.values()].filter(
    ({ role }) => role !== 'timestamp' && !files.some((file) => file.role === role),
  );
  const ends = kept.map(({ expires }) => secondsOf(expires));
  const wall = Math.min(wallOf(repository, signedAt), envelope.expires, ...ends);
  const snapshot = snapshotStays ? (before.get('snapshot')?.version ?? version) : version;
  const signed = composeTimestamp({ version, expires: wall }, snapshot, signedAt, auditHead);
  await seal('timestamp', 'timestamp', signed, wall);
  return files;
}

/** What a ceremony, or the development keys, have signed already. */
function offlineFiles({ offline, before, repository }: Plan): SealedFile[] {
  const held = before.get('root')?.version ?? 0;
  const files = offline.roots.map((bytes, index) =>
    sealed('root', held + 1 + index, bytes, repository.root.expires),
  );
  if (offline.targets !== null) {
    const { version, expires } = repository.targets;
    files.push(sealed('targets', version, offline.targets, expires));
  }
  return files;
}

function sealed(role: string, version: number, bytes: Uint8Array, expires: string): SealedFile {
  const member = packMember(memberName(role, version), bytes);
  return { role, version, bytes, member, expires: secondsOf(expires) };
}
