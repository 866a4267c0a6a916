import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { beforeAll, describe, expect, test } from 'vitest';
import { build } from '../../../.ci/build.ts';
import { send } from '../http/socket.ts';
import { blocksOf, readPage } from '../install/page.ts';
import { installPacked } from '../state/installed-package.ts';
import { makeSite, nextBundle, start, temporaryFolder, type Site } from '../state/site.ts';
import { signNow } from '../tricks/honest.ts';
import { noRedis, settle, startRedis } from './redis-server.ts';

// The examples of docs/nodes.md as they stand there, but for the folder, the ports and the server, with the vendor's package as customers
// have it. Nothing is loaded when they start: they follow.

beforeAll(() => build(['verifier']));

/** Runs an example, and waits until so many ports were told. */
async function runExample(site: Site, name: string, count: number, redisPort = 0) {
  const home = temporaryFolder();
  installPacked(site.vendor, home);
  const link = join(home, 'node_modules', 'ioredis');
  mkdirSync(dirname(link), { recursive: true });
  symlinkSync(join(import.meta.dirname, '../../../node_modules/ioredis'), link, 'junction');
  const example = blocksOf(readPage('nodes.md')).find(({ about }) => about === name);
  if (example === undefined) throw new Error(`The page has no ${name}.`);
  const text = example.text
    .replaceAll('/var/lib/acme-verifier', site.folder)
    .replaceAll('https://orders.example.com', site.origin)
    .replaceAll('127.0.0.1:6379', `127.0.0.1:${String(redisPort)}`)
    .replaceAll(/870[01]/g, '0');
  writeFileSync(join(home, name), text);
  const child = spawn(process.execPath, [name], { cwd: home, env: {}, stdio: ['ignore', 'pipe', 'inherit'] });
  const ports: number[] = [];
  let said = '';
  child.stdout.on('data', (chunk: Buffer) => {
    said += chunk.toString();
    ports.splice(
      0,
      ports.length,
      ...Array.from(said.matchAll(/listening on (\d+)/g), ([, port]) => Number(port)),
    );
  });
  while (ports.length < count) {
    if (child.exitCode !== null) throw new Error(said);
    await wait(20);
  }
  return {
    ports,
    [Symbol.asyncDispose]: async () => {
      const ended = once(child, 'exit');
      child.kill('SIGKILL');
      await ended;
    },
  };
}

/** Loads a bundle beside them; they serve soon after, and of many copies of a request one. */
async function expectToShare(site: Site, ports: readonly number[]): Promise<void> {
  start(site).load(nextBundle(site));
  const serves = async (port: number): Promise<boolean> => (await send(port, signNow(site))).status === 200;
  for (let [tries, row] = [0, 0]; row < 8; row = (await serves(ports[tries % ports.length]!)) ? row + 1 : 0) {
    tries += 1;
    expect(tries).toBeLessThan(300);
    await wait(50);
  }
  for (let round = 0; round < 10; round += 1) {
    const request = signNow(site);
    const copies = [...ports, ...ports, ...ports];
    const answers = await Promise.all(copies.map((port) => send(port, request)));
    const served = answers.filter(({ status }) => status === 200);
    expect(served.length).toBeLessThanOrEqual(1);
    for (const { body } of served) expect(body).toBe('Hello, Orders');
    for (const { status, body } of answers) if (status !== 200) expect(body).toContain('"replayed"');
  }
}

describe('The example', () => {
  test('with threads', async () => {
    const site = makeSite();
    await using example = await runExample(site, 'threads.mjs', 2);
    await expectToShare(site, example.ports);
  }, 120_000);

  test('with node:cluster', async () => {
    const site = makeSite();
    await using example = await runExample(site, 'cluster.mjs', 2);
    await expectToShare(site, example.ports);
  }, 120_000);

  test.skipIf(noRedis !== undefined)(
    'with Redis, on two machines',
    async () => {
      await using server = await startRedis();
      settle(server);
      const site = makeSite();
      await using one = await runExample(site, 'redis.mjs', 1, server.port);
      await using other = await runExample(site, 'redis.mjs', 1, server.port);
      await expectToShare(site, [...one.ports, ...other.ports]);
    },
    120_000,
  );
});
