import { spawn, spawnSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync, utimesSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { afterEach, expect, test, vi } from 'vitest';
import { inTurn } from '../../src/folder-lock.ts';
import { temporaryFolder } from './site.ts';

const source = pathToFileURL(join(import.meta.dirname, '../../src/folder-lock.ts')).href;

afterEach(() => void vi.useRealTimers());

test('A lock is as old as the disk says, and not as the clock says of whoever asks', () => {
  const folder = temporaryFolder();
  const [lock, released] = [join(folder, 'loading'), join(temporaryFolder(), 'released')];
  writeFileSync(lock, 'elsewhere 1 x');
  const release = `const fs = require('node:fs');
    setTimeout(() => { fs.writeFileSync(${JSON.stringify(released)}, ''); fs.rmSync(${JSON.stringify(lock)}); }, 300);`;
  spawn(process.execPath, ['-e', release], { stdio: 'ignore' });
  vi.useFakeTimers({ toFake: ['Date'], now: Date.now() + 3_600_000 });
  expect(inTurn(folder, () => existsSync(released))).toBe(true);
});

test('A lock whose owner died elsewhere goes, and nothing stays of those that came after it', () => {
  const folder = temporaryFolder();
  const lock = join(folder, 'loading');
  writeFileSync(lock, 'elsewhere 1 x');
  utimesSync(lock, new Date(), new Date(Date.now() - 31_000));
  expect(inTurn(folder, () => readFileSync(lock, 'latin1'))).toContain(` ${process.pid} `);
  expect(readdirSync(folder)).toEqual([]);
});

test('Whoever takes a lock removes no other that has taken its place', () => {
  const folder = temporaryFolder();
  const lock = join(folder, 'loading');
  inTurn(folder, () => writeFileSync(lock, 'elsewhere 1 x'));
  expect(readFileSync(lock, 'latin1')).toBe('elsewhere 1 x');
});

test('Processes take turns on a disk that knows no links, too', () => {
  const folder = temporaryFolder();
  const script = `import { readFileSync } from 'node:fs';
    import { inTurn, isTaken } from ${JSON.stringify(source)};
    const folder = ${JSON.stringify(folder)};
    inTurn(folder, () => console.log(isTaken(folder), readFileSync(folder + '/loading', 'latin1').split(' ')[1] === String(process.pid)));
    console.log(isTaken(folder));`;
  const preload = pathToFileURL(join(import.meta.dirname, 'no-links.mjs')).href;
  const { stdout } = spawnSync(
    process.execPath,
    ['--no-warnings', '--import', preload, '--input-type=module', '-e', script],
    { encoding: 'utf8' },
  );
  // Its own lock is one of a process with the same number, and so of none: only what it says is seen.
  expect(stdout).toBe('false true\nfalse\n');
  expect(readdirSync(folder)).toEqual([]);
});
