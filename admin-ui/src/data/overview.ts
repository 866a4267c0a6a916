import type { Ending, FirstStep, Overview, Waiting } from '@appwarrant/server/api-types';
import { get, send } from './request.ts';

export type { Ending, FirstStep, Overview, Waiting };

export function fetchOverview(signal?: AbortSignal): Promise<Overview> {
  return get<Overview>('/overview', signal);
}

/** Brings three partners and forty builds to try things with. */
export async function bringSample(): Promise<void> {
  await send('POST', '/sample');
}
