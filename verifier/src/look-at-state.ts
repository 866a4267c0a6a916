import type { Anchor } from './anchor.ts';
import { attempt } from './attempt.ts';
import type { Clock } from './clock.ts';
import { readDeployment } from './deployment-id.ts';
import { sharedAt } from './folder-claim.ts';
import { readHeldFloor, type Floor } from './floor.ts';
import { openBundle, type OpenedBundle } from './open-bundle.ts';
import { Refused } from './refused.ts';
import type { SignersMemo } from './signers-memo.ts';
import { fingerprintOf, readState, stateFiles, writtenAt } from './state-folder.ts';
import type { Standing } from './status.ts';

/** A floor file: not there, there and of no use, or whole. */
export type FoundFloor =
  | { readonly kind: 'missing' }
  | { readonly kind: 'torn' }
  | { readonly kind: 'whole'; readonly floor: Floor };

/** A stored bundle, and what its opening gave. */
type FoundBundle = { readonly bytes: Uint8Array; readonly opened: OpenedBundle | Refused };

/** What a state folder holds, and what a server that starts over it would go on with. */
export type Sight = Standing & {
  readonly floor: FoundFloor;
  readonly bundle: FoundBundle | null;
  /** A load that was not finished, or that is under way in another process. */
  readonly incoming: FoundBundle | null;
};

type SightOptions = {
  readonly anchor: Anchor;
  readonly folder: string;
  /** Null to judge no origin. */
  readonly origin: string | null;
  readonly clock: Clock;
  readonly memo: SignersMemo;
  /** What was opened here before: only saves verifying again what did not change. */
  readonly held?: OpenedBundle | null;
};

/**
 * Opens what the folder holds by the rules of a start (SPEC §7.1, §7.2), and changes nothing: neither the folder nor what a running
 * server holds. Throws `not_activated`, `deployment_key_malformed`, `state_other_registry`, `state_newer`,
 * `state_unusable`.
 */
export function lookAtState(options: SightOptions): Sight {
  const floorBefore = fingerprintOf(options.folder, stateFiles.floor);
  const sight = lookOnce(options);
  // A load that went on meanwhile would show a floor and a bundle that do not belong together.
  return fingerprintOf(options.folder, stateFiles.floor) === floorBefore ? sight : lookOnce(options);
}

function lookOnce(options: SightOptions): Sight {
  const { anchor, folder, origin, clock, memo } = options;
  const deployment = readDeployment(folder);
  if (deployment === null) throw new Refused('not_activated');
  const floor = lookAtFloor(folder);
  const held = floor.kind === 'whole' ? floor.floor : null;
  if (held !== null && held.registry !== anchor.registry) {
    throw new Refused(
      'state_other_registry',
      `${folder} belongs to registry ${held.registry.slice(0, 16)}….`,
    );
  }
  const find = (file: 'bundle' | 'bundle.incoming'): FoundBundle | null => {
    const bytes = readState(folder, file);
    if (bytes === null) return null;
    const now = Math.floor(clock.latest() / 1000);
    const systemClock = Math.floor(clock.system() / 1000);
    const opened = attempt(() =>
      openBundle(bytes, {
        anchor,
        deployment,
        origin,
        held: options.held ?? null,
        floor: held,
        now,
        systemClock,
        purpose: 'replay',
        memo,
      }),
    );
    return { bytes, opened };
  };
  const bundle = find(stateFiles.bundle);
  const incoming = find(stateFiles.incoming);
  const found = [incoming, bundle].flatMap((each) => (each === null ? [] : [each.opened]));
  const current = found.find((opened): opened is OpenedBundle => !(opened instanceof Refused)) ?? null;
  const refusal = current === null ? found.findLast((opened) => opened instanceof Refused) : undefined;
  if (current !== null) clock.anchorAt(current.signedAt);
  const loadedAt =
    current === null
      ? null
      : writtenAt(folder, current === bundle?.opened ? stateFiles.bundle : stateFiles.incoming);
  return {
    deployment,
    current: () => current,
    loadedAt: () => loadedAt,
    sharedAt: () => sharedAt(folder, clock.system()),
    lastRefusal: () => refusal ?? null,
    floor,
    bundle,
    incoming,
  };
}

/** Reads the floor file and changes nothing. Throws `state_newer`, `state_unusable`. */
export function lookAtFloor(folder: string): FoundFloor {
  const bytes = readState(folder, stateFiles.floor);
  if (bytes === null) return { kind: 'missing' };
  const floor = readHeldFloor(bytes);
  return floor === null ? { kind: 'torn' } : { kind: 'whole', floor };
}
