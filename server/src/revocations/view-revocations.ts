import { parseJsonText } from '@appwarrant/verifier/formats';

import type { RevocationView } from '../api-types.ts';
import type { Context } from '../context.ts';
import { personNames } from '../people/person-names.ts';
import { allRevocations } from './store.ts';

/** Every revocation, newest first. */
export async function viewRevocations({ db }: Context): Promise<RevocationView[]> {
  const rows = await allRevocations(db);
  const names = await personNames(
    db,
    rows.map(({ created_by }) => created_by),
  );
  return rows.reverse().map((row) => ({
    id: row.id,
    subject: parseJsonText(row.subject),
    through: row.through,
    reason: row.reason,
    by: { id: row.created_by, name: names.get(row.created_by) ?? row.created_by },
    published: row.published_version,
  }));
}
