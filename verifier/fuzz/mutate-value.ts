import { isObject, type JsonObject, type JsonValue } from '../src/json.ts';
import { mutateText, type Alphabet } from './mutate-text.ts';
import type { Random } from './random.ts';

// What is done to values that strict JSON can hold, so that what reads them gets past the parser: members go, come, move and change.

/** A seed, and the way to each of its nodes. */
export type Tree = { readonly value: JsonValue; readonly ways: readonly Way[] };
type Way = readonly (string | number)[];

/** Finds every node of a value. */
export function treeOf(value: JsonValue): Tree {
  const ways: Way[] = [];
  const walk = (node: JsonValue, way: Way): void => {
    ways.push(way);
    if (Array.isArray(node)) (node as readonly JsonValue[]).forEach((item, i) => walk(item, [...way, i]));
    else if (isObject(node))
      for (const name of Object.keys(node)) walk(node[name] as JsonValue, [...way, name]);
  };
  walk(value, []);
  return { value, ways };
}

const deep: JsonValue = Array.from({ length: 40 }).reduce<JsonValue>((inner) => [inner], 0);
const odd: readonly JsonValue[] = [
  null,
  true,
  false,
  0,
  1,
  -1,
  2 ** 31,
  2 ** 32,
  Number.MAX_SAFE_INTEGER,
  -Number.MAX_SAFE_INTEGER,
  '',
  ' ',
  '0',
  'constructor',
  'x'.repeat(5000),
  '\n',
  '\u0000',
  'é',
  '9999-12-31T23:59:59Z',
  '1970-01-01T00:00:00Z',
  [],
  {},
  [[]],
  [null],
  { '': null },
  { toString: 1, constructor: {}, hasOwnProperty: 1 },
  deep,
];
const foreign = ['', 'a', 'constructor', 'toString', 'approvals', 'kind', 'x', 'Kind', 'length', 'valueOf'];

/** One to five changes of a seed, to which the others lend parts. */
export function mutateValue(
  random: Random,
  tree: Tree,
  others: readonly Tree[],
  alphabet: Alphabet,
): JsonValue {
  let { value } = tree;
  for (let left = 1 + random.below(random.once(3) ? 5 : 1); left > 0; left -= 1) {
    value = changeAt(random.pick(tree.ways), 0, value, (node) => change(random, node, others, alphabet));
  }
  return value;
}

/** Changes the node at the end of a way; where an earlier change has cut it off, the last that is left. */
function changeAt(way: Way, from: number, value: JsonValue, by: (node: JsonValue) => JsonValue): JsonValue {
  const step = way[from];
  if (step === undefined) return by(value);
  if (Array.isArray(value) && typeof step === 'number' && step < value.length) {
    const items = value as readonly JsonValue[];
    return items.with(step, changeAt(way, from + 1, items[step] as JsonValue, by));
  }
  if (isObject(value) && typeof step === 'string' && Object.hasOwn(value, step)) {
    return { ...value, [step]: changeAt(way, from + 1, value[step] as JsonValue, by) };
  }
  return by(value);
}

function change(random: Random, node: JsonValue, others: readonly Tree[], alphabet: Alphabet): JsonValue {
  switch (random.below(10)) {
    case 0:
      return random.pick(odd);
    case 1:
      return borrow(random, others);
    case 2:
      return random.once(2) ? [node] : { [random.pick(foreign)]: node };
    default:
      if (typeof node === 'string') return texts(mutateText(random, node, [], alphabet));
      if (typeof node === 'number') return changeNumber(random, node);
      if (typeof node === 'boolean') return !node;
      if (Array.isArray(node)) return changeList(random, node as readonly JsonValue[], others);
      return node === null ? random.pick(odd) : changeObject(random, node as JsonObject, others);
  }
}

function borrow(random: Random, others: readonly Tree[]): JsonValue {
  const { value, ways } = random.pick(others);
  let node = value;
  for (const step of random.pick(ways)) node = (node as JsonObject)[step as string] as JsonValue;
  return node;
}

function changeNumber(random: Random, number: number): number {
  const changed = random.pick([number + 1, number - 1, -number, number * 2, 0, 1, 37, 1024, 1025, 2 ** 32]);
  // Strict JSON has no −0, and nothing beyond safe integers.
  return Number.isSafeInteger(changed) && changed !== 0 ? changed : 0;
}

function changeList(random: Random, list: readonly JsonValue[], others: readonly Tree[]): JsonValue {
  const at = random.below(list.length + 1);
  switch (random.below(7)) {
    case 0:
      return list.toSpliced(at, 1);
    case 1:
      return list.toSpliced(at, 0, borrow(random, others));
    case 2:
      return list.toSpliced(at, 0, list[at] ?? null);
    case 3:
      return list.toReversed();
    case 4:
      return Array.from({ length: 2 + random.below(random.once(30) ? 1200 : 64) }, () => list[at] ?? 0);
    case 5:
      return list.slice(0, at);
    default:
      return at + 1 < list.length
        ? list.with(at, list[at + 1] as JsonValue).with(at + 1, list[at] as JsonValue)
        : [...list, random.pick(odd)];
  }
}

function changeObject(random: Random, object: JsonObject, others: readonly Tree[]): JsonValue {
  const names = Object.keys(object);
  const name = names.length === 0 ? '' : random.pick(names);
  const { [name]: member = null, ...rest } = object;
  switch (random.below(6)) {
    case 0:
      return rest;
    case 1:
      return { ...object, [random.pick(foreign)]: random.pick(odd) };
    case 2:
      return { ...object, [random.pick(foreign)]: borrow(random, others) };
    case 3:
      return { ...rest, [random.pick([name.toUpperCase(), `${name} `, `${name}s`, name.slice(1)])]: member };
    case 4:
      return { ...object, [name]: object[random.pick(names.length === 0 ? [''] : names)] ?? null };
    default: {
      const other = borrow(random, others);
      return isObject(other) ? { ...object, ...other } : { ...rest, [name]: other };
    }
  }
}

/** Strict JSON holds no lone surrogates. */
function texts(text: string): string {
  return Buffer.from(text).toString();
}
