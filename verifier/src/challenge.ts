import { sha256 } from './crypto.ts';

const prefix = new TextEncoder().encode('appwarrant/approval/1\0');

/**
 * The 32 bytes that approvers' passkeys sign (SPEC §4.2): bound to what is meant, so that they are never the challenge of
 * another protocol. `root` is the Merkle root over the canonical statements.
 */
export function approvalChallenge(root: Uint8Array): Uint8Array {
  if (root.length !== 32) throw new RangeError('A Merkle root has 32 bytes.');
  const bytes = new Uint8Array(prefix.length + 32);
  bytes.set(prefix);
  bytes.set(root, prefix.length);
  return sha256(bytes);
}
