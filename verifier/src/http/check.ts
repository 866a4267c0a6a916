import type { Allowlist, Freshness, KeyMatch } from '../allowlist.ts';
import { isSignatureBy } from '../crypto.ts';
import { Refused } from '../refused.ts';
import {
  admitApp,
  admitByGrant,
  type Admission,
  type AppAdmission,
  type GrantedAdmission,
  type HeadAdmission,
} from './admission.ts';
import { rememberAttestations } from './attestation-memo.ts';
import { coveredComponents, hasBody, requireCookieCoverage } from './coverage.ts';
import {
  contentDigest,
  expectedContentDigest,
  requireContentDigest,
  requireCredentialDigest,
} from './digest-fields.ts';
import { toDer } from './ecdsa-der.ts';
import { grantInForce, isGrantable } from './grants.ts';
import { judgeAttestation } from './judge-attestation.ts';
import { parseProof } from './proof.ts';
import { composeReceipt } from './receipt.ts';
import type { ReplayTable, Ticket } from './replay.ts';
import { readHead, type RequestHead, type RequestToCheck } from './request-head.ts';
import { signatureBase } from './signature-base.ts';
import type { Proof } from './unverified-proof.ts';
import { openWindow } from './window.ts';

/** The whole decision about requests (SPEC §10). */
export type Checker = {
  /** Judges a request whose body is at hand: an admission, or a thrown `Refused`. */
  readonly check: (request: RequestToCheck) => Admission;
  /** Judges everything but the body, which `request` need not have; throws `Refused`. */
  readonly checkHead: (request: RequestToCheck) => PendingAdmission;
  /** As `check`: the same decision, for a host that does not wait. */
  readonly checkAsync: (request: RequestToCheck) => Promise<Admission>;
  /** As `checkHead`, likewise. */
  readonly checkHeadAsync: (request: RequestToCheck) => Promise<PendingAdmission>;
  /** The latest second by which a request was judged, also where the clock has gone back since: nonces are saved as of then. */
  readonly latest: () => number;
};

/** A request whose head has passed. Nothing of it is known to the caller, or may be served, until the body has passed too. */
export type PendingAdmission = {
  /** Whether a body was announced and its digest counts. Where none was announced, there must be none. */
  readonly hasBody: boolean;
  /**
   * Who sent it and what they may do, as the head proved it, for handlers that read a long body as it comes: an app's has no receipt.
   * What such a handler does must not count before `finish` has passed. Uses up the nonce, whatever the body turns out to be.
   */
  readonly proved: () => HeadAdmission;
  /**
   * Takes the SHA-256 of the body's bytes as sent (of no bytes, where there was none) and gives the admission, judged again at
   * this moment. Works once. Throws `Refused`: `digest_mismatch`, or whatever has changed since the head passed.
   */
  readonly finish: (digest: Uint8Array) => Admission;
};

export type CheckerOptions = {
  /** The allowlist in force. Throws `no_bundle` and whatever else stands against every request. */
  readonly allowlist: () => Allowlist;
  /** The licensed origin under which this server is reached. */
  readonly origin: string;
  /** This deployment's id. */
  readonly deployment: string;
  /** SPEC §8's now, in milliseconds since 1970. Throws `clock_behind`. */
  readonly now: () => number;
  /**
   * When this process began to check (milliseconds), where requests may have been admitted before and `replay` does not
   * remember them; null at a first activation, and where `replay` was restored.
   */
  readonly startedAt: number | null;
  readonly replay: ReplayTable;
  /** 32 random bytes, made anew at every start. */
  readonly randomKey: Uint8Array;
};

/** SPEC §12: the longest body given to `check`, in bytes. */
export const mostOfBody = 16 * 1024 * 1024;

/** Against what a request is judged; the clock is read once. */
type Moment = { readonly allowlist: Allowlist; readonly freshness: Freshness; readonly now: number };
/** Everything that was learned of a request before its body and its signature were judged. */
type Judged = {
  readonly head: RequestHead;
  readonly proof: Proof;
  readonly match: KeyMatch;
  readonly base: string;
  readonly cookie: AppAdmission['cookie'];
  readonly bodyDigest: Uint8Array;
  readonly rememberUntil: number;
};

/** Makes the checker of one verifier. */
export function createChecker(options: CheckerOptions): Checker {
  const { origin, deployment, replay } = options;
  const startedAt = options.startedAt === null ? null : Math.floor(options.startedAt / 1000);
  const attestations = rememberAttestations();
  const window = openWindow({ startedAt, latest: replay.forgottenBefore, key: options.randomKey });

  const checker: Omit<Checker, 'checkAsync' | 'checkHeadAsync'> = {
    latest: window.latest,
    check(request) {
      const moment = arrive();
      return orByGrant(moment, (): Admission => {
        const { body } = request;
        if (body !== undefined && body.length > mostOfBody)
          throw new Refused('too_large', 'The body is longer than 16 MiB.');
        const judged = judge(request, moment);
        requireWholeBody(judged.head, body);
        requireContentDigest(judged.bodyDigest, contentDigest(body));
        requireSignature(judged);
        remember(judged, moment);
        return admit(judged, judged.match, moment);
      });
    },

    checkHead(request) {
      const moment = arrive();
      let finished = false;
      let wasShown = false;
      let refused: Refused | undefined;
      const head = orByGrant(moment, () => {
        try {
          const judged = judge(request, moment);
          requireSignature(judged);
          return { kind: 'judged' as const, judged, ticket: remember(judged, moment) };
        } catch (error) {
          if (error instanceof Refused) refused = error;
          throw error;
        }
      });
      return {
        hasBody: head.kind === 'judged' && hasBody(head.judged.head),
        proved() {
          wasShown = true;
          if (head.kind !== 'judged') return head;
          const { receipt, ...app } = admit(head.judged, head.judged.match, moment);
          return { ...app, deployment, keyid: receipt.keyid };
        },
        finish(digest) {
          if (finished) throw new Refused('replayed', 'An admission can be finished once.');
          finished = true;
          if (head.kind !== 'judged') {
            // The grant that has let the head pass may have ended, or been revoked.
            return orByGrant(arrive(), () => {
              throw refused ?? new TypeError('Only what was refused is admitted by a grant.');
            });
          }
          const { judged, ticket } = head;
          try {
            const end = arrive();
            return orByGrant(end, () => {
              requireContentDigest(judged.bodyDigest, digest);
              const match = findSigner(judged.head, judged.proof.keyid, end);
              const cookie = judgeCookie(judged.head, judged.proof, match);
              return admit({ ...judged, cookie }, match, end);
            });
          } catch (error) {
            // A nonce is used up by an admission, or by a handler that has begun. Until the body was there it kept a second copy out.
            if (!wasShown) replay.forget(ticket);
            throw error;
          }
        },
      };
    },
  };
  return {
    ...checker,
    checkAsync: async (request) => checker.check(request),
    checkHeadAsync: async (request) => checker.checkHead(request),
  };

  /** Whether any request can be admitted at all. */
  function arrive(): Moment {
    let now: number | undefined;
    try {
      const allowlist = options.allowlist();
      now = Math.floor(options.now() / 1000);
      return { allowlist, freshness: allowlist.judgeNow(now), now };
    } catch (error) {
      throw located(error, now);
    }
  }

  /** Runs `judge`; where it refuses, a grant of the vendor that is in force may admit instead. */
  function orByGrant<T>({ allowlist, freshness, now }: Moment, judge: () => T): T | GrantedAdmission {
    try {
      return judge();
    } catch (error) {
      const grant = error instanceof Refused && isGrantable(error) ? grantInForce(allowlist, now) : null;
      if (error instanceof Refused && grant !== null)
        return admitByGrant(grant, error, { deployment, freshness });
      throw located(error, now);
    }
  }

  /** A refusal says where and when it was made: clients pin the one, and those with a wrong clock need the other. */
  function located(error: unknown, now: number | undefined): unknown {
    if (!(error instanceof Refused)) return error;
    const when = now === undefined ? {} : { serverTime: now };
    return error.tell({ deployment, ...when });
  }

  /** In the order of SPEC §10.6, up to what depends on the body. */
  function judge(request: RequestToCheck, moment: Moment): Judged {
    const head = readHead(request, origin);
    const proof = parseProof(head.fields);
    const components = coveredComponents(proof.components, head, origin);
    if (head.fields.values.get('appwarrant-deployment') !== deployment) {
      throw new Refused('wrong_deployment', `This is the deployment ${deployment}.`);
    }
    const { rememberUntil } = window.judge(proof, moment.now);
    const match = findSigner(head, proof.keyid, moment);
    const cookie = judgeCookie(head, proof, match);
    requireCredentialDigest(head.fields, 'authorization');
    requireCredentialDigest(head.fields, 'cookie');
    const bodyDigest = expectedContentDigest(head.fields);
    return {
      head,
      proof,
      match,
      base: signatureBase(components, proof.parameters),
      cookie,
      bodyDigest,
      rememberUntil,
    };
  }

  /** Whose key it is: one that an entry pins or, where the request brings an attestation, one that is vouched for. */
  function findSigner({ fields }: RequestHead, keyid: string, { allowlist, now }: Moment): KeyMatch {
    const attestation = fields.values.get('oauth-client-attestation');
    return attestation === undefined
      ? allowlist.findKey(keyid, now)
      : judgeAttestation(attestation, { keyid, allowlist, deployment, now }, attestations);
  }

  function remember({ proof, rememberUntil }: Judged, { now }: Moment): Ticket {
    const ticket = replay.remember(proof.keyid, proof.nonce, rememberUntil, now);
    if (ticket === 'used') throw new Refused('replayed');
    if (ticket === 'full') throw new Refused('replay_table_full');
    return ticket;
  }

  function admit(
    { proof, base, cookie }: Judged,
    match: KeyMatch,
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

/** How the request's cookie is tied to the app (SPEC §10.7). Throws `proof_coverage`. */
export function judgeCookie({ fields }: RequestHead, proof: Proof, match: KeyMatch): AppAdmission['cookie'] {
  if (!fields.values.has('cookie')) return 'none';
  if (proof.components.includes('cookie-digest')) return 'bound';
  // The exception is for scripts in browsers, and a key that also stands in a build for anything else is none of theirs.
  if (!match.entries.every((entry) => entry.custom.build.platform === 'web'))
    requireCookieCoverage(proof.components);
  return 'unbound';
}

/** A caller that forgets the body must not get a request admitted whose body nobody has looked at. */
export function requireWholeBody({ framing }: RequestHead, body: Uint8Array | undefined): void {
  if (framing.length === undefined && !(framing.chunked && body === undefined)) return;
  const given = body?.length ?? 0;
  if (given !== framing.length)
    throw new Refused('body_incomplete', `The body that was given has ${String(given)} bytes.`);
}

/** Throws `signature_invalid`, with the base that was computed here. */
export function requireSignature({ proof, match, base }: Pick<Judged, 'proof' | 'match' | 'base'>): void {
  const der = toDer(proof.signature);
  if (der === undefined || !isSignatureBy(match.key, Buffer.from(base, 'latin1'), der)) {
    throw new Refused('signature_invalid', '', { base });
  }
}
