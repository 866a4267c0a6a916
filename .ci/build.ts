// Builds the workspaces that are used in built form: the two packages that leave the house, and the pages.
// `node .ci/build.ts [--force] [workspace…]`; tests that need a build call `build` themselves.

import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import {
  copyFileSync,
  mkdirSync,
  existsSync,
  globSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

const ROOT = join(import.meta.dirname, '..');
const NOTES = join(ROOT, 'node_modules', '.appwarrant');

type Buildable = 'verifier' | 'sdk' | 'admin-ui';

/** What each build reads, and the tool that makes it: the tool is given the folder to write to. */
const BUILDS: ReadonlyMap<
  Buildable,
  { reads: readonly string[]; tool: string; args: (out: string) => string[]; finish?: (out: string) => void }
> = new Map([
  [
    'verifier',
    {
      reads: [
        'verifier',
        ...['codes', 'install', 'operating', 'adapters', 'sidecar'].map((name) => `docs/${name}`),
        'docs/nodes.md',
        'docs/threat-model.md',
        'docs/quickstart/customer.md',
      ],
      tool: 'tsdown/dist/run.mjs',
      args: (out) => ['--log-level', 'warn', '--out-dir', out],
      finish: finishPages,
    },
  ],
  [
    'sdk',
    {
      reads: ['verifier', 'sdk'],
      tool: 'tsdown/dist/run.mjs',
      args: (out) => ['--log-level', 'warn', '--out-dir', out],
    },
  ],
  [
    'admin-ui',
    {
      reads: ['verifier', 'admin-ui', 'docs/codes'],
      tool: 'vite/bin/vite.js',
      args: (out) => ['build', '--logLevel', 'warn', '--emptyOutDir', '--outDir', out],
    },
  ],
]);

/**
 * Brings `dist` of the named workspaces up to date with their sources; does nothing where it is already.
 * A `dist` is replaced whole once its build has succeeded. Throws an Error with the tool's output when it has not.
 */
export async function build(names: readonly Buildable[] = [...BUILDS.keys()], force = false): Promise<void> {
  await withLock(async () => {
    for (const name of names) await buildOne(name, force);
  });
}

async function buildOne(name: Buildable, force: boolean): Promise<void> {
  const recipe = BUILDS.get(name);
  if (recipe === undefined) throw new Error(`There is nothing to build in "${name}".`);
  const note = join(NOTES, `${name}.built`);
  const dist = join(ROOT, name, 'dist');
  const digest = digestOf(recipe.reads);
  if (!force && existsSync(dist) && existsSync(note) && readFileSync(note, 'utf8') === digest) return;

  process.stderr.write(`Building ${name} …\n`);
  const fresh = join(ROOT, name, `dist-new`);
  const old = join(ROOT, name, `dist-old`);
  for (const folder of [fresh, old, note]) rmSync(folder, { recursive: true, force: true });
  await run(join(ROOT, 'node_modules', recipe.tool), recipe.args(fresh), join(ROOT, name));
  recipe.finish?.(fresh);
  if (existsSync(dist)) renameSync(dist, old);
  renameSync(fresh, dist);
  rmSync(old, { recursive: true, force: true });
  writeFileSync(note, digest);
}

/** Adds the quickstart to the pages in `dist`, and has them link to the package's own README and SPEC, which lie one folder above. */
function finishPages(dist: string): void {
  mkdirSync(join(dist, 'quickstart'));
  copyFileSync(join(ROOT, 'docs/quickstart/customer.md'), join(dist, 'quickstart/customer.md'));
  for (const name of globSync('**/*.md', { cwd: dist })) {
    const page = readFileSync(join(dist, name), 'utf8');
    writeFileSync(join(dist, name), page.replaceAll(/\]\(((?:\.\.\/)+)verifier\//g, ']($1'));
  }
}

/** Over names and contents of everything a build can read, and the versions of its tools. */
function digestOf(folders: readonly string[]): string {
  const patterns = folders.flatMap((each) => [each, `${each}/**/*`]);
  const files = globSync([...patterns, 'package-lock.json', 'tsconfig.base.json', '.ci/build.ts'], {
    cwd: ROOT,
    withFileTypes: true,
    exclude: (entry) => ['node_modules', 'dist', 'dist-new', 'dist-old', 'test'].includes(entry.name),
  })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name))
    .sort();
  const hash = createHash('sha256');
  for (const file of files) {
    const bytes = readFileSync(file);
    hash.update(`${file.slice(ROOT.length)}\0${bytes.length}\0`).update(bytes);
  }
  return hash.digest('hex');
}

function run(tool: string, args: string[], cwd: string): Promise<void> {
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, [tool, ...args], { cwd, stdio: ['ignore', 'pipe', 'pipe'] });
    let output = '';
    child.stdout.on('data', (text: Buffer) => (output += text.toString()));
    child.stderr.on('data', (text: Buffer) => (output += text.toString()));
    child.on('error', reject);
    child.on('close', (code) => {
      if (code === 0) resolve();
      else reject(new Error(`The build failed.\n${output}`));
    });
  });
}

/** One build at a time in one work tree: the tests of several workspaces run beside each other. */
async function withLock(work: () => Promise<void>): Promise<void> {
  mkdirSync(NOTES, { recursive: true });
  const lock = join(NOTES, 'build.lock');
  for (;;) {
    try {
      writeFileSync(lock, String(process.pid), { flag: 'wx' });
      break;
    } catch (error) {
      if (!(error instanceof Error && 'code' in error && error.code === 'EEXIST')) throw error;
      if (!holderLives(lock)) rmSync(lock, { force: true });
      else await sleep(100);
    }
  }
  try {
    await work();
  } finally {
    rmSync(lock, { force: true });
  }
}

function holderLives(lock: string): boolean {
  try {
    const pid = Number(readFileSync(lock, 'utf8'));
    if (pid > 0) process.kill(pid, 0);
    return true;
  } catch (error) {
    // Gone in the meantime (ENOENT) or left behind by a process that no longer is (ESRCH).
    return error instanceof Error && 'code' in error && error.code === 'EPERM';
  }
}

if (import.meta.main) {
  const args = process.argv.slice(2);
  const names = args.filter((arg) => arg !== '--force');
  const known = names.filter((name): name is Buildable => BUILDS.has(name as Buildable));
  if (known.length < names.length) {
    process.stderr.write(`Builds are: ${[...BUILDS.keys()].join(', ')}.\n`);
    process.exit(1);
  }
  try {
    await build(known.length > 0 ? known : undefined, args.includes('--force'));
  } catch (error) {
    process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
    process.exit(1);
  }
}
