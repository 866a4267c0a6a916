import { spawnSync } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';

const ROOT = join(import.meta.dirname, '../..');
const WORKSPACES = ['verifier', 'keys', 'server', 'admin-ui', 'sdk'];

/** Workspaces with the real package.json and rules, and only the sources that a test writes. */
let tree: string;

beforeEach(() => {
  tree = mkdtempSync(join(tmpdir(), 'appwarrant-direction-'));
  const shared = ['package.json', 'tsconfig.base.json', '.dependency-cruiser.mjs'];
  for (const file of [...shared, ...WORKSPACES.map((name) => `${name}/package.json`)]) {
    cpSync(join(ROOT, file), join(tree, file));
  }
  mkdirSync(join(tree, 'node_modules/@appwarrant'), { recursive: true });
  for (const name of WORKSPACES) symlinkSync(join(tree, name), join(tree, 'node_modules/@appwarrant', name));
  for (const name of ['better-sqlite3', 'koa', 'typescript']) {
    symlinkSync(join(ROOT, 'node_modules', name), join(tree, 'node_modules', name));
  }
  for (const name of ['verifier', 'keys', 'sdk']) write(`${name}/src/index.ts`, 'export const one = 1;');
  write('server/src/api-types.ts', 'export const one = 1; export type One = 1;');
});

afterEach(() => rmSync(tree, { recursive: true, force: true }));

function write(path: string, text: string): void {
  mkdirSync(dirname(join(tree, path)), { recursive: true });
  writeFileSync(join(tree, path), text);
}

/** Every rule that was broken, and by which file. */
function violations(): { rule: string; from: string }[] {
  const command = join(ROOT, 'node_modules/dependency-cruiser/bin/dependency-cruiser.mjs');
  const args = [command, '--config', '.dependency-cruiser.mjs', '--output-type', 'json', ...WORKSPACES];
  const { stdout } = spawnSync(process.execPath, args, { cwd: tree, encoding: 'utf8' });
  const report = JSON.parse(stdout) as {
    summary: { violations: { rule: { name: string }; from: string }[] };
  };
  return report.summary.violations.map(({ rule, from }) => ({ rule: rule.name, from }));
}

function broken(): string[] {
  return [...new Set(violations().map(({ rule }) => rule))].sort();
}

it('an import along the arrows passes', () => {
  write('keys/src/a.ts', `import { one } from '@appwarrant/verifier'; export const a = one;`);
  write('server/src/b.ts', `import { one } from '@appwarrant/keys'; export const b = one;`);
  write(
    'admin-ui/src/c.ts',
    `import type { One } from '@appwarrant/server/api-types'; export const c: One = 1;`,
  );
  expect(broken()).toEqual([]);
});

it('an import against the arrows breaks the rule that names it', () => {
  write('verifier/src/inner.ts', 'export const inner = 1;');
  const attempts = [
    ['verifier/src/a.ts', `import '@appwarrant/keys';`, 'direction-verifier'],
    ['verifier/src/b.ts', `import 'koa';`, 'verifier-imports-nothing'],
    ['keys/src/a.ts', `import type { One } from '@appwarrant/server/api-types';`, 'direction-keys'],
    ['keys/src/b.ts', `import '../../verifier/src/inner.ts';`, 'front-door-only'],
    ['keys/src/c.ts', `import 'better-sqlite3';`, 'declared'],
    ['sdk/src/a.ts', `import '@appwarrant/verifier';`, 'sdk-imports-formats-only'],
    [
      'admin-ui/src/a.ts',
      `import { one } from '@appwarrant/server/api-types'; one;`,
      'pages-take-types-only',
    ],
    ['admin-ui/src/b.ts', `import { one } from '@appwarrant/verifier'; one;`, 'pages-take-formats-only'],
    ['server/src/a.ts', `import './missing.ts';`, 'resolvable'],
  ] as const;
  for (const [file, text] of attempts) write(file, text);
  expect(violations()).toEqual(
    expect.arrayContaining(attempts.map(([from, , rule]) => expect.objectContaining({ from, rule }))),
  );
});

it("a feature that imports another feature's store breaks a rule", () => {
  write('server/src/builds/store.ts', 'export const find = 1;');
  write('server/src/reviews/approve.ts', `import { find } from '../builds/store.ts'; export const x = find;`);
  write('server/src/builds/submit.ts', `import { find } from './store.ts'; export const x = find;`);
  expect(broken()).toEqual(['own-store-only']);
});

it('a library with two doors breaks a rule', () => {
  write('server/src/a.ts', `import 'better-sqlite3';`);
  expect(broken()).toEqual([]);
  write('server/src/b.ts', `import 'better-sqlite3';`);
  expect(broken()).toEqual(['one-door-better-sqlite3']);
});
