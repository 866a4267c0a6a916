import type { Vendor } from '@appwarrant/server/api-types';
import { get } from './request.ts';

export type { Vendor };

/** Whose portal this is; also for those who are not signed in. */
export function fetchVendor(signal?: AbortSignal): Promise<Vendor> {
  return get<Vendor>('/vendor', signal);
}
