import type { Allowlist, KeyMatch } from '../../allowlist.ts';
import { fromBase64url } from '../../base64url.ts';
import { isSignatureBy } from '../../crypto.ts';
import { rememberAttestations } from '../../http/attestation-memo.ts';
import { toDer } from '../../http/ecdsa-der.ts';
import { judgeAttestation } from '../../http/judge-attestation.ts';
import type { Receipt } from '../../http/receipt.ts';
import { withoutCredentials } from '../../http/step-words.ts';
import { parseDictionary } from '../../http/structured-fields.ts';
import type { JsonObject } from '../../json.ts';
import { attempt } from '../../attempt.ts';
import { Refused } from '../../refused.ts';
import { secondsOf } from '../../time.ts';
import { nameBuild } from '../name-build.ts';
import { parseReceipt } from '../receipt/parse-receipt.ts';
import type { Inspected, Means, Proved } from './inspected.ts';

/** A receipt: evidence that a key signed a request for a deployment. Throws `value_malformed`. */
export function inspectReceipt(value: JsonObject, means: Means): Inspected {
  const receipt = parseReceipt(value);
  const { base, keyid, deployment, versions, entry, receivedAt } = receipt;
  const lines = withoutCredentials(base).split('\n');
  return {
    kind: 'receipt',
    title: 'A receipt: that a key signed a request for a deployment, not that it was served',
    facts: {
      'received at': receivedAt,
      keyid,
      deployment,
      entry,
      versions: `root ${String(versions.root)}, targets ${String(versions.targets)}, timestamp ${String(versions.timestamp)}`,
      'what was signed': lines.slice(0, 80),
    },
    proved: prove(receipt, means),
  };
}

function prove(receipt: Receipt, { anchor, sight }: Means): Proved {
  const loaded = sight instanceof Refused ? null : sight.current();
  if (loaded === null || anchor instanceof Refused)
    return {
      kind: 'read',
      how: 'Nothing of it was verified: no bundle is loaded here. Anybody can have written it.',
    };
  if (receipt.registry !== anchor.registry)
    return { kind: 'refused', how: 'It is of another registry.', code: 'wrong_registry' };
  const match = attempt(() => signerOf(receipt, loaded.allowlist));
  if (match instanceof Refused) {
    const how = `Its signature could not be verified: what is loaded here does not vouch for its key at that time. ${match.message}`;
    return { kind: 'refused', how, code: match.code };
  }
  const der = toDer(fromBase64url(receipt.signature));
  const isSigned = der !== undefined && isSignatureBy(match.key, Buffer.from(receipt.base, 'latin1'), der);
  if (!isSigned || !saysSame(receipt)) {
    const how = isSigned
      ? 'What was signed names another key or deployment than the receipt.'
      : 'The signature is not that of its key.';
    return { kind: 'refused', how, code: 'signature_invalid' };
  }
  const other = match.entries.some(({ statement }) => statement === receipt.entry)
    ? ''
    : ' The statement that it names is no longer the one that is in force.';
  const how = `Verified: the key of ${nameBuild(match.entry.custom)} signed exactly this.${other} When it was received, the server alone says.`;
  return { kind: 'verified', how };
}

function signerOf({ base, keyid, deployment, receivedAt }: Receipt, allowlist: Allowlist): KeyMatch {
  const now = secondsOf(receivedAt);
  const attestation = lineOf(base, 'oauth-client-attestation');
  return attestation === null
    ? allowlist.findKey(keyid, now)
    : judgeAttestation(attestation, { keyid, allowlist, deployment, now }, rememberAttestations());
}

/** The members beside the base are worth what the signed base says of them. */
function saysSame({ base, keyid, deployment }: Receipt): boolean {
  const input = lineOf(base, '@signature-params');
  const list = input === null ? undefined : parseDictionary('Receipt', `app=${input}`).get('app');
  const signed = list?.parameters.get('keyid');
  return (
    signed?.kind === 'string' &&
    signed.value === keyid &&
    lineOf(base, 'appwarrant-deployment') === deployment
  );
}

function lineOf(base: string, name: string): string | null {
  const start = `"${name}": `;
  return (
    base
      .split('\n')
      .find((line) => line.startsWith(start))
      ?.slice(start.length) ?? null
  );
}
