import type { ApproverState, LinkAnswer, PeopleAnswer, PersonRow } from '@appwarrant/server/api-types';
import { get, path, send } from './request.ts';

export type { ApproverState, PeopleAnswer, PersonRow };

export function fetchPeople(signal?: AbortSignal): Promise<PeopleAnswer> {
  return get<PeopleAnswer>('/people', signal);
}

/** A link to the approving page, under which this person makes an approval passkey. */
export function enrolApprover(personId: string): Promise<LinkAnswer> {
  return send<LinkAnswer>('POST', path`/people/${personId}/approver-enrolment`);
}

/** The person can no longer sign in; what was approved stays approved. */
export async function endAccess(personId: string): Promise<void> {
  await send('POST', path`/people/${personId}/end-access`);
}
