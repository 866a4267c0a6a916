import { WillNotSign } from './will-not-sign.ts';

// Reading what came from outside, strictly: a member that this page does not know, it could not show.

/** The members of an object with exactly these names. Throws WillNotSign `malformed`. */
export function readObject(
  value: unknown,
  at: string,
  names: readonly string[],
): ReadonlyMap<string, unknown> {
  if (typeof value !== 'object' || value === null || Array.isArray(value))
    throw unreadable(at, 'is not an object');
  const members = new Map<string, unknown>(Object.entries(value));
  for (const name of names) if (!members.has(name)) throw unreadable(at, `has no "${name}"`);
  for (const name of members.keys()) {
    if (!names.includes(name))
      throw unreadable(at, `has "${name.slice(0, 40)}", which this page does not know`);
  }
  return members;
}

// Controls, and what reorders or hides text: a name must look the way it is signed.
const DECEIVING = /[\p{Cc}\p{Cs}\u061c\u200b-\u200f\u202a-\u202e\u2060\u2066-\u2069\ufeff]/u;

/** A text that looks like what it is. Throws WillNotSign `malformed`. */
export function readText(value: unknown, at: string, pattern?: RegExp): string {
  if (typeof value !== 'string' || value === '' || value.length > 2048) throw unreadable(at, 'is not a text');
  if (DECEIVING.test(value)) throw unreadable(at, 'holds characters that cannot be seen');
  if (pattern !== undefined && !pattern.test(value)) throw unreadable(at, 'is not written as it must be');
  return value;
}

/** A whole number from 0. Throws WillNotSign `malformed`. */
export function readCount(value: unknown, at: string): number {
  if (typeof value !== 'number' || !Number.isSafeInteger(value) || value < 0)
    throw unreadable(at, 'is not a number');
  return value;
}

/** Throws WillNotSign `malformed`. */
export function readList<Item>(
  value: unknown,
  at: string,
  read: (item: unknown, at: string) => Item,
): readonly Item[] {
  if (!Array.isArray(value)) throw unreadable(at, 'is not a list');
  return value.map((item: unknown, index) => read(item, `${at}[${index}]`));
}

/** A time as statements write it, in Unix seconds. Throws WillNotSign `malformed`. */
export function readTime(value: unknown, at: string): number {
  const text = readText(value, at, /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/);
  const seconds = Date.parse(text) / 1000;
  if (!Number.isSafeInteger(seconds)) throw unreadable(at, 'is not a time');
  return seconds;
}

/** One of a few words. Throws WillNotSign `malformed`. */
export function readOneOf<Word extends string>(value: unknown, at: string, words: readonly Word[]): Word {
  const word = words.find((word) => word === value);
  if (word === undefined) throw unreadable(at, `is none of ${words.join(', ')}`);
  return word;
}

function unreadable(at: string, what: string): WillNotSign {
  return new WillNotSign('malformed', `What the portal sent cannot be shown whole: ${at} ${what}.`);
}
