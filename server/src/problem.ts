import { PROBLEMS, type ProblemCode } from './problems.ts';

/** One thing that is wrong in the input: where (`body.name`), and a sentence. */
export interface InputError {
  readonly at: string;
  readonly message: string;
}

/** The document of RFC 9457 that every refused request gets. */
export interface ProblemDocument {
  readonly type: string;
  readonly title: string;
  readonly status: number;
  readonly code: ProblemCode;
  readonly detail: string;
  readonly errors?: readonly InputError[];
  /** The verifier's reason, where its judgement is what refused. */
  readonly reason?: string;
}

export interface ProblemOptions {
  readonly errors?: readonly InputError[];
  readonly reason?: string;
  readonly cause?: unknown;
}

/**
 * The server's no: a code from the closed list, and a sentence that a person can act on. The sentence is shown to
 * whoever asked, so it never carries a secret or another's data.
 */
export class Problem extends Error {
  override readonly name = 'Problem';
  readonly code: ProblemCode;
  readonly status: number;
  readonly title: string;
  readonly errors: readonly InputError[] | undefined;
  readonly reason: string | undefined;

  constructor(code: ProblemCode, detail: string, options: ProblemOptions = {}) {
    super(detail, options.cause === undefined ? undefined : { cause: options.cause });
    const kind = PROBLEMS.get(code);
    if (kind === undefined) throw new TypeError(`no such problem: ${code}`);
    this.code = code;
    this.status = kind.status;
    this.title = kind.title;
    this.errors = options.errors;
    this.reason = options.reason;
  }

  /** The problem as a document for the wire. */
  document(): ProblemDocument {
    return {
      type: `urn:appwarrant:${this.code}`,
      title: this.title,
      status: this.status,
      code: this.code,
      detail: this.message,
      ...(this.errors === undefined ? {} : { errors: this.errors }),
      ...(this.reason === undefined ? {} : { reason: this.reason }),
    };
  }
}
