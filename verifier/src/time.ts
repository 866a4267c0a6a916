import { Refused } from './refused.ts';

/** A time as signed documents write it: `YYYY-MM-DDTHH:MM:SSZ` (SPEC §1.5). Such texts sort by time. */
export type Time = string;

const pattern = /^(?:19[7-9][0-9]|[2-9][0-9]{3})-[01][0-9]-[0-3][0-9]T[0-2][0-9]:[0-5][0-9]:[0-5][0-9]Z$/;

/** Whether a text is a real UTC time of the years 1970–9999 in the one spelling of SPEC §1.5. */
export function isTime(text: string): boolean {
  if (!pattern.test(text)) return false;
  const month = two(text, 5);
  const day = two(text, 8);
  if (month < 1 || month > 12 || day < 1 || two(text, 11) > 23) return false;
  return day <= 28 || day <= daysIn(Number(text.slice(0, 4)), month);
}

/** Seconds since 1970 of a time; throws `value_malformed` when it is not one. */
export function secondsOf(text: Time): number {
  if (!isTime(text)) throw new Refused('value_malformed', 'A time is written YYYY-MM-DDTHH:MM:SSZ.');
  return Date.parse(text) / 1000;
}

/** Writes whole seconds since 1970 as a time. Throws RangeError outside the years 1970–9999. */
export function timeOf(seconds: number): Time {
  // Every check asks for the second that it is now.
  if (seconds !== last.seconds) last = { seconds, time: write(seconds) };
  return last.time;
}

let last = { seconds: 0, time: '1970-01-01T00:00:00Z' };

function write(seconds: number): Time {
  if (!(seconds >= 0 && seconds < 253402300800))
    throw new RangeError(`${String(seconds)} s is no time of the years 1970–9999.`);
  return `${new Date(Math.floor(seconds) * 1000).toISOString().slice(0, 19)}Z`;
}

function two(text: string, at: number): number {
  return (text.charCodeAt(at) - 48) * 10 + text.charCodeAt(at + 1) - 48;
}

function daysIn(year: number, month: number): number {
  if (month === 2) return year % 4 === 0 && (year % 100 !== 0 || year % 400 === 0) ? 29 : 28;
  return month === 4 || month === 6 || month === 9 || month === 11 ? 30 : 31;
}
