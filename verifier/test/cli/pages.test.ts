import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { beforeAll, expect, test } from 'vitest';
import { build } from '../../../.ci/build.ts';
import { reasonCodes } from '../../src/reasons.ts';
import { installPacked } from '../state/installed-package.ts';
import { makeSite, temporaryFolder } from '../state/site.ts';
import { expectCalm, fileWith } from './program.ts';

beforeAll(() => build(['verifier']));

test('The packed package brings the page of every code, where its refusals say that it lies', () => {
  const site = makeSite();
  const program = installPacked(site.vendor, temporaryFolder());
  const home = dirname(dirname(program));
  expect(reasonCodes.filter((code) => !existsSync(join(home, 'dist/codes', `${code}.md`)))).toEqual([]);

  const run = (...args: string[]) => spawnSync(process.execPath, [program, ...args], { encoding: 'utf8' });
  const at = ['--state', site.folder, '--origin', site.origin];
  const refused = run('load', fileWith('no bundle'), ...at);
  expectCalm(refused);
  const [, code = '', page = ''] = /help ([a-z_]+) \((\S+) in the package\)/.exec(refused.stderr) ?? [];
  expect(code).toBe('bundle_malformed');
  expect(existsSync(join(home, page))).toBe(true);
  const shown = run('help', code);
  expectCalm(shown);
  expect(shown).toMatchObject({ status: 0, stderr: '' });
  expect(shown.stdout).toContain(`# ${code}\n`);
});
