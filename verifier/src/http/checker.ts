import type { Allowlist } from '../allowlist.ts';
import type { AskStore } from '../replay-store/ask-store.ts';
import type { Admission, HeadAdmission } from './admission.ts';
import type { ReplayTable } from './replay.ts';
import type { RequestToCheck } from './request-head.ts';

/** The whole decision about requests (SPEC §10). */
export type Checker = {
  /** Judges a request whose body is at hand: an admission, or a thrown `Refused`. */
  readonly check: (request: RequestToCheck) => Admission;
  /** Judges everything but the body, which `request` need not have; throws `Refused`. */
  readonly checkHead: (request: RequestToCheck) => PendingAdmission;
  /**
   * The same decision, for a host that does other things meanwhile: another thread verifies the signature, and where nonces are shared
   * the store is asked. What may change meanwhile is judged again after each wait. Rejects with `Refused`.
   */
  readonly checkAsync: (request: RequestToCheck) => Promise<Admission>;
  /** As `checkHead`, likewise. */
  readonly checkHeadAsync: (request: RequestToCheck) => Promise<PendingAdmission>;
  /** The latest second by which a request was judged, also where the clock has gone back since: nonces are saved as of then. */
  readonly latest: () => number;
};

/** A request whose head has passed. Nothing of it is known to the caller, or may be served, until the body has passed too. */
export type PendingAdmission = {
  /** Whether a body was announced and its digest counts. Where none was announced, there must be none. */
  readonly hasBody: boolean;
  /**
   * Who sent it and what they may do, as the head proved it, for handlers that read a long body as it comes: an app's has no receipt.
   * What such a handler does must not count before `finish` has passed. Uses up the nonce, whatever the body turns out to be.
   */
  readonly proved: () => HeadAdmission;
  /**
   * Takes the SHA-256 of the body's bytes as sent (of no bytes, where there was none) and gives the admission, judged again at
   * this moment. Works once. Throws `Refused`: `digest_mismatch`, or whatever has changed since the head passed.
   */
  readonly finish: (digest: Uint8Array) => Admission;
};

export type CheckerOptions = {
  /** The allowlist in force. Throws `no_bundle` and whatever else stands against every request. */
  readonly allowlist: () => Allowlist;
  /** The licensed origin under which this server is reached. */
  readonly origin: string;
  /** This deployment's id. */
  readonly deployment: string;
  /** SPEC §8's now, in milliseconds since 1970. Throws `clock_behind`. */
  readonly now: () => number;
  /**
   * When this process began to check (milliseconds), where requests may have been admitted before and `replay` does not
   * remember them; null at a first activation, and where `replay` was restored.
   */
  readonly startedAt: number | null;
  readonly replay: ReplayTable;
  /** 32 random bytes, made anew at every start. */
  readonly randomKey: Uint8Array;
  /** Asks the store in which nonces are shared (SPEC §10.13). Then only `checkAsync` and `checkHeadAsync` admit. */
  readonly askStore?: AskStore | undefined;
};
