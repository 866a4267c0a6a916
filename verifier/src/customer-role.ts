import type { Grant } from './allowlist.ts';
import { approvalsOf } from './approval.ts';
import { attempt } from './attempt.ts';
import { judgeStatement, type Court } from './judge-statement.ts';
import { isObject, member, readerFor, type JsonObject, type JsonValue } from './json.ts';
import type { RefusedTarget } from './partner-entries.ts';
import { Refused } from './refused.ts';
import type { LicenseCustom } from './custom.ts';
import { parseHashes, statementOf, type Statement } from './statement.ts';
import { secondsOf } from './time.ts';

// A customer's role (SPEC §2): exactly one licence, and grants.

/** An approved licence. */
export type License = {
  readonly path: string;
  readonly custom: LicenseCustom;
  readonly statement: string;
  readonly people: readonly string[];
};

/** Grants that were approved for this deployment; their dates are judged at every check. Times in seconds. */
export type DatedGrant = { readonly grant: Grant; readonly from: number; readonly until: number };

const read = readerFor('statement_malformed', 'Target');

/** SPEC §2, §12: the most grants that one customer may have at a time. */
const mostGrants = 1000;

/**
 * The customer's one licence, approved. Throws `license_missing`, `license_not_approved` (whose member `because` is the code that
 * says why), `bundle_shape` for a second one, or for a path that is neither licence nor grant.
 */
export function licenseOf(role: string, targets: JsonObject, court: Court): License {
  const paths = Object.keys(targets);
  const licenses = paths.filter((path) => path.startsWith(`${role}/licence/`));
  const grants = paths.filter((path) => path.startsWith(`${role}/grant/`));
  if (licenses.length + grants.length < paths.length || licenses.length > 1 || grants.length > mostGrants) {
    throw new Refused('bundle_shape', `${role} holds something other than one licence, and grants.`);
  }
  const path = licenses[0];
  if (path === undefined) throw new Refused('license_missing');
  try {
    const { statement, digest, people } = judgeTarget(role, path, targets[path], court);
    if (statement.kind !== 'licence') throw new Refused('statement_misplaced', `${path} is no licence.`);
    return { path, custom: statement.custom, statement: digest, people };
  } catch (error) {
    if (!(error instanceof Refused)) throw error;
    throw new Refused('license_not_approved', error.message, { because: error.code });
  }
}

/** The customer's approved grants for a deployment (null: for any). Those that are not approved are refused alone. */
export function grantsOf(
  role: string,
  targets: JsonObject,
  court: Court,
  deployment: string | null,
): { readonly grants: readonly DatedGrant[]; readonly refused: readonly RefusedTarget[] } {
  const grants: DatedGrant[] = [];
  const refused: RefusedTarget[] = [];
  for (const path of Object.keys(targets).filter((name) => name.startsWith(`${role}/grant/`))) {
    const outcome = attempt((): DatedGrant => {
      const { statement, digest, people } = judgeTarget(role, path, targets[path], court);
      if (statement.kind !== 'grant') throw new Refused('statement_misplaced', `${path} is no grant.`);
      const { custom } = statement;
      if (deployment !== null && !custom.deployments.includes(deployment)) {
        throw new Refused('not_licensed_here', 'It is granted to other deployments.');
      }
      const grant = { path, custom, statement: digest, people };
      return { grant, from: secondsOf(custom.validFrom), until: secondsOf(custom.expires) };
    });
    if (outcome instanceof Refused) refused.push({ path, reason: outcome });
    else grants.push(outcome);
  }
  return { grants, refused };
}

type JudgedTarget = {
  readonly statement: Statement;
  readonly digest: string;
  readonly people: readonly string[];
};

function judgeTarget(role: string, path: string, value: JsonValue | undefined, court: Court): JudgedTarget {
  const target = read.members(value, path, ['custom', 'hashes', 'length']);
  const { registry, environment } = court;
  const found = {
    length: read.integer(target.length, 'length', 1, Number.MAX_SAFE_INTEGER),
    hashes: parseHashes(target.hashes),
    custom: isObject(target.custom) ? target.custom : read.refuse('custom', 'an object'),
  };
  const statement = statementOf({ registry, environment, role, path, target: found });
  const approvals = approvalsOf(member(target, 'custom') ?? null);
  return { statement, ...judgeStatement(statement, approvals, court) };
}
