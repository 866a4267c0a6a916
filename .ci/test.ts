// `npm test [-- <vitest's arguments>]`: installs what the tests need, builds, runs every test, and closes with one
// line that counts them. Exits 1 if a test failed, a file could not be loaded, or no test ran.

import { join } from 'node:path';
import { parseCLI, startVitest, type TestModule } from 'vitest/node';
import { browserForTests } from './browser.ts';
import { build } from './build.ts';
import { installOlderNodes } from './older-nodes.ts';

const ROOT = join(import.meta.dirname, '..');

type Count = { passed: number; failed: number; skipped: Map<string, string[]> };

try {
  process.env.CHROME_PATH = browserForTests();
  // Before the tests, which run beside each other. What cannot be had is skipped there, with the reason.
  installOlderNodes();
  await build();
} catch (error) {
  process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
  process.stdout.write('0 passed, 1 failed, 0 skipped\n');
  process.exit(1);
}

const { filter, options } = parseCLI(['vitest', 'run', ...process.argv.slice(2)]);
const vitest = await startVitest(filter, { ...options, root: ROOT, run: true, watch: false });
const count = countTests(vitest.state.getTestModules(), vitest.state.getUnhandledErrors().length);
await vitest.close();

const skipped = [...count.skipped.values()].flat();
for (const [reason, names] of count.skipped) {
  process.stdout.write(`skipped: ${reason}\n${names.map((name) => `  ${name}\n`).join('')}`);
}
process.stdout.write(`${count.passed} passed, ${count.failed} failed, ${skipped.length} skipped\n`);
process.exit(count.failed === 0 && count.passed > 0 ? 0 : 1);

/** A file that could not be loaded, and an error outside any test, count as a failure each. */
function countTests(modules: readonly TestModule[], unhandled: number): Count {
  const counted: Count = { passed: 0, failed: unhandled, skipped: new Map() };
  for (const module of modules) {
    if (module.errors().length > 0) counted.failed += 1;
    for (const suite of module.children.allSuites()) counted.failed += suite.errors().length;
    for (const test of module.children.allTests()) {
      const result = test.result();
      if (result.state === 'passed') counted.passed += 1;
      else if (result.state === 'failed') counted.failed += 1;
      else if (result.state === 'skipped') {
        const reason = result.note ?? 'no reason given';
        counted.skipped.set(reason, [...(counted.skipped.get(reason) ?? []), test.fullName]);
      } else counted.failed += 1; // Collected, never finished.
    }
  }
  return counted;
}
