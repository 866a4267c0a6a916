import type { RevocationView } from '@appwarrant/server/api-types';
import { get, send } from './request.ts';

export type { RevocationView };

/** What is voided: a statement by its digest, an app by its slug, or all of a partner's apps. */
export type Revocable =
  | { readonly kind: 'statement'; readonly digest: string }
  | { readonly kind: 'app'; readonly partner: string; readonly app: string }
  | { readonly kind: 'partner'; readonly partner: string };

export function fetchRevocations(signal?: AbortSignal): Promise<readonly RevocationView[]> {
  return get<readonly RevocationView[]>('/revocations', signal);
}

/** Voids everything about the subject that was issued until now. */
export async function revoke(subject: Revocable, reason: string): Promise<void> {
  await send('POST', '/revocations', { subject, reason });
}
