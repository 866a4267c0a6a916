import { spawn, spawnSync, type ChildProcess } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { createInterface } from 'node:readline';
import { afterEach, expect, test } from 'vitest';
import { forgeryLimits } from '../../src/http/forgery-limit.ts';
import type { Receipt } from '../../src/http/receipt.ts';
import { newNonce } from '../http/sign.ts';
import { exchange, headOf, parseAnswers } from '../http/socket.ts';
import { blocksOf, docs, linksOf, readPage } from '../install/page.ts';
import { makeSite, nextBundle, start, temporaryFolder } from '../state/site.ts';
import { makePackage, runProgram } from '../state/vendor-package.ts';
import { signNow } from '../tricks/honest.ts';

// The examples of docs/operating/receipts.md, as they stand there but for names; and that the numbers of limits.md are those of the code.

const running: ChildProcess[] = [];
afterEach(() => {
  for (const child of running.splice(0)) child.kill('SIGKILL');
});

test('A server stores receipts beside its records; they verify, and records without one are found', async () => {
  const site = makeSite();
  start(site).load(nextBundle(site));
  const folder = temporaryFolder();
  const program = makePackage(site.vendor);
  mkdirSync(join(folder, 'node_modules'));
  symlinkSync(program, join(folder, 'node_modules/acme-verifier'));
  const page = readPage('operating/receipts.md');
  for (const { language, about, text } of blocksOf(page)) {
    if (language !== 'js') continue;
    const own = text
      .replaceAll('/var/lib/acme-verifier', site.folder)
      .replaceAll('https://orders.example.com', site.origin)
      .replaceAll(/\.listen\(\d+,/g, '.listen(0,');
    writeFileSync(join(folder, about), own);
  }
  const options = { cwd: folder, env: { ...process.env, NODE_OPTIONS: '' } };
  const args = ['--conditions=appwarrant-source', 'server.mjs'];
  const child = spawn(process.execPath, args, { ...options, stdio: ['ignore', 'pipe', 'inherit'] });
  running.push(child);
  const port = await new Promise<number>((resolve) => {
    createInterface(child.stdout).once('line', (line) => resolve(Number(line.split(' ')[1])));
  });

  const post = (body: string) =>
    ({ method: 'POST', body, headers: [['Content-Type', 'application/json']] }) as const;
  // Right after a start the server asks for the answer to a challenge.
  const [first] = parseAnswers(
    await exchange(port, headOf(signNow(site, post('{"item":"anchor"}'))), '{"item":"anchor"}'),
  );
  const { challenge } = JSON.parse(first?.body ?? '{}') as { challenge?: string };
  expect(challenge).toBeDefined();
  const admitted = async (body: string): Promise<void> => {
    const request = signNow(site, { ...post(body), nonce: `${challenge ?? ''}.${newNonce()}` });
    expect(await exchange(port, headOf(request), body)).toMatch(/^HTTP\/1\.1 201 /);
  };
  await admitted('{"item":"anchor"}');
  await admitted('{"item":"buoy"}');
  // Somebody who has no approved key writes into the file, as a rewritten server would; and with another's receipt.
  const file = join(folder, 'orders.jsonl');
  const records = readFileSync(file, 'utf8').trim().split('\n');
  const { receipt } = JSON.parse(records[0] ?? '') as { receipt: Receipt };
  writeFileSync(
    file,
    [
      ...records,
      JSON.stringify({ order: { item: 'smuggled' } }),
      JSON.stringify({ order: { item: 'copied' }, receipt }),
    ]
      .map((line) => `${line}\n`)
      .join(''),
  );
  const found = spawnSync(process.execPath, ['without-receipts.mjs'], { ...options, encoding: 'utf8' });
  expect(found.stdout).toBe('record 3 has no receipt: {"item":"smuggled"}\n');

  const command =
    blocksOf(page)
      .find(({ language }) => language === 'sh')
      ?.text.trim() ?? '';
  const [name, ...typed] = command
    .replace('orders.receipts', join(folder, 'orders.receipts'))
    .replace('/var/lib/acme-verifier', site.folder)
    .split(' ');
  expect(name).toBe('acme-verifier');
  const verified = runProgram(program, typed);
  expect(verified.stdout).toMatch(/^VERIFIED +2 +the approval is in force/m);
  expect(verified.stdout).toMatch(/^FAILED +1 +replayed +first at line 3$/m);
  expect(verified.status).toBe(1);
}, 60_000);

test.each(['receipts', 'limits'])('The links of %s.md lead to pages', (name) => {
  const page = `operating/${name}.md`;
  const links = linksOf(readPage(page));
  expect(links.length).toBeGreaterThan(2);
  for (const link of links) expect(existsSync(join(docs, dirname(page), link)), link).toBe(true);
});

test('The limits that are written down are those of the code', () => {
  const { network, key, all, known } = forgeryLimits;
  const rows = [
    ...readPage('operating/limits.md').matchAll(/^\| [^|]+ \| ([0-9,]+) \| ([0-9,]+) \| [0-9]+ % \|$/gm),
  ].map(([, burst = '', perSecond = '']) =>
    [burst, perSecond].map((text) => Number(text.replaceAll(',', ''))),
  );
  expect(rows).toEqual([network, key, all, known].map(({ burst, perSecond }) => [burst, perSecond]));
  const specification = readFileSync(join(docs, '../verifier/SPEC.md'), 'utf8');
  const [section = ''] = /\*\*10\.12 .*?(?=\n\n)/s.exec(specification) ?? [];
  for (const number of [network, key, all, known].flatMap(({ burst, perSecond }) => [burst, perSecond]))
    expect(section).toContain(String(number));
  expect(section).toContain(network.most.toLocaleString('en'));
  expect(section).toContain(known.most.toLocaleString('en'));
});
