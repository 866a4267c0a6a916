import { withoutSpaceAround } from '../http/header-fields.ts';
import type { RequestToCheck } from '../http/request-head.ts';
import { isObject, type JsonObject, type JsonValue } from '../json.ts';
import { Refused } from '../refused.ts';
import { parseJson } from '../strict-json.ts';
import { isTime, secondsOf } from '../time.ts';
import { NotUnderstood } from './arguments.ts';

/** A request as somebody saved it, and when it was received (seconds), where that is told. */
export type SavedRequest = {
  readonly request: RequestToCheck;
  readonly receivedAt: number | null;
  /** What was left out or put in order while reading. */
  readonly notes: readonly string[];
};

/** The longest saved request, in bytes: the longest body that is checked, in base64, and room for the rest. */
export const mostOfSaved = 24 * 1024 * 1024;

/**
 * Reads a saved request: a raw HTTP/1.1 message, or `{"method","target","headers":[[name,value]…],"body"?: base64,"receivedAt"?: time}`.
 * What is wrong with the request itself is left for the check. Throws `NotUnderstood` for what is no saved request at all.
 */
export function readSavedRequest(bytes: Uint8Array): SavedRequest {
  const first = bytes.find((byte) => byte > 0x20);
  return first === 0x7b ? fromJson(bytes) : fromMessage(Buffer.from(bytes));
}

function fromJson(bytes: Uint8Array): SavedRequest {
  const value = parseSaved(bytes);
  const names = ['method', 'target', 'headers', 'body', 'receivedAt'];
  const extra = Object.keys(value).find((name) => !names.includes(name));
  if (extra !== undefined) throw new NotUnderstood(`A saved request has no member "${extra.slice(0, 60)}".`);
  const { method, target, headers, body, receivedAt } = value;
  if (typeof method !== 'string' || typeof target !== 'string')
    throw new NotUnderstood('A saved request has a method and a target, both texts.');
  if (!Array.isArray(headers)) throw new NotUnderstood('The headers of a saved request are a list of pairs.');
  if (receivedAt !== undefined && (typeof receivedAt !== 'string' || !isTime(receivedAt)))
    throw new NotUnderstood('receivedAt is a time such as 2026-11-22T09:00:00Z.');
  return {
    request: {
      method,
      target,
      headers: (headers as readonly JsonValue[]).map(readPair),
      ...(body === undefined ? {} : { body: readBody(body) }),
    },
    receivedAt: receivedAt === undefined ? null : secondsOf(receivedAt),
    notes: [],
  };
}

function parseSaved(bytes: Uint8Array): JsonObject {
  try {
    const value = parseJson(bytes, mostOfSaved);
    if (isObject(value)) return value;
  } catch (error) {
    if (!(error instanceof Refused)) throw error;
    throw new NotUnderstood(`The saved request is no strict JSON: ${error.seen}`);
  }
  throw new NotUnderstood('The saved request is no JSON object.');
}

function readPair(pair: JsonValue): readonly [string, string] {
  const [name, value, ...more] = Array.isArray(pair) ? (pair as readonly JsonValue[]) : [];
  if (typeof name !== 'string' || typeof value !== 'string' || more.length > 0)
    throw new NotUnderstood('A header of a saved request is a pair of texts: name and value.');
  return [name, value];
}

function readBody(body: JsonValue): Uint8Array {
  if (typeof body !== 'string' || !/^[A-Za-z0-9+/]*={0,2}$/.test(body) || body.length % 4 !== 0)
    throw new NotUnderstood('The body of a saved request is base64, with padding.');
  return Buffer.from(body, 'base64');
}

function fromMessage(bytes: Buffer): SavedRequest {
  const text = bytes.toString('latin1');
  const end = /\r?\n\r?\n/.exec(text);
  const head = (end === null ? text : text.slice(0, end.index)).replace(/\r?\n$/, '');
  const [line = '', ...fields] = head.split(/\r?\n/);
  const [, method, target] = /^(\S+) (.*) HTTP\/[0-9.]+$/.exec(line) ?? [];
  if (method === undefined || target === undefined) {
    throw new NotUnderstood(
      'This is no saved request: it begins neither with a line such as "GET /orders HTTP/1.1" nor with {.',
    );
  }
  const headers = fields.map((field, index): [string, string] => {
    const colon = field.indexOf(':');
    if (colon <= 0 || /^[ \t]/.test(field))
      throw new NotUnderstood(`Line ${String(index + 2)} is no header field.`);
    return [field.slice(0, colon), withoutSpaceAround(field.slice(colon + 1))];
  });
  const rest = end === null ? bytes.subarray(bytes.length) : bytes.subarray(end.index + end[0].length);
  const { body, notes } = bodyOf(headers, rest);
  const request = { method, target, headers, ...(body === undefined ? {} : { body }) };
  return { request, receivedAt: null, notes };
}

type Body = { readonly body: Uint8Array | undefined; readonly notes: readonly string[] };

/** The body as HTTP frames it: what an HTTP server would hand on. */
function bodyOf(headers: readonly (readonly [string, string])[], rest: Buffer): Body {
  const valueOf = (name: string) => headers.find(([each]) => each.toLowerCase() === name)?.[1];
  if (valueOf('transfer-encoding')?.toLowerCase() === 'chunked') return { body: unchunk(rest), notes: [] };
  const announced = valueOf('content-length');
  const length = announced !== undefined && /^[0-9]{1,15}$/.test(announced) ? Number(announced) : 0;
  const more = rest.length - length;
  // An editor ends a file with a line end, which nobody sent.
  const notes =
    more > 0 && rest.subarray(length).toString('latin1').trim() !== ''
      ? [`${String(more)} bytes behind the body were left out: no header field announces them.`]
      : [];
  return { body: rest.length === 0 || length === 0 ? undefined : rest.subarray(0, length), notes };
}

function unchunk(rest: Buffer): Uint8Array {
  const chunks: Uint8Array[] = [];
  for (let at = 0; ;) {
    const end = rest.indexOf('\n', at);
    const size =
      end < 0
        ? undefined
        : /^([0-9a-fA-F]{1,7})(?:[ \t;].*)?\r?$/.exec(rest.toString('latin1', at, end))?.[1];
    if (size === undefined) throw new NotUnderstood('The chunked body breaks off: no server hands it on.');
    const length = Number.parseInt(size, 16);
    if (length === 0) return Buffer.concat(chunks);
    const chunk = rest.subarray(end + 1, end + 1 + length);
    const behind = /^\r?\n/.exec(rest.toString('latin1', end + 1 + length, end + 3 + length))?.[0];
    if (chunk.length < length || behind === undefined)
      throw new NotUnderstood('The chunked body breaks off: no server hands it on.');
    chunks.push(chunk);
    at = end + 1 + length + behind.length;
  }
}
