import type { RosterAnswer } from '@appwarrant/server/api-types';
import { fileAddress, get, path, send } from './request.ts';

export type { RosterAnswer };

export function fetchRoster(signal?: AbortSignal): Promise<RosterAnswer> {
  return get<RosterAnswer>('/roster', signal);
}

/** Asks the offline keys to retire an approver, or to count nothing of theirs. */
export async function changeApprover(personId: string, status: 'retired' | 'compromised'): Promise<void> {
  await send('POST', path`/people/${personId}/approver-status`, { status });
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
