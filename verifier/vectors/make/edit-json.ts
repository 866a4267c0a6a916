import type { JsonObject, JsonValue } from '../../src/json.ts';

// Small changes of JSON values, of which nothing is known but what a maker knows.

/** A copy of a value in which what lies at a path of names is replaced; a member is left out where that is undefined. */
export function replacing(
  value: JsonObject,
  names: readonly string[],
  by: JsonObject[string] | undefined,
): JsonObject {
  const [name = '', ...rest] = names;
  if (rest.length > 0) return { ...value, [name]: replacing(value[name] as JsonObject, rest, by) };
  if (by !== undefined) return { ...value, [name]: by };
  return Object.fromEntries(Object.entries(value).filter(([each]) => each !== name));
}

/** A copy without one member. */
export function without<T extends JsonObject>(value: T, name: string): JsonObject {
  return replacing(value, [name], undefined);
}

/** A value that is a text. */
export function textOf(value: JsonValue | undefined): string {
  if (typeof value !== 'string') throw new TypeError('It is no text.');
  return value;
}
