import { spawnSync } from 'node:child_process';
import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { targets } from '../fuzz/targets.ts';

const verifier = join(import.meta.dirname, '..');

/** What a parser is called. What else reads bytes from outside is listed by its target all the same. */
const parserPattern =
  /^export (?:async )?function ((?:parse|read|scan|decode|from|open|restore|import)[A-Z]?\w*|is[A-Z]\w*|statementOf|documentOf)\b/gm;

/** Named like parsers, and attacked in another way. */
const elsewhere: ReadonlyMap<string, string> = new Map(
  Object.entries({
    'json.readerFor': 'makes the readers of all documents: attacked through each of them',
    'json.isObject': 'asks for a type of JavaScript',
    'http/request-body.readAndReplay': 'reads a stream: attacked over sockets, in http/koa.test.ts',
    'http/browser-access.isPreflight': 'asks which fields there are',
    'http/grants.isGrantable': 'asks about a refusal of ours',
    'open-verifier.openVerifier': 'is openVerifierFor with the anchor of the installed package',
    'open-replay.openReplay': 'reads a file by restoreReplayTable',
    'installed-page.readPage': 'looks a name up that has passed a pattern',
    'installed-page.isReasonCode': 'looks a name up in a list',
    'cli/arguments.readArguments': 'reads what an operator types, by way of node:util',
    'folder-lock.isTaken': 'asks for a file of that name',
    'crypto.isSignatureByAsync': 'is isSignatureBy in another thread',
    'http/proof-signature.isSigned': 'hands on to toDer and isSignatureBy',
    'http/proof-signature.isSignedAsync': 'hands on to toDer and isSignatureByAsync',
    'http/judge-attestation.isIssuedAsync': 'hands on to toDer and isSignatureByAsync',
    'replay-store/shared-table.isTable': 'asks for a type of JavaScript, and for our own mark',
    'replay-store/shared-table.openTable': 'reads what isTable has passed',
    'cli/folder-refusal.isFile': 'asks the disk about a folder that an operator names',
    'cli/folder-refusal.isForbidden': 'asks an error of Node for its code',
    'cli/read-file.readWhole': 'reads a file that an operator names, up to a size',
    'adapters/fastify/internals.isEncapsulated': 'asks an instance of the host',
    'adapters/fetch/fetch-body.readWhole': 'reads a stream: attacked in adapters/fetch.test.ts',
    'crypto.openSha256': 'begins a digest',
    'http/protect-options.readOptions': 'reads what the host wrote',
    'installed-files.readInstalled': 'reads a file of the package itself',
    'sidecar/address.readListen': 'reads what an operator types',
    'sidecar/address.readUpstream': 'reads what an operator types',
    'sidecar/redis-options.readRedisOptions': 'reads what an operator types',
    'sidecar/serve-options.readServeOptions': 'reads what an operator types',
    'sidecar/forwarded.readForwarded':
      'reads fields of a request: attacked over sockets, in sidecar/auth-mode.test.ts',
    'sidecar/incoming-body.openBody': 'reads a stream: attacked over sockets, in sidecar/proxy-mode.test.ts',
    'sidecar/incoming-body.readBeginning':
      'reads a stream: attacked over sockets, in sidecar/proxy-mode.test.ts',
    'sidecar/status/html.fromPage': 'shows a page of the package itself',
    'sidecar/tell.openLog': 'begins a log',
    'sidecar/upstream.openUpstream': 'begins a request of its own',
    'cli/receipt/metadata-at-hand.openMetadata': 'is openBundle, at no place and no time',
  }),
);

describe('Every parser is attacked', () => {
  const exported = globSync('src/**/*.ts', { cwd: verifier })
    .toSorted()
    .flatMap((file) => {
      const module = file.replaceAll('\\', '/').replace(/^src\/(.*)\.ts$/, '$1');
      const names = readFileSync(join(verifier, file), 'utf8').matchAll(parserPattern);
      return Array.from(names, ([, name = '']) => `${module}.${name}`);
    });
  const attacked = new Set(targets.flatMap(({ parsers }) => parsers));

  test('an exported function that is named like one has a target, or a reason to have none', () => {
    expect(exported.length).toBeGreaterThan(50);
    expect(exported.filter((name) => !attacked.has(name) && !elsewhere.has(name))).toEqual([]);
  });
});

describe('Mutated genuine inputs', () => {
  const fuzz = (names: readonly string[], ...args: readonly string[]) =>
    spawnSync(process.execPath, ['fuzz/fuzz.ts', ...names, ...args], {
      cwd: verifier,
      encoding: 'utf8',
      // A whole run takes seconds. Inputs on which a parser hangs are found by the command itself.
      timeout: 580_000,
    });
  const [light, heavy] = [false, true].map((is) =>
    targets.filter((target) => target.heavy === is).map(({ name }) => name),
  ) as [string[], string[]];

  test.each([
    ['the parsers', light, 2000],
    ['what opens and walks whole bundles', heavy, 60],
  ])('are accepted or refused by %s, and do nothing else', { timeout: 600_000 }, (_, names, inputs) => {
    const { status, stdout, stderr } = fuzz(
      names,
      '--inputs',
      String(inputs),
      '--seed',
      '20261122',
      '--json',
    );
    expect(stderr).toBe('');
    const reports = stdout
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line) as { target: string; inputs: number });
    expect(reports.map(({ target }) => target)).toEqual(names);
    for (const report of reports) expect(report.inputs, report.target).toBe(inputs);
    expect(status).toBe(0);
  });

  test('take work that grows with their size and no faster', { timeout: 600_000 }, () => {
    const { status, stdout, stderr } = fuzz([], '--growth', '--pumps', '8');
    expect(stderr).toBe('');
    expect(
      stdout
        .trim()
        .split('\n')
        .filter((line) => !line.endsWith(' linear')),
    ).toEqual([]);
    expect(status).toBe(0);
  });
});
