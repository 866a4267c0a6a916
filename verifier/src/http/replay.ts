import { equalInConstantTime, sha256, sha256HexOfText } from '../crypto.ts';
import { toHex } from '../digest.ts';

/**
 * Remembers which nonces were used (SPEC §10.5), in fixed memory: 12 bytes a slot. A nonce is kept as 64 bits of a keyed hash,
 * so nobody can choose nonces that meet in one place. Times are whole seconds.
 */
export type ReplayTable = {
  /**
   * Remembers the nonce of a key through the second `until`, and gives a ticket with which it can be forgotten again.
   * `'used'` when it is remembered already; `'full'` when there is no room: then nothing can be admitted safely.
   */
  readonly remember: (keyid: string, nonce: string, until: number, now: number) => Ticket | 'used' | 'full';
  /** Forgets what the ticket stands for, because the request was refused after all. */
  readonly forget: (ticket: Ticket) => void;
  /** Nonces that ended before this second may have been forgotten by an earlier process; 0 where there was none. */
  readonly forgottenBefore: number;
  /** The table as bytes, for the next start. */
  readonly save: (now: number) => Uint8Array;
};

/** Where a nonce is remembered. */
export type Ticket = { readonly at: number; readonly high: number; readonly low: number };

/** A million nonces within 90 s: 11,000 admitted requests a second. Memory is only touched as it fills: 12 MiB at most. */
const slots = 2 ** 20;
/** A nonce lies in one of two buckets of this many slots, in the emptier: so none is full before nearly all are. */
const bucket = 16;

// Saved: the magic, the key, the second of saving, the records (two halves of the hash, the end), SHA-256 of it all.
const magic = Buffer.from('AppWarrant replay 1\n');
const keyBytes = 32;
const headBytes = magic.length + keyBytes + 4;
const recordBytes = 12;
const digestBytes = 32;

/** Makes an empty table. `key` is 32 random bytes; `capacity`, the number of slots, is a multiple of 16. */
export function createReplayTable(key: Uint8Array, capacity = slots): ReplayTable {
  return tableOf(key, capacity, 0, []).table;
}

/**
 * The table that `save` wrote, for a process that goes on where another ended. Undefined when the bytes are not whole, or do not fit: then
 * nothing is known of the nonces that were used, and the caller starts with the barrier of SPEC §10.8.
 */
export function restoreReplayTable(saved: Uint8Array, capacity = slots): ReplayTable | undefined {
  const end = saved.length - digestBytes;
  if (end < headBytes || (end - headBytes) % recordBytes !== 0) return undefined;
  if (!magic.every((byte, at) => saved[at] === byte)) return undefined;
  if (!equalInConstantTime(sha256(saved.subarray(0, end)), saved.subarray(end))) return undefined;
  const records: Record[] = [];
  for (let at = headBytes; at < end; at += recordBytes) {
    records.push([word(saved, at), word(saved, at + 4), word(saved, at + 8)]);
  }
  const key = saved.slice(magic.length, magic.length + keyBytes);
  const { table, isWhole } = tableOf(key, capacity, word(saved, magic.length + keyBytes), records);
  return isWhole ? table : undefined;
}

type Record = readonly [high: number, low: number, until: number];

function tableOf(
  key: Uint8Array,
  capacity: number,
  savedAt: number,
  records: readonly Record[],
): { readonly table: ReplayTable; readonly isWhole: boolean } {
  // The three numbers of a slot lie side by side, so that a bucket is a few lines of the processor's cache.
  const table = new Uint32Array(capacity * 3);
  const buckets = capacity / bucket;
  const prefix = toHex(key);
  // In another order than they came in, nonces may find no room in a table that is nearly full.
  const isWhole = records.every(([high, low, until]) => place(high, low, until, savedAt) !== 'full');

  const made: ReplayTable = {
    forgottenBefore: savedAt,
    remember(keyid, nonce, until, now) {
      // The prefix has one length and neither text contains a slash, so no two pairs make one text.
      // As digits, because a buffer would cost more than the hash.
      const hash = sha256HexOfText(`${prefix}${keyid}/${nonce}`);
      return place(Number.parseInt(hash.slice(0, 8), 16), Number.parseInt(hash.slice(8, 16), 16), until, now);
    },
    forget({ at, high, low }) {
      if (table[at] === high && table[at + 1] === low) table[at + 2] = 0;
    },
    save(now) {
      const live: number[] = [];
      for (let at = 0; at < table.length; at += 3) if ((table[at + 2] as number) >= now) live.push(at);
      const end = headBytes + live.length * recordBytes;
      const bytes = new Uint8Array(end + digestBytes);
      const view = new DataView(bytes.buffer);
      bytes.set(magic);
      bytes.set(key, magic.length);
      view.setUint32(magic.length + keyBytes, now);
      live.forEach((from, index) => {
        const to = headBytes + index * recordBytes;
        for (let part = 0; part < 3; part += 1) view.setUint32(to + part * 4, table[from + part] as number);
      });
      bytes.set(sha256(bytes.subarray(0, end)), end);
      return bytes;
    },
  };
  return { table: made, isWhole };

  function place(high: number, low: number, until: number, now: number): Ticket | 'used' | 'full' {
    let at = -1;
    let most = 0;
    for (const start of [(low % buckets) * bucket * 3, (high % buckets) * bucket * 3]) {
      let free = -1;
      let room = 0;
      for (let slot = start; slot < start + bucket * 3; slot += 3) {
        if ((table[slot + 2] as number) < now) {
          free = slot;
          room += 1;
        } else if (table[slot + 1] === low && table[slot] === high) {
          return 'used';
        }
      }
      if (room > most) {
        most = room;
        at = free;
      }
    }
    if (at < 0) return 'full';
    table[at] = high;
    table[at + 1] = low;
    table[at + 2] = until;
    return { at, high, low };
  }
}

function word(bytes: Uint8Array, at: number): number {
  return new DataView(bytes.buffer, bytes.byteOffset).getUint32(at);
}
