import { createServer } from 'node:http';
import { Agent, request as ask, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';
import { describe, expect, test } from 'vitest';
import { protect } from '../../src/adapters/node.ts';
import { forgeryLimits } from '../../src/http/forgery-limit.ts';
import type { RequestToCheck } from '../../src/http/request-head.ts';
import type { Verifier } from '../../src/open-verifier.ts';
import { Refused } from '../../src/refused.ts';
import { addEntry, approve, entryCustom, makeAppKey } from '../compose/vendor.ts';
import { attest } from '../http/attest.ts';
import { attesting } from '../http/attested-site.ts';
import { makeKey, newNonce, signRequest, withHeader } from '../http/sign.ts';
import { makeSite, nextBundle, start, type Site } from '../state/site.ts';
import { signNow } from '../tricks/honest.ts';

// A flood of forged proofs takes its share and no more, and whom it does not come from is served: over real sockets, from several addresses of
// the loopback. What is counted is what was verified (401) and what was refused before (429): nothing hangs on how fast the machine is.

const { network, key: ofKey, known } = forgeryLimits;

/** A site behind node:http whose handler says ok. */
async function serve() {
  const site = makeSite();
  const verifier = start(site);
  verifier.load(nextBundle(site));
  const handle = protect(verifier, {}, (_, response) => void response.end('ok'));
  const server = createServer((request, response) => void handle(request, response));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  return {
    site,
    verifier,
    port,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

type Answer = {
  readonly status: number;
  readonly headers: IncomingMessage['headers'];
  readonly body: string;
};

/** Sends from this address of the loopback, on kept connections. */
function senderFrom(port: number, localAddress: string) {
  const agent = new Agent({ keepAlive: true, maxSockets: 8, localAddress });
  const send = ({ method, target, headers }: RequestToCheck): Promise<Answer> =>
    new Promise((resolve, reject) => {
      const fields = Object.fromEntries(headers);
      const options = { agent, port, host: '127.0.0.1', method, path: target, headers: fields };
      const sent = ask(options, (response) => {
        let body = '';
        response.on('data', (chunk: Buffer) => (body += chunk.toString()));
        response.on('end', () => {
          resolve({ status: response.statusCode ?? 0, headers: response.headers, body });
        });
      });
      sent.on('error', reject);
      sent.end();
    });
  return { send, [Symbol.dispose]: () => agent.destroy() };
}

/** Forged in the name of the site's key: all is right but the signature. */
function forged(site: Site): RequestToCheck {
  const other = makeKey();
  return signNow(site, { key: { ...other, thumbprint: site.key.thumbprint } });
}

/** How many were answered how. */
function tally(answers: readonly Answer[]): ReadonlyMap<number, number> {
  const counted = new Map<number, number>();
  for (const { status } of answers) counted.set(status, (counted.get(status) ?? 0) + 1);
  return counted;
}

const seconds = (since: number): number => (performance.now() - since) / 1000;

describe('While somebody floods a server with forgeries in the name of an app', () => {
  test('the app goes on from where it is known, and the flood gets no more than its share', async () => {
    await using served = await serve();
    const { site, port } = served;
    using genuine = senderFrom(port, '127.0.0.1');
    using flood = senderFrom(port, '127.0.0.2');
    expect((await genuine.send(signNow(site))).status).toBe(200);
    const begun = performance.now();
    const answers: Answer[] = [];
    const served200: number[] = [];
    for (let round = 0; round < 40; round += 1) {
      answers.push(...(await Promise.all(Array.from({ length: 30 }, () => flood.send(forged(site))))));
      served200.push((await genuine.send(signNow(site))).status);
    }
    expect(served200.every((status) => status === 200)).toBe(true);
    const counted = tally(answers);
    const share = network.burst + network.perSecond * seconds(begun);
    // Those under way when the last of them failed were verified, too.
    expect(counted.get(401)).toBeLessThanOrEqual(share + 8);
    expect(counted.get(401)).toBeGreaterThanOrEqual(network.burst);
    expect((counted.get(401) ?? 0) + (counted.get(429) ?? 0)).toBe(1200);
    const refused = answers.find(({ status }) => status === 429);
    // A machine on which so many forgeries take ten seconds has seen no flood.
    if (share > 1200) return;
    expect(refused?.headers['retry-after']).toMatch(/^[0-9]{1,3}$/);
    expect(JSON.parse(refused?.body ?? '')).toMatchObject({
      code: 'too_many_forgeries',
      status: 429,
      retryAfter: Number(refused?.headers['retry-after']),
    });
  });

  test('the app is served from an address where it was never seen, as long as the key has its share left', async () => {
    await using served = await serve();
    const { site, port } = served;
    using flood = senderFrom(port, '127.0.0.2');
    await Promise.all(Array.from({ length: network.burst + 50 }, () => flood.send(forged(site))));
    using newcomer = senderFrom(port, '127.0.0.3');
    expect((await newcomer.send(signNow(site))).status).toBe(200);
  });

  test('from many addresses, the app goes on where it is known; new addresses of this key wait, those of others do not', async () => {
    await using served = await serve();
    const { site, port, verifier } = served;
    const other = makeAppKey();
    approve(site.vendor, [
      addEntry(site.vendor, entryCustom(site.vendor, other, { app: { id: 'other', name: 'Other' } })),
    ]);
    verifier.load(nextBundle(site));
    using genuine = senderFrom(port, '127.0.0.1');
    expect((await genuine.send(signNow(site))).status).toBe(200);
    const begun = performance.now();
    for (let host = 2; host < 8; host += 1) {
      using flood = senderFrom(port, `127.0.1.${String(host)}`);
      await Promise.all(Array.from({ length: network.burst }, () => flood.send(forged(site))));
    }
    using flood = senderFrom(port, '127.0.1.9');
    const more = await Promise.all(Array.from({ length: 100 }, () => flood.send(forged(site))));
    if (ofKey.burst + ofKey.perSecond * seconds(begun) < 1200)
      expect(tally(more).get(429)).toBeGreaterThan(0);
    for (let i = 0; i < 20; i += 1) expect((await genuine.send(signNow(site))).status).toBe(200);
    using elsewhere = senderFrom(port, '127.0.0.3');
    expect((await elsewhere.send(signNow({ ...site, key: other }))).status).toBe(200);
  });
});

/** What becomes of so many requests that are given to the verifier itself. */
async function judgeAll(
  verifier: Verifier,
  requests: readonly RequestToCheck[],
  how: 'check' | 'checkHead' | 'checkAsync' | 'checkHeadAsync',
): Promise<ReadonlyMap<string, number>> {
  const codes = new Map<string, number>();
  for (const request of requests) {
    let code = 'ok';
    try {
      await verifier[how](request);
    } catch (error) {
      if (!(error instanceof Refused)) throw error;
      ({ code } = error);
    }
    codes.set(code, (codes.get(code) ?? 0) + 1);
  }
  return codes;
}

describe('The limit', () => {
  test.each(['check', 'checkHead', 'checkAsync', 'checkHeadAsync'] as const)('holds for %s', async (how) => {
    const site = makeSite();
    const verifier = start(site);
    verifier.load(nextBundle(site));
    const one = forged(site);
    const begun = performance.now();
    const codes = await judgeAll(
      verifier,
      Array.from({ length: 1500 }, () => one),
      how,
    );
    const share = ofKey.burst + ofKey.perSecond * seconds(begun);
    expect(codes.get('signature_invalid')).toBeGreaterThanOrEqual(ofKey.burst);
    expect(codes.get('signature_invalid')).toBeLessThanOrEqual(share + 1);
    expect((codes.get('signature_invalid') ?? 0) + (codes.get('too_many_forgeries') ?? 0)).toBe(1500);
  });

  test('counts a request that is sent again: it was signed by somebody else, and costs as much', async () => {
    const site = makeSite();
    const verifier = start(site);
    verifier.load(nextBundle(site));
    const captured = signNow(site);
    verifier.check({ ...captured, address: '192.0.2.1' });
    const begun = performance.now();
    const replay = { ...captured, address: '192.0.2.66' };
    const codes = await judgeAll(
      verifier,
      Array.from({ length: 1500 }, () => replay),
      'check',
    );
    expect(codes.get('replayed')).toBeLessThanOrEqual(network.burst + network.perSecond * seconds(begun) + 1);
    expect((codes.get('replayed') ?? 0) + (codes.get('too_many_forgeries') ?? 0)).toBe(1500);
    // And it makes its sender no acquaintance: he has no share of his own.
    expect(codes.get('replayed')).toBeLessThan(known.burst);
    verifier.check({ ...signNow(site), address: '192.0.2.1' });
  });

  test("counts forged attestations in their issuer's name, and keeps nobody out whose issuer is known there", async () => {
    const site = makeSite();
    const { vendor, deployment } = site;
    const issuer = makeAppKey();
    const custom = entryCustom(vendor, issuer, { identities: [attesting(issuer)] });
    approve(vendor, [addEntry(vendor, custom)]);
    const verifier = start(site);
    verifier.load(nextBundle(site));
    const now = Math.floor(Date.now() / 1000);
    const about = {
      partner: custom.partner.id,
      app: custom.app.id,
      build: custom.build.id,
      deployment,
      issued: now,
    };
    const signedBy = (by: typeof issuer, address: string): RequestToCheck => {
      const copy = makeKey();
      const header = { kid: issuer.thumbprint };
      const attestation = attest({ issuer: by, copy, ...about, header });
      const headers = [['OAuth-Client-Attestation', attestation]] as const;
      return { ...signNow(site, { key: copy, headers }), address };
    };
    expect(verifier.check(signedBy(issuer, '192.0.2.1')).kind).toBe('app');
    const forger = makeAppKey();
    const begun = performance.now();
    const flood = Array.from({ length: 900 }, (_, i) => signedBy(forger, `198.51.100.${String(i % 200)}`));
    const codes = await judgeAll(verifier, flood, 'check');
    expect(codes.get('attestation_invalid')).toBeGreaterThanOrEqual(ofKey.burst);
    expect(codes.get('attestation_invalid')).toBeLessThanOrEqual(
      ofKey.burst + ofKey.perSecond * seconds(begun) + 1,
    );
    expect(verifier.check(signedBy(issuer, '192.0.2.1')).kind).toBe('app');
  });

  test('is for failures alone: nobody is kept out who signs, however much he sends and from wherever', async () => {
    const site = makeSite();
    const verifier = start(site);
    verifier.load(nextBundle(site));
    const at = Math.floor(Date.now() / 1000);
    const requests = Array.from({ length: 5000 }, (_, i): RequestToCheck => ({
      ...signRequest({ ...site, created: at, nonce: newNonce() }),
      address: `198.51.${String(i % 250)}.${String(i % 7)}`,
    }));
    expect(await judgeAll(verifier, requests, 'check')).toEqual(new Map([['ok', 5000]]));
  });

  test('decides nothing: with any address, what is refused is refused, and with any what is signed is admitted', () => {
    const site = makeSite();
    const verifier = start(site);
    verifier.load(nextBundle(site));
    for (const address of ['127.0.0.1', '::1', '', 'x'.repeat(100_000), '\0', undefined]) {
      expect(verifier.check({ ...signNow(site), address }).kind).toBe('app');
      expect(() => verifier.check({ ...withHeader(signNow(site), 'Signature', undefined), address })).toThrow(
        expect.objectContaining({ code: 'proof_malformed' }),
      );
      expect(() => verifier.check({ ...forged(site), address })).toThrow(
        expect.objectContaining({ code: 'signature_invalid' }),
      );
    }
  });
});
