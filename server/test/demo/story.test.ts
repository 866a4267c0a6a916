import { execFile } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { beforeAll, describe, expect, test } from 'vitest';
import { build } from '../../../.ci/build.ts';

const ROOT = join(import.meta.dirname, '../../..');

describe('the story', () => {
  beforeAll(() => build(['verifier', 'sdk', 'admin-ui']), 300_000);

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
