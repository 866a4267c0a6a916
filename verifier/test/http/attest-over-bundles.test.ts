import Koa from 'koa';
import { describe, expect, it } from 'vitest';
import type { EntryCustom } from '../../src/formats.ts';
import { protect, requireCapability, type AppAdmission } from '../../src/adapters/koa.ts';
import type { Verifier } from '../../src/open-verifier.ts';
import { timeOf } from '../../src/time.ts';
import { addEntry, approve, entryCustom, makeAppKey } from '../compose/vendor.ts';
import { makeSite, nextBundle, start, type Site } from '../state/site.ts';
import { attest } from './attest.ts';
import { attesting } from './attested-site.ts';
import { expectRefused } from './site.ts';
import { makeKey, signRequest, type SigningKey, type ToSign } from './sign.ts';
import { listen, send } from './socket.ts';

// The whole way of an attested request at a customer's site: bundle file, state folder, verifier, Koa, socket. The clock is the real one.

const now = (): number => Math.floor(Date.now() / 1000);

/** A site with an approved build for whose copies its partner's server vouches. */
function makeAttested(): {
  site: Site;
  issuer: SigningKey;
  custom: EntryCustom;
  copyOf: () => (to?: Partial<ToSign>, lifetime?: number) => ReturnType<typeof signRequest>;
} {
  const site = makeSite();
  const { vendor, origin, deployment } = site;
  const issuer = makeAppKey();
  const custom = entryCustom(vendor, issuer, {
    identities: [attesting(issuer)],
    capabilities: ['orders:read'],
  });
  approve(vendor, [addEntry(vendor, custom)]);
  const { partner, app, build } = custom;
  const whom = { issuer, partner: partner.id, app: app.id, build: build.id, deployment };
  return {
    site,
    issuer,
    custom,
    copyOf: () => {
      const copy = makeKey();
      return (to = {}, lifetime = 600) => {
        const attestation = attest({ ...whom, copy, issued: now(), lifetime });
        const headers = [['OAuth-Client-Attestation', attestation] as const];
        return signRequest({ key: copy, origin, deployment, created: now(), headers, ...to });
      };
    },
  };
}

function makeServer(verifier: Verifier): Koa {
  const app = new Koa();
  app.use(protect(verifier));
  app.use(requireCapability('orders:read'));
  app.use((context) => {
    const { appwarrant } = context.state as { appwarrant: AppAdmission };
    context.body = `${appwarrant.app.id} ${appwarrant.proves} ${String(appwarrant.instance)}`;
  });
  return app;
}

describe("a customer's server", () => {
  it('serves copies that the maker of an approved build vouches for, and tells them apart', async () => {
    const { site, copyOf } = makeAttested();
    const verifier = start(site);
    verifier.load(nextBundle(site));
    await using server = await listen(makeServer(verifier));
    const answers = new Set<string>();
    for (const sign of [copyOf(), copyOf()]) {
      const first = await send(server.port, sign({ method: 'POST', body: '{"note":1}' }));
      expect(first).toMatchObject({ status: 200, body: expect.stringMatching(/^orders instance .{43}$/) });
      expect((await send(server.port, sign())).body).toBe(first.body);
      answers.add(first.body);
    }
    expect(answers.size).toBe(2);
  });

  it('answers a copy that nobody vouches for as any stranger, and one whose attestation is wrong with what is wrong', async () => {
    const { site, copyOf } = makeAttested();
    const verifier = start(site);
    verifier.load(nextBundle(site));
    await using server = await listen(makeServer(verifier));
    const stranger = await send(server.port, copyOf()({ headers: [] }));
    expect(JSON.parse(stranger.body)).toMatchObject({ status: 403, code: 'app_not_approved' });
    const tooLong = await send(server.port, copyOf()({}, site.vendor.ceilings.attestation + 1));
    expect(tooLong.status).toBe(401);
    expect(tooLong.headers.get('www-authenticate')).toBe('AppAttestation error="attestation_too_long"');
    expect(tooLong.headers.get('accept-signature')).toContain('tag="app-attestation"');
    expect(JSON.parse(tooLong.body)).toMatchObject({
      type: 'urn:appwarrant:attestation_too_long',
      deployment: site.deployment,
    });
  });

  it('stops serving them once it has loaded a bundle that revokes the issuer, or one copy', () => {
    const { site, issuer, copyOf } = makeAttested();
    const verifier = start(site);
    verifier.load(nextBundle(site));
    const [one, other] = [copyOf(), copyOf()];
    const admitted = verifier.check(one());
    expect(admitted).toMatchObject({ kind: 'app', proves: 'instance' });
    expect(verifier.check(other()).kind).toBe('app');
    const thumbprint = (admitted.kind === 'app' && admitted.instance) || '';
    const revoke = (identity: string): void => {
      const subject = { kind: 'identity', thumbprint: identity } as const;
      site.vendor.revocations.push({ subject, through: timeOf(site.vendor.now) });
      verifier.load(nextBundle(site));
    };
    revoke(thumbprint);
    expectRefused(() => verifier.check(one()), 'revoked');
    expect(verifier.check(other()).kind).toBe('app');
    revoke(issuer.thumbprint);
    expectRefused(() => verifier.check(other()), 'revoked');
  });

  it('knows after a restart what it knew before, and remembers the nonces of copies', () => {
    const { site, copyOf } = makeAttested();
    const first = start(site);
    first.load(nextBundle(site));
    const sign = copyOf();
    const request = sign();
    expect(first.check(request).kind).toBe('app');
    first.close();
    const second = start(site);
    expectRefused(() => second.check(request), 'replayed');
    expect(second.check(sign())).toMatchObject({ kind: 'app', proves: 'instance' });
  });
});
