import { describe, expect, test } from 'vitest';
import { statementDigest, timeOf, type GrantCustom } from '../../src/formats.ts';
import { bundleNow, later, openAt, openedAt, refusal, tellStory, type Story } from '../compose/story.ts';
import {
  addForCustomer,
  approve,
  day,
  grantCustom,
  makeId,
  statementFor,
  type TestTarget,
} from '../compose/vendor.ts';

function grantTo(story: Story, changes: Partial<GrantCustom> = {}, people = story.vendor.people): TestTarget {
  const { vendor, customer, deployment } = story;
  const grant = addForCustomer(vendor, grantCustom(vendor, customer, deployment, changes));
  if (people.length > 0) approve(vendor, [grant], people);
  return grant;
}

describe('A grant', () => {
  test.each(['monitor', 'breakGlass'] as const)(
    'of %s with approvals is in force between its dates',
    (kind) => {
      const story = tellStory();
      const { now } = story.vendor;
      const grant = grantTo(story, {
        effect: { kind },
        validFrom: timeOf(now + 60),
        expires: timeOf(now + 2 * day),
      });
      const { allowlist } = openedAt(story);
      expect(allowlist[kind](now + 59)).toBeNull();
      expect(allowlist[kind](now + 60)).toMatchObject({
        path: grant.path,
        people: [{}, {}].map(() => expect.any(String) as string),
      });
      expect(allowlist[kind](now + 2 * day - 1)?.custom.reason).toBe('Introducing the verifier');
      expect(allowlist[kind](now + 2 * day)).toBeNull();
      expect(allowlist[kind === 'monitor' ? 'breakGlass' : 'monitor'](now + day)).toBeNull();
    },
  );

  test.each<[string, (story: Story) => unknown, string]>([
    ['nobody approved', (story) => grantTo(story, {}, []), 'approvals_missing'],
    [
      'one person approved where two are demanded',
      (story) => grantTo(story, {}, story.vendor.people.slice(0, 1)),
      'approvals_missing',
    ],
    [
      'is for another deployment',
      (story) => grantTo(story, { deployments: ['D'.repeat(42) + 'A'] }),
      'not_licensed_here',
    ],
    [
      'is longer than 30 days of monitor',
      (story) => grantTo(story, { expires: timeOf(story.vendor.now + 30 * day + 1) }),
      'statement_too_long_valid',
    ],
    [
      'is longer than 72 hours of break-glass',
      (story) =>
        grantTo(story, { effect: { kind: 'breakGlass' }, expires: timeOf(story.vendor.now + 3 * day + 1) }),
      'statement_too_long_valid',
    ],
    [
      'was issued after the bundle was signed',
      (story) => grantTo(story, futureDates(story)),
      'statement_from_future',
    ],
    ['was revoked', (story) => revoke(story, grantTo(story)), 'revoked'],
    ['was changed after it was approved', (story) => changeReason(grantTo(story)), 'statement_misplaced'],
    ['was made of another grant’s approvals', (story) => stealApprovals(story), 'approvals_missing'],
  ])('that %s is not honoured, and the rest goes on', (_, make, code) => {
    const story = tellStory();
    make(story);
    const opened = openedAt(story);
    const { now } = story.vendor;
    for (const at of [now, now + 1, now + day]) {
      expect(opened.allowlist.monitor(at)).toBeNull();
      expect(opened.allowlist.breakGlass(at)).toBeNull();
    }
    expect(opened.refused).toMatchObject([{ reason: { code } }]);
    expect(opened.judgeAll().entries).toHaveLength(1);
  });

  test('of longer grace lengthens grace, up to the ceiling, while it is in force', () => {
    const story = tellStory();
    const { now } = story.vendor;
    const dates = { validFrom: timeOf(now + 50 * day), expires: timeOf(now + 80 * day) };
    grantTo(story, { effect: { kind: 'grace', grace: 90 * day }, ...dates });
    const { judgeNow } = openedAt(story).allowlist;
    expect(judgeNow(now + 70 * day)).toMatchObject({ kind: 'stale', expires: now + 90 * day });
    expect(judgeNow(now + 80 * day - 1).kind).toBe('stale');
    refusal('allowlist_expired', () => judgeNow(now + 80 * day));
  });

  test('of a shorter grace than the licence’s takes nothing away', () => {
    const story = tellStory();
    const { now } = story.vendor;
    grantTo(story, { effect: { kind: 'grace', grace: 1 } });
    expect(openedAt(story).allowlist.judgeNow(now).expires).toBe(now + 60 * day);
  });

  test('of another customer, in this customer’s role, is misplaced', () => {
    const story = tellStory();
    const { vendor, deployment, customer } = story;
    const grant = addForCustomer(vendor, grantCustom(vendor, makeId('c'), deployment));
    approve(vendor, [grant]);
    grant.role = customer;
    grant.path = `${customer}/grant/${grant.digest}`;
    expect(openedAt(story).refused).toMatchObject([{ reason: { code: 'statement_misplaced' } }]);
  });

  test('says nothing where a bundle is opened for no deployment', () => {
    const story = tellStory();
    grantTo(story);
    const opened = openAt(story, bundleNow(story), { deployment: null });
    expect(opened.refused).toEqual([]);
    expect(opened.allowlist.deployment).toBe('');
    expect(opened.allowlist.monitor(story.vendor.now)).toBeNull();
  });

  test.each(['as they were made', 'the other way round'])(
    'speaks when it is the newest of its kind, and of equally old ones when its path comes first, listed %s',
    (order) => {
      const story = tellStory();
      const { now, targets } = story.vendor;
      const dates = (issued: number) => ({ issued: timeOf(issued), validFrom: timeOf(now) });
      const [old, ...twins] = [
        grantTo(story, { ...dates(now - 60), reason: 'Older' }),
        grantTo(story, { ...dates(now), reason: 'One twin' }),
        grantTo(story, { ...dates(now), reason: 'The other twin' }),
      ];
      if (order === 'the other way round') targets.reverse();
      const [first, second] = twins.map(({ path }) => path).sort();
      const spoke = () => openedAt(story).allowlist.monitor(now)?.path;
      const takeAway = (path: string | undefined) =>
        targets.splice(
          targets.findIndex((target) => target.path === path),
          1,
        );
      expect(spoke()).toBe(first);
      takeAway(first);
      expect(spoke()).toBe(second);
      takeAway(second);
      expect(spoke()).toBe(old?.path);
    },
  );

  test('survives a later bundle, and ends when it is left out of one', () => {
    const story = tellStory();
    const grant = grantTo(story);
    const first = openedAt(story);
    later(story, 1);
    story.vendor.targets.splice(story.vendor.targets.indexOf(grant), 1);
    const second = openAt(story, bundleNow(story), { held: first, floor: first.nextFloor });
    expect(first.allowlist.monitor(story.vendor.now)).not.toBeNull();
    expect(second.allowlist.monitor(story.vendor.now)).toBeNull();
  });
});

function futureDates({ vendor }: Story): Partial<GrantCustom> {
  const at = timeOf(vendor.now + 1);
  return { issued: at, validFrom: at };
}

function revoke({ vendor }: Story, grant: TestTarget): void {
  const digest = statementDigest(statementFor(vendor, grant));
  vendor.revocations.push({ subject: { kind: 'statement', digest }, through: timeOf(vendor.now) });
}

function changeReason(grant: TestTarget): void {
  grant.custom = { ...grant.custom, reason: 'Something else' };
}

/** A grant for a day was approved; its approvals are put under one for a week. */
function stealApprovals(story: Story): void {
  const short = grantTo(story, { expires: timeOf(story.vendor.now + day) });
  const long = grantTo(story, {}, []);
  long.approvals = short.approvals;
  story.vendor.targets.splice(story.vendor.targets.indexOf(short), 1);
}
