import { crc32 } from 'node:zlib';

/**
 * Gzip (RFC 1952) in one block with fixed codes (RFC 1951 §3.2.6). Written out here because what zlib makes of the same bytes differs
 * between its versions and between machines, and vectors have to come out the same.
 */
export function packedGzip(bytes: Uint8Array): Uint8Array {
  const bits = bitWriter();
  bits.put(1, 1);
  bits.put(1, 2);
  const lastAt = new Map<number, number>();
  for (let at = 0; at < bytes.length;) {
    const from = lastAt.get(threeAt(bytes, at));
    const length = from === undefined || at - from > 32_768 ? 0 : commonLength(bytes, from, at);
    if (from !== undefined && length >= 3) putCopy(bits, length, at - from);
    else putSymbol(bits, bytes[at] as number);
    const end = at + Math.max(1, length >= 3 ? length : 1);
    for (; at < end; at += 1) lastAt.set(threeAt(bytes, at), at);
  }
  putSymbol(bits, 256);
  const end = Buffer.alloc(8);
  end.writeUInt32LE(crc32(bytes), 0);
  end.writeUInt32LE(bytes.length, 4);
  return Buffer.concat([Buffer.from([0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 255]), bits.end(), end]);
}

type BitWriter = ReturnType<typeof bitWriter>;

function bitWriter() {
  const out: number[] = [];
  let [held, count] = [0, 0];
  const put = (value: number, width: number): void => {
    for (let i = 0; i < width; i += 1) {
      held |= ((value >>> i) & 1) << count;
      count += 1;
      if (count === 8) {
        out.push(held);
        [held, count] = [0, 0];
      }
    }
  };
  return {
    /** A number, lowest bit first. */
    put,
    /** A code, highest bit first. */
    putCode: (code: number, width: number): void => {
      for (let i = width - 1; i >= 0; i -= 1) put((code >>> i) & 1, 1);
    },
    end: (): Uint8Array => Buffer.from(count > 0 ? [...out, held] : out),
  };
}

/** A literal, the end (256), or a length's symbol. */
function putSymbol(bits: BitWriter, symbol: number): void {
  if (symbol < 144) bits.putCode(0x30 + symbol, 8);
  else if (symbol < 256) bits.putCode(0x190 + symbol - 144, 9);
  else if (symbol < 280) bits.putCode(symbol - 256, 7);
  else bits.putCode(0xc0 + symbol - 280, 8);
}

/** A copy of what stood `distance` bytes before. */
function putCopy(bits: BitWriter, length: number, distance: number): void {
  const [symbol, lengthRest, lengthBits] = stepOf(length === 258 ? 0 : length - 3, 4);
  putSymbol(bits, length === 258 ? 285 : 257 + symbol);
  if (length < 258) bits.put(lengthRest, lengthBits);
  const [code, distanceRest, distanceBits] = stepOf(distance - 1, 2);
  bits.putCode(code, 5);
  bits.put(distanceRest, distanceBits);
}

/** Both tables of RFC 1951 §3.2.5 grow alike: `steps` symbols for each number of further bits. */
function stepOf(value: number, steps: 2 | 4): readonly [symbol: number, rest: number, bits: number] {
  const first = steps === 4 ? 2 : 1;
  const bits = Math.max(0, 31 - Math.clz32(value) - first);
  return [bits * steps + (value >>> bits), value & ((1 << bits) - 1), bits];
}

function threeAt(bytes: Uint8Array, at: number): number {
  return ((bytes[at] ?? 0) << 16) | ((bytes[at + 1] ?? 0) << 8) | (bytes[at + 2] ?? 0);
}

function commonLength(bytes: Uint8Array, from: number, at: number): number {
  let length = 0;
  while (length < 258 && at + length < bytes.length && bytes[from + length] === bytes[at + length])
    length += 1;
  return length;
}
