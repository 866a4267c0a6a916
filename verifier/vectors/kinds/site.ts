import { parseAnchor, type Anchor } from '../../src/anchor.ts';
import { canonical, fileText } from '../../src/canonical.ts';
import { startClock, type Clock } from '../../src/clock.ts';
import { readFloor, type Floor } from '../../src/floor.ts';
import type { JsonObject, JsonValue } from '../../src/json.ts';
import { openBundle, type OpenedBundle } from '../../src/open-bundle.ts';
import { rememberSigners } from '../../src/signers-memo.ts';
import { read, readText } from '../kind.ts';
import { readOrigin } from './proof.ts';

/** What a vector says of a site before anything happens there. */
export type SiteMembers = {
  readonly anchor: Anchor;
  readonly deployment: string | null;
  readonly origin: string | null;
  readonly floor: Floor | null;
};

/** The members of a vector that describe a site. */
export const siteMembers = ['anchor', 'deployment', 'origin', 'floor'];

/** Reads them. */
export function readSite(members: JsonObject): SiteMembers {
  const anchor = parseAnchor(
    new TextEncoder().encode(fileText({ type: 'appwarrant/anchor/1', anchor: members.anchor ?? null })),
  );
  if (anchor === null) return read.refuse('anchor', 'an anchor');
  return {
    anchor,
    deployment: members.deployment === null ? null : readText(members.deployment, 'deployment'),
    origin: members.origin === null ? null : readOrigin(members.origin),
    floor: readHeldFloor(members.floor),
  };
}

function readHeldFloor(value: JsonValue | undefined): Floor | null {
  if (value === null || value === undefined) return null;
  return readFloor(canonical(value)) ?? read.refuse('floor', 'a whole floor, or null');
}

/** A site at which bundles are loaded one after the other, as a verifier's store does it, but in memory. */
export type Site = {
  readonly current: () => OpenedBundle | null;
  readonly clock: () => Clock;
  /** Loads a bundle now. Throws `Refused`, and then has changed nothing. */
  readonly load: (bundle: Uint8Array) => OpenedBundle;
  /** The process ends and another begins, with what was loaded. */
  readonly restart: () => void;
};

export function openSite({ anchor, deployment, origin, floor: first }: SiteMembers): Site {
  const memo = rememberSigners();
  let clock = startClock();
  let current: OpenedBundle | null = null;
  let floor = first;
  return {
    current: () => current,
    clock: () => clock,
    load: (bundle) => {
      const [now, systemClock] = [Math.floor(clock.latest() / 1000), Math.floor(clock.system() / 1000)];
      const options = { anchor, deployment, origin, held: current, floor, now, systemClock, memo };
      const opened = openBundle(bundle, options);
      floor = opened.nextFloor;
      current = opened;
      clock.anchorAt(opened.signedAt);
      return opened;
    },
    restart: () => {
      clock = startClock();
      if (current !== null) clock.anchorAt(current.signedAt);
    },
  };
}
