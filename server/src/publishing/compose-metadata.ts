// Composes the metadata that online keys sign (SPEC §2): values only; keys' `sealMetadata` signs them.

import { timeOf, type JsonObject, type JsonValue } from '@appwarrant/verifier/formats';
import { TUF_SPEC_VERSION, type TufKey } from '@appwarrant/keys';

/** What every role says: its version, and its last second in Unix seconds. */
export interface Envelope {
  readonly version: number;
  readonly expires: number;
}

/** One target of a p- or c-role: where, what, and its `custom` with the approvals in it. */
export interface PublishedTarget {
  readonly path: string;
  readonly length: number;
  readonly sha256: string;
  readonly custom: JsonObject;
}

/** A public key and its id; every signer is one. */
export interface OnlineKey {
  readonly keyId: string;
  readonly key: TufKey;
}

/** A partner's entries, or a customer's licence and grants. Delegates nothing. */
export function composeLeaf(envelope: Envelope, targets: readonly PublishedTarget[]): JsonObject {
  return {
    ...head('targets', envelope),
    targets: Object.fromEntries(
      targets.map(({ path, length, sha256, custom }) => [path, { length, hashes: { sha256 }, custom }]),
    ),
  };
}

/** The registry: who may say what below it, and what is revoked. One online key signs every p- and c-role. */
export function composeRegistry(
  envelope: Envelope,
  { keyId, key }: OnlineKey,
  roles: readonly string[],
  revocations: readonly JsonValue[],
): JsonObject {
  return {
    ...head('targets', envelope),
    targets: {},
    delegations: {
      keys: { [keyId]: key },
      roles: [...roles].sort(byName).map((name) => ({
        name,
        keyids: [keyId],
        threshold: 1,
        paths: isPartnerRole(name) ? [`${name}/*/*`] : [`${name}/licence/*`, `${name}/grant/*`],
        terminating: true,
      })),
    },
    'x-appwarrant': { revocations },
  };
}

/** Versions of `targets`, `registry` and every role below it. */
export function composeSnapshot(envelope: Envelope, versions: ReadonlyMap<string, number>): JsonObject {
  const meta = [...versions].map(([role, version]) => [`${role}.json`, { version }] as const);
  return { ...head('snapshot', envelope), meta: Object.fromEntries(meta) };
}

/** The newest snapshot, when this was signed, and the head of the audit trail then. `signedAt` in Unix seconds. */
export function composeTimestamp(
  envelope: Envelope,
  snapshotVersion: number,
  signedAt: number,
  auditHead: string,
): JsonObject {
  return {
    ...head('timestamp', envelope),
    meta: { 'snapshot.json': { version: snapshotVersion } },
    'x-appwarrant': { auditHead, signedAt: timeOf(signedAt) },
  };
}

function isPartnerRole(role: string): boolean {
  return role.startsWith('p-');
}

function head(type: string, { version, expires }: Envelope): JsonObject {
  return { _type: type, spec_version: TUF_SPEC_VERSION, version, expires: timeOf(expires) };
}

/** Code point order: what canonical JSON and the verifier call "in order of role name". */
function byName(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
