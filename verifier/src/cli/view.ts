import type { Anchor } from '../anchor.ts';
import { startClock, type Clock } from '../clock.ts';
import { installedAnchor } from '../installed-anchor.ts';
import { lookAtState, type Sight } from '../look-at-state.ts';
import type { OpenedBundle } from '../open-bundle.ts';
import { isOrigin } from '../origin.ts';
import { Refused } from '../refused.ts';
import { rememberSigners } from '../signers-memo.ts';
import { noBundle } from '../status.ts';

/** What a reading command sees of a site. Nothing is changed by it. */
export type View = { readonly anchor: Anchor; readonly clock: Clock; readonly sight: Sight };

/** Looks at the site. Throws what stands against having a verifier here at all, and `origin_malformed`. */
export function viewSite(folder: string, origin: string | null): View {
  requireOrigin(origin);
  const anchor = installedAnchor();
  const clock = startClock();
  const sight = lookAtState({ anchor, folder, origin, clock, memo: rememberSigners() });
  return { anchor, clock, sight };
}

/** Throws `origin_malformed`. */
export function requireOrigin(origin: string | null): void {
  if (origin !== null && !isOrigin(origin))
    throw new Refused('origin_malformed', JSON.stringify(origin.slice(0, 200)));
}

/** What is loaded. Throws why the stored bundle does not count, or `no_bundle`. */
export function loadedHere({ sight }: View): OpenedBundle {
  const opened = sight.current();
  if (opened === null) throw sight.lastRefusal() ?? noBundle(sight);
  return opened;
}

/** SPEC §8's now, in whole seconds, without refusing a clock that is behind. */
export function nowOf({ clock }: View): number {
  return Math.floor(clock.latest() / 1000);
}

/** The bytes of what is loaded. Throws as `loadedHere`. */
export function bytesHere(view: View): Uint8Array {
  const opened = loadedHere(view);
  const { bundle, incoming } = view.sight;
  const found = [incoming, bundle].find((each) => each !== null && each.opened === opened);
  if (found === undefined || found === null) throw new TypeError('What is open was read from a file.');
  return found.bytes;
}
