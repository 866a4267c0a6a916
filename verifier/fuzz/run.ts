import type { JsonValue } from '../src/json.ts';
import { Refused } from '../src/refused.ts';
import { cpuTimeOf } from './cpu-time.ts';
import { randomAt } from './random.ts';
import type { Attack } from './target.ts';

/** What a run of inputs did. */
export type Outcomes = {
  inputs: number;
  accepted: number;
  /** How often each reason was given. */
  readonly reasons: Map<string, number>;
  /** The longest that any one input took, in milliseconds. */
  slowest: number;
};

export type Failure = {
  readonly index: number;
  readonly input: JsonValue;
  /** What was thrown, or how long it took. */
  readonly why: string;
};

/** Judges inputs `from` to `to` of the run `seed`; calls `at` before each. Ends at the first failure, and gives it. */
export function run(
  attack: Attack,
  { seed, from, to }: { readonly seed: number; readonly from: number; readonly to: number },
  outcomes: Outcomes,
  at: (index: number) => void = () => undefined,
): Failure | undefined {
  for (let index = from; index < to; index += 1) {
    at(index);
    const input = attack.make(randomAt(seed, index));
    const begun = performance.now();
    const outcome = judge(attack, input);
    const took = performance.now() - begun;
    if (took > outcomes.slowest) outcomes.slowest = took;
    outcomes.inputs += 1;
    if (outcome instanceof Refused)
      outcomes.reasons.set(outcome.code, (outcomes.reasons.get(outcome.code) ?? 0) + 1);
    else if (outcome === undefined) outcomes.accepted += 1;
    else return { index, input, why: describe(outcome) };
    if (took > 200 && isSlow(attack, input)) return { index, input, why: `It took ${took.toFixed(0)} ms.` };
  }
  return undefined;
}

/** What an input does: undefined when it is accepted, otherwise what was thrown. */
export function judge(attack: Attack, input: JsonValue): unknown {
  try {
    attack.judge(input);
    return undefined;
  } catch (error) {
    return error ?? new Error('It threw nothing at all.');
  }
}

/** Why an input fails, or undefined when it does not. */
export function failureOf(attack: Attack, input: JsonValue): string | undefined {
  const outcome = judge(attack, input);
  if (outcome === undefined || outcome instanceof Refused)
    return isSlow(attack, input) ? 'It takes too long.' : undefined;
  return describe(outcome);
}

/** Rubbish is collected at odd times, but not each of five times. */
function isSlow(attack: Attack, input: JsonValue): boolean {
  const most = attack.budgetOf(input);
  for (let i = 0; i < 5; i += 1) {
    if (cpuTimeOf(() => judge(attack, input)) <= most) return false;
  }
  return true;
}

function describe(error: unknown): string {
  return error instanceof Error ? (error.stack ?? String(error)) : `Thrown: ${String(error)}`;
}
