import type { AuditAct, AuditPage } from '@appwarrant/server/api-types';
import { get } from './request.ts';

export type { AuditAct, AuditPage };

/** The acts before `before` (a sequence number), newest first. */
export function fetchAudit(before: number | null, limit: number, signal?: AbortSignal): Promise<AuditPage> {
  const search = new URLSearchParams({ limit: String(limit) });
  if (before !== null) search.set('before', String(before));
  return get<AuditPage>(`/audit?${search}`, signal);
}
