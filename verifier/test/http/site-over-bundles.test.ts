import { createHash } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import Koa from 'koa';
import { describe, expect, it } from 'vitest';
import { activate } from '../../src/deployment-key.ts';
import { protect, requireCapability } from '../../src/adapters/koa.ts';
import { openVerifierFor, type Verifier } from '../../src/open-verifier.ts';
import { Refused } from '../../src/refused.ts';
import { canonical } from '../../src/canonical.ts';
import type { EntryCustom } from '../../src/custom.ts';
import { timeOf } from '../../src/time.ts';
import { bundleNow } from '../compose/story.ts';
import {
  addEntry,
  addForCustomer,
  anchorOf,
  approve,
  createVendor,
  entryCustom,
  grantCustom,
  licenseCustom,
  makeAppKey,
  makeId,
  statementFor,
} from '../compose/vendor.ts';
import { makeKey, signRequest, type SigningKey, type ToSign } from './sign.ts';
import { expectRefused } from './site.ts';
import { listen, send } from './socket.ts';

// The whole way at a customer's site: bundle file, state folder, verifier, Koa, socket. The clock is the real one.

const origin = 'https://erp.customer.example';
const sha256 = (text: string) => createHash('sha256').update(text).digest();

/** A vendor, a customer whose server is activated and licensed, and one approved build. */
function makeCustomer() {
  const folder = mkdtempSync(join(tmpdir(), 'appwarrant-site-'));
  const deployment = activate(folder);
  const vendor = createVendor({ now: Math.floor(Date.now() / 1000) - 60 });
  const customer = makeId('c');
  const appKey = makeAppKey();
  const key: SigningKey = { privateKey: appKey.privateKey, jwk: appKey.jwk, thumbprint: appKey.thumbprint };
  const deployments = [{ id: deployment, origins: [origin] }];
  const license = addForCustomer(vendor, licenseCustom(vendor, customer, deployment, { deployments }));
  const entry = addEntry(vendor, entryCustom(vendor, appKey, { capabilities: ['orders:read'] }));
  approve(vendor, [license]);
  approve(vendor, [entry]);
  const anchor = anchorOf(vendor, { minimum: { targets: 1, signedAt: timeOf(vendor.now - 86_400) } });
  return {
    vendor,
    customer,
    deployment,
    entry,
    key,
    open: (): Verifier => openVerifierFor(anchor, { stateDir: folder, origin, log: () => undefined }),
    bundle: () => bundleNow({ vendor, customer }),
    sign: (to: Partial<ToSign> = {}) =>
      signRequest({ key, origin, deployment, created: Math.floor(Date.now() / 1000), ...to }),
    [Symbol.dispose]: () => rmSync(folder, { recursive: true, force: true }),
  };
}

function makeServer(verifier: Verifier): Koa {
  const app = new Koa();
  app.use(protect(verifier));
  app.use(requireCapability('orders:read'));
  app.use((context) => {
    context.body = 'orders';
  });
  return app;
}

describe("a customer's server", () => {
  it('explains why it admits nobody, until a bundle is loaded: then the approved app, and no other', async () => {
    using site = makeCustomer();
    const verifier = site.open();
    await using server = await listen(makeServer(verifier));
    const early = await send(server.port, site.sign());
    expect(early.status).toBe(503);
    expect(JSON.parse(early.body)).toMatchObject({ code: 'no_bundle', deployment: site.deployment });

    verifier.load(site.bundle());
    expect(await send(server.port, site.sign({ method: 'POST', body: '{}' }))).toMatchObject({
      status: 200,
      body: 'orders',
    });
    const stranger = await send(server.port, site.sign({ key: makeKey() }));
    expect(JSON.parse(stranger.body)).toMatchObject({ status: 403, code: 'app_not_approved' });
    verifier.close();
    expect(JSON.parse((await send(server.port, site.sign())).body)).toMatchObject({
      status: 503,
      code: 'closed',
    });
  });

  it('refuses an app from the moment at which its revocation is loaded, even while a body is on its way', () => {
    using site = makeCustomer();
    const verifier = site.open();
    verifier.load(site.bundle());
    const request = site.sign({ method: 'POST', body: 'content' });
    const pending = verifier.checkHead(request);
    const { app, partner } = entryOf(site);
    site.vendor.now += 1;
    site.vendor.revocations.push({
      subject: { kind: 'app', partner, app },
      through: timeOf(site.vendor.now),
    });
    verifier.load(site.bundle());
    expectRefused(() => pending.finish(sha256('content')), 'revoked');
    expectRefused(() => verifier.check(site.sign()), 'revoked');
  });

  it('honours a monitor grant that people approved, and none that nobody did', () => {
    using site = makeCustomer();
    const { vendor, customer, deployment } = site;
    const verifier = site.open();
    const grant = addForCustomer(vendor, grantCustom(vendor, customer, deployment));
    const unsigned = { method: 'GET', target: '/', headers: [] };
    verifier.load(site.bundle());
    expectRefused(() => verifier.check(unsigned), 'proof_missing');
    approve(vendor, [grant]);
    vendor.now += 1;
    verifier.load(site.bundle());
    expect(verifier.check(unsigned)).toMatchObject({ kind: 'monitored', refused: { code: 'proof_missing' } });
  });

  it('honours no grant that was revoked while a body was on its way', () => {
    using site = makeCustomer();
    const { vendor, customer, deployment } = site;
    const verifier = site.open();
    const grant = addForCustomer(vendor, grantCustom(vendor, customer, deployment));
    approve(vendor, [grant]);
    verifier.load(site.bundle());
    const [early, late] = [1, 2].map(() => verifier.checkHead({ method: 'GET', target: '/', headers: [] }));
    expect(early?.finish(sha256(''))).toMatchObject({
      kind: 'monitored',
      refused: { code: 'proof_missing' },
    });
    vendor.now += 1;
    const digest = createHash('sha256')
      .update(canonical(statementFor(vendor, grant)))
      .digest('hex');
    vendor.revocations.push({ subject: { kind: 'statement', digest }, through: timeOf(vendor.now) });
    verifier.load(site.bundle());
    expectRefused(() => late?.finish(sha256('')), 'proof_missing');
  });

  it('demands that a cookie is covered, where a body arrives after its key has stopped to be for the web alone', () => {
    using site = makeCustomer();
    const { vendor, key, entry } = site;
    const verifier = site.open();
    const custom = entry.custom as EntryCustom;
    entry.custom = { ...custom, build: { ...custom.build, platform: 'web' } };
    entry.approvals = [];
    approve(vendor, [entry]);
    verifier.load(site.bundle());
    const headers: [string, string][] = [['Cookie', 'session=1']];
    const request = () => {
      const covering = site.sign({ method: 'POST', body: 'content' });
      return { ...covering, headers: [...covering.headers, ...headers] };
    };
    const [early, late] = [verifier.checkHead(request()), verifier.checkHead(request())];
    expect(early.finish(sha256('content'))).toMatchObject({ kind: 'app', cookie: 'unbound' });
    vendor.now += 1;
    const { partner, app } = custom;
    const other = addEntry(vendor, entryCustom(vendor, key, { partner, app }));
    approve(vendor, [other]);
    verifier.load(site.bundle());
    expectRefused(() => late.finish(sha256('content')), 'proof_coverage');
  });

  it('that was closed in good order remembers every nonce', () => {
    using site = makeCustomer();
    const first = site.open();
    first.load(site.bundle());
    const request = site.sign();
    expect(first.check(request).kind).toBe('app');
    first.close();
    const second = site.open();
    expectRefused(() => second.check(request), 'replayed');
    expect(second.check(site.sign()).kind).toBe('app');
  });

  it('that was not, refuses what may have been used, and takes what answers its challenge', () => {
    using site = makeCustomer();
    const first = site.open();
    first.load(site.bundle());
    const request = site.sign();
    first.check(request);
    const second = site.open();
    const refused = expectRefused(() => second.check(request), 'proof_before_start');
    const nonce = `${String(refused.members['challenge'])}.${'A'.repeat(22)}`;
    expect(second.check(site.sign({ nonce })).kind).toBe('app');
    expect(Number(refused.members['createdAfter'])).toBeGreaterThan(Number(refused.members['serverTime']));
  });

  it('never shows a stack or a credential in a refusal', () => {
    using site = makeCustomer();
    const verifier = site.open();
    verifier.load(site.bundle());
    const request = site.sign({
      headers: [
        ['Authorization', 'Bearer secret-1'],
        ['Cookie', 'session=secret-2'],
      ],
    });
    try {
      verifier.check({ ...request, target: '/other' });
      expect.unreachable();
    } catch (error) {
      if (!(error instanceof Refused)) throw error;
      expect(error.code).toBe('signature_invalid');
      expect(error.stack).not.toContain('\n    at ');
      expect(JSON.stringify(error.members) + error.message).not.toContain('secret-');
    }
  });
});

function entryOf({ entry }: ReturnType<typeof makeCustomer>): { partner: string; app: string } {
  const [partner = '', app = ''] = entry.path.split('/');
  return { partner, app };
}
