import { describe, expect, it } from 'vitest';
import { makeAttestedSite } from './attested-site.ts';
import { deployment as otherDeployment, expectRefused } from './site.ts';

const emptyDigest = Buffer.from('e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855', 'hex');

describe('an attestation', () => {
  it('is for this deployment', () => {
    const site = makeAttestedSite();
    const attestation = site.vouch({ deployment: otherDeployment });
    const refused = expectRefused(() => site.admit(site.sign(attestation)), 'attestation_other_deployment');
    expect(refused.members['deployment']).toBe(site.deployment);
    expect(refused.status).toBe(401);
  });

  it('holds until the second before it ends', () => {
    const site = makeAttestedSite();
    const attestation = site.vouch({ lifetime: 600 });
    site.clock.seconds += 599;
    expect(site.admit(site.sign(attestation)).proves).toBe('instance');
    site.clock.seconds += 1;
    const refused = expectRefused(() => site.admit(site.sign(attestation)), 'attestation_expired');
    // A fresh proof under the server's challenge would not help, so none is offered.
    expect(refused.members['challenge']).toBeUndefined();
    expect(refused.members['serverTime']).toBe(site.clock.seconds);
  });

  it('may be issued by a clock that is 30 seconds ahead, and no more', () => {
    const site = makeAttestedSite();
    const { seconds } = site.clock;
    expect(site.admit(site.sign(site.vouch({ issued: seconds + 30 }))).proves).toBe('instance');
    expectRefused(
      () => site.admit(site.sign(site.vouch({ issued: seconds + 31 }))),
      'attestation_from_future',
    );
  });

  it('begins at nbf, where it names one', () => {
    const site = makeAttestedSite();
    const { seconds } = site.clock;
    const from = (nbf: number) => site.sign(site.vouch({ claims: { nbf } }));
    expect(site.admit(from(0)).proves).toBe('instance');
    expect(site.admit(from(seconds + 30)).proves).toBe('instance');
    expectRefused(() => site.admit(from(seconds + 31)), 'attestation_from_future');
  });

  it("is valid for no longer than the vendor's ceiling", () => {
    const site = makeAttestedSite();
    const most = site.vendor.ceilings.attestation;
    expect(site.admit(site.sign(site.vouch({ lifetime: most }))).proves).toBe('instance');
    expectRefused(() => site.admit(site.sign(site.vouch({ lifetime: most + 1 }))), 'attestation_too_long');
    // Neither a begin long ago nor one that is still to come makes room.
    expectRefused(
      () => site.admit(site.sign(site.vouch({ issued: site.clock.seconds - most, lifetime: most + 60 }))),
      'attestation_too_long',
    );
    const claims = { nbf: site.clock.seconds };
    expectRefused(
      () => site.admit(site.sign(site.vouch({ issued: 0, lifetime: site.clock.seconds + 60, claims }))),
      'attestation_too_long',
    );
  });

  it('admits nobody where the ceiling is 0', () => {
    const base = makeAttestedSite();
    const site = makeAttestedSite({ ceilings: { ...base.vendor.ceilings, attestation: 0 } });
    expectRefused(() => site.admit(site.sign(site.vouch({ lifetime: 1 }))), 'attestation_too_long');
  });

  it('is judged by the ceiling that is in force now, and not by that under which it was issued', () => {
    const site = makeAttestedSite();
    const attestation = site.vouch();
    expect(site.admit(site.sign(attestation)).proves).toBe('instance');
    site.vendor.ceilings = { ...site.vendor.ceilings, attestation: 599 };
    site.reload();
    expectRefused(() => site.admit(site.sign(attestation)), 'attestation_too_long');
  });
});

describe('while a body is on its way', () => {
  it('an attestation can end: then the request is refused', () => {
    const site = makeAttestedSite();
    const pending = site.checker.checkHead(site.sign(site.vouch({ lifetime: 10 })));
    site.clock.seconds += 10;
    expectRefused(() => pending.finish(emptyDigest), 'attestation_expired');
  });

  it.each([
    [
      "the issuer's entry",
      'revoked',
      (site: Site) => ({ kind: 'artifact', digest: site.entry.digest }) as const,
    ],
    [
      "the copy's key",
      'revoked',
      (site: Site) => ({ kind: 'identity', thumbprint: site.copy.thumbprint }) as const,
    ],
  ] as const)('%s can be revoked: then the request is refused', (_what, code, subject) => {
    const site = makeAttestedSite();
    const request = site.sign();
    const pending = site.checker.checkHead(request);
    site.revoke(subject(site));
    expectRefused(() => pending.finish(emptyDigest), code);
    // It was not admitted, so its nonce is free: what is refused now is the key, not a replay.
    expectRefused(() => site.checker.check(request), code);
  });

  it('nothing else may have happened: then it is admitted, judged anew', () => {
    const site = makeAttestedSite();
    const pending = site.checker.checkHead(site.sign());
    site.reload();
    expect(pending.finish(emptyDigest)).toMatchObject({ proves: 'instance', instance: site.copy.thumbprint });
  });
});

type Site = ReturnType<typeof makeAttestedSite>;
