import type { Random } from './context.ts';

const ALPHABET = 'abcdefghijklmnopqrstuvwxyz234567';

/**
 * The letter that begins an id: a app, b build, c customer, f upload, g grant, i invitation, k package, l approval list,
 * p partner, q roster request, r revocation, u person, w flow.
 */
export type IdLetter = 'a' | 'b' | 'c' | 'f' | 'g' | 'i' | 'k' | 'l' | 'p' | 'q' | 'r' | 'u' | 'w';

/** A new id of 130 random bits: the letter, a hyphen and 26 characters of a-z2-7 (SPEC §1.6). */
export function newId(letter: IdLetter, random: Random): string {
  const bytes = random(26);
  let text = '';
  // 256 is a multiple of 32: every character is equally likely.
  for (const byte of bytes) text += ALPHABET[byte % 32] ?? '';
  return `${letter}-${text}`;
}

/** Matches the ids with this letter. */
export function idPattern(letter: IdLetter): RegExp {
  return new RegExp(`^${letter}-[a-z2-7]{26}$`);
}
