import { judgeSigners, requireThreshold, signersOf } from './approval.ts';
import { canonicalText } from './canonical.ts';
import { sha256HexOfText } from './crypto.ts';
import { sha256Hex } from './digest.ts';
import type { JsonValue } from './json.ts';
import { thumbprint } from './jwk.ts';
import { Refused } from './refused.ts';
import { subjectName, type Revocation, type RevocationIndex, type RevocationSubject } from './revocation.ts';
import type { Ceilings, Roster } from './roster.ts';
import type { SignersMemo } from './signers-memo.ts';
import type { Environment } from './custom.ts';
import { statementBytes, type Statement } from './statement.ts';
import { secondsOf, timeOf } from './time.ts';

/** What a statement is judged against: the metadata that it came with. */
export type Court = {
  readonly registry: string;
  readonly environment: Environment;
  /** The customer whose bundle it is. */
  readonly customer: string;
  readonly roster: Roster;
  readonly rosterDigest: string;
  readonly ceilings: Ceilings;
  readonly revocations: RevocationIndex;
  /** Seconds since 1970. */
  readonly signedAt: number;
  readonly memo: SignersMemo;
};

export type Verdict = { readonly digest: string; readonly people: readonly string[] };

/**
 * Whether a statement is approved (SPEC §4.4), but for what depends on the day: dates are judged at every check. Throws the first of
 * `approval_malformed`, `not_licensed_here`, `statement_from_future`, `statement_too_long_valid`, `revoked`, `approvals_missing`.
 */
export function judgeStatement(statement: Statement, approvals: readonly JsonValue[], court: Court): Verdict {
  const bytes = statementBytes(statement);
  const digest = sha256Hex(bytes);
  requireCustomer(statement, court.customer);
  if (secondsOf(statement.custom.issued) > court.signedAt) {
    const seen = `It says it was issued at ${statement.custom.issued}, and was signed at ${timeOf(court.signedAt)}.`;
    throw new Refused('statement_from_future', seen);
  }
  requireCeiling(statement, court.ceilings);
  requireNotRevoked(statement, digest, court.revocations);
  const digests = {
    statement: digest,
    approvals: sha256HexOfText(canonicalText(approvals)),
    roster: court.rosterDigest,
  };
  let signers = court.memo.recall(digests);
  if (signers === undefined) {
    signers = signersOf(statement, approvals, court.roster, bytes);
    court.memo.keep(digests, signers);
  }
  const judgement = judgeSigners(signers, court.roster);
  requireThreshold(statement, judgement, court.roster);
  return { digest, people: judgement.people };
}

/** No revocation covers the statement (SPEC §5). Throws `revoked`. `digest` is the statement's. */
export function requireNotRevoked(statement: Statement, digest: string, revocations: RevocationIndex): void {
  const [first] = revocationsOf(statement, digest, revocations);
  if (first === undefined) return;
  const { subject, through } = first;
  throw new Refused('revoked', `All that was issued until ${through} about this ${subject.kind} is revoked.`);
}

/** The revocations that cover a statement (SPEC §5). `digest` is the statement's. */
export function revocationsOf(
  statement: Statement,
  digest: string,
  revocations: RevocationIndex,
): readonly Revocation[] {
  if (revocations.size === 0) return [];
  return subjectsOf(statement, digest).flatMap((subject) => {
    const revocation = revocations.get(subjectName(subject));
    return revocation !== undefined && statement.custom.issued <= revocation.through ? [revocation] : [];
  });
}

function subjectsOf(statement: Statement, digest: string): readonly RevocationSubject[] {
  const itself: RevocationSubject = { kind: 'statement', digest };
  if (statement.kind !== 'entry') return [itself];
  const { app, identities, partner } = statement.custom;
  return [
    itself,
    { kind: 'artifact', digest: statement.hashes.sha256 },
    { kind: 'app', partner: partner.id, app: app.id },
    { kind: 'partner', partner: partner.id },
    ...identities.map(({ key }): RevocationSubject => ({ kind: 'identity', thumbprint: thumbprint(key) })),
  ];
}

function requireCustomer(statement: Statement, customer: string): void {
  if (statement.kind !== 'entry') return;
  const { customers } = statement.custom;
  if (customers !== 'all' && !customers.includes(customer)) {
    throw new Refused('not_licensed_here', `${statement.custom.app.name} is approved for other customers.`);
  }
}

function requireCeiling(statement: Statement, ceilings: Ceilings): void {
  const most = ceilingOf(statement, ceilings);
  const validity = secondsOf(statement.custom.expires) - secondsOf(statement.custom.validFrom);
  if (validity > most) {
    throw new Refused(
      'statement_too_long_valid',
      `It is valid for ${validity} s, of which ${most} s are allowed.`,
    );
  }
}

function ceilingOf(statement: Statement, ceilings: Ceilings): number {
  switch (statement.kind) {
    case 'entry':
      return ceilings.entryValidity;
    case 'grant':
      return statement.custom.effect.kind === 'breakGlass' ? ceilings.breakGlass : ceilings.monitor;
    case 'licence':
      return Number.MAX_SAFE_INTEGER;
  }
}
