import type { RevocationView } from '@appwarrant/server/api-types';
import { get, send } from './request.ts';

export type { RevocationView };

export function fetchRevocations(signal?: AbortSignal): Promise<readonly RevocationView[]> {
  return get<readonly RevocationView[]>('/revocations', signal);
}

/** Voids everything that was approved about an app or a partner until now. */
export async function revoke(
  subject:
    | { readonly kind: 'app'; readonly partner: string; readonly app: string }
    | { readonly kind: 'partner'; readonly partner: string },
  reason: string,
): Promise<void> {
  await send('POST', '/revocations', { subject, reason });
}
