import { canonical, sha256Hex, timeOf } from '@appwarrant/verifier/formats';

import { appendAudit, auditHead } from '../audit/append.ts';
import { markBuild, reopenBuild } from '../builds/mark-build.ts';
import type { Context } from '../context.ts';
import { transaction, type Tx } from '../database/database.ts';
import { Problem } from '../problem.ts';
import { setRevocationsPublished } from '../revocations/set-published.ts';
import { makeMetadataFolder, writeRoleFile } from './metadata-folder.ts';
import { openOwn } from './open-own.ts';
import { planPublication, type OfflineFiles, type Plan } from './plan-publication.ts';
import { summarise } from './publication-summary.ts';
import { sealPublication, type SealedFile } from './seal-publication.ts';
import {
  highestVersion,
  insertPublication,
  newestPublished,
  publicationOf,
  putRole,
  setListed,
  setProposed,
  setUnlisted,
  subjectsIn,
  updatePublication,
  type PublicationRow,
} from './store.ts';

/** Why something is published, and who caused it (null: the portal itself). */
export interface Cause {
  readonly cause: 'approval' | 'revocation' | 'roster' | 'timer' | 'start' | 'by hand' | 'package';
  readonly actor: string | null;
  /** New files of the offline roles. */
  readonly offline?: OfflineFiles;
}

export interface Publication {
  /** The version of `timestamp`, and of every online role that it made anew. */
  readonly version: number;
  readonly signedAt: string;
  /** The roles that were made anew. */
  readonly roles: readonly string[];
}

const NO_OFFLINE_FILES: OfflineFiles = { roots: [], targets: null };

/**
 * One publication, in an order that a crash at any instant leaves either the old allowlist or the new one in force:
 * reserve a version (committed, so that no two attempts ever sign different bytes under one number), compose, seal,
 * open with the real verifier, write durably, and only then put it in force in one transaction.
 * @throws Problem publication_refused, publication_lost_race, not_ready
 */
export async function publishNow(context: Context, why: Cause): Promise<Publication> {
  const { db, dataDir } = context;
  const now = context.now();
  const offline = why.offline ?? NO_OFFLINE_FILES;
  const { version, previous } = await transaction(db, (tx) => reserve(tx, why, now));
  let plan: Plan;
  let files: SealedFile[];
  try {
    plan = await planPublication(context, db, { now, previous, offline });
    files = await sealPublication(context, plan, version, await auditHead(db));
    await openOwn(context, plan, files, now);
    makeMetadataFolder(dataDir);
    for (const file of files) writeRoleFile(dataDir, file);
    await transaction(db, (tx) => putInForce(tx, { why, version, previous, plan, files, now }));
  } catch (error) {
    await transaction(db, (tx) => updatePublication(tx, version, { state: 'failed' }));
    throw error;
  }
  for (const { digest, reason } of plan.leftOut) {
    context.log.warn(
      { statement: digest, reason },
      'a statement was approved in the database only, and is left out',
    );
  }
  return { version, signedAt: timeOf(plan.signedAt), roles: files.map(({ role }) => role) };
}

async function reserve(tx: Tx, { cause, actor }: Cause, now: number) {
  const version = (await highestVersion(tx)) + 1;
  await insertPublication(tx, {
    version,
    state: 'reserved',
    cause,
    created_by: actor,
    created_at: timeOf(now),
    published_at: null,
    signed_at: null,
    snapshot_version: null,
    targets_version: null,
    registry_version: null,
    summary_json: '{}',
  });
  return { version, previous: await newestPublished(tx) };
}

interface Sealed {
  readonly why: Cause;
  readonly version: number;
  readonly previous: PublicationRow | undefined;
  readonly plan: Plan;
  readonly files: readonly SealedFile[];
  readonly now: number;
}

/** Compare-and-set: in force from the commit of this transaction on, if nobody else was faster. */
async function putInForce(tx: Tx, { why, version, previous, plan, files, now }: Sealed): Promise<void> {
  const own = await publicationOf(tx, version);
  const inForce = await newestPublished(tx);
  if (own?.state !== 'reserved' || inForce?.version !== previous?.version) {
    throw new Problem(
      'publication_lost_race',
      'Another publication came first. What was to be published is in the next.',
    );
  }
  for (const { role, version: fileVersion, member, expires } of files) {
    const { length, digest } = member;
    const listed = plan.changed.find((planned) => planned.role === role)?.statements.length ?? 0;
    await putRole(tx, { role, version: fileVersion, length, digest, expires: timeOf(expires), listed });
  }
  await setUnlisted(
    tx,
    plan.leaving.map(({ digest }) => digest),
  );
  const entering = plan.changed.flatMap((role) => role.entering);
  await setListed(
    tx,
    entering.map(({ digest }) => digest),
    version,
  );
  await setProposed(
    tx,
    plan.leftOut.map(({ digest }) => digest),
  );
  for (const build of await subjectsIn(tx, 'proposed', digestsOfEntries(plan.leftOut))) {
    await reopenBuild(tx, build, { now, actor: null, detail: 'its approvals no longer suffice' });
  }
  // One that was revoked in the meantime stays revoked; the next publication takes it out again.
  for (const build of await subjectsIn(tx, 'published', digestsOfEntries(entering))) {
    await markBuild(tx, build, { state: 'published', now, actor: null, detail: '' });
  }
  await setRevocationsPublished(tx, plan.carried, version);

  const versionOf = (role: string) =>
    files.find((file) => file.role === role)?.version ?? plan.before.get(role)?.version ?? null;
  await updatePublication(tx, version, {
    state: 'published',
    published_at: timeOf(now),
    signed_at: timeOf(plan.signedAt),
    snapshot_version: versionOf('snapshot'),
    targets_version: versionOf('targets'),
    registry_version: versionOf('registry'),
    summary_json: JSON.stringify(await summarise(tx, plan, files)),
  });
  await appendAudit(tx, {
    now,
    actor: why.actor,
    action: 'publication.publish',
    subject: String(version),
    detail: {
      cause: why.cause,
      // One digest for all files, because a registry may have thousands of roles; the publication lists them.
      files: sha256Hex(
        canonical(files.map(({ role, version: number, member }) => [role, number, member.digest])),
      ),
      roles: files.length,
      leftOut: plan.leftOut.map(({ digest, reason }) => ({ digest, reason })),
    },
  });
}

function digestsOfEntries(
  statements: readonly { readonly kind: string; readonly digest: string }[],
): string[] {
  return statements.filter(({ kind }) => kind === 'entry').map(({ digest }) => digest);
}
