import { readerFor, type JsonObject, type JsonValue } from '../src/json.ts';

/** What was found of an accepted input; a vector names as many of a kind's facts as it wants compared. */
export type Facts = JsonObject;

/** One kind of vector: what its files hold, and how they are judged by the verifier's own functions. */
export type Kind = {
  readonly required: readonly string[];
  readonly optional?: readonly string[];
  /** The facts that an accepted vector of this kind may name. */
  readonly facts: readonly string[];
  /**
   * Reads the members of a vector and gives its judgement, which throws `Refused` where the verifier refuses. Whatever reading throws
   * says that the vector itself is malformed.
   */
  readonly prepare: (members: JsonObject) => () => Facts;
};

/** Readers for the members of vectors: what they throw tells that the vector is malformed, and is nobody's verdict. */
export const read = readerFor('value_malformed', 'The vector');

/** A text, which may be empty. */
export function readText(value: JsonValue | undefined, at: string): string {
  return typeof value === 'string' ? value : read.refuse(at, 'a text');
}

/** Base64 with padding, as vectors hold bytes. */
export function readBase64(value: JsonValue | undefined, at: string): Uint8Array {
  const text = readText(value, at);
  const bytes = Buffer.from(text, 'base64');
  if (bytes.toString('base64') !== text) read.refuse(at, 'base64 with padding, in its one spelling');
  return bytes;
}

/** Bytes that are given either as `text`, in UTF-8, or as `bytes`, in base64. */
export function readBytes(members: JsonObject, at: string): Uint8Array {
  if ((members.text === undefined) === (members.bytes === undefined))
    read.refuse(at, 'given either as text or as bytes');
  return members.text === undefined
    ? readBase64(members.bytes, `${at}.bytes`)
    : new TextEncoder().encode(readText(members.text, `${at}.text`));
}

/** An earlier step of a vector was refused, where all but the last are accepted. */
export class StepRefused extends Error {}
