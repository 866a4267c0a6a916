import type { FlowAnswer, Person, SessionAnswer } from '@appwarrant/server/api-types';
import { usePasskey } from './passkey.ts';
import { get, remove, send } from './request.ts';

export type { Person };

/** Who is signed in. Throws PortalProblem `no_session` when nobody is. */
export async function fetchSession(signal?: AbortSignal): Promise<Person> {
  return (await get<SessionAnswer>('/session', signal)).person;
}

/** Signs in with a passkey of this portal. Throws PortalProblem, or PasskeyDeclined. */
export async function signIn(): Promise<Person> {
  const { flow, options } = await send<FlowAnswer>('POST', '/session/options');
  const response = await usePasskey(options);
  return (await send<SessionAnswer>('POST', '/session', { flow, response })).person;
}

/** Ends this browser's session. */
export async function signOut(): Promise<void> {
  await remove('/session');
}
