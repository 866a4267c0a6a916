import { createHash } from 'node:crypto';
import { gzipSync } from 'node:zlib';
import { describe, expect, test } from 'vitest';
import { BUNDLE_MAGIC, canonical, readBundle, type JsonObject, type JsonValue } from '../../src/formats.ts';
import { inOrder } from '../../src/bundle-files.ts';
import { assemble } from '../compose/pack.ts';
import { refusal } from '../compose/story.ts';
import { makeId } from '../compose/vendor.ts';

// The container alone (SPEC §6, §12): its sizes, from both sides, and what its index may say.

const MiB = 1024 * 1024;
const bytes = Buffer.from('{"any":"metadata"}');
const packed = gzipSync(bytes);
const file = {
  digest: createHash('sha256').update(bytes).digest('hex'),
  length: bytes.length,
  name: 'targets.json',
  packed: packed.length,
};
const index = { customer: makeId('c'), files: [file], registry: 'ab'.repeat(32) };
const bundle = (changes: JsonObject, ...files: readonly Uint8Array[]): Uint8Array =>
  assemble(canonical({ ...index, ...changes }), files.length === 0 ? [packed] : files);
const withFile = (changes: object, gzip: Uint8Array = packed): Uint8Array =>
  bundle({ files: [{ ...file, packed: gzip.length, ...changes }] as JsonValue }, gzip);
const unpack = (changes: object, gzip?: Uint8Array): Uint8Array | undefined =>
  readBundle(withFile(changes, gzip)).files.get('targets.json')?.bytes();

describe('A bundle', () => {
  test('is read as it was packed', () => {
    const { index: read, files } = readBundle(bundle({}));
    expect(read).toEqual(index);
    expect(Buffer.from(files.get('targets.json')?.bytes() ?? [])).toEqual(bytes);
  });

  test('begins as a bundle, and holds its whole index', () => {
    const whole = Buffer.from(bundle({}));
    for (let at = 0; at < BUNDLE_MAGIC.length; at += 1) {
      const other = Buffer.from(whole);
      other[at] = (other[at] as number) ^ 1;
      refusal('bundle_malformed', () => readBundle(other));
    }
    for (const end of [0, 20, 23, 24, 25])
      refusal('bundle_malformed', () => readBundle(new Uint8Array(whole.subarray(0, end))));
    // It is read wherever it lies in memory.
    const shifted = Buffer.concat([Buffer.from('xyz'), whole]).subarray(3);
    expect(readBundle(shifted).index).toEqual(index);
  });

  test('has at most 256 MiB, and an index of at most 4 MiB', () => {
    refusal('too_large', () => readBundle(new Uint8Array(256 * MiB + 1)));
    refusal('bundle_malformed', () => readBundle(new Uint8Array(256 * MiB)));
    const announcing = (length: number): Uint8Array => {
      const start = Buffer.from(`${BUNDLE_MAGIC}0000`);
      start.writeUInt32BE(length, BUNDLE_MAGIC.length);
      return start;
    };
    refusal('too_large', () => readBundle(announcing(4 * MiB + 1)));
    refusal('bundle_malformed', () => readBundle(announcing(4 * MiB)));
  });

  test('has files of at most 64 MiB, and of at most a gigabyte together', () => {
    const files = (...lengths: readonly number[]): Uint8Array =>
      bundle(
        { files: lengths.map((length, i) => ({ ...file, length, name: `${i}.json` })) },
        ...lengths.map(() => packed),
      );
    expect(readBundle(files(64 * MiB)).files.size).toBe(1);
    refusal('too_large', () => readBundle(files(64 * MiB + 1)));
    const most = Array.from({ length: 16 }, () => 64 * MiB);
    expect(readBundle(files(...most)).files.size).toBe(16);
    refusal('too_large', () => readBundle(files(...most, 1)));
  });

  test('whose index says anything else is refused', () => {
    for (const changes of [
      { customer: 'c' },
      { customer: null },
      { registry: 'AB'.repeat(32) },
      { files: [] },
      { files: {} },
      { more: 1 },
    ])
      refusal('bundle_malformed', () => readBundle(bundle(changes)));
    for (const changes of [
      { length: 0 },
      { length: -1 },
      { length: '1' },
      { packed: 0 },
      { packed: '1' },
      { digest: 'x' },
      { digest: `${file.digest}0` },
      { more: 1 },
    ])
      refusal('bundle_malformed', () => readBundle(withFile(changes)));
  });

  test('names files as metadata files are named, each once', () => {
    for (const name of ['a.json', '1.root.json', `${'a'.repeat(100)}.json`, 'p-x.y.json'])
      expect(readBundle(withFile({ name })).files.has(name), name).toBe(true);
    for (const name of [
      '.json',
      'a',
      'a.jsonx',
      'a.json/',
      'A.json',
      '-a.json',
      '../a.json',
      'xA.json',
      'ajson',
      `${'a'.repeat(101)}.json`,
    ])
      refusal('bundle_malformed', () => readBundle(withFile({ name })));
    refusal('bundle_shape', () => readBundle(bundle({ files: [file, file] }, packed, packed)));
  });

  test('ends with its last file, which is whole', () => {
    refusal('bundle_malformed', () => readBundle(bundle({}, packed.subarray(1))));
    refusal('bundle_malformed', () => readBundle(bundle({}, packed, Buffer.from([0]))));
  });
});

describe('A file of a bundle', () => {
  test('unpacks to the length and the digest that the index says', () => {
    expect(Buffer.from(unpack({}) ?? [])).toEqual(bytes);
    for (const changes of [
      { length: bytes.length + 1 },
      { length: bytes.length - 1 },
      { length: 1 },
      { digest: '0'.repeat(64) },
    ])
      refusal('bundle_malformed', () => unpack(changes));
    refusal('bundle_malformed', () => unpack({}, bytes));
    refusal('bundle_malformed', () => unpack({}, packed.subarray(0, packed.length - 1)));
  });

  test('is one stream of gzip, with nothing after it', () => {
    refusal('bundle_malformed', () => unpack({}, Buffer.concat([packed, Buffer.from([0])])));
    refusal('bundle_malformed', () => unpack({}, Buffer.concat([packed, Buffer.from('more')])));
    const halves = [bytes.subarray(0, 5), bytes.subarray(5)].map((half) => gzipSync(half));
    expect(() => unpack({}, Buffer.concat(halves))).not.toThrow(TypeError);
  });

  test('may be of any length, one byte or many', () => {
    for (const length of [1, 63, 64, 65, 5000]) {
      const content = Buffer.alloc(length, 'x');
      const digest = createHash('sha256').update(content).digest('hex');
      expect(unpack({ length, digest }, gzipSync(content)), String(length)).toHaveLength(length);
    }
  });
});

describe('The files of a bundle', () => {
  const files = () =>
    inOrder(
      readBundle(
        bundle(
          { files: ['a', 'b', 'c'].map((name) => ({ ...file, name: `${name}.json` })) },
          packed,
          packed,
          packed,
        ),
      ),
    );

  test('are taken in the order in which they stand, all of them', () => {
    const { take, has, end } = files();
    expect(['a.json', 'd.json'].map(has)).toEqual([true, false]);
    for (const name of ['a', 'b', 'c']) {
      refusal('bundle_shape', end);
      expect(take(`${name}.json`).member.name).toBe(`${name}.json`);
    }
    expect(end).not.toThrow();
    refusal('bundle_shape', () => take('d.json'));
    // Nothing is left that could stand in its place.
    refusal('bundle_shape', () => take('c.json'));
  });

  test('are refused out of their order', () => {
    refusal('bundle_shape', () => files().take('b.json'));
    refusal('bundle_shape', () => files().take('d.json'));
    const { take } = files();
    take('a.json');
    refusal('bundle_shape', () => take('a.json'));
    expect(take('b.json').member.name).toBe('b.json');
  });
});
