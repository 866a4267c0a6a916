import { createPublicKey, verify } from 'node:crypto';
import { beforeAll, describe, expect, test } from 'vitest';
import type { AppAdmission } from '../../verifier/src/adapters/koa.ts';
import { serveAttested } from '../../verifier/test/http/serve-attested.ts';
import {
  createAppWarrant,
  generateKey,
  issueAttestation,
  memoryKeyStore,
  type AppKey,
  type AttestationRequest,
  type AttestationSource,
} from '../src/index.ts';
import { problem, scriptedServer } from './scripted-server.ts';
import { checkByHand } from './signed-request.ts';

const deployment = 'D'.repeat(42) + 'E';
const seconds = () => Math.floor(Date.now() / 1000);
let issuer: AppKey;
let copy: AppKey;
beforeAll(async () => {
  [issuer, copy] = await Promise.all([generateKey(), generateKey()]);
});

const request = (changes: Partial<AttestationRequest> = {}): AttestationRequest => ({
  partner: `p-${'a'.repeat(26)}`,
  app: 'field-notes',
  build: `b-${'b'.repeat(26)}`,
  deployment,
  publicKeyJwk: copy.publicKeyJwk,
  lifetime: 600,
  ...changes,
});

/** The parts of a compact JWS, as any reader of RFC 7515 takes it apart. */
function read(text: string) {
  const [header = '', claims = '', signature = ''] = text.split('.');
  const json = (part: string): unknown => JSON.parse(Buffer.from(part, 'base64url').toString());
  return {
    header: json(header),
    claims: json(claims),
    signature: Buffer.from(signature, 'base64url'),
    signed: `${header}.${claims}`,
  };
}

/** A client of the copy, and how often its source was asked. */
function clientOf(attestation: AttestationSource, options: { deployment?: string; origin?: string } = {}) {
  const asked: Parameters<AttestationSource>[0][] = [];
  const source: AttestationSource = (about) => {
    asked.push(about);
    return attestation(about);
  };
  const app = createAppWarrant({
    keyStore: memoryKeyStore(copy),
    deployment,
    attestation: source,
    ...options,
  });
  return { fetch: app.fetch, asked };
}

describe('against the real verifier', () => {
  test('a copy for which its maker issued an attestation is admitted, by its own name', async () => {
    await using server = await serveAttested(issuer.publicKeyJwk);
    const { fetch, asked } = clientOf(
      (about) => issueAttestation(issuer, { ...server.build, ...about, lifetime: 600 }),
      { deployment: server.deployment },
    );
    const answer = await fetch(`${server.origin}/notes`, { method: 'POST', body: '{"note":"rope"}' });
    expect((await answer.json()) as AppAdmission).toMatchObject({
      kind: 'app',
      app: { id: server.build.app },
      build: { id: server.build.build },
      instance: copy.keyId,
      proves: 'instance',
    });
    await fetch(`${server.origin}/notes`);
    expect(asked).toEqual([{ deployment: server.deployment, publicKeyJwk: copy.publicKeyJwk }]);
  });

  test('an attestation holds for as long as the vendor allows, and no longer', async () => {
    await using server = await serveAttested(issuer.publicKeyJwk);
    const { longest, origin } = server;
    const clientFor = (lifetime: number) =>
      clientOf((about) => issueAttestation(issuer, { ...server.build, ...about, lifetime }), server);
    expect((await clientFor(longest).fetch(origin)).status).toBe(200);
    await expect(clientFor(longest + 1).fetch(origin)).rejects.toMatchObject({
      refusal: { code: 'attestation_too_long' },
    });
  });

  test('one that has ended is refused with what to do, and the next request brings a fresh one', async () => {
    await using server = await serveAttested(issuer.publicKeyJwk);
    let now = seconds() - 3600;
    const { fetch, asked } = clientOf(
      (about) => issueAttestation(issuer, { ...server.build, ...about, lifetime: 600, now }),
      server,
    );
    const expired = fetch(server.origin);
    await expect(expired).rejects.toMatchObject({
      code: 'refused_by_server',
      refusal: { code: 'attestation_expired', status: 401 },
    });
    await expect(expired).rejects.toThrow('Fetch a fresh attestation');
    now = seconds();
    expect((await fetch(server.origin)).status).toBe(200);
    expect(asked).toHaveLength(2);
  });

  test('one for another copy, or another deployment, is refused', async () => {
    await using server = await serveAttested(issuer.publicKeyJwk);
    const { publicKeyJwk } = await generateKey();
    const issue = (changes: Partial<AttestationRequest>) =>
      clientOf(
        (about) => issueAttestation(issuer, { ...server.build, ...about, lifetime: 600, ...changes }),
        server,
      ).fetch(server.origin);
    await expect(issue({ publicKeyJwk })).rejects.toMatchObject({
      refusal: { code: 'attestation_other_key' },
    });
    await expect(issue({ deployment })).rejects.toMatchObject({
      refusal: { code: 'attestation_other_deployment' },
    });
  });
});

describe('an attestation', () => {
  test('is what the specification describes', async () => {
    const text = await issueAttestation(issuer, request({ now: 1_800_000_000 }));
    const { header, claims, signature, signed } = read(text);
    expect(header).toEqual({ alg: 'ES256', kid: issuer.keyId, typ: 'oauth-client-attestation+jwt' });
    expect(claims).toEqual({
      sub: `p-${'a'.repeat(26)}/field-notes`,
      build: `b-${'b'.repeat(26)}`,
      aud: deployment,
      iat: 1_800_000_000 - 60,
      exp: 1_800_000_000 + 540,
      cnf: { jwk: copy.publicKeyJwk },
    });
    const publicKey = createPublicKey({ key: issuer.publicKeyJwk, format: 'jwk' });
    const ieee = { key: publicKey, dsaEncoding: 'ieee-p1363' } as const;
    expect(verify('sha256', Buffer.from(signed), ieee, signature)).toBe(true);
  });

  test("takes the copy's key as WebCrypto exports it, and names its public members alone", async () => {
    const jwk = { ...copy.publicKeyJwk, key_ops: ['verify'], ext: true, d: 'A'.repeat(43) };
    const text = await issueAttestation(issuer, request({ publicKeyJwk: jwk }));
    expect(read(text).claims).toMatchObject({ cnf: { jwk: copy.publicKeyJwk } });
    expect(JSON.stringify(read(text).claims)).not.toContain('key_ops');
  });

  test.each<[string, Partial<AttestationRequest>]>([
    ['a partner by its name', { partner: 'Example' }],
    ['an app by its name', { app: 'Field Notes' }],
    ['a build by its version', { build: '1.0.0' }],
    ['a deployment by its origin', { deployment: 'https://orders.example' }],
    ['a lifetime that is too short for its begin in the past', { lifetime: 119 }],
    ['a lifetime in fractions', { lifetime: 600.5 }],
  ])('is not issued for %s', async (_, changes) => {
    await expect(issueAttestation(issuer, request(changes))).rejects.toMatchObject({
      code: 'option_invalid',
    });
  });

  test('is not issued for the key that issues it', async () => {
    const self = request({ publicKeyJwk: issuer.publicKeyJwk });
    await expect(issueAttestation(issuer, self)).rejects.toMatchObject({ code: 'option_invalid' });
  });

  test.each<[string, () => unknown]>([
    ['nothing', () => null],
    ['a text', () => 'key'],
    ['another kind of key', () => ({ ...copy.publicKeyJwk, kty: 'OKP' })],
    ['no point of the curve', () => ({ ...copy.publicKeyJwk, y: copy.publicKeyJwk.x })],
    ['a point in another spelling', () => ({ ...copy.publicKeyJwk, x: `${copy.publicKeyJwk.x}=` })],
  ])('is not issued for a key that is %s', async (_, publicKeyJwk) => {
    await expect(issueAttestation(issuer, request({ publicKeyJwk: publicKeyJwk() }))).rejects.toMatchObject({
      code: 'key_unusable',
    });
  });
});

describe('a client with an attestation source', () => {
  test('sends the attestation and covers it, in place of whatever the caller set', async () => {
    await using server = await scriptedServer(() => ({ body: 'fine' }));
    const text = await issueAttestation(issuer, request());
    const { fetch } = clientOf(() => Promise.resolve(text));
    await fetch(server.origin, { headers: { 'OAuth-Client-Attestation': 'another' } });
    const [received] = server.received;
    if (received === undefined) throw new Error('Nothing arrived.');
    expect(received.headers['oauth-client-attestation']).toBe(text);
    expect(checkByHand(received, server.origin, copy).names).toContain('oauth-client-attestation');
  });

  test('asks once for many requests at the same time, and anew within a minute of the end', async () => {
    await using server = await scriptedServer(() => ({ body: 'fine' }));
    let lifetime = 600;
    const { fetch, asked } = clientOf((about) => issueAttestation(issuer, request({ ...about, lifetime })));
    await Promise.all([fetch(server.origin), fetch(server.origin), fetch(server.origin)]);
    expect(asked).toHaveLength(1);
    // From now on each has less than a minute left when it comes: sent once, and not kept.
    lifetime = 120;
    const other = clientOf((about) => issueAttestation(issuer, request({ ...about, lifetime })));
    await other.fetch(server.origin);
    await other.fetch(server.origin);
    expect(other.asked).toHaveLength(2);
    expect(server.received).toHaveLength(5);
  });

  test('asks for each deployment', async () => {
    const names = ['1', '2'].map((name) => `${name.repeat(42)}A`);
    const say = (name: string) =>
      scriptedServer(({ headers }) =>
        headers['signature'] === undefined ? problem('proof_missing', { deployment: name }) : {},
      );
    await using first = await say(names[0] ?? '');
    await using second = await say(names[1] ?? '');
    const asked: string[] = [];
    const app = createAppWarrant({
      keyStore: memoryKeyStore(copy),
      attestation: (about) => {
        asked.push(about.deployment);
        return issueAttestation(issuer, request(about));
      },
    });
    for (const { origin } of [first, second, first, second]) await app.fetch(origin);
    expect(asked).toEqual(names);
  });

  test('drops what was refused as an attestation, and keeps it through every other refusal', async () => {
    const codes = ['attestation_invalid', 'revoked', 'app_not_approved', 'attestation_issuer'];
    await using server = await scriptedServer((_, index) => problem(codes[index] ?? 'replayed'));
    const { fetch, asked } = clientOf((about) => issueAttestation(issuer, request(about)));
    for (const code of codes) await expect(fetch(server.origin)).rejects.toMatchObject({ refusal: { code } });
    expect(asked).toHaveLength(2);
    expect(server.received).toHaveLength(4);
  });

  test('throws what its source throws, sends nothing, and asks again at the next request', async () => {
    await using server = await scriptedServer(() => ({ body: 'fine' }));
    let fails = true;
    const { fetch } = clientOf((about) =>
      fails ? Promise.reject(new Error('offline')) : issueAttestation(issuer, request(about)),
    );
    await expect(fetch(server.origin)).rejects.toThrow('offline');
    expect(server.received).toEqual([]);
    fails = false;
    expect((await fetch(server.origin)).status).toBe(200);
  });

  test.each<[string, unknown]>([
    ['nothing', undefined],
    ['no text', { attestation: 'a.b.c' }],
    ['one part', 'abc'],
    ['two parts', `e30.${btoa('{"exp":1}')}`],
    ['an attestation without an end', `e30.${btoa('{}')}.c2ln`],
    ['claims that are no JSON', `e30.${btoa('{')}.c2ln`],
  ])('sends nothing where its source gives %s', async (_, given) => {
    await using server = await scriptedServer(() => ({ body: 'fine' }));
    const { fetch } = clientOf(() => Promise.resolve(given as string));
    await expect(fetch(server.origin)).rejects.toMatchObject({ code: 'attestation_unusable' });
    expect(server.received).toEqual([]);
  });
});
