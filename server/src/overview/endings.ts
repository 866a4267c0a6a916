import { secondsOf } from '@appwarrant/verifier/formats';

import type { Customer, Ending } from '../api-types.ts';
import type { Context } from '../context.ts';
import { offlineRoles } from '../publishing/offline-roles.ts';

const DAY = 86_400;
/** Offline roles take a ceremony, so their end is told half a year ahead; a licence's two months. In seconds. */
const OFFLINE_SOON = 182 * DAY;
const LICENSE_SOON = 60 * DAY;
const NOW = 14 * DAY;
const SHOWN = 20;

/** What ends when, the nearest first. */
export async function endings(
  context: Context,
  customers: readonly Customer[],
  now: number,
): Promise<Ending[]> {
  const { root, targets } = await offlineRoles(context);
  const ending = (what: string, at: string, soon: number): Ending => {
    const left = secondsOf(at) - now;
    return { what, at, severity: left <= NOW ? 'now' : left <= soon ? 'soon' : 'fine' };
  };
  const licenses = customers.flatMap(({ name, license, grants }) => [
    ...(license?.state === 'published'
      ? [ending(`The licence of ${name}`, license.expires, LICENSE_SOON)]
      : []),
    ...grants
      .filter(({ state }) => state === 'published')
      .map(({ expires }) => ending(`A grant of ${name}`, expires, 0)),
  ]);
  return [
    ending('Root, signed by the offline keys', root.expires, OFFLINE_SOON),
    ending('Targets, signed by the offline keys', targets.expires, OFFLINE_SOON),
    ...licenses,
  ]
    .sort((a, b) => (a.at < b.at ? -1 : a.at > b.at ? 1 : 0))
    .slice(0, SHOWN);
}
