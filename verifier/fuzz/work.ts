import { parentPort, workerData } from 'node:worker_threads';
import { failureOf, run, type Failure, type Outcomes } from './run.ts';
import { targets } from './targets.ts';

// Targets, one after another, in a thread of their own: so an input on which a parser hangs can be told from one that takes long.

/** What the thread is told. `place` is shared: which of the targets is being attacked, and with which input. */
export type Work = {
  readonly names: readonly string[];
  readonly seed: number;
  readonly from: number;
  readonly to: number;
  readonly place: Int32Array;
};

/** What it tells about each target. */
export type Report = {
  readonly target: string;
  readonly outcomes: Outcomes;
  readonly failure: Failure | undefined;
  readonly seconds: number;
};

const { names, seed, from, to, place } = workerData as Work;
names.forEach((name, which) => {
  const target = targets.find((each) => each.name === name);
  if (target === undefined) throw new Error(`There is no target ${name}.`);
  Atomics.store(place, 1, -1);
  Atomics.store(place, 0, which);
  const attack = target.ready();
  for (const input of attack.genuine) {
    const why = failureOf(attack, input);
    if (why !== undefined) throw new Error(`${name} fails at a seed: ${why}`);
  }
  const outcomes: Outcomes = { inputs: 0, accepted: 0, reasons: new Map(), slowest: 0 };
  const begun = performance.now();
  const failure = run(attack, { seed, from, to }, outcomes, (index) => Atomics.store(place, 1, index));
  const seconds = (performance.now() - begun) / 1000;
  parentPort?.postMessage({ target: name, outcomes, failure, seconds } satisfies Report);
});
