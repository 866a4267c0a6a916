import { afterEach, describe, expect, test, vi } from 'vitest';
import { timeOf, type EntryCustom } from '../../src/formats.ts';
import type { RequestToCheck } from '../../src/http/request-head.ts';
import type { Verifier } from '../../src/open-verifier.ts';
import {
  addEntry,
  approve,
  day,
  entryCustom,
  makeAppKey,
  makeId,
  type TestTarget,
} from '../compose/vendor.ts';
import { attest, type ToAttest } from '../http/attest.ts';
import { attesting } from '../http/attested-site.ts';
import { makeKey, withHeader, type SigningKey } from '../http/sign.ts';
import { makeSite, nextBundle, start, type Site } from '../state/site.ts';
import { expectGoesOn, refusedTrick, signNow, verdict } from './honest.ts';

// Keys of installed copies, for which a server of the app's maker vouches (SPEC §10.11), and what thieves of either key can do.

afterEach(() => {
  vi.useRealTimers();
});

const now = (): number => Math.floor(Date.now() / 1000);

type Attested = {
  readonly site: Site;
  readonly verifier: Verifier;
  readonly issuer: SigningKey;
  readonly custom: EntryCustom;
  readonly entry: TestTarget;
  readonly vouch: (copy: SigningKey, changes?: Partial<ToAttest>) => string;
};

/** A running site with an approved build whose maker's server vouches for its copies, beside the build that is pinned. */
function running(): Attested {
  const site = makeSite();
  const { vendor, deployment } = site;
  const issuer = makeAppKey();
  const custom = entryCustom(vendor, issuer, {
    app: { id: 'field-notes', name: 'Field Notes' },
    identities: [attesting(issuer)],
  });
  const entry = addEntry(vendor, custom);
  approve(vendor, [entry]);
  const verifier = start(site);
  verifier.load(nextBundle(site));
  const { partner, app, build } = custom;
  const about = { issuer, partner: partner.id, app: app.id, build: build.id, deployment };
  return {
    site,
    verifier,
    issuer,
    custom,
    entry,
    vouch: (copy, changes) => attest({ ...about, copy, issued: now(), ...changes }),
  };
}

/** A request with this attestation, which `key` signs now. */
function signed(site: Site, key: SigningKey, attestation: string): RequestToCheck {
  return signNow({ ...site, key }, { headers: [['OAuth-Client-Attestation', attestation]] });
}

/** The maker's honest copies are served, and so is the pinned build. */
function expectServed({ site, verifier, vouch }: Attested): void {
  const copy = makeKey();
  expect(verifier.check(signed(site, copy, vouch(copy)))).toMatchObject({ kind: 'app', proves: 'instance' });
  expect(verdict(site, verifier)).toBe('app');
}

describe('The thief', () => {
  test('has stolen the key of one installed copy', () => {
    const attested = running();
    const { site, verifier, vouch } = attested;
    const stolen = makeKey();
    const attestation = vouch(stolen);
    // Without its attestation the key is nobody's; with it he is that copy, until it ends.
    refusedTrick('app_not_approved', site, () => verifier.check(signNow({ ...site, key: stolen })));
    expect(verifier.check(signed(site, stolen, attestation)).kind).toBe('app');
    vi.useFakeTimers({ toFake: ['Date'], now: Date.now() + 601_000 });
    refusedTrick('attestation_expired', site, () => verifier.check(signed(site, stolen, attestation)));
    // Where the maker's server would go on vouching for it, the vendor can name the one key, whatever it is vouched with.
    site.vendor.now = now();
    site.vendor.revocations.push({
      subject: { kind: 'identity', thumbprint: stolen.thumbprint },
      through: timeOf(site.vendor.now),
    });
    verifier.load(nextBundle(site));
    refusedTrick('revoked', site, () => verifier.check(signed(site, stolen, vouch(stolen))));
    refusedTrick('revoked', site, () =>
      verifier.check(signed(site, stolen, vouch(stolen, { issued: now() + 20 }))),
    );
    expectServed(attested);
  });

  test('has stolen the attestation of one installed copy', () => {
    const attested = running();
    const { site, verifier, vouch } = attested;
    const copy = makeKey();
    const attestation = vouch(copy);
    const own = makeKey();
    // It is about another key than his, and he cannot say that it is about his.
    refusedTrick('attestation_other_key', site, () => verifier.check(signed(site, own, attestation)));
    const [head, claims, seal] = attestation.split('.') as [string, string, string];
    const changed = JSON.parse(Buffer.from(claims, 'base64url').toString()) as { cnf: unknown };
    changed.cnf = { jwk: own.jwk };
    const forged = [head, Buffer.from(JSON.stringify(changed)).toString('base64url'), seal].join('.');
    refusedTrick('attestation_invalid', site, () => verifier.check(signed(site, own, forged)));
    // On a request that the copy signed without it, or in the place of another.
    const request = signed(site, copy, attestation);
    refusedTrick('proof_coverage', site, () =>
      verifier.check(withHeader(signNow(site), 'OAuth-Client-Attestation', attestation)),
    );
    refusedTrick('signature_invalid', site, () =>
      verifier.check(withHeader(request, 'OAuth-Client-Attestation', vouch(copy, { lifetime: 300 }))),
    );
    expect(verifier.check(request).kind).toBe('app');
    refusedTrick('replayed', site, () => verifier.check(request));
    expectServed(attested);
  });

  test('has stolen the key of the server that vouches for copies', () => {
    const attested = running();
    const { site, verifier, vouch, issuer, entry } = attested;
    const { vendor } = site;
    const own = makeKey();
    // He can vouch for copies of his own, until somebody notices; they may do what that one build may.
    expect(verifier.check(signed(site, own, vouch(own)))).toMatchObject({
      kind: 'app',
      app: { id: 'field-notes' },
    });
    // But not as another app or build, nor as another partner's, nor without an attestation,
    const pinned = site.entry.custom as unknown as EntryCustom;
    for (const other of [
      { app: 'orders' },
      { build: makeId('b') },
      { build: pinned.build.id },
      { partner: pinned.partner.id, app: pinned.app.id, build: pinned.build.id },
    ])
      refusedTrick('attestation_other_build', site, () =>
        verifier.check(signed(site, own, vouch(own, other))),
      );
    refusedTrick('app_not_approved', site, () => verifier.check(signNow({ ...site, key: issuer })));
    // nor for the key of an approved app, so as to pass for what nobody can tell from it.
    refusedTrick('attestation_key_listed', site, () =>
      verifier.check(signed(site, site.key, vouch(site.key))),
    );
    refusedTrick('attestation_key_listed', site, () => verifier.check(signed(site, issuer, vouch(issuer))));

    // The vendor revokes the key, or the build, and every copy with it, whenever it was vouched for.
    vendor.now = now();
    vendor.revocations = [
      { subject: { kind: 'identity', thumbprint: issuer.thumbprint }, through: timeOf(vendor.now) },
    ];
    const early = vouch(own, { issued: now() - 60 });
    verifier.load(nextBundle(site));
    for (const attestation of [vouch(own), early])
      refusedTrick('revoked', site, () => verifier.check(signed(site, own, attestation)));
    // A new build with a new key goes on.
    vendor.targets = vendor.targets.filter((target) => target !== entry);
    vendor.now += 1;
    const fresh = makeAppKey();
    const again = { ...attested.custom, build: { ...attested.custom.build, id: makeId('b') } };
    const custom = {
      ...again,
      identities: [attesting(fresh)],
      issued: timeOf(vendor.now),
      validFrom: timeOf(vendor.now),
    };
    approve(vendor, [addEntry(vendor, custom)]);
    verifier.load(nextBundle(site));
    refusedTrick('app_not_approved', site, () => verifier.check(signed(site, own, vouch(own))));
    const { id: build } = custom.build;
    expectServed({ ...attested, vouch: (copy) => vouch(copy, { issuer: fresh, build }) });
  });

  test('replays an attestation at another deployment', () => {
    const attested = running();
    const { site, verifier, vouch } = attested;
    const copy = makeKey();
    const elsewhere = 'D'.repeat(42) + 'A';
    const theirs = vouch(copy, { deployment: elsewhere });
    refusedTrick('attestation_other_deployment', site, () => verifier.check(signed(site, copy, theirs)));
    // With the whole request as it was sent there.
    const sent = signNow(
      { ...site, key: copy, deployment: elsewhere },
      { headers: [['OAuth-Client-Attestation', theirs]] },
    );
    refusedTrick('wrong_deployment', site, () => verifier.check(sent));
    for (const aud of [[site.deployment], `${site.deployment} `, '*', undefined])
      refusedTrick('attestation_malformed', site, () =>
        verifier.check(signed(site, copy, vouch(copy, { claims: { aud } }))),
      );
    expectServed(attested);
  });

  test('has copies vouched for longer than the vendor allows', () => {
    const attested = running();
    const { site, verifier, vouch } = attested;
    const copy = makeKey();
    const { attestation: most } = site.vendor.ceilings;
    for (const changes of [
      { lifetime: most + 1 },
      { lifetime: 3650 * day },
      { issued: now() - day, lifetime: 2 * day },
    ])
      refusedTrick('attestation_too_long', site, () =>
        verifier.check(signed(site, copy, vouch(copy, changes))),
      );
    refusedTrick('attestation_from_future', site, () =>
      verifier.check(signed(site, copy, vouch(copy, { issued: now() + 60 }))),
    );
    // A later roster may allow less, at once: also for what is remembered as validly signed.
    const attestation = vouch(copy, { lifetime: most });
    expect(verifier.check(signed(site, copy, attestation)).kind).toBe('app');
    site.vendor.ceilings = { ...site.vendor.ceilings, attestation: 600 };
    verifier.load(nextBundle(site));
    refusedTrick('attestation_too_long', site, () => verifier.check(signed(site, copy, attestation)));
    expectServed(attested);
  });

  test('vouches for copies with the key of an app', () => {
    const attested = running();
    const { site, verifier, vouch } = attested;
    const own = makeKey();
    const { partner, app, build } = site.entry.custom as unknown as EntryCustom;
    // A key that signs requests vouches for nobody; and one that stands nowhere is nobody's.
    const byApp = vouch(own, { issuer: site.key, partner: partner.id, app: app.id, build: build.id });
    refusedTrick('attestation_issuer', site, () => verifier.check(signed(site, own, byApp)));
    const byStranger = vouch(own, { issuer: makeKey() });
    refusedTrick('app_not_approved', site, () => verifier.check(signed(site, own, byStranger)));
    const inItsName = vouch(own, { sealWith: () => Buffer.alloc(64, 1).toString('base64url') });
    refusedTrick('attestation_invalid', site, () => verifier.check(signed(site, own, inItsName)));
    expectGoesOn(site, verifier);
    expectServed(attested);
  });
});
