import { describe, expect, test } from 'vitest';
import { statementDigest, timeOf, type Revocation, type RevocationSubject } from '../../src/formats.ts';
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
import {
  addEntry,
  approve,
  bundleOf,
  entryCustom,
  makeDigest,
  makeId,
  publish,
  statementFor,
} from '../compose/vendor.ts';

const subjects: readonly (readonly [RevocationSubject['kind'], (story: Story) => RevocationSubject])[] = [
  [
    'statement',
    ({ vendor, entry }) => ({ kind: 'statement', digest: statementDigest(statementFor(vendor, entry)) }),
  ],
  ['artifact', ({ entry }) => ({ kind: 'artifact', digest: entry.digest })],
  ['app', ({ entry }) => ({ kind: 'app', partner: entry.role, app: 'orders' })],
  ['partner', ({ entry }) => ({ kind: 'partner', partner: entry.role })],
  ['identity', ({ key }) => ({ kind: 'identity', thumbprint: key.thumbprint })],
];
const others: readonly RevocationSubject[] = [
  { kind: 'statement', digest: makeDigest() },
  { kind: 'artifact', digest: makeDigest() },
  { kind: 'app', partner: makeId('p'), app: 'orders' },
  { kind: 'partner', partner: makeId('p') },
  { kind: 'identity', thumbprint: 'A'.repeat(43) },
];

describe('A revocation', () => {
  test.each(subjects)('of its %s voids an entry that was issued until then', (_, subject) => {
    const story = tellStory();
    later(story, 1);
    story.vendor.revocations.push({ subject: subject(story), through: timeOf(story.vendor.now) });
    const opened = openAt(story, bundleNow(story));
    refusal('revoked', () => opened.allowlist.findKey(story.key.thumbprint, story.vendor.now));
  });

  test.each(subjects)('of its %s leaves alone what was issued and approved after it', (kind, subject) => {
    const story = tellStory();
    const { vendor } = story;
    const revocation = { subject: subject(story), through: timeOf(vendor.now) };
    vendor.revocations.push(revocation);
    vendor.targets.splice(vendor.targets.indexOf(story.entry), 1);
    later(story, 1);
    const partner = story.entry.custom.partner as { id: string; name: string };
    const again = addEntry(vendor, entryCustom(vendor, story.key, { partner }), {
      digest: story.entry.digest,
    });
    approve(vendor, [again]);
    const match = openAt(story, bundleNow(story)).allowlist.findKey(story.key.thumbprint, vendor.now);
    expect(match.entry.path, kind).toBe(again.path);
  });

  test('of something else voids nothing', () => {
    const story = tellStory();
    story.vendor.revocations.push(
      ...others.map((subject): Revocation => ({ subject, through: timeOf(story.vendor.now) })),
    );
    expect(openAt(story, bundleNow(story)).judgeAll().refused).toEqual([]);
  });

  test('in targets counts like one in registry', () => {
    const story = tellStory();
    const subject = { kind: 'partner', partner: story.entry.role } as const;
    story.vendor.carriedRevocations.push({ subject, through: timeOf(story.vendor.now) });
    const opened = openAt(story, bundleNow(story));
    refusal('revoked', () => opened.allowlist.findKey(story.key.thumbprint, story.vendor.now));
  });

  test('of the licence leaves nothing that is licensed', () => {
    const story = tellStory();
    const held = openedAt(story);
    later(story, 1);
    const digest = statementDigest(statementFor(story.vendor, story.license));
    story.vendor.revocations.push({
      subject: { kind: 'statement', digest },
      through: timeOf(story.vendor.now),
    });
    const refused = refusedLoad('license_not_approved', story, held, bundleNow(story));
    expect(refused.members).toEqual({ because: 'revoked' });
  });

  test.each(['registry', 'targets'])('from the future, in %s, refuses the bundle', (role) => {
    const story = tellStory();
    const held = openedAt(story);
    later(story, 1);
    const { vendor } = story;
    const list = role === 'registry' ? vendor.revocations : vendor.carriedRevocations;
    list.push({ subject: { kind: 'partner', partner: makeId('p') }, through: timeOf(vendor.now + 1) });
    refusedLoad('revocation_from_future', story, held, bundleNow(story));
  });
});

describe('A revocation that was loaded once', () => {
  /** A site that has loaded a revocation of the story's build. */
  function revokedSite(): { story: Story; held: ReturnType<typeof openedAt> } {
    const story = tellStory();
    const first = openedAt(story);
    later(story, 1);
    const subject = { kind: 'artifact', digest: story.entry.digest } as const;
    story.vendor.revocations.push({ subject, through: timeOf(story.vendor.now) });
    const held = openAt(story, bundleNow(story), { held: first, floor: first.nextFloor });
    later(story, 1);
    story.vendor.revocations = [];
    return { story, held };
  }

  test('stays, when online keys bring the entry back with its genuine approvals', () => {
    const { story, held } = revokedSite();
    const next = openAt(story, bundleNow(story), { held, floor: held.nextFloor });
    refusal('revoked', () => next.allowlist.findKey(story.key.thumbprint, story.vendor.now));
    expect(next.nextFloor.revocations.size).toBe(1);
  });

  test('stays through every later load, and through a new root', () => {
    const { story, held } = revokedSite();
    let site = held;
    for (let i = 0; i < 3; i += 1) {
      later(story, 1);
      site = openAt(story, bundleNow(story), { held: site, floor: site.nextFloor });
    }
    refusal('revoked', () => site.allowlist.findKey(story.key.thumbprint, story.vendor.now));
  });

  test('is not known where it was never loaded: that is why ceremonies carry revocations over', () => {
    const { story } = revokedSite();
    const elsewhere = openAt(story, bundleNow(story));
    expect(elsewhere.allowlist.findKey(story.key.thumbprint, story.vendor.now).entry.path).toBe(
      story.entry.path,
    );
  });

  test('reaches as far as the furthest that was loaded', () => {
    const { story, held } = revokedSite();
    const subject = { kind: 'artifact', digest: story.entry.digest } as const;
    story.vendor.revocations = [{ subject, through: timeOf(story.vendor.now - 86_400 * 300) }];
    const next = openAt(story, bundleOf(story.vendor, story.customer, publish(story.vendor)), {
      floor: held.nextFloor,
    });
    refusal('revoked', () => next.allowlist.findKey(story.key.thumbprint, story.vendor.now));
  });
});
