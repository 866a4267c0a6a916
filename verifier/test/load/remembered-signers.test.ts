import { describe, expect, test } from 'vitest';
import {
  rememberSigners,
  Refused,
  type JsonObject,
  type SignedDigests,
  type SignersMemo,
} from '../../src/formats.ts';
import { bundleNow, later, openAt, refusal, tellStory, type Story } from '../compose/story.ts';
import { addEntry, approve, bundleOf, entryCustom, makeAppKey, publish } from '../compose/vendor.ts';

const digests = (statement: string, approvals = 'a', roster = 'r'): SignedDigests => ({
  statement,
  approvals,
  roster,
});
const signed = { signed: ['u-1', 'u-2'], refused: [] };

describe('Who validly signed is remembered', () => {
  test('by statement, approvals and roster together, and by nothing less', () => {
    const memo = rememberSigners();
    memo.keep(digests('s'), signed);
    expect(memo.recall(digests('s'))).toEqual(signed);
    for (const other of [
      digests('t'),
      digests('s', 'b'),
      digests('s', 'a', 'q'),
      digests('a', 's', 'r'),
      digests('s', 'r', 'a'),
    ])
      expect(memo.recall(other)).toBeUndefined();
  });

  test('not where an approval was refused: the reason would be lost', () => {
    const memo = rememberSigners();
    memo.keep(digests('s'), { ...signed, refused: [new Refused('approval_signature')] });
    expect(memo.recall(digests('s'))).toBeUndefined();
  });

  test('of so many statements, the oldest of which is forgotten first', () => {
    const memo = rememberSigners(2);
    for (const name of ['1', '2']) memo.keep(digests(name), signed);
    expect(memo.recall(digests('1'))).toEqual(signed);
    memo.keep(digests('3'), signed);
    expect(['1', '2', '3'].map((name) => memo.recall(digests(name)) !== undefined)).toEqual([
      false,
      true,
      true,
    ]);
    memo.keep(digests('4'), signed);
    expect(['2', '3', '4'].map((name) => memo.recall(digests(name)) !== undefined)).toEqual([
      false,
      true,
      true,
    ]);
  });

  test('of 50,000 statements where nobody says how many', () => {
    const memo = rememberSigners();
    for (let i = 0; i < 50_000; i += 1) memo.keep(digests(`${i}`), signed);
    expect(memo.recall(digests('0'))).toEqual(signed);
    memo.keep(digests('one more'), signed);
    expect(memo.recall(digests('0'))).toBeUndefined();
    expect(memo.recall(digests('1'))).toEqual(signed);
  });
});

describe('A memory that is used for two loads', () => {
  /** Counts what the memory did not know and was told. */
  function counting(): { memo: SignersMemo; kept: () => number; recalled: () => number } {
    const memo = rememberSigners();
    let [kept, recalled] = [0, 0];
    return {
      memo: {
        recall: (of) => {
          const known = memo.recall(of);
          if (known !== undefined) recalled += 1;
          return known;
        },
        keep: (of, signers) => {
          kept += 1;
          memo.keep(of, signers);
        },
      },
      kept: () => kept,
      recalled: () => recalled,
    };
  }

  function loaded(story: Story, memo: SignersMemo): void {
    const { entries } = openAt(story, bundleNow(story), { memo }).judgeAll();
    expect(entries.length).toBeGreaterThan(0);
  }

  test('saves verifying what has not changed, and only that', () => {
    const story = tellStory();
    const { memo, kept, recalled } = counting();
    loaded(story, memo);
    expect([kept(), recalled()]).toEqual([2, 0]);
    loaded(story, memo);
    expect([kept(), recalled()]).toEqual([2, 2]);
    const added = addEntry(story.vendor, entryCustom(story.vendor, makeAppKey()));
    approve(story.vendor, [added]);
    loaded(story, memo);
    expect([kept(), recalled()]).toEqual([3, 4]);
  });

  test('gives nobody who has left a voice: thresholds and retirement are judged anew', () => {
    const story = tellStory();
    const { memo } = counting();
    loaded(story, memo);
    const [ada] = story.vendor.people;
    if (ada === undefined) throw new Error('nobody');
    ada.status = { kind: 'compromised' };
    later(story, 1);
    const { license, vendor } = story;
    // The licence needs one person, of whom there is still one; the entry needs two.
    expect(license.approvals.length).toBe(2);
    const opened = openAt(story, bundleNow(story), { memo });
    refusal('approvals_missing', () => opened.allowlist.findKey(story.key.thumbprint, vendor.now));
  });

  test('knows no approvals that are no list', () => {
    const story = tellStory();
    const { entry, vendor } = story;
    const tampered = bundleWith(story, entry.role, (custom) => ({ ...custom, approvals: 'all' }));
    const { refused } = openAt(story, tampered, { now: vendor.now }).judgeAll();
    expect(refused.map(({ reason }) => reason.code)).toEqual(['approval_malformed']);
  });
});

/** The story's bundle with the first `custom` of a role changed before it is signed. */
function bundleWith(story: Story, role: string, change: (custom: JsonObject) => JsonObject): Uint8Array {
  return bundleOf(
    story.vendor,
    story.customer,
    publish(story.vendor, (name, signed) => {
      if (name !== role) return signed;
      const targets = Object.entries(signed.targets as JsonObject).map(([path, target]) => {
        const of = target as JsonObject;
        return [path, { ...of, custom: change(of.custom as JsonObject) }];
      });
      return { ...signed, targets: Object.fromEntries(targets) as JsonObject };
    }),
  );
}
