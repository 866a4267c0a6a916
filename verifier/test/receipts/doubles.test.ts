import { describe, expect, test } from 'vitest';
import { noticeDoubles } from '../../src/cli/receipt/doubles.ts';

describe('What comes twice', () => {
  test('is noticed among hundreds of thousands, and nothing else is', () => {
    const doubles = noticeDoubles();
    const most = 300_000;
    for (let i = 0; i < most; i += 1) if (doubles.isDouble(`text ${String(i)}`)) throw new Error(String(i));
    for (let i = 0; i < most; i += 1) if (!doubles.isDouble(`text ${String(i)}`)) throw new Error(String(i));
    expect(doubles.isDouble('another')).toBe(false);
    expect(doubles.isDouble('another')).toBe(true);
    expect(doubles.isFull()).toBe(false);
  });

  test('is noticed as long as there is room, and it is told when there was none', () => {
    const doubles = noticeDoubles(1024);
    const texts = Array.from({ length: 2000 }, (_, i) => `text ${String(i)}`);
    expect(texts.filter((text) => doubles.isDouble(text))).toEqual([]);
    expect(doubles.isFull()).toBe(true);
    expect(texts.filter((text) => doubles.isDouble(text))).toEqual(texts.slice(0, 768));
  });
});
