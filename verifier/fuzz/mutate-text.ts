import type { Random } from './random.ts';

// What is done to texts, and to bytes as texts of one character each: flips, insertions, deletions, repetition, splices, numbers at
// their edges, nesting.

/** What texts are made of: the most that one character may be, and words that mean something to the parser. */
export type Alphabet = { readonly most: number; readonly words: readonly string[] };

const special = [
  ...Array.from('\u0000\t\n\r "#%&\'()*+,-./09:;<=>?@AZ[\\]^_`az{|}~\u007f\u0080\u00a0\u00c0\u00ff'),
  '\u0100',
  '\u0130',
  '\u0141',
  '\u0301',
  '\u200b',
  '\u2028',
  '\u202e',
  '\ud800',
  '\udc00',
  '\ufeff',
  '\uffff',
  '\u{1f600}',
];
const narrow = special.filter((text) => text.length === 1 && text <= '\u00ff');
const numbers = [
  '0',
  '-0',
  '1',
  '-1',
  '00',
  '01',
  '1.0',
  '1e3',
  '9007199254740991',
  '9007199254740992',
  '-9007199254740991',
  '999999999999999',
  '1000000000000000',
  '4294967295',
  '4294967296',
  '2147483648',
  '18446744073709551616',
  '1e999',
];
/** So that nothing grows without end: what is longer belongs to the tests of growth. */
const longest = 200_000;

/** One to six changes of a text, of which others may lend parts. */
export function mutateText(
  random: Random,
  text: string,
  others: readonly string[],
  alphabet: Alphabet,
): string {
  let result = text;
  for (let left = 1 + random.below(random.once(3) ? 6 : 2); left > 0; left -= 1)
    result = change(random, result, others, alphabet);
  return result.length > longest ? result.slice(0, longest) : result;
}

function change(random: Random, text: string, others: readonly string[], { most, words }: Alphabet): string {
  const at = random.below(text.length + 1);
  const end = Math.min(text.length, at + 1 + random.below(random.once(4) ? 64 : 4));
  const put = (piece: string, until = at): string => text.slice(0, at) + piece + text.slice(until);
  switch (random.below(14)) {
    case 0:
    case 1: {
      const code = (text.charCodeAt(at) || 0) ^ (1 << random.below(most > 255 ? 16 : 8));
      return put(String.fromCharCode(code & most), at + 1);
    }
    case 2:
      return put(String.fromCharCode(random.below(95) + 32), at + 1);
    case 3:
      return put(random.pick(most > 255 ? special : narrow), random.once(2) ? at : at + 1);
    case 4:
    case 5:
      return words.length === 0 ? put('') : put(random.pick(words), random.once(2) ? at : end);
    case 6:
      return put('', end);
    case 7:
      return put(text.slice(at, end).repeat(1 + random.below(random.once(50) ? 2000 : 4)));
    case 8:
      return text.slice(0, at);
    case 9:
      return text.slice(at);
    case 10: {
      if (others.length === 0) return put('');
      const other = random.pick(others);
      const from = random.below(other.length + 1);
      return random.once(2)
        ? text.slice(0, at) + other.slice(from)
        : put(other.slice(from, from + 1 + random.below(64)), random.once(2) ? at : end);
    }
    case 11:
      return withNumber(random, text, at);
    case 12: {
      const from = random.below(text.length + 1);
      return put(text.slice(from, from + (end - at)), end);
    }
    default: {
      const deep = 1 + random.below(random.once(20) ? 3000 : 40);
      const open = random.pick(['(', '[', '{"a":', '"', '\\', '/', ';a', '<', '%25']);
      return put(open.repeat(deep));
    }
  }
}

/** Puts another number where the next digits stand. */
function withNumber(random: Random, text: string, from: number): string {
  const digits = /[0-9]+/g;
  digits.lastIndex = from;
  const found = digits.exec(text) ?? /[0-9]+/.exec(text);
  if (found === null) return text;
  const near = Number(found[0]) + random.below(5) - 2;
  const number = random.once(2) && Number.isSafeInteger(near) ? String(near) : random.pick(numbers);
  return text.slice(0, found.index) + number + text.slice(found.index + found[0].length);
}
