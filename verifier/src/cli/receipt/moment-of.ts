import { timeOf } from '../../time.ts';

/** A time of the client's own, which may lie beyond all calendars. */
export function momentOf(seconds: number): string {
  return seconds <= 253_402_300_799 ? timeOf(seconds) : `second ${String(seconds)}`;
}
