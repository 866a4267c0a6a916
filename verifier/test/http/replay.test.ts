import { createHash, randomBytes } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createReplayTable, restoreReplayTable, type ReplayTable } from '../../src/http/replay.ts';

const now = 1_795_338_000;
const make = (capacity = 1024) => createReplayTable(randomBytes(32), capacity);
const isNew = (table: ReplayTable, nonce: string, until = now + 60, at = now, key = 'k') =>
  typeof table.remember(key, nonce, until, at) === 'object';

describe('a replay table', () => {
  it('remembers a nonce of a key through the last second that it was told', () => {
    const table = make();
    expect(isNew(table, 'a')).toBe(true);
    expect(table.remember('k', 'a', now + 60, now)).toBe('used');
    expect(table.remember('k', 'a', now + 60, now + 60)).toBe('used');
    expect(isNew(table, 'a', now + 121, now + 61)).toBe(true);
  });

  it('tells keys apart', () => {
    const table = make();
    expect(isNew(table, 'b', now + 60, now, 'a')).toBe(true);
    expect(isNew(table, 'b', now + 60, now, 'b')).toBe(true);
    expect(isNew(table, 'a/b', now + 60, now, 'x')).toBe(true);
    expect(isNew(table, 'b', now + 60, now, 'x/a')).toBe(false);
  });

  it('forgets what it is told to forget, and nothing that has taken its place', () => {
    const table = make(16);
    const ticket = table.remember('k', 'a', now, now);
    if (typeof ticket === 'string') throw new Error(ticket);
    table.forget(ticket);
    expect(isNew(table, 'b', now)).toBe(true);
    table.forget(ticket);
    expect(table.remember('k', 'b', now, now)).toBe('used');
  });

  it('that was nearly full is restored whole or not at all, since its nonces come back in another order', () => {
    const outcomes = new Set<string>();
    for (let i = 0; i < 300; i += 1) {
      const table = createReplayTable(Buffer.alloc(32, i % 256).fill(i >> 8, 16), 64);
      const nonces = Array.from({ length: 80 }, (_, n) => String(n)).filter((nonce) => isNew(table, nonce));
      const again = restoreReplayTable(table.save(now), 64);
      outcomes.add(again === undefined ? 'lost' : 'restored');
      for (const nonce of nonces)
        if (again !== undefined) expect(again.remember('k', nonce, now + 60, now), nonce).toBe('used');
    }
    expect(outcomes).toEqual(new Set(['lost', 'restored']));
  });

  it('says full rather than forget, and has room again once the time has passed', () => {
    const table = make(16);
    for (let i = 0; i < 16; i += 1) expect(isNew(table, String(i))).toBe(true);
    expect(table.remember('k', 'one more', now + 60, now)).toBe('full');
    expect(table.remember('k', '7', now + 60, now)).toBe('used');
    expect(isNew(table, 'one more', now + 121, now + 61)).toBe(true);
  });

  it('holds four fifths of its slots without refusing anybody', () => {
    const table = make(65_536);
    let refused = 0;
    for (let i = 0; i < 52_428; i += 1) if (!isNew(table, `nonce-${String(i)}`)) refused += 1;
    expect(refused).toBe(0);
  });

  it('behaves like a set with an end for each member, whatever is asked of it', () => {
    const step = fc.record({
      nonce: fc.constantFrom('a', 'b', 'c', 'd'),
      until: fc.integer({ min: 0, max: 90 }),
      wait: fc.integer({ min: 0, max: 40 }),
      forget: fc.boolean(),
      restart: fc.boolean(),
    });
    fc.assert(
      fc.property(fc.array(step, { maxLength: 40 }), (steps) => {
        let table = make();
        const model = new Map<string, number>();
        let time = now;
        for (const { nonce, until, wait, forget, restart } of steps) {
          time += wait;
          if (restart) table = restored(table.save(time));
          const expected = (model.get(nonce) ?? 0) >= time;
          const answer = table.remember('k', nonce, time + until, time);
          expect(answer === 'used').toBe(expected);
          if (typeof answer !== 'object') continue;
          if (forget) table.forget(answer);
          else model.set(nonce, time + until);
        }
      }),
    );
  });
});

describe('a saved replay table', () => {
  it('goes on where it stopped, and says when that was', () => {
    const table = make();
    expect(table.forgottenBefore).toBe(0);
    isNew(table, 'live', now + 60);
    isNew(table, 'gone', now - 1, now - 1);
    const saved = table.save(now);
    const again = restored(saved);
    expect(again.forgottenBefore).toBe(now);
    expect(again.remember('k', 'live', now + 60, now + 1)).toBe('used');
    expect(isNew(again, 'gone')).toBe(true);
    expect(saved.length - make().save(now).length).toBe(12);
  });

  it('that is cut, changed or not one is no table', () => {
    const table = make();
    isNew(table, 'a');
    const saved = table.save(now);
    for (let length = 0; length < saved.length; length += 1) {
      expect(restoreReplayTable(saved.subarray(0, length), 1024)).toBeUndefined();
    }
    for (let at = 0; at < saved.length; at += 1) {
      const changed = Uint8Array.from(saved);
      changed[at] = (changed[at] ?? 0) ^ 1;
      expect(restoreReplayTable(changed, 1024)).toBeUndefined();
    }
    expect(restoreReplayTable(Buffer.concat([saved, Buffer.alloc(12)]), 1024)).toBeUndefined();
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 300 }), (bytes) => {
        expect(restoreReplayTable(bytes, 1024)).toBeUndefined();
      }),
    );
  });
});

describe('a saved replay table that somebody wrote', () => {
  /** With a digest that fits. */
  const sealed = (content: Uint8Array) =>
    Buffer.concat([content, createHash('sha256').update(content).digest()]);
  const contentOf = (table: ReplayTable) => table.save(now).subarray(0, -32);

  it('begins with its name, and is as long as its nonces make it', () => {
    expect(Buffer.from(contentOf(make()).subarray(0, 20)).toString()).toBe('AppWarrant replay 1\n');
    expect(contentOf(make()).length).toBe(20 + 32 + 4);
    expect(restoreReplayTable(sealed(contentOf(make())), 1024)).toBeDefined();
  });

  it('is none under another name', () => {
    for (let at = 0; at < 20; at += 1) {
      const content = Buffer.from(contentOf(make()));
      content[at] = (content[at] ?? 0) ^ 1;
      expect(restoreReplayTable(sealed(content), 1024), String(at)).toBeUndefined();
    }
  });

  it('is none where it is shorter than its head, or ends within a nonce', () => {
    const content = Buffer.from(contentOf(make()));
    for (let length = 0; length < content.length; length += 1)
      expect(restoreReplayTable(sealed(content.subarray(0, length)), 1024), String(length)).toBeUndefined();
    for (let more = 1; more < 12; more += 1)
      expect(restoreReplayTable(sealed(Buffer.concat([content, Buffer.alloc(more)])), 1024)).toBeUndefined();
    expect(restoreReplayTable(sealed(Buffer.concat([content, Buffer.alloc(12)])), 1024)).toBeDefined();
  });
});

function restored(saved: Uint8Array): ReplayTable {
  const table = restoreReplayTable(saved, 1024);
  if (table === undefined) throw new Error('not restored');
  return table;
}
