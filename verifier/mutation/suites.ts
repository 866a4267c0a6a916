// The tests of a module, collected and run by hand, any number of times in one process.

import { describe, TestRunner } from 'vitest';
import type { RunnerTask, RunnerTestCase, RunnerTestFile, RunnerTestSuite } from 'vitest';

/** A test, the suites around it from without to within, and a name that no other test has. */
export type Case = {
  readonly name: string;
  readonly test: RunnerTestCase;
  readonly suites: readonly RunnerTestSuite[];
};

/** Loads test files and gives their tests. Throws what a file throws while it loads. */
export async function collect(
  file: RunnerTestFile,
  paths: readonly string[],
  load: (path: string) => unknown,
): Promise<readonly Case[]> {
  TestRunner.getCurrentSuite().clear();
  const cases: Case[] = [];
  for (const path of paths) {
    let thrown: { readonly error: unknown } | undefined;
    const collector = describe(`${path}`, async () => {
      try {
        await load(path);
      } catch (error) {
        thrown = { error };
      }
    });
    const suite = await collector.collect(file);
    if (thrown !== undefined) throw thrown.error;
    cases.push(...casesOf(suite, []));
  }
  return numbered(cases);
}

function casesOf(task: RunnerTask, around: readonly RunnerTestSuite[]): readonly Case[] {
  if (task.mode === 'skip' || task.mode === 'todo') return [];
  if (task.type === 'test') {
    return [{ name: [...around, task].map(({ name }) => name).join(' > '), test: task, suites: around }];
  }
  return task.tasks.flatMap((inner) => casesOf(inner, [...around, task]));
}

/** Tests of one name, such as those of a table, told apart by their order. */
function numbered(cases: readonly Case[]): readonly Case[] {
  const seen = new Map<string, number>();
  return cases.map((of) => {
    const before = seen.get(of.name) ?? 0;
    seen.set(of.name, before + 1);
    return before === 0 ? of : { ...of, name: `${of.name} (${before + 1})` };
  });
}

/** Runs tests one after another, each suite's own preparations once. `leave` puts away what was prepared. */
export class Visit {
  readonly #runner: TestRunner;
  readonly #entered: RunnerTestSuite[] = [];
  readonly #cleanups: (() => unknown)[] = [];

  constructor(runner: TestRunner) {
    this.#runner = runner;
  }

  /** Null where the test passes, else what it threw. */
  async failureOf({ test, suites }: Case): Promise<{ readonly error: unknown } | null> {
    const cleanups: (() => unknown)[] = [];
    let failure: { readonly error: unknown } | null = null;
    try {
      for (const suite of suites) await this.#enter(suite);
      this.#runner.onBeforeTryTask(test, { retry: 0, repeats: 0 });
      for (const suite of suites) {
        for (const hook of TestRunner.getSuiteHooks(suite).beforeEach) {
          keep(cleanups, await hook(test.context, suite));
        }
      }
      await TestRunner.getTestFn(test)();
      this.#runner.onAfterTryTask(test);
    } catch (error) {
      failure = { error };
    }
    try {
      for (const suite of suites.toReversed()) {
        for (const hook of TestRunner.getSuiteHooks(suite).afterEach.toReversed())
          await hook(test.context, suite);
      }
      for (const cleanup of cleanups.toReversed()) await cleanup();
    } catch (error) {
      failure ??= { error };
    }
    return failure;
  }

  async leave(): Promise<void> {
    for (const suite of this.#entered.toReversed()) {
      for (const hook of TestRunner.getSuiteHooks(suite).afterAll.toReversed()) await hook(suite);
    }
    for (const cleanup of this.#cleanups.toReversed()) await cleanup();
  }

  async #enter(suite: RunnerTestSuite): Promise<void> {
    if (this.#entered.includes(suite)) return;
    this.#entered.push(suite);
    for (const hook of TestRunner.getSuiteHooks(suite).beforeAll) keep(this.#cleanups, await hook(suite));
  }
}

function keep(cleanups: (() => unknown)[], result: unknown): void {
  if (typeof result === 'function') cleanups.push(result as () => unknown);
}
