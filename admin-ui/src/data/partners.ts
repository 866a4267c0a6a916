import type { Partner } from '@appwarrant/server/api-types';
import { get, path, send } from './request.ts';

export type { Partner };

export function fetchPartners(signal?: AbortSignal): Promise<readonly Partner[]> {
  return get<readonly Partner[]>('/partners', signal);
}

export function fetchPartner(id: string, signal?: AbortSignal): Promise<Partner> {
  return get<Partner>(path`/partners/${id}`, signal);
}

export function addPartner(name: string): Promise<Partner> {
  return send<Partner>('POST', '/partners', { name });
}
