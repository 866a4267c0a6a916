import { writeFloor } from '../../src/floor.ts';
import type { OpenedBundle } from '../../src/open-bundle.ts';
import { Refused } from '../../src/refused.ts';
import { parseJsonText } from '../../src/strict-json.ts';
import { timeOf } from '../../src/time.ts';
import { read, readBase64, StepRefused, type Facts, type Kind } from '../kind.ts';
import { readMoment, underGivenClock } from './given-clock.ts';
import { openSite, readSite, siteMembers } from './site.ts';

/** Bundles that are loaded at a site, one after the other (SPEC §6, §7). */
export const load: Kind = {
  required: [...siteMembers, 'steps'],
  facts: ['customer', 'versions', 'signedAt', 'wall', 'floor', 'approved', 'refused'],
  prepare(members) {
    const site = readSite(members);
    const steps = read.list(members.steps, 'steps', 1, 20).map((value) => {
      const step = read.members(value, 'a step', ['at', 'bundle'], ['passed']);
      return { moment: readMoment(step), bundle: readBase64(step.bundle, 'bundle') };
    });
    return () =>
      underGivenClock((clock) => {
        const { load: loadNow } = openSite(site);
        let facts: Facts = {};
        steps.forEach(({ moment, bundle }, index) => {
          clock.moveTo(moment);
          facts = acceptedBefore(index, steps.length, () => factsOf(loadNow(bundle)));
        });
        return facts;
      });
  },
};

/** Runs a step; a refusal is the vector's outcome in the last step alone. */
export function acceptedBefore<T>(index: number, count: number, act: () => T): T {
  try {
    return act();
  } catch (error) {
    if (!(error instanceof Refused) || index === count - 1) throw error;
    throw new StepRefused(`step ${String(index + 1)} of ${String(count)} was refused: ${error.code}`);
  }
}

function factsOf(opened: OpenedBundle): Facts {
  const { entries, refused } = opened.judgeAll();
  return {
    customer: opened.customer.id,
    versions: opened.versions,
    signedAt: timeOf(opened.signedAt),
    wall: timeOf(opened.wall),
    floor: parseJsonText(new TextDecoder().decode(writeFloor(opened.nextFloor))),
    approved: byPath(entries.map(({ path, people }) => ({ path, people: people.toSorted() }))),
    refused: byPath(refused.map(({ path, reason }) => ({ path, code: reason.code }))),
  };
}

function byPath<T extends { readonly path: string }>(list: readonly T[]): readonly T[] {
  return list.toSorted((a, b) => (a.path < b.path ? -1 : 1));
}
