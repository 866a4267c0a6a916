import { describe, expect, it } from 'vitest';
import { rememberAttestations, type VerifiedAttestation } from '../../src/http/attestation-memo.ts';
import { judgeAttestation } from '../../src/http/judge-attestation.ts';
import { makeId } from '../compose/vendor.ts';
import { addBuild, attesting, makeAttestedSite, type AttestedSite } from './attested-site.ts';
import { expectRefused } from './site.ts';
import { makeKey } from './sign.ts';

/** A memory that counts what it is asked and given. */
function countedMemory(most?: number) {
  const memory = rememberAttestations(most);
  const counts = { kept: 0, recalled: 0 };
  return {
    counts,
    memory: {
      recall: (text: string) => {
        const known = memory.recall(text);
        if (known !== undefined) counts.recalled += 1;
        return known;
      },
      keep: (text: string, attestation: VerifiedAttestation) => {
        counts.kept += 1;
        memory.keep(text, attestation);
      },
    },
  };
}

function judge(site: AttestedSite, attestation: string, memory: ReturnType<typeof rememberAttestations>) {
  const { deployment, clock, copy } = site;
  const against = { keyid: copy.thumbprint, allowlist: site.allowlist(), deployment, now: clock.seconds };
  return judgeAttestation(attestation, against, memory);
}

describe('what is remembered of an attestation', () => {
  it('is that it was validly signed, once for many requests', () => {
    const site = makeAttestedSite();
    const { memory, counts } = countedMemory();
    const attestation = site.vouch();
    const first = judge(site, attestation, memory);
    const second = judge(site, attestation, memory);
    expect(counts).toEqual({ kept: 1, recalled: 1 });
    expect(second).toEqual(first);
    // The very key: importing it costs as much as a signature.
    expect(second.key).toBe(first.key);
  });

  it('is by its whole text: another spelling of the same signature is verified by itself', () => {
    const site = makeAttestedSite();
    const { memory, counts } = countedMemory();
    judge(site, site.vouch({ claims: { jti: '1' } }), memory);
    judge(site, site.vouch({ claims: { jti: '2' } }), memory);
    expect(counts).toEqual({ kept: 2, recalled: 0 });
  });

  it('is no failure, of whatever kind', () => {
    const site = makeAttestedSite();
    const { memory, counts } = countedMemory();
    const refused = [
      ['attestation_invalid', site.vouch({ sealWith: () => 'A'.repeat(86) })],
      ['attestation_malformed', 'a.b.c'],
      ['attestation_expired', site.vouch({ issued: site.clock.seconds - 600 })],
      ['attestation_other_build', site.vouch({ build: makeId('b') })],
      ['app_not_approved', site.vouch({ issuer: makeKey() })],
    ] as const;
    for (const [code, attestation] of refused) expectRefused(() => judge(site, attestation, memory), code);
    expect(counts).toEqual({ kept: 0, recalled: 0 });
  });

  it('is bounded: of too many the oldest is forgotten, and verified again when it comes', () => {
    const site = makeAttestedSite();
    const { memory, counts } = countedMemory(2);
    const [a, b, c] = ['a', 'b', 'c'].map((jti) => site.vouch({ claims: { jti } }));
    for (const attestation of [a, b, c]) judge(site, attestation ?? '', memory);
    judge(site, c ?? '', memory);
    judge(site, b ?? '', memory);
    expect(counts).toEqual({ kept: 3, recalled: 2 });
    judge(site, a ?? '', memory);
    expect(counts).toEqual({ kept: 4, recalled: 2 });
  });

  it('is of 4,096 attestations where nobody says how many', () => {
    const site = makeAttestedSite();
    const memory = rememberAttestations();
    // One is verified; the others bear other texts, and nothing of them is read here.
    const attestation = site.vouch();
    judge(site, attestation, memory);
    const known = memory.recall(attestation);
    if (known === undefined) throw new Error('not remembered');
    for (let i = 1; i < 4_096; i += 1) memory.keep(`${i}`, known);
    expect(memory.recall(attestation)).toBe(known);
    memory.keep('one more', known);
    expect(memory.recall(attestation)).toBeUndefined();
    expect(memory.recall('1')).toBe(known);
  });
});

describe('an attestation that was admitted before', () => {
  it('is refused once its issuer is revoked', () => {
    const site = makeAttestedSite();
    const attestation = site.vouch();
    site.admit(site.sign(attestation));
    site.revoke({ kind: 'identity', thumbprint: site.issuer.thumbprint });
    expectRefused(() => site.admit(site.sign(attestation)), 'revoked');
  });

  it('is refused once a bundle no longer has its issuer', () => {
    const site = makeAttestedSite();
    const attestation = site.vouch();
    site.admit(site.sign(attestation));
    site.vendor.targets = site.vendor.targets.filter((target) => target !== site.entry);
    site.reload();
    expectRefused(() => site.admit(site.sign(attestation)), 'app_not_approved');
  });

  it.each([
    [
      'build',
      (site: AttestedSite) => ({ app: site.custom.app, build: { ...site.custom.build, id: makeId('b') } }),
    ],
    ['app', (site: AttestedSite) => ({ app: { id: 'other', name: 'Other' }, build: site.custom.build })],
  ])("is refused once its issuer's key stands under another %s", (_what, changes) => {
    const site = makeAttestedSite();
    const attestation = site.vouch();
    site.admit(site.sign(attestation));
    site.vendor.targets = site.vendor.targets.filter((target) => target !== site.entry);
    addBuild(site, { identities: [attesting(site.issuer)], ...changes(site) });
    site.reload();
    expectRefused(() => site.admit(site.sign(attestation)), 'attestation_other_build');
  });

  it('is refused once its copy is revoked, or listed', () => {
    const site = makeAttestedSite();
    const attestation = site.vouch();
    site.admit(site.sign(attestation));
    addBuild(site, { identities: [attesting(site.copy)] });
    site.reload();
    expectRefused(() => site.admit(site.sign(attestation)), 'attestation_key_listed');
    const other = makeAttestedSite();
    const vouched = other.vouch();
    other.admit(other.sign(vouched));
    other.revoke({ kind: 'identity', thumbprint: other.copy.thumbprint });
    expectRefused(() => other.admit(other.sign(vouched)), 'revoked');
  });

  it('is refused when it has ended, and from another key, as if it were new', () => {
    const site = makeAttestedSite();
    const attestation = site.vouch();
    site.admit(site.sign(attestation));
    expectRefused(() => site.admit(site.sign(attestation, { key: makeKey() })), 'attestation_other_key');
    site.clock.seconds += 600;
    expectRefused(() => site.admit(site.sign(attestation)), 'attestation_expired');
  });

  it('still needs the signature of the copy, every time', () => {
    const site = makeAttestedSite();
    const attestation = site.vouch();
    site.admit(site.sign(attestation));
    const thief = { ...makeKey(), thumbprint: site.copy.thumbprint };
    expectRefused(() => site.admit(site.sign(attestation, { key: thief })), 'signature_invalid');
  });
});
