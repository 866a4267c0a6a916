import { Session } from 'node:inspector';
import type { Profiler } from 'node:inspector';

// How much was done, counted instead of timed: V8 counts how often each block of code runs. Every count is the same on every machine.

/** How often the blocks of the verifier's sources ran, together, and how often each function was called (`file.function`). */
export type Work = { readonly blocks: number; readonly calls: ReadonlyMap<string, number> };

let session: Session | undefined;

/** Counts what `act` makes the verifier's own code do. What it throws is passed over. */
export function countWork(act: () => unknown): Work {
  const profiler = (session ??= begin());
  take(profiler);
  try {
    act();
  } catch {
    // What it does is counted, not what it answers.
  }
  let blocks = 0;
  const calls = new Map<string, number>();
  for (const { url, functions } of take(profiler)) {
    const [, module] = /\/verifier\/src\/(.*)\.ts$/.exec(url) ?? [];
    if (module === undefined) continue;
    for (const { functionName, ranges } of functions) {
      const name = `${module}.${functionName}`;
      calls.set(name, (calls.get(name) ?? 0) + (ranges[0]?.count ?? 0));
      for (const { count } of ranges) blocks += count;
    }
  }
  return { blocks, calls };
}

function begin(): Session {
  const opened = new Session();
  opened.connect();
  opened.post('Profiler.enable');
  opened.post('Profiler.startPreciseCoverage', { callCount: true, detailed: true });
  return opened;
}

/** Begins counting anew. In the long run V8 throws away what it knows of functions, and stops counting them. */
export function countAnew(): void {
  session?.post('Profiler.stopPreciseCoverage');
  session?.disconnect();
  session = begin();
}

/** Takes the counts since the last time. In the same thread, the inspector answers at once. */
function take(profiler: Session): readonly Profiler.ScriptCoverage[] {
  let taken: readonly Profiler.ScriptCoverage[] = [];
  profiler.post('Profiler.takePreciseCoverage', (error, { result }) => {
    if (error !== null) throw error;
    taken = result;
  });
  return taken;
}
