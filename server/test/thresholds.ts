import { offlineRoles } from '../src/publishing/offline-roles.ts';
import { signOffline } from '../src/roster/sign-offline.ts';
import type { TestPortal } from './test-portal.ts';

/** Has the development's offline keys sign a roster that demands other numbers of people. */
export async function setThresholds(
  { context }: TestPortal,
  thresholds: Partial<Record<'entry' | 'licence' | 'grant', number>>,
): Promise<void> {
  const { roster } = (await offlineRoles(context)).targets;
  const next = { ...roster, thresholds: { ...roster.thresholds, ...thresholds } };
  await signOffline(
    context,
    { kind: 'roster', roster: next },
    { cause: 'roster', actor: null },
    context.now(),
  );
}
