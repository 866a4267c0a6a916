import type { Publication, PublicationDetail, PublicationPage } from '../api-types.ts';
import type { Context } from '../context.ts';
import { personNames } from '../people/person-names.ts';
import { Problem } from '../problem.ts';
import type { PublicationSummary } from './publication-summary.ts';
import { countPublished, publicationOf, publishedBefore, type PublicationRow } from './store.ts';

/** Published versions, newest first. */
export async function listPublications(
  { db }: Context,
  { before, limit }: { before: number; limit: number },
): Promise<PublicationPage> {
  const rows = await publishedBefore(db, before, limit);
  const names = await personNames(
    db,
    rows.map(({ created_by }) => created_by),
  );
  return { rows: rows.map((row) => view(row, names)), total: await countPublished(db) };
}

/** One published version and what it brought. @throws Problem not_found */
export async function readPublication({ db }: Context, version: number): Promise<PublicationDetail> {
  const row = await publicationOf(db, version);
  if (row?.state !== 'published') throw new Problem('not_found', 'There is no such publication.');
  const { files, added, removed } = summaryOf(row);
  const names = await personNames(db, [row.created_by]);
  return { ...view(row, names), files, added, removed };
}

function view(row: PublicationRow, names: ReadonlyMap<string, string>): Publication {
  const { entries, partners, customers, revocations } = summaryOf(row);
  return {
    version: row.version,
    state: row.state,
    cause: row.cause,
    by:
      row.created_by === null
        ? null
        : { id: row.created_by, name: names.get(row.created_by) ?? row.created_by },
    created: row.created_at,
    published: row.published_at,
    signedAt: row.signed_at,
    targetsVersion: row.targets_version,
    registryVersion: row.registry_version,
    entries,
    partners,
    customers,
    revocations,
  };
}

/** What the publication wrote of itself as it was put in force. */
function summaryOf({ summary_json }: PublicationRow): PublicationSummary {
  return JSON.parse(summary_json) as PublicationSummary;
}
