import { canonical } from './canonical.ts';
import { parseEntry, parseGrant, parseLicense, statementKinds } from './custom.ts';
import type { EntryCustom, Environment, GrantCustom, LicenseCustom, StatementKind } from './custom.ts';
import { sha256Hex } from './digest.ts';
import { partnerRolePattern, sha256Pattern } from './ids.ts';
import { isObject, member, readerFor, type JsonObject, type JsonValue } from './json.ts';
import { Refused } from './refused.ts';

// Statements: what approvers approve (SPEC §3). A statement is rebuilt from where a target was found, so an approval that is
// moved elsewhere approves nothing.

type StatementAbout<Custom extends { readonly kind: StatementKind }> = {
  readonly type: 'appwarrant/approval/1';
  readonly kind: Custom['kind'];
  readonly registry: string;
  readonly environment: Environment;
  readonly role: string;
  readonly path: string;
  readonly length: number;
  readonly hashes: { readonly sha256: string };
  readonly custom: Custom;
};

export type EntryStatement = StatementAbout<EntryCustom>;
export type LicenseStatement = StatementAbout<LicenseCustom>;
export type GrantStatement = StatementAbout<GrantCustom>;
export type Statement = EntryStatement | LicenseStatement | GrantStatement;

/** A target as TUF lists it; `custom` may hold `approvals`, which belong to no statement. */
export type Target = { readonly length: number; readonly hashes: JsonObject; readonly custom: JsonObject };

const read = readerFor('statement_malformed', 'Statement');

/**
 * The statement that a target makes where it was found (SPEC §3.1): its `custom` without `approvals`.
 * Throws `statement_malformed` (or `key_malformed`), and `statement_misplaced` when role, path, length or digest do not fit it.
 */
export function statementOf(found: {
  readonly registry: string;
  readonly environment: Environment;
  readonly role: string;
  readonly path: string;
  readonly target: Target;
}): Statement {
  const { registry, environment, role, path, target } = found;
  const hashes = parseHashes(target.hashes);
  const place = { registry, environment, role, path, length: target.length, hashes };
  const kind = isObject(target.custom)
    ? read.oneOf(member(target.custom, 'kind'), 'kind', statementKinds)
    : 'entry';
  let statement: Statement;
  switch (kind) {
    case 'entry':
      statement = { type: 'appwarrant/approval/1', kind, ...place, custom: parseEntry(target.custom) };
      break;
    case 'licence':
      statement = { type: 'appwarrant/approval/1', kind, ...place, custom: parseLicense(target.custom) };
      break;
    case 'grant':
      statement = { type: 'appwarrant/approval/1', kind, ...place, custom: parseGrant(target.custom) };
      break;
  }
  requirePlace(statement);
  return statement;
}

/** The bytes that approvers' passkeys sign over, and that a statement's digest is of. */
export function statementBytes(statement: Statement): Uint8Array {
  return canonical(statement);
}

/** A statement's digest (SPEC §3.1): what a revocation of one statement names. */
export function statementDigest(statement: Statement): string {
  return sha256Hex(statementBytes(statement));
}

/** A target's `hashes`: exactly one SHA-256. Throws `statement_malformed`. */
export function parseHashes(value: JsonValue | undefined): { readonly sha256: string } {
  const hashes = read.members(value, 'hashes', ['sha256']);
  return { sha256: read.matching(hashes.sha256, 'hashes.sha256', sha256Pattern, 'a digest') };
}

/** Role, path, length and digest fit what the statement says (SPEC §3.2, §3.4). Throws `statement_misplaced`. */
export function requirePlace(statement: Statement): void {
  const { kind, role, path, hashes, custom } = statement;
  switch (kind) {
    case 'entry': {
      const owner = partnerRolePattern.exec(role)?.[1];
      if (owner !== custom.partner.id)
        throw new Refused('statement_misplaced', `${role} is not a role of ${custom.partner.id}.`);
      if (path !== `${role}/${custom.app.id}/${hashes.sha256}`) throw misplaced(path);
      return;
    }
    case 'licence':
    case 'grant': {
      if (role !== custom.customer.id)
        throw new Refused('statement_misplaced', `${role} is not the role of ${custom.customer.id}.`);
      const bytes = canonical(custom);
      if (statement.length !== bytes.length || hashes.sha256 !== sha256Hex(bytes)) throw misplaced(path);
      if (path !== `${role}/${kind}/${hashes.sha256}`) throw misplaced(path);
      return;
    }
  }
}

function misplaced(path: string): Refused {
  return new Refused('statement_misplaced', `The path ${path.slice(0, 200)} does not fit what stands there.`);
}
