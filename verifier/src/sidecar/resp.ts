// What Redis and Valkey speak (RESP2): commands as arrays of texts, and their replies.

export type Reply = string | number | null | RespError | readonly Reply[];

/** A reply that says no. */
export class RespError extends Error {}

/** The longest reply, in bytes, of how many items, and how deep it nests: more is not what our script answers. */
const mostBytes = 16 * 1024;
const mostItems = 16;
const mostDepth = 8;
/** How much of what it says against a command is kept: it goes into the log. */
const mostOfError = 300;

export function writeCommand(parts: readonly string[]): Buffer {
  let text = `*${String(parts.length)}\r\n`;
  for (const part of parts) text += `$${String(Buffer.byteLength(part))}\r\n${part}\r\n`;
  return Buffer.from(text);
}

/** Reads replies from bytes that come in pieces. `push` gives those that are whole; throws when it is no RESP, or too much. */
export function createRespReader(): { readonly push: (piece: Uint8Array) => Reply[] } {
  let rest: Buffer = Buffer.alloc(0);
  return {
    push(piece) {
      rest = rest.length === 0 ? Buffer.from(piece) : Buffer.concat([rest, piece]);
      const replies: Reply[] = [];
      let at = 0;
      for (;;) {
        const read = readReply(rest, at, 0);
        if (read === undefined) break;
        replies.push(read.reply);
        at = read.end;
      }
      rest = rest.subarray(at);
      if (rest.length > mostBytes) throw new Error('A reply of Redis is longer than 16 KiB.');
      return replies;
    },
  };
}

type Read = { readonly reply: Reply; readonly end: number };

/** The reply that begins at `at`, or undefined where its end has not come. */
function readReply(bytes: Buffer, at: number, depth: number): Read | undefined {
  const lineEnd = bytes.indexOf('\r\n', at);
  if (lineEnd < 0) return undefined;
  const line = bytes.toString('utf8', at + 1, lineEnd);
  const end = lineEnd + 2;
  switch (bytes[at] ?? 0) {
    case plus:
      return { reply: line, end };
    case minus:
      return { reply: new RespError(line.slice(0, mostOfError)), end };
    case colon:
      return { reply: numberIn(line), end };
    case dollar:
      return readText(bytes, numberIn(line), end);
    case star:
      return readList(bytes, numberIn(line), end, depth);
    default:
      throw new Error('Redis gave a reply that is none.');
  }
}

const [plus, minus, colon, dollar, star] = [0x2b, 0x2d, 0x3a, 0x24, 0x2a];

function readText(bytes: Buffer, length: number, at: number): Read | undefined {
  if (length < 0) return { reply: null, end: at };
  if (length > mostBytes) throw new Error('A reply of Redis is longer than 16 KiB.');
  const end = at + length + 2;
  if (bytes.length < end) return undefined;
  return { reply: bytes.toString('utf8', at, at + length), end };
}

function readList(bytes: Buffer, length: number, at: number, depth: number): Read | undefined {
  if (length < 0) return { reply: null, end: at };
  if (length > mostItems || depth >= mostDepth) throw new Error('A reply of Redis is too large.');
  const list: Reply[] = [];
  let end = at;
  for (let i = 0; i < length; i += 1) {
    const read = readReply(bytes, end, depth + 1);
    if (read === undefined) return undefined;
    list.push(read.reply);
    end = read.end;
  }
  return { reply: list, end };
}

function numberIn(line: string): number {
  if (!/^-?\d{1,15}$/.test(line)) throw new Error('Redis gave a reply that is none.');
  return Number(line);
}
