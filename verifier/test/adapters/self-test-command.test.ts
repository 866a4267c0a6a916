import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { describe, expect, it } from 'vitest';
import { expectCalm, expectNarrow, fileWith } from '../cli/program.ts';

// The command, on modules as hosts have them: each in a process of its own.

const root = join(import.meta.dirname, '../../..');
const at = (path: string): string => JSON.stringify(pathToFileURL(join(root, path)).href);

/** A host's module; it leaves something open, as servers do. */
const hostModule = (body: string): string =>
  fileWith(
    `import Koa from ${at('node_modules/koa/lib/application.js')};
     import Router from ${at('node_modules/@koa/router/dist/index.mjs')};
     import Fastify from ${at('node_modules/fastify/fastify.js')};
     import * as koa from ${at('verifier/src/adapters/koa.ts')};
     import * as fastify from ${at('verifier/src/adapters/fastify.ts')};
     const unasked = { checkHeadAsync: () => Promise.reject(new Error('asked')) };
     const ran = () => { process.stdout.write('ran'); };
     setInterval(ran, 1_000_000);
     ${body}`,
    'server.mjs',
  );

function run(...args: string[]) {
  const done = spawnSync(
    process.execPath,
    ['--conditions=appwarrant-source', join(root, 'verifier/src/cli.ts'), 'self-test', ...args],
    { encoding: 'utf8', timeout: 60_000 },
  );
  expectCalm(done);
  return done;
}

const half = `
  const early = new Router();
  early.get('/early', ran);
  const late = new Router();
  late.get('/late', koa.requireCapability('orders:read'), ran).get('/healthz', ran);
  export const app = new Koa().use(early.routes()).use(koa.protect(unasked, { exempt: ['/healthz'] })).use(late.routes());
`;

describe('self-test', () => {
  it('names what is not protected, first, and ends with 1', () => {
    const { status, stdout, stderr } = run(hostModule(half));
    expect([status, stderr]).toEqual([1, '']);
    expectNarrow(stdout);
    expect(stdout.split('\n')).toEqual([
      expect.stringMatching(/^NOT PROTECTED {2}GET \/early +protect\(\) does not stand before it\.$/),
      expect.stringMatching(/^exempt +GET \/healthz/),
      expect.stringMatching(/^protected +GET \/late +orders:read$/),
      '',
      '1 not protected, 0 cannot be seen, 1 exempt, 1 protected.',
      '',
    ]);
  });

  it('ends with 0 when all of it is protected, or named', () => {
    const named = run(hostModule(half), '--except', 'GET /early', '--except', 'GET /other');
    expect(named.status).toBe(0);
    expect(named.stdout).toContain('not protected (excepted)');
    const whole = `export default new Koa().use(koa.protect(unasked)).use(ran);`;
    expect(run(hostModule(whole)).status).toBe(0);
  });

  it('awaits a Fastify instance, and takes the export that it is told', () => {
    const module = hostModule(`
      export const open = Fastify().get('/a', ran);
      export const closed = Fastify();
      closed.register(fastify.protect(unasked));
      closed.register(async (inner) => inner.get('/b', ran));
    `);
    expect(run(module, '--export', 'open').stdout).toContain('NOT PROTECTED  GET /a');
    expect(run(module, '--export', 'closed').stdout).toContain('0 not protected');
    const none = run(module, '--export', 'other');
    expect([none.status, none.stdout]).toEqual([2, '']);
    expect(none.stderr).toContain('does not export other');
  });

  it('answers programs', () => {
    const { status, stdout } = run(hostModule(half), '--json', '--except', 'GET /early');
    expect(status).toBe(0);
    expect(JSON.parse(stdout)).toEqual({
      type: 'appwarrant/self-test/1',
      kind: 'koa',
      notProtected: 1,
      cannotSee: 0,
      exempt: 1,
      protected: 1,
      places: [
        expect.objectContaining({ name: 'GET /early', state: 'notProtected', excepted: true }),
        { name: 'GET /late', state: 'protected', capabilities: ['orders:read'], why: '', excepted: false },
        expect.objectContaining({ name: 'GET /healthz', state: 'exempt', excepted: false }),
      ],
    });
  });

  it('says of a module that exports nothing of the kind that it cannot see, and why one cannot be imported', () => {
    const nothing = run(hostModule('export const answer = 42;'));
    expect(nothing.status).toBe(1);
    expect(nothing.stdout).toContain('cannot be seen');
    const broken = run(hostModule(`throw new Error('no\\u001b[2J');`));
    expect([broken.status, broken.stdout]).toEqual([1, '']);
    expect(broken.stderr).toContain('cannot be imported: Error: no\\u{1b}[2J');
    const missing = run(join(root, 'none.mjs'));
    expect([missing.status, missing.stdout]).toEqual([1, '']);
    expect(run().status).toBe(2);
  });
});
