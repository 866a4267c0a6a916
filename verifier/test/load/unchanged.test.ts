import { describe, expect, test } from 'vitest';
import { timeOf, type OpenedBundle } from '../../src/formats.ts';
import { later, openAt, refusal, refusedLoad, tellStory, type Story } from '../compose/story.ts';
import { bundleOf, day, publish, signRoot, type Publication } from '../compose/vendor.ts';
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
});
