import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import fc from 'fast-check';
import Koa from 'koa';
import { describe, expect, test } from 'vitest';
import { timeOf } from '../src/formats.ts';
import { contentDigest } from '../src/http/digest-fields.ts';
import type { RequestToCheck } from '../src/http/request-head.ts';
import { bodyChecked, protect, requireCapability } from '../src/adapters/koa.ts';
import { openVerifierFor, type Verifier, type VerifierOptions } from '../src/open-verifier.ts';
import type { ReplayStore } from '../src/replay-store/replay-store.ts';
import { Refused } from '../src/refused.ts';
import { everyName as names, make, type Handler } from './adapters/frameworks.ts';
import { serve } from './adapters/serve.ts';
import { anchorOf, createVendor, entryCustom, addEntry, makeAppKey, approve } from './compose/vendor.ts';
import { digestField, makeKey, newNonce } from './http/sign.ts';
import { listen, send } from './http/socket.ts';
import { contentOf, makeSite, nextBundle, start, temporaryFolder, type Site } from './state/site.ts';
import { makePackage, runProgram } from './state/vendor-package.ts';
import { signNow, verdict } from './tricks/honest.ts';
import { questionOf } from './sidecar/questions.ts';
import { startSidecar, startUpstream } from './sidecar/start.ts';
import { startProcess } from './tricks/start-process.ts';

// The law: only the vendor can widen. With origin and state folder fixed, whatever is refused with no other option is refused with any
// options, variables of the environment and files beside the package; local settings narrow only.
//
// An admission is what `check`, `finish` and `bodyChecked` give, and what `requireCapability` lets pass. On paths of `streaming` a handler
// begins with what the head proved, which has no receipt; what was refused is a request whose body it cannot read to the end.
// `exempt`, and a browser's preflight, let a request go on without one: that a handler of that path serves it is the server's own word,
// like a route that stands before `protect`, and no handler that asks for a capability is reached. To load code into the process
// (NODE_OPTIONS, LD_PRELOAD, a configuration of OpenSSL that names a module) is to rewrite the server.

/** A site that has loaded a bundle with its own app, one that was revoked, and one that nobody approved; and the vendor's old bundle. */
function makeWorld() {
  const site = makeSite();
  const { vendor } = site;
  const [revoked, unapproved] = [makeAppKey(), makeAppKey()];
  const entry = addEntry(vendor, entryCustom(vendor, revoked));
  approve(vendor, [entry]);
  addEntry(vendor, entryCustom(vendor, unapproved));
  const old = nextBundle(site);
  vendor.revocations.push({
    subject: { kind: 'artifact', digest: entry.digest },
    through: timeOf(vendor.now),
  });
  start(site).load(nextBundle(site));
  return { site, old, revoked, unapproved };
}
type World = ReturnType<typeof makeWorld>;

/** Requests of every kind that are refused, and what with. */
function refusedRequests({
  site,
  revoked,
  unapproved,
}: World): readonly (readonly [string, RequestToCheck])[] {
  const now = Math.floor(Date.now() / 1000);
  const post = { method: 'POST', body: '{}' } as const;
  return [
    ['proof_missing', { method: 'GET', target: '/orders', headers: [] }],
    ['app_not_approved', signNow(site, { key: makeKey() })],
    ['revoked', signNow({ ...site, key: revoked })],
    ['approvals_missing', signNow({ ...site, key: unapproved })],
    ['wrong_deployment', signNow(site, { deployment: 'A'.repeat(43) })],
    ['signature_invalid', signNow(site, { origin: 'https://evil.example' })],
    ['signature_invalid', { ...signNow(site), target: '/admin' }],
    ['proof_stale', signNow(site, { created: now - 3600 })],
    ['proof_from_future', signNow(site, { created: now + 3600 })],
    ['proof_coverage', signNow(site, { cover: ['@method'] })],
    ['digest_mismatch', { ...signNow(site, post), body: Buffer.from('[]') }],
    ['method_override', signNow(site, { headers: [['X-HTTP-Method-Override', 'DELETE']] })],
    [
      'header_repeated',
      signNow(site, {
        headers: [
          ['Host', 'a'],
          ['Host', 'b'],
        ],
      }),
    ],
    ['target_malformed', signNow(site, { target: '/a/../orders' })],
  ];
}

function codeOf(verifier: Pick<Verifier, 'check'>, request: RequestToCheck): string {
  try {
    return verifier.check(request).kind;
  } catch (error) {
    if (error instanceof Refused) return error.code;
    throw error;
  }
}

/** Names that somebody might hope for, and any others. */
const hopeful = fc.oneof(
  fc.constantFrom(
    ...[
      'anchor',
      'trustAnchor',
      'root',
      'registry',
      'environment',
      'production',
      'deployment',
      'deploymentId',
      'key',
    ],
    ...[
      'now',
      'clock',
      'time',
      'clockTolerance',
      'startedAt',
      'fresh',
      'grace',
      'maxAge',
      'offline',
      'expires',
    ],
    ...[
      'monitor',
      'breakGlass',
      'grant',
      'grants',
      'allowlist',
      'entries',
      'roster',
      'thresholds',
      'revocations',
    ],
    ...[
      'insecure',
      'skip',
      'verify',
      'strict',
      'disabled',
      'enabled',
      'force',
      'debug',
      'test',
      'dev',
      'bypass',
      'mode',
    ],
    ...[
      'floor',
      'memo',
      'replay',
      'nonce',
      'window',
      'capabilities',
      'exempt',
      'origins',
      'trustProxy',
      'proxy',
    ],
    ...['constructor', 'prototype', 'toString', 'hasOwnProperty', 'then'],
  ),
  fc.string({ maxLength: 12 }),
);
const dictionary = (values: fc.Arbitrary<unknown>) => fc.dictionary(hopeful, values, { maxKeys: 12 });
const anything = fc.oneof(
  fc.constantFrom<unknown>(true, false, 0, 1, -1, Infinity, null, '', 'true', 'off', '*', [], {}, () => true),
  fc.anything(),
);

// Whatever is refused with no options is refused with them. In a database lies what a replay store answers.
describe('a setting, an option, a variable, a file, a row in a database', () => {
  test('with any options of openVerifier', () => {
    const world = makeWorld();
    const { site, old } = world;
    const anchor = anchorOf({ ...site.vendor, roots: site.vendor.roots.slice(0, 1) });
    const fixed: VerifierOptions = { stateDir: site.folder, origin: site.origin, log: () => undefined };
    const floor = contentOf(site.folder)['floor.json'];
    const own = anchorOf(createVendor());
    const values = fc.oneof(
      anything,
      fc.constantFrom<unknown>(own, () => 0, [site.origin], site.vendor),
    );
    fc.assert(
      fc.property(dictionary(values), fc.boolean(), (more, inherited) => {
        // As members of the object, or of what it inherits from.
        const options = inherited
          ? Object.assign(Object.create(more) as object, fixed)
          : { ...more, ...fixed };
        const verifier = openVerifierFor(anchor, options);
        // A start after another refuses first what was signed before it; all else is refused as without options.
        for (const [code, request] of refusedRequests(world))
          expect([code, 'proof_before_start']).toContain(codeOf(verifier, request));
        expect(() => verifier.load(old)).toThrow(Refused);
        expect(verdict(site, verifier)).toBe('app');
        expect(verdict({ ...site, key: world.revoked }, verifier)).toBe('revoked');
        expect(verdict({ ...site, key: world.unapproved }, verifier)).toBe('approvals_missing');
      }),
      { numRuns: 40 },
    );
    expect(contentOf(site.folder)['floor.json']).toBe(floor);
  });

  test('with any onVerdict: it hears of verdicts, and is asked for none', async () => {
    const world = makeWorld();
    const { site } = world;
    const anchor = anchorOf({ ...site.vendor, roots: site.vendor.roots.slice(0, 1) });
    const fixed: VerifierOptions = { stateDir: site.folder, origin: site.origin, log: () => undefined };
    const answers = fc.oneof(anything, fc.constant('throws'), fc.constant('writes'), fc.constant('rejects'));
    await fc.assert(
      fc.asyncProperty(answers, async (answer) => {
        const onVerdict = (verdict: object): unknown => {
          if (answer === 'throws') throw new Refused('app_not_approved');
          if (answer === 'rejects') return Promise.reject(new Error('no'));
          if (answer !== 'writes') return answer;
          for (const name of Object.keys(verdict)) Reflect.set(verdict, name, 'admitted');
          return Object.assign(verdict, { outcome: 'admitted', kind: 'app' });
        };
        const verifier = openVerifierFor(anchor, { ...fixed, onVerdict });
        for (const [code, request] of refusedRequests(world)) {
          expect([code, 'proof_before_start']).toContain(codeOf(verifier, request));
          await expect(verifier.checkAsync(request)).rejects.toBeInstanceOf(Refused);
          const finished = verifier
            .checkHeadAsync(request)
            .then((head) => head.finish(contentDigest(request.body)));
          await expect(finished).rejects.toBeInstanceOf(Refused);
        }
        expect(verdict(site, verifier)).toBe('app');
      }),
      { numRuns: 20 },
    );
    for (const onVerdict of [null, 0, 'log', {}, []])
      expect(() => openVerifierFor(anchor, { ...fixed, onVerdict } as unknown as VerifierOptions)).toThrow(
        TypeError,
      );
  });

  test('with any replayStore, whatever it answers: it is asked last, and what this node has admitted stays used', async () => {
    const world = makeWorld();
    const { site } = world;
    const anchor = anchorOf({ ...site.vendor, roots: site.vendor.roots.slice(0, 1) });
    const fixed: VerifierOptions = { stateDir: site.folder, origin: site.origin, log: () => undefined };
    const answers = fc.oneof(
      fc.constantFrom<unknown>('first', 'first', 'used', 'forgotten', 'throws', 'rejects'),
      anything,
    );
    await fc.assert(
      fc.asyncProperty(answers, async (answer) => {
        const claim = (): unknown => {
          if (answer === 'throws') throw new Error('no');
          if (answer === 'rejects') return Promise.reject(new Error('no'));
          return Promise.resolve(answer);
        };
        const verifier = openVerifierFor(anchor, { ...fixed, replayStore: { claim } as ReplayStore });
        const heard = async (request: RequestToCheck): Promise<string> =>
          verifier.checkAsync(request).then(
            ({ kind }) => kind,
            (error: unknown) => (error instanceof Refused ? error.code : String(error)),
          );
        for (const [code, request] of refusedRequests(world)) {
          expect([code, 'proof_before_start']).toContain(await heard(request));
          expect(codeOf(verifier, request)).toBe('replay_store_unavailable');
        }
        const first = await verifier.checkAsync(signNow(site)).catch((error: Refused) => error);
        const { challenge } = (first as Refused).members;
        const request = signNow(site, { nonce: `${String(challenge)}.${newNonce()}` });
        expect((await heard(request)) === 'app').toBe(answer === 'first');
        expect(await heard(request)).not.toBe('app');
        verifier.close();
        expect(contentOf(site.folder)).not.toHaveProperty('replay');
      }),
      { numRuns: 30 },
    );
    for (const replayStore of [null, 0, 'redis', {}, { claim: 'first' }, []])
      expect(() => openVerifierFor(anchor, { ...fixed, replayStore } as unknown as VerifierOptions)).toThrow(
        TypeError,
      );
    // What it says once, that it has forgotten, would reach one of two.
    const replayStore = { claim: () => Promise.resolve('first' as const) };
    const first = openVerifierFor(anchor, { ...fixed, replayStore });
    expect(() => openVerifierFor(anchor, { ...fixed, replayStore })).toThrow(TypeError);
    first.close();
    openVerifierFor(anchor, { ...fixed, replayStore }).close();
  });

  test('with an origin or a state folder that are something else than a text', () => {
    const { site } = makeWorld();
    const anchor = anchorOf(site.vendor);
    let reads = 0;
    const options = {
      stateDir: site.folder,
      log: () => undefined,
      get origin() {
        reads += 1;
        return reads === 1 ? site.origin : 'https://evil.example';
      },
    };
    const verifier = openVerifierFor(anchor, options);
    expect(reads).toBe(1);
    expect(codeOf(verifier, signNow(site, { origin: 'https://evil.example' }))).not.toBe('app');
    for (const origin of [undefined, null, {}, [site.origin], 5])
      expect(() => openVerifierFor(anchor, { ...options, origin } as unknown as VerifierOptions)).toThrow(
        expect.objectContaining({ code: 'origin_malformed' }),
      );
  });

  test('with any options of protect: it may pass on without an admission, and no handler that asks for one is reached', async () => {
    const world = makeWorld();
    const verifier = start(world.site);
    const path = fc.oneof(fc.constantFrom('/', '/orders', '/healthz', '/admin', '*', '/*', ''), fc.webPath());
    const list = fc.array(path, { maxLength: 6 });
    const options = fc.tuple(
      dictionary(anything),
      fc.record(
        {
          exempt: list,
          maxBodyBytes: fc.oneof(
            fc.integer({ min: 0, max: 16_777_216 }),
            fc.constantFrom(Infinity, NaN, 1e9, -1),
          ),
          browserOrigins: fc.array(fc.constantFrom('*', 'null', 'https://evil.example', world.site.origin)),
          streaming: fc.array(fc.constantFrom('/', '/orders', '/*', '/orders/*', '*', '')),
          bodySilence: fc.oneof(fc.double({ min: 0.5, max: 30 }), fc.constantFrom(0, -1, 31, NaN, Infinity)),
          verdictHeader: fc.boolean(),
        },
        { requiredKeys: [] },
      ),
    );
    await fc.assert(
      fc.asyncProperty(options, async ([more, { ...known }]) => {
        const app = new Koa();
        app.silent = true;
        const seen: Promise<unknown>[] = [];
        const reached: string[] = [];
        try {
          app.use(protect(verifier, { ...more, ...known }));
        } catch (error) {
          // Options that are none: nothing is served at all.
          expect(error).toSatisfy((thrown) => thrown instanceof RangeError || thrown instanceof TypeError);
          return;
        }
        app.use(async (context, next) => {
          const { appwarrant } = context.state as { appwarrant?: unknown };
          seen.push(appwarrant === undefined ? Promise.resolve() : bodyChecked(context));
          await next();
        });
        app.use(requireCapability('orders:read'));
        app.use(async (context) => {
          await text(context.req);
          reached.push(context.url);
        });
        await using server = await listen(app);
        const headers = [['Origin', 'https://evil.example']] as const;
        const browsers: readonly (readonly [string, RequestToCheck])[] = [
          ['proof_missing', { method: 'OPTIONS', target: '/orders', headers }],
          [
            '',
            {
              method: 'OPTIONS',
              target: '/orders',
              headers: [...headers, ['Access-Control-Request-Method', 'POST']],
            },
          ],
        ];
        for (const [, request] of [...refusedRequests(world), ...browsers]) await send(server.port, request);
        expect(reached).toEqual([]);
        const admissions = await Promise.allSettled(seen);
        expect(admissions.filter((each) => each.status === 'fulfilled' && each.value !== undefined)).toEqual(
          [],
        );
        if ((known.exempt ?? []).length === 0 && (known.streaming ?? []).length === 0)
          expect(seen).toEqual([]);
      }),
      { numRuns: 25 },
    );
    expect(verdict(world.site, verifier)).toBe('app');
  });

  test.each(names)('with any options of protect in %s', async (name) => {
    const world = makeWorld();
    const verifier = start(world.site);
    const options = fc.record(
      {
        exempt: fc.array(fc.constantFrom('/', '/healthz', '/admin', '*', '/*', '')),
        maxBodyBytes: fc.integer({ min: 0, max: 16_777_216 }),
        streaming: fc.array(fc.constantFrom('/', '/orders', '/*', '/orders/*')),
        bodySilence: fc.double({ min: 0.5, max: 30, noNaN: true }),
        browserOrigins: fc.array(fc.constantFrom('*', 'null', 'https://evil.example', world.site.origin)),
        verdictHeader: fc.boolean(),
      },
      { requiredKeys: [] },
    );
    await fc.assert(
      fc.asyncProperty(options, async (known) => {
        const reached: string[] = [];
        const handler: Handler = async (request) => {
          await text(request);
          reached.push(request.url ?? '');
          return 'served';
        };
        const routes = { '/': handler, '/orders': handler, '/admin': handler };
        const listener = make(name, { verifier, options: known, capability: 'orders:read', routes });
        await using server = await serve(listener);
        for (const [, request] of refusedRequests(world)) await send(server.port, request);
        expect(reached).toEqual([]);
      }),
      { numRuns: 10 },
    );
    expect(verdict(world.site, verifier)).toBe('app');
  });

  test('with a longer body than the verifier holds, whatever the limit is set to', async () => {
    const { site } = makeWorld();
    const verifier = start(site);
    expect(verdict(site, verifier)).toBe('app');
    const body = Buffer.alloc(16 * 1024 * 1024 + 1);
    const headers = [['Content-Digest', digestField(body)]] as const;
    const long = signNow(site, { method: 'POST', body, headers });
    expect(() => verifier.check(long)).toThrow(expect.objectContaining({ code: 'too_large' }));
    for (const maxBodyBytes of [body.length, Infinity, Number.MAX_SAFE_INTEGER])
      expect(() => protect(verifier, { maxBodyBytes })).toThrow(RangeError);
  });

  test('with any options of the command', () => {
    const { site, old } = makeWorld();
    const program = makePackage(site.vendor);
    const file = join(temporaryFolder(), 'old');
    writeFileSync(file, old);
    const fixed = ['--state', site.folder, '--origin', site.origin];
    const { 'replay.owner': _owner, ...before } = contentOf(site.folder);
    const named = fc
      .tuple(hopeful, fc.option(fc.constantFrom('1', 'true', file, '2100-01-01T00:00:00Z')))
      .map(([name, value]) => (value === null ? [`--${name}`] : [`--${name}`, value]));
    const word = fc.constantFrom(
      ['--force'],
      ['-f'],
      ['--yes'],
      ['--json'],
      ['--'],
      ['--no-verify'],
      ['load'],
    );
    const args = fc.array(fc.oneof(named, word), { maxLength: 4 }).map((lists) => lists.flat());
    // The old bundle is below the floor: no word makes the command load it.
    for (const more of [[], ...fc.sample(args, { seed: 1, numRuns: 6 })]) {
      const run = runProgram(program, ['load', file, ...fixed, ...more]);
      expect(run.status, more.join(' ')).not.toBe(0);
      const { 'replay.owner': _mark, ...after } = contentOf(site.folder);
      expect(after).toEqual(before);
    }
    expect(verdict(site, start(site))).toBe('app');
  }, 180_000);

  test('with any options of serve, in both of its modes: what is refused reaches no server, and no proxy is told to pass it on', async () => {
    const world = makeWorld();
    await using upstream = await startUpstream();
    const program = makePackage(world.site.vendor);
    const seconds = fc.constantFrom('0.5', '1', '30');
    const options = fc.record({
      exempt: fc.subarray(['/', '/healthz', '/a', '/orders/', '/Orders', '/orders%3Fopen=1']),
      'browser-origin': fc.subarray(['https://evil.example', world.site.origin]),
      'body-silence': fc.subarray(['0.5'], { maxLength: 1 }),
      'upstream-silence': fc.array(seconds, { maxLength: 1 }),
      drain: fc.array(seconds, { maxLength: 1 }),
      status: fc.subarray(['127.0.0.1:0']),
    });
    const samples: readonly Readonly<Record<string, readonly string[]>>[] = fc.sample(options, {
      seed: 4,
      numRuns: 4,
    });
    for (const known of [{}, ...samples]) {
      const more = Object.entries(known).flatMap(([name, values]) =>
        values.flatMap((value) => [`--${name}`, value]),
      );
      const fixed = ['--listen', '127.0.0.1:0', '--check', '127.0.0.1:0', '--upstream', upstream.url];
      await using sidecar = await startSidecar(world.site, [...fixed, ...more], program);
      for (const [code, request] of refusedRequests(world)) {
        const { status } = await send(sidecar.ports.proxy, request);
        expect(status, `${code} ${more.join(' ')}`).toBeGreaterThanOrEqual(400);
        for (const proxy of ['nginx', 'caddy', 'traefik'] as const) {
          const answer = await send(sidecar.ports.check, questionOf(request, proxy));
          expect(answer.status, `${proxy} ${code} ${more.join(' ')}`).toBeGreaterThanOrEqual(400);
        }
      }
      expect(upstream.received).toEqual([]);
    }
  }, 120_000);

  test('in any environment, and whatever lies beside the package, the state, or where it is started', async () => {
    const world = makeWorld();
    const { site, old } = world;
    const oldFile = join(temporaryFolder(), 'old');
    writeFileSync(oldFile, old);
    const own = JSON.stringify({ type: 'appwarrant/anchor/1', anchor: anchorOf(createVendor()) });
    const variable = fc.oneof(
      hopeful.filter((name) => /^[A-Za-z]+$/.test(name)).map((name) => `APPWARRANT_${name.toUpperCase()}`),
      fc.constantFrom(
        ...[
          'NODE_ENV',
          'NODE_PATH',
          'NODE_TLS_REJECT_UNAUTHORIZED',
          'NODE_NO_WARNINGS',
          'NODE_PENDING_DEPRECATION',
        ],
        ...[
          'TZ',
          'LANG',
          'LC_ALL',
          'HOME',
          'PWD',
          'USER',
          'TMPDIR',
          'DEBUG',
          'CI',
          'VITEST',
          'PORT',
          'DATABASE_URL',
        ],
        ...[
          'HTTP_PROXY',
          'HTTPS_PROXY',
          'SSL_CERT_FILE',
          'SOURCE_DATE_EPOCH',
          'FAKETIME',
          'npm_config_offline',
        ],
        ...['ACME_VERIFIER_ANCHOR', 'ACME_MONITOR', 'FORCE_COLOR', 'NO_COLOR', 'UV_THREADPOOL_SIZE'],
      ),
    );
    const value = fc.oneof(
      fc.constantFrom(
        '',
        '0',
        '1',
        'true',
        'off',
        '*',
        'development',
        'test',
        'Pacific/Kiritimati',
        'tr_TR.UTF-8',
      ),
      fc.constantFrom('/dev/null', '/nowhere', '-5000000', '2100-01-01', own),
      fc.stringMatching(/^[ -~]{0,20}$/),
    );
    const place = fc.constantFrom('state', 'package', 'cwd');
    const name = fc.oneof(
      fc.constantFrom(
        ...[
          '.env',
          '.npmrc',
          'appwarrant.json',
          'config.json',
          'options.json',
          'anchor.local.json',
          'anchor.json.bak',
        ],
        ...[
          'roster.json',
          'grants.json',
          'allowlist.json',
          'license.json',
          'monitor',
          'disabled',
          'clock',
          'now',
        ],
        ...[
          'bundle.json',
          'bundle.old',
          'floor.json.bak',
          'floor',
          'root.json',
          '1.root.json',
          'index.js',
          'package.js',
        ],
      ),
      fc.stringMatching(/^[a-z]{1,8}\.(json|pem|js|txt)$/),
    );
    const content = fc.constantFrom(own, old, '{"monitor":true}', 'true', '', 'throw new Error()');
    const files = fc.array(fc.tuple(place, name, content), { maxLength: 12 });
    const surroundings = fc.tuple(fc.dictionary(variable, value, { maxKeys: 14 }), files);

    for (const [env, lying] of [[{}, []] as const, ...fc.sample(surroundings, { seed: 2, numRuns: 8 })]) {
      const program = makePackage(site.vendor);
      const cwd = temporaryFolder();
      const folders = { state: site.folder, package: program, cwd };
      for (const [where, file, bytes] of lying) {
        mkdirSync(folders[where as 'cwd'], { recursive: true });
        writeFileSync(join(folders[where as 'cwd'], file), bytes);
      }
      await using server = await startProcess(site, program, { env, cwd });
      await server.get({ kind: 'open' });
      const told = JSON.stringify([env, lying.map(([where, file]) => `${where}/${file}`)]);
      for (const [code, request] of refusedRequests(world))
        expect([code, 'proof_before_start'], told).toContain((await server.check(request)).refused);
      expect(await server.tell({ kind: 'load', file: oldFile }), told).toMatchObject({ refused: 'rollback' });
      await server.setClock(40);
      const created = Math.floor(Date.now() / 1000) + 40;
      const later = (of: Site) => server.check(signNow(of, { created }));
      expect(await later({ ...site, key: world.revoked }), told).toMatchObject({ refused: 'revoked' });
      expect(await later({ ...site, key: world.unapproved }), told).toMatchObject({
        refused: 'approvals_missing',
      });
      expect(await later(site), told).toMatchObject({ ok: { kind: 'app' } });
    }
  }, 180_000);

  test('with members in JSON, and names in headers, that every object has', () => {
    const world = makeWorld();
    const { site } = world;
    const verifier = start(site);
    const members = Object.getOwnPropertyNames(Object.prototype).sort();
    const polluting = ['__proto__', 'constructor', 'prototype', 'toString', 'hasOwnProperty', 'valueOf'];
    const evil = '{"polluted":true,"kind":"app","exempt":["/orders"],"capabilities":["orders:read"]}';
    const floor = contentOf(site.folder)['floor.json'] ?? '';
    const text = Buffer.from(floor, 'base64').toString();
    for (const name of polluting) {
      // In a bundle's index, in a floor, in header fields, in the parameters of a signature, and in options that were parsed.
      const index = Buffer.from(
        `{"${name}":${evil},"customer":"${site.customer}","files":[],"registry":"${site.vendor.registry}"}`,
      );
      const length = Buffer.alloc(4);
      length.writeUInt32BE(index.length);
      const bundle = Buffer.concat([Buffer.from('AppWarrant bundle 1\n'), length, index]);
      expect(() => verifier.load(bundle)).toThrow(Refused);
      for (const headers of [
        [[name, evil]],
        [
          ['Signature-Input', `${name}=("@method");tag="app-attestation"`],
          ['Signature', `${name}=:AAAA:`],
        ],
        [
          ['Signature-Input', `app=();${name}=1;tag="app-attestation"`],
          ['Content-Digest', `${name}=:AAAA:`],
        ],
      ] as const)
        expect(codeOf(verifier, { method: 'GET', target: '/orders', headers })).not.toBe('app');
      const options = JSON.parse(`{"${name}":${evil}}`) as object;
      const opened = openVerifierFor(anchorOf({ ...site.vendor, roots: site.vendor.roots.slice(0, 1) }), {
        ...options,
        stateDir: site.folder,
        origin: site.origin,
        log: () => undefined,
      });
      for (const [code, request] of refusedRequests(world))
        expect([code, 'proof_before_start']).toContain(codeOf(opened, request));
      writeFileSync(join(site.folder, 'floor.json'), text.replace('{', `{"${name}":${evil},`));
      const without = start(site);
      expect(without.status().allowlist?.floorSince).toBe(timeOf(site.vendor.now));
      expect(verdict({ ...site, key: world.revoked }, without)).toBe('revoked');
    }
    expect(Object.getOwnPropertyNames(Object.prototype).sort()).toEqual(members);
    expect(({} as { polluted?: boolean }).polluted).toBeUndefined();
    expect(verdict(site, verifier)).toBe('app');
  });
});
