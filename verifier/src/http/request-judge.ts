import type { Allowlist, Freshness, KeyMatch } from '../allowlist.ts';
import { Refused } from '../refused.ts';
import { admitApp, admitByGrant, type AppAdmission, type GrantedAdmission } from './admission.ts';
import { rememberAttestations } from './attestation-memo.ts';
import type { CheckerOptions } from './checker.ts';
import { judgeCookie } from './cookie-cover.ts';
import { expectedContentDigest, requireCredentialDigest } from './digest-fields.ts';
import { limitForgeries, type Source } from './forgery-limit.ts';
import { grantInForce, isGrantable } from './grants.ts';
import {
  examineAttestation,
  isIssuedAsync,
  judgeAttestation,
  keepAttestation,
  type AttestationCase,
} from './judge-attestation.ts';
import type { Presented } from './presented.ts';
import { isSigned, isSignedAsync, requireValid } from './proof-signature.ts';
import { composeReceipt } from './receipt.ts';
import type { Ticket } from './replay.ts';
import { signatureBase } from './signature-base.ts';
import { verifyWithin, verifyWithinAsync } from './verify-within.ts';
import { openWindow } from './window.ts';

// What both forms of the check do with a request, step by step (SPEC §10.6); check.ts and check-async.ts put the steps in their order.

/** Against what a request is judged; the clock is read once. */
export type Moment = { readonly allowlist: Allowlist; readonly freshness: Freshness; readonly now: number };

/**
 * One piece of judging without a pause, and as of when. Undefined while nothing can be judged: what refuses every request has no moment,
 * and no grant admits it.
 */
export type Turn = { moment: Moment | undefined };

/** Everything that was learned of a request before its body and its signature were judged. */
export type Judged = Presented & {
  readonly match: KeyMatch;
  readonly cookie: AppAdmission['cookie'];
  readonly bodyDigest: Uint8Array;
  readonly base: string;
  readonly rememberUntil: number;
};

export type RequestJudge = ReturnType<typeof createRequestJudge>;

export function createRequestJudge(options: CheckerOptions) {
  const { deployment, replay } = options;
  const startedAt = options.startedAt === null ? null : Math.floor(options.startedAt / 1000);
  const attestations = rememberAttestations();
  const forgeries = limitForgeries(() => performance.now() / 1000);
  const window = openWindow({ startedAt, latest: replay.forgottenBefore, key: options.randomKey });
  return {
    latest: window.latest,
    beginAnew: window.beginAnew,
    begin,
    orByGrant,
    judge,
    judgeAgain,
    verifyAttestationAhead,
    requireSignature,
    isSignedAsync: isProofSignedAsync,
    remember,
    forget: replay.forget,
    admit,
  };

  /** Reads the moment. Throws what refuses every request. */
  function begin(turn: Turn): Moment {
    turn.moment = undefined;
    let now: number | undefined;
    try {
      const allowlist = options.allowlist();
      now = Math.floor(options.now() / 1000);
      return (turn.moment = { allowlist, freshness: allowlist.judgeNow(now), now });
    } catch (error) {
      throw located(error, now);
    }
  }

  /** Where a request was refused in a turn, a grant of the vendor that is in force may admit it instead. Throws the refusal. */
  function orByGrant({ moment }: Turn, error: unknown): GrantedAdmission {
    if (moment === undefined || !(error instanceof Refused)) throw error;
    const { allowlist, freshness, now } = moment;
    const grant = isGrantable(error) ? grantInForce(allowlist, now) : null;
    if (grant === null) throw located(error, now);
    return admitByGrant(grant, error, { deployment, freshness });
  }

  /** A refusal says where and when it was made: clients pin the one, and those with a wrong clock need the other. */
  function located(error: unknown, now: number | undefined): unknown {
    if (!(error instanceof Refused)) return error;
    const when = now === undefined ? {} : { serverTime: now };
    return error.tell({ deployment, ...when });
  }

  /** In the order of SPEC §10.6, up to what depends on the body. */
  function judge(presented: Presented, moment: Moment): Judged {
    const { head, proof, components } = presented;
    const { rememberUntil } = window.judge(proof, moment.now);
    const match = findSigner(presented, moment);
    const cookie = judgeCookie(head, proof, match);
    requireCredentialDigest(head.fields, 'authorization');
    requireCredentialDigest(head.fields, 'cookie');
    const bodyDigest = expectedContentDigest(head.fields);
    const base = signatureBase(components, proof.parameters);
    return { ...presented, match, cookie, bodyDigest, base, rememberUntil };
  }

  /** What may have changed since: the signer, the build's platforms, and, where the nonce is not remembered yet, the proof's age. */
  function judgeAgain(judged: Judged, moment: Moment, age: 'age too' | 'signer only'): Judged {
    const { head, proof } = judged;
    const { rememberUntil } = age === 'age too' ? window.judge(proof, moment.now) : judged;
    const match = findSigner(judged, moment);
    return { ...judged, match, cookie: judgeCookie(head, proof, match), rememberUntil };
  }

  /** Whose key it is: one that an entry pins or, where the request brings an attestation, one that is vouched for. */
  function findSigner(presented: Presented, moment: Moment): KeyMatch {
    const { proof, address } = presented;
    const attestation = attestationIn(presented);
    if (attestation === undefined) return moment.allowlist.findKey(proof.keyid, moment.now);
    return judgeAttestation(attestation, caseOf(presented, moment), attestations, (key, verify) => {
      const source = { address, key };
      return noteIssued(source, verifyWithin(forgeries, source, verify));
    });
  }

  /**
   * Has another thread verify the attestation that a request brings, if it is not known yet, after all that comes before: `judge` finds
   * it known then. Undefined where there is nothing to verify. Rejects with `attestation_invalid` and `too_many_forgeries`; reads the
   * moment of the turn again before that.
   */
  function verifyAttestationAhead(presented: Presented, turn: Turn): Promise<void> | undefined {
    const text = attestationIn(presented);
    const { moment } = turn;
    if (text === undefined || moment === undefined || attestations.recall(text) !== undefined)
      return undefined;
    window.judge(presented.proof, moment.now);
    const { attestation, issuer } = examineAttestation(text, caseOf(presented, moment), attestations);
    if (attestation.kind === 'verified') return undefined;
    const source = { address: presented.address, key: attestation.claims.issuer };
    const verified = verifyWithinAsync(forgeries, source, () => isIssuedAsync(attestation, issuer.key));
    return verified.then((isValid) => {
      begin(turn);
      keepAttestation(text, attestation, noteIssued(source, isValid), attestations);
    });
  }

  /** What is issued is remembered: nobody makes this one count twice. */
  function noteIssued(source: Source, isValid: boolean): boolean {
    if (isValid) forgeries.succeeded(source);
    return isValid;
  }

  function attestationIn({ head }: Presented): string | undefined {
    return head.fields.values.get('oauth-client-attestation');
  }

  function caseOf({ proof }: Presented, { allowlist, now }: Moment): AttestationCase {
    return { keyid: proof.keyid, allowlist, deployment, now };
  }

  function requireSignature(judged: Judged): void {
    const source = { address: judged.address, key: judged.proof.keyid };
    requireValid(
      judged,
      verifyWithin(forgeries, source, () => isSigned(judged)),
    );
  }

  function isProofSignedAsync(judged: Judged): Promise<boolean> {
    const source = { address: judged.address, key: judged.proof.keyid };
    return verifyWithinAsync(forgeries, source, () => isSignedAsync(judged));
  }

  /** Uses the nonce up, here. Throws `replayed`, `replay_table_full`. */
  function remember({ proof, rememberUntil, address }: Judged, { now }: Moment): Ticket {
    const ticket = replay.remember(proof.keyid, proof.nonce, rememberUntil, now);
    const source = { address, key: proof.keyid };
    // Whoever sends another's request again has signed nothing, and has cost as much.
    if (ticket === 'used') {
      forgeries.failed(source);
      throw new Refused('replayed');
    }
    if (ticket === 'full') throw new Refused('replay_table_full');
    forgeries.succeeded(source);
    return ticket;
  }

  function admit(
    { proof, base, cookie, match }: Judged,
    { allowlist, freshness, now }: Moment,
  ): AppAdmission {
    const receipt = composeReceipt({
      base,
      signature: proof.signature,
      keyid: proof.keyid,
      allowlist,
      deployment,
      entry: match.entry.statement,
      now,
    });
    return admitApp(match, { cookie, freshness, receipt, grant: grantInForce(allowlist, now) });
  }
}
