import { beforeAll, describe, expect, test } from 'vitest';
import {
  createAppWarrant,
  generateKey,
  memoryKeyStore,
  memoryPins,
  SdkError,
  type AppKey,
} from '../src/index.ts';
import { problem, scriptedServer, type Answer, type Received } from './scripted-server.ts';
import { checkByHand } from './signed-request.ts';

const deployment = 'D'.repeat(43);
const other = 'E'.repeat(43);
const challenge = 'C'.repeat(32);
let key: AppKey;
beforeAll(async () => {
  key = await generateKey();
});

const seconds = () => Math.floor(Date.now() / 1000);
const client = (options: { deployment?: string } = {}) =>
  createAppWarrant({ keyStore: memoryKeyStore(key), deployment, ...options });

async function errorOf(sent: Promise<unknown>): Promise<SdkError> {
  const error = await sent.then(
    () => null,
    (thrown: unknown) => thrown,
  );
  if (!(error instanceof SdkError)) throw new Error('Expected an SdkError.', { cause: error });
  return error;
}

describe('an answer of the API itself', () => {
  test.each<[string, Answer]>([
    ['an error', { status: 500, body: 'broken' }],
    ['a problem of its own', { ...problem('x'), body: '{"type":"https://vendor.example/no"}' }],
    ['a problem that is no JSON', { ...problem('x'), body: '{"type":"urn:appwarrant:' }],
    ['a problem that is no object', { ...problem('x'), body: 'null' }],
    ['a problem with success', { ...problem('replayed'), status: 200 }],
    [
      'a refusal in another type',
      { ...problem('replayed'), headers: { 'content-type': 'application/json' } },
    ],
  ])('stays an answer: %s', async (_, answer) => {
    await using server = await scriptedServer(() => answer);
    const got = await client().fetch(server.origin);
    expect(got.status).toBe(answer.status);
    expect(await got.text()).toBe(answer.body);
    expect(server.received).toHaveLength(1);
  });

  test('that calls itself a problem and is longer than any stays an answer, and can be read', async () => {
    const body = `{"type":"urn:appwarrant:replayed","filler":"${'x'.repeat(200_000)}"}`;
    await using server = await scriptedServer(() => ({ ...problem('replayed'), body }));
    expect(await (await client().fetch(server.origin)).text()).toBe(body);
  });
});

describe('a refusal', () => {
  test('is thrown with the reason, the status and what the server says', async () => {
    await using server = await scriptedServer(() =>
      problem('app_not_approved', { deployment, serverTime: 5 }),
    );
    const error = await errorOf(client().fetch(`${server.origin}/orders?secret=1`));
    expect(error.code).toBe('refused_by_server');
    expect(error.refusal).toMatchObject({ code: 'app_not_approved', status: 403, deployment, serverTime: 5 });
    expect(error.message).toContain('app_not_approved');
    expect(error.message).toContain('Detail of app_not_approved.');
    expect(error.message).not.toContain('secret');
    expect(server.received).toHaveLength(1);
  });

  test('with members of wrong types is a refusal without them', async () => {
    const members = {
      deployment: 7,
      serverTime: 'now',
      createdAfter: -1,
      base: {},
      title: null,
      detail: ['x'],
    };
    await using server = await scriptedServer(() => problem('proof_before_start', members));
    const error = await errorOf(client().fetch(server.origin));
    expect(error.refusal).toEqual({
      code: 'proof_before_start',
      status: 401,
      title: '',
      detail: '',
      deployment: null,
      serverTime: null,
      createdAfter: null,
      challenge: null,
      base: null,
    });
  });

  test('of a signature shows the first line that differs', async () => {
    const base = (request: Received) =>
      `"@method": ${request.method}\n"@target-uri": https://proxy.example${request.target}\n"and": more`;
    await using server = await scriptedServer((request) =>
      problem('signature_invalid', { base: base(request) }),
    );
    const { message } = await errorOf(client().fetch(`${server.origin}/orders`));
    expect(message).toContain('line 2');
    expect(message).toContain(`ours:   "@target-uri": ${server.origin}/orders`);
    expect(message).toContain('theirs: "@target-uri": https://proxy.example/orders');
  });

  test('of a signature over the same text says that the key is another', async () => {
    const base = (request: Received) => {
      const params = String(request.headers['signature-input']).slice('app='.length);
      const lines = [`"@method": GET`, `"@target-uri": http://${String(request.headers.host)}/`];
      return [...lines, `"appwarrant-deployment": ${deployment}`, `"@signature-params": ${params}`].join(
        '\n',
      );
    };
    await using server = await scriptedServer((request) =>
      problem('signature_invalid', { base: base(request) }),
    );
    expect((await errorOf(client().fetch(server.origin))).message).toContain('does not belong to the key id');
  });
});

describe('a refusal about time', () => {
  test('is answered once by the server time, which is then remembered', async () => {
    const ahead = seconds() + 300;
    await using server = await scriptedServer((_, index) =>
      index === 0 ? problem('proof_stale', { serverTime: ahead }) : {},
    );
    const app = client();
    await app.fetch(server.origin);
    await app.fetch(server.origin);
    const created = server.received.map((request) => checkByHand(request, server.origin, key).created);
    expect(created).toHaveLength(3);
    expect(created[1]).toBe(ahead);
    expect(created[2]).toBeGreaterThanOrEqual(ahead);
  });

  test('is answered once by the challenge, with the same body', async () => {
    await using server = await scriptedServer((_, index) =>
      index === 0
        ? problem('proof_stale', { serverTime: 0 }, { 'oauth-client-attestation-challenge': challenge })
        : {},
    );
    await client().fetch(server.origin, { method: 'POST', body: 'paid once' });
    const [first, second] = server.received as [Received, Received];
    expect(second.body).toEqual(first.body);
    const nonces = [first, second].map((request) => checkByHand(request, server.origin, key).nonce);
    expect(nonces[1]?.startsWith(`${challenge}.`)).toBe(true);
    expect(nonces[1]?.slice(33)).not.toBe(nonces[0]);
  });

  test('proof_before_start is signed again for after the start', async () => {
    const createdAfter = seconds() + 20;
    await using server = await scriptedServer((_, index) =>
      index === 0 ? problem('proof_before_start', { createdAfter }) : {},
    );
    await client().fetch(server.origin);
    expect(checkByHand(server.received[1] as Received, server.origin, key).created).toBe(createdAfter + 1);
  });

  test('proof_before_start is heeded by the requests that follow', async () => {
    const createdAfter = seconds() + 20;
    await using server = await scriptedServer((_, index) =>
      index === 0 ? problem('proof_before_start', { createdAfter }) : {},
    );
    const app = client();
    await app.fetch(server.origin);
    await app.fetch(server.origin);
    expect(server.received).toHaveLength(3);
    expect(checkByHand(server.received[2] as Received, server.origin, key).created).toBe(createdAfter + 1);
  });

  test.each(['proof_stale', 'proof_from_future', 'proof_before_start'])(
    '%s is never answered twice, however often it comes',
    async (code) => {
      await using server = await scriptedServer(() =>
        problem(
          code,
          { serverTime: seconds(), createdAfter: seconds() },
          { 'oauth-client-attestation-challenge': challenge },
        ),
      );
      const error = await errorOf(client().fetch(server.origin));
      expect(error).toMatchObject({ code: 'refused_by_server', refusal: { code } });
      expect(server.received).toHaveLength(2);
    },
  );

  test('another refusal is never answered, even with a challenge', async () => {
    for (const code of ['replayed', 'signature_invalid', 'revoked', 'allowlist_expired']) {
      await using server = await scriptedServer(() =>
        problem(code, { serverTime: seconds() }, { 'oauth-client-attestation-challenge': challenge }),
      );
      await errorOf(client().fetch(server.origin));
      expect(server.received).toHaveLength(1);
    }
  });

  test('a challenge that could break out of the nonce is none', async () => {
    await using server = await scriptedServer(() =>
      problem('proof_stale', {}, { 'oauth-client-attestation-challenge': 'x";tag="other' }),
    );
    expect((await errorOf(client().fetch(server.origin))).refusal?.challenge).toBeNull();
    expect(server.received).toHaveLength(1);
  });
});

describe('the deployment', () => {
  test('that the app was configured for is never exchanged, not even for a second attempt', async () => {
    for (const code of ['wrong_deployment', 'proof_stale', 'app_not_approved']) {
      await using server = await scriptedServer(() =>
        problem(code, { deployment: other, serverTime: seconds() }),
      );
      const error = await errorOf(client().fetch(server.origin));
      expect(error).toMatchObject({ code: 'deployment_changed', refusal: { code } });
      expect(error.message).toContain(deployment);
      expect(error.message).toContain(other);
      expect(server.received).toHaveLength(1);
    }
  });

  test('is learned at first use by a bare GET that entrusts nothing to the server, and pinned', async () => {
    await using server = await scriptedServer((request) =>
      request.headers.signature === undefined ? problem('proof_missing', { deployment }) : {},
    );
    const pins = memoryPins();
    const app = createAppWarrant({ keyStore: memoryKeyStore(key), pins });
    const headers = { authorization: 'Bearer secret', cookie: 'a=secret' };
    await app.fetch(`${server.origin}/orders?q=secret`, { method: 'POST', body: 'secret', headers });
    await app.fetch(`${server.origin}/orders`);
    const [bare, ...signed] = server.received as [Received, ...Received[]];
    expect(bare).toMatchObject({ method: 'GET', target: '/orders' });
    expect(JSON.stringify(bare)).not.toContain('secret');
    expect(signed.map((request) => request.headers['appwarrant-deployment'])).toEqual([
      deployment,
      deployment,
    ]);
    expect(await pins.read(server.origin)).toBe(deployment);
  });

  test('is asked for once by requests that begin together', async () => {
    await using server = await scriptedServer((request) =>
      request.headers.signature === undefined ? problem('proof_missing', { deployment }) : {},
    );
    const app = createAppWarrant({ keyStore: memoryKeyStore(key) });
    await Promise.all(Array.from({ length: 5 }, (_, i) => app.fetch(`${server.origin}/${i}`)));
    expect(server.received.filter((request) => request.headers.signature === undefined)).toHaveLength(1);
  });

  test('that an origin had when it was pinned cannot become another', async () => {
    await using server = await scriptedServer(() => problem('wrong_deployment', { deployment: other }));
    const pins = memoryPins();
    await pins.write(server.origin, deployment);
    const error = await errorOf(
      createAppWarrant({ keyStore: memoryKeyStore(key), pins }).fetch(server.origin),
    );
    expect(error.code).toBe('deployment_changed');
    expect(await pins.read(server.origin)).toBe(deployment);
    expect(server.received).toHaveLength(1);
  });

  test('is learned from the header of a server that admits everybody', async () => {
    await using server = await scriptedServer(() => ({ headers: { 'appwarrant-deployment': deployment } }));
    await createAppWarrant({ keyStore: memoryKeyStore(key) }).fetch(server.origin);
    expect(server.received[1]?.headers['appwarrant-deployment']).toBe(deployment);
  });

  test.each<[string, Answer]>([
    ['an answer', { body: 'hello' }],
    ['an answer with another header', { headers: { 'appwarrant-deployment': 'x' } }],
    ['a refusal that names none', problem('proof_missing')],
    ['a refusal that names something else', problem('proof_missing', { deployment: '../../x' })],
    ['a redirect', { status: 302, headers: { location: 'http://127.0.0.1:1/' } }],
  ])('that the server does not tell is an error, and nothing is pinned: %s', async (_, answer) => {
    await using server = await scriptedServer(() => answer);
    const pins = memoryPins();
    const error = await errorOf(
      createAppWarrant({ keyStore: memoryKeyStore(key), pins }).fetch(server.origin),
    );
    expect(error.code).toBe('deployment_unknown');
    expect(await pins.read(server.origin)).toBeNull();
    expect(server.received).toHaveLength(1);
  });
});

describe('a redirect', () => {
  test.each([301, 302, 303, 307, 308])('%d is never followed', async (status) => {
    await using server = await scriptedServer(() => ({ status, headers: { location: '/elsewhere' } }));
    for (const redirect of [undefined, 'follow', 'error'] as const) {
      const error = await errorOf(client().fetch(server.origin, redirect === undefined ? {} : { redirect }));
      expect(error.code).toBe('redirected');
      expect(error.message).toContain('/elsewhere');
    }
    expect(server.received.map((request) => request.target)).toEqual(['/', '/', '/']);
  });

  test('is an answer for a caller who asks for it', async () => {
    await using server = await scriptedServer(() => ({ status: 302, headers: { location: '/elsewhere' } }));
    const answer = await client().fetch(server.origin, { redirect: 'manual' });
    expect(answer.headers.get('location')).toBe('/elsewhere');
  });
});

test('what the network does wrong stays what fetch makes of it', async () => {
  await expect(client().fetch('http://127.0.0.1:1/')).rejects.toBeInstanceOf(TypeError);
  await using server = await scriptedServer(() => ({}));
  const aborted = client().fetch(server.origin, { signal: AbortSignal.abort() });
  await expect(aborted).rejects.toMatchObject({ name: 'AbortError' });
});
