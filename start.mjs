// Every root script goes through here: `node start.mjs <task> [arguments]`.
// Needs nothing but Node 20 and npm. Installs what package-lock.json names, builds what the task needs,
// and runs the task on the Node version that the project pins. Passes on signals and the exit code.
// In package.json `start` says `exec`: a shell in between would keep signals that are sent to npm. Where the shell has
// no `exec` (Windows), say `node start.mjs start`.

import { spawn, spawnSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { constants } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const ROOT = dirname(fileURLToPath(import.meta.url));
const OLDEST_NODE = [24, 2];

/** The program that each task runs, its own first arguments, and the builds that it uses. */
const TASKS = new Map([
  ['start', { program: 'server/src/main.ts', builds: ['verifier', 'sdk', 'admin-ui'] }],
  ['portal', { program: 'server/src/portal.ts', builds: ['verifier', 'sdk', 'admin-ui'] }],
  ['ceremony', { program: 'keys/src/ceremony-command.ts' }],
  ['demo', { program: 'server/demo/demo.ts', builds: ['verifier', 'sdk', 'admin-ui'] }],
  ['bench', { program: 'server/bench/bench.ts', builds: ['verifier'] }],
  ['vectors', { program: 'verifier/vectors/run.ts' }],
  ['test', { program: '.ci/test.ts' }],
  ['check', { program: '.ci/check.ts' }],
  ['build', { program: '.ci/build.ts' }],
  ['format', { program: 'node_modules/prettier/bin/prettier.cjs', args: ['--write', ROOT] }],
]);

const [name = '', ...given] = process.argv.slice(2);
const task = TASKS.get(name);
if (task === undefined) fail(`Say what to do: node start.mjs ${[...TASKS.keys()].join(' | ')}`);

install();
const node = findNode();
if (task.builds !== undefined) build(task.builds);
run([join(ROOT, task.program), ...(task.args ?? []), ...given]);

/** Runs `npm ci` unless node_modules already holds what package-lock.json names. */
function install() {
  if (isInstalled()) return;
  process.stderr.write('Installing the packages that AppWarrant uses (once, about a minute) …\n');
  // No package of ours needs an install script, so none of anybody else's gets to run one.
  const options = [
    'ci',
    '--ignore-scripts',
    '--include=dev',
    '--include=optional',
    '--no-audit',
    '--no-fund',
  ];
  const npm = process.env.npm_execpath;
  const [command, first] = npm?.endsWith('.js') ? [process.execPath, [npm]] : ['npm', []];
  const outcome = spawnSync(command, [...first, ...options, '--loglevel=error'], {
    cwd: ROOT,
    encoding: 'utf8',
    shell: command === 'npm' && process.platform === 'win32',
  });
  if (outcome.error) fail(`npm could not be run (${outcome.error.message}): AppWarrant needs it to install.`);
  if (outcome.status !== 0) fail(`npm could not install the packages.\n${outcome.stdout}${outcome.stderr}`);
}

/**
 * Compares package-lock.json with the record that npm leaves in node_modules at the very end of an install.
 * An optional package may be absent: it was made for another platform.
 */
function isInstalled() {
  const record = join(ROOT, 'node_modules', '.package-lock.json');
  if (!existsSync(record)) return false;
  const wanted = JSON.parse(readFileSync(join(ROOT, 'package-lock.json'), 'utf8')).packages;
  const held = JSON.parse(readFileSync(record, 'utf8')).packages;
  const isOptional = (entry) => entry.optional === true || entry.devOptional === true;
  return (
    Object.entries(wanted).every(([path, entry]) => {
      if (!path.includes('node_modules/') || entry.link) return true;
      return held[path] === undefined ? isOptional(entry) : held[path].integrity === entry.integrity;
    }) && Object.keys(held).every((path) => wanted[path] !== undefined)
  );
}

/**
 * The pinned Node; on a platform for which npm has none, the one that runs this file, if it is new enough.
 * @returns {string}
 */
function findNode() {
  const platform = process.platform === 'win32' ? 'win' : process.platform;
  const binary = process.platform === 'win32' ? 'node.exe' : 'node';
  const pinned = join(ROOT, 'node_modules', `node-${platform}-${process.arch}`, 'bin', binary);
  if (existsSync(pinned) && spawnSync(pinned, ['--version']).status === 0) return pinned;
  const [major, minor] = process.versions.node.split('.').map(Number);
  if (major > OLDEST_NODE[0] || (major === OLDEST_NODE[0] && minor >= OLDEST_NODE[1]))
    return process.execPath;
  return fail(
    `npm has no Node 24 for ${process.platform} on ${process.arch}, and this is Node ${process.versions.node}: ` +
      `please install Node ${OLDEST_NODE.join('.')} or newer, and try again.`,
  );
}

/** Brings the builds up to date. Their own program decides whether there is anything to do. */
function build(names) {
  const outcome = spawnSync(node, [join(ROOT, '.ci/build.ts'), ...names], { stdio: 'inherit' });
  if (outcome.status !== 0) process.exit(1);
}

/** Runs the task to its end, and ends as it did. */
function run(args) {
  // Workspaces import each other's sources; see "exports" in their package.json.
  const child = spawn(node, ['--conditions=appwarrant-source', ...args], { stdio: 'inherit' });
  const atTerminal = process.stdin.isTTY || process.stdout.isTTY || process.stderr.isTTY;
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) {
    process.on(signal, () => {
      // Ctrl-C reaches every process of the terminal's foreground group, the task included.
      if (!(signal === 'SIGINT' && atTerminal)) child.kill(signal);
    });
  }
  child.on('error', (error) => fail(`${node} could not be run: ${error.message}`));
  child.on('exit', (code, signal) => {
    process.exit(signal === null ? code : 128 + (constants.signals[signal] ?? 0));
  });
}

/**
 * One sentence, and the end.
 * @returns {never}
 */
function fail(sentence) {
  process.stderr.write(`${sentence}\n`);
  process.exit(1);
}
