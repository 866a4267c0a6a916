import { parseArgs } from 'node:util';
import { timeOf } from '@appwarrant/verifier/formats';
import type { Time } from '@appwarrant/verifier/formats';
import { OFFLINE_LIFETIME } from '../apply-request.ts';
import { KeysError } from '../keys-error.ts';

/** The command line of a verb, read: options by name, in the order they were given. */
export type Options = {
  readonly files: readonly string[];
  /** All values of an option; empty where it was not given. */
  all(name: string): readonly string[];
  /** The one value of an option, or null. Throws KeysError `command_unknown` where it was given twice. */
  one(name: string): string | null;
  /** The one value of an option. Throws KeysError `command_unknown` without it. */
  need(name: string): string;
};

/** Options that every verb understands which signs. */
export const SIGNING = ['key', 'passphrase-file', 'confirm', 'yes-confirmed', 'transcript'] as const;

/** Reads the words after a verb: `files` is how many file names it takes. Throws KeysError `command_unknown`. */
export function readOptions(
  args: readonly string[],
  names: readonly string[],
  files: number,
  usage: string,
): Options {
  const refuse = (why: string): never => {
    throw new KeysError('command_unknown', `${why}\nUsage: npm run ceremony -- ${usage}`);
  };
  const given = parse(args, names, refuse);
  if (given.positionals.length !== files) {
    return refuse(`This takes ${files} file name${files === 1 ? '' : 's'}, not ${given.positionals.length}.`);
  }
  const all = (name: string): readonly string[] => given.values.get(name) ?? [];
  const one = (name: string): string | null => {
    if (all(name).length > 1) return refuse(`--${name} is given twice.`);
    return all(name)[0] ?? null;
  };
  return { files: given.positionals, all, one, need: (name) => one(name) ?? refuse(`--${name} is missing.`) };
}

/** `--years N`, 1 to 10, from now; five years without it. Throws KeysError `expiry_invalid`. */
export function expiryFrom(options: Options, now: number): Time {
  const years = options.one('years');
  if (years === null) return timeOf(now + OFFLINE_LIFETIME);
  if (!/^(?:[1-9]|10)$/.test(years))
    throw new KeysError('expiry_invalid', '--years is a number from 1 to 10.');
  return timeOf(now + Number(years) * 365 * 86_400);
}

/** A threshold given as an option. Throws KeysError `threshold_invalid`. */
export function thresholdFrom(text: string): number {
  if (!/^[1-9][0-9]?$/.test(text)) throw new KeysError('threshold_invalid', `"${text}" is no threshold.`);
  return Number(text);
}

function parse(
  args: readonly string[],
  names: readonly string[],
  refuse: (why: string) => never,
): { positionals: readonly string[]; values: ReadonlyMap<string, readonly string[]> } {
  try {
    const { positionals, values } = parseArgs({
      args: [...args],
      allowPositionals: true,
      options: Object.fromEntries(names.map((name) => [name, { type: 'string' as const, multiple: true }])),
    });
    return {
      positionals,
      values: new Map(Object.entries(values).map(([name, texts]) => [name, texts ?? []])),
    };
  } catch (error) {
    return refuse(error instanceof Error ? error.message : String(error));
  }
}
