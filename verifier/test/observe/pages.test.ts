import { spawn, spawnSync, type ChildProcess } from 'node:child_process';
import { cpSync, existsSync, mkdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { afterEach, describe, expect, test } from 'vitest';
import { send } from '../http/socket.ts';
import { blocksOf, linksOf, readPage } from '../install/page.ts';
import { makeSite, nextBundle, start, temporaryFolder, type Site } from '../state/site.ts';
import { makePackage, runProgram } from '../state/vendor-package.ts';
import { signNow } from '../tricks/honest.ts';
import { parseExposition } from './parse-exposition.ts';
import { watch } from './watched.ts';

// Every example in these pages is run as it stands there, but for names: the folder, the origin and the ports are those of the test.

const pages = ['metrics', 'logs', 'tracing', 'alerts'].map((name) => `operating/${name}.md`);
const modules = join(import.meta.dirname, '../../../node_modules');

const running: ChildProcess[] = [];
afterEach(() => {
  for (const child of running.splice(0)) child.kill('SIGKILL');
});

/** Writes the JavaScript of a page into a folder in which the vendor's package is installed. */
function install(page: string, site: Site): { readonly folder: string; readonly program: string } {
  const folder = temporaryFolder();
  const program = makePackage(site.vendor);
  mkdirSync(join(folder, 'node_modules/@opentelemetry'), { recursive: true });
  symlinkSync(program, join(folder, 'node_modules/acme-verifier'));
  for (const name of ['api', 'sdk-trace-base'])
    symlinkSync(join(modules, '@opentelemetry', name), join(folder, 'node_modules/@opentelemetry', name));
  for (const { language, about, text } of blocksOf(readPage(page))) {
    if (language !== 'js') continue;
    const own = text
      .replaceAll('/var/lib/acme-verifier', site.folder)
      .replaceAll('https://orders.example.com', site.origin)
      .replaceAll(/\.listen\(\d+,/g, '.listen(0,');
    writeFileSync(join(folder, about), own);
  }
  return { folder, program };
}

/** Starts `server.mjs` of a page, over a site that has loaded a bundle; gives the ports that it tells, and what it writes as errors. */
async function serve(page: string, names: readonly string[]) {
  const site = makeSite();
  start(site).load(nextBundle(site));
  const { folder, program } = install(page, site);
  const child = spawn(process.execPath, ['--conditions=appwarrant-source', join(folder, 'server.mjs')], {
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { ...process.env, NODE_OPTIONS: '' },
  });
  running.push(child);
  let errors = '';
  child.stderr.on('data', (chunk: Buffer) => (errors += chunk.toString()));
  const ports = new Map<string, number>();
  const lines = createInterface(child.stdout);
  lines.on('line', (line) => {
    const [name = '', port = ''] = line.split(' ');
    ports.set(name, Number(port));
  });
  await expect.poll(() => names.every((name) => ports.has(name)) || errors, { timeout: 20_000 }).toBe(true);
  return { site, program, port: (name: string) => ports.get(name) ?? 0, errors: () => errors };
}

describe('The example in docs/operating', () => {
  test('metrics.md tells what it has admitted and refused', async () => {
    const { site, port } = await serve('operating/metrics.md', ['orders', 'metrics']);
    // Signed before the server's start, or at once: both are decisions.
    await send(port('orders'), signNow(site));
    await send(port('orders'), { method: 'GET', target: '/', headers: [['Host', 'a']] });
    const response = await fetch(`http://127.0.0.1:${String(port('metrics'))}/metrics`);
    expect(response.headers.get('content-type')).toBe('text/plain; version=0.0.4; charset=utf-8');
    const families = parseExposition(await response.text());
    const sum = (name: string) => families.get(name)?.samples.reduce((all, { value }) => all + value, 0) ?? 0;
    expect(sum('appwarrant_admitted_total') + sum('appwarrant_refused_total')).toBe(2);
    expect(sum('appwarrant_admitting')).toBe(1);
  });

  test('logs.md writes lines that explain reads', async () => {
    const { site, port, errors, program } = await serve('operating/logs.md', ['orders']);
    await send(port('orders'), {
      method: 'GET',
      target: '/a?b=secret',
      headers: [
        ['Host', 'a'],
        ['Cookie', 'secret'],
      ],
    });
    await expect.poll(errors).toContain('appwarrant/verdict/1');
    expect(errors()).not.toContain('secret');
    const file = join(temporaryFolder(), 'refused.log');
    writeFileSync(file, errors());
    const [command = ''] = blocksOf(readPage('operating/logs.md'))
      .filter(({ about }) => about === 'explain')
      .map(({ text }) => text.trim());
    const args = command
      .split(' ')
      .slice(1)
      .map(
        (word) =>
          ({
            'refused.log': file,
            '/var/lib/acme-verifier': site.folder,
            'https://orders.example.com': site.origin,
          })[word] ?? word,
      );
    const told = runProgram(program, args);
    expect(told.stderr).toBe('');
    expect(told.stdout).toContain('proof_missing (401), Request not signed.');
    expect(told.stdout).toContain(`GET ${site.origin}/a?b=xxxxxx`);
  });

  test('tracing.md serves', async () => {
    const { site, port } = await serve('operating/tracing.md', ['orders']);
    const answers = await send(port('orders'), signNow(site));
    expect(JSON.stringify(answers)).toMatch(/200|proof_before_start/);
  });

  test('tracing.md makes a span of each verdict, within the one that is active', () => {
    const site = makeSite();
    const { folder } = install('operating/tracing.md', site);
    const program = join(folder, 'traced-program.mjs');
    cpSync(join(import.meta.dirname, 'traced-program.mjs'), program);
    const bundle = join(folder, 'bundle');
    writeFileSync(bundle, nextBundle(site));
    const input = JSON.stringify({
      stateDir: site.folder,
      origin: site.origin,
      bundle,
      admitted: signNow(site),
      refused: { method: 'GET', target: '/', headers: [] },
      verifierPackage: 'acme-verifier',
      example: './tracing.mjs',
    });
    const done = spawnSync(process.execPath, ['--conditions=appwarrant-source', program], {
      input,
      encoding: 'utf8',
      env: { ...process.env, NODE_OPTIONS: '' },
    });
    expect(done.stderr).toBe('');
    const { spans, lines } = JSON.parse(done.stdout) as { spans: Span[]; lines: string[] };
    const [admitted, parent, refused] = spans;
    expect(admitted).toMatchObject({
      name: 'appwarrant.verify',
      parent: parent?.id,
      attributes: {
        'appwarrant.outcome': 'admitted',
        'appwarrant.app': 'orders',
        'appwarrant.freshness': 'fresh',
      },
    });
    expect(admitted?.nanoseconds).toBeGreaterThan(0);
    expect(refused).toMatchObject({
      parent: null,
      status: 2,
      attributes: { 'appwarrant.code': 'proof_missing' },
    });
    expect(lines).toEqual([]);
  });
});

type Span = {
  readonly id: string;
  readonly nanoseconds: number;
};

describe.each(pages)('docs/%s', (page) => {
  test('links to files that are there', () => {
    const folder = join(import.meta.dirname, '../../../docs/operating');
    for (const link of linksOf(readPage(page)).filter((each) => each !== ''))
      expect(existsSync(join(folder, link)), link).toBe(true);
  });
});

test('docs/operating/metrics.md names every metric, with its labels, and no other', async () => {
  const { createMetrics } = await import('../../src/metrics.ts');
  const { site, verifier, told } = watch();
  verifier.check(signNow(site));
  const metrics = createMetrics(() => verifier.status());
  for (const verdict of told) metrics.onVerdict(verdict);
  const families = parseExposition(metrics.text());
  const page = readFileSync(join(import.meta.dirname, '../../../docs/operating/metrics.md'), 'utf8');
  const rows = new Map(
    [...page.matchAll(/^\| `(appwarrant_\w+)` +\|(?: (?:counter|histogram) +\|)? ([^|]*)\|/gm)].map(
      ([, name = '', labels = '']) => [name, [...labels.matchAll(/`(\w+)`/g)].map(([, label]) => label)],
    ),
  );
  expect([...rows.keys()].sort()).toEqual([...families.keys()].sort());
  for (const [name, { samples }] of families) {
    const labels = Object.keys(samples[0]?.labels ?? {}).filter((label) => label !== 'le');
    if (samples.length > 0) expect(new Set(labels), name).toEqual(new Set(rows.get(name)));
  }
});
