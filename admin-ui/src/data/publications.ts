import type { Publication, PublicationDetail, PublicationPage } from '@appwarrant/server/api-types';
import { get, path, send } from './request.ts';

export type { Publication, PublicationDetail, PublicationPage };

export function fetchPublications(signal?: AbortSignal): Promise<PublicationPage> {
  return get<PublicationPage>('/publications', signal);
}

export function fetchPublication(version: string, signal?: AbortSignal): Promise<PublicationDetail> {
  return get<PublicationDetail>(path`/publications/${version}`, signal);
}

/** Signs and publishes the allowlist anew, now. */
export async function publishNow(): Promise<void> {
  await send('POST', '/publications');
}
