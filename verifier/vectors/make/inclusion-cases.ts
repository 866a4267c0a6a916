import { approvalChallenge } from '../../src/challenge.ts';
import type { JsonObject } from '../../src/json.ts';
import { merklePath, merkleRoot } from '../../src/merkle.ts';
import { accepted, refused, type Made } from './vector-case.ts';
import { base64 } from './world.ts';

// Inclusion in a Merkle tree (SPEC §4.2): a tree of the leaves "leaf 0", "leaf 1", …

const area = 'inclusion';
const spec = ['4.2'];
const text = (bytes: Uint8Array): string => Buffer.from(bytes).toString('base64url');
const leavesOf = (size: number): Uint8Array[] =>
  Array.from({ length: size }, (_, i) => Buffer.from(`leaf ${String(i)}`));

function inputOf(size: number, index: number): JsonObject & { readonly path: readonly string[] } {
  const leaves = leavesOf(size);
  return {
    kind: 'inclusion',
    leaf: base64(leaves[index] as Uint8Array),
    size,
    index,
    path: merklePath(leaves, index).map(text),
  };
}

const shapes: readonly (readonly [size: number, indexes: readonly number[]])[] = [
  [1, [0]],
  [2, [0, 1]],
  [3, [0, 1, 2]],
  [4, [0, 3]],
  [5, [0, 2, 3, 4]],
  [7, [6]],
  [1024, [0, 511, 512, 1023]],
  [1023, [1022]],
];

type Input = ReturnType<typeof inputOf>;

const wrong: readonly (readonly [
  name: string,
  about: string,
  of: readonly [size: number, index: number],
  wrong: (right: Input) => JsonObject,
])[] = [
  [
    'one-leaf-with-path',
    'A tree of one leaf has a path.',
    [1, 0],
    (right) => ({ ...right, path: [text(new Uint8Array(32))] }),
  ],
  [
    'two-leaves-without-path',
    'A tree of two leaves has no path.',
    [2, 0],
    (right) => ({ ...right, path: [] }),
  ],
  [
    'path-short',
    'The path of the fifth of five leaves is that of another shape: empty.',
    [5, 4],
    (right) => ({ ...right, path: [] }),
  ],
  [
    'path-long',
    'The path of the fifth of five leaves has three items, as the others have.',
    [5, 4],
    (right) => ({ ...right, path: [...right.path, ...right.path, ...right.path] }),
  ],
  [
    'path-of-nine',
    'The path in a tree of 1024 leaves has nine items.',
    [1024, 0],
    (right) => ({ ...right, path: right.path.slice(1) }),
  ],
  [
    'path-of-eleven',
    'The path in a tree of 1024 leaves has eleven items.',
    [1024, 0],
    (right) => ({ ...right, path: [...right.path, text(new Uint8Array(32))] }),
  ],
  [
    'item-of-31-bytes',
    'An item of the path has 31 bytes.',
    [3, 0],
    ({ path, ...right }) => ({
      ...right,
      path: [text(Buffer.from(path[0] as string, 'base64url').subarray(1)), ...path.slice(1)],
    }),
  ],
  [
    'item-of-33-bytes',
    'An item of the path has 33 bytes.',
    [3, 0],
    ({ path, ...right }) => ({
      ...right,
      path: [
        text(Buffer.concat([Buffer.from(path[0] as string, 'base64url'), Buffer.alloc(1)])),
        ...path.slice(1),
      ],
    }),
  ],
  ['index-of-size', 'The index is the number of leaves.', [4, 3], (right) => ({ ...right, index: 4 })],
  ['index-negative', 'The index is negative.', [4, 0], (right) => ({ ...right, index: -1 })],
  [
    'index-beyond-32-bits',
    'The index is that of a leaf, but for a multiple of 2^32.',
    [4, 0],
    (right) => ({ ...right, index: 4_294_967_296 }),
  ],
  ['size-zero', 'The tree has no leaves.', [1, 0], (right) => ({ ...right, size: 0 })],
  [
    'size-1025',
    'The tree has 1025 leaves.',
    [1024, 1023],
    (right) => ({ ...right, size: 1025, index: 1024, path: right.path.slice(0, 1) }),
  ],
];

export function inclusionCases(): Made[] {
  return [
    ...shapes.flatMap(([size, indexes]) => {
      const root = merkleRoot(leavesOf(size));
      return indexes.map((index) =>
        accepted({
          area,
          name: `${String(index)}-of-${String(size)}`,
          about: `The leaf with the index ${String(index)} of ${String(size)}.`,
          spec,
          input: inputOf(size, index),
          facts: { root: text(root), challenge: text(approvalChallenge(root)) },
        }),
      );
    }),
    ...wrong.map(([name, about, [size, index], change]) =>
      refused({
        area,
        code: 'approval_inclusion',
        name,
        about,
        spec,
        make: (defect) => {
          const right = inputOf(size, index);
          return defect(right as JsonObject, change(right));
        },
      }),
    ),
  ];
}
