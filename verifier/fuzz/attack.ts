import { Worker } from 'node:worker_threads';
import { randomAt } from './random.ts';
import type { Target } from './target.ts';
import type { Report, Work } from './work.ts';

/** How many seconds one input may keep a thread before it counts as hanging: minutes, on a machine of which others use most. */
const patience = 120;

/** Which inputs: those from `from` up to `to` of the run `seed`. */
export type Range = Pick<Work, 'seed' | 'from' | 'to'>;

/** Attacks targets in a thread of their own, and tells of each. One on which the thread hangs is ended, and the others go on. */
export async function attackAll(
  targets: readonly Target[],
  range: Range,
  tell: (report: Report) => void,
): Promise<void> {
  for (let left = targets; left.length > 0;) left = await attackUntilHang(left, range, tell);
}

/** Gives the targets that are left when one hangs. */
function attackUntilHang(
  targets: readonly Target[],
  range: Range,
  tell: (report: Report) => void,
): Promise<readonly Target[]> {
  const place = new Int32Array(new SharedArrayBuffer(8));
  const workerData: Work = { names: targets.map(({ name }) => name), ...range, place };
  const worker = new Worker(new URL('./work.ts', import.meta.url), { workerData });
  return new Promise((resolve, reject) => {
    let seen = '';
    // Counted, not measured: a run that was stopped and goes on has not hung.
    let seconds = 0;
    const watch = setInterval(() => {
      const [which, index] = [Atomics.load(place, 0), Atomics.load(place, 1)];
      seconds = `${which}.${index}` === seen ? seconds + 1 : 0;
      seen = `${which}.${index}`;
      if (seconds <= patience) return;
      clearInterval(watch);
      const target = targets[which] as Target;
      const input = target.ready().make(randomAt(range.seed, index));
      const failure = { index, input, why: `It hangs for ${patience} s.` };
      const outcomes = {
        inputs: index - range.from,
        accepted: 0,
        reasons: new Map(),
        slowest: patience * 1000,
      };
      tell({ target: target.name, outcomes, failure, seconds: patience });
      void worker.terminate().then(() => resolve(targets.slice(which + 1)));
    }, 1000);
    worker
      .on('message', tell)
      .on('error', (error) => {
        clearInterval(watch);
        reject(error);
      })
      .on('exit', (code) => {
        clearInterval(watch);
        if (code === 0) resolve([]);
      });
  });
}
