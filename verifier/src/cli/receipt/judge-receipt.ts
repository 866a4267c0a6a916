import { isSignatureByAsync, type PublicKey } from '../../crypto.ts';
import type { EntryCustom } from '../../custom.ts';
import { fromBase64url } from '../../base64url.ts';
import { parseAttestation } from '../../http/attestation.ts';
import { rememberAttestations, type AttestationMemo } from '../../http/attestation-memo.ts';
import { toDer } from '../../http/ecdsa-der.ts';
import { isIssuedAsync, keepAttestation, requirePlace, requireTime } from '../../http/judge-attestation.ts';
import type { Receipt } from '../../http/receipt.ts';
import { Refused } from '../../refused.ts';
import { secondsOf, timeOf } from '../../time.ts';
import type { FoundStatement, MetadataAtHand } from './metadata-at-hand.ts';
import { readReceipt } from './parse-receipt.ts';
import { momentOf } from './moment-of.ts';
import { readSignedBase, type SignedBase } from './signed-base.ts';

/** What became of a receipt. */
export type ReceiptVerdict = VerifiedReceipt | UnverifiedReceipt;

/** The key signed this, for this deployment, under a statement that the vendor approved and that was in force then. */
export type VerifiedReceipt = {
  readonly kind: 'verified';
  readonly receipt: Receipt;
  readonly base: SignedBase;
  readonly custom: EntryCustom;
  /** Whether the statement is in force now, too; `revoked` by a revocation that reaches beyond the receipt. */
  readonly standing: 'inForce' | 'ended' | 'revoked';
};

/** It failed; or it cannot be told with the metadata at hand, and `why` says which would tell. */
type UnverifiedReceipt = { readonly kind: 'failed' | 'undecided'; readonly why: Refused };

export type Judge = (bytes: Uint8Array) => Promise<ReceiptVerdict>;

/** As a proof's window (SPEC §10.5), in seconds. */
const [past, future] = [60, 30];

/**
 * Makes the judge of receipts (SPEC §11) by the metadata at hand, as of `now` (seconds). All but the signatures is judged at once, these in Node's
 * thread pool. Rejects with nothing but a fault of the program.
 */
export function judgeReceipts(metadata: MetadataAtHand, now: number): Judge {
  const memo = rememberAttestations();
  return async (bytes) => {
    try {
      const receipt = readReceipt(bytes);
      const base = readSignedBase(receipt.base);
      requirePlaceHere(receipt, base, metadata);
      return await judgeSigner(receipt, base, { metadata, now, memo });
    } catch (error) {
      if (error instanceof Undecided) return { kind: 'undecided', why: error.why };
      if (error instanceof Refused) return { kind: 'failed', why: error };
      throw error;
    }
  };
}

/** Thrown where other metadata than that at hand would tell. */
class Undecided extends Error {
  readonly why: Refused;
  constructor(why: Refused) {
    super(why.message);
    this.why = why;
  }
}

type Court = { readonly metadata: MetadataAtHand; readonly now: number; readonly memo: AttestationMemo };

/** Registry, deployment and versions are ours, and the members beside the base say what was signed. */
function requirePlaceHere(receipt: Receipt, base: SignedBase, metadata: MetadataAtHand): void {
  if (receipt.registry !== metadata.registry) throw new Refused('wrong_registry');
  if (base.deployment !== receipt.deployment || base.keyid !== receipt.keyid)
    throw new Refused(
      'signature_invalid',
      'What was signed names another key or deployment than the receipt.',
    );
  const origins = metadata.deployments.get(receipt.deployment);
  if (origins === undefined) {
    const others = [...metadata.deployments.keys()].join(', ');
    throw new Refused(
      'wrong_deployment',
      `It is of ${receipt.deployment}; verified are receipts of ${others}.`,
    );
  }
  if (!origins.includes(base.origin))
    throw elsewhere(
      receipt,
      metadata,
      new Refused('origin_not_licensed', `It was signed for ${base.origin}.`),
    );
  requireVersions(receipt, metadata);
}

/** No vendor has published versions that do not rise together, as long as root is the same. */
function requireVersions({ versions }: Receipt, { versions: ours }: MetadataAtHand): void {
  if (versions.root !== ours.root) return;
  const isTorn =
    versions.timestamp === ours.timestamp
      ? versions.targets !== ours.targets
      : versions.timestamp < ours.timestamp
        ? versions.targets > ours.targets
        : versions.targets < ours.targets;
  if (isTorn) throw new Refused('metadata_version', 'The vendor published no such targets and timestamp.');
}

/** Whether the server judged by the very metadata that is at hand. */
function isSame({ versions }: Receipt, { versions: ours }: MetadataAtHand): boolean {
  const { root, targets, timestamp } = versions;
  return root === ours.root && targets === ours.targets && timestamp === ours.timestamp;
}

/** A refusal by the metadata at hand: final where the server had the same, and else one that other metadata might not give. */
function elsewhere(receipt: Receipt, metadata: MetadataAtHand, why: Refused): Error {
  if (isSame(receipt, metadata)) return why;
  const { root, targets, timestamp } = receipt.versions;
  const then = `The server judged by root ${String(root)}, targets ${String(targets)} and timestamp ${String(timestamp)}`;
  const seen = `${why.seen} ${then}; at hand is timestamp ${String(metadata.versions.timestamp)}.`;
  return new Undecided(new Refused(why.code, seen.trim()));
}

async function judgeSigner(receipt: Receipt, base: SignedBase, court: Court): Promise<ReceiptVerdict> {
  const { metadata } = court;
  judgeTimes(receipt, base, court);
  if (base.attestation !== null) return judgeAttested(receipt, base, base.attestation, court);
  const found = metadata.find(receipt.keyid, 'request', receipt.entry);
  // A forgery is one, whatever else cannot be told.
  if (found.key !== null) await requireSignature(receipt, found.key);
  return verdictOf(receipt, base, found, null, court);
}

async function judgeAttested(
  receipt: Receipt,
  base: SignedBase,
  text: string,
  court: Court,
): Promise<ReceiptVerdict> {
  const { metadata, memo } = court;
  const attestation = memo.recall(text) ?? parseAttestation(text);
  const { claims } = attestation;
  requirePlace(claims, receipt);
  requireTime(claims, secondsOf(receipt.receivedAt), Infinity);
  const found = metadata.find(claims.issuer, 'attest', receipt.entry);
  if (attestation.kind === 'unverified' && found.key !== null)
    keepAttestation(text, attestation, await isIssuedAsync(attestation, found.key), memo);
  const copy = memo.recall(text)?.key;
  if (copy !== undefined) await requireSignature(receipt, copy);
  if (found.kind === 'found') {
    const { partner, app, build } = found.custom;
    if (partner.id !== claims.partner || app.id !== claims.app || build.id !== claims.build)
      throw new Refused('attestation_other_build', 'The statement that the receipt names is about another.');
  }
  if (metadata.isListed(claims.thumbprint))
    throw elsewhere(receipt, metadata, new Refused('attestation_key_listed'));
  if (claims.expires - claims.issued > metadata.longestAttestation)
    throw elsewhere(receipt, metadata, new Refused('attestation_too_long'));
  return verdictOf(receipt, base, found, metadata.keyRevokedThrough(claims.thumbprint), court);
}

/** That the statement, and the copy's key where there is one, were in force when the request was received; and what they are now. */
function verdictOf(
  receipt: Receipt,
  base: SignedBase,
  found: FoundStatement,
  copyRevokedThrough: number | null,
  { metadata, now }: Court,
): VerifiedReceipt {
  if (found.kind === 'missing') throw elsewhere(receipt, metadata, found.why);
  const received = secondsOf(receipt.receivedAt);
  const { custom, from, until, revokedThrough } = found;
  if (received < from) throw new Refused('not_yet_valid', `Its approval began at ${timeOf(from)}.`);
  if (received >= until) throw new Refused('entry_expired', `Its approval ended at ${timeOf(until)}.`);
  const revoked = [revokedThrough, copyRevokedThrough].filter((through) => through !== null);
  for (const through of revoked) requireRevokedLater(receipt, through, metadata);
  const standing = revoked.length > 0 ? 'revoked' : now >= until ? 'ended' : 'inForce';
  return { kind: 'verified', receipt, base, custom, standing };
}

/** A revocation is never published before the time through which it reaches: one that reaches beyond the receipt came after it. */
function requireRevokedLater(receipt: Receipt, through: number, metadata: MetadataAtHand): void {
  if (!isSame(receipt, metadata) && secondsOf(receipt.receivedAt) <= through) return;
  const why = new Refused('revoked', `It is revoked through ${timeOf(through)}.`);
  throw elsewhere(receipt, metadata, why);
}

/** The times fit together: the client's, the server's, the metadata's and ours. */
function judgeTimes(receipt: Receipt, base: SignedBase, { metadata, now }: Court): void {
  const received = secondsOf(receipt.receivedAt);
  const { created, expires, hasBody, nonce } = base;
  if (received > now + future)
    throw new Refused(
      'proof_from_future',
      `It says that it was received at ${receipt.receivedAt}, which is still to come.`,
    );
  // A nonce that answers a challenge takes the place of the client's clock; a body may come slowly.
  if (!nonce.includes('.')) {
    const seen = `It was created at ${momentOf(created)} and received at ${receipt.receivedAt}.`;
    if (created > received + future) throw new Refused('proof_from_future', seen);
    if (created < received - past && !hasBody) throw new Refused('proof_stale', seen);
  }
  if (expires !== null && expires <= received && !hasBody)
    throw new Refused(
      'proof_stale',
      `It expired at ${momentOf(expires)} and was received at ${receipt.receivedAt}.`,
    );
  if (!isSame(receipt, metadata)) return;
  if (received < metadata.signedAt)
    throw new Refused(
      'clock_behind',
      `Its metadata was signed at ${timeOf(metadata.signedAt)}, after it was received.`,
    );
  if (received >= metadata.wall)
    throw new Refused(
      'allowlist_expired',
      `Its metadata ended at ${timeOf(metadata.wall)}, before it was received.`,
    );
}

async function requireSignature({ base, signature }: Receipt, key: PublicKey): Promise<void> {
  const der = toDer(fromBase64url(signature));
  const isValid = der !== undefined && (await isSignatureByAsync(key, Buffer.from(base, 'latin1'), der));
  if (!isValid) throw new Refused('signature_invalid', 'The signature is not that of its key.');
}
