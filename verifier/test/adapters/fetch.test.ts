import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  admissionOf,
  bodyChecked,
  protect,
  requireCapability,
  type ProtectOptions,
} from '../../src/adapters/fetch.ts';
import type { RequestToCheck } from '../../src/http/request-head.ts';
import type { ReasonCode } from '../../src/reasons.ts';
import { deployment, grantOf, makeSite, origin, type Site } from '../http/site.ts';
import { alsoWithHeader, digestField, headerOf, makeKey, withHeader } from '../http/sign.ts';

// Plain requests, as any Fetch server makes them. What a real server makes of bytes on a socket: fetch-hono.test.ts.

type Handler = (request: Request) => Promise<Response> | Response;

/** A customer's handler behind `protect`, which notes what reached it. */
function makeApi(site: Site, options: ProtectOptions = {}, handler: Handler = () => new Response('served')) {
  const reached: string[] = [];
  const api = protect(
    site.checker,
    options,
  )(async (request: Request) => {
    reached.push(`${request.method} ${new URL(request.url).pathname}${new URL(request.url).search}`);
    return handler(request);
  });
  return { reached, api };
}

/** What a Fetch server makes of a request that came under this host. */
function fetched({ method, target, headers, body }: RequestToCheck, at = 'http://10.0.0.7:8080'): Request {
  return new Request(at + target, {
    method,
    headers: headers.map(([name, value]): [string, string] => [name, value]),
    ...(body !== undefined && { body: new Uint8Array(body) }),
  });
}

async function expectProblem(response: Response, status: number, code: ReasonCode) {
  const text = await response.text();
  expect(`${String(response.status)} ${text}`).toContain(`"code":"${code}"`);
  expect(response.status).toBe(status);
  expect(response.headers.get('content-type')).toBe('application/problem+json');
  expect(response.headers.get('cache-control')).toBe('no-store');
  return JSON.parse(text) as Record<string, unknown>;
}

const post = { method: 'POST', target: '/orders', body: '{"n":1}' } as const;

/** A body that comes in these pieces, and then ends or fails. */
function streamOf(pieces: readonly string[], failure?: Error): ReadableStream<Uint8Array> {
  const left = [...pieces];
  return new ReadableStream({
    pull(controller) {
      const piece = left.shift();
      if (piece !== undefined) controller.enqueue(new TextEncoder().encode(piece));
      else if (failure !== undefined) controller.error(failure);
      else controller.close();
    },
  });
}

function streamed(request: RequestToCheck, body: ReadableStream<Uint8Array>): Request {
  const { url, headers, method } = fetched({ ...request, body: undefined });
  return new Request(url, { method, headers, body, duplex: 'half' });
}

describe('behind protect()', () => {
  it('a handler has the admission of a signed request, under whatever host it came', async () => {
    const site = makeSite();
    let seen: unknown;
    const { api, reached } = makeApi(site, {}, (request) => {
      seen = admissionOf(request);
      return new Response('served');
    });
    for (const at of ['http://10.0.0.7:8080', 'https://ris.hospital.test', 'http://[::1]:3000']) {
      const response = await api(fetched(site.sign(), at));
      expect(await response.text()).toBe('served');
      expect(seen).toMatchObject({ kind: 'app', app: { id: 'viewer' }, receipt: { deployment } });
    }
    expect(reached).toEqual(Array(3).fill('GET /orders?open=1'));
  });

  it('no handler sees an unsigned one: the answer says what to sign', async () => {
    const { api, reached } = makeApi(makeSite());
    const response = await api(new Request(`${origin}/orders`));
    expect(response.headers.get('www-authenticate')).toBe('AppAttestation error="proof_missing"');
    expect(response.headers.get('accept-signature')).toContain('"@target-uri"');
    expect(await expectProblem(response, 401, 'proof_missing')).toMatchObject({ deployment });
    expect(reached).toEqual([]);
  });

  it('a replay, a stranger and a change are refused', async () => {
    const site = makeSite();
    const { api, reached } = makeApi(site);
    const request = site.sign();
    await api(fetched(request));
    await expectProblem(await api(fetched(request)), 401, 'replayed');
    await expectProblem(await api(fetched(site.sign({ key: makeKey() }))), 403, 'app_not_approved');
    await expectProblem(await api(fetched({ ...site.sign(), target: '/b' })), 401, 'signature_invalid');
    await expectProblem(await api(fetched({ ...site.sign(), method: 'DELETE' })), 401, 'signature_invalid');
    expect(reached.length).toBe(1);
  });

  it('a handler gets whatever else the server gives', async () => {
    const site = makeSite();
    const route = protect(site.checker)(
      async (_request: Request, context: { params: { id: string } }) => new Response(context.params.id),
    );
    expect(await (await route(fetched(site.sign()), { params: { id: 'o-1' } })).text()).toBe('o-1');
  });

  it('what fails in a handler is the handler’s own', async () => {
    const site = makeSite();
    const { api } = makeApi(site, {}, () => {
      throw new Error('database');
    });
    await expect(api(fetched(site.sign()))).rejects.toThrow('database');
  });

  it('a request that a handler makes of its own has no admission', async () => {
    const site = makeSite();
    const { api } = makeApi(site, {}, (request) => {
      expect(() => admissionOf(new Request(request))).toThrow(
        expect.objectContaining({ code: 'not_protected' }),
      );
      return new Response('served');
    });
    await api(fetched(site.sign()));
  });

  it('a refusal that a handler throws is answered as one', async () => {
    const { api } = makeApi(makeSite(), { exempt: ['/open'] }, (request) => {
      return new Response(admissionOf(request).kind);
    });
    await expectProblem(await api(new Request(`${origin}/open`)), 500, 'not_protected');
  });

  it('takes nothing but a handler', () => {
    const none = undefined as unknown as () => Response;
    expect(() => protect(makeSite().checker)(none)).toThrow(TypeError);
    expect(() => requireCapability('orders:read')(none)).toThrow(TypeError);
    expect(() => protect(makeSite().checker, { exempt: '/healthz' as unknown as string[] })).toThrow(
      TypeError,
    );
  });
});

describe('what a URL has lost', () => {
  it('is not judged: what the handler sees is what was signed, and no other spelling of it', async () => {
    const site = makeSite();
    const { api, reached } = makeApi(site);
    for (const target of ['/x/../orders', '/./orders', '/x/%2e%2e/orders', '/\\orders'.replace('\\', '')]) {
      // Whoever respells a target on its way has changed nothing that anybody reads.
      expect((await api(fetched({ ...site.sign({ target: '/orders' }), target }))).status).toBe(200);
    }
    expect(new Set(reached)).toEqual(new Set(['GET /orders']));
    for (const target of ['/x/../orders', '/a|b<c>', '/a b', '/ä']) {
      await expectProblem(await api(fetched(site.sign({ target }))), 401, 'signature_invalid');
    }
  });

  it('cannot make one target out of another: whatever is admitted was signed as the handler reads it', async () => {
    const site = makeSite();
    const at = 'http://10.0.0.7:8080';
    let seen: string | undefined;
    const { api } = makeApi(site, {}, (request) => {
      seen = request.url.slice(at.length);
      return new Response('served');
    });
    const character = fc.constantFrom(...Array.from('ab/.%2eE5cF\\?#&=;:@!\'"<>^`{|}~[] +*,ä'));
    const target = fc.array(character, { maxLength: 12 }).map((all) => `/${all.join('')}`);
    let admitted = 0;
    await fc.assert(
      fc.asyncProperty(target, target, async (signed, sent) => {
        for (const as of [signed, sent]) {
          seen = undefined;
          const response = await api(fetched({ ...site.sign({ target: as }), target: sent }, at));
          if (response.status === 200) admitted += 1;
          expect(seen).toBe(response.status === 200 ? as : undefined);
        }
      }),
      { numRuns: 200 },
    );
    expect(admitted).toBeGreaterThan(0);
  });

  it('and what is left that routers read in different ways is refused', async () => {
    const site = makeSite();
    const { api, reached } = makeApi(site);
    for (const target of [
      '//orders',
      '/orders#a',
      '/a//b',
      '/..;/orders',
      '/a/%2e%2e%2forders',
      '/a%5c..%5corders',
    ])
      await expectProblem(await api(fetched(site.sign({ target }))), 400, 'target_malformed');
    expect(reached).toEqual([]);
  });

  it('a URL that its readers would take apart in different ways is refused', async () => {
    const site = makeSite();
    const { api, reached } = makeApi(site);
    // A platform that hands on what it received, unparsed.
    for (const url of [
      'http://h/x/../orders?open=1',
      'http://h\\orders?open=1',
      'orders',
      '/orders?open=1',
      'http://h',
      'http:///orders?open=1',
      'http://h:99999/orders?open=1',
    ]) {
      const request = fetched(site.sign());
      Object.defineProperty(request, 'url', { value: url });
      await expectProblem(await api(request), 400, 'target_malformed');
    }
    expect(reached).toEqual([]);
  });
});

describe('fields that came twice, which Fetch joins', () => {
  const cases: readonly (readonly [
    string,
    number,
    ReasonCode,
    (request: RequestToCheck) => RequestToCheck,
  ])[] = [
    ['deployment', 401, 'wrong_deployment', (r) => alsoWithHeader(r, 'AppWarrant-Deployment', deployment)],
    ['signature', 401, 'proof_malformed', (r) => alsoWithHeader(r, 'Signature', headerOf(r, 'Signature'))],
    [
      'signature input',
      401,
      'proof_malformed',
      (r) => alsoWithHeader(r, 'Signature-Input', headerOf(r, 'Signature-Input')),
    ],
    [
      'content digest',
      401,
      'proof_malformed',
      (r) => alsoWithHeader(r, 'Content-Digest', digestField('{"n":2}')),
    ],
    ['content type', 401, 'signature_invalid', (r) => alsoWithHeader(r, 'Content-Type', 'text/plain')],
    ['content coding', 401, 'proof_coverage', (r) => alsoWithHeader(r, 'Content-Encoding', 'gzip')],
    ['authorization', 401, 'digest_mismatch', (r) => alsoWithHeader(r, 'Authorization', 'Bearer b')],
    ['cookie', 401, 'digest_mismatch', (r) => alsoWithHeader(r, 'Cookie', 'c=d')],
    ['length', 400, 'framing_ambiguous', (r) => alsoWithHeader(r, 'Content-Length', '7')],
    ['host', 400, 'header_repeated', (r) => alsoWithHeader(alsoWithHeader(r, 'Host', 'a'), 'Host', 'b')],
    ['coding', 400, 'framing_ambiguous', (r) => alsoWithHeader(r, 'Transfer-Encoding', 'chunked')],
    ['attestation', 401, 'attestation_malformed', (r) => r],
    ['method override', 400, 'method_override', (r) => alsoWithHeader(r, 'X-HTTP-Method-Override', 'PUT')],
  ];
  it.each(cases)('are refused: %s', async (what, status, code, change) => {
    const site = makeSite();
    const { api, reached } = makeApi(site);
    const headers: [string, string][] = [
      ['Content-Type', 'application/json'],
      ['Authorization', 'Bearer a'],
      ['Cookie', 'a=b'],
    ];
    if (what === 'attestation') headers.push(['OAuth-Client-Attestation', 'a.b.c, a.b.c']);
    await expectProblem(await api(fetched(change(site.sign({ ...post, headers })))), status, code);
    expect(reached).toEqual([]);
  });

  it('and that the proof covers are covered as the handler reads them', async () => {
    const site = makeSite();
    let seen: string | null = null;
    const { api } = makeApi(site, {}, (request) => {
      seen = request.headers.get('x-tenant');
      return new Response('served');
    });
    const cover = ['@method', '@target-uri', 'appwarrant-deployment', 'x-tenant'];
    const signed = withHeader(site.sign({ headers: [['X-Tenant', 'a, b']], cover }), 'X-Tenant', undefined);
    const twice = alsoWithHeader(alsoWithHeader(signed, 'X-Tenant', 'a'), 'X-Tenant', 'b');
    expect((await api(fetched(twice))).status).toBe(200);
    expect(seen).toBe('a, b');
    const once = site.sign({ headers: [['X-Tenant', 'a']], cover });
    await expectProblem(await api(fetched(alsoWithHeader(once, 'X-Tenant', 'b'))), 401, 'signature_invalid');
  });
});

describe('a body', () => {
  it('is given to the handler as it was checked, however the handler reads it', async () => {
    const site = makeSite();
    const readers: readonly Handler[] = [
      async (request) => new Response(await request.text()),
      async (request) => new Response(await request.arrayBuffer()),
      async (request) => new Response(JSON.stringify(await request.json())),
      async (request) => new Response(await request.clone().text()),
      (request) => new Response(request.body),
      async (request) => new Response(await new Request(request).text()),
    ];
    for (const reader of readers) {
      const { api } = makeApi(site, {}, reader);
      expect(await (await api(fetched(site.sign(post)))).text()).toBe('{"n":1}');
    }
  });

  it('may be a form, with files', async () => {
    const site = makeSite();
    const form = new FormData();
    form.set('name', 'Ärzte');
    form.set('scan', new File(['\0\x01'], 'scan.bin'));
    const made = new Request(origin, { method: 'POST', body: form });
    const headers: [string, string][] = [['Content-Type', made.headers.get('content-type') ?? '']];
    const body = new Uint8Array(await made.arrayBuffer());
    const { api } = makeApi(site, {}, async (request) => {
      // oxlint-disable-next-line typescript/no-deprecated -- Node would rather have handlers use a library; they use this
      const got = await request.formData();
      const file = got.get('scan') as File;
      return new Response(`${got.get('name') as string} ${file.name} ${String(file.size)}`);
    });
    const response = await api(fetched(site.sign({ ...post, headers, body })));
    expect(await response.text()).toBe('Ärzte scan.bin 2');
  });

  it('that was changed reaches no handler, nor one that nobody announced', async () => {
    const site = makeSite();
    const { api, reached } = makeApi(site);
    const changed = { ...site.sign(post), body: Buffer.from('{"n":2}') };
    await expectProblem(await api(fetched(changed)), 401, 'digest_mismatch');
    const slipped = { ...site.sign({ method: 'POST' }), body: Buffer.from('{"n":2}') };
    await expectProblem(await api(fetched(slipped)), 401, 'digest_mismatch');
    const zero = site.sign({ method: 'POST', headers: [['Content-Length', '0']] });
    await expectProblem(await api(fetched({ ...zero, body: Buffer.from('a') })), 400, 'body_incomplete');
    expect(reached).toEqual([]);
  });

  it('that was announced and did not come, or not whole, is refused; so is one that Fetch cannot give', async () => {
    const site = makeSite();
    const { api, reached } = makeApi(site);
    const short = withHeader(site.sign(post), 'Content-Length', '8');
    await expectProblem(await api(fetched(short)), 400, 'body_incomplete');
    await expectProblem(await api(fetched({ ...site.sign(post), body: undefined })), 400, 'body_incomplete');
    const get = { ...site.sign({ ...post, method: 'GET' }), body: undefined };
    await expectProblem(await api(fetched(get)), 400, 'body_incomplete');
    const chunked: [string, string][] = [
      ['Transfer-Encoding', 'chunked'],
      ['Content-Digest', digestField('')],
    ];
    const empty = site.sign({ method: 'POST', headers: chunked });
    await expectProblem(await api(streamed(empty, streamOf([]))), 400, 'body_incomplete');
    const torn = streamed(site.sign(post), streamOf(['{"n"'], new Error('connection reset')));
    await expectProblem(await api(torn), 400, 'body_incomplete');
    expect(reached).toEqual([]);
  });

  it('that is empty, and not announced or announced as such, is none', async () => {
    const site = makeSite();
    const { api } = makeApi(site);
    for (const headers of [[], [['Content-Length', '0']], [['Content-Digest', digestField('')]]] as [
      string,
      string,
    ][][]) {
      const request = site.sign({ method: 'POST', headers });
      expect((await api(fetched(request))).status).toBe(200);
      const again = site.sign({ method: 'POST', headers });
      expect((await api(streamed(again, streamOf([])))).status).toBe(200);
    }
  });

  it('that is too large is refused before it is read, or as soon as it turns out', async () => {
    const site = makeSite();
    const { api, reached } = makeApi(site, { maxBodyBytes: 7 });
    expect((await api(fetched(site.sign(post)))).status).toBe(200);
    const announced = streamed(site.sign({ ...post, body: '{"n":10}' }), streamOf([], new Error('was read')));
    await expectProblem(await api(announced), 413, 'too_large');
    const chunked = site.sign({ ...post, body: '{"n":10}', headers: [['Transfer-Encoding', 'chunked']] });
    let cancelled = false;
    const endless = new ReadableStream<Uint8Array>({
      pull: (controller) => controller.enqueue(new Uint8Array(3)),
      cancel: () => void (cancelled = true),
    });
    await expectProblem(await api(streamed(chunked, endless)), 413, 'too_large');
    expect(cancelled).toBe(true);
    expect(reached.length).toBe(1);
  });

  it('that stays silent is refused', async () => {
    const site = makeSite();
    const { api, reached } = makeApi(site, { bodySilence: 0.02 });
    const silent = new ReadableStream<Uint8Array>({ pull: () => new Promise(() => undefined) });
    await expectProblem(await api(streamed(site.sign(post), silent)), 408, 'body_timeout');
    expect(reached).toEqual([]);
  });

  it('that somebody has read, or is reading, reaches no handler', async () => {
    const site = makeSite();
    const { api, reached } = makeApi(site);
    const used = fetched(site.sign(post));
    await used.text();
    await expectProblem(await api(used), 500, 'not_protected');
    const locked = fetched(site.sign(post));
    locked.body?.getReader();
    await expectProblem(await api(locked), 500, 'not_protected');
    expect(reached).toEqual([]);
  });

  it('of something else than bytes is none', async () => {
    const site = makeSite();
    const { api, reached } = makeApi(site);
    const request = fetched(site.sign(post));
    const texts = new ReadableStream({
      start(controller) {
        controller.enqueue('{"n":1}');
        controller.close();
      },
    });
    Object.defineProperty(request, 'body', { value: texts });
    await expectProblem(await api(request), 400, 'body_incomplete');
    expect(reached).toEqual([]);
  });
});

describe('a body on a path of `streaming`', () => {
  const big = { method: 'POST', target: '/uploads/a' } as const;
  const options: ProtectOptions = { streaming: ['/uploads/*'], maxBodyBytes: 4 };
  const pieces = ['one ', 'two ', 'three'];
  const whole = pieces.join('');

  it('is read by the handler as it comes, longer than any that is held, and settles the admission', async () => {
    const site = makeSite();
    const { api } = makeApi(site, options, async (request) => {
      const early = admissionOf(request);
      expect(early).toMatchObject({ kind: 'app', deployment, app: { id: 'viewer' } });
      expect(early).not.toHaveProperty('receipt');
      const text = await request.text();
      const final = await bodyChecked(request);
      expect(final).toMatchObject({ kind: 'app', receipt: { deployment } });
      expect(admissionOf(request)).toBe(final);
      return new Response(text);
    });
    const response = await api(streamed(site.sign({ ...big, body: whole }), streamOf(pieces)));
    expect(await response.text()).toBe(whole);
  });

  it('that was changed never ends, and its last bytes never come; the answer is the refusal', async () => {
    const site = makeSite();
    const got: string[] = [];
    let settled: unknown;
    const { api } = makeApi(site, options, async (request) => {
      bodyChecked(request).catch((error: unknown) => (settled = error));
      try {
        for await (const chunk of request.body ?? []) got.push(new TextDecoder().decode(chunk as Uint8Array));
        got.push('(end)');
      } catch {
        // A careless handler, which answers all the same.
      }
      return new Response('stored');
    });
    const request = site.sign({ ...big, body: 'one two THREE' });
    await expectProblem(await api(streamed(request, streamOf(pieces))), 401, 'digest_mismatch');
    expect(got).toEqual(['one ', 'two ']);
    expect(settled).toMatchObject({ code: 'digest_mismatch' });
  });

  it('that was cut short or has another length is refused too, where the handler throws what it got', async () => {
    const site = makeSite();
    const { api } = makeApi(site, options, async (request) => new Response(await request.text()));
    const sign = (body: string) => site.sign({ ...big, body });
    const torn = streamOf(['one '], new Error('connection reset'));
    await expectProblem(await api(streamed(sign(whole), torn)), 400, 'body_incomplete');
    const longer = withHeader(sign(whole), 'Content-Length', '99');
    await expectProblem(await api(streamed(longer, streamOf(pieces))), 400, 'body_incomplete');
    await expectProblem(await api(streamed(sign(whole), streamOf([]))), 400, 'body_incomplete');
  });

  it('of an app that is revoked while it comes is refused', async () => {
    const site = makeSite();
    const { api } = makeApi(site, options, async (request) => {
      site.state.apps = [];
      return new Response(await request.text());
    });
    const request = streamed(site.sign({ ...big, body: whole }), streamOf(pieces));
    await expectProblem(await api(request), 403, 'app_not_approved');
  });

  it('that is not read to its end settles nothing', async () => {
    const site = makeSite();
    let settled: Promise<unknown> | undefined;
    const { api } = makeApi(site, options, async (request) => {
      settled = bodyChecked(request);
      await request.body?.cancel();
      return new Response('enough');
    });
    const response = await api(streamed(site.sign({ ...big, body: whole }), streamOf(pieces)));
    expect(await response.text()).toBe('enough');
    await expect(settled).rejects.toMatchObject({ code: 'body_incomplete' });
  });

  it('whose pieces are written over by their maker is given as it was hashed', async () => {
    const site = makeSite();
    const { api } = makeApi(site, options, async (request) => new Response(await request.text()));
    const shared = new Uint8Array(4);
    const left = ['one ', 'two ', 'end.'];
    const body = new ReadableStream<Uint8Array>(
      {
        pull(controller) {
          const next = left.shift();
          if (next === undefined) return controller.close();
          shared.set(new TextEncoder().encode(next));
          controller.enqueue(shared);
        },
      },
      { highWaterMark: 0 },
    );
    const response = await api(streamed(site.sign({ ...big, body: 'one two end.' }), body));
    expect(await response.text()).toBe('one two end.');
  });
});

describe('an exempt path', () => {
  it('needs no proof, in its one spelling, and has no admission', async () => {
    const { api, reached } = makeApi(makeSite(), { exempt: ['/healthz'] }, (request) => {
      expect(() => admissionOf(request)).toThrow(expect.objectContaining({ code: 'not_protected' }));
      return new Response('fine');
    });
    const get = (target: string) => api(new Request(`http://h${target}`));
    expect((await get('/healthz')).status).toBe(200);
    expect((await get('/healthz?a=/b')).status).toBe(200);
    for (const target of ['/healthz/', '/Healthz', '/healthz/x', '/%68ealthz', '/healthz;a', '//healthz'])
      expect((await get(target)).status).toBeGreaterThanOrEqual(400);
    expect(reached.length).toBe(2);
  });
});

describe('requireCapability()', () => {
  const serve = (site: Site, options: ProtectOptions = {}) =>
    protect(
      site.checker,
      options,
    )(
      requireCapability('orders:read')((request: Request) => {
        return new Response(admissionOf(request).kind);
      }),
    );

  it('lets those through whose entry has the capability, and refuses the others', async () => {
    const site = makeSite();
    expect(await (await serve(site)(fetched(site.sign()))).text()).toBe('app');
    const key = makeKey();
    const other = makeSite({ apps: [{ key, custom: { capabilities: ['orders:readonly'] } }] });
    await expectProblem(await serve(other)(fetched(other.sign({ key }))), 403, 'capability_missing');
    other.state.monitor = grantOf('monitor');
    const admitted = await serve(other)(fetched(other.sign({ key })));
    expect(await admitted.text()).toBe('monitored');
  });

  it('refuses where protect() has not run, and on exempt paths', async () => {
    const site = makeSite();
    const alone = requireCapability('orders:read')(() => new Response('orders'));
    await expectProblem(await alone(fetched(site.sign())), 500, 'not_protected');
    const exempt = await serve(site, { exempt: ['/orders'] })(new Request(`${origin}/orders`));
    await expectProblem(exempt, 500, 'not_protected');
  });

  it('demands a capability that can be one', () => {
    expect(() => requireCapability('Orders Read')).toThrow(TypeError);
  });
});

describe('a grant in force', () => {
  it('admits without reading the body, and names the deployment', async () => {
    const site = makeSite();
    site.state.monitor = grantOf('monitor');
    const { api } = makeApi(site, { maxBodyBytes: 1 }, async (request) => {
      expect(admissionOf(request)).toMatchObject({ kind: 'monitored', refused: { code: 'proof_missing' } });
      return new Response(await request.text());
    });
    const request = new Request(`${origin}/orders`, { method: 'POST', body: 'long' });
    const response = await api(request);
    expect(response.headers.get('appwarrant-deployment')).toBe(deployment);
    expect(await response.text()).toBe('long');
  });

  it('names it on answers whose fields nobody can change, too', async () => {
    const site = makeSite();
    site.state.monitor = grantOf('monitor');
    const { api } = makeApi(site, {}, () => Response.redirect('https://ris.hospital.test/login', 303));
    const response = await api(new Request(`${origin}/orders`));
    expect(response.status).toBe(303);
    expect(response.headers.get('location')).toBe('https://ris.hospital.test/login');
    expect(response.headers.get('appwarrant-deployment')).toBe(deployment);
  });
});

describe('browsers', () => {
  const asking = { Origin: 'https://viewer.test', 'Access-Control-Request-Method': 'POST' };
  const preflight = () =>
    new Request(`${origin}/orders`, {
      method: 'OPTIONS',
      headers: { ...asking, 'Access-Control-Request-Headers': 'signature,signature-input' },
    });

  it('get an answer to their preflight that reaches no handler, and allows listed origins only', async () => {
    const site = makeSite();
    const closed = makeApi(site);
    const nothing = await closed.api(preflight());
    expect(nothing.status).toBe(204);
    expect([...nothing.headers.keys()].filter((name) => name.startsWith('access-control'))).toEqual([]);
    const open = makeApi(site, { browserOrigins: ['https://viewer.test'] });
    const allowed = await open.api(preflight());
    expect(allowed.status).toBe(204);
    expect(allowed.headers.get('access-control-allow-origin')).toBe('https://viewer.test');
    expect(allowed.headers.get('access-control-allow-methods')).toBe('POST');
    expect(allowed.headers.get('access-control-allow-headers')).toBe('signature,signature-input');
    expect([...closed.reached, ...open.reached]).toEqual([]);
  });

  it('of listed origins may read the answers, of handlers and refusals', async () => {
    const site = makeSite();
    const { api } = makeApi(site, { browserOrigins: ['https://viewer.test'] }, () => {
      return new Response('served', { headers: { Vary: 'Accept' } });
    });
    const headers = { Origin: 'https://viewer.test' };
    const refused = await api(new Request(`${origin}/orders`, { headers }));
    expect(refused.headers.get('access-control-allow-origin')).toBe('https://viewer.test');
    const served = await api(fetched(withHeader(site.sign(), 'Origin', 'https://viewer.test')));
    expect(served.headers.get('access-control-allow-origin')).toBe('https://viewer.test');
    expect(served.headers.get('vary')).toBe('Accept, Origin');
    const foreign = await api(new Request(`${origin}/orders`, { headers: { Origin: 'https://evil.test' } }));
    expect(foreign.headers.has('access-control-allow-origin')).toBe(false);
  });

  it('have no way around the proof with OPTIONS', async () => {
    const { api, reached } = makeApi(makeSite());
    for (const headers of [{ Origin: 'https://viewer.test' }, { 'Access-Control-Request-Method': 'POST' }])
      await expectProblem(
        await api(new Request(origin, { method: 'OPTIONS', headers })),
        401,
        'proof_missing',
      );
    expect(reached).toEqual([]);
  });
});

describe('the verdict field', () => {
  it('is there where it was asked for', async () => {
    const site = makeSite();
    const { api } = makeApi(site, { verdictHeader: true, exempt: ['/healthz'] });
    const field = async (request: Request) => (await api(request)).headers.get('appwarrant-verdict');
    expect(await field(fetched(site.sign()))).toMatch(/^admitted;/);
    expect(await field(new Request(`${origin}/orders`))).toBe('refused;code=proof_missing');
    expect(await field(new Request(`${origin}/healthz`))).toBe('exempt');
    const silent = makeApi(site).api;
    expect((await silent(fetched(site.sign()))).headers.has('appwarrant-verdict')).toBe(false);
  });
});
