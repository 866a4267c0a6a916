import { randomBytes } from 'node:crypto';
import {
  timeOf,
  type Allowlist,
  type EntryCustom,
  type Identity,
  type Revocation,
} from '../../src/formats.ts';
import type { AppAdmission } from '../../src/http/admission.ts';
import { createReplayTable } from '../../src/http/replay.ts';
import type { RequestToCheck } from '../../src/http/request-head.ts';
import { bundleNow, openAt, tellStory, type Story } from '../compose/story.ts';
import {
  addEntry,
  approve,
  entryCustom,
  makeAppKey,
  type AppKey,
  type TestTarget,
  type Vendor,
} from '../compose/vendor.ts';
import { attest, type ToAttest } from './attest.ts';
import { createExplainedChecker } from './explained-checker.ts';
import { makeKey, signRequest, type SigningKey, type ToSign } from './sign.ts';

export type AttestedSite = ReturnType<typeof makeAttestedSite>;

/**
 * A customer's site over real bundles, with a pinned build (the story's) and a build whose partner's server vouches for its copies.
 * The clock stands at the vendor's now until a test moves it.
 */
export function makeAttestedSite(options: Partial<Vendor> = {}) {
  const story = tellStory(options);
  const { vendor, deployment, origin } = story;
  const issuer = makeAppKey();
  const copy = makeKey();
  const custom = entryCustom(vendor, issuer, {
    app: { id: 'field-notes', name: 'Field Notes' },
    identities: [attesting(issuer)],
    capabilities: ['orders:read'],
  });
  const entry = addEntry(vendor, custom);
  approve(vendor, [entry]);
  const clock = { seconds: vendor.now };
  let opened = openAt(story, bundleNow(story));
  const state = { allowlist: opened.allowlist };
  /** Publishes a second later, and loads. */
  const reload = (): void => {
    vendor.now += 1;
    clock.seconds = Math.max(clock.seconds, vendor.now);
    opened = openAt(story, bundleNow(story), { held: opened, floor: opened.nextFloor, now: clock.seconds });
    state.allowlist = opened.allowlist;
  };
  const checker = createExplainedChecker({
    allowlist: () => state.allowlist,
    origin,
    deployment,
    now: () => clock.seconds * 1000,
    startedAt: null,
    replay: createReplayTable(randomBytes(32), 1024),
    randomKey: randomBytes(32),
  });
  const vouch = (changes: Partial<ToAttest> = {}): string =>
    attest({
      issuer,
      copy,
      partner: custom.partner.id,
      app: custom.app.id,
      build: custom.build.id,
      deployment,
      issued: clock.seconds,
      ...changes,
    });
  /** A request with this attestation (or with what `vouch` gives), signed by the copy unless `to` names another key. */
  const sign = (attestation: string = vouch(), to: Partial<ToSign> = {}): RequestToCheck =>
    signRequest({
      key: copy,
      origin,
      deployment,
      created: clock.seconds,
      ...to,
      headers: [['OAuth-Client-Attestation', attestation], ...(to.headers ?? [])],
    });
  return {
    story,
    vendor,
    deployment,
    origin,
    issuer,
    copy,
    custom,
    entry,
    clock,
    checker,
    vouch,
    sign,
    allowlist: (): Allowlist => state.allowlist,
    /** Judges by this allowlist from now on. */
    use: (allowlist: Allowlist): void => {
      state.allowlist = allowlist;
    },
    reload,
    /** Revokes until now, and loads. */
    revoke: (subject: Revocation['subject']): void => {
      vendor.revocations.push({ subject, through: timeOf(vendor.now) });
      reload();
    },
    admit: (request: RequestToCheck = sign()): AppAdmission => {
      const admission = checker.check(request);
      if (admission.kind !== 'app') throw new Error(`admitted as ${admission.kind}`);
      return admission;
    },
  };
}

export function attesting({ jwk }: Pick<SigningKey, 'jwk'>): Identity {
  return { kind: 'key', key: jwk, use: 'attest', holder: 'server' };
}

export function requesting(
  { jwk }: Pick<SigningKey, 'jwk'>,
  holder: Identity['holder'] = 'server',
): Identity {
  return { kind: 'key', key: jwk, use: 'request', holder };
}

/** Lists a further build of the site's attested app, or of whatever `changes` say, and has it approved by these people. */
export function addBuild(
  site: AttestedSite,
  changes: Partial<EntryCustom> = {},
  people: Story['vendor']['people'] = site.vendor.people,
): { readonly key: AppKey; readonly entry: TestTarget; readonly custom: EntryCustom } {
  const { vendor } = site;
  const key = makeAppKey();
  const { partner, app } = site.custom;
  const custom = entryCustom(vendor, key, { partner, app, ...changes });
  const entry = addEntry(vendor, custom);
  if (people.length > 0) approve(vendor, [entry], people);
  return { key, entry, custom };
}
