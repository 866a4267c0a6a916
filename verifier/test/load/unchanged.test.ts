import { describe, expect, test } from 'vitest';
import { readBundle, timeOf, type OpenedBundle } from '../../src/formats.ts';
import { later, openAt, refusal, refusedLoad, tellStory, type Story } from '../compose/story.ts';
import { addEntry, approve, bundleOf, day, entryCustom, makeAppKey } from '../compose/vendor.ts';
import { publish, signRoot, type Publication } from '../compose/vendor.ts';
import { makeSigner } from '../compose/tuf-signer.ts';

/** A site that holds a first publication, a day before the next. */
function heldSite(): { story: Story; first: Publication; held: OpenedBundle } {
  const story = tellStory();
  const first = publish(story.vendor);
  const held = openAt(story, bundleOf(story.vendor, story.customer, first));
  later(story, 1);
  return { story, first, held };
}

/** The next publication, in which no partner's file has changed. */
function unchanged(story: Story, first: Publication, change = new Set<string>([story.customer])): Uint8Array {
  return bundleOf(
    story.vendor,
    story.customer,
    publish(story.vendor, undefined, { publication: first, changed: change }),
  );
}

describe('A partner’s file that has not changed since the last load', () => {
  test('is not read again', () => {
    const { story, first, held } = heldSite();
    const next = openAt(story, unchanged(story, first), { held, floor: held.nextFloor });
    const { role } = story.entry;
    expect(next.partnerRoles.get(role)).toBe(held.partnerRoles.get(role));
    expect(next.judgeAll().entries).toHaveLength(1);
  });

  test('is judged anew: by the roster, the revocations and the customers of today', () => {
    const { story, first, held } = heldSite();
    expect(held.judgeAll().entries).toHaveLength(1);
    const { vendor, entry, key } = story;
    vendor.revocations.push({
      subject: { kind: 'artifact', digest: entry.digest },
      through: timeOf(vendor.now),
    });
    const next = openAt(story, unchanged(story, first), { held, floor: held.nextFloor });
    refusal('revoked', () => next.allowlist.findKey(key.thumbprint, vendor.now));
  });

  test('counts for nothing once other keys sign for the partner', () => {
    const { story, first, held } = heldSite();
    story.vendor.signers.leaf = [makeSigner()];
    refusedLoad('metadata_threshold', story, held, unchanged(story, first));
  });

  test('counts for nothing once its signers are named otherwise than in its signatures', () => {
    const { story, first, held } = heldSite();
    const { signers } = story.vendor;
    signers.leaf = signers.leaf.map((signer) => ({ ...signer, keyId: 'renamed' }));
    refusedLoad('metadata_threshold', story, held, unchanged(story, first));
  });

  test('is refused once it has expired', () => {
    const { story, first, held } = heldSite();
    later(story, 400);
    signRoot(story.vendor);
    refusedLoad('metadata_expired', story, held, unchanged(story, first), { now: story.vendor.now + day });
  });

  test('is read again when the snapshot tells another version of it', () => {
    const { story, first, held } = heldSite();
    const next = openAt(story, unchanged(story, first, new Set([story.customer, story.entry.role])), {
      held,
      floor: held.nextFloor,
    });
    const { role } = story.entry;
    expect(next.partnerRoles.get(role)).not.toBe(held.partnerRoles.get(role));
    expect(next.partnerRoles.get(role)?.floor.version).toBe(2);
  });

  test('is read again when the index says that its bytes are others', () => {
    const { story, first, held } = heldSite();
    const bytes = Buffer.from(unchanged(story, first));
    const { index } = readBundle(bytes);
    const { digest } = index.files.find(({ name }) => name.includes(story.entry.role)) ?? { digest: '' };
    bytes.write('0'.repeat(64), bytes.indexOf(digest));
    refusedLoad('bundle_malformed', story, held, bytes);
  });

  test('is told from another with a byte changed', () => {
    const { story, first, held } = heldSite();
    const bytes = Buffer.from(unchanged(story, first));
    bytes[bytes.length - 1] = (bytes.at(-1) as number) ^ 1;
    refusedLoad('bundle_malformed', story, held, bytes);
  });

  test('keeps no bundle in memory that it came with', () => {
    const { story, held } = heldSite();
    const { packed } = held.partnerRoles.get(story.entry.role) ?? { packed: new Uint8Array() };
    expect(packed.buffer.byteLength).toBe(packed.length);
  });
});

describe('Beside files that have not changed', () => {
  test('an entry that was taken away is gone, and one that was added is there', () => {
    const { story, first, held } = heldSite();
    const { vendor, entry } = story;
    expect(held.allowlist.findKey(story.key.thumbprint, vendor.now).entry.path).toBe(entry.path);
    const changed = new Set([story.customer, entry.role]);
    const added = makeAppKey();
    vendor.targets = vendor.targets.filter((target) => target !== entry);
    const more = addEntry(
      vendor,
      entryCustom(vendor, added, { partner: { id: entry.role, name: 'Partner' } }),
    );
    approve(vendor, [more]);
    const next = openAt(story, unchanged(story, first, changed), { held, floor: held.nextFloor });
    refusal('app_not_approved', () => next.allowlist.findKey(story.key.thumbprint, vendor.now));
    expect(next.allowlist.findKey(added.thumbprint, vendor.now).entry.path).toBe(more.path);
  });

  test('a key that another partner names now is refused for both', () => {
    const { story, first, held } = heldSite();
    const { vendor, key } = story;
    expect(held.allowlist.findKey(key.thumbprint, vendor.now).entries).toHaveLength(1);
    const thief = addEntry(vendor, entryCustom(vendor, key));
    approve(vendor, [thief]);
    const next = openAt(story, unchanged(story, first, new Set([story.customer, thief.role])), {
      held,
      floor: held.nextFloor,
    });
    expect(next.partnerRoles.get(story.entry.role)).toBe(held.partnerRoles.get(story.entry.role));
    refusal('key_in_two_apps', () => next.allowlist.findKey(key.thumbprint, vendor.now));
    expect(next.judgeAll().refused).toHaveLength(2);
  });
});
