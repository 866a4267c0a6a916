import type { Allowlist } from './allowlist.ts';
import { nullIfRefused } from './attempt.ts';
import { detached } from './detached.ts';
import type { EntryTable } from './entry-table.ts';
import type { Admission } from './http/admission.ts';
import type { Checker, PendingAdmission } from './http/check.ts';
import { redactHead, type RedactedHead } from './http/redacted-head.ts';
import type { RequestToCheck } from './http/request-head.ts';
import type { ReasonCode } from './reasons.ts';
import { Refused } from './refused.ts';
import { timeOf, type Time } from './time.ts';
import { admittedVerdict, refusedVerdict, type Claimed, type Verdict } from './verdict.ts';

/** The ways to ask for a verdict. */
export type Judge = Pick<Checker, 'check' | 'checkHead' | 'checkAsync' | 'checkHeadAsync'>;

/** A pending admission that can also be given up, where somebody observes. */
export type ObservedPending = PendingAdmission & {
  /**
   * Says that the server has refused the request before its body was judged: too long, too slow, broken off. `finish` refuses in the
   * same way from then on.
   */
  readonly refuse?: (refused: Refused) => void;
};

/** A judge who tells of each verdict, and whom the server tells what it has refused itself. */
export type ObservedJudge = Pick<Judge, 'check' | 'checkAsync'> & {
  readonly checkHead: (request: RequestToCheck) => ObservedPending;
  readonly checkHeadAsync: (request: RequestToCheck) => Promise<ObservedPending>;
  /**
   * Tells of a refusal that the server made beside the check: before it, or after it has admitted (`admission`), as for want of a
   * capability. Only told: nothing is refused by it. Throws nothing.
   */
  readonly noteRefusal: (request: RequestToCheck, refused: Refused, admission?: Admission) => void;
};

export type Observer = {
  /** Called once with each verdict. What it throws is swallowed, what it returns ignored. */
  readonly onVerdict: ((verdict: Verdict) => unknown) | undefined;
  /** Throws nothing. */
  readonly log: (line: string) => void;
  /** In milliseconds since 1970. Throws nothing. */
  readonly now: () => number;
  /** What is loaded, if anything is. Throws nothing. */
  readonly loaded: () => Loaded | null;
};

/** The parts of a loaded bundle that verdicts tell of. */
type Loaded = {
  readonly allowlist: Pick<Allowlist, 'judgeNow'>;
  readonly entries: Pick<EntryTable, 'whose'>;
};

/**
 * Puts an observer beside a judge. It hears of every decision once, after it was made: of a head that was admitted, when its body
 * has been judged or refused; of one that nobody asks about again, never. It can change none of them.
 */
export function observe(judge: Judge, observer: Observer): ObservedJudge {
  const { onVerdict } = observer;
  if (onVerdict === undefined) return { ...judge, noteRefusal: () => undefined };
  let hasFailed = false;

  /** Once: a hook that fails at every request must not fill the log too. */
  const fail = (error: unknown): void => {
    if (hasFailed) return;
    hasFailed = true;
    observer.log(`onVerdict failed, which changes no verdict, and is said once: ${describe(error)}`);
  };
  const tell = (compose: () => Verdict): void => {
    try {
      const returned: unknown = onVerdict(compose());
      // A promise that is rejected and that nobody looks at would end the process.
      if (isThenable(returned)) Promise.resolve(returned).catch(fail);
    } catch (error) {
      fail(error);
    }
  };
  const timeFor = (seconds: unknown): Time => timeOf(typeof seconds === 'number' ? seconds : second());

  const admitted = (request: RequestToCheck, admission: Admission, durationMs: number): Admission => {
    tell(() => {
      const head = (code: ReasonCode): RedactedHead => headOf(request, code)();
      return admittedVerdict(admission, head, { durationMs, at: timeFor(undefined) });
    });
    return admission;
  };
  /** Tells of a refusal and gives it back; faults are no verdicts. */
  const refused = (
    request: RequestToCheck,
    error: unknown,
    durationMs: number,
    admission?: Admission,
  ): unknown => {
    if (!(error instanceof Refused)) return error;
    tell(() =>
      refusedVerdict(error, headOf(request, error.code), {
        durationMs,
        at: timeFor(error.members.serverTime),
        freshness: admission?.freshness ?? freshnessNow(),
        claimed: admission === undefined ? claimOf(request) : null,
        admission,
      }),
    );
    return error;
  };
  const second = (): number => Math.max(0, Math.floor(observer.now() / 1000));
  const freshnessNow = (): Verdict['freshness'] =>
    nullIfRefused(() => observer.loaded()?.allowlist.judgeNow(second()).kind ?? null);
  const claimOf = (request: RequestToCheck): Claimed | null => {
    const keyid = keyidOf(request);
    const named = keyid === undefined ? null : (observer.loaded()?.entries.whose(keyid) ?? null);
    return named === null ? null : detached({ partner: named.partner, app: named.app });
  };
  const since = (begun: number): number => performance.now() - begun;

  /** The head's time and the end's; the body came in between, in its own time. */
  const watched = (request: RequestToCheck, pending: PendingAdmission, headMs: number): ObservedPending => {
    let told = false;
    let refusedBy: Refused | undefined;
    return {
      ...pending,
      finish(digest) {
        if (refusedBy !== undefined) throw refusedBy;
        if (told) return pending.finish(digest);
        told = true;
        const begun = performance.now();
        try {
          return admitted(request, pending.finish(digest), headMs + since(begun));
        } catch (error) {
          throw refused(request, error, headMs + since(begun));
        }
      },
      refuse(error) {
        if (told) return;
        told = true;
        refusedBy = error;
        refused(request, error, headMs);
      },
    };
  };

  return {
    check(request) {
      const begun = performance.now();
      try {
        return admitted(request, judge.check(request), since(begun));
      } catch (error) {
        throw refused(request, error, since(begun));
      }
    },
    checkHead(request) {
      const begun = performance.now();
      try {
        return watched(request, judge.checkHead(request), since(begun));
      } catch (error) {
        throw refused(request, error, since(begun));
      }
    },
    async checkAsync(request) {
      const begun = performance.now();
      try {
        return admitted(request, await judge.checkAsync(request), since(begun));
      } catch (error) {
        throw refused(request, error, since(begun));
      }
    },
    async checkHeadAsync(request) {
      const begun = performance.now();
      try {
        return watched(request, await judge.checkHeadAsync(request), since(begun));
      } catch (error) {
        throw refused(request, error, since(begun));
      }
    },
    noteRefusal: (request, error, admission) => void refused(request, error, 0, admission),
  };
}

/** The body is not kept for it. */
function headOf({ method, target, headers }: RequestToCheck, code: ReasonCode): () => RedactedHead {
  return () => redactHead({ method, target, headers }, code);
}

const namesKey = /;keyid="([A-Za-z0-9_-]{43})"/;

/** The thumbprint that the request names, whatever the rest of it is worth. */
function keyidOf({ headers }: RequestToCheck): string | undefined {
  for (const [name, value] of headers) {
    if (name.toLowerCase() === 'signature-input') return namesKey.exec(value.slice(0, 8192))?.[1];
  }
  return undefined;
}

function isThenable(value: unknown): value is PromiseLike<unknown> {
  return typeof value === 'object' && value !== null && 'then' in value && typeof value.then === 'function';
}

/** Whatever was thrown, in a few words. */
function describe(error: unknown): string {
  try {
    return String(error instanceof Error ? error.message : error)
      .replace(/[^\x20-\x7e]/g, '?')
      .slice(0, 200);
  } catch {
    return 'something that has no words';
  }
}
