import { clockTolerance, type ClaimAnswer } from './replay-store.ts';
import type { SharedTable } from './shared-table.ts';

/** How many requests a second a table has room for, where nobody says how many. */
const usualRate = 5000;
/** For how long an id is kept at most, in seconds, and how full a table gets before an id may find no room. */
const [longest, fullness] = [180, 0.85];

/** The slots for so many requests a second. Throws `TypeError`. */
export function slotsFor(requestsPerSecond: number = usualRate): number {
  if (!Number.isFinite(requestsPerSecond) || requestsPerSecond < 1 || requestsPerSecond > 1_000_000)
    throw new TypeError('requestsPerSecond is 1 to 1,000,000.');
  return Math.ceil((requestsPerSecond * longest) / fullness);
}

/** A claim on a table of this machine, by this machine's clock: as SPEC §10.13 says. Throws where it cannot tell. */
export function claimIn(table: SharedTable, id: string, seconds: number, now: number): ClaimAnswer {
  if (!/^[A-Za-z0-9_-]{43}$/.test(id)) throw new TypeError('An id is a digest in base64url.');
  const here = Math.floor(Date.now() / 1000);
  const apart = Math.abs(here - now);
  if (apart > clockTolerance)
    throw new Error(`The verifier's time is ${String(apart)} s away from this machine's: set the clock.`);
  const taken = table.take(Buffer.from(id, 'base64url'), seconds, here);
  if (taken === 'first' || taken === 'used') return taken;
  throw new Error(
    taken === 'full'
      ? 'The table is full: create it with more requestsPerSecond.'
      : 'The clock was put so far that the table ends: start the server again.',
  );
}
