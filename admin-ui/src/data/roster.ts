import type { RosterAnswer } from '@appwarrant/server/api-types';
import { fileAddress, get, send } from './request.ts';

export type { RosterAnswer };

export function fetchRoster(signal?: AbortSignal): Promise<RosterAnswer> {
  return get<RosterAnswer>('/roster', signal);
}

/** With development keys: the portal signs the new roster itself. */
export async function applyRoster(): Promise<void> {
  await send('POST', '/roster/apply');
}

/** The request file that the offline keys sign. */
export const rosterRequest = fileAddress('/roster/request');

/** Takes the `targets` that the offline keys signed. */
export async function importRoster(signed: unknown): Promise<void> {
  await send('POST', '/roster/import', signed);
}
