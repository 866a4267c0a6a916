import { canonical, sha256Hex, type JsonValue } from '@appwarrant/verifier/formats';

/** What `previous` of the first act is: no digest of anything. */
export const AUDIT_START = '0'.repeat(64);

/** One act as it is chained. `at` is a time text; `detail` is any JSON of ASCII names and safe integers. */
export interface AuditRecord {
  readonly seq: number;
  readonly at: string;
  readonly actor: string | null;
  readonly action: string;
  readonly subject: string | null;
  readonly detail: JsonValue;
  readonly previous: string;
}

/** The digest of an act: SHA-256 of its canonical form, which contains the digest of the act before it. */
export function auditDigest(record: AuditRecord): string {
  const { seq, at, actor, action, subject, detail, previous } = record;
  return sha256Hex(canonical({ seq, at, actor, action, subject, detail, previous }));
}
