import { detached } from './detached.ts';
import type { Admission } from './http/admission.ts';
import type { RedactedHead } from './http/redacted-head.ts';
import type { Platform } from './custom.ts';
import type { ReasonCode } from './reasons.ts';
import type { Refused } from './refused.ts';
import type { Time } from './time.ts';

/**
 * What became of one request, for those who watch: metrics, logs and traces. It is told after the decision, and nothing that is done
 * with it changes one. Holds no credential, and nothing from which one can be guessed.
 */
export type Verdict = {
  readonly outcome: 'admitted' | 'refused';
  /** Why it was refused; where a grant alone admitted it, why it would have been; null where an approved app was admitted. */
  readonly code: ReasonCode | null;
  /** The HTTP status that goes with `code`. */
  readonly status: number | null;
  /** What was seen and what to do, for people; empty without a code. */
  readonly message: string;
  /** Whose request it is: proven, so null wherever nothing was proven. */
  readonly partner: { readonly id: string; readonly name: string } | null;
  readonly app: { readonly id: string; readonly name: string } | null;
  readonly build:
    { readonly id: string; readonly version: string; readonly platform: Platform } | 'unproven' | null;
  /** The installed copy, where its key is attested. */
  readonly instance: string | null;
  /**
   * Whose key the request named, where nothing was proven and the allowlist knows that key. Anybody can name a key: it helps to find
   * whom to ask, and accuses nobody.
   */
  readonly claimed: Claimed | null;
  /** The grant that admitted the request, where no proof did. */
  readonly grant: 'monitored' | 'breakGlass' | null;
  /** Of the allowlist at that moment; null where none is in force. */
  readonly freshness: 'fresh' | 'stale' | null;
  readonly warnings: readonly string[];
  /**
   * True for a request that the check had admitted before the server refused it: for want of a capability, for one. Such a request has
   * two verdicts, and this is the second.
   */
  readonly wasAdmitted: boolean;
  /** How long the decision took, in milliseconds: without the wait for the body, with the wait for a replay store. */
  readonly durationMs: number;
  /** As at when it was judged (SPEC §8). */
  readonly at: Time;
  /** The head of the request, without what nobody should read, made when first looked at; null where `code` is. */
  readonly request: RedactedHead | null;
};

/** Whose key it is, by the allowlist. */
export type Claimed = {
  readonly partner: { readonly id: string; readonly name: string };
  readonly app: { readonly id: string; readonly name: string };
};

/** What goes with every verdict, however the request was judged. */
export type Circumstances = Pick<Verdict, 'durationMs' | 'at'>;

/** The verdict on a request that may be served. `head` is called where a grant alone admits it. */
export function admittedVerdict(
  admission: Admission,
  head: (code: ReasonCode) => RedactedHead,
  { durationMs, at }: Circumstances,
): Verdict {
  const { freshness, warnings } = admission;
  const isApp = admission.kind === 'app';
  const request = isApp ? null : (): RedactedHead => head(admission.refused.code);
  return sealed(request, {
    outcome: 'admitted',
    code: isApp ? null : admission.refused.code,
    status: null,
    message: isApp ? '' : detached(admission.refused.message),
    ...whoOf(admission),
    claimed: null,
    grant: isApp ? null : admission.kind,
    freshness,
    warnings: [...warnings],
    wasAdmitted: false,
    durationMs,
    at,
  });
}

/** The verdict on a request that was refused; `admission` where the check had admitted it. */
export function refusedVerdict(
  { code, status, message }: Refused,
  head: () => RedactedHead,
  about: Circumstances &
    Pick<Verdict, 'freshness' | 'claimed'> & { readonly admission?: Admission | undefined },
): Verdict {
  const { admission, claimed, freshness, durationMs, at } = about;
  return sealed(head, {
    outcome: 'refused',
    code,
    status,
    message: detached(message),
    ...whoOf(admission),
    claimed,
    grant: null,
    freshness,
    warnings: [],
    wasAdmitted: admission !== undefined,
    durationMs,
    at,
  });
}

/** Copies: what a hook does to them must not reach the admission. */
function whoOf(admission: Admission | undefined): Pick<Verdict, 'partner' | 'app' | 'build' | 'instance'> {
  if (admission?.kind !== 'app') return { partner: null, app: null, build: null, instance: null };
  const { partner, app, build, instance } = admission;
  return {
    partner: { ...partner },
    app: { ...app },
    build: build === 'unproven' ? build : { ...build },
    instance,
  };
}

/** The head is made when somebody looks at it: whoever only counts pays nothing for it. */
function sealed(head: (() => RedactedHead) | null, told: Omit<Verdict, 'request'>): Verdict {
  let made: RedactedHead | null = null;
  return Object.freeze({
    ...frozen(told),
    get request() {
      return head === null ? null : (made ??= frozen(head()));
    },
  });
}

/** Frozen through and through: several who watch are told of the same verdict, and none may rewrite it for the next. */
function frozen<T extends object>(value: T): T {
  Object.freeze(value);
  // Of objects that were made here, which have no other members than their own: a list of these would cost more than freezing.
  for (const name in value) {
    const member: unknown = value[name];
    if (typeof member === 'object' && member !== null) frozen(member);
  }
  return value;
}
