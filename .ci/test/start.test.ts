import { spawn, spawnSync, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { installOlderNodes, olderNode } from '../older-nodes.ts';

const ROOT = join(import.meta.dirname, '../..');
const PINNED = `node-${process.platform === 'win32' ? 'win' : process.platform}-${process.arch}`;

/** A project of its own, with the real start.mjs and tasks that do what a test wants. */
let project: string;

beforeEach(() => {
  project = mkdtempSync(join(tmpdir(), 'appwarrant-start-'));
  for (const folder of ['.ci', 'node_modules', 'server/src'])
    mkdirSync(join(project, folder), { recursive: true });
  cpSync(join(ROOT, 'start.mjs'), join(project, 'start.mjs'));
  symlinkSync(join(ROOT, 'node_modules', PINNED), join(project, 'node_modules', PINNED));
  write('package.json', '{ "type": "module" }');
  write('.ci/build.ts', '');
  install({});
});

afterEach(() => rmSync(project, { recursive: true, force: true }));

function write(path: string, text: string): void {
  writeFileSync(join(project, path), text);
}

/** Makes the lock file name these packages, and node_modules hold those: the same, unless a test says otherwise. */
function install(wanted: Record<string, object>, held = wanted): void {
  write('package-lock.json', JSON.stringify({ packages: { '': {}, ...wanted } }));
  write('node_modules/.package-lock.json', JSON.stringify({ packages: held }));
}

function start(...args: string[]): { status: number | null; stdout: string; stderr: string } {
  // A stand-in for npm that says what it was asked for.
  write(
    'npm.js',
    `require('fs').writeFileSync(__dirname + '/npm-was-asked', process.argv.slice(2).join(' '))`,
  );
  write('package.json', '{}');
  const env = { ...process.env, npm_execpath: join(project, 'npm.js') };
  return spawnSync(process.execPath, [join(project, 'start.mjs'), ...args], { encoding: 'utf8', env });
}

function npmWasAsked(): string | undefined {
  try {
    return readFileSync(join(project, 'npm-was-asked'), 'utf8');
  } catch {
    return undefined;
  }
}

describe('start.mjs', () => {
  it('hands on the arguments and the exit code', () => {
    write('server/src/main.ts', 'process.stdout.write(process.argv.slice(2).join()); process.exit(7)');
    expect(start('start', '--sample', 'a b')).toMatchObject({ status: 7, stdout: '--sample,a b' });
  });

  it('runs the pinned Node with the sources of the workspaces', () => {
    write('server/src/main.ts', 'console.log(process.version, process.execArgv.join())');
    const { version } = JSON.parse(
      readFileSync(join(ROOT, 'node_modules', PINNED, 'package.json'), 'utf8'),
    ) as { version: string };
    expect(start('start').stdout).toBe(`v${version} --conditions=appwarrant-source\n`);
  });

  it('uses the Node that runs it where npm has none for the platform, if it is new enough, else asks for one', (context) => {
    rmSync(join(project, 'node_modules', PINNED));
    write('server/src/main.ts', 'console.log(process.version)');
    expect(start('start')).toMatchObject({ status: 0, stdout: `${process.version}\n` });
    const why = installOlderNodes();
    if (why !== undefined) context.skip(why);
    const { status, stdout, stderr } = spawnSync(olderNode(20), [join(project, 'start.mjs'), 'start'], {
      encoding: 'utf8',
    });
    expect([status, stdout]).toEqual([1, '']);
    expect(stderr).toMatch(
      /^npm has no Node 24 for .*: please install Node 24\.2 or newer, and try again\.\n$/,
    );
  });

  it('names the tasks in one sentence when it is given another', () => {
    const { status, stderr } = start('dance');
    expect(status).toBe(1);
    expect(stderr).toMatch(/^Say what to do: .*start.*test.*\n$/);
  });

  it('does not start a task whose build failed', () => {
    write('.ci/build.ts', 'process.exit(3)');
    write('server/src/main.ts', 'console.log("started")');
    expect(start('start')).toMatchObject({ status: 1, stdout: '' });
  });

  it.each(['SIGINT', 'SIGTERM', 'SIGHUP'] as const)(
    'passes %s on, and ends as the task does',
    async (signal) => {
      write(
        'server/src/main.ts',
        `process.on('${signal}', () => process.exit(5)); setInterval(() => {}, 1000); console.log('ready')`,
      );
      const child = await begun();
      child.kill(signal);
      expect(await once(child, 'exit')).toEqual([5, null]);
    },
  );

  it('answers 128 and the number of the signal that killed the task', async () => {
    write('server/src/main.ts', `setInterval(() => {}, 1000); console.log('ready', process.pid)`);
    const child = await begun((line) => process.kill(Number(line.split(' ')[1]), 'SIGKILL'));
    expect(await once(child, 'exit')).toEqual([137, null]);
  });

  /** Without a terminal, so that a signal reaches the task only if it is passed on. */
  async function begun(onReady?: (line: string) => void): Promise<ChildProcess> {
    const child = spawn(process.execPath, [join(project, 'start.mjs'), 'start'], {
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    const [line] = (await once(child.stdout, 'data')) as [Buffer];
    onReady?.(line.toString());
    return child;
  }
});

describe('start.mjs installs', () => {
  const KOA = { 'node_modules/koa': { version: '3.3.0', integrity: 'sha512-a' } };

  beforeEach(() => write('server/src/main.ts', ''));

  it('nothing when node_modules holds what the lock file names', () => {
    install(KOA);
    expect(start('start').status).toBe(0);
    expect(npmWasAsked()).toBeUndefined();
  });

  it.each([
    ['a package is missing', {}],
    ['a package has other contents', { 'node_modules/koa': { version: '3.3.0', integrity: 'sha512-b' } }],
    ['a package is left over', { ...KOA, 'node_modules/left': { version: '1.0.0', integrity: 'sha512-c' } }],
  ])('what the lock file names when %s, without install scripts', (_case, held) => {
    install(KOA, held);
    expect(start('start').stderr).toMatch(/^Installing .*\n$/);
    expect(npmWasAsked()).toMatch(/^ci --ignore-scripts /);
  });

  it('when there is no record of a finished install', () => {
    rmSync(join(project, 'node_modules/.package-lock.json'));
    start('start');
    expect(npmWasAsked()).toMatch(/^ci /);
  });

  it('nothing for an optional package of another platform', () => {
    install({ 'node_modules/x': { version: '1.0.0', integrity: 'sha512-d', optional: true } }, {});
    start('start');
    expect(npmWasAsked()).toBeUndefined();
  });
});
