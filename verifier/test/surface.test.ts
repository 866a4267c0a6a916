import { globSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join, relative } from 'node:path';
import { pathToFileURL } from 'node:url';
import ts from 'typescript';
import { beforeAll, describe, expect, test } from 'vitest';
import { build } from '../../.ci/build.ts';
import { exportedBy, type Exported } from './surface/exported.ts';
import { reachable } from './surface/reachable.ts';
import { readModule, type ReadModule } from './surface/read-module.ts';

// What this package offers, what it asks of Node, and what it cannot do because nothing in it knows how: for its sources, and for
// what is built of them.

const folder = join(import.meta.dirname, '..');
const json = (path: string): unknown => JSON.parse(readFileSync(join(folder, path), 'utf8'));

type Paths = { 'appwarrant-source': string; import: { default: string }; require: { default: string } };
const { exports } = json('package.json') as { exports: Record<string, Paths | string> };
const paths = Object.entries(exports).flatMap(([name, entry]) =>
  typeof entry === 'string' ? [] : [{ name, entry }],
);
/** Exports are added, renamed and removed here too, by hand: whoever uses the package hears of it in the same change. */
const written = json('test/surface/exports.json') as Record<string, Exported>;

/** Which modules of Node each entry loads; `url` is how CommonJS finds the files beside it. */
const ofNode: Record<string, readonly string[]> = {
  '.': ['crypto', 'fs', 'path', 'zlib'],
  './koa': ['crypto'],
  './express': ['crypto'],
  './fastify': ['crypto'],
  './fetch': ['crypto'],
  './node': ['crypto'],
  './self-test': [],
  './metrics': [],
  './log': [],
  './redis': [],
  './threads': [],
  './cluster': [],
  './formats': ['crypto', 'fs', 'path', 'zlib'],
  './formats/browser': [],
};
const ofCommand = ['crypto', 'fs', 'http', 'net', 'path', 'stream/promises', 'tls', 'url', 'util', 'zlib'];

/** What the sidecar does besides, and nothing that a server loads: it listens, speaks to the server behind it, and hears signals. */
const ofSidecar =
  /^(?:src\/sidecar\/[a-z-]+\.ts|dist\/cli\.mjs) (?:imports (?:http|net|tls)|uses process\.once)$/;
const isNotServing = (fault: string): boolean => !ofSidecar.test(fault);
/** The command looks at the routes of a host's own server, a module that its operator names; nothing that a server loads does. */
const loadsHost = 'computes the name of a module';

const makesKeys = 'makes or uses a private key: generateKeyPairSync';
/** How the deployment id comes from the deployment key: nothing is signed, and nothing new is made. */
const readsItsKey = ['createECDH', 'createPrivateKey'].map((name) => `makes or uses a private key: ${name}`);
const isNotReading = (fault: string): boolean => !readsItsKey.some((reading) => fault.endsWith(reading));

beforeAll(() => build(['verifier']));

const sources = () => globSync('src/**/*.ts', { cwd: folder }).map((path) => join(folder, path));
const built = () => globSync('dist/*.{mjs,cjs}', { cwd: folder }).map((path) => join(folder, path));

/** The faults of files, each with the name of its file. */
function faultsIn(files: readonly string[]): string[] {
  return files.flatMap((file) =>
    readModule(file, readFileSync(file, 'utf8')).faults.map((fault) => `${relative(folder, file)} ${fault}`),
  );
}

function nodeModulesOf(file: string): string[] {
  const loaded = [...reachable(file).values()].flatMap((module) => module.imports);
  return [...new Set(loaded.filter((name) => !name.startsWith('.')))].sort();
}

describe('The package', () => {
  test('exports what is written down, by every entry: values and types', () => {
    const config = ts.getParsedCommandLineOfConfigFile(
      join(folder, 'tsconfig.json'),
      {},
      { ...ts.sys, onUnRecoverableConfigFileDiagnostic: (problem) => expect(problem).toBeUndefined() },
    );
    const files = paths.map(({ entry }) => join(folder, entry['appwarrant-source']));
    const found = exportedBy(files, config?.options ?? {});
    expect(Object.fromEntries(paths.map(({ name }, i) => [name, found[i]]))).toEqual(written);
  });

  test.each(paths)('exports the same values when it is built: $name', async ({ name, entry }) => {
    const esm = (await import(pathToFileURL(join(folder, entry.import.default)).href)) as object;
    const cjs = createRequire(import.meta.url)(join(folder, entry.require.default)) as object;
    expect(Object.keys(esm).sort()).toEqual(written[name]?.values);
    expect(Object.keys(cjs).sort()).toEqual(written[name]?.values);
  });

  test.each(paths)('asks of Node what is written down, and no network: $name', ({ name, entry }) => {
    const expected = ofNode[name] ?? [];
    expect(nodeModulesOf(join(folder, entry['appwarrant-source']))).toEqual(expected);
    expect(nodeModulesOf(join(folder, entry.import.default))).toEqual(expected);
    const url = name === '.' ? ['url'] : [];
    expect(nodeModulesOf(join(folder, entry.require.default)).sort()).toEqual([...expected, ...url].sort());
  });

  test('asks no more of Node in its command', () => {
    expect(nodeModulesOf(join(folder, 'src/cli.ts'))).toEqual(ofCommand);
    expect(nodeModulesOf(join(folder, 'dist/cli.mjs'))).toEqual(ofCommand);
  });

  test('reaches no network, runs no program, evaluates no text, reads no environment and uses no private key, in any source', () => {
    expect(sources().length).toBeGreaterThan(60);
    const expected = [
      ...readsItsKey.map((fault) => `src/deployment-id.ts ${fault}`),
      `src/cli/host-module.ts ${loadsHost}`,
      `src/deployment-key.ts ${makesKeys}`,
    ].sort();
    expect(faultsIn(sources()).filter(isNotServing).sort()).toEqual(expected);
  });

  test('listens nowhere but in the sidecar, which the command alone reaches', () => {
    const serving = faultsIn(sources()).filter((fault) => !isNotServing(fault));
    expect(serving).toContain('src/sidecar/listen.ts imports http');
    const isSidecar = (file: string): boolean => relative(folder, file).startsWith('src/sidecar/');
    for (const { name, entry } of paths)
      expect([...reachable(join(folder, entry['appwarrant-source'])).keys()].filter(isSidecar), name).toEqual(
        [],
      );
    const importers = sources().filter((file) =>
      readModule(file, readFileSync(file, 'utf8')).imports.some((path) => path.includes('/sidecar/')),
    );
    expect(
      importers.map((file) => relative(folder, file)).filter((file) => !file.startsWith('src/cli/')),
    ).toEqual([]);
  });

  test('does none of it when it is built: only what activates makes a key', () => {
    const keys = ['cli.mjs', 'formats.cjs', 'formats.mjs'].map((name) => `dist/${name} ${makesKeys}`);
    const expected = [`dist/cli.mjs ${loadsHost}`, ...keys].sort();
    expect(faultsIn(built()).filter(isNotReading).filter(isNotServing).sort()).toEqual(expected);
    const readers = built().filter((file) => readFileSync(file, 'utf8').includes('createECDH'));
    for (const file of readers) expect(readFileSync(file, 'utf8'), file).toContain('function readDeployment');
  });

  test('makes keys where no check can reach', () => {
    const maker = join(folder, 'src/deployment-key.ts');
    const judging = sources().filter((file) =>
      /src\/(?:http\/|adapters\/|index\.ts|allowlist|entry-table|judge-|open-|store\.ts|tuf\/)/.test(file),
    );
    expect(judging.length).toBeGreaterThan(30);
    const reached = new Map<string, ReadModule>();
    for (const file of judging) reachable(file, reached);
    expect([...reached.keys()]).not.toContain(maker);
    for (const file of ['src/formats.ts', 'src/cli.ts'])
      expect([...reachable(join(folder, file)).keys()], file).toContain(maker);
    const entries = [
      'index.mjs',
      'index.cjs',
      ...['koa', 'express', 'node'].flatMap((name) => [`${name}.mjs`, `${name}.cjs`]),
      'formats-browser.mjs',
      'formats-browser.cjs',
    ];
    for (const name of entries)
      expect(faultsIn([...reachable(join(folder, 'dist', name)).keys()]).filter(isNotReading), name).toEqual(
        [],
      );
  });
});

describe('The search for it', () => {
  const modules = [
    'net',
    'tls',
    'dgram',
    'dns',
    'http',
    'https',
    'http2',
    'child_process',
    'worker_threads',
    'vm',
  ];

  test.each(
    modules.flatMap((name) => [
      [`import * as x from 'node:${name}';`, name],
      [`import { y } from '${name}';`, name],
      [`export * from 'node:${name}';`, name],
      [`import 'node:${name}';`, name],
      [`const x = await import('node:${name}');`, name],
      [`const x = require("${name}");`, name],
      [`const x = require(\`node:${name}\`);`, name],
    ]),
  )('sees %s', (text, name) => {
    expect(readModule('planted.mjs', text).faults).toEqual([`imports ${name}`]);
    expect(readModule('planted.ts', text).faults).toEqual([`imports ${name}`]);
  });

  test.each<[string, string]>([
    [`import { lookup } from 'node:dns/promises';`, 'imports dns/promises'],
    [`import leftPad from 'left-pad';`, 'imports the package left-pad'],
    [`import { createRequire } from 'node:module';`, 'imports module'],
    [`import { env } from 'node:process';`, 'imports process'],
    ['const x = await import(name);', 'computes the name of a module'],
    ["const x = require('node:' + name);", 'computes the name of a module'],
    ["const load = require; load('x');", 'computes the name of a module'],
    ["process.getBuiltinModule('net');", 'uses process.getBuiltinModule'],
    ['const x = process.env.HOME;', 'reads process.env'],
    ["process.kill(pid, 'SIGTERM');", 'uses process.kill'],
    ['process.kill(pid);', 'uses process.kill'],
    ["const x = process['env'];", 'hands on the process, and with it its environment'],
    ['const { env } = process;', 'hands on the process, and with it its environment'],
    ['const p = process;', 'hands on the process, and with it its environment'],
    ['const x = globalThis.process;', 'uses globalThis'],
    ["eval('1');", 'turns text into code: eval'],
    ["(0, eval)('1');", 'turns text into code: eval'],
    ["new Function('return 1')();", 'turns text into code: Function'],
    ["(() => 1).constructor('return 1')();", 'turns text into code: constructor'],
    ["await fetch('https://x.test');", 'uses fetch'],
    ["new WebSocket('wss://x.test');", 'uses WebSocket'],
    ["window.fetch('https://x.test');", 'uses fetch'],
    ["x['fetch']('https://x.test');", 'uses fetch'],
  ])('sees %s', (text, fault) => {
    expect(readModule('planted.ts', text).faults).toContain(fault);
  });

  test.each([
    ...['generateKeyPairSync', 'generateKeyPair', 'generateKey', 'generateKeySync', 'createPrivateKey'],
    ...['createSign', 'sign', 'createECDH', 'diffieHellman', 'privateEncrypt', 'subtle', 'webcrypto'],
  ])('sees %s, however it is taken from node:crypto', (name) => {
    const fault = `makes or uses a private key: ${name}`;
    for (const text of [
      `import crypto from 'node:crypto'; crypto.${name}();`,
      `import crypto from 'node:crypto'; crypto['${name}']();`,
      `import { ${name} } from 'node:crypto';`,
      `import { ${name} as innocent } from 'node:crypto';`,
      `import crypto from 'node:crypto'; const { ${name}: innocent } = crypto;`,
    ])
      expect(readModule('planted.ts', text).faults, text).toContain(fault);
    const computed = `import crypto from 'node:crypto'; crypto[name]();`;
    expect(readModule('planted.ts', computed).faults).toEqual(['computes a member of node:crypto']);
  });

  test('passes over comments, texts, types and the names of members', () => {
    const text = [
      "import type { IncomingMessage } from 'node:http'; // process.env, eval()",
      "import { createHash, type KeyObject } from 'node:crypto';",
      "const words = { eval: 1, process: 2, require: 3 }; const said = 'process.env'; process.kill(process.pid, 0);",
      'export function read(request: IncomingMessage, key: KeyObject) { return createHash(said); }',
    ].join('\n');
    expect(readModule('planted.ts', text)).toEqual({ imports: ['crypto'], faults: [] });
  });

  test('follows imports from file to file', () => {
    const at = mkdtempSync(join(tmpdir(), 'appwarrant-surface-'));
    try {
      writeFileSync(join(at, 'a.mjs'), "import './b.mjs';");
      writeFileSync(join(at, 'b.mjs'), "export { c } from './c.mjs';");
      writeFileSync(join(at, 'c.mjs'), "import 'node:net'; import './a.mjs'; export const c = 1;");
      expect(nodeModulesOf(join(at, 'a.mjs'))).toEqual(['net']);
      expect(reachable(join(at, 'a.mjs')).size).toBe(3);
    } finally {
      rmSync(at, { recursive: true });
    }
  });
});
