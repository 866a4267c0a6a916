import type { Allowlist } from './allowlist.ts';
import type { Anchor } from './anchor.ts';
import { attempt } from './attempt.ts';
import { startClock } from './clock.ts';
import { randomBytes } from './crypto.ts';
import { readDeployment } from './deployment-id.ts';
import { claimFolder } from './folder-claim.ts';
import { createChecker, type Checker } from './http/check.ts';
import type { Admission } from './http/admission.ts';
import type { RequestToCheck } from './http/request-head.ts';
import { installedAnchor } from './installed-anchor.ts';
import { observe, type Judge, type ObservedJudge, type ObservedPending } from './observe.ts';
import { openReplay } from './open-replay.ts';
import { isOrigin } from './origin.ts';
import { askerOf } from './replay-store/ask-store.ts';
import type { ReplayStore } from './replay-store/replay-store.ts';
import { Refused } from './refused.ts';
import { rememberSigners } from './signers-memo.ts';
import { makeStateFolder, stateFiles, writeState } from './state-folder.ts';
import {
  allowlistStatus,
  noBundle,
  openStatus,
  statusLine,
  type AllowlistStatus,
  type Status,
} from './status.ts';
import { openStore, type Store } from './store.ts';
import type { Verdict } from './verdict.ts';

export type VerifierOptions = {
  /** A folder of this verifier's own: the deployment key, the floor, the last bundle. */
  readonly stateDir: string;
  /** Under which origin apps reach this server. It must be in the licence: it selects, and never adds. */
  readonly origin: string;
  /** Where the first line goes; to standard error when absent. */
  readonly log?: (line: string) => void;
  /**
   * Called once for each request that was decided, after the decision, with what came of it: for metrics, logs and traces. It changes
   * nothing: what it returns is ignored, what it throws swallowed.
   */
  readonly onVerdict?: (verdict: Verdict) => void;
  /**
   * Where the processes, threads or nodes of one site remember together which proofs were used (SPEC §10.13). With it `check` and
   * `checkHead` refuse everything, and `checkAsync` and `checkHeadAsync` admit what nobody over this store has admitted. Each verifier
   * needs one of its own, for as long as it is open, over whatever they share.
   */
  readonly replayStore?: ReplayStore;
};

/** The verifier of one server. It refuses by throwing `Refused`, or by rejecting with it. */
export type Verifier = {
  /** Loads a bundle (SPEC §7): when it returns, the bundle is in force and on the disk. When it throws, nothing has changed. */
  readonly load: (bytes: Uint8Array) => AllowlistStatus;
  /** Judges a request whose whole body is at hand (SPEC §10). */
  readonly check: (request: RequestToCheck) => Admission;
  /** Judges a request's head; its admission comes with the digest of the body. */
  readonly checkHead: (request: RequestToCheck) => ObservedPending;
  /** As `check`: the same decision, for a host that does not wait. Rejects with `Refused`. */
  readonly checkAsync: (request: RequestToCheck) => Promise<Admission>;
  /** As `checkHead`, likewise. */
  readonly checkHeadAsync: (request: RequestToCheck) => Promise<ObservedPending>;
  /**
   * Tells `onVerdict` of a refusal that the server made beside the check: before it, or after it has admitted (`admission`), as for want
   * of a capability. Refuses nothing by itself, and throws nothing.
   */
  readonly noteRefusal: ObservedJudge['noteRefusal'];
  /** Where the verifier stands. Throws nothing. */
  readonly status: () => Status;
  /** Ends it: every check is refused, and the nonces that were used are kept for the next start. */
  readonly close: () => void;
};

/** Enough for the status of a small site to be the whole truth; the builds of a large one are judged as they are used. */
const judgedAtOnce = 256;
/** How often other processes' loads are looked for, in milliseconds. */
const lookEvery = 2000;

/** The stores of verifiers that are open. */
const inUse = new WeakSet<ReplayStore>();

/**
 * Opens the verifier over its state folder, and goes on from what was loaded there. Without an anchor, a deployment key or a bundle it
 * opens all the same and refuses every request, saying why. Throws `origin_malformed`, `state_unusable`.
 */
export function openVerifier(options: VerifierOptions): Verifier {
  return openVerifierFor(attempt(installedAnchor), options);
}

/** The same for a given anchor, or the reason why there is none. Not exported by the package: nobody chooses whom to trust. */
export function openVerifierFor(anchor: Anchor | Refused, options: VerifierOptions): Verifier {
  const { stateDir, origin, onVerdict, replayStore } = options;
  if (onVerdict !== undefined && typeof onVerdict !== 'function')
    throw new TypeError('onVerdict is a function.');
  // Whoever meant to share must not be left alone unnoticed: then each node would admit a proof once.
  if (replayStore !== undefined && typeof (replayStore as Partial<ReplayStore> | null)?.claim !== 'function')
    throw new TypeError('replayStore is a ReplayStore.');
  // It says once to each who asks that it has forgotten: two who are one to it would not both hear.
  if (replayStore !== undefined && inUse.has(replayStore))
    throw new TypeError('Another verifier uses this replayStore: make one for each.');
  if (typeof origin !== 'string' || !isOrigin(origin))
    throw new Refused('origin_malformed', JSON.stringify(String(origin).slice(0, 200)));
  makeStateFolder(stateDir);
  const clock = startClock();
  const write = options.log ?? ((line) => void process.stderr.write(`${line}\n`));
  /** Whoever cannot be told is not told: nothing that is decided hangs on it. */
  const log = (line: string): void => {
    try {
      write(line);
    } catch {
      // Said above.
    }
  };
  const claim = claimFolder(stateDir, origin, log);
  const replay = openReplay(stateDir, clock.system(), claim);
  const memo = rememberSigners();
  let store: Store | Refused = new Refused('not_activated');
  let checker: Checker | undefined;
  let lookedAt = performance.now();
  let closed = false;

  /** Activation may come after the start: the folder is asked again until there is a key. */
  const requireStore = (): Store => {
    if (closed) throw new Refused('closed');
    if (anchor instanceof Refused) throw anchor;
    if (!(store instanceof Refused)) return store;
    store = tryStore(anchor);
    if (store instanceof Refused) throw store;
    return store;
  };
  const tryStore = (trusted: Anchor): Store | Refused =>
    attempt(() => {
      const deployment = readDeployment(stateDir);
      if (deployment === null) throw new Refused('not_activated');
      return openStore({ anchor: trusted, folder: stateDir, deployment, origin, clock, memo, judgedAtOnce });
    });
  /** The store, with what other processes have loaded meanwhile. */
  const requireCurrent = (): Store => {
    const opened = requireStore();
    const now = performance.now();
    if (now - lookedAt > lookEvery) {
      lookedAt = now;
      const before = opened.lastRefusal()?.message;
      opened.lookForOthers();
      const refused = opened.lastRefusal()?.message;
      if (refused !== undefined && refused !== before) log(`A bundle is not in force here: ${refused}`);
    }
    return opened;
  };
  const allowlist = (): Allowlist => {
    const opened = requireCurrent();
    if (replayStore === undefined) claim.decides();
    const current = opened.current();
    if (current === null) throw noBundle(opened);
    return current.allowlist;
  };
  const requireChecker = (): Checker => {
    const { deployment } = requireStore();
    checker ??= createChecker({
      allowlist,
      origin,
      deployment,
      now: clock.now,
      startedAt: replay.startedAt,
      replay: replay.table,
      randomKey: randomBytes(32),
      askStore: replayStore === undefined ? undefined : askerOf(replayStore, log),
    });
    return checker;
  };
  // Also where nobody asks for anything else: a server that is idle tells of what another process has loaded.
  const status = (): Status => openStatus({ anchor, origin, clock, store: requireCurrent });

  if (!(anchor instanceof Refused)) store = tryStore(anchor);
  write(statusLine(status()));

  const judge: Judge = {
    check: (request) => requireChecker().check(request),
    checkHead: (request) => requireChecker().checkHead(request),
    checkAsync: (request) => requireChecker().checkAsync(request),
    checkHeadAsync: (request) => requireChecker().checkHeadAsync(request),
  };
  if (replayStore !== undefined) inUse.add(replayStore);
  const observed = observe(judge, {
    onVerdict,
    log,
    now: clock.latest,
    loaded: () => (store instanceof Refused ? null : store.current()),
  });

  return {
    load: (bytes) => {
      const opened = requireStore();
      return allowlistStatus(opened.load(bytes), opened.loadedAt(), Math.floor(clock.latest() / 1000));
    },
    ...observed,
    status,
    close: () => {
      if (closed) return;
      closed = true;
      if (replayStore !== undefined) inUse.delete(replayStore);
      // Where others admit too, the table of this process is not all that was used.
      if (replayStore === undefined && replay.isWhole()) {
        // A clock that went back does not take the window's lower end with it, over a restart neither (SPEC §10.5).
        const latest = checker?.latest() ?? replay.table.forgottenBefore;
        const asOf = Math.max(Math.floor(clock.latest() / 1000), latest);
        writeState(stateDir, stateFiles.replay, replay.table.save(asOf));
      }
    },
  };
}
