import { expect } from 'vitest';
import type { Admission } from '../../src/http/admission.ts';
import { createChecker, type Checker, type CheckerOptions } from '../../src/http/check.ts';
import { readLogged } from '../../src/cli/logged-request.ts';
import { explain, type Explanation, type Step } from '../../src/http/explain.ts';
import { explainLogged } from '../../src/http/explain-logged.ts';
import { redactHead } from '../../src/http/redacted-head.ts';
import type { RequestToCheck } from '../../src/http/request-head.ts';
import { Refused } from '../../src/refused.ts';
import { timeOf } from '../../src/time.ts';

/** What only the process that checks knows: its nonces, its start, the latest time that it has seen. */
const onlyTheServerKnows = new Set([
  'replayed',
  'replay_table_full',
  'too_many_forgeries',
  'replay_store_unavailable',
  'proof_before_start',
  'closed',
]);

/**
 * A checker whose every verdict is compared with what `explain` says of the same request at the same moment. So every request of every
 * test of the check is a test of the explanation.
 */
export function createExplainedChecker(options: CheckerOptions): Checker {
  const checker = createChecker(options);
  let latest = 0;
  return {
    ...checker,
    check(request) {
      const verdict = caught(() => checker.check(request));
      // Read apart from the check, which reads the clock once.
      const seen = caught(() => ({ allowlist: options.allowlist(), at: Math.floor(options.now() / 1000) }));
      if (!(seen instanceof Refused)) {
        const { origin, deployment } = options;
        const { allowlist, at } = seen;
        const explanation = explain(request, { allowlist, origin, deployment }, at);
        expectConsistent(explanation);
        const knowsMore =
          at < latest || isChallenged(request) || onlyTheServerKnows.has(codeOf(verdict) ?? '');
        if (!knowsMore) expect(codeOf(explanation.verdict)).toBe(codeOf(verdict));
        if (verdict instanceof Refused && !knowsMore)
          expectLogged(request, verdict, { allowlist, origin, deployment }, at);
        latest = Math.max(latest, at);
      }
      if (verdict instanceof Error) throw verdict;
      return verdict;
    },
  };
}

/** What a log holds of a refused request tells why, and where the check ended, as well as the request itself. */
function expectLogged(
  request: RequestToCheck,
  { code, message }: Refused,
  site: Parameters<typeof explainLogged>[1],
  at: number,
): void {
  const entry = {
    type: 'appwarrant/verdict/1',
    outcome: 'refused',
    code,
    says: message,
    at: timeOf(at),
    request: redactHead(request, code),
  };
  const logged = readLogged(Buffer.from(JSON.stringify(entry)));
  if (logged === null) throw new Error('No entry was found.');
  const { again, steps } = explainLogged(logged, site, at);
  const before = explain(request, site, at).steps;
  const where = (list: readonly Step[]) => list.find(({ outcome }) => outcome === 'refused')?.step;
  expect(again).toBe(code);
  // How long a body was that is not there, its own step says.
  if (code !== 'too_large') expect(where(steps)).toBe(where(before));
}

/** The steps and the verdict of one explanation say the same. */
export function expectConsistent({ steps, verdict }: Explanation): void {
  const refused = steps.filter(({ outcome }) => outcome === 'refused');
  const [step] = refused;
  expect(refused.length).toBeLessThan(2);
  expect(step !== undefined && 'refused' in step ? step.refused.code : null).toBe(codeOf(verdict));
  const outcomes = steps.map(({ outcome }) => outcome);
  const at = outcomes.indexOf('refused');
  const expected = outcomes.map((_, i) =>
    at >= 0 && i > at
      ? 'not reached'
      : i === at
        ? 'refused'
        : i < outcomes.length - 1
          ? 'passed'
          : 'not judged here',
  );
  expect(outcomes).toEqual(expected);
}

/** With which code a request is refused, or would be but for a grant; null for one that is admitted. */
export function codeOf(verdict: Admission | Error): string | null {
  if (verdict instanceof Refused) return verdict.code;
  if (verdict instanceof Error) throw verdict;
  return verdict.kind === 'app' ? null : verdict.refused.code;
}

/** A nonce that begins with a challenge is judged by the process that gave it, and by no other. */
function isChallenged({ headers }: RequestToCheck): boolean {
  return headers.some(([name, value]) => /^signature-input$/i.test(name) && /nonce="[^".]{32}\./.test(value));
}

function caught<T>(work: () => T): T | Refused {
  try {
    return work();
  } catch (error) {
    if (error instanceof Refused) return error;
    throw error;
  }
}
