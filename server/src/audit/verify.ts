import { parseJson } from '@appwarrant/verifier/formats';

import type { Db } from '../database/database.ts';
import { AUDIT_START, auditDigest } from './digest.ts';
import { actsAfter } from './store.ts';

/** What a verified trail says of itself. */
export interface AuditVerdict {
  readonly acts: number;
  readonly head: string;
}

/** The trail is not what the portal wrote: at act `seq`, for `why`. */
export class AuditBroken extends Error {
  override readonly name = 'AuditBroken';
  readonly seq: number;
  constructor(seq: number, why: string) {
    super(`The audit trail is broken at act ${seq}: ${why}.`);
    this.seq = seq;
  }
}

const PAGE = 1000;
const DETAIL_BYTES = 1024 * 1024;

/**
 * Recomputes the whole chain, page by page. It shows any act that was changed, removed from the middle or put in
 * between; acts cut off at the end show against the head that an earlier timestamp carries, so `expectedHeads` (digests
 * that must occur) may be given.
 * @throws AuditBroken
 */
export async function verifyAudit(db: Db, expectedHeads: Iterable<string> = []): Promise<AuditVerdict> {
  const missing = new Set(expectedHeads);
  missing.delete(AUDIT_START);
  let seq = 0;
  let head = AUDIT_START;
  for (;;) {
    const acts = await actsAfter(db, seq, PAGE);
    for (const act of acts) {
      if (act.seq !== seq + 1) throw new AuditBroken(seq + 1, `it is missing, ${act.seq} follows ${seq}`);
      if (act.previous !== head) throw new AuditBroken(act.seq, 'it does not follow the act before it');
      const detail = parseJson(new TextEncoder().encode(act.detail), DETAIL_BYTES);
      if (auditDigest({ ...act, detail }) !== act.digest) throw new AuditBroken(act.seq, 'it was changed');
      seq = act.seq;
      head = act.digest;
      missing.delete(head);
    }
    if (acts.length < PAGE) break;
  }
  if (missing.size > 0) {
    throw new AuditBroken(
      seq + 1,
      `the published head ${[...missing][0]} is not in it, so acts were cut off`,
    );
  }
  return { acts: seq, head };
}
