import Koa from 'koa';
import { describe, expect, test } from 'vitest';
import { activate } from '../../src/deployment-key.ts';
import { protect } from '../../src/adapters/koa.ts';
import type { Verifier } from '../../src/open-verifier.ts';
import { licenseCustom, addForCustomer, approve } from '../compose/vendor.ts';
import { withHeader } from '../http/sign.ts';
import { listen, send } from '../http/socket.ts';
import { makeSite, nextBundle, start, temporaryFolder, type Site } from '../state/site.ts';
import { makePackage } from '../state/vendor-package.ts';
import { refusedTrick, signNow, verdict } from './honest.ts';
import { startProcess } from './start-process.ts';

function running(): { site: Site; verifier: Verifier } {
  const site = makeSite();
  const verifier = start(site);
  verifier.load(nextBundle(site));
  return { site, verifier };
}

describe('The owner', () => {
  test('rewrites the host in front of the server', async () => {
    const { site, verifier } = running();
    // What the address is, the licence says: no field of the request does. So this changes nothing, for good or ill.
    for (const [name, value] of [
      ['Host', 'evil.example'],
      ['X-Forwarded-Host', 'evil.example'],
      ['X-Forwarded-Proto', 'http'],
      ['Forwarded', 'host=evil.example;proto=http'],
      ['X-Original-URL', '/admin'],
      ['X-Rewrite-URL', '/admin'],
    ] as const)
      expect(verifier.check(withHeader(signNow(site), name, value)).kind, name).toBe('app');
    // A request that was signed for another host is not for this one, whatever the fields say.
    for (const origin of [
      'https://evil.example',
      'http://erp.customer.example',
      'https://erp.customer.example:444',
    ]) {
      const signed = signNow(site, { origin });
      refusedTrick('signature_invalid', site, () =>
        verifier.check(withHeader(signed, 'Host', 'erp.customer.example')),
      );
      refusedTrick('signature_invalid', site, () =>
        verifier.check(withHeader(signed, 'X-Forwarded-Host', new URL(origin).host)),
      );
    }
    // Nor is a target that brings its own host along, as proxies are sent.
    const target = 'https://erp.customer.example/orders?open=1';
    refusedTrick('target_malformed', site, () => verifier.check({ ...signNow(site), target }));
    const app = new Koa();
    app.use(protect(verifier));
    app.use((context) => void (context.body = context.path));
    await using server = await listen(app);
    expect((await send(server.port, { ...signNow(site), target })).status).toBe(400);
    expect(await send(server.port, withHeader(signNow(site), 'Host', 'evil.example'))).toMatchObject({
      status: 200,
      body: '/orders',
    });
  });

  test('rewrites the path in front of the server', () => {
    const { site, verifier } = running();
    const signed = signNow(site, { target: '/api/orders/7?open=1' });
    for (const target of [
      '/orders/7?open=1',
      '/api/orders/8?open=1',
      '/api/orders/7/?open=1',
      '/API/orders/7?open=1',
      '/api/orders/%37?open=1',
      '/api/orders%2F7?open=1',
      '/v2/api/orders/7?open=1',
      '/api/orders/7;a=b?open=1',
    ]) {
      const refused = refusedTrick('signature_invalid', site, () => verifier.check({ ...signed, target }));
      // It says what was received, so that the two can be compared.
      expect(refused.members.base).toContain(`"@target-uri": ${site.origin}${target}\n`);
    }
    for (const target of [
      '//api/orders/7?open=1',
      '/api/./orders/7?open=1',
      '/api/x/../orders/7?open=1',
      '/api/x/%2e%2e/orders/7?open=1',
      '/api\\orders/7?open=1',
      'api/orders/7?open=1',
    ])
      refusedTrick('target_malformed', site, () => verifier.check({ ...signed, target }));
    expect(verifier.check(signed).kind).toBe('app');
  });

  test('rewrites the query in front of the server', () => {
    const { site, verifier } = running();
    const signed = signNow(site, { target: '/orders?open=1&of=a%20b' });
    for (const target of [
      '/orders',
      '/orders?',
      '/orders?open=1',
      '/orders?of=a%20b&open=1',
      '/orders?open=1&of=a+b',
      '/orders?open=1&of=a%20b&',
      '/orders?open=1&of=a%20b&open=0',
      '/orders?open=%31&of=a%20b',
      '/orders?OPEN=1&of=a%20b',
    ])
      refusedTrick('signature_invalid', site, () => verifier.check({ ...signed, target }));
    refusedTrick('target_malformed', site, () =>
      verifier.check({ ...signed, target: '/orders?open=1&of=a b' }),
    );
    expect(verifier.check(signed).kind).toBe('app');
  });

  test('rewrites the method in front of the server', () => {
    const { site, verifier } = running();
    const signed = signNow(site, { method: 'GET' });
    for (const method of ['DELETE', 'HEAD', 'get', 'Get'])
      refusedTrick('signature_invalid', site, () => verifier.check({ ...signed, method }));
    expect(verifier.check(signed).kind).toBe('app');
  });

  test('sends the proof of one site to another with the same host name', () => {
    // Two customers of one vendor, whose servers have one address, each in its own network; and one app, approved for both.
    const { site, verifier } = running();
    const folder = temporaryFolder();
    const deployment = activate(folder);
    const customer = `c-${'b'.repeat(26)}`;
    const deployments = [{ id: deployment, origins: [site.origin] }];
    const { vendor } = site;
    approve(vendor, [addForCustomer(vendor, licenseCustom(vendor, customer, deployment, { deployments }))]);
    const other: Site = { ...site, customer, deployment, folder };
    const otherVerifier = start(other);
    otherVerifier.load(nextBundle(other));
    const proof = signNow(site);
    refusedTrick('wrong_deployment', other, () => otherVerifier.check(proof));
    // With the field changed to fit, the signature is of something else.
    refusedTrick('signature_invalid', other, () =>
      otherVerifier.check(withHeader(proof, 'AppWarrant-Deployment', deployment)),
    );
    expect(verifier.check(proof).kind).toBe('app');
    expect(verdict(other, otherVerifier)).toBe('app');
  });

  test('replays on a second node with a state folder of its own', () => {
    const { site, verifier } = running();
    const { vendor, customer, deployment, origin, entry } = site;
    const folder = temporaryFolder();
    const second = { ...site, folder, deployment: activate(folder) };
    // Both nodes stand behind one address, and in one licence.
    const deployments = [deployment, second.deployment].sort().map((id) => ({ id, origins: [origin] }));
    vendor.targets = [entry];
    approve(vendor, [addForCustomer(vendor, licenseCustom(vendor, customer, deployment, { deployments }))]);
    verifier.load(nextBundle(site));
    const node = start(second);
    node.load(nextBundle(second));
    const captured = signNow(site);
    expect(verifier.check(captured).kind).toBe('app');
    refusedTrick('wrong_deployment', second, () => node.check(captured));
    refusedTrick('replayed', site, () => verifier.check(captured));
    expect(verdict(second, node)).toBe('app');
  });

  test('replays on a second node with the same state folder', async () => {
    // Nonces are not shared: one process checks for one state folder. The threat model names this limit.
    const site = makeSite();
    const program = makePackage(site.vendor);
    start(site).load(nextBundle(site));
    await using first = await startProcess(site, program);
    await using second = await startProcess(site, program);
    for (const node of [first, second]) await node.get({ kind: 'open' });
    // Both refuse what was signed before their start, and so it is with the next one.
    const early = signNow(site);
    const before = await first.get({ kind: 'content' });
    for (const node of [first, second])
      expect(await node.check(early)).toMatchObject({ refused: 'proof_before_start' });
    const passed = 40;
    for (const node of [first, second]) await node.setClock(passed);
    const captured = signNow(site, { created: Math.floor(Date.now() / 1000) + passed });
    for (const node of [first, second]) {
      expect(await node.check(captured)).toMatchObject({ ok: { kind: 'app' } });
      expect(await node.check(captured)).toMatchObject({ refused: 'replayed' });
    }
    expect(await first.get({ kind: 'content' })).toEqual(before);
    // Neither of the two knows all nonces, so neither hands its own on.
    for (const node of [first, second]) await node.get({ kind: 'close' });
    expect(await first.get({ kind: 'content' })).not.toHaveProperty('replay');
    await first.get({ kind: 'open' });
    expect(await first.check(captured)).toMatchObject({ refused: 'proof_before_start' });
    expect(await first.check(early)).toMatchObject({ refused: 'proof_before_start' });
    await first.setClock(2 * passed);
    const honest = signNow(site, { created: Math.floor(Date.now() / 1000) + 2 * passed });
    expect(await first.check(honest)).toMatchObject({ ok: { kind: 'app' } });
  });
});
