import type { Build, BuildRow, Finding, HistoryLine } from '../api-types.ts';
import { approvalProgress, type Progress } from '../approvals/progress.ts';
import type { Context } from '../context.ts';
import type { EcKey } from '../api-types.ts';
import { offlineRoles } from '../publishing/offline-roles.ts';
import { personNames } from '../people/person-names.ts';
import { hasArtifact } from './artifacts.ts';
import { historyOf, type BuildRecord } from './store.ts';

/** Builds as lists show them. */
export async function viewBuilds(context: Context, builds: readonly BuildRecord[]): Promise<BuildRow[]> {
  const progress = await approvalProgress(
    context,
    'entry',
    builds.map((build) => build.id),
  );
  const needed = await entryThreshold(context);
  return builds.map((build) => viewRow(build, progress.get(build.id), needed));
}

async function entryThreshold(context: Context): Promise<number> {
  return (await offlineRoles(context)).targets.roster.thresholds.entry;
}

function viewRow(build: BuildRecord, progress: Progress | undefined, needed: number): BuildRow {
  return {
    id: build.id,
    partner: { id: build.partner_id, name: build.partner_name },
    app: { id: build.app_id, name: build.app_name, slug: build.slug },
    version: build.version,
    platform: build.platform,
    kind: build.kind,
    digest: build.digest,
    length: build.length,
    state: build.state,
    submitted: build.submitted_at,
    decided: build.decided_at,
    approvals: progress?.people.length ?? 0,
    approvalsNeeded: needed,
  };
}

/** One build, with everything that its page shows. */
export async function viewBuild(context: Context, build: BuildRecord): Promise<Build> {
  const progress = (await approvalProgress(context, 'entry', [build.id])).get(build.id);
  const history = await historyOf(context.db, build.id);
  const approvals = progress?.people ?? [];
  const names = await personNames(context.db, [
    build.submitted_by,
    ...history.map((line) => line.actor),
    ...approvals.map((approval) => approval.person),
  ]);
  const named = (id: string) => ({ id, name: names.get(id) ?? id });
  return {
    ...viewRow(build, progress, await entryThreshold(context)),
    key: JSON.parse(build.key_json) as EcKey,
    thumbprint: build.thumbprint,
    use: build.key_use,
    holder: build.holder,
    capabilities: JSON.parse(build.capabilities_json) as string[],
    customers: JSON.parse(build.customers_json) as 'all' | string[],
    findings: JSON.parse(build.findings_json) as Finding[],
    review: build.review,
    submittedBy: named(build.submitted_by),
    reason: build.reason,
    approvedBy: approvals.map(({ person, at }) => ({ who: named(person), at })),
    history: history.map(({ at, actor, event, detail }): HistoryLine => ({
      at,
      who: actor === null ? null : named(actor),
      event,
      detail,
    })),
    artifact: hasArtifact(context.dataDir, build.digest),
    deliveryNote: build.state === 'approved' || build.state === 'published',
  };
}
