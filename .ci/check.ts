// `npm run check`: everything that can be said about the sources without running them, in parallel.

import { spawn } from 'node:child_process';
import { globSync, readFileSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { join } from 'node:path';

const ROOT = join(import.meta.dirname, '..');
const WORKSPACES = ['verifier', 'keys', 'server', 'admin-ui', 'sdk'];

/** A step ends in the output to show when it failed, or in nothing. */
type Step = { name: string; run: () => Promise<string | undefined> };

/** What is read of dependency-cruiser's own report. */
type Report = {
  modules: { source: string }[];
  summary: { violations: { rule: { name: string }; from: string; to: string; comment?: string }[] };
};

const tool = (path: string, ...args: string[]) => {
  return async () => {
    const { code, output } = await run(join(ROOT, 'node_modules', path), args);
    return code === 0 ? undefined : output || `It ended with ${code}.`;
  };
};

const steps: Step[] = [
  { name: 'lint', run: tool('oxlint/bin/oxlint', '--type-aware', '--report-unused-disable-directives') },
  ...[...WORKSPACES, 'server/demo', '.'].map((folder) => ({
    name: `types of ${folder === '.' ? 'the root' : folder}`,
    run: tool('typescript/bin/tsc', '--project', folder, '--pretty'),
  })),
  { name: 'dependency direction', run: checkDirection },
  { name: 'unused code', run: tool('knip/bin/knip.js', '--no-progress', '--no-config-hints') },
  { name: 'formatting', run: tool('prettier/bin/prettier.cjs', '--check', '--log-level', 'warn', '.') },
  { name: 'reasons of suppressions', run: checkSuppressions },
];

const begun = performance.now();
const failures: string[] = [];
const waiting = [...steps];
await Promise.all(Array.from({ length: availableParallelism() + 1 }, work));
for (const failure of failures) process.stdout.write(`\n${failure.trimEnd()}\n`);
process.stdout.write(
  `\n${steps.length - failures.length} of ${steps.length} checks passed in ${secondsSince(begun)}\n`,
);
process.exit(failures.length === 0 ? 0 : 1);

async function work(): Promise<void> {
  for (let step = waiting.shift(); step !== undefined; step = waiting.shift()) {
    const start = performance.now();
    const output = await step.run();
    process.stdout.write(
      `${output === undefined ? 'ok  ' : 'FAIL'}  ${step.name} (${secondsSince(start)})\n`,
    );
    if (output !== undefined) failures.push(`--- ${step.name}\n${output}`);
  }
}

function secondsSince(start: number): string {
  return `${((performance.now() - start) / 1000).toFixed(1)} s`;
}

function run(command: string, args: string[]): Promise<{ code: number | null; output: string }> {
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, [command, ...args], {
      cwd: ROOT,
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    let output = '';
    child.stdout.on('data', (text: Buffer) => (output += text.toString()));
    child.stderr.on('data', (text: Buffer) => (output += text.toString()));
    child.on('error', reject);
    child.on('close', (code) => resolve({ code, output }));
  });
}

function filesOf(pattern: string): string[] {
  return globSync(
    WORKSPACES.map((workspace) => `${workspace}/${pattern}`),
    { cwd: ROOT, exclude: (path) => /(?:^|\/)(?:node_modules|dist(?:-new|-old)?)$/.test(path) },
  );
}

/** dependency-cruiser passes when it cannot read any module, so the modules that it saw are compared with the files. */
async function checkDirection(): Promise<string | undefined> {
  const command = join(ROOT, 'node_modules/dependency-cruiser/bin/dependency-cruiser.mjs');
  const args = ['--config', '.dependency-cruiser.mjs', '--output-type', 'json', ...WORKSPACES];
  const { output } = await run(command, args);
  let report: Report;
  try {
    report = JSON.parse(output) as Report;
  } catch {
    return output;
  }
  const seen = new Set(report.modules.map((module) => module.source));
  const unseen = filesOf('src/**/*.ts').filter((file) => !seen.has(file));
  const problems = report.summary.violations.map(
    ({ rule, from, to, comment }) =>
      `${rule.name}: ${from} → ${to}${comment === undefined ? '' : ` (${comment})`}`,
  );
  problems.push(...unseen.map((file) => `not seen: ${file}`));
  return problems.length === 0 ? undefined : problems.join('\n');
}

/** A rule may be switched off for a line, with the reason beside it: `// oxlint-disable-next-line rule -- why`. */
async function checkSuppressions(): Promise<string | undefined> {
  const files = filesOf('**/*.{ts,mjs}');
  const bare = files.flatMap((file) =>
    readFileSync(join(ROOT, file), 'utf8')
      .split('\n')
      .flatMap((line, index) =>
        /(?:ox|es)lint-disable(?!.* -- \S)/.test(line) ? [`${file}:${index + 1}: ${line.trim()}`] : [],
      ),
  );
  return bare.length === 0 ? undefined : `Say why, after " -- ":\n${bare.join('\n')}`;
}
