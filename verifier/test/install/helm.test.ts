import { spawnSync } from 'node:child_process';
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, test } from 'vitest';
import { parse, parseAllDocuments } from 'yaml';
import { build } from '../../../.ci/build.ts';
import { freePort, missing, startNginx } from '../sidecar/real-proxies.ts';
import { installPacked } from '../state/installed-package.ts';
import { temporaryFolder } from '../state/site.ts';
import { misfits, type Schema } from './json-schema.ts';
import { answers, serveAnything } from './loopback.ts';
import { blocksOf, docs, probe, readPage, run, startBlock } from './page.ts';
import { askAs } from './partner-app.ts';
import { pathsIn, render } from './render-chart.ts';
import { bundleFor, prepare } from './vendor-file.ts';

// The chart in docs/install/chart: its templates, its values and their schema, and what they make of the page's example.

beforeAll(() => build(['verifier']), 300_000);

const chart = join(docs, 'install/chart');
const read = (name: string): string => readFileSync(join(chart, name), 'utf8');
const values = parse(read('values.yaml')) as Record<string, Record<string, unknown>>;
const schema = JSON.parse(read('values.schema.json')) as Schema;
const templates = new Map(
  readdirSync(join(chart, 'templates')).map((name) => [name, read(`templates/${name}`)]),
);
const example = parse(
  blocksOf(readPage('install/helm.md')).find(({ about }) => about === 'orders.yaml')?.text ?? '',
) as typeof values;

/** Values over values, as Helm lays them: members of objects one by one, everything else whole. */
function over(base: unknown, more: unknown): unknown {
  const isObject = (value: unknown): value is Record<string, unknown> =>
    typeof value === 'object' && value !== null && !Array.isArray(value);
  if (!isObject(base) || !isObject(more)) return more;
  const merged = new Map<string, unknown>(Object.entries(base));
  for (const [name, value] of Object.entries(more)) merged.set(name, over(merged.get(name), value));
  return Object.fromEntries(merged);
}

type Container = {
  readonly name: string;
  readonly image: string;
  readonly args?: readonly string[];
  readonly env?: readonly unknown[];
  readonly securityContext?: Readonly<Record<string, unknown>>;
  readonly volumeMounts?: readonly { readonly name: string; readonly mountPath: string }[];
  readonly [probe: `${string}Probe`]: { readonly exec: { readonly command: readonly string[] } } | undefined;
};
type Pod = {
  readonly terminationGracePeriodSeconds: number;
  readonly automountServiceAccountToken: boolean;
  readonly securityContext: Readonly<Record<string, unknown>>;
  readonly initContainers: readonly Container[];
  readonly containers: readonly Container[];
  readonly volumes: readonly { readonly name: string }[];
};
type Made = {
  readonly kind: string;
  readonly metadata: { readonly name: string; readonly annotations?: object };
};

/** What the chart makes of values, by kind. */
function make(more: unknown): ReadonlyMap<string, Made & Readonly<Record<string, unknown>>> {
  const root = {
    Values: over(values, more),
    Release: { Name: 'orders', Namespace: 'orders' },
    Chart: parse(read('Chart.yaml')) as { name: string },
  };
  const chartRoot = { ...root, Chart: { Name: root.Chart.name } };
  const made = [...templates]
    .filter(([name]) => name.endsWith('.yaml'))
    .flatMap(([, template]) => parseAllDocuments(render(template, chartRoot)))
    .flatMap((document) => {
      expect('errors' in document ? document.errors : []).toEqual([]);
      const value = 'toJS' in document ? (document.toJS() as Made | null) : null;
      return value === null ? [] : [value];
    });
  return new Map(made.map((each) => [each.kind, each as Made & Record<string, unknown>]));
}

const madeOf = (more: unknown, kind: string): Readonly<Record<string, unknown>> => make(more).get(kind) ?? {};
type Deployment = { replicas: number; strategy: { type: string }; template: { spec: Pod } };
const deploymentOf = (more: unknown): Deployment => madeOf(more, 'Deployment')['spec'] as Deployment;
const podOf = (more: unknown): Pod => deploymentOf(more).template.spec;
const containerIn = (pod: Pod, name: string): Container => {
  const found = [...pod.initContainers, ...pod.containers].find((each) => each.name === name);
  if (found === undefined) throw new Error(`There is no container ${name}.`);
  return found;
};

describe('The values', () => {
  test('of the chart alone are refused, for what only the customer knows is missing', () => {
    expect(misfits(values, schema)).toEqual(['/origin', '/verifier/image', '/server/image']);
  });

  test('of the page are taken', () => {
    expect(misfits(over(values, example), schema)).toEqual([]);
  });

  test.each([
    ['an origin with a path', { origin: 'https://orders.example.com/api' }, '/origin'],
    ['more pods', { replicas: 2 }, '/replicas'],
    ['a volume that several write to', { state: { accessMode: 'ReadWriteMany' } }, '/state/accessMode'],
    ['a server on a port of the sidecar', { server: { port: 8081 } }, '/server/port'],
    ['an exempt path with a star', { exempt: ['/api/*'] }, '/exempt/0'],
    ['an anchor of one’s own', { verifier: { anchor: '{}' } }, '/verifier/anchor'],
    ['an image with more words behind it', { verifier: { image: 'a b' } }, '/verifier/image'],
  ])('with %s are refused', (_what, more, place) => {
    expect(misfits(over(over(values, example), more), schema)).toEqual([place]);
  });

  test('are each read by a template, and templates read no other', () => {
    const leaves = (value: unknown, at: string): string[] =>
      typeof value === 'object' && value !== null && !Array.isArray(value) && !at.endsWith('.resources')
        ? Object.entries(value).flatMap(([name, each]) => leaves(each, `${at}.${name}`))
        : [at];
    const readPaths = new Set(
      [...templates.values()].flatMap(pathsIn).filter((path) => path.startsWith('.Values')),
    );
    expect([...readPaths].sort()).toEqual(leaves(values, '.Values').sort());
  });
});

describe('The pod', () => {
  const pod = podOf(example);
  const all = [...pod.initContainers, ...pod.containers];

  test('is one, over one volume, and never two for a moment', () => {
    const { replicas, strategy } = deploymentOf(example);
    expect({ replicas, strategy }).toEqual({ replicas: 1, strategy: { type: 'Recreate' } });
    const volume = madeOf(example, 'PersistentVolumeClaim');
    expect(volume['spec']).toMatchObject({ accessModes: ['ReadWriteOncePod'] });
    expect(volume['metadata']).toMatchObject({ annotations: { 'helm.sh/resource-policy': 'keep' } });
  });

  test('has rights for nothing else, but for what the customer’s own image needs', () => {
    expect(pod.securityContext).toMatchObject({ runAsNonRoot: true, fsGroupChangePolicy: 'OnRootMismatch' });
    expect(pod.automountServiceAccountToken).toBe(false);
    for (const { name, securityContext } of all.filter(({ name: each }) => each !== 'server')) {
      expect(securityContext, name).toMatchObject({
        readOnlyRootFilesystem: true,
        allowPrivilegeEscalation: false,
        capabilities: { drop: ['ALL'] },
      });
    }
    const withState = all.filter(({ volumeMounts = [] }) =>
      volumeMounts.some(({ name }) => name === 'state'),
    );
    expect(withState.map(({ name }) => name)).toEqual(['activate', 'verifier']);
  });

  test('mounts volumes that it has', () => {
    const mounted = all.flatMap(({ volumeMounts = [] }) => volumeMounts.map(({ name }) => name));
    expect([...new Set(mounted)].sort()).toEqual(pod.volumes.map(({ name }) => name).sort());
    const { template } = deploymentOf({ ...example, state: { keySecret: 'orders-key' } });
    expect(template.spec.initContainers.map(({ name }) => name)).toEqual(['restore-key', 'activate']);
    expect(template.spec.volumes.map(({ name }) => name)).toContain('key');
  });

  test('shows the cluster its front and nothing else', () => {
    expect(madeOf(example, 'NetworkPolicy')['spec']).toMatchObject({
      ingress: [{ ports: [{ port: 'http' }] }],
    });
    expect(make({ ...example, networkPolicy: false }).has('NetworkPolicy')).toBe(false);
    expect(madeOf(example, 'Service')['spec']).toMatchObject({ ports: [{ port: 80, targetPort: 'http' }] });
    const { args = [] } = containerIn(pod, 'verifier');
    expect(args.filter((each) => /^--(listen|status)=/.test(each))).toEqual([
      '--listen=127.0.0.1:8081',
      '--status=127.0.0.1:9090',
    ]);
  });

  test('is asked whether it lives and whether it is ready, from within', () => {
    const verifier = containerIn(pod, 'verifier');
    const asked = (probe: `${string}Probe`): string => verifier[probe]?.exec.command.at(-1) ?? '';
    expect(asked('startupProbe')).toContain('127.0.0.1:9090/healthz');
    expect(asked('livenessProbe')).toContain('127.0.0.1:9090/healthz');
    expect(asked('readinessProbe')).toContain('127.0.0.1:9090/readyz');
    expect(pod.terminationGracePeriodSeconds).toBeGreaterThan(30);
  });

  test('restores a key from a Secret where the volume has none, and never over one', async () => {
    const restore = containerIn(podOf({ ...example, state: { keySecret: 'orders-key' } }), 'restore-key');
    const script = (restore as unknown as { command: readonly string[] }).command.at(-1) ?? '';
    const home = temporaryFolder();
    for (const name of ['volume', 'key']) mkdirSync(join(home, name));
    writeFileSync(join(home, 'key/deployment-key.pem'), 'first');
    const moved = script
      .replaceAll('/var/lib/acme-verifier', join(home, 'volume'))
      .replaceAll('/run/key', join(home, 'key'));
    const key = join(home, 'volume/state/deployment-key.pem');
    expect(await run(moved, home)).toMatchObject({ status: 0, stderr: '' });
    expect(readFileSync(key, 'utf8')).toBe('first');
    writeFileSync(join(home, 'key/deployment-key.pem'), 'second');
    expect(await run(moved, home)).toMatchObject({ status: 0, stderr: '' });
    expect(readFileSync(key, 'utf8')).toBe('first');
  });
});

test('the containers’ own arguments and configuration lead to the first admitted request, through a real nginx', async ({
  skip,
}) => {
  const why = missing('nginx');
  if (why !== undefined) skip(why);
  const home = temporaryFolder();
  const prepared = prepare();
  const file = join(home, 'acme-verifier.mjs');
  spawnSync(process.execPath, [installPacked(prepared.vendor, home), 'single-file', file]);
  await using upstream = await serveAnything();
  const [front, listen, status] = [await freePort(), await freePort(), await freePort()];
  const here = (text: string): string =>
    text
      .replaceAll('/var/lib/acme-verifier', join(home, 'volume'))
      .replaceAll('127.0.0.1:8081', `127.0.0.1:${String(listen)}`)
      .replaceAll('127.0.0.1:8000', `127.0.0.1:${String(upstream.port)}`)
      .replaceAll('127.0.0.1:9090', `127.0.0.1:${String(status)}`)
      .replaceAll('listen 8080', `listen 127.0.0.1:${String(front)}`);
  const pod = podOf(example);
  const line = (name: string): string =>
    [process.execPath, file, ...(containerIn(pod, name).args ?? []).map(here)].join(' ');
  const activated = await run(line('activate'), home);
  expect(activated).toMatchObject({ status: 0 });
  const deployment = activated.stdout.trim();
  const origin = 'https://orders.example.com';
  await using _serving = await startBlock(line('verifier'), home, () => answers(listen));
  const asked = (name: `${string}Probe`): Promise<number | null> =>
    probe((containerIn(pod, 'verifier')[name]?.exec.command ?? []).map(here));
  // It lives, and is not ready: nothing is loaded.
  expect([await asked('startupProbe'), await asked('livenessProbe')]).toEqual([0, 0]);
  expect(await asked('readinessProbe')).toBe(1);
  writeFileSync(join(home, 'acme.bundle'), bundleFor(prepared, deployment, origin));
  const load = blocksOf(readPage('install/helm.md')).find(({ text }) => text.includes(' load '))?.text ?? '';
  const command = here(load).replace(/^kubectl .* -- acme-verifier/, `${process.execPath} ${file}`);
  expect(await run(command, home)).toMatchObject({ status: 0, stderr: '' });
  const { 'default.conf': config = '' } = madeOf(example, 'ConfigMap')['data'] as Record<string, string>;
  expect(config).toContain('set_real_ip_from 10.0.0.0/8;');
  await using nginx = await startNginx(here(config), front);
  await expect
    .poll(() => askAs({ key: prepared.key, origin, deployment, target: '/orders?a=%2F..&b' }, nginx.port), {
      timeout: 60_000,
      interval: 200,
    })
    .toMatchObject({ status: 200, body: 'It serves /orders?a=%2F..&b\n' });
  const body = Buffer.alloc(300_000, 'x');
  const post = { method: 'POST', target: '/orders', body } as const;
  expect(await askAs({ key: prepared.key, origin, deployment, ...post }, nginx.port)).toMatchObject({
    status: 200,
  });
  const refused = await fetch(`http://127.0.0.1:${String(nginx.port)}/orders`);
  expect(refused.status).toBe(401);
  expect(await asked('readinessProbe')).toBe(0);
}, 300_000);
