/** A line of a stream, from 1; null where it is longer than may be. */
export type Line = { readonly number: number; readonly bytes: Uint8Array | null };

const [lineFeed, brace] = [0x0a, 0x7b];

/**
 * Splits a stream into lines, as it comes: nothing but one line and one piece is held. Lines of white space alone are passed over. What is one JSON
 * document over several lines is one line, the first, if it is no longer than `most` bytes.
 */
export async function* readLines(pieces: AsyncIterable<Uint8Array>, most: number): AsyncGenerator<Line> {
  let number = 1;
  let held: Uint8Array[] = [];
  let length = 0;
  // Until it is known whether all of it is one document.
  let first: Uint8Array[] | null = [];
  let size = 0;

  for await (const piece of pieces) {
    size += piece.length;
    if (first === null) yield* split(piece);
    else if (size <= most) first.push(piece);
    else {
      for (const each of [...first, piece]) yield* split(each);
      first = null;
    }
  }
  if (first !== null) {
    const whole = Buffer.concat(first);
    if (isOneDocument(whole)) yield { number: 1, bytes: whole };
    else yield* split(whole);
  }
  if (length > 0) yield* line(new Uint8Array());

  function* split(piece: Uint8Array): Generator<Line> {
    let from = 0;
    for (;;) {
      const to = piece.indexOf(lineFeed, from);
      if (to < 0) break;
      yield* line(piece.subarray(from, to));
      from = to + 1;
    }
    keep(piece.subarray(from));
  }

  function keep(part: Uint8Array): void {
    length += part.length;
    // What is too long already is only counted.
    if (length <= most) held.push(part);
    else held = [];
  }

  function* line(end: Uint8Array): Generator<Line> {
    keep(end);
    const bytes = length > most ? null : held.length === 1 ? (held[0] as Uint8Array) : Buffer.concat(held);
    held = [];
    length = 0;
    if (bytes === null || !isBlank(bytes)) yield { number, bytes };
    number += 1;
  }
}

/** Whether a text of several lines is an object that does not end with its first line. */
function isOneDocument(bytes: Uint8Array): boolean {
  const at = bytes.findIndex((byte) => !isSpace(byte));
  if (bytes[at] !== brace) return false;
  const end = bytes.indexOf(lineFeed, at);
  if (end < 0) return true;
  return !isJson(bytes.subarray(at, end)) && isJson(bytes);
}

function isJson(bytes: Uint8Array): boolean {
  try {
    JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes));
    return true;
  } catch {
    return false;
  }
}

function isBlank(bytes: Uint8Array): boolean {
  return bytes.every(isSpace);
}

function isSpace(byte: number): boolean {
  return byte === 0x20 || byte === 0x09 || byte === 0x0d || byte === lineFeed;
}
