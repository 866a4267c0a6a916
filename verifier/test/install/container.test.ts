import { spawnSync } from 'node:child_process';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, test } from 'vitest';
import { parse } from 'yaml';
import { build } from '../../../.ci/build.ts';
import { installPacked } from '../state/installed-package.ts';
import { temporaryFolder } from '../state/site.ts';
import { freePort } from '../sidecar/real-proxies.ts';
import { answers, serveAnything } from './loopback.ts';
import { blocksOf, docs, probe, readPage, run, startBlock } from './page.ts';
import { askAs } from './partner-app.ts';
import { bundleFor, prepare } from './vendor-file.ts';

// docs/install/Containerfile and compose.yaml: what they say, and the command lines in them, outside of a container.

beforeAll(() => build(['verifier']), 300_000);

/** The instructions of a Containerfile, without comments; lines that go on are one. */
const instructions = readFileSync(join(docs, 'install/Containerfile'), 'utf8')
  .replaceAll(/^#.*\n/gm, '')
  .replaceAll('\\\n', ' ')
  .split('\n')
  .filter((line) => line.trim() !== '')
  .map((line) => /^([A-Z]+) +(.*)$/.exec(line))
  .map((found) => ({ name: found?.[1] ?? '', says: found?.[2] ?? '' }));
const saidBy = (name: string): readonly string[] =>
  instructions.filter((each) => each.name === name).map(({ says }) => says);
const listOf = (name: string): readonly string[] => JSON.parse(saidBy(name)[0] ?? '') as string[];

type Service = {
  readonly image: string;
  readonly ports?: readonly string[];
  readonly volumes?: readonly string[];
  readonly network_mode?: string;
  readonly read_only?: boolean;
  readonly cap_drop?: readonly string[];
  readonly security_opt?: readonly string[];
  readonly stop_grace_period?: string;
  readonly privileged?: boolean;
  readonly healthcheck?: { readonly test: readonly string[] };
};
const compose = parse(readFileSync(join(docs, 'install/compose.yaml'), 'utf8')) as {
  services: Record<'front' | 'verifier' | 'orders', Service>;
  volumes: Record<string, { name: string }>;
};

describe('The Containerfile', () => {
  test('takes one file, which the customer has looked at, and fetches nothing while it is built', () => {
    expect(instructions.map(({ name }) => name)).toEqual([
      'FROM',
      'COPY',
      'RUN',
      'USER',
      'VOLUME',
      'WORKDIR',
      'STOPSIGNAL',
      'ENTRYPOINT',
      'CMD',
    ]);
    expect(saidBy('FROM')[0]).toMatch(/^docker\.io\/library\/node:24-slim$/);
    expect(saidBy('COPY')[0]).toMatch(/^--chmod=0555 acme-verifier\.mjs /);
    expect(saidBy('RUN')[0]).not.toMatch(/curl|wget|apt|npm|http/);
  });

  test('runs as a user by number who is not root, and whose volume is his alone', () => {
    expect(saidBy('USER')).toEqual(['10001:10001']);
    expect(saidBy('RUN')[0]).toContain('install -d -m 0700 -o 10001 -g 10001 /var/lib/acme-verifier');
    expect(listOf('VOLUME')).toEqual(['/var/lib/acme-verifier']);
  });

  test('begins the program itself, which hears the signal to stop', () => {
    expect(saidBy('STOPSIGNAL')).toEqual(['SIGTERM']);
    expect(listOf('ENTRYPOINT')).toEqual(['node', saidBy('COPY')[0]?.split(' ').at(-1)]);
    expect(listOf('CMD')[0]).toBe('serve');
  });
});

describe('compose.yaml', () => {
  const { front, verifier, orders } = compose.services;

  test('lets nobody reach the server or the sidecar but through the front', () => {
    expect(Object.keys(compose.services).sort()).toEqual(['front', 'orders', 'verifier']);
    for (const each of [verifier, orders]) {
      expect(each.network_mode).toBe('service:front');
      expect(each.ports).toBeUndefined();
    }
    expect(front.ports).toEqual(['443:443']);
  });

  test('gives the sidecar its volume and nothing else, and time to end', () => {
    expect(verifier).toMatchObject({
      read_only: true,
      cap_drop: ['ALL'],
      security_opt: ['no-new-privileges:true'],
      volumes: ['acme-state:/var/lib/acme-verifier'],
    });
    expect(verifier.privileged).toBeUndefined();
    expect(Number.parseInt(verifier.stop_grace_period ?? '', 10)).toBeGreaterThan(30);
    expect(compose.volumes['acme-state']?.name).toBe('acme-state');
  });
});

test('the page for containers leads to the first admitted request, by the command lines of the image', async () => {
  const home = temporaryFolder();
  const here = join(home, 'here');
  mkdirSync(here);
  const prepared = prepare();
  const file = join(here, 'acme-verifier.mjs');
  const program = installPacked(prepared.vendor, home);
  spawnSync(process.execPath, [program, 'single-file', file]);
  await using upstream = await serveAnything();
  const [port, status] = [await freePort(), await freePort()];
  const moved = (text: string): string =>
    text
      .replaceAll('/var/lib/acme-verifier', join(home, 'state'))
      .replaceAll('127.0.0.1:8080', `127.0.0.1:${String(port)}`)
      .replaceAll('127.0.0.1:8000', `127.0.0.1:${String(upstream.port)}`)
      .replaceAll('127.0.0.1:9090', `127.0.0.1:${String(status)}`);
  // `docker run … IMAGE arguments` runs the entry point with them; without any, with those of CMD.
  const [, ...entry] = listOf('ENTRYPOINT');
  const entryPoint = [process.execPath, ...entry.map(() => file)].join(' ');
  const asImage = (text: string): string =>
    moved(text)
      .replaceAll(/^docker run [^\n]*?acme-verifier:1\.0\.0/gm, entryPoint)
      .replaceAll(/^docker .*\n/gm, '');
  const [, , activate, load, config, up, refused, doctor, ...more] = blocksOf(
    readPage('install/container.md'),
  ).map(({ text }) => asImage(text));
  expect(more).toEqual([]);
  expect(up).toBe('');

  const activated = await run(activate ?? '', here);
  expect(activated).toMatchObject({ status: 0 });
  const deployment = activated.stdout.trim();
  const origin = 'https://orders.example.com';
  writeFileSync(join(here, 'acme.bundle'), bundleFor(prepared, deployment, origin));
  expect(await run(load ?? '', here)).toMatchObject({ status: 0, stderr: '' });
  expect(await run(config ?? '', here)).toMatchObject({ status: 0, stderr: '' });
  const front = readFileSync(join(here, 'front.conf'), 'utf8');
  expect(front).toContain(`server 127.0.0.1:${String(port)};`);
  // Where the certificate is looked for, and where the front mounts it.
  expect(front).toContain('/etc/ssl/orders.example.com/');
  expect(compose.services.front.volumes).toContain('./tls:/etc/ssl/orders.example.com:ro');

  const serve = [entryPoint, ...listOf('CMD').map(moved)].join(' ');
  await using serving = await startBlock(serve, here, () => answers(port));
  const [, ...check] = compose.services.verifier.healthcheck?.test ?? [];
  expect(await probe(check.map(moved))).toBe(0);
  const curl = (refused ?? '').replace(origin, `http://127.0.0.1:${String(port)}`);
  expect((await run(curl, here)).stdout).toMatch(/^HTTP\/1\.1 401 [^]*"proof_missing"/);
  const asked = await askAs({ key: prepared.key, origin, deployment, target: '/orders' }, port);
  expect(asked).toMatchObject({ status: 200 });
  expect(await run(doctor ?? '', here)).toMatchObject({ status: 0 });
  expect(await serving.stop()).toBe(0);
  expect(await probe(check.map(moved))).toBe(1);
}, 300_000);
