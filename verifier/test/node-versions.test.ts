import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { build } from '../../.ci/build.ts';

const FOLDER = join(import.meta.dirname, 'node-versions');
const ROOT = join(import.meta.dirname, '../..');

type Lock = { packages: Record<string, { version: string; integrity: string }> };

/** Why the older versions cannot be had here; undefined when they are installed. */
function install(): string | undefined {
  if (process.platform !== 'linux' || process.arch !== 'x64')
    return 'Node 20 and 22 are pinned for linux-x64 only';
  if (isInstalled()) return undefined;
  const { status, stderr } = spawnSync('npm', ['ci', '--ignore-scripts', '--no-audit', '--no-fund'], {
    cwd: FOLDER,
    encoding: 'utf8',
  });
  return status === 0
    ? undefined
    : `npm could not install Node 20 and 22: ${stderr.trim().split('\n').at(-1)}`;
}

function isInstalled(): boolean {
  const record = join(FOLDER, 'node_modules/.package-lock.json');
  if (!existsSync(record)) return false;
  const { packages: held } = JSON.parse(readFileSync(record, 'utf8')) as Lock;
  const { packages: wanted } = JSON.parse(readFileSync(join(FOLDER, 'package-lock.json'), 'utf8')) as Lock;
  return ['node_modules/node20', 'node_modules/node22'].every(
    (path) => held[path]?.integrity === wanted[path]?.integrity,
  );
}

let missing: string | undefined;
beforeAll(async () => {
  await build(['verifier', 'sdk']);
  missing = install();
}, 300_000);

const binary = (major: number) =>
  major === 24 ? process.execPath : join(FOLDER, `node_modules/node${major}/bin/node`);

describe.each([20, 22, 24])('under Node %d', (major) => {
  it.for(['verifier', 'sdk'])('%s loads, the same as ES module and as CommonJS', (name, { skip }) => {
    if (major < 24 && missing !== undefined) skip(missing);
    const { status, stdout, stderr } = spawnSync(
      binary(major),
      [join(FOLDER, 'smoke.mjs'), join(ROOT, name)],
      {
        encoding: 'utf8',
      },
    );
    expect(stderr).toBe('');
    expect(status).toBe(0);
    const report = JSON.parse(stdout) as {
      node: string;
      entries: Record<string, { esm: string[]; cjs: string[] }>;
    };
    expect(Number(report.node.split('.')[0])).toBe(major);
    for (const { esm, cjs } of Object.values(report.entries)) {
      expect(esm.length).toBeGreaterThan(0);
      expect(cjs).toEqual(esm);
    }
  });
});
