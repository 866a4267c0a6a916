import type { ReasonCode } from './reasons.ts';
import { Refused } from './refused.ts';

/** A value that strict JSON (SPEC §1.1) can hold. Numbers are safe integers. */
export type JsonValue = null | boolean | number | string | readonly JsonValue[] | JsonObject;
export type JsonObject = { readonly [name: string]: JsonValue };

/** Whether a value is an object, neither null nor an array. */
export function isObject(value: JsonValue | undefined): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** An object's own member; never what it inherits. */
export function member(object: JsonObject, name: string): JsonValue | undefined {
  return Object.hasOwn(object, name) ? object[name] : undefined;
}

/**
 * How one kind of document is read: every reader refuses with this document's reason code and says where.
 * `at` is a path such as `roster.approvers[2]`, written only when something is refused.
 */
export type Reader = ReturnType<typeof readerFor>;

/** Makes the readers of one kind of document; each throws `Refused` with `code`. */
export function readerFor(code: ReasonCode, document: string) {
  const refuse = (at: string, expected: string): never => {
    throw new Refused(code, `${document}: ${at} must be ${expected}.`);
  };
  return {
    refuse,
    /** An object with exactly these members: all of `required`, any of `optional`, nothing else. */
    members(
      value: JsonValue | undefined,
      at: string,
      required: readonly string[],
      optional: readonly string[] = [],
    ): JsonObject {
      if (!isObject(value)) return refuse(at, 'an object');
      let known = 0;
      for (const name of required) {
        if (!Object.hasOwn(value, name)) return refuse(at, `an object with the member ${name}`);
        known += 1;
      }
      for (const name of optional) if (Object.hasOwn(value, name)) known += 1;
      if (Object.keys(value).length !== known) {
        const extra = Object.keys(value).find((name) => !required.includes(name) && !optional.includes(name));
        return refuse(at, `an object without the member ${JSON.stringify(extra?.slice(0, 60))}`);
      }
      return value;
    },
    object(value: JsonValue | undefined, at: string): JsonObject {
      return isObject(value) ? value : refuse(at, 'an object');
    },
    list(value: JsonValue | undefined, at: string, least: number, most: number): readonly JsonValue[] {
      if (!Array.isArray(value) || value.length < least || value.length > most) {
        return refuse(at, `a list of ${String(least)} to ${String(most)} items`);
      }
      return value as readonly JsonValue[];
    },
    text(value: JsonValue | undefined, at: string, most: number): string {
      if (typeof value !== 'string' || value.length === 0 || value.length > most) {
        return refuse(at, `a text of 1 to ${String(most)} characters`);
      }
      return value;
    },
    matching(value: JsonValue | undefined, at: string, pattern: RegExp, expected: string): string {
      return typeof value === 'string' && pattern.test(value) ? value : refuse(at, expected);
    },
    integer(value: JsonValue | undefined, at: string, least: number, most: number): number {
      if (typeof value !== 'number' || !Number.isSafeInteger(value) || value < least || value > most) {
        return refuse(at, `an integer from ${String(least)} to ${String(most)}`);
      }
      return value;
    },
    oneOf<T extends string>(value: JsonValue | undefined, at: string, choices: readonly T[]): T {
      const found = choices.find((choice) => choice === value);
      return found ?? refuse(at, `one of ${choices.join(', ')}`);
    },
  };
}
