// The whole story: from a partner's build to an offline verdict, and what an owner or a thief can try against it.

import { bundles, revocation } from './act-bundles.ts';
import { callers } from './act-callers.ts';
import { owner } from './act-owner.ts';
import { thief } from './act-thief.ts';
import type { Stage } from './cast.ts';
import type { CustomerSite } from './customer.ts';
import type { VendorPortal } from './portal.ts';
import { prepare } from './prepare.ts';
import type { Verdict } from './verdict.ts';

/** What is still there when the story is over. */
export interface Ended {
  readonly verdicts: readonly Verdict[];
  readonly vendor: VendorPortal;
  readonly site: CustomerSite;
}

/** Tells the story once. Throws where something other than a verdict goes wrong. */
export async function tellStory(stage: Stage): Promise<Ended> {
  const verdicts: Verdict[] = [];
  const cast = await prepare(stage);
  const judge = (attempt: string, expected: string, got: string, because: string): void => {
    verdicts.push({ attempt, expected, got, because });
    stage.say(`    ${got === expected ? ' ' : '!'} ${attempt}: ${got}`);
  };

  stage.say('The app calls, and others try to');
  await callers(cast, judge);
  stage.say("A thief has the portal's database and all of its online keys");
  await thief(cast, judge);
  stage.say('Bundles that are genuine, and not for this moment or place');
  await bundles(cast, judge);
  stage.say('The vendor revokes a build');
  await revocation(cast, judge);
  stage.say('The owner of the machine tries what he can');
  await owner(cast, judge);
  return { verdicts, vendor: cast.vendor, site: cast.site };
}
