import { attempt } from './attempt.ts';
import { fromBase64url, toBase64url } from './base64url.ts';
import { approvalChallenge } from './challenge.ts';
import { importP256, importRsaPkcs1, isSignatureBy, sha256, type PublicKey } from './crypto.ts';
import { approverIdPattern } from './ids.ts';
import { isObject, member, readerFor, type JsonValue } from './json.ts';
import { maxTreeSize, rootFromPath } from './merkle.ts';
import { Refused } from './refused.ts';
import type { Approver, ApproverKey, Roster } from './roster.ts';
import { statementBytes, type Statement } from './statement.ts';
import { parseJson } from './strict-json.ts';

// Approvals (SPEC §4): passkey assertions over statements. The verifier and the portal run this same code.

/** One person's approval of one statement; the byte strings are base64url. */
export type Approval = {
  readonly approver: string;
  /** Credential id. */
  readonly key: string;
  readonly size: number;
  readonly index: number;
  readonly path: readonly string[];
  readonly authenticatorData: string;
  readonly clientDataJSON: string;
  readonly signature: string;
};

/** What approvals of a statement amount to: the people who count, and why others do not. */
export type Judgement = { readonly people: readonly string[]; readonly refused: readonly Refused[] };

/** The most approvals that one statement may carry. */
export const mostApprovals = 32;

const read = readerFor('approval_malformed', 'Approval');
const base64urlPattern = /^[A-Za-z0-9_-]+$/;

/** Reads one approval's structure. Throws `approval_malformed`. */
export function parseApproval(value: JsonValue | undefined): Approval {
  const names = [
    'approver',
    'authenticatorData',
    'clientDataJSON',
    'index',
    'key',
    'path',
    'signature',
    'size',
  ];
  const approval = read.members(value, 'it', names);
  return {
    approver: read.matching(approval.approver, 'approver', approverIdPattern, 'an approver id'),
    key: parseBytes(approval.key, 'key', 1364),
    size: read.integer(approval.size, 'size', 1, maxTreeSize),
    index: read.integer(approval.index, 'index', 0, maxTreeSize - 1),
    path: read.list(approval.path, 'path', 0, 10).map((item) => parseBytes(item, 'path', 43)),
    authenticatorData: parseBytes(approval.authenticatorData, 'authenticatorData', 512),
    clientDataJSON: parseBytes(approval.clientDataJSON, 'clientDataJSON', 1366),
    signature: parseBytes(approval.signature, 'signature', 683),
  };
}

/** A target's `custom.approvals` as a list that is not read further yet; none when absent. Throws `approval_malformed`. */
export function approvalsOf(custom: JsonValue): readonly JsonValue[] {
  const approvals = isObject(custom) ? member(custom, 'approvals') : undefined;
  return approvals === undefined ? [] : read.list(approvals, 'the list', 0, mostApprovals);
}

/**
 * Verifies one approval of one statement against the roster (SPEC §4.3) and returns the approver's id. Throws `Refused` with
 * the first rule that fails: `approval_unknown_approver`, `approval_retired` (issued after the approver left),
 * `approval_inclusion`, `approval_authenticator_data`, `approval_client_data`, `approval_signature`; `approval_malformed` when its bytes are not base64url.
 * That a retired approver counts only beside an active one is judged over all approvals, by `judgeApprovals`.
 */
export function verifyApproval(statement: Statement, approval: Approval, roster: Roster): string {
  return verifyOver(statementBytes(statement), statement, approval, roster);
}

/**
 * Which people's approvals count (SPEC §4.3): each person once, retired ones only beside an active one. Approvals that do not
 * count are listed with their reasons. Throws nothing.
 */
export function judgeApprovals(
  statement: Statement,
  approvals: readonly JsonValue[],
  roster: Roster,
): Judgement {
  return judgeSigners(signersOf(statement, approvals, roster), roster);
}

/** People who validly signed, retired ones included: all that may be remembered of an approval (SPEC §4.4). */
export type Signers = { readonly signed: readonly string[]; readonly refused: readonly Refused[] };

/** The expensive half of `judgeApprovals`: signatures only. `leaf` saves writing the statement out again. */
export function signersOf(
  statement: Statement,
  approvals: readonly JsonValue[],
  roster: Roster,
  leaf: Uint8Array = statementBytes(statement),
): Signers {
  const signed = new Set<string>();
  const refused: Refused[] = [];
  for (const approval of approvals.slice(0, mostApprovals)) {
    const person = attempt(() => verifyOver(leaf, statement, parseApproval(approval), roster));
    if (person instanceof Refused) refused.push(person);
    else signed.add(person);
  }
  return { signed: [...signed], refused };
}

/** The cheap half of `judgeApprovals`: what the people who signed amount to under the current roster. */
export function judgeSigners(signers: Signers, roster: Roster): Judgement {
  const { approvers } = indexOf(roster);
  const statusOf = (id: string): string | undefined => approvers.get(id)?.status.kind;
  const active = signers.signed.filter((id) => statusOf(id) === 'active');
  const retired = signers.signed.filter((id) => statusOf(id) === 'retired');
  if (active.length > 0) return { people: [...active, ...retired], refused: signers.refused };
  const left = retired.map(
    (id) => new Refused('approval_retired', `${id} has left, and nobody active approved it.`),
  );
  return { people: [], refused: [...signers.refused, ...left] };
}

/**
 * Enough people approved this statement (SPEC §4.4). Throws `approvals_missing`, whose members say how many were `found` and
 * `needed`, and `because` of which codes approvals did not count.
 */
export function requireThreshold(statement: Statement, judgement: Judgement, roster: Roster): void {
  const needed = roster.thresholds[statement.kind];
  const found = judgement.people.length;
  if (found >= needed) return;
  const because = [...new Set(judgement.refused.map(({ code }) => code))].join(', ');
  const seen = `${String(found)} of ${String(needed)} people have approved it${because === '' ? '' : ` (others: ${because})`}.`;
  throw new Refused('approvals_missing', seen, { found, needed, because });
}

function verifyOver(leaf: Uint8Array, statement: Statement, approval: Approval, roster: Roster): string {
  const credential = indexOf(roster).credentials.get(approval.key);
  if (credential === undefined || credential.approver.id !== approval.approver) {
    throw new Refused(
      'approval_unknown_approver',
      `${approval.approver} has no such credential on the roster.`,
    );
  }
  const { status } = credential.approver;
  if (status.kind === 'compromised')
    throw new Refused('approval_unknown_approver', `${approval.approver} is compromised.`);
  if (status.kind === 'retired' && statement.custom.issued > status.at) {
    throw new Refused('approval_retired', `${approval.approver} left before this was issued.`);
  }
  // A grant is never approved in a list with others: it is the widest thing that can be signed.
  if (statement.kind === 'grant' && approval.size !== 1) {
    throw new Refused('approval_inclusion', 'A grant is approved alone.');
  }
  const path = approval.path.map(decode);
  const challenge = approvalChallenge(rootFromPath(leaf, approval.size, approval.index, path));
  const authenticatorData = decode(approval.authenticatorData);
  verifyAuthenticatorData(authenticatorData, roster.rpId);
  const clientData = decode(approval.clientDataJSON);
  verifyClientData(clientData, toBase64url(challenge), roster.origins);
  const signed = new Uint8Array(37 + 32);
  signed.set(authenticatorData);
  signed.set(sha256(clientData), 37);
  if (!isSignatureBy(credential.publicKey(), signed, decode(approval.signature))) {
    throw new Refused('approval_signature', `The signature is not ${approval.approver}'s.`);
  }
  return approval.approver;
}

function verifyAuthenticatorData(data: Uint8Array, rpId: string): void {
  const refuse = (seen: string): never => {
    throw new Refused('approval_authenticator_data', seen);
  };
  if (data.length !== 37) refuse('authenticatorData has 37 bytes.');
  const rpIdHash = sha256(rpId);
  for (let i = 0; i < 32; i += 1) if (data[i] !== rpIdHash[i]) refuse('It was made for another site.');
  const flags = data[32] as number;
  if ((flags & 0x01) === 0) refuse('Nobody was present.');
  if ((flags & 0x04) === 0) refuse('Nobody was verified.');
  if ((flags & (0x40 | 0x80 | 0x02 | 0x20)) !== 0) refuse('It has flags that an approval has not.');
}

function verifyClientData(bytes: Uint8Array, challenge: string, origins: readonly string[]): void {
  const refuse = (seen: string): never => {
    throw new Refused('approval_client_data', seen);
  };
  const value = parseClientData(bytes);
  if (!isObject(value)) return refuse('clientDataJSON is no object.');
  if (member(value, 'type') !== 'webauthn.get') refuse('It is no assertion.');
  if (member(value, 'challenge') !== challenge) refuse('The passkey signed another challenge.');
  const origin = member(value, 'origin');
  if (typeof origin !== 'string' || !origins.includes(origin)) refuse('It was made at another origin.');
  const crossOrigin = member(value, 'crossOrigin');
  if (crossOrigin !== undefined && crossOrigin !== false) refuse('It was made inside a frame.');
  if (member(value, 'topOrigin') !== undefined) refuse('It was made inside a frame.');
}

function parseClientData(bytes: Uint8Array): JsonValue {
  try {
    return parseJson(bytes, 1024);
  } catch (error) {
    if (error instanceof Refused) throw new Refused('approval_client_data', `clientDataJSON: ${error.seen}`);
    throw error;
  }
}

function decode(text: string): Uint8Array {
  try {
    return fromBase64url(text);
  } catch {
    return read.refuse('it', 'in base64url');
  }
}

function parseBytes(value: JsonValue | undefined, at: string, most: number): string {
  const text = read.text(value, at, most);
  return base64urlPattern.test(text) ? text : read.refuse(at, 'base64url');
}

type Credential = { readonly approver: Approver; readonly publicKey: () => PublicKey };
type RosterIndex = {
  readonly approvers: ReadonlyMap<string, Approver>;
  readonly credentials: ReadonlyMap<string, Credential>;
};

const indexes = new WeakMap<Roster, RosterIndex>();

/** The roster by credential id, with each key imported once, when it is first needed. */
function indexOf(roster: Roster): RosterIndex {
  const known = indexes.get(roster);
  if (known !== undefined) return known;
  const index = {
    approvers: new Map(roster.approvers.map((approver) => [approver.id, approver])),
    credentials: new Map(
      roster.approvers.flatMap((approver) =>
        approver.keys.map((key): [string, Credential] => [
          key.id,
          { approver, publicKey: once(() => importKey(key)) },
        ]),
      ),
    ),
  };
  indexes.set(roster, index);
  return index;
}

function importKey(key: ApproverKey): PublicKey {
  return key.alg === 'ES256' ? importP256(key.key) : importRsaPkcs1(key.key);
}

function once<T>(make: () => T): () => T {
  let made: { readonly value: T } | undefined;
  return () => (made ??= { value: make() }).value;
}
