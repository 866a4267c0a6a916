import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { build } from '../../.ci/build.ts';
import { installOlderNodes, olderNode } from '../../.ci/older-nodes.ts';

const FOLDER = join(import.meta.dirname, 'node-versions');
const ROOT = join(import.meta.dirname, '../..');

let missing: string | undefined;
beforeAll(async () => {
  await build(['verifier', 'sdk']);
  missing = installOlderNodes();
}, 300_000);

const binary = (major: 20 | 22 | 24) => (major === 24 ? process.execPath : olderNode(major));

describe.each([20, 22, 24] as const)('under Node %d', (major) => {
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
