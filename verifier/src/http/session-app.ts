import { Refused } from '../refused.ts';
import type { HeadAdmission } from './admission.ts';
import { noted, provedOf } from './admissions.ts';

/**
 * Which app sends this request, as a text to keep with a user's session when it begins: of an attested key the one installed copy, of a
 * pinned key the app that has it. A request in which no app was proved, and that a grant admits, comes from nobody in particular, and so
 * does its session. Throws `not_protected`.
 */
export function appOfSession(request: object): string {
  return textOf(provedOf(request));
}

/**
 * Refuses a request of a session that another app has begun: `kept` is what `appOfSession` said then, null where the request belongs to no
 * session. Anything else, such as the undefined of a session that was begun without, is another app. Throws `session_other_app`,
 * `not_protected`.
 */
export function requireAppOfSession(request: object, kept: unknown): void {
  const sender = appOfSession(request);
  if (kept === null || kept === sender) return;
  throw noted(
    request,
    new Refused('session_other_app', 'Another app has begun the session, or another copy of it.'),
  );
}

function textOf(admission: HeadAdmission): string {
  if (admission.kind !== 'app') return 'grant';
  const { partner, app } = admission;
  return `${partner.id}/${app.id}/${(admission.receipt ?? admission).keyid}`;
}
