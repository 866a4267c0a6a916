import { describe, expect, test } from 'vitest';
import { openBundle } from '../src/formats.ts';
import { anchorOf } from './compose/vendor.ts';
import { bundleNow, openAt, tellStory } from './compose/story.ts';

describe('A bundle', () => {
  test('of an approved build and licence makes its key known', () => {
    const story = tellStory();
    const opened = openAt(story, bundleNow(story));
    const { findKey, judgeNow } = opened.allowlist;
    expect(judgeNow(story.vendor.now).kind).toBe('fresh');
    const match = findKey(story.key.thumbprint, story.vendor.now);
    expect(match.entry.path).toBe(story.entry.path);
    expect(match.entry.people).toHaveLength(2);
    expect(opened.judgeAll()).toMatchObject({ entries: [{ path: story.entry.path }], refused: [] });
  });

  test('opens without a deployment, for the portal', () => {
    const { vendor, ...story } = tellStory();
    const bytes = bundleNow({ vendor, ...story });
    const now = vendor.now;
    const options = {
      anchor: anchorOf(vendor),
      deployment: null,
      held: null,
      floor: null,
      now,
      systemClock: now,
    };
    expect(openBundle(bytes, options).judgeAll().entries).toHaveLength(1);
  });
});
