import { timeOf, type JsonValue } from '@appwarrant/verifier/formats';

import type { Db, Tx } from '../database/database.ts';
import { AUDIT_START, auditDigest } from './digest.ts';
import { insertAct, lastAct } from './store.ts';

/** An act: who (null: the portal itself) did what to what. `now` in Unix seconds. `detail` never holds a secret. */
export interface Act {
  readonly now: number;
  readonly actor: string | null;
  /** `noun.verb`, e.g. `build.submit`. */
  readonly action: string;
  readonly subject: string | null;
  readonly detail?: JsonValue;
}

/** Adds an act to the trail, in the transaction of the act itself: either both are kept or neither. */
export async function appendAudit(tx: Tx, act: Act): Promise<void> {
  const last = await lastAct(tx);
  const record = {
    seq: (last?.seq ?? 0) + 1,
    at: timeOf(act.now),
    actor: act.actor,
    action: act.action,
    subject: act.subject,
    detail: act.detail ?? {},
    previous: last?.digest ?? AUDIT_START,
  };
  // Kept as plain JSON: the canonical form, which the digest covers, leaves line breaks in texts as they are.
  await insertAct(tx, { ...record, detail: JSON.stringify(record.detail), digest: auditDigest(record) });
}

/** The digest of the newest act: what each timestamp carries as `auditHead`. */
export async function auditHead(db: Db): Promise<string> {
  return (await lastAct(db))?.digest ?? AUDIT_START;
}
