import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { beforeAll, describe, expect, test } from 'vitest';
import { build } from '../../../.ci/build.ts';

const ROOT = join(import.meta.dirname, '../../..');

describe('the story', () => {
  beforeAll(() => build(['verifier', 'sdk', 'admin-ui']), 300_000);

  test.skipIf(process.platform !== 'linux')(
    'leaves no process and no file behind when it is interrupted (looks into /proc: Linux only)',
    { timeout: 120_000 },
    async () => {
      const folder = mkdtempSync(join(tmpdir(), 'appwarrant-story-'));
      const args = ['--conditions=appwarrant-source', join(ROOT, 'server/demo/demo.ts')];
      const told = spawn(process.execPath, args, {
        env: { ...process.env, TMPDIR: folder },
        detached: true,
        stdio: ['ignore', 'pipe', 'inherit'],
      });
      let text = '';
      // Said once the portal runs.
      await new Promise<void>((resolve) => {
        told.stdout.on('data', (part: Buffer) => {
          text += part.toString();
          if (text.includes('Two approvers are enrolled')) resolve();
        });
      });
      told.kill('SIGTERM');
      expect(await once(told, 'exit')).toEqual([1, null]);
      expect(readdirSync(folder)).toEqual([]);
      await expect.poll(() => runningIn(told.pid)).toEqual([]);
      rmSync(folder, { recursive: true });
    },
  );

  test(
    'gives every verdict as expected, and the README shows exactly its table',
    { timeout: 300_000 },
    async () => {
      // It exits with 0 only if every verdict was the expected one; otherwise this rejects with all that it said.
      const demo = join(ROOT, 'server/demo/demo.ts');
      const told = await promisify(execFile)(process.execPath, [
        '--conditions=appwarrant-source',
        demo,
        '--markdown',
      ]);
      const readme = readFileSync(join(ROOT, 'README.md'), 'utf8');
      const shown = /<!-- demo:begin -->\n([^]*)<!-- demo:end -->/.exec(readme)?.[1];
      expect(shown).toBe(told.stdout);
    },
  );
});

/** The processes of a group that run. One that has ended may be listed until somebody has asked how (state Z). */
function runningIn(group: number | undefined): string[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .filter((name) => {
      const stat = existsSync(`/proc/${name}/stat`) ? readFileSync(`/proc/${name}/stat`, 'utf8') : '';
      const [state, , of] = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
      return Number(of) === group && state !== 'Z';
    });
}
