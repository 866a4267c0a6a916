import type { Actor } from '../http/route.ts';
import { Problem } from '../problem.ts';

/**
 * The thing that was found, if it is there and this person may see it. A partner gets one and the same answer for what
 * is another partner's and for what does not exist, so that nobody learns which ids are real.
 * `what` finishes the sentence "There is no such …".
 * @throws Problem not_found for admins, not_yours for partners
 */
export function requireOwn<Thing extends { readonly partner_id: string }>(
  actor: Actor,
  thing: Thing | undefined,
  what: string,
): Thing {
  if (thing !== undefined && (actor.role === 'admin' || thing.partner_id === actor.partnerId)) return thing;
  if (actor.role === 'admin') throw new Problem('not_found', `There is no such ${what}.`);
  throw new Problem('not_yours', `There is no such ${what} of yours.`);
}
