import { canonicalText } from '../src/canonical.ts';
import { isObject, member, type JsonObject, type JsonValue } from '../src/json.ts';
import { reasonCodes, type ReasonCode } from '../src/reasons.ts';
import { Refused } from '../src/refused.ts';
import { parseJson } from '../src/strict-json.ts';
import { read, StepRefused, type Facts, type Kind } from './kind.ts';
import { kinds } from './kinds.ts';

/** What a vector expects: facts of what is accepted, or the reason of a refusal with its status and some of its members. */
type Expectation =
  | { readonly accepted: Facts }
  | { readonly refused: ReasonCode; readonly status?: number; readonly members?: JsonObject };

/** A vector that was read whole. */
export type Vector = {
  readonly kind: string;
  readonly about: string;
  /** Sections of the specification, such as `§4.3`. */
  readonly spec: readonly string[];
  readonly expect: Expectation;
  /** What the verifier makes of it: facts, or a thrown `Refused`. */
  readonly judge: () => Facts;
};

/** Far above any vector here; a file beyond it is none. In bytes. */
const mostOfVector = 16 * 1024 * 1024;

/** Reads a vector's file. Throws `Refused` (or TypeError) with what is wrong with it. */
export function readVector(bytes: Uint8Array): Vector {
  const value = read.object(parseJson(bytes, mostOfVector), 'it');
  read.oneOf(value.format, 'format', ['appwarrant/vector/1']);
  const name = read.text(value.kind, 'kind', 40);
  const kind = kinds.get(name);
  if (kind === undefined) return read.refuse('kind', `one of ${[...kinds.keys()].join(', ')}`);
  const common = ['format', 'about', 'spec', 'kind', 'expect'];
  read.members(value, 'it', [...common, ...kind.required], kind.optional);
  return {
    kind: name,
    about: read.text(value.about, 'about', 500),
    spec: read
      .list(value.spec, 'spec', 1, 10)
      .map((section) => read.matching(section, 'spec', /^§[0-9]+(?:\.[0-9]+)?$/, 'sections such as §4.3')),
    expect: readExpectation(value.expect, kind),
    judge: kind.prepare(value),
  };
}

/** Judges the bytes of a vector's file: null where the verifier agrees, else a sentence with what was expected and what came. */
export function disagreement(bytes: Uint8Array): string | null {
  let vector: Vector;
  try {
    vector = readVector(bytes);
  } catch (error) {
    return `is no vector: ${sentenceOf(error)}`;
  }
  return differenceOf(vector);
}

/** The same of a vector that was read. */
function differenceOf({ expect, judge }: Vector): string | null {
  try {
    return ofAccepted(expect, judge());
  } catch (error) {
    if (error instanceof Refused) return ofRefused(expect, error);
    return error instanceof StepRefused
      ? `expected ${wordsOf(expect)}, but ${error.message}`
      : `expected ${wordsOf(expect)}, but the verifier failed: ${sentenceOf(error)}`;
  }
}

function ofAccepted(expect: Expectation, facts: Facts): string | null {
  if ('refused' in expect) return `expected ${wordsOf(expect)}, came accepted`;
  return differingMember(expect.accepted, facts);
}

function ofRefused(expect: Expectation, refused: Refused): string | null {
  if ('accepted' in expect || expect.refused !== refused.code) {
    return `expected ${wordsOf(expect)}, came refused ${refused.code} (${refused.message})`;
  }
  if (expect.status !== undefined && expect.status !== refused.status) {
    return `expected status ${String(expect.status)}, came ${String(refused.status)}`;
  }
  return differingMember(expect.members ?? {}, refused.members);
}

function differingMember(expected: JsonObject, found: JsonObject): string | null {
  for (const name of Object.keys(expected)) {
    const [there, here] = [expected[name] ?? null, member(found, name)];
    if (here === undefined || canonicalText(there) !== canonicalText(here)) {
      return `expected ${name} ${short(there)}, came ${here === undefined ? 'none' : short(here)}`;
    }
  }
  return null;
}

function readExpectation(value: JsonValue | undefined, kind: Kind): Expectation {
  if (isObject(value) && member(value, 'refused') !== undefined) {
    const expect = read.members(value, 'expect', ['refused'], ['members', 'status']);
    return {
      refused: read.oneOf(expect.refused, 'expect.refused', reasonCodes),
      ...(expect.status !== undefined && { status: read.integer(expect.status, 'expect.status', 400, 599) }),
      ...(expect.members !== undefined && { members: read.object(expect.members, 'expect.members') }),
    };
  }
  const expect = read.members(value, 'expect', ['accepted']);
  return { accepted: read.members(expect.accepted, 'expect.accepted', [], kind.facts) };
}

function wordsOf(expect: Expectation): string {
  return 'refused' in expect ? `refused ${expect.refused}` : 'accepted';
}

function short(value: JsonValue): string {
  const text = JSON.stringify(value);
  return text.length > 300 ? `${text.slice(0, 300)}…` : text;
}

function sentenceOf(error: unknown): string {
  if (error instanceof Refused) return error.seen === '' ? error.code : `${error.code}: ${error.seen}`;
  return error instanceof Error ? error.message : String(error);
}
