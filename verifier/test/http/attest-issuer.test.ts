import { describe, expect, it } from 'vitest';
import { timeOf } from '../../src/formats.ts';
import { thumbprint } from '../../src/jwk.ts';
import { addEntry, approve, day, entryCustom, makeAppKey, makeId } from '../compose/vendor.ts';
import { addBuild, attesting, makeAttestedSite, requesting, type AttestedSite } from './attested-site.ts';
import { expectRefused, grantOf } from './site.ts';
import { makeKey } from './sign.ts';

describe('nobody vouches', () => {
  it('with a key that stands in no entry', () => {
    const site = makeAttestedSite();
    expectRefused(() => site.admit(site.sign(site.vouch({ issuer: makeKey() }))), 'app_not_approved');
  });

  it('with a key that is approved for requests', () => {
    const site = makeAttestedSite();
    const { key, entry } = site.story;
    const { partner, app, build } = entry.custom as ReturnType<typeof entryCustom>;
    const attestation = site.vouch({ issuer: key, partner: partner.id, app: app.id, build: build.id });
    const refused = expectRefused(() => site.admit(site.sign(attestation)), 'attestation_issuer');
    expect(refused.status).toBe(403);
  });

  it('with a key that attests for one build and lies inside another of the same app, approved or not', () => {
    for (const people of [undefined, []]) {
      const site = makeAttestedSite();
      expect(site.admit().proves).toBe('instance');
      const identities = [requesting(site.issuer, 'embedded')];
      addBuild(site, { identities, assurance: 'embedded' }, people);
      site.reload();
      expectRefused(() => site.admit(), 'attestation_issuer');
    }
  });

  it('with a key that also lies inside a build that was revoked: what was in an app stays known', () => {
    const site = makeAttestedSite();
    const identities = [requesting(site.issuer, 'embedded')];
    const { entry } = addBuild(site, { identities, assurance: 'embedded' });
    site.revoke({ kind: 'artifact', digest: entry.digest });
    expectRefused(() => site.admit(), 'attestation_issuer');
  });

  it('with a key that stands under two apps', () => {
    const site = makeAttestedSite();
    addBuild(site, { app: { id: 'other', name: 'Other' }, identities: [attesting(site.issuer)] });
    site.reload();
    expectRefused(() => site.admit(), 'key_in_two_apps');
  });

  it('with a key that nobody approved, though the online keys signed its entry', () => {
    const site = makeAttestedSite();
    const issuer = makeAppKey();
    const { custom } = addBuild(site, { identities: [attesting(issuer)] }, []);
    site.reload();
    const attestation = site.vouch({ issuer, build: custom.build.id });
    expectRefused(() => site.admit(site.sign(attestation)), 'approvals_missing');
  });

  it('with a key that only one person approved', () => {
    const site = makeAttestedSite();
    const issuer = makeAppKey();
    const [person] = site.vendor.people;
    const { custom } = addBuild(site, { identities: [attesting(issuer)] }, person && [person]);
    site.reload();
    const attestation = site.vouch({ issuer, build: custom.build.id });
    expectRefused(() => site.admit(site.sign(attestation)), 'approvals_missing');
  });

  it('for customers for whom the build is not approved', () => {
    const site = makeAttestedSite();
    const issuer = makeAppKey();
    const { custom } = addBuild(site, { identities: [attesting(issuer)], customers: [makeId('c')] });
    site.reload();
    const attestation = site.vouch({ issuer, build: custom.build.id });
    expectRefused(() => site.admit(site.sign(attestation)), 'not_licensed_here');
  });

  it('before the approval begins, and from its end on', () => {
    const site = makeAttestedSite();
    const issuer = makeAppKey();
    const { now } = site.vendor;
    const dates = { validFrom: timeOf(now + day), expires: timeOf(now + 2 * day) };
    const { custom } = addBuild(site, { identities: [attesting(issuer)], ...dates });
    site.reload();
    const request = () => site.sign(site.vouch({ issuer, build: custom.build.id }));
    site.clock.seconds = now + day - 1;
    expectRefused(() => site.admit(request()), 'not_yet_valid');
    site.clock.seconds = now + day;
    expect(site.admit(request()).build).toMatchObject({ id: custom.build.id });
    site.clock.seconds = now + 2 * day - 1;
    expect(site.admit(request()).build).toMatchObject({ id: custom.build.id });
    site.clock.seconds = now + 2 * day;
    expectRefused(() => site.admit(request()), 'entry_expired');
  });

  it.each([
    ['artifact', (site: AttestedSite) => ({ kind: 'artifact', digest: site.entry.digest }) as const],
    [
      'app',
      (site: AttestedSite) =>
        ({ kind: 'app', partner: site.custom.partner.id, app: site.custom.app.id }) as const,
    ],
    ['partner', (site: AttestedSite) => ({ kind: 'partner', partner: site.custom.partner.id }) as const],
    [
      "issuer's key",
      (site: AttestedSite) => ({ kind: 'identity', thumbprint: site.issuer.thumbprint }) as const,
    ],
  ])('once the %s was revoked', (_what, subject) => {
    const site = makeAttestedSite();
    expect(site.admit().proves).toBe('instance');
    site.revoke(subject(site));
    expectRefused(() => site.admit(), 'revoked');
  });

  it('signs requests with the key that vouches', () => {
    const site = makeAttestedSite();
    const request = site.sign(site.vouch({ copy: site.issuer }), { key: site.issuer });
    expectRefused(() => site.admit(request), 'attestation_key_listed');
  });
});

describe('who vouches does so for the build in whose entry the key stands:', () => {
  it.each([
    ['partner', (site: AttestedSite) => ({ partner: site.story.entry.role })],
    ['partner that nobody knows', () => ({ partner: makeId('p') })],
    ['app', () => ({ app: 'orders' })],
    ['build', () => ({ build: makeId('b') })],
    [
      'build that is another of the same app',
      (site: AttestedSite) => {
        const { custom } = addBuild(site);
        site.reload();
        return { build: custom.build.id };
      },
    ],
    [
      'build that was its own once, and has ended',
      (site: AttestedSite) => {
        const dates = { expires: timeOf(site.vendor.now + 60) };
        const { custom } = addBuild(site, { identities: [attesting(site.issuer)], ...dates });
        site.reload();
        site.clock.seconds += 60;
        return { build: custom.build.id };
      },
    ],
  ])('not for another %s', (_what, changes) => {
    const site = makeAttestedSite();
    const attestation = site.vouch(changes(site));
    const refused = expectRefused(() => site.admit(site.sign(attestation)), 'attestation_other_build');
    expect(refused.status).toBe(403);
    expect(site.admit().proves).toBe('instance');
  });

  it('and for each of its builds, where it stands in several entries', () => {
    const site = makeAttestedSite();
    const { custom, entry } = addBuild(site, { identities: [attesting(site.issuer)] });
    site.reload();
    expect(site.admit().build).toBe('unproven');
    site.revoke({ kind: 'artifact', digest: entry.digest });
    expect(site.admit().build).toMatchObject({ id: site.custom.build.id });
    const attestation = site.vouch({ build: custom.build.id });
    expectRefused(() => site.admit(site.sign(attestation)), 'attestation_other_build');
  });
});

describe("the copy's key", () => {
  it('is the one that signs the request', () => {
    const site = makeAttestedSite();
    expectRefused(() => site.admit(site.sign(site.vouch(), { key: makeKey() })), 'attestation_other_key');
    expectRefused(() => site.admit(site.sign(site.vouch({ copy: makeKey() }))), 'attestation_other_key');
  });

  it.each([
    ['signs requests', 'request', undefined],
    ['vouches for others', 'attest', undefined],
    ['nobody approved', 'request', []],
  ] as const)('stands in no entry: not in one that %s', (_what, use, people) => {
    const site = makeAttestedSite();
    expect(site.admit().proves).toBe('instance');
    const identities = [use === 'attest' ? attesting(site.copy) : requesting(site.copy)];
    addBuild(site, { identities, app: { id: 'other', name: 'Other' } }, people && [...people]);
    site.reload();
    const refused = expectRefused(() => site.admit(), 'attestation_key_listed');
    expect(refused.status).toBe(403);
  });

  it('cannot leave a revocation behind by being vouched for: not when its listed entry was revoked', () => {
    const site = makeAttestedSite();
    const identities = [requesting(site.copy)];
    const { entry } = addBuild(site, { identities, app: { id: 'other', name: 'Other' } });
    site.revoke({ kind: 'artifact', digest: entry.digest });
    expectRefused(() => site.admit(), 'attestation_key_listed');
  });

  it('stays revoked, however often and however late it is vouched for', () => {
    const site = makeAttestedSite();
    expect(site.admit().proves).toBe('instance');
    site.revoke({ kind: 'identity', thumbprint: site.copy.thumbprint });
    expectRefused(() => site.admit(), 'revoked');
    site.clock.seconds += 10 * day;
    expectRefused(() => site.admit(site.sign(site.vouch({ issued: site.clock.seconds + 30 }))), 'revoked');
    const other = makeKey();
    expect(site.admit(site.sign(site.vouch({ copy: other }), { key: other })).instance).toBe(
      other.thumbprint,
    );
  });

  it('stays revoked when the registry forgets it: what was loaded once is in the floor', () => {
    const site = makeAttestedSite();
    site.revoke({ kind: 'identity', thumbprint: site.copy.thumbprint });
    site.vendor.revocations.length = 0;
    site.reload();
    expectRefused(() => site.admit(), 'revoked');
  });

  it('is a point of the curve, which is looked at only when the issuer has signed', () => {
    const site = makeAttestedSite();
    const jwk = { ...site.copy.jwk, y: site.copy.jwk.x };
    const copy = { ...site.copy, jwk, thumbprint: thumbprint(jwk) };
    const to = { key: { ...site.copy, thumbprint: copy.thumbprint } };
    const unsigned = site.vouch({ copy, sealWith: () => 'A'.repeat(86) });
    expectRefused(() => site.admit(site.sign(unsigned, to)), 'attestation_invalid');
    expectRefused(() => site.admit(site.sign(site.vouch({ copy }), to)), 'attestation_malformed');
  });

  it('may be vouched for by the makers of two apps, and is then whoever the covered attestation says', () => {
    const site = makeAttestedSite();
    const issuer = makeAppKey();
    const custom = entryCustom(site.vendor, issuer, { identities: [attesting(issuer)] });
    approve(site.vendor, [addEntry(site.vendor, custom)]);
    site.reload();
    const { partner, app, build } = custom;
    const other = site.vouch({ issuer, partner: partner.id, app: app.id, build: build.id });
    expect(site.admit(site.sign(other)).app.id).toBe(app.id);
    expect(site.admit().app.id).toBe(site.custom.app.id);
  });
});

describe('a grant of the vendor', () => {
  it('admits what its attestation does not, and says why it would have been refused', () => {
    const site = makeAttestedSite();
    site.use({ ...site.allowlist(), monitor: () => grantOf('monitor') });
    const expired = site.vouch({ issued: site.clock.seconds - 600 });
    expect(site.checker.check(site.sign(expired))).toMatchObject({
      kind: 'monitored',
      refused: { code: 'attestation_expired' },
    });
    expect(site.admit()).toMatchObject({ proves: 'instance', grant: { kind: 'monitored' } });
  });

  it('does not admit an attestation that nobody should read', () => {
    const site = makeAttestedSite();
    site.use({ ...site.allowlist(), breakGlass: () => grantOf('breakGlass') });
    expectRefused(() => site.checker.check(site.sign('A'.repeat(4097))), 'too_large');
  });
});
