import { reasons, type ReasonCode } from './reasons.ts';

/** Further members of the problem that answers a refused request, such as `serverTime`. */
export type ProblemMembers = Readonly<Record<string, string | number | boolean>>;

/**
 * The verifier's no. `code` is one of the closed list of `reasons.ts`, `status` its HTTP status, `message` a sentence
 * for people: what was seen, then what to do. It never contains a secret.
 *
 * It carries no stack: refusing must stay cheap while somebody sends nonsense as fast as he can.
 */
export class Refused extends Error {
  readonly code: ReasonCode;
  readonly status: number;
  readonly title: string;
  /** What was seen, without the advice; empty when the title says it all. */
  readonly seen: string;
  members: ProblemMembers;

  constructor(code: ReasonCode, seen = '', members: ProblemMembers = {}) {
    const reason = reasons[code];
    const limit = Error.stackTraceLimit;
    Error.stackTraceLimit = 0;
    super(seen === '' ? reason.sentence : `${seen} ${reason.sentence}`);
    Error.stackTraceLimit = limit;
    this.name = 'Refused';
    this.code = code;
    this.status = reason.status;
    this.title = reason.title;
    this.seen = seen;
    this.members = members;
  }

  /** The same refusal, which tells more: made anew it would cost twice. Nobody else may hold it. */
  tell(members: ProblemMembers): this {
    this.members = { ...this.members, ...members };
    return this;
  }
}
