import { isObject, type JsonObject, type JsonValue } from '../src/json.ts';
import { countAnew, countWork } from './count-work.ts';
import { cpuTimeOf } from './cpu-time.ts';
import { judge } from './run.ts';
import type { Attack, Target } from './target.ts';

// Whether work grows with size and no faster. Genuine inputs are pumped up: something in them is repeated until they have a size, and
// four times that. What is four times as large may cost some six times as much, and not sixteen times.

/** Makes one input of about so many characters. */
type Pump = { readonly name: string; readonly of: (size: number) => JsonValue };

/** Sizes in characters: for counting, and for clocks, which see what the engine does out of sight (patterns, searches, sorting). */
const counted = 4_000;
const timed = 40_000;

/** Pieces that mean something to most formats. */
const pieces = [
  ' ',
  '\t',
  '"',
  '\\',
  '\\u0041',
  '{',
  '[',
  '(',
  ',',
  ';',
  ':',
  '=',
  '.',
  '/',
  '-',
  '0',
  '1',
  'a',
  '\n',
  '\u0000',
  '%2e',
  '[]',
  '{}',
  '""',
  ', ',
  ';a',
  ' "a"',
  '\u00ff',
];

export type Growth = { readonly pumps: number; readonly problems: readonly string[] };

/** Pumps a target up in up to `most` ways, and tells where work grew faster than the input, or where a parser was not called at all. */
export function growthOf(target: Target, most: number): Growth {
  countAnew();
  const attack = target.ready();
  const missed = uncalled(target, attack);
  const pumps = thin(pumpsOf(attack), most);
  const problems = pumps.flatMap((pump) => problemOf(attack, pump) ?? []);
  return { pumps: pumps.length, problems: [...missed, ...problems] };
}

/** Parsers that a target names and none of its genuine inputs reaches. */
function uncalled({ parsers }: Target, attack: Attack): readonly string[] {
  const called = new Set<string>();
  if (parsers.length > 0)
    for (const input of attack.genuine)
      for (const [name, count] of countWork(() => attack.judge(input)).calls) if (count > 0) called.add(name);
  return parsers.filter((name) => !called.has(name)).map((name) => `${name} is not called`);
}

function problemOf(attack: Attack, { name, of }: Pump): string | undefined {
  const found = grownBlocks(attack, of(counted), of(4 * counted));
  if (found !== undefined) return `${name}: ${found}`;
  // Work that is not counted. Rubbish is collected at odd times, but not in the best of three, three times over.
  const [shorter, longer] = [of(timed), of(4 * timed)];
  for (let attempt = 0; attempt < 3; attempt += 1) {
    const slow = bestOf(attack, longer);
    if (slow < 50 || slow < 10 * bestOf(attack, shorter)) return undefined;
    if (slow > 2000) break;
  }
  return `${name}: ${bestOf(attack, shorter).toFixed(1)} ms, then ${bestOf(attack, longer).toFixed(1)} ms`;
}

/** Tells of blocks that ran too often. What grows does so every time; what V8 forgot to count, it counts the next time. */
function grownBlocks(attack: Attack, ...inputs: readonly [JsonValue, JsonValue]): string | undefined {
  let found: string | undefined;
  for (let attempt = 0; attempt < 3; attempt += 1) {
    const [small, large] = inputs.map((input) => countWork(() => attack.judge(input)).blocks);
    if ((large ?? 0) <= 6.5 * (small ?? 0) + 5000) return undefined;
    found = `${small} blocks, then ${large}`;
    countAnew();
  }
  return found;
}

function bestOf(attack: Attack, input: JsonValue): number {
  let best = Number.POSITIVE_INFINITY;
  // What takes seconds does so whatever else the machine does.
  for (let i = 0; i < 3 && best > 20 && !(i > 0 && best > 2000); i += 1) {
    best = Math.min(
      best,
      cpuTimeOf(() => judge(attack, input)),
    );
  }
  return best;
}

function pumpsOf({ genuine, words }: Attack): readonly Pump[] {
  return genuine.flatMap((seed, i) =>
    typeof seed === 'string'
      ? textPumps(`seed ${i}`, seed, [...pieces, ...words])
      : valuePumps(`seed ${i}`, seed, (value) => value),
  );
}

/** Repeats pieces, and parts of the text itself, at its beginning, in it and at its end. */
function textPumps(name: string, text: string, units: readonly string[]): readonly Pump[] {
  const places = [0, Math.floor(text.length / 3), Math.floor((text.length * 2) / 3), text.length];
  const own = places.map((at) => text.slice(at, at + 7)).filter((part) => part !== '');
  return places.flatMap((at) =>
    [...units, ...own].map((unit) => ({
      name: `${name}, ${JSON.stringify(unit)} at ${at}`,
      of: (size) => text.slice(0, at) + unit.repeat(Math.ceil(size / unit.length)) + text.slice(at),
    })),
  );
}

/** Makes each list, object and text of a value longer. `put` gives the whole with another node in its place. */
function valuePumps(name: string, node: JsonValue, put: (node: JsonValue) => JsonValue): readonly Pump[] {
  const here = `${name} ${JSON.stringify(node).slice(0, 30)}`;
  if (typeof node === 'string') {
    return textPumps(here, node, ['a', ' ', ';a', '/', '"', '0']).map(({ name: of, of: make }) => ({
      name: of,
      of: (size) => put(make(size)),
    }));
  }
  if (Array.isArray(node)) {
    const list = node as readonly JsonValue[];
    const items = list.flatMap((item, i) => valuePumps(name, item, (next) => put(list.with(i, next))));
    const unit = list[0] ?? 0;
    const count = (size: number): number => Math.ceil(size / JSON.stringify(unit).length);
    const repeated = (size: number): JsonValue =>
      put([...list, ...Array.from({ length: count(size) }, () => unit)]);
    const numbered = (size: number): JsonValue =>
      put(Array.from({ length: count(size) }, (_, i) => withNumber(unit, i)));
    return [
      { name: `${here}, repeated`, of: repeated },
      { name: `${here}, each another`, of: numbered },
      ...items,
    ];
  }
  if (!isObject(node)) return [];
  const members = Object.entries(node).flatMap(([member, value]) =>
    valuePumps(`${name}.${member.slice(0, 20)}`, value, (next) => put({ ...node, [member]: next })),
  );
  const [first] = Object.entries(node);
  const wide = (size: number): JsonValue => {
    const count = Math.ceil(size / (JSON.stringify(first?.[1] ?? 0).length + 10));
    const more = Array.from({ length: count }, (_, i) => [`${first?.[0] ?? ''}${i}`, first?.[1] ?? 0]);
    return put({ ...node, ...(Object.fromEntries(more) as JsonObject) });
  };
  return [{ name: `${here}, wider`, of: wide }, ...members];
}

/** The same value with a number put into its first text, so that many are all distinct. */
function withNumber(unit: JsonValue, i: number): JsonValue {
  if (typeof unit === 'string') return `${unit.slice(0, -6)}${i.toString(36).padStart(6, '0')}`;
  if (typeof unit === 'number') return i;
  if (Array.isArray(unit))
    return (unit as readonly JsonValue[]).map((item, at) => (at === 0 ? withNumber(item, i) : item));
  if (!isObject(unit)) return unit;
  return Object.fromEntries(
    Object.entries(unit).map(([name, value], at) => [name, at === 0 ? withNumber(value, i) : value]),
  );
}

/** At most so many, evenly from all of them. */
function thin<T>(all: readonly T[], most: number): readonly T[] {
  return all.length <= most
    ? all
    : Array.from({ length: most }, (_, i) => all[Math.floor((i * all.length) / most)] as T);
}
