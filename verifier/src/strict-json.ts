import type { JsonObject, JsonValue } from './json.ts';
import { Refused } from './refused.ts';

// Free of node: imports, because the sdk bundles it for browsers.

const maxDepth = 32;

/**
 * Parses one JSON document strictly (SPEC §1.1), so that no two programs can read it differently.
 *
 * `maxBytes` caps the size before anything else happens. Throws `too_large`, or `json_malformed` with the position.
 */
export function parseJson(bytes: Uint8Array, maxBytes: number): JsonValue {
  return parseJsonText(decodeCapped(bytes, maxBytes));
}

/** Bytes to text, when there are at most `maxBytes` of them. Throws `too_large`, `json_malformed` for invalid UTF-8. */
export function decodeCapped(bytes: Uint8Array, maxBytes: number): string {
  if (bytes.length > maxBytes)
    throw new Refused('too_large', `${bytes.length} bytes; at most ${maxBytes} are read.`);
  return decodeUtf8(bytes);
}

/** Bytes to text; throws `json_malformed` for invalid UTF-8. A byte order mark is kept, and refused by the parser. */
export function decodeUtf8(bytes: Uint8Array): string {
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    throw new Refused('json_malformed', 'The text is not valid UTF-8.');
  }
}

/** Parses text whose size the caller has capped; see `parseJson`. */
export function parseJsonText(text: string): JsonValue {
  return readJson(text, undefined).value;
}

/** What a parse found. */
export type ReadJson = {
  readonly value: JsonValue;
  /**
   * Whether the text is the canonical form of its value: no white space, sorted names, no escapes. (A canonical text with a quote or a
   * backslash in a string is not called plain: that it could be is not worth finding out.)
   */
  readonly plain: boolean;
};

/** Members that are only recognised while parsing, because few of them are ever looked at: they are left out of the value. */
export type SetAside<Found> = {
  /** The name of the objects whose members they are. */
  readonly within: string;
  /** Recognises a member that begins here, name and all. It must be in canonical form, and strict JSON whatever follows. */
  readonly scan: (
    text: string,
    at: number,
  ) => { readonly name: string; readonly end: number; readonly found: Found } | undefined;
  /** Receives what was recognised, by the object that lacks it. */
  readonly found: Map<JsonObject, Found[]>;
};

/**
 * Parses text whose size the caller has capped, and tells what there is to know about it. What was set aside of a text that is not
 * plain is worth nothing: such a text has to be parsed again. Throws `json_malformed`.
 */
export function readJson(text: string, setAside: SetAside<unknown> | undefined): ReadJson {
  const parser = new StrictParser(text, setAside);
  const value = parser.value(0);
  parser.end();
  return { value, plain: parser.plain };
}

const plainName = /[ !#-[\]-~]*"/y;
const plainString = /[^"\\\u0000-\u001f\ud800-\udfff]*"/y;
const digitsPattern = /-?(?:0|[1-9][0-9]*)/y;

/** One pass over one text. A class, because the position has the lifetime of the parse. */
class StrictParser {
  plain = true;
  private readonly text: string;
  private readonly setAside: SetAside<unknown> | undefined;
  private at = 0;

  constructor(text: string, setAside: SetAside<unknown> | undefined) {
    this.text = text;
    this.setAside = setAside;
  }

  end(): void {
    this.space();
    if (this.at !== this.text.length) this.refuse('nothing may follow the value');
  }

  value(depth: number): JsonValue {
    this.space();
    switch (this.text.charCodeAt(this.at)) {
      case 0x7b:
        return this.object(depth + 1);
      case 0x5b:
        return this.array(depth + 1);
      case 0x22:
        return this.string();
      case 0x74:
        return this.word('true', true);
      case 0x66:
        return this.word('false', false);
      case 0x6e:
        return this.word('null', null);
      default:
        return this.integer();
    }
  }

  private object(depth: number, setAside?: SetAside<unknown>): JsonObject {
    if (depth > maxDepth) this.refuse('it is nested too deeply');
    const object: Record<string, JsonValue> = {};
    this.at += 1;
    this.space();
    if (this.text.charCodeAt(this.at) === 0x7d) {
      this.at += 1;
      return object;
    }
    const aside: unknown[] = [];
    let previous = '';
    let sorted = true;
    for (let first = true; ; first = false) {
      this.space();
      const recognised = setAside?.scan(this.text, this.at);
      const name = recognised?.name ?? this.name();
      // Behind the name, as after reading it: that is the place that a refusal tells.
      if (recognised !== undefined) this.at += name.length + '""'.length;
      sorted &&= first || name > previous;
      // While names rise, none of them can have stood before. (Where they do not, nothing may be left out: see `readJson`.)
      if (!sorted) {
        this.plain = false;
        if (Object.hasOwn(object, name))
          this.refuse(`the member ${JSON.stringify(name.slice(0, 60))} stands twice`);
      }
      previous = name;
      if (recognised === undefined) {
        object[name] = this.member(name, depth);
      } else {
        aside.push(recognised.found);
        this.at = recognised.end;
      }
      this.space();
      const next = this.text.charCodeAt(this.at);
      this.at += 1;
      if (next === 0x7d) break;
      if (next !== 0x2c) this.refuse('a comma or a closing brace must stand here', 1);
    }
    if (aside.length > 0) setAside?.found.set(object, aside);
    return object;
  }

  /** What follows a member's name. */
  private member(name: string, depth: number): JsonValue {
    this.space();
    if (this.text.charCodeAt(this.at) !== 0x3a) this.refuse('a colon must stand here');
    this.at += 1;
    const within = name === this.setAside?.within && this.text.charCodeAt(this.at) === 0x7b;
    return within ? this.object(depth + 1, this.setAside) : this.value(depth);
  }

  private array(depth: number): JsonValue[] {
    if (depth > maxDepth) this.refuse('it is nested too deeply');
    const list: JsonValue[] = [];
    this.at += 1;
    this.space();
    if (this.text.charCodeAt(this.at) === 0x5d) {
      this.at += 1;
      return list;
    }
    for (;;) {
      list.push(this.value(depth));
      this.space();
      const next = this.text.charCodeAt(this.at);
      this.at += 1;
      if (next === 0x5d) return list;
      if (next !== 0x2c) this.refuse('a comma or a closing bracket must stand here', 1);
    }
  }

  private name(): string {
    if (this.text.charCodeAt(this.at) !== 0x22) this.refuse('a member name must stand here');
    plainName.lastIndex = this.at + 1;
    let name: string;
    if (plainName.test(this.text)) {
      name = this.text.slice(this.at + 1, plainName.lastIndex - 1);
      this.at = plainName.lastIndex;
    } else {
      name = this.string();
      if (!/^[\x20-\x7e]*$/.test(name)) this.refuse('member names are printable ASCII');
    }
    // A literal __proto__ would not become a member of the object, but its prototype.
    if (name === '__proto__') this.refuse('the member name __proto__ is forbidden');
    return name;
  }

  private string(): string {
    plainString.lastIndex = this.at + 1;
    if (!plainString.test(this.text)) {
      this.plain = false;
      return this.anyString();
    }
    const text = this.text.slice(this.at + 1, plainString.lastIndex - 1);
    this.at = plainString.lastIndex;
    return text;
  }

  private anyString(): string {
    this.at += 1;
    let start = this.at;
    let result = '';
    for (;;) {
      const code = this.text.charCodeAt(this.at);
      if (code === 0x22) {
        result += this.text.slice(start, this.at);
        this.at += 1;
        if (hasLoneSurrogate(result)) this.refuse('a lone surrogate is forbidden');
        return result;
      }
      if (code === 0x5c) {
        result += this.text.slice(start, this.at) + this.escape();
        start = this.at;
      } else if (code >= 0x20) {
        this.at += 1;
      } else {
        // NaN (the text ended) or a raw control character.
        this.refuse('a string must end, and must not hold control characters');
      }
    }
  }

  private escape(): string {
    const code = this.text.charCodeAt(this.at + 1);
    if (code === 0x75) {
      const digits = this.text.slice(this.at + 2, this.at + 6);
      if (!/^[0-9a-fA-F]{4}$/.test(digits)) this.refuse('an escape is malformed');
      this.at += 6;
      return String.fromCharCode(Number.parseInt(digits, 16));
    }
    const plain = simpleEscapes.get(code);
    if (plain === undefined) return this.refuse('an escape is malformed');
    this.at += 2;
    return plain;
  }

  private integer(): number {
    digitsPattern.lastIndex = this.at;
    const digits = digitsPattern.exec(this.text)?.[0];
    if (digits === undefined) return this.refuse('a value must stand here');
    const value = Number(digits);
    const next = this.text.charCodeAt(this.at + digits.length);
    const goesOn = next === 0x2e || next === 0x45 || next === 0x65 || (next >= 0x30 && next <= 0x39);
    if (goesOn || digits === '-0' || !Number.isSafeInteger(value))
      this.refuse('numbers are safe integers in plain digits');
    this.at += digits.length;
    return value;
  }

  private word<T extends JsonValue>(word: string, value: T): T {
    if (!this.text.startsWith(word, this.at)) this.refuse('a value must stand here');
    this.at += word.length;
    return value;
  }

  private space(): void {
    for (;;) {
      const code = this.text.charCodeAt(this.at);
      if (code !== 0x20 && code !== 0x0a && code !== 0x0d && code !== 0x09) return;
      this.plain = false;
      this.at += 1;
    }
  }

  private refuse(what: string, back = 0): never {
    throw new Refused('json_malformed', `At character ${String(this.at - back)}: ${what}.`);
  }
}

const simpleEscapes: ReadonlyMap<number, string> = new Map([
  [0x22, '"'],
  [0x5c, '\\'],
  [0x2f, '/'],
  [0x62, '\b'],
  [0x66, '\f'],
  [0x6e, '\n'],
  [0x72, '\r'],
  [0x74, '\t'],
]);

function hasLoneSurrogate(text: string): boolean {
  return /[\ud800-\udbff](?![\udc00-\udfff])|(?<![\ud800-\udbff])[\udc00-\udfff]/.test(text);
}
