import { sha256 } from './digest.ts';

const LEAF = Uint8Array.of(0);
const NODE = Uint8Array.of(1);
const PURPOSE = new TextEncoder().encode('appwarrant/approval/1\0');

/** The Merkle tree hash of RFC 9162 §2.1.1 over the canonical statements, in their order (verifier/SPEC.md §4.2). */
export async function merkleRoot(leaves: readonly Uint8Array[]): Promise<Uint8Array> {
  if (leaves.length === 0) throw new RangeError('A tree has at least one leaf.');
  return subtree(await Promise.all(leaves.map((leaf) => sha256(LEAF, leaf))));
}

async function subtree(hashes: readonly Uint8Array[]): Promise<Uint8Array> {
  const [only] = hashes;
  if (only !== undefined && hashes.length === 1) return only;
  let left = 1;
  while (left * 2 < hashes.length) left *= 2;
  return sha256(NODE, await subtree(hashes.slice(0, left)), await subtree(hashes.slice(left)));
}

/** What the passkey signs: bound to what is meant, so that it is never the challenge of a sign-in. */
export async function approvalChallenge(leaves: readonly Uint8Array[]): Promise<Uint8Array> {
  return sha256(PURPOSE, await merkleRoot(leaves));
}
