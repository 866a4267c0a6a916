import { randomBytes, sha256 } from '../../crypto.ts';

/** Notices what comes twice, among millions, in 12 bytes and some room for each. */
export type Doubles = {
  /** Whether this text came before. Remembers it, as long as there is room. */
  readonly isDouble: (text: string) => boolean;
  /** Whether there was no more room. */
  readonly isFull: () => boolean;
};

const words = 3;
/** The first table holds so many. */
const least = 2 ** 16;
/** No more slots than this: 400 MB. */
const mostSlots = 2 ** 25;

/** Makes an empty memory. Texts are known by 96 bits of a digest whose key nobody knows, so that nobody can choose two that meet. */
export function noticeDoubles(most = mostSlots): Doubles {
  const key = Buffer.from(randomBytes(16)).toString('hex');
  let slots = Math.min(least, most);
  let table = new Uint32Array(slots * words);
  let used = 0;
  let full = false;

  /** Where the three words stand, or where there is room for them. */
  const find = (a: number, b: number, c: number): number => {
    let at = (a & (slots - 1)) * words;
    // The first word of what stands is never 0.
    while (table[at] !== 0 && (table[at] !== a || table[at + 1] !== b || table[at + 2] !== c))
      at = (at + words) % table.length;
    return at;
  };
  const write = (at: number, a: number, b: number, c: number): void => {
    table[at] = a;
    table[at + 1] = b;
    table[at + 2] = c;
  };
  const grow = (): void => {
    const old = table;
    slots *= 2;
    table = new Uint32Array(slots * words);
    for (let at = 0; at < old.length; at += words) {
      const [a = 0, b = 0, c = 0] = [old[at], old[at + 1], old[at + 2]];
      if (a !== 0) write(find(a, b, c), a, b, c);
    }
  };

  return {
    isFull: () => full,
    isDouble(text) {
      if (used * 4 >= slots * 3) {
        if (slots * 2 <= most) grow();
        else full = true;
      }
      const digest = sha256(key + text);
      const view = new DataView(digest.buffer, digest.byteOffset);
      const [a, b, c] = [Math.max(view.getUint32(0), 1), view.getUint32(4), view.getUint32(8)];
      const at = find(a, b, c);
      if (table[at] !== 0) return true;
      if (!full) {
        write(at, a, b, c);
        used += 1;
      }
      return false;
    },
  };
}
