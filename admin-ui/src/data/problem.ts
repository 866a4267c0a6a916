/** One thing that is wrong with what was sent: where, and a sentence. */
export interface InputError {
  readonly at: string;
  readonly message: string;
}

/** The portal's no: what it said in its problem document (RFC 9457). */
export class PortalProblem extends Error {
  override readonly name = 'PortalProblem';
  readonly code: string;
  readonly title: string;
  readonly detail: string;
  readonly errors: readonly InputError[];
  /** The verifier's reason, where its judgement is what refused. */
  readonly reason: string | null;

  constructor(
    code: string,
    title: string,
    detail: string,
    errors: readonly InputError[] = [],
    reason: string | null = null,
  ) {
    super(detail);
    this.code = code;
    this.title = title;
    this.detail = detail;
    this.errors = errors;
    this.reason = reason;
  }
}

/** Reads a problem document. An answer that is none, such as a proxy's, is named by its status. */
export function problemOf(body: unknown, status: number): PortalProblem {
  const members = new Map<string, unknown>(
    Object.entries(typeof body === 'object' && body !== null ? body : {}),
  );
  const text = (name: string, fallback: string): string => {
    const value = members.get(name);
    return typeof value === 'string' ? value : fallback;
  };
  const listed = members.get('errors');
  const reason = text('reason', '');
  return new PortalProblem(
    text('code', `http_${status}`),
    text('title', 'The portal did not answer as expected'),
    text('detail', `It answered with status ${status}.`),
    Array.isArray(listed) ? listed.filter(isInputError) : [],
    reason === '' ? null : reason,
  );
}

function isInputError(value: unknown): value is InputError {
  return (
    typeof value === 'object' &&
    value !== null &&
    'at' in value &&
    typeof value.at === 'string' &&
    'message' in value &&
    typeof value.message === 'string'
  );
}
