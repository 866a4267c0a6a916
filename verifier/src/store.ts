import type { Anchor } from './anchor.ts';
import type { Clock } from './clock.ts';
import { readHeldFloor, writeFloor, type Floor } from './floor.ts';
import { floorOfBoth } from './floor-of-both.ts';
import { sharedAt } from './folder-claim.ts';
import { openBundle, type OpenedBundle } from './open-bundle.ts';
import { Refused } from './refused.ts';
import { inTurn, isTaken } from './folder-lock.ts';
import type { SignersMemo } from './signers-memo.ts';
import {
  fingerprintOf,
  readState,
  removeState,
  replaceState,
  stateFiles,
  writeState,
  writtenAt,
} from './state-folder.ts';
import type { Time } from './time.ts';

// What is loaded, and the same on the disk (SPEC §7.2): the floor is written before anything new is used, the bundle before the floor.

export type Store = {
  readonly deployment: string;
  readonly current: () => OpenedBundle | null;
  /** When what is current was loaded into this folder, by the clock of that time (seconds); null where nothing is loaded. */
  readonly loadedAt: () => number | null;
  /** When two processes, each alone, were last seen to check over this folder; null where nobody saw that of late. */
  readonly sharedAt: () => Time | null;
  /** The last refusal, of a bundle that was offered or of the stored one; null after a load. */
  readonly lastRefusal: () => Refused | null;
  /** Loads a bundle; throws `Refused` and leaves everything as it was. */
  readonly load: (bytes: Uint8Array) => OpenedBundle;
  /** Goes on with what another process has loaded into the same folder, if it is sound; `lastRefusal` says why not. */
  readonly lookForOthers: () => void;
};

type StoreOptions = {
  readonly anchor: Anchor;
  readonly folder: string;
  readonly deployment: string;
  readonly origin: string;
  readonly clock: Clock;
  readonly memo: SignersMemo;
  /** How many entries' approvals are verified when a bundle comes into use; the others when they are first used. */
  readonly judgedAtOnce: number;
};

/**
 * Opens what the folder holds, through the same rules as a new bundle. What does not pass is as if it were not there. Throws
 * `state_other_registry` when the floor is another vendor's, `state_newer` when it is a later package's, `state_unusable`.
 */
export function openStore(options: StoreOptions): Store {
  const { anchor, clock, deployment, folder, memo, origin } = options;
  let floorSeen = fingerprintOf(folder, stateFiles.floor);
  let floor = floorOf(folder);
  requireRegistry(floor);
  let current: OpenedBundle | null = null;
  let refusal: Refused | null = null;
  let seen: string | null = null;
  let loadedAt: number | null = null;

  const open = (bytes: Uint8Array, purpose: 'load' | 'replay'): OpenedBundle => {
    const now = Math.floor(clock.latest() / 1000);
    const systemClock = Math.floor(clock.system() / 1000);
    return openBundle(bytes, {
      anchor,
      deployment,
      origin,
      held: current,
      floor,
      now,
      systemClock,
      purpose,
      memo,
    });
  };
  const use = (opened: OpenedBundle): void => {
    floor = opened.nextFloor;
    current = opened;
    opened.entries.judgeSome(options.judgedAtOnce);
    refusal = null;
    seen = fingerprintOf(folder, stateFiles.bundle);
    floorSeen = fingerprintOf(folder, stateFiles.floor);
    loadedAt = writtenAt(folder, stateFiles.bundle);
    clock.anchorAt(opened.signedAt);
  };
  /** Opens a stored file, and raises the floor to it before it is used. Within a turn. */
  const replay = (file: 'bundle' | 'bundle.incoming'): boolean => {
    const bytes = readState(folder, file);
    if (bytes === null) return false;
    try {
      const opened = open(bytes, 'replay');
      const raised = writeFloor(opened.nextFloor);
      const there = readState(folder, stateFiles.floor);
      requireNoLater(there);
      if (there === null || !equal(raised, there)) writeState(folder, stateFiles.floor, raised);
      if (file === stateFiles.incoming) replaceState(folder, file, stateFiles.bundle);
      use(opened);
      return true;
    } catch (error) {
      if (!(error instanceof Refused)) throw error;
      refusal = error;
      return false;
    }
  };
  /** What a process left that died within its turn. One that was whole is the newer one; one that was not is refused. */
  const replayIncoming = (): boolean => {
    const replayed = replay(stateFiles.incoming);
    removeState(folder, stateFiles.incoming);
    return replayed;
  };
  /** Whether another process has raised the floor, also where its bundle is not for this one: then by both. Within a turn. */
  const riseWithOthers = (): boolean => {
    const found = fingerprintOf(folder, stateFiles.floor);
    if (found === null || found === floorSeen) return false;
    const there = floorOf(folder);
    // Only now: what could not be read is looked at again.
    floorSeen = found;
    if (there === null) return false;
    requireRegistry(there);
    floor = floor === null ? there : floorOfBoth(floor, there);
    return true;
  };
  const isChanged = (found: string | null): boolean => found !== null && found !== seen;
  /** Whether there was something else to look at. Within a turn. */
  const takeOver = (): boolean => {
    const hasRisen = riseWithOthers();
    if (replayIncoming()) return true;
    const found = fingerprintOf(folder, stateFiles.bundle);
    if (!isChanged(found)) return hasRisen;
    // What the disk alone stands against is tried again.
    if (!replay(stateFiles.bundle) && refusal?.code === 'state_unusable') throw refusal;
    seen = found;
    return true;
  };
  /** What was opened, onto the disk and into use. Within a turn. */
  const commit = (bytes: Uint8Array, opened: OpenedBundle): void => {
    writeState(folder, stateFiles.incoming, bytes);
    try {
      requireNoLater(readState(folder, stateFiles.floor));
      writeState(folder, stateFiles.floor, writeFloor(opened.nextFloor));
    } catch (error) {
      // Nobody was told that it is loaded, so it must not be after a restart either.
      removeState(folder, stateFiles.incoming);
      throw error;
    }
    replaceState(folder, stateFiles.incoming, stateFiles.bundle);
    use(opened);
  };

  inTurn(folder, () => {
    riseWithOthers();
    if (!replayIncoming()) replay(stateFiles.bundle);
  });

  function requireRegistry(found: Floor | null): void {
    if (found === null || found.registry === anchor.registry) return;
    throw new Refused(
      'state_other_registry',
      `${folder} belongs to registry ${found.registry.slice(0, 16)}….`,
    );
  }

  return {
    deployment,
    current: () => current,
    loadedAt: () => loadedAt,
    sharedAt: () => sharedAt(folder, clock.system()),
    lastRefusal: () => refusal,
    load: (bytes) => {
      try {
        if (isChanged(fingerprintOf(folder, stateFiles.bundle))) inTurn(folder, takeOver);
        for (;;) {
          const opened = open(bytes, 'load');
          const done = inTurn(folder, () => {
            // Opening took a while. What another process has loaded in the meantime must not be undone, its revocations least of all.
            if (takeOver()) return false;
            commit(bytes, opened);
            return true;
          });
          if (done) return opened;
        }
      } catch (error) {
        if (error instanceof Refused) refusal = error;
        throw error;
      }
    },
    lookForOthers: () => {
      // A request does not wait for a load: what comes of it is found the next time.
      if (!isChanged(fingerprintOf(folder, stateFiles.bundle)) || isTaken(folder)) return;
      try {
        inTurn(folder, takeOver);
      } catch (error) {
        if (!(error instanceof Refused)) throw error;
        refusal = error;
      }
    },
  };
}

function floorOf(folder: string): Floor | null {
  const bytes = readState(folder, stateFiles.floor);
  return bytes === null ? null : readHeldFloor(bytes);
}

/** A later package's process, which has begun since, holds this folder now. Throws `state_newer`. */
function requireNoLater(floor: Uint8Array | null): void {
  if (floor !== null) readHeldFloor(floor);
}

function equal(a: Uint8Array, b: Uint8Array): boolean {
  return a.length === b.length && a.every((byte, i) => byte === b[i]);
}
