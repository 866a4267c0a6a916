import { sha256 } from './crypto.ts';
import { Refused } from './refused.ts';

// The Merkle tree hash of RFC 9162 §2.1, over statements approved in one act (SPEC §4.2).

/** The most statements that one act approves. */
export const maxTreeSize = 1024;

/** The tree hash over leaves (their data, not their hashes). Throws RangeError for none, or more than 1024. */
export function merkleRoot(leaves: readonly Uint8Array[]): Uint8Array {
  requireSize(leaves.length);
  return subtree(leaves.map(leafHash), 0, leaves.length);
}

/** The inclusion path of one leaf, from the leaf upwards (RFC 9162 §2.1.3.1). Throws RangeError for an index outside. */
export function merklePath(leaves: readonly Uint8Array[], index: number): Uint8Array[] {
  requireSize(leaves.length);
  if (!(Number.isInteger(index) && index >= 0 && index < leaves.length))
    throw new RangeError('No such leaf.');
  const hashes = leaves.map(leafHash);
  const path: Uint8Array[] = [];
  let [from, to] = [0, leaves.length];
  while (to - from > 1) {
    const middle = from + largestPowerBelow(to - from);
    if (index < middle) {
      path.push(subtree(hashes, middle, to));
      to = middle;
    } else {
      path.push(subtree(hashes, from, middle));
      from = middle;
    }
  }
  return path.reverse();
}

/**
 * The root that a leaf and its path lead to (RFC 9162 §2.1.3.2). Throws `approval_inclusion` unless 1 ≤ size ≤ 1024,
 * 0 ≤ index < size, and the path has exactly the length that they imply, of items of 32 bytes.
 */
export function rootFromPath(
  leaf: Uint8Array,
  size: number,
  index: number,
  path: readonly Uint8Array[],
): Uint8Array {
  if (
    !Number.isInteger(size) ||
    size < 1 ||
    size > maxTreeSize ||
    !Number.isInteger(index) ||
    index < 0 ||
    index >= size
  ) {
    throw new Refused('approval_inclusion', 'The tree has no such leaf.');
  }
  let node = index;
  let last = size - 1;
  let hash = leafHash(leaf);
  for (const sibling of path) {
    if (last === 0 || sibling.length !== 32)
      throw new Refused('approval_inclusion', 'The path has the wrong length.');
    if (node % 2 === 1 || node === last) {
      hash = nodeHash(sibling, hash);
      while (node % 2 === 0 && node !== 0) [node, last] = [node >>> 1, last >>> 1];
    } else {
      hash = nodeHash(hash, sibling);
    }
    [node, last] = [node >>> 1, last >>> 1];
  }
  if (last !== 0) throw new Refused('approval_inclusion', 'The path has the wrong length.');
  return hash;
}

function subtree(hashes: readonly Uint8Array[], from: number, to: number): Uint8Array {
  if (to - from === 1) return hashes[from] as Uint8Array;
  const middle = from + largestPowerBelow(to - from);
  return nodeHash(subtree(hashes, from, middle), subtree(hashes, middle, to));
}

function largestPowerBelow(size: number): number {
  let power = 1;
  while (power * 2 < size) power *= 2;
  return power;
}

function requireSize(size: number): void {
  if (size < 1 || size > maxTreeSize) throw new RangeError(`A tree has 1 to ${String(maxTreeSize)} leaves.`);
}

function leafHash(data: Uint8Array): Uint8Array {
  return prefixed(0, data);
}

function nodeHash(left: Uint8Array, right: Uint8Array): Uint8Array {
  return prefixed(1, left, right);
}

function prefixed(prefix: number, ...parts: readonly Uint8Array[]): Uint8Array {
  const bytes = new Uint8Array(1 + parts.reduce((sum, part) => sum + part.length, 0));
  bytes[0] = prefix;
  let at = 1;
  for (const part of parts) {
    bytes.set(part, at);
    at += part.length;
  }
  return sha256(bytes);
}
