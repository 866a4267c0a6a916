// Ids that were taken, in memory that several threads see at once. Nobody locks anything, because whoever holds a lock may be ended.
//
// A slot is one word of 64 bits: until when (24 bits, in steps from the table's beginning), and 40 bits of the id. An id lies in one of two
// buckets, which are 28 bits more of it or so. To take an id a thread writes its word into a free slot, and then looks whether there is another
// with the same id. If so, it has not taken it. Of two threads that write the same id, the later one writes when the earlier word is there
// already, and finds it: so no two take it. Both may find each other, and then nobody has: a proof is used up, and none admitted.

/** What an id is in the table: where it lies, and what is written there. */
type Place = { readonly buckets: readonly [number, number]; readonly tag: number; readonly low: number };

const bucketSlots = 16;
const headWords = 4;
const slotBytes = 8;
/** "AWr1" */
const magic = 0x41577231;
/** Seconds. With 24 bits of them a table lasts for four years, of which half a year lies before its beginning: clocks are put back. */
const step = 8;
const before = 180 * 86_400;
const mostSteps = 2 ** 24 - 1;

/** Makes the memory of an empty table of at least so many slots, as of `now` (whole seconds). */
export function createTable(slots: number, now: number): SharedArrayBuffer {
  const buckets = Math.max(1, Math.ceil(slots / bucketSlots));
  const buffer = new SharedArrayBuffer(headWords * 4 + buckets * bucketSlots * slotBytes);
  const head = new Uint32Array(buffer, 0, headWords);
  head.set([magic, buckets, Math.max(0, now - before)]);
  return buffer;
}

/** Whether this is the memory of a table. */
export function isTable(buffer: unknown): buffer is SharedArrayBuffer {
  if (!(buffer instanceof SharedArrayBuffer) || buffer.byteLength < headWords * 4) return false;
  const [found, buckets = 0] = new Uint32Array(buffer, 0, headWords);
  return found === magic && buffer.byteLength === headWords * 4 + buckets * bucketSlots * slotBytes;
}

/** What came of taking an id: `later` is beyond what a table can hold of time. */
type Taken = 'first' | 'used' | 'full' | 'later';

export type SharedTable = {
  /** Takes an id, given as 12 bytes or more of a hash, for so many seconds from `now` (whole seconds). */
  readonly take: (hash: Uint8Array, seconds: number, now: number) => Taken;
};

/** Opens a table in this thread. */
export function openTable(buffer: SharedArrayBuffer): SharedTable {
  const [, buckets = 0, begun = 0] = new Uint32Array(buffer, 0, headWords);
  const words = new BigInt64Array(buffer, headWords * 4);
  const halves = new Uint32Array(buffer, headWords * 4);

  return {
    take(hash, seconds, now) {
      const place = placeOf(hash, buckets);
      const [from, until] = [Math.floor((now - begun) / step), Math.ceil((now - begun + seconds) / step)];
      if (from < 0 || until > mostSteps) return 'later';
      const high = ((until << 8) | place.tag) >>> 0;
      const word = BigInt.asIntN(64, (BigInt(high) << 32n) | BigInt(place.low));
      for (;;) {
        const free = lookFor(place, from);
        if (typeof free === 'string') return free;
        if (Atomics.compareExchange(words, free.slot, free.word, word) === free.word)
          return isElsewhere(place, from, free.slot) ? 'used' : 'first';
      }
    },
  };

  /** A free slot, in the emptier bucket; or what stands against taking the id. */
  function lookFor(
    place: Place,
    from: number,
  ): { readonly slot: number; readonly word: bigint } | 'used' | 'full' {
    let best = -1;
    let most = 0;
    for (const first of place.buckets) {
      let free = -1;
      let room = 0;
      for (let slot = first; slot < first + bucketSlots; slot += 1) {
        if (!isLive(slot, from)) {
          free = slot;
          room += 1;
        } else if (isOf(place, slot)) return 'used';
      }
      if (room > most) [most, best] = [room, free];
    }
    if (best < 0) return 'full';
    const word = Atomics.load(words, best);
    // Somebody may have taken it in between.
    return Number(BigInt.asUintN(64, word) >> 40n) < from ? { slot: best, word } : lookFor(place, from);
  }

  function isElsewhere(place: Place, from: number, own: number): boolean {
    return place.buckets.some((first) => {
      for (let slot = first; slot < first + bucketSlots; slot += 1)
        if (slot !== own && isLive(slot, from) && isOf(place, slot)) return true;
      return false;
    });
  }

  /** Read half by half, which is quicker: a word that was there before does not change while it is live. */
  function isLive(slot: number, from: number): boolean {
    return Atomics.load(halves, 2 * slot + highHalf) >>> 8 >= from;
  }

  function isOf({ tag, low }: Place, slot: number): boolean {
    const found = Atomics.load(halves, 2 * slot + lowHalf) === low;
    return found && (Atomics.load(halves, 2 * slot + highHalf) & 0xff) === tag;
  }
}

/** In which order this machine keeps the halves of a word. */
const lowHalf = new Uint8Array(new Uint32Array([1]).buffer)[0] === 1 ? 0 : 1;
const highHalf = 1 - lowHalf;

function placeOf(hash: Uint8Array, buckets: number): Place {
  const view = new DataView(hash.buffer, hash.byteOffset, hash.byteLength);
  const one = view.getUint32(0) % buckets;
  // Another one, wherever there is one.
  const apart = buckets === 1 ? 0 : 1 + (((view.getUint32(0) >>> 8) ^ view.getUint8(9)) % (buckets - 1));
  const other = (one + apart) % buckets;
  return {
    buckets: [one * bucketSlots, other * bucketSlots],
    tag: view.getUint8(4),
    low: view.getUint32(5),
  };
}
