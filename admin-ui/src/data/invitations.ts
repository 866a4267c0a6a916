import type { FlowAnswer, Invitation, LinkAnswer, Person, SessionAnswer } from '@appwarrant/server/api-types';
import { makePasskey } from './passkey.ts';
import { get, path, send } from './request.ts';

export type { Invitation };

/** What the link's token invites to. */
export function fetchInvitation(token: string, signal?: AbortSignal): Promise<Invitation> {
  return get<Invitation>(path`/invitations/${token}`, signal);
}

/** Makes a passkey under this name, and signs in. Throws PortalProblem, or PasskeyDeclined. */
export async function acceptInvitation(token: string, name: string): Promise<Person> {
  const { flow, options } = await send<FlowAnswer>('POST', path`/invitations/${token}/options`, { name });
  const response = await makePasskey(options);
  return (await send<SessionAnswer>('POST', path`/invitations/${token}/accept`, { flow, name, response }))
    .person;
}

/** Invites an admin, or a person of a partner. The link is shown once. */
export function invite(name: string, partnerId: string | null): Promise<LinkAnswer> {
  const of = partnerId === null ? { kind: 'admin' } : { kind: 'partner', partnerId };
  return send<LinkAnswer>('POST', '/invitations', { ...of, name });
}
