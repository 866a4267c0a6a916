import { createPublicKey, verify } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import type { EcJwk } from '../../src/jwk.ts';
import { bundleNow, openAt } from '../compose/story.ts';
import { makeId } from '../compose/vendor.ts';
import { addBuild, attesting, makeAttestedSite } from './attested-site.ts';
import { expectRefused } from './site.ts';
import { makeKey, signRequest, withHeader } from './sign.ts';

describe('a request by a copy for which its maker vouches', () => {
  it('is admitted as that copy, with what the build is approved for', () => {
    const site = makeAttestedSite();
    expect(site.admit()).toMatchObject({
      partner: { id: site.custom.partner.id },
      app: { id: 'field-notes' },
      build: { id: site.custom.build.id },
      instance: site.copy.thumbprint,
      capabilities: ['orders:read'],
      proves: 'instance',
      cookie: 'none',
      freshness: 'fresh',
    });
  });

  it("claims nothing of where the copy's key lies, whatever the entry says of the issuer's", () => {
    const site = makeAttestedSite();
    expect(site.custom.assurance).toBe('server');
    expect(site.admit().assurance).toBe('embedded');
  });

  it('may come with a body, and be finished when the body is there', () => {
    const site = makeAttestedSite();
    const request = site.sign(site.vouch(), { method: 'POST', body: 'note' });
    expect(site.admit(request).instance).toBe(site.copy.thumbprint);
    const pending = site.checker.checkHead(site.sign(site.vouch(), { headers: [['Cookie', 'a=b']] }));
    expect(pending.finish(emptyDigest)).toMatchObject({ kind: 'app', cookie: 'bound', proves: 'instance' });
  });

  it('keeps as its receipt all that a third party needs: the copy signed, and the approved issuer vouched for it', () => {
    const site = makeAttestedSite();
    const { receipt } = site.admit();
    expect(receipt.keyid).toBe(site.copy.thumbprint);
    const line = receipt.base.split('\n').find((each) => each.startsWith('"oauth-client-attestation": '));
    const [header = '', claims = '', signature = ''] = (line ?? '').slice(28).split('.');
    const said = JSON.parse(Buffer.from(claims, 'base64url').toString()) as { cnf: { jwk: EcJwk } };
    expect(isSigned(said.cnf.jwk, receipt.base, receipt.signature)).toBe(true);
    expect(isSigned(site.issuer.jwk, `${header}.${claims}`, signature)).toBe(true);
    const match = openAt(site.story, bundleNow(site.story)).allowlist.findAttester(
      site.issuer.thumbprint,
      site.vendor.now,
    );
    expect(receipt.entry).toBe(match.entry.statement);
  });

  it('may carry claims that mean nothing here, in any order', () => {
    const site = makeAttestedSite();
    const claims = {
      iss: 'https://attester.example',
      jti: 'x',
      nbf: site.clock.seconds - 5,
      extra: { a: [1] },
    };
    expect(site.admit(site.sign(site.vouch({ claims }))).proves).toBe('instance');
  });

  it('of another copy of the same build is another instance', () => {
    const site = makeAttestedSite();
    const other = makeKey();
    const request = site.sign(site.vouch({ copy: other }), { key: other });
    expect(site.admit(request).instance).toBe(other.thumbprint);
    expect(site.admit().instance).toBe(site.copy.thumbprint);
  });

  it('says that the build is unproven, and admits to what all have, where the issuer stands in several live builds', () => {
    const site = makeAttestedSite();
    const second = addBuild(site, {
      identities: [attesting(site.issuer)],
      capabilities: ['orders:read', 'x'],
    });
    const third = addBuild(site, { identities: [attesting(site.issuer)], capabilities: [] });
    site.reload();
    const admission = site.admit(site.sign(site.vouch({ build: second.custom.build.id })));
    expect(admission).toMatchObject({ build: 'unproven', capabilities: [], proves: 'instance' });
    // The statement that speaks is that of the build which the attestation names.
    const statements = [second, third].map(({ custom }) => {
      const request = site.sign(site.vouch({ build: custom.build.id }));
      return site.admit(request).receipt.entry;
    });
    expect(new Set([...statements, site.admit().receipt.entry]).size).toBe(3);
    // The same when it comes again, and its signature is remembered.
    const again = site.vouch();
    expect([1, 2].map(() => site.admit(site.sign(again)).receipt.entry)).toEqual(
      Array(2).fill(site.admit().receipt.entry),
    );
  });

  it('of which one issuer vouches for one build beside another key of its own is not unproven', () => {
    const site = makeAttestedSite();
    addBuild(site, { identities: [attesting(makeKey())] });
    site.reload();
    expect(site.admit().build).toMatchObject({ id: site.custom.build.id });
  });

  it('may leave its cookie unbound in a build for the web, and in no other', () => {
    const site = makeAttestedSite();
    const build = { id: makeId('b'), version: '2', platform: 'web' } as const;
    const issuer = makeKey();
    addBuild(site, { build, identities: [attesting(issuer)] });
    site.reload();
    const web = site.sign(site.vouch({ issuer, build: build.id }));
    expect(site.admit(withHeader(web, 'Cookie', 'a=b')).cookie).toBe('unbound');
    expectRefused(() => site.checker.check(withHeader(site.sign(), 'Cookie', 'a=b')), 'proof_coverage');
  });

  it('takes nothing from pinned keys: they sign as before, and need no attestation', () => {
    const site = makeAttestedSite();
    const { story, clock } = site;
    const { key, origin, deployment } = story;
    const request = signRequest({ key, origin, deployment, created: clock.seconds });
    expect(site.admit(request)).toMatchObject({
      app: { id: 'orders' },
      instance: null,
      proves: 'key',
      assurance: 'server',
    });
  });

  it('may be vouched for again and again', () => {
    const site = makeAttestedSite();
    site.admit();
    site.clock.seconds += 599;
    expect(site.admit(site.sign(site.vouch({ issued: site.clock.seconds }))).instance).toBe(
      site.copy.thumbprint,
    );
  });

  it('is refused once: its nonce counts for its key', () => {
    const site = makeAttestedSite();
    const request = site.sign();
    site.admit(request);
    expectRefused(() => site.checker.check(request), 'replayed');
  });

  it('needs the signature of the copy itself: the attestation alone admits nobody', () => {
    const site = makeAttestedSite();
    const thief = makeKey();
    const request = signRequest({
      key: { ...thief, thumbprint: site.copy.thumbprint },
      origin: site.origin,
      deployment: site.deployment,
      created: site.clock.seconds,
      headers: [['OAuth-Client-Attestation', site.vouch()]],
    });
    expectRefused(() => site.checker.check(request), 'signature_invalid');
  });

  it('may rest on an entry that was approved anew after it had been revoked', () => {
    const site = makeAttestedSite();
    const { vendor, custom } = site;
    const subject = { kind: 'app', partner: custom.partner.id, app: custom.app.id } as const;
    vendor.revocations.push({ subject, through: site.custom.issued });
    site.reload();
    expectRefused(() => site.admit(), 'revoked');
    const again = addBuild(site, { build: custom.build, identities: custom.identities });
    expect(again.custom.issued > custom.issued).toBe(true);
    site.reload();
    expect(site.admit().build).toMatchObject({ id: custom.build.id });
  });
});

const emptyDigest = Buffer.from('e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855', 'hex');

function isSigned(jwk: EcJwk, text: string, signature: string): boolean {
  const key = createPublicKey({ key: jwk, format: 'jwk' });
  return verify(
    'sha256',
    Buffer.from(text),
    { key, dsaEncoding: 'ieee-p1363' },
    Buffer.from(signature, 'base64url'),
  );
}
