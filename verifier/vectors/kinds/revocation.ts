import { requireNotRevoked } from '../../src/judge-statement.ts';
import { mergeRevocations, parseRevocations } from '../../src/revocation.ts';
import { statementDigest } from '../../src/statement.ts';
import type { Kind } from '../kind.ts';
import { readFound } from './statement.ts';

/** Revocations, and whether one of them voids a statement (SPEC §2.3, §5). */
export const revocation: Kind = {
  required: ['revocations', 'found'],
  facts: [],
  prepare({ revocations, found }) {
    const statement = readFound(found)();
    return () => {
      const index = mergeRevocations(parseRevocations(revocations));
      requireNotRevoked(statement, statementDigest(statement), index);
      return {};
    };
  },
};
