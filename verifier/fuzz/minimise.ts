import { isObject, type JsonValue } from '../src/json.ts';

/** The smallest input that still fails, found by leaving out what can be left out. `fails` is asked at most `most` times. */
export function minimise(input: JsonValue, fails: (input: JsonValue) => boolean, most = 5000): JsonValue {
  let [smallest, left] = [input, most];
  for (let shrunk = true; shrunk && left > 0;) {
    shrunk = false;
    for (const smaller of smallerThan(smallest)) {
      left -= 1;
      if (left <= 0) break;
      if (!fails(smaller)) continue;
      smallest = smaller;
      shrunk = true;
      break;
    }
  }
  return smallest;
}

/** Values with something left out, the largest parts first. */
function* smallerThan(value: JsonValue): Generator<JsonValue> {
  if (typeof value === 'string') {
    for (let size = Math.ceil(value.length / 2); size >= 1; size = size === 1 ? 0 : Math.ceil(size / 2))
      for (let at = 0; at < value.length; at += size) yield value.slice(0, at) + value.slice(at + size);
  } else if (Array.isArray(value)) {
    const list = value as readonly JsonValue[];
    for (let size = Math.ceil(list.length / 2); size >= 1; size = size === 1 ? 0 : Math.ceil(size / 2))
      for (let at = 0; at < list.length; at += size) yield list.toSpliced(at, size);
    for (let at = 0; at < list.length; at += 1)
      for (const item of smallerThan(list[at] as JsonValue)) yield list.with(at, item);
  } else if (isObject(value)) {
    for (const name of Object.keys(value)) {
      const { [name]: member = null, ...rest } = value;
      yield rest;
      for (const smaller of smallerThan(member)) yield { ...value, [name]: smaller };
    }
  } else if (typeof value === 'number' && value !== 0) {
    yield 0;
  }
}
