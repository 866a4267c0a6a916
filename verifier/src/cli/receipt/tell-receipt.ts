import { nameBuild } from '../name-build.ts';
import type { Outcome, Judged } from './verify-receipts.ts';
import type { VerifiedReceipt } from './judge-receipt.ts';
import { momentOf } from './moment-of.ts';

// What receipts prove and what they do not, in words.

/** What no receipt proves, whoever verified it. */
export const provesNot: readonly string[] = [
  'that the request was served, or what was answered: a verifier writes the receipt before the handler runs',
  'when it was received: receivedAt is the word of the server alone, and created is that of whoever has the key',
  'who used the key: whoever has a copy of it signs as the app does, and anybody can extract one that lies in an app',
  'that the server admitted it: whoever holds the request can put a receipt together, and a server can leave receipts out',
];

const standings: Readonly<Record<VerifiedReceipt['standing'], string>> = {
  inForce: 'and is in force',
  ended: 'and has ended since',
  revoked: 'and is revoked, by a revocation that reaches beyond it',
};

/** What a verified receipt proves. */
export function proves({ base, custom, receipt, standing }: VerifiedReceipt): string {
  const key =
    base.attestation === null
      ? `The key ${receipt.keyid} of ${nameBuild(custom)}`
      : `A copy of ${nameBuild(custom)} with the key ${receipt.keyid}, for which its maker vouched,`;
  const what = `${key} signed ${base.method} ${base.origin}${base.target} for this deployment, at ${momentOf(base.created)} by its own clock.`;
  const credentials = base.hasBody ? ' The digest of the body is part of it.' : '';
  return `${what}${credentials} The approval that it names was in force at ${receipt.receivedAt}, ${standings[standing]}.`;
}

/** One verdict for programs. */
export function verdictJson({ file, line, verdict }: Judged): object {
  const where = { file, line: line.number, outcome: verdict.kind };
  if (verdict.kind !== 'verified') return { ...where, code: verdict.why.code, message: verdict.why.message };
  const { base, custom, receipt, standing } = verdict;
  const { partner, app, build } = custom;
  return {
    ...where,
    standing,
    proves: base.attestation === null ? 'key' : 'instance',
    keyid: receipt.keyid,
    partner,
    app,
    build,
    deployment: receipt.deployment,
    method: base.method,
    uri: base.origin + base.target,
    created: base.created,
    receivedAt: receipt.receivedAt,
    entry: receipt.entry,
    versions: receipt.versions,
  };
}

/** What a row of the summary is about. */
export function aboutOutcome({ kind, about }: Outcome): string {
  if (kind !== 'verified') return about;
  if (about === 'ended') return 'the approval has ended since';
  return about === 'revoked' ? 'the approval is revoked since' : 'the approval is in force';
}
