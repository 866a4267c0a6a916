import { describe, expect, test } from 'vitest';
import { timeOf, type JsonObject, type LicenseCustom } from '../../src/formats.ts';
import {
  bundleNow,
  later,
  openAt,
  openedAt,
  refusal,
  refusedLoad,
  tellStory,
  type Story,
} from '../compose/story.ts';
import { addForCustomer, approve, bundleOf, day, licenseCustom, makeId, publish } from '../compose/vendor.ts';

/** Puts another licence in the place of the story's. */
function relicense(story: Story, changes: Partial<LicenseCustom>, people = story.vendor.people): void {
  const { vendor, customer, deployment, origin, license } = story;
  vendor.targets.splice(vendor.targets.indexOf(license), 1);
  const deployments = [{ id: deployment, origins: [origin] }];
  const custom = licenseCustom(vendor, customer, deployment, { deployments, ...changes });
  const target = addForCustomer(vendor, custom);
  if (people.length > 0) approve(vendor, [target], people);
}

describe('A licence', () => {
  test('that is missing refuses the bundle', () => {
    const story = tellStory();
    const held = openedAt(story);
    later(story, 1);
    const publication = publish(story.vendor, (role, signed) =>
      role === story.customer ? { ...signed, targets: {} } : signed,
    );
    refusedLoad('license_missing', story, held, bundleOf(story.vendor, story.customer, publication));
  });

  test('beside a second one refuses the bundle', () => {
    const story = tellStory();
    const held = openedAt(story);
    later(story, 1);
    const more = licenseCustom(story.vendor, story.customer, story.deployment);
    approve(story.vendor, [addForCustomer(story.vendor, more)]);
    refusedLoad('bundle_shape', story, held, bundleNow(story));
  });

  test('that nobody approved refuses the bundle, saying why', () => {
    const story = tellStory();
    const held = openedAt(story);
    later(story, 1);
    relicense(story, {}, []);
    const refused = refusedLoad('license_not_approved', story, held, bundleNow(story));
    expect(refused.members).toEqual({ because: 'approvals_missing' });
  });

  test('that was approved for another customer is not this customer’s', () => {
    const story = tellStory();
    const { vendor, deployment, license } = story;
    const thief = makeId('c');
    vendor.targets.push({ ...license, role: thief, path: license.path.replace(story.customer, thief) });
    const bytes = bundleOf(vendor, thief, publish(vendor));
    const refused = refusal('license_not_approved', () => openAt({ ...story, deployment }, bytes));
    expect(refused.members).toEqual({ because: 'statement_misplaced' });
  });

  test('that licenses nobody is no more another customer’s than any other', () => {
    const story = tellStory();
    const { vendor, deployment, license } = story;
    const customer = makeId('c');
    const empty = licenseCustom(vendor, customer, deployment, { partners: [] });
    const theirs = addForCustomer(vendor, empty);
    approve(vendor, [theirs]);
    const held = openedAt(story);
    vendor.targets.splice(vendor.targets.indexOf(license), 1);
    // As it is, under our path; under our name; and as a file of no bytes, whose digest is the same for everybody.
    const digest = 'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855';
    const ours = { ...empty, customer: { id: story.customer, name: 'Example Customer' } };
    const replays: readonly (readonly [string, () => void])[] = [
      [
        'statement_misplaced',
        () =>
          addForCustomer(vendor, empty, {
            role: story.customer,
            path: `${story.customer}/licence/${theirs.digest}`,
          }),
      ],
      ['approvals_missing', () => addForCustomer(vendor, ours)],
      [
        'statement_misplaced',
        () =>
          addForCustomer(vendor, ours, { digest, path: `${story.customer}/licence/${digest}`, length: 1 }),
      ],
      [
        'statement_malformed',
        () =>
          addForCustomer(vendor, ours, { digest, path: `${story.customer}/licence/${digest}`, length: 0 }),
      ],
    ];
    for (const [because, replay] of replays) {
      replay();
      const target = vendor.targets.at(-1);
      if (target !== undefined) target.approvals = theirs.approvals;
      later(story, 1);
      const refused = refusedLoad('license_not_approved', story, held, bundleNow(story));
      expect(refused.members).toEqual({ because });
      vendor.targets.pop();
    }
    vendor.targets.push(license);
    later(story, 1);
    expect(openAt(story, bundleNow(story), { held, floor: held.nextFloor }).license.path).toBe(license.path);
  });

  test.each<[string, (custom: JsonObject) => JsonObject, string]>([
    ['a longer grace', (custom) => ({ ...custom, grace: 60 * day }), 'statement_misplaced'],
    [
      'a further deployment',
      (custom) => ({
        ...custom,
        deployments: [{ id: 'B'.repeat(42) + 'A', origins: ['https://x.example'] }],
      }),
      'statement_misplaced',
    ],
    ['a further member', (custom) => ({ ...custom, more: 1 }), 'statement_malformed'],
    ['the other kind', (custom) => ({ ...custom, kind: 'grant' }), 'statement_malformed'],
  ])('that was changed after it was approved refuses the bundle: %s', (_, change, because) => {
    const story = tellStory();
    const held = openedAt(story);
    later(story, 1);
    story.license.custom = change(story.license.custom);
    const refused = refusedLoad('license_not_approved', story, held, bundleNow(story));
    expect(refused.members).toEqual({ because });
  });

  test('that was issued after the bundle was signed refuses it', () => {
    const story = tellStory();
    const at = timeOf(story.vendor.now + 1);
    relicense(story, { issued: at, validFrom: at });
    expect(refusal('license_not_approved', () => openedAt(story)).members).toEqual({
      because: 'statement_from_future',
    });
  });

  test('for another deployment is that deployment’s: another customer’s bundle', () => {
    const [story, stranger] = [tellStory(), 'C'.repeat(42) + 'A'];
    const held = openedAt(story);
    later(story, 1);
    const refused = refusedLoad('license_other_deployment', story, held, bundleNow(story), {
      deployment: stranger,
    });
    expect(refused.members).toEqual({ deployment: stranger });
  });

  test('for two deployments serves both, each at its own origins', () => {
    const story = tellStory();
    const second = 'z'.repeat(42) + 'A';
    const deployments = [
      { id: story.deployment, origins: [story.origin] },
      { id: second, origins: ['https://a.example', 'https://b.example'] },
    ].sort((a, b) => (a.id < b.id ? -1 : 1));
    relicense(story, { deployments });
    const bytes = bundleNow(story);
    expect(openAt(story, bytes).allowlist.deployment).toBe(story.deployment);
    expect(
      openAt(story, bytes, { deployment: second, origin: 'https://b.example' }).allowlist.deployment,
    ).toBe(second);
    refusal('origin_not_licensed', () => openAt(story, bytes, { deployment: second }));
    refusal('origin_not_licensed', () => openAt(story, bytes, { origin: 'https://a.example' }));
  });

  test('lists its deployments in order and once', () => {
    const story = tellStory();
    const deployment = { id: story.deployment, origins: [story.origin] };
    refusal('statement_malformed', () => relicense(story, { deployments: [deployment, deployment] }));
  });

  test('of a development registry admits for this machine alone', () => {
    const local = {
      environment: 'development',
      rpId: 'approve.localhost',
      origins: ['http://approve.localhost:8600'],
    } as const;
    const story = tellStory({ ...local, origins: [...local.origins] });
    const origins = [
      'http://[::1]:8080',
      'http://127.0.0.1:8080',
      'http://erp.localhost',
      'http://localhost:3000',
      'https://erp.customer.example',
      'https://erp.test',
    ];
    relicense(story, { deployments: [{ id: story.deployment, origins: origins.toSorted() }] });
    const bytes = bundleNow(story);
    for (const origin of origins.filter((each) => !each.includes('customer'))) {
      expect(openAt(story, bytes, { origin }).allowlist.environment).toBe('development');
    }
    refusal('origin_not_licensed', () => openAt(story, bytes, { origin: 'https://erp.customer.example' }));
  });
});

describe('Freshness', () => {
  test('ends after fresh, then after grace, each to the second', () => {
    const story = tellStory();
    const { now } = story.vendor;
    const { judgeNow } = openedAt(story).allowlist;
    expect(judgeNow(now)).toEqual({
      kind: 'fresh',
      signedAt: now,
      age: 0,
      freshUntil: now + 30 * day,
      expires: now + 60 * day,
    });
    expect(judgeNow(now + 30 * day).kind).toBe('fresh');
    expect(judgeNow(now + 30 * day + 1).kind).toBe('stale');
    expect(judgeNow(now + 60 * day).kind).toBe('stale');
    refusal('allowlist_expired', () => judgeNow(now + 60 * day + 1));
  });

  test('is capped by the ceilings', () => {
    const story = tellStory();
    story.vendor.ceilings = { ...story.vendor.ceilings, fresh: 10 * day, grace: 5 * day };
    const { judgeNow } = openedAt(story).allowlist;
    const { now } = story.vendor;
    expect(judgeNow(now + 10 * day).kind).toBe('fresh');
    expect(judgeNow(now + 15 * day).kind).toBe('stale');
    refusal('allowlist_expired', () => judgeNow(now + 15 * day + 1));
  });

  test('ends at the wall at the latest, and the bundle stays open', () => {
    const story = tellStory({ validity: 40 * day });
    const { now } = story.vendor;
    const opened = openedAt(story);
    expect(opened.wall).toBe(now + 40 * day);
    expect(opened.allowlist.judgeNow(now + 40 * day - 1).kind).toBe('stale');
    refusal('allowlist_expired', () => opened.allowlist.judgeNow(now + 40 * day));
    // A verifier past the wall keeps what it trusts, and loads the next bundle.
    const replayed = openAt(story, bundleNow(story), {
      now: now + 41 * day,
      purpose: 'replay',
      floor: opened.nextFloor,
    });
    refusal('allowlist_expired', () => replayed.allowlist.judgeNow(now + 41 * day));
    later(story, 41);
    const next = openAt(story, bundleNow(story), { held: replayed, floor: replayed.nextFloor });
    expect(next.allowlist.judgeNow(story.vendor.now).kind).toBe('fresh');
  });

  test('does not outlive the licence, nor begin before it', () => {
    const story = tellStory();
    const { now } = story.vendor;
    relicense(story, { validFrom: timeOf(now + day), expires: timeOf(now + 3 * day) });
    const { judgeNow } = openedAt(story).allowlist;
    refusal('license_expired', () => judgeNow(now + day - 1));
    expect(judgeNow(now + day).kind).toBe('fresh');
    refusal('license_expired', () => judgeNow(now + 3 * day));
  });

  test('of a licence from tomorrow, fresh for a second and without grace', () => {
    const story = tellStory();
    const { now } = story.vendor;
    relicense(story, { fresh: 1, grace: 0 });
    const { judgeNow } = openedAt(story).allowlist;
    expect(judgeNow(now + 1).kind).toBe('fresh');
    refusal('allowlist_expired', () => judgeNow(now + 2));
  });
});
