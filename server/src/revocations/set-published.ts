import type { Tx } from '../database/database.ts';

/** Notes the first publication that carried these revocations. */
export async function setRevocationsPublished(
  tx: Tx,
  ids: readonly string[],
  version: number,
): Promise<void> {
  for (const id of ids) {
    await tx.updateTable('revocations').set({ published_version: version }).where('id', '=', id).execute();
  }
}
