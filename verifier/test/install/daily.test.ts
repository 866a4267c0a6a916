import { spawnSync } from 'node:child_process';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { install } from '../cli/program.ts';
import { temporaryFolder } from '../state/site.ts';
import { blocksOf, docs, readPage, run } from './page.ts';

// The page docs/operating/daily.md: its units and its line for cron, without systemd and cron.

const page = readPage('operating/daily.md');
const unit = (name: string): string => readFileSync(join(docs, 'operating', name), 'utf8');
const [service, timer] = ['acme-verifier-doctor.service', 'acme-verifier-doctor.timer'] as const;
const [, version = '0'] =
  /^systemd (\d+)/.exec(spawnSync('systemd-analyze', ['--version'], { encoding: 'utf8' }).stdout ?? '') ?? [];

/** A site, and the page's commands with its folder, its origin and its program in them. */
function prepare() {
  const installed = install();
  const { folder, origin } = installed.site;
  const program = join(installed.package, 'src/cli.ts');
  const here = (text: string) =>
    text
      .replaceAll(
        '/usr/bin/node /usr/local/lib/acme-verifier/acme-verifier.mjs',
        `${process.execPath} ${program}`,
      )
      .replaceAll('/usr/local/bin/acme-verifier', `${process.execPath} ${program}`)
      .replaceAll('/var/lib/acme-verifier', folder)
      .replaceAll('https://orders.example.com', origin);
  return { installed, here };
}

test('The service fails where something has to be done now, and not else', async () => {
  const { installed, here } = prepare();
  const [, command = ''] = /^ExecStart=(.*)$/m.exec(here(unit(service)).replaceAll('\\\n', ' ')) ?? [];
  expect((await run(command, temporaryFolder())).status).toBe(1);
  installed.run(['load', installed.bundleFile()]);
  expect(await run(command, temporaryFolder())).toMatchObject({ status: 0, stderr: '' });
});

test('The line for cron says nothing while all is well, and else what to do', async () => {
  const { installed, here } = prepare();
  const crontab = blocksOf(here(page)).find(({ language }) => language === 'crontab')?.text ?? '';
  const [, command = ''] = /^0 7 \* \* \* acme-verifier (.*)$/m.exec(crontab) ?? [];
  // In a crontab it would end the command.
  expect(command).not.toContain('%');
  const runBySh = () => spawnSync('sh', ['-c', command], { encoding: 'utf8' });
  expect(runBySh().stdout).toMatch(/NOW +bundle/);
  installed.run(['load', installed.bundleFile()]);
  expect(runBySh()).toMatchObject({ status: 0, stdout: '', stderr: '' });
});

test('The units are found in order by systemd', ({ skip }) => {
  if (Number(version) < 250)
    skip('systemd-analyze of systemd 250 or newer is not installed (Debian: systemd)');
  const home = temporaryFolder();
  mkdirSync(join(home, 'state'));
  const files = [service, timer].map((name) => {
    const file = join(home, name);
    writeFileSync(file, unit(name).replaceAll('/usr/bin/node', process.execPath));
    return file;
  });
  expect(spawnSync('systemd-analyze', ['verify', ...files], { encoding: 'utf8' })).toMatchObject({
    status: 0,
    stderr: '',
  });
});

test('The page installs both units', () => {
  const block = blocksOf(page).find(({ about }) => about === 'timer')?.text ?? '';
  for (const name of [service, timer]) expect(block).toContain(name);
});
