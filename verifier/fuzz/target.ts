import type { JsonValue } from '../src/json.ts';
import { Refused } from '../src/refused.ts';
import { mutateText } from './mutate-text.ts';
import { mutateValue, treeOf } from './mutate-value.ts';
import type { Random } from './random.ts';

/** What is thrown when a parser accepts what it must not, or gives back something else than it took. */
export class Broken extends Error {}

/** Throws `Broken` unless a rule holds. */
export function demand(holds: boolean, rule: string): asserts holds {
  if (!holds) throw new Broken(rule);
}

/** Runs what says of nonsense, to an operator, in an error of another kind, that it is none: here that counts as a refusal. */
export function refusing<T>(kind: new (message: string) => Error, act: () => T): T {
  try {
    return act();
  } catch (error) {
    if (error instanceof Error && error.constructor === kind)
      throw new Refused('value_malformed', error.message);
    throw error;
  }
}

/** One parser, or a few that belong together, and how they are attacked. */
export type Target = {
  readonly name: string;
  /** The exported functions of `src` that it calls: `file.function`, from `src/` and without `.ts`. */
  readonly parsers: readonly string[];
  /** Whether an input takes milliseconds, because much is signed, verified or written for it. */
  readonly heavy: boolean;
  /** Readies it, once for each process. */
  readonly ready: () => Attack;
};

/** A readied target. Inputs are JSON, so that one can be written down and given again. */
export type Attack = {
  readonly make: (random: Random) => JsonValue;
  /** Returns when the input was accepted, and every rule holds; throws `Refused` when it was refused. Nothing else may be thrown. */
  readonly judge: (input: JsonValue) => void;
  /** What means something to the parser. */
  readonly words: readonly string[];
  /** What is mutated: genuine inputs, and for the vectors those with one defect. */
  readonly genuine: readonly JsonValue[];
  /** The longest that an input may take, in milliseconds: generous, and by its size. */
  readonly budgetOf: (input: JsonValue) => number;
};

type About = {
  readonly name: string;
  readonly parsers: readonly string[];
  readonly words?: readonly string[];
  readonly heavy?: boolean;
};

/** A target that takes texts. `narrow` ones have characters up to U+00FF alone. */
export function textTarget(
  about: About & {
    readonly seeds: () => readonly string[];
    readonly narrow?: boolean;
    readonly judge: (text: string) => void;
  },
): Target {
  const { name, parsers, words = [], heavy = false, seeds, narrow = false, judge } = about;
  return {
    name,
    parsers,
    heavy,
    ready: () => {
      const genuine = seeds();
      const alphabet = { most: narrow ? 0xff : 0xffff, words };
      return {
        genuine,
        words,
        make: (random) => mutateText(random, random.pick(genuine), genuine, alphabet),
        judge: (input) => judge(input as string),
        budgetOf: (input) => budget((input as string).length),
      };
    },
  };
}

/** A target that takes bytes; they are written down as a text of one character for each. */
export function bytesTarget(
  about: About & { readonly seeds: () => readonly Uint8Array[]; readonly judge: (bytes: Uint8Array) => void },
): Target {
  const { seeds, judge } = about;
  return textTarget({
    ...about,
    narrow: true,
    seeds: () => seeds().map(latin1),
    judge: (text) => judge(Buffer.from(text, 'latin1')),
  });
}

/** A target that takes values which strict JSON can hold. */
export function valueTarget(
  about: About & {
    readonly seeds: () => readonly JsonValue[];
    /** How long a disk may take for it, in milliseconds. */
    readonly disk?: number;
    readonly judge: (value: JsonValue) => void;
  },
): Target {
  const { name, parsers, words = [], heavy = false, disk = 0, seeds, judge } = about;
  return {
    name,
    parsers,
    heavy,
    ready: () => {
      const genuine = seeds();
      const trees = genuine.map(treeOf);
      return {
        genuine,
        words,
        make: (random) => mutateValue(random, random.pick(trees), trees, { most: 0xffff, words }),
        judge,
        budgetOf: (input) => budget(JSON.stringify(input).length) + disk,
      };
    },
  };
}

/** Milliseconds for so many characters. What is slower, each of several times, does not take a time that follows from its length. */
function budget(size: number): number {
  return 200 + size / 100;
}

export function latin1(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('latin1');
}
