/**
 * A copy of a JSON value, with texts of its own. The engine keeps a part of a text as a view into the whole one, which then lives for as long
 * as the part: whoever keeps a name out of a file beyond the file's time would keep the file.
 */
export function detached<T>(value: T): T {
  return JSON.parse(JSON.stringify(value)) as T;
}
