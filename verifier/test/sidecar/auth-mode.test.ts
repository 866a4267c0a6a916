import type { IncomingMessage } from 'node:http';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { RequestToCheck } from '../../src/http/request-head.ts';
import { readForwarded } from '../../src/sidecar/forwarded.ts';
import { identityNames } from '../../src/sidecar/identity.ts';
import { addForCustomer, approve, grantCustom } from '../compose/vendor.ts';
import { signNow } from '../tricks/honest.ts';
import { alsoWithHeader, digestField, withHeader } from '../http/sign.ts';
import { exchange, headOf, parseAnswers, send, type Answer } from '../http/socket.ts';
import { nextBundle, start, type Site } from '../state/site.ts';
import { questionOf, questionOfEnvoy, questionWithBody, says } from './questions.ts';
import { loadedSite, startSidecar, type Running } from './start.ts';

let site: Site;
let sidecar: Running;

beforeAll(async () => {
  site = loadedSite();
  sidecar = await startSidecar(site, [
    ...['--listen', '127.0.0.1:0', '--exempt', '/healthz', '--body-silence', '1'],
  ]);
});
afterAll(() => sidecar[Symbol.asyncDispose]());

const ask = (question: RequestToCheck): Promise<Answer> => send(sidecar.ports.check, question);
const identityIn = ({ headers }: Answer): readonly (string | undefined)[] =>
  identityNames.map((name) => headers.get(name.toLowerCase()));

/** The code of a refusal: of nginx's, which has it in a field, or of another's. */
function codeOf({ headers, body }: Answer): string {
  return (JSON.parse(headers.get('appwarrant-problem') ?? body) as { code: string }).code;
}
const codeFor = async (question: RequestToCheck): Promise<string> => codeOf(await ask(question));

const proxies = ['nginx', 'caddy', 'traefik'] as const;

describe('A proxy that asks', () => {
  test.each(proxies)('is told to pass on what an approved app signed, and by whom: %s', async (proxy) => {
    const request = signNow(site, { method: 'DELETE', target: '/orders/7?hard=1' });
    const answer = await ask(questionOf(request, proxy));
    expect(answer.status).toBe(200);
    const [verdict, app, partner, build, instance, capabilities, assurance, freshness, receipt] =
      identityIn(answer);
    const { custom } = site.entry as unknown as {
      custom: { partner: { id: string }; build: { id: string } };
    };
    expect([verdict, app, instance, capabilities, assurance, freshness]).toEqual([
      'app',
      'orders',
      'none',
      'orders:read orders:write',
      'server',
      'fresh',
    ]);
    expect([partner, build]).toEqual([custom.partner.id, custom.build.id]);
    expect(JSON.parse(Buffer.from(receipt ?? '', 'base64url').toString())).toMatchObject({
      type: 'appwarrant/receipt/1',
      deployment: site.deployment,
    });
  });

  test('is told so by Envoy’s way of asking: the path behind a prefix, the method as it is', async () => {
    const request = signNow(site, { method: 'DELETE', target: '/orders/7?hard=1' });
    expect((await ask(questionOfEnvoy(request))).status).toBe(200);
    const prefixed = signNow(site, { target: '/check/envoy/orders' });
    expect((await ask(questionOfEnvoy(prefixed))).status).toBe(200);
    expect(await codeFor(questionOfEnvoy({ ...signNow(site), target: '/other' }))).toBe('signature_invalid');
  });

  test.each(proxies)('is told no of what it did not receive so: %s', async (proxy) => {
    const request = signNow(site);
    expect(await codeFor(questionOf({ ...request, target: '/other' }, proxy))).toBe('signature_invalid');
    expect(await codeFor(questionOf({ ...request, method: 'PUT' }, proxy))).toBe('signature_invalid');
    expect(await codeFor(questionOf({ ...request, headers: [] }, proxy))).toBe('proof_missing');
  });

  test('gets for a path that needs no proof every field, with nothing in it', async () => {
    const healthz: RequestToCheck = { method: 'GET', target: '/healthz?deep=1', headers: [] };
    const answer = await ask(questionOf(healthz));
    expect([answer.status, ...identityIn(answer)]).toEqual([200, 'exempt', ...Array<string>(8).fill('none')]);
    for (const target of ['/healthz/', '/Healthz', '/%68ealthz', '//healthz', '/x/..%2fhealthz'])
      expect((await ask(questionOf({ ...healthz, target }))).status, target).not.toBe(200);
    const query = '?require=orders:read';
    expect(await codeFor(questionOf(healthz, 'nginx', { query }))).toBe('proof_missing');
  });

  test('gets every field under a grant too, and not a name of the app', async () => {
    const monitored = loadedSite();
    monitored.vendor.now += 1;
    const { vendor, customer, deployment } = monitored;
    const grant = addForCustomer(
      vendor,
      grantCustom(vendor, customer, deployment, { effect: { kind: 'monitor' } }),
    );
    approve(vendor, [grant]);
    const verifier = start(monitored);
    verifier.load(nextBundle(monitored));
    verifier.close();
    await using watching = await startSidecar(monitored, ['--listen', '127.0.0.1:0']);
    const asked = questionOf({ method: 'GET', target: '/orders', headers: [] });
    const answer = await send(watching.ports.check, asked);
    const [verdict, ...rest] = identityIn(answer);
    expect([answer.status, verdict, rest[0], rest[6]]).toEqual([200, 'monitored', 'none', 'fresh']);
    const body = { method: 'POST', target: '/orders', headers: [['Content-Length', '3']] } as const;
    expect((await send(watching.ports.check, questionOf(body))).status).toBe(200);
  });
});

describe('What the route demands', () => {
  const demanding = (list: string): RequestToCheck =>
    questionOf(signNow(site), 'nginx', { query: `?require=${list}` });

  test('stands in the address that the proxy asks', async () => {
    expect((await ask(demanding('orders:read'))).status).toBe(200);
    expect((await ask(demanding('orders:read,orders:write'))).status).toBe(200);
    expect((await ask(demanding('orders:read&require=orders:write'))).status).toBe(200);
    expect((await ask(demanding('-'))).status).toBe(200);
    const answer = await ask(demanding('orders:read,admin'));
    expect([answer.status, codeOf(answer)]).toEqual([403, 'capability_missing']);
  });

  test('or in a field, which may demand more and never less', async () => {
    const request = signNow(site);
    expect((await ask(questionOfEnvoy(request, [['AppWarrant-Require', 'orders:read']]))).status).toBe(200);
    for (const name of ['AppWarrant-Require', 'appwarrant_require']) {
      const question = alsoWithHeader(demanding('orders:read'), name, 'admin');
      expect(await codeFor(question), name).toBe('capability_missing');
    }
  });

  test.each([
    '?requires=orders:read',
    '?require',
    '?require=',
    '?require=-,a',
    '?require=a&x=1',
    '?a=1',
    '?require=UPPER',
    '?require=a,,b',
    '?require=a%2Cb',
  ])('is not guessed: %s', async (query) => {
    expect(await codeFor(questionOf(signNow(site), 'nginx', { query }))).toBe('forwarding_malformed');
  });
});

describe('What the proxy received', () => {
  test.each(proxies)('is said exactly once: %s', async (proxy) => {
    const request = signNow(site);
    const added = says[proxy](request);
    const names =
      proxy === 'traefik' ? ['X-Forwarded-Method', 'X-Forwarded-Uri'] : added.map(([name]) => name);
    for (const name of names) {
      const value = added.find(([each]) => each === name)?.[1] ?? '';
      const whole = questionOf(request, proxy);
      expect(await codeFor(withHeader(whole, name, undefined)), `no ${name}`).toBe('forwarding_malformed');
      expect(await codeFor(withHeader(whole, name, '')), `empty ${name}`).toBe('forwarding_malformed');
      expect(await codeFor(alsoWithHeader(whole, name, value)), `two ${name}`).toBe('forwarding_malformed');
      for (const spelling of [name.toLowerCase(), name.toUpperCase(), name.replaceAll('-', '_')])
        expect(await codeFor(alsoWithHeader(whole, spelling, value)), spelling).toBe('forwarding_malformed');
    }
  });

  test('is not taken from the fields of another proxy, which a client may have sent', async () => {
    const request = signNow(site, { target: '/public' });
    const forged = [
      ['X-Original-Method', 'GET'],
      ['X-Original-URI', '/public'],
    ] as const;
    const toAdmin = { ...request, target: '/admin', headers: [...forged, ...request.headers] };
    for (const proxy of ['caddy', 'traefik'] as const)
      expect(await codeFor(questionOf(toAdmin, proxy)), proxy).toBe('signature_invalid');
    expect(await codeFor(questionOf(toAdmin, 'nginx'))).toBe('forwarding_malformed');
  });

  test.each([
    '/',
    '/check',
    '/check/',
    '/check/haproxy?require=',
    '/check/nginx/x',
    '/checks/nginx',
    '/check/envoy',
  ])('is asked about at the addresses that there are: %s', async (target) => {
    const question = { ...questionOf(signNow(site)), target };
    expect(await codeFor(question)).toBe('forwarding_malformed');
  });

  test('is an origin-form target that every router reads alike', async () => {
    for (const target of [
      'http://erp.customer.example/orders',
      '/a/../orders',
      '/a/%2e%2e/orders',
      '/a/..%2forders',
      '//orders',
      '*',
    ])
      expect(await codeFor(questionOf(signNow(site, { target }))), target).toBe('target_malformed');
  });
});

test('The address of a client counts where the proxy says it, and not where a client may have said it', () => {
  const address: readonly [string, string] = ['X-Original-Address', '192.0.2.7'];
  const addressIn = ({ method, target, headers }: RequestToCheck): string | undefined => {
    const socket = { remoteAddress: '127.0.0.1' };
    const question = { method, url: target, rawHeaders: headers.flat(), socket };
    return readForwarded(question as unknown as IncomingMessage).request.address;
  };
  const request = alsoWithHeader(signNow(site), ...address);
  for (const proxy of ['nginx', 'caddy'] as const)
    expect(addressIn(questionOf(request, proxy)), proxy).toBe('192.0.2.7');
  expect(addressIn(questionOf(request, 'traefik'))).toBeUndefined();
  expect(addressIn(questionOfEnvoy(request))).toBeUndefined();
});

describe('A body that the proxy keeps to itself', () => {
  const post = { method: 'POST', body: '{"amount":1}' } as const;

  test.each(['nginx', 'caddy'] as const)(
    'is refused, by length, by coding and by digest: %s',
    async (proxy) => {
      expect(await codeFor(questionOf(signNow(site, post), proxy))).toBe('body_unchecked');
      const chunked = signNow(site, { ...post, headers: [['Transfer-Encoding', 'chunked']] });
      expect(await codeFor(questionOf(chunked, proxy))).toBe('body_unchecked');
      const unframed = withHeader(signNow(site, post), 'Content-Length', undefined);
      expect(await codeFor(questionOf(unframed, proxy))).toBe('body_unchecked');
      const status = (await ask(questionOf(signNow(site, post), proxy))).status;
      expect(status).toBe(403);
    },
  );

  test('is refused where its digest is signed as that of nothing', async () => {
    const chunked = signNow(site, {
      method: 'POST',
      headers: [
        ['Transfer-Encoding', 'chunked'],
        ['Content-Digest', digestField('')],
      ],
    });
    expect(await codeFor(questionOf(chunked))).toBe('body_unchecked');
  });

  test('is refused where its framing is ambiguous', async () => {
    const both = signNow(site, {
      ...post,
      headers: [
        ['Transfer-Encoding', 'chunked'],
        ['Content-Length', '12'],
      ],
    });
    expect(await codeFor(questionOf(both))).toBe('framing_ambiguous');
  });

  test('is no body where its length is 0', async () => {
    const empty = signNow(site, { method: 'POST', headers: [['Content-Length', '0']] });
    expect((await ask(questionOf(empty))).status).toBe(200);
  });
});

describe('A body that the proxy passes on', () => {
  const post = { method: 'POST', body: '{"amount":1}' } as const;

  test('is checked: Traefik', async () => {
    const request = signNow(site, post);
    expect((await ask(questionWithBody(request))).status).toBe(200);
    const other = { ...signNow(site, post), body: Buffer.from('{"amount":2}') };
    const answer = await ask(questionWithBody(other));
    expect([answer.status, codeOf(answer)]).toEqual([401, 'digest_mismatch']);
  });

  test('is checked: Envoy', async () => {
    expect((await ask(questionOfEnvoy(signNow(site, post)))).status).toBe(200);
    const other = { ...signNow(site, post), body: Buffer.from('{"amount":2}') };
    expect(await codeFor(questionOfEnvoy(other))).toBe('digest_mismatch');
  });

  test('is refused where the proxy was not told to pass it on', async () => {
    expect(await codeFor(questionOf(signNow(site, post), 'traefik'))).toBe('digest_mismatch');
  });

  test('is waited for no longer than it may pause, and is not missed where it breaks off', async () => {
    const request = questionWithBody(signNow(site, post));
    const [slow] = parseAnswers(await exchange(sidecar.ports.check, headOf(request), '{"am'));
    expect(slow && [slow.status, codeOf(slow)]).toEqual([408, 'body_timeout']);
  });
});

describe('Fields that only the sidecar may set', () => {
  test.each(identityNames)('are refused in any spelling: %s', async (name) => {
    const spellings = [
      name,
      name.toLowerCase(),
      name.toUpperCase(),
      name.replaceAll('-', '_'),
      name.replace('-', '_'),
      name.replaceAll('-', '.'),
      name.replaceAll('-', '~'),
    ];
    for (const spelling of spellings) {
      const forged = signNow(site, { headers: [[spelling, 'x']] });
      expect(await codeFor(questionOf(forged)), spelling).toBe('identity_header_forged');
      expect(await codeFor(questionOfEnvoy(forged)), spelling).toBe('identity_header_forged');
    }
    const doubled = signNow(site, {
      headers: [
        [name, 'x'],
        [name, 'y'],
      ],
    });
    expect(await codeFor(questionOf(doubled))).toBe('identity_header_forged');
  });

  test('are refused before anything else, on a path that needs no proof too', async () => {
    const forged: RequestToCheck = {
      method: 'GET',
      target: '/healthz',
      headers: [['AppWarrant-App', '{http.reverse_proxy.header.AppWarrant-App}']],
    };
    expect(await codeFor(questionOf(forged))).toBe('identity_header_forged');
  });
});

describe('A field that some servers take for one that was checked', () => {
  test.each([
    ['X_HTTP_Method_Override', 'method_override'],
    ['x-http_method', 'method_override'],
    ['Content_Encoding', 'header_malformed'],
    ['Content.Type', 'header_malformed'],
    ['Authorization_Digest', 'header_malformed'],
    ['COOKIE~DIGEST', 'header_malformed'],
  ])('is refused: %s', async (name, code) => {
    const added = signNow(site, { headers: [[name, 'x']] });
    expect(await codeFor(questionOf(added))).toBe(code);
    expect(await codeFor(questionOfEnvoy(added))).toBe(code);
    expect(await codeFor(questionOf({ method: 'GET', target: '/healthz', headers: [[name, 'x']] }))).toBe(
      code,
    );
  });
});

describe('An upgrade', () => {
  test('is refused, also on a path that needs no proof and where the proxy would open the tunnel', async () => {
    const upgrade = [['Upgrade', 'websocket']] as const;
    for (const request of [signNow(site), { method: 'GET', target: '/healthz', headers: [] }]) {
      const asking = { ...request, headers: [...request.headers, ...upgrade] };
      for (const proxy of proxies)
        expect(await codeFor(questionOf(asking, proxy))).toBe('protocol_unsupported');
      expect(await codeFor(questionOfEnvoy(asking))).toBe('protocol_unsupported');
    }
  });
});

describe('nginx', () => {
  test('is told 401 or 403, and the real status and problem in fields that fit into one', async () => {
    const dots = await ask(questionOf(signNow(site, { target: '/a/../b' })));
    expect([dots.status, dots.headers.get('appwarrant-status'), dots.body]).toEqual([403, '400', '']);
    const unsigned = await ask(questionOf({ method: 'GET', target: '/', headers: [] }));
    expect([unsigned.status, unsigned.headers.get('appwarrant-status')]).toEqual([401, '401']);
    expect(unsigned.headers.get('www-authenticate')).toBe('AppAttestation error="proof_missing"');
    const problem = JSON.parse(unsigned.headers.get('appwarrant-problem') ?? '') as object;
    expect(problem).toMatchObject({ type: 'urn:appwarrant:proof_missing', status: 401 });
    const uncovered = await ask(questionOf(signNow(site, { cover: ['@method'] })));
    expect(uncovered.headers.get('appwarrant-problem')).toMatch(/^[\x20-\x7e]+\\u00a710\.2[\x20-\x7e]+$/);
  });
});
