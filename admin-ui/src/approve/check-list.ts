import type { Configuration } from './configuration.ts';
import { readStatement, type Statement } from './statement.ts';
import { WillNotSign } from './will-not-sign.ts';

const MOST = 1024;
const LONG_AGO = 7 * 86_400;

/**
 * The statements of a list, in their order, when all of them may be put before a passkey: of this page's registry, of
 * one kind, none twice, freshly issued by this machine's clock (`now`, Unix seconds). Throws WillNotSign.
 */
export async function checkList(
  values: readonly unknown[],
  configuration: Configuration,
  now: number,
): Promise<readonly Statement[]> {
  if (values.length === 0 || values.length > MOST) {
    throw new WillNotSign(
      'list_length',
      `A list holds 1 to ${MOST} statements; this one holds ${values.length}.`,
    );
  }
  const statements = await Promise.all(
    values.map((value, index) => readStatement(value, `statement ${index + 1}`)),
  );
  const seen = new Set<string>();
  for (const [index, statement] of statements.entries()) {
    const name = `Statement ${index + 1}`;
    checkOne(statement, name, configuration, now);
    if (statement.says.kind !== statements[0]?.says.kind) {
      throw new WillNotSign(
        'mixed_kinds',
        `${name} is a ${statement.says.kind}; a list has one kind of statement.`,
      );
    }
    if (seen.has(statement.text) || seen.has(statement.path)) {
      throw new WillNotSign('repeated', `${name} stands in the list twice.`);
    }
    seen.add(statement.text).add(statement.path);
  }
  if (statements[0]?.says.kind === 'grant' && statements.length > 1) {
    throw new WillNotSign('list_length', 'Grants are approved one by one.');
  }
  return statements;
}

function checkOne(statement: Statement, name: string, configuration: Configuration, now: number): void {
  if (statement.registry !== configuration.registry) {
    throw new WillNotSign('other_registry', `${name} is for another registry than the one this page serves.`);
  }
  if (statement.environment !== configuration.environment) {
    throw new WillNotSign(
      'other_environment',
      `${name} is for ${statement.environment}, but this page serves ${configuration.environment}.`,
    );
  }
  const { issued } = statement.says;
  // A statement from the future would outlive a revocation that is made before then.
  if (issued > now) {
    throw new WillNotSign(
      'issued_ahead',
      `${name} claims to be issued in the future. Is this machine’s clock right?`,
    );
  }
  if (issued < now - LONG_AGO) {
    throw new WillNotSign(
      'issued_long_ago',
      `${name} was issued more than 7 days ago. Have it proposed again.`,
    );
  }
}
