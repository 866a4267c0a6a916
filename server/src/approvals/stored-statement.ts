import { parseJsonText, type Statement } from '@appwarrant/verifier/formats';

/**
 * A statement as the portal keeps it: the canonical text that `statementOf` once gave. Nothing is admitted on the word
 * of a stored statement: what is published is opened with the verifier first.
 */
export function storedStatement(row: { readonly statement: string }): Statement {
  return parseJsonText(row.statement) as unknown as Statement;
}
