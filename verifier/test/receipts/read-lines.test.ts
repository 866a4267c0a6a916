import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { readLines } from '../../src/cli/receipt/read-lines.ts';

/** All lines of these bytes, which come in pieces of these lengths: number and text, or null where a line is too long. */
async function linesOf(text: string, lengths: readonly number[], most: number) {
  const bytes = Buffer.from(text, 'latin1');
  const pieces = async function* (): AsyncGenerator<Uint8Array> {
    let at = 0;
    for (let i = 0; at < bytes.length; i += 1) {
      const length = lengths[i % Math.max(1, lengths.length)] ?? bytes.length;
      yield bytes.subarray(at, at + length);
      at += length;
      await Promise.resolve();
    }
  };
  const lines: (readonly [number, string | null])[] = [];
  for await (const { number, bytes: line } of readLines(pieces(), most))
    lines.push([number, line === null ? null : Buffer.from(line).toString('latin1')]);
  return lines;
}

/** What is expected, by splitting the whole text at once. */
function expected(text: string, most: number) {
  const lines = text.split('\n');
  return lines.flatMap((line, i): (readonly [number, string | null])[] => {
    if (line.length > most) return [[i + 1, null]];
    return /^[ \t\r]*$/.test(line) ? [] : [[i + 1, line]];
  });
}

describe('Lines of a stream', () => {
  const text = fc
    .array(
      fc.oneof(
        fc.constantFrom('a', '\n', ' ', '\r\n', '\0', '\n\n'),
        fc.string({ unit: 'binary', maxLength: 12 }),
      ),
    )
    .map((parts) => Buffer.from(parts.join('')).toString('latin1'))
    // What begins as an object may be one document.
    .filter((whole) => !/^[ \t\r\n]*\{/.test(whole));

  test('are those of the whole text, however it comes in pieces', async () => {
    const lengths = fc.array(fc.integer({ min: 1, max: 20 }), { minLength: 1 });
    await fc.assert(
      fc.asyncProperty(text, lengths, fc.integer({ min: 1, max: 30 }), async (whole, pieces, most) => {
        expect(await linesOf(whole, pieces, most)).toEqual(expected(whole, most));
      }),
      { numRuns: 2000 },
    );
  });

  test('are numbered from 1, and those of white space alone are passed over', async () => {
    expect(await linesOf('a\n\n \t\r\nb', [1], 100)).toEqual([
      [1, 'a'],
      [4, 'b'],
    ]);
    expect(await linesOf('', [1], 100)).toEqual([]);
    expect(await linesOf('\n\n', [1], 100)).toEqual([]);
  });

  test('that are too long are told without being held, and the next ones are read', async () => {
    let most = 0;
    const pieces = async function* (): AsyncGenerator<Uint8Array> {
      const piece = Buffer.alloc(1024 * 1024, 'x');
      for (let i = 0; i < 200; i += 1) {
        yield piece;
        most = Math.max(most, process.memoryUsage().arrayBuffers);
        await Promise.resolve();
      }
      yield Buffer.from('\nend');
    };
    const before = process.memoryUsage().arrayBuffers;
    const lines: unknown[] = [];
    for await (const { number, bytes } of readLines(pieces(), 4096))
      lines.push([number, bytes === null ? null : Buffer.from(bytes).toString()]);
    expect(lines).toEqual([
      [1, null],
      [2, 'end'],
    ]);
    expect(most - before).toBeLessThan(64 * 1024 * 1024);
  });

  test('of one object over several lines are one document, and two objects are two lines', async () => {
    const document = JSON.stringify({ a: [1, { b: 2 }] }, null, 2);
    expect(await linesOf(`\n${document}\n`, [3], 1000)).toEqual([[1, `\n${document}\n`]]);
    expect(await linesOf('{"a":1}\n{"b":2}', [3], 1000)).toEqual([
      [1, '{"a":1}'],
      [2, '{"b":2}'],
    ]);
    expect(await linesOf('{"a":1}\n\n', [3], 1000)).toEqual([[1, '{"a":1}']]);
    // A first line that is torn does not take the others with it.
    expect(await linesOf('{"a":\n{"b":2}\n', [3], 1000)).toEqual([
      [1, '{"a":'],
      [2, '{"b":2}'],
    ]);
    // A document longer than a line may be is none.
    const long = JSON.stringify({ a: 'x'.repeat(100) }, null, 2);
    expect((await linesOf(long, [7], 50)).length).toBe(3);
  });
});
