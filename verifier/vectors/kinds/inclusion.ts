import { fromBase64url, toBase64url } from '../../src/base64url.ts';
import { approvalChallenge } from '../../src/challenge.ts';
import { rootFromPath } from '../../src/merkle.ts';
import { read, readBase64, readText, type Kind } from '../kind.ts';

/** Inclusion of one leaf in a Merkle tree, and the challenge over its root (SPEC §4.2). */
export const inclusion: Kind = {
  required: ['leaf', 'size', 'index', 'path'],
  facts: ['root', 'challenge'],
  prepare(members) {
    const leaf = readBase64(members.leaf, 'leaf');
    const size = read.integer(members.size, 'size', Number.MIN_SAFE_INTEGER, Number.MAX_SAFE_INTEGER);
    const index = read.integer(members.index, 'index', Number.MIN_SAFE_INTEGER, Number.MAX_SAFE_INTEGER);
    const path = read.list(members.path, 'path', 0, 100).map((item) => fromBase64url(readText(item, 'path')));
    return () => {
      const root = rootFromPath(leaf, size, index, path);
      return { root: toBase64url(root), challenge: toBase64url(approvalChallenge(root)) };
    };
  },
};
