import { isObject, type JsonObject, type JsonValue } from '../../src/json.ts';
import type { ReasonCode } from '../../src/reasons.ts';

/** A vector before it is written. */
export type Made = {
  /** Path below the folder of vectors. */
  readonly path: string;
  readonly vector: JsonObject;
  /** Of a refused one: the same without its defect, which is accepted. */
  readonly repaired: JsonObject | null;
};

/**
 * The one defect of a refused vector: gives what is right or what is wrong, whichever is being made. A maker calls it exactly once, so
 * that what is wrong differs from something accepted in that one place.
 */
export type Defect = <T>(right: T, wrong: T) => T;

/** What a vector says besides its input. */
type About = {
  readonly area: string;
  readonly name: string;
  /** One sentence. For refused vectors: the defect. */
  readonly about: string;
  /** Sections without the sign: `4.3`. */
  readonly spec: readonly string[];
};

/** An accepted vector, and the facts that it names. */
export function accepted(is: About & { readonly input: JsonObject; readonly facts?: JsonObject }): Made {
  return made(is, 'accepted', is.input, { accepted: is.facts ?? {} }, null);
}

/** A refused vector: `make` is called with the defect and without it. */
export function refused(
  is: About & {
    readonly code: ReasonCode;
    readonly make: (defect: Defect) => JsonObject;
    readonly status?: number;
    readonly members?: JsonObject;
  },
): Made {
  const { code, make, status, members } = is;
  const expect = {
    refused: code,
    ...(status !== undefined && { status }),
    ...(members !== undefined && { members }),
  };
  const repaired = made(is, code, once(is.name, make, false), { accepted: {} }, null);
  return made(is, code, once(is.name, make, true), expect, repaired.vector);
}

function once(name: string, make: (defect: Defect) => JsonObject, isWrong: boolean): JsonObject {
  let calls = 0;
  const input = make((right, wrong) => {
    calls += 1;
    return isWrong ? wrong : right;
  });
  if (calls !== 1) throw new TypeError(`${name} has ${String(calls)} defects.`);
  return input;
}

function made(
  { area, name, about, spec }: About,
  outcome: string,
  input: JsonObject,
  expect: JsonObject,
  repaired: JsonObject | null,
): Made {
  const { kind, ...members } = input;
  if (kind === undefined || !isObject(members)) throw new TypeError(`${name} has no kind.`);
  const vector = {
    format: 'appwarrant/vector/1',
    about,
    spec: spec.map((section) => `§${section}`),
    kind,
    ...members,
    expect,
  };
  return { path: `${area}/${outcome}-${name}.json`, vector, repaired };
}

/** How long a line of a vector's file may be, where it can be broken. */
const widest = 100;

/**
 * A vector as the text of its file: members in the order in which they were put, indented by two spaces; what fits into a line stands
 * in one; a line end.
 */
export function fileOf(vector: JsonObject): string {
  return `${written(vector, '', widest)}\n`;
}

function written(value: JsonValue, indent: string, room: number): string {
  const items = itemsOf(value, (each) => written(each, '', Number.POSITIVE_INFINITY));
  if (items === undefined) return JSON.stringify(value);
  const [open, close] = Array.isArray(value) ? '[]' : '{}';
  const space = open === '{' && items.length > 0 ? ' ' : '';
  const line = `${open}${space}${items.join(', ')}${space}${close}`;
  if (line.length <= room - indent.length) return line;
  const inner = `${indent}  `;
  const broken = itemsOf(value, (each) => written(each, inner, widest)) ?? [];
  return `${open}\n${inner}${broken.join(`,\n${inner}`)}\n${indent}${close}`;
}

/** The items of a list, or the members of an object, each written; undefined for what has none. */
function itemsOf(value: JsonValue, write: (each: JsonValue) => string): readonly string[] | undefined {
  if (Array.isArray(value)) return (value as readonly JsonValue[]).map(write);
  if (!isObject(value)) return undefined;
  return Object.entries(value).map(([name, member]) => `${JSON.stringify(name)}: ${write(member)}`);
}
