// The portal as an owner runs it: a process of its own.

import { spawn, type ChildProcessWithoutNullStreams } from 'node:child_process';
import { once } from 'node:events';
import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { afterAll, expect, test } from 'vitest';

const MAIN = join(import.meta.dirname, '../../src/main.ts');
const folder = mkdtempSync(join(tmpdir(), 'appwarrant-start-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

interface Run {
  readonly child: ChildProcessWithoutNullStreams;
  readonly output: () => string;
  /** The exit code, once it has ended. */
  readonly ended: Promise<number | null>;
  /** Resolves once the greeting is complete. */
  readonly greeted: Promise<void>;
}

interface How {
  readonly uid?: number;
  readonly args?: readonly string[];
}

function start(environment: Readonly<Record<string, string>>, { uid, args = [] }: How = {}): Run {
  const child = spawn(process.execPath, ['--conditions=appwarrant-source', MAIN, ...args], {
    env: { PATH: process.env['PATH'] ?? '', HOME: folder, PORT: '0', ...environment },
    ...(uid === undefined ? {} : { uid }),
  });
  let text = '';
  const greeted = new Promise<void>((resolve) => {
    const take = (part: Buffer) => {
      text += part.toString();
      if (text.includes('Ctrl-C stops')) resolve();
    };
    child.stdout.on('data', take);
    child.stderr.on('data', take);
  });
  const ended = once(child, 'exit').then(([code]) => code as number | null);
  return { child, output: () => text, ended, greeted: Promise.race([greeted, ended.then(() => {})]) };
}

const linkIn = (output: string) => /(http:\/\/localhost:\d+)\/invitation#([A-Za-z0-9_-]{43})/.exec(output);

test('the first start makes what it needs, prints a link that works, and ends with 0 at Ctrl-C', async () => {
  const data = join(folder, 'first');
  const run = start({ APPWARRANT_DATA: data });
  await run.greeted;
  const [, origin = '', token = ''] = linkIn(run.output()) ?? [];
  expect(origin).not.toBe('');
  expect((await fetch(`${origin}/healthz`)).status).toBe(200);
  const invitation = await (await fetch(`${origin}/api/v1/invitations/${token}`)).json();
  expect(invitation).toMatchObject({ kind: 'admin', first: true });
  expect(readdirSync(data)).toEqual(
    expect.arrayContaining(['appwarrant.db', 'artifacts', 'development-keys']),
  );
  expect(statSync(data).mode & 0o777).toBe(0o700);
  run.child.kill('SIGINT');
  expect(await run.ended).toBe(0);
});

test('a second start keeps the registry, and prints a new link while nobody is enrolled', async () => {
  const data = join(folder, 'second');
  const registries: string[] = [];
  const links: string[] = [];
  for (let time = 0; time < 2; time += 1) {
    const run = start({ APPWARRANT_DATA: data });
    await run.greeted;
    const [, origin = '', token = ''] = linkIn(run.output()) ?? [];
    const vendor = (await (await fetch(`${origin}/api/v1/vendor`)).json()) as { registry: string };
    registries.push(vendor.registry);
    links.push(token);
    run.child.kill('SIGTERM');
    expect(await run.ended).toBe(0);
  }
  expect(registries[0]).toBe(registries[1]);
  expect(links[0]).not.toBe(links[1]);
});

test('requests under way end before the portal does', async () => {
  const run = start({ APPWARRANT_DATA: join(folder, 'drain') });
  await run.greeted;
  const [, origin = ''] = linkIn(run.output()) ?? [];
  const answers = Array.from({ length: 20 }, () =>
    fetch(`${origin}/openapi.json`).then((answer) => answer.text()),
  );
  const first = await Promise.race(answers);
  run.child.kill('SIGINT');
  expect(first).toContain('openapi');
  expect(await run.ended).toBe(0);
});

async function failure(environment: Readonly<Record<string, string>>, how: How = {}): Promise<string> {
  const run = start(environment, how);
  expect(await run.ended).toBe(1);
  const lines = run.output().trim().split('\n');
  expect(lines).toHaveLength(1);
  return lines[0] ?? '';
}

test('a taken port is named, and nothing is made', async () => {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as { port: number };
  const data = join(folder, 'taken');
  expect(await failure({ PORT: String(port), APPWARRANT_DATA: data })).toContain(`Port ${port} is taken`);
  expect(existsSync(data)).toBe(false);
  server.close();
});

test('a second portal on the same data folder is refused, and the first goes on', async () => {
  const data = join(folder, 'shared');
  const first = start({ APPWARRANT_DATA: data });
  await first.greeted;
  expect(await failure({ APPWARRANT_DATA: data })).toContain('Another portal serves the data folder');
  const [, origin = ''] = linkIn(first.output()) ?? [];
  expect((await fetch(`${origin}/healthz`)).status).toBe(200);
  first.child.kill('SIGKILL');
  await first.ended;
  const next = start({ APPWARRANT_DATA: data });
  await next.greeted;
  expect(linkIn(next.output())).not.toBeNull();
  next.child.kill('SIGINT');
  expect(await next.ended).toBe(0);
});

test('what an upload that was cut off has left is removed at the next start', async () => {
  const data = join(folder, 'cut-off');
  mkdirSync(join(data, 'uploads'), { recursive: true });
  writeFileSync(join(data, 'uploads', 'f-half'), 'half of it');
  const run = start({ APPWARRANT_DATA: data });
  await run.greeted;
  expect(readdirSync(join(data, 'uploads'))).toEqual([]);
  run.child.kill('SIGINT');
  await run.ended;
});

test('Ctrl-C while it is still starting ends it with 0, and the next start completes it', async () => {
  const data = join(folder, 'early');
  const run = start({ APPWARRANT_DATA: data });
  await expect.poll(() => existsSync(data), { timeout: 20_000 }).toBe(true);
  run.child.kill('SIGINT');
  expect(await run.ended).toBe(0);
  const next = start({ APPWARRANT_DATA: data });
  await next.greeted;
  expect(linkIn(next.output())).not.toBeNull();
  next.child.kill('SIGINT');
  expect(await next.ended).toBe(0);
});

test('with --sample, forty builds wait from the start', async () => {
  const run = start({ APPWARRANT_DATA: join(folder, 'sample') }, { args: ['--sample'] });
  await run.greeted;
  const [, origin = ''] = linkIn(run.output()) ?? [];
  expect(await (await fetch(`${origin}/api/v1/vendor`)).json()).toMatchObject({ sample: true });
  run.child.kill('SIGINT');
  expect(await run.ended).toBe(0);
});

test('a corrupt database is named', async () => {
  const data = join(folder, 'corrupt');
  mkdirSync(data);
  writeFileSync(join(data, 'appwarrant.db'), 'nonsense '.repeat(2000));
  expect(await failure({ APPWARRANT_DATA: data })).toContain(
    `The database ${join(data, 'appwarrant.db')} cannot be used`,
  );
});

test('a missing or damaged metadata folder is named', async () => {
  const data = join(folder, 'no-metadata');
  const run = start({ APPWARRANT_DATA: data });
  await run.greeted;
  run.child.kill('SIGINT');
  await run.ended;
  rmSync(join(data, 'metadata'), { recursive: true });
  expect(await failure({ APPWARRANT_DATA: data })).toContain('1.root.json.gz cannot be read');
  mkdirSync(join(data, 'metadata'));
  writeFileSync(join(data, 'metadata', '1.root.json.gz'), 'nonsense');
  expect(await failure({ APPWARRANT_DATA: data })).toContain('1.root.json.gz cannot be read');
});

test('a data folder that is a file is named', async () => {
  const data = join(folder, 'file');
  writeFileSync(data, '');
  expect(await failure({ APPWARRANT_DATA: data })).toContain(`The data folder ${data} cannot be used`);
});

const NOBODY = 65_534;
test.skipIf(process.getuid?.() !== 0)(
  'a data folder that may not be written is named (needs root to try)',
  async () => {
    const data = join(folder, 'closed');
    mkdirSync(data);
    chmodSync(folder, 0o755);
    expect(await failure({ APPWARRANT_DATA: data }, { uid: NOBODY })).toContain(
      `The data folder ${data} cannot be used`,
    );
  },
);

test('data inside the source tree is refused', async () => {
  const data = join(import.meta.dirname, 'data');
  expect(await failure({ APPWARRANT_DATA: data })).toContain('lies inside the source tree');
  expect(existsSync(data)).toBe(false);
});

test('production keys beside a development root stop the start', async () => {
  const data = join(folder, 'mixed');
  const run = start({ APPWARRANT_DATA: data });
  await run.greeted;
  run.child.kill('SIGINT');
  await run.ended;
  mkdirSync(join(data, 'keys'));
  expect(await failure({ APPWARRANT_DATA: data })).toContain('the two never mix');
});

test('a database server that does not answer is named', async () => {
  const url = `postgres://user:secret@localhost/x?host=${encodeURIComponent(folder)}`;
  const sentence = await failure({ APPWARRANT_DATA: join(folder, 'pg'), DATABASE_URL: url });
  expect(sentence).toContain('The database that DATABASE_URL names cannot be reached');
  expect(sentence).not.toContain('secret');
});
