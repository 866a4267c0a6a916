// What vitest runs instead of the tests themselves, in one process for all mutants of a module: every test once, to see which mutants it
// reaches, and then for each mutant the tests that reach it, quickest first, until one fails.
// A mutant reached while files load (a constant, what a test prepares) is measured by all tests, loaded again with it.

import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { configureGlobal } from 'fast-check';
import { TestRunner, vi, type RunnerTestFile, type RunnerTestSuite } from 'vitest';
import { workFolder } from './chosen.ts';
import type { Instrumented } from './instrument.ts';
import { collect, Visit, type Case } from './suites.ts';
import { decidedOf, linesOf, write, type Verdict } from './verdicts.ts';

type Hits = Readonly<Record<string, number>>;

/** What instrumented sources ask and count. The names are Stryker's. */
const mutants: {
  activeMutant?: string | undefined;
  currentTestId?: string | undefined;
  hitCount?: number | undefined;
  hitLimit?: number | undefined;
  /** Of our own: see `withPause`. */
  counting?: boolean;
  readonly mutantCoverage: { readonly static: Hits; readonly perTest: Readonly<Record<string, Hits>> };
} = { mutantCoverage: { static: {}, perTest: {} } };
Object.assign(globalThis, { __stryker__: mutants });

// The same inputs in every run, and no search for the smallest that fails.
configureGlobal({ seed: 1, endOnFailure: true });

const verifier = join(import.meta.dirname, '..');
const verdicts = join(workFolder, 'verdicts.jsonl');
const { ids } = JSON.parse(readFileSync(join(workFolder, 'instrumented.json'), 'utf8')) as Instrumented;
const paths = JSON.parse(process.env['MUTATION_TESTS'] ?? '[]') as readonly string[];

/** What the tests did without a mutant: what they reached, how often, and how long they took, in milliseconds. */
type Dry = {
  readonly cases: readonly Case[];
  readonly whileLoading: Hits;
  readonly reached: ReadonlyMap<string, Hits>;
  readonly took: ReadonlyMap<string, number>;
};

class MutantRunner extends TestRunner {
  /** Whether a test that reached a mutant's place without it did not do so with it. */
  #missed = false;

  /** Vitest calls this once, for the file that it was told of. */
  async runSuite({ file }: RunnerTestSuite): Promise<void> {
    const decided = decidedOf(linesOf(verdicts));
    const dry = await this.#runWithout(file);
    if (dry === null) return;
    let first = true;
    for (const id of ids.filter((each) => !decided.has(each))) {
      write(verdicts, { begun: id });
      const verdict = await this.#measure(id, dry, file);
      // What one mutant leaves behind must not be held against the next: after it, the test passes again, or another process goes on.
      const killer = dry.cases.find(({ name }) => name === verdict.by);
      const clean = killer === undefined || (await this.#failing([killer], () => 0)) === undefined;
      if (clean || first) write(verdicts, { decided: id, ...verdict });
      if (!clean) return;
      first = false;
    }
    if ((await this.#runWithout(file)) !== null) write(verdicts, { finished: true });
  }

  /** Null where tests fail without any mutant: nothing can be measured then. */
  async #runWithout(file: RunnerTestFile): Promise<Dry | null> {
    mutants.counting = true;
    const cases = await this.#load(file);
    const whileLoading = { ...mutants.mutantCoverage.static };
    const took = new Map<string, number>();
    const red: string[] = [];
    const visit = new Visit(this);
    for (const of of cases) {
      mutants.currentTestId = of.name;
      const start = performance.now();
      const failure = await visit.failureOf(of);
      took.set(of.name, performance.now() - start);
      if (failure !== null) red.push(`${of.name}: ${String(failure.error)}`);
      mutants.currentTestId = undefined;
    }
    await visit.leave();
    mutants.counting = false;
    if (red.length > 0) {
      write(verdicts, { red });
      return null;
    }
    return { cases, whileLoading, reached: new Map(Object.entries(mutants.mutantCoverage.perTest)), took };
  }

  async #measure(id: string, dry: Dry, file: RunnerTestFile): Promise<Verdict> {
    const loading = dry.whileLoading[id] ?? 0;
    const hits = ({ name }: Case): number => dry.reached.get(name)?.[id] ?? 0;
    const time = ({ name }: Case): number => dry.took.get(name) ?? 0;
    const reaching = dry.cases.filter((of) => hits(of) > 0).toSorted((a, b) => time(a) - time(b));
    mutants.activeMutant = id;
    try {
      if (loading === 0) {
        if (reaching.length === 0) return { status: 'NoCoverage', by: '' };
        this.#missed = false;
        const verdict = verdictOf(await this.#failing(reaching, hits));
        // Where something that an earlier test left in memory kept tests from the mutant, they have to begin anew with it.
        if (verdict.status !== 'Survived' || !this.#missed) return verdict;
      }
      allow(loading);
      const cases = await this.#load(file);
      const names = new Set(reaching.map(({ name }) => name));
      const order = (of: Case): number => (names.has(of.name) ? 0 : 1e9) + time(of);
      const sorted = cases.toSorted((a, b) => order(a) - order(b));
      return verdictOf(await this.#failing(sorted, (of) => loading + hits(of)));
    } catch {
      return { status: overrun() ? 'Timeout' : 'Killed', by: 'loading' };
    } finally {
      mutants.activeMutant = undefined;
      mutants.hitCount = undefined;
    }
  }

  /** The first of these tests that fails, or that reaches the mutant far too often. */
  async #failing(cases: readonly Case[], hits: (of: Case) => number): Promise<Case | undefined> {
    const visit = new Visit(this);
    let shown = performance.now();
    try {
      for (const of of cases) {
        allow(hits(of));
        if ((await visit.failureOf(of)) !== null || overrun()) return of;
        this.#missed ||= mutants.hitCount === 0;
        if (performance.now() - shown > 1000) {
          write(verdicts, { at: of.name });
          shown = performance.now();
        }
      }
      return undefined;
    } finally {
      await visit.leave();
    }
  }

  #load(file: RunnerTestFile): Promise<readonly Case[]> {
    vi.resetModules();
    return collect(file, paths, (path) => this.importFile(join(verifier, path), 'collect'));
  }
}

// oxlint-disable-next-line import/no-default-export -- vitest takes a runner by this name
export { MutantRunner as default };

/** From now on, a mutant may be hit a hundred times as often as its place was without it. */
function allow(hits: number): void {
  mutants.hitCount = 0;
  mutants.hitLimit = 100 * hits + 1000;
}

function overrun(): boolean {
  return (mutants.hitCount ?? 0) > (mutants.hitLimit ?? 0);
}

function verdictOf(failing: Case | undefined): Verdict {
  if (failing === undefined) return { status: 'Survived', by: '' };
  return { status: overrun() ? 'Timeout' : 'Killed', by: failing.name };
}
