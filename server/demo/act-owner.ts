import { readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { runApp } from './caller.ts';
import { DAY } from './cast.ts';
import type { Cast, Judge } from './cast.ts';
import { atServer, branch, load } from './customer.ts';
import type { CustomerSite } from './customer.ts';

/** The owner of the machine moves its clock and deletes its files. */
export async function owner({ site, app }: Cast, judge: Judge): Promise<void> {
  const before = { ...site, state: join(site.folder, 'state-before') };
  const call = async (there: CustomerSite, hours: number) =>
    atServer(there, () => runApp(app, there.origin, ['list']), hours);
  const ahead = await call(branch(before, 'ahead'), 70 * DAY);
  const back = await call(branch(before, 'back-in-time'), -365 * DAY);
  judge('the clock set back a year', 'clock_behind', back, 'signed time is a floor for the clock');
  judge(
    'an allowlist past its grace',
    'allowlist_expired',
    ahead,
    'fresh and grace are in the signed licence',
  );

  const bare = branch(before, 'no-floor');
  rmSync(join(bare.state, 'floor.json'));
  const stale = await load(bare, readFileSync(join(bare.state, 'bundle')), 40 * DAY);
  const why = 'without a floor only a fresh bundle loads';
  judge('the floor deleted, and a stale bundle', 'floor_missing', stale.code ?? 'loaded', why);
}
