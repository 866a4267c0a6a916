import { openRepository, type Repository } from '@appwarrant/keys';
import {
  canonicalText,
  mergeRevocations,
  parseJsonText,
  Refused,
  secondsOf,
  timeOf,
  statementKinds,
  type Revocation,
  type Roster,
} from '@appwarrant/verifier/formats';

import { storedStatement } from '../approvals/stored-statement.ts';
import type { Context } from '../context.ts';
import type { Queries } from '../database/database.ts';
import { Problem } from '../problem.ts';
import { listedRevocations } from '../revocations/listed-revocations.ts';
import type { PublishedTarget } from './compose-metadata.ts';
import { judgeEntering } from './judge-entering.ts';
import { readRoleBytes } from './metadata-folder.ts';
import { offlineRoles, rootFiles } from './offline-roles.ts';
import {
  allRoles,
  approvedBy,
  changedRoles,
  leavingIn,
  listedIn,
  rolesEndingBefore,
  standingRoles,
  type PublicationRow,
  type RoleRow,
} from './store.ts';
import { requireOwnKeys } from './own-keys.ts';
import { statementTitle } from './statement-title.ts';
import { RENEW_SECONDS } from './wall.ts';

/** New files of the offline roles, as a ceremony or the development keys made them. */
export interface OfflineFiles {
  /** Roots after the one in force, in order. */
  readonly roots: readonly Uint8Array[];
  /** New targets, or null where they stay. */
  readonly targets: Uint8Array | null;
}

/** One p- or c-role that is made anew. */
export interface PlannedRole {
  readonly role: string;
  readonly targets: readonly PublishedTarget[];
  /** Digests of the statements that stand in it from now on. */
  readonly statements: readonly string[];
  /** Those of them that enter. */
  readonly entering: readonly EnteringStatement[];
}

/** A statement that was approved and is not, by the verifier's judgement; `reason` is its code. */
interface LeftOut {
  readonly digest: string;
  readonly kind: 'entry' | 'licence' | 'grant';
  readonly subjectId: string;
  readonly path: string;
  readonly title: string;
  readonly reason: string;
  /** Whether it stands in the allowlist until now. */
  readonly listed: boolean;
}

interface EnteringStatement {
  readonly digest: string;
  readonly path: string;
  readonly kind: 'entry' | 'licence' | 'grant';
  readonly subjectId: string;
  readonly title: string;
}

/** What a publication will say, before anything is signed. */
export interface Plan {
  /** Unix seconds. */
  readonly signedAt: number;
  readonly repository: Repository;
  readonly offline: OfflineFiles;
  /** What is in force now. */
  readonly before: ReadonlyMap<string, RoleRow>;
  readonly changed: readonly PlannedRole[];
  /** Null where the registry stays as it is. */
  readonly registry: {
    readonly roles: readonly string[];
    readonly revocations: readonly Revocation[];
  } | null;
  /** Whether the snapshot has to be signed again although nothing in it changes. */
  readonly renewSnapshot: boolean;
  /** Ids of revocations that this publication is the first to carry. */
  readonly carried: readonly string[];
  /** How many revocations are in force. */
  readonly revocations: number;
  /** Statements that no longer stand in the allowlist. */
  readonly leaving: readonly { readonly digest: string; readonly path: string; readonly title: string }[];
  /** Approved in the database, but not by the verifier's judgement. */
  readonly leftOut: readonly LeftOut[];
}

/** The clock may go back by this much between two publications, as verifiers allow (SPEC §7.1). */
const CLOCK_SECONDS = 300;

/** Compares the database with what is published, and says what has to be made anew. Changes nothing. */
export async function planPublication(
  context: Context,
  db: Queries,
  { now, previous, offline }: { now: number; previous: PublicationRow | undefined; offline: OfflineFiles },
): Promise<Plan> {
  const before = new Map((await allRoles(db)).map((row) => [row.role, row]));
  const repository = await repositoryWith(context, db, before, offline);
  requireOwnKeys(context.keys, repository);

  const revoked = await listedRevocations(db);
  const revocations = [...mergeRevocations(revoked.map(({ revocation }) => revocation)).values()];
  const carried = revoked.filter((row) => row.publishedVersion === null).map(({ id }) => id);

  const ending = await rolesEndingBefore(db, timeOf(now + RENEW_SECONDS));
  const rekeyed = await registryKeyChanged(context, db, before, repository);
  const leaves = [...before.keys()].filter(isLeaf);
  const doubted = await doubtedBy(context, db, before, repository.targets.roster);
  const names = new Set([
    ...(await changedRoles(db)),
    ...doubted.roles,
    ...(rekeyed ? leaves : ending.filter(isLeaf)),
  ]);
  const changed: PlannedRole[] = [];
  const leftOut: LeftOut[] = [];
  let latest = Math.max(now, ...revoked.map(({ revocation }) => secondsOf(revocation.through)));
  for (const role of names) {
    const judges = { roster: repository.targets.roster, revocations };
    const planned = await planRole(context, db, role, judges, doubted.isDoubted);
    changed.push(planned.role);
    leftOut.push(...planned.leftOut);
    latest = Math.max(latest, planned.lastIssued);
  }

  // Something may have been revoked since its role was read: then it stands once more, and the next publication takes it out.
  const standing = new Set(changed.flatMap(({ statements }) => statements));
  const leaving = (await leavingIn(db, [...names])).filter(({ digest }) => !standing.has(digest));
  const isNew = changed.some(({ role }) => !before.has(role));
  const registryStays =
    before.has('registry') && !isNew && carried.length === 0 && !rekeyed && !ending.includes('registry');
  const signedBefore = previous?.signed_at ?? null;
  const signedAt = signedBefore === null ? latest : Math.max(latest, secondsOf(signedBefore));
  if (signedAt > now + CLOCK_SECONDS) {
    throw new Problem(
      'publication_refused',
      `The clock of this machine shows ${timeOf(now)}, but something here is of ${timeOf(signedAt)}. Set the clock.`,
    );
  }
  return {
    signedAt,
    repository,
    offline,
    before,
    changed,
    registry: registryStays ? null : { roles: [...new Set([...leaves, ...names])], revocations },
    renewSnapshot: ending.includes('snapshot'),
    carried,
    revocations: revocations.length,
    leaving: leaving.map((row) => {
      return { digest: row.digest, path: row.path, title: statementTitle(storedStatement(row)) };
    }),
    leftOut,
  };
}

/** A licence and its grants, or a partner's entries: what lies below `registry`. */
function isLeaf(role: string): boolean {
  return role.startsWith('p-') || role.startsWith('c-');
}

async function planRole(
  context: Context,
  db: Queries,
  role: string,
  judges: Parameters<typeof judgeEntering>[3],
  isDoubted: (digest: string) => boolean,
) {
  const leftOut: LeftOut[] = [];
  const targets: PublishedTarget[] = [];
  const statements: string[] = [];
  const entering: EnteringStatement[] = [];
  let lastIssued = 0;
  for (const { row, approvals: texts } of await listedIn(db, role)) {
    const approvals = texts.map(parseJsonText);
    try {
      // What is listed already was judged when it entered, and needs no second look under the same roster.
      if (row.listed_since === null || isDoubted(row.digest)) judgeEntering(context, row, approvals, judges);
    } catch (error) {
      if (!(error instanceof Refused)) throw error;
      const { digest, kind, subject_id: subjectId, path, listed_since: since } = row;
      const title = statementTitle(storedStatement(row));
      leftOut.push({ digest, kind, subjectId, path, title, reason: error.code, listed: since !== null });
      continue;
    }
    const { length, hashes, custom } = JSON.parse(row.statement) as {
      length: number;
      hashes: { sha256: string };
      custom: PublishedTarget['custom'];
    };
    targets.push({ path: row.path, length, sha256: hashes.sha256, custom: { ...custom, approvals } });
    statements.push(row.digest);
    if (row.listed_since === null) {
      const { digest, path, kind, subject_id: subjectId } = row;
      entering.push({ digest, path, kind, subjectId, title: statementTitle(storedStatement(row)) });
    }
    lastIssued = Math.max(lastIssued, secondsOf(row.issued));
  }
  return { role: { role, targets, statements, entering }, leftOut, lastIssued };
}

async function repositoryWith(
  context: Context,
  db: Queries,
  before: ReadonlyMap<string, RoleRow>,
  offline: OfflineFiles,
): Promise<Repository> {
  if (offline.roots.length === 0 && offline.targets === null) return offlineRoles(context, db);
  const held = rootFiles(context, before.get('root')?.version ?? 0);
  const heldTargets = before.get('targets');
  const targets =
    offline.targets ??
    (heldTargets === undefined ? undefined : readRoleBytes(context.dataDir, 'targets', heldTargets.version));
  if (targets === undefined) throw new Problem('not_ready', 'The portal has no targets yet.');
  const repository = openRepository({ roots: [...held, ...offline.roots], targets });
  if (repository.registry !== context.repository.registry) {
    throw new Problem('publication_refused', 'These files belong to another registry.');
  }
  return repository;
}

/** Whether every role below `registry` has to be signed anew, because another key signs them from now on. */
async function registryKeyChanged(
  context: Context,
  db: Queries,
  before: ReadonlyMap<string, RoleRow>,
  next: Repository,
): Promise<boolean> {
  if (!before.has('targets')) return false;
  const { keys } = (await offlineRoles(context, db)).targets.registry;
  return keys.some((key) =>
    next.targets.registry.keys.every((other) => other.keyval.public !== key.keyval.public),
  );
}

/** What has to be judged again under a new roster: everything that somebody approved whose standing has changed. */
async function doubtedBy(context: Context, db: Queries, before: ReadonlyMap<string, RoleRow>, next: Roster) {
  if (!before.has('targets')) return { roles: [], isDoubted: () => false };
  const { roster } = (await offlineRoles(context, db)).targets;
  if (statementKinds.some((kind) => next.thresholds[kind] > roster.thresholds[kind])) {
    return { roles: await standingRoles(db), isDoubted: () => true };
  }
  const changed = roster.approvers.filter(
    (approver) =>
      canonicalText(approver) !== canonicalText(next.approvers.find(({ id }) => id === approver.id) ?? null),
  );
  const statements = await approvedBy(
    db,
    changed.map(({ id }) => id),
  );
  const digests = new Set(statements.map(({ digest }) => digest));
  return { roles: statements.map(({ role }) => role), isDoubted: (digest: string) => digests.has(digest) };
}
