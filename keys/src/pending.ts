import { canonical, fileText, isObject, parseJson, Refused } from '@appwarrant/verifier/formats';
import type { JsonObject, JsonValue } from '@appwarrant/verifier/formats';
import { actValue, draftsOf, parseAct } from './act.ts';
import type { Act } from './act.ts';
import { readRoot, versionOf } from './compose-root.ts';
import type { Keyring } from './compose-root.ts';
import { KeysError } from './keys-error.ts';
import type { Repository } from './repository.ts';
import { REQUEST_BYTES } from './request.ts';
import { sealedFile, signatureBy } from './seal.ts';
import type { Signature } from './seal.ts';
import { parseSealedValue, signersOf } from './sealed-document.ts';
import type { Signer } from './signer.ts';

/** An act on its way from hand to hand: what is done, and who has signed what it makes. It carries no metadata itself. */
export type Pending = {
  readonly act: Act;
  readonly signatures: { readonly root: readonly Signature[]; readonly targets: readonly Signature[] };
};

/** How far one document is. Root needs the old keys and the new ones, so it may stand here twice. */
export type Tally = { readonly what: string; readonly signed: number; readonly threshold: number };

/** A file for the repository. */
export type RepositoryFile = { readonly name: string; readonly bytes: Uint8Array };

type Document = {
  readonly role: 'root' | 'targets';
  readonly signed: JsonObject;
  readonly needs: readonly Need[];
};
type Need = { readonly what: string; readonly keyring: Keyring };

const TYPE = 'appwarrant/ceremony-pending/1';

/** An act that nobody has signed yet. */
export function begin(act: Act): Pending {
  return { act, signatures: { root: [], targets: [] } };
}

/** A pending file's bytes. */
export function composePending({ act, signatures }: Pending): Uint8Array {
  return new TextEncoder().encode(fileText({ act: actValue(act), signatures, type: TYPE }));
}

/** Whether a parsed file says that it is a pending one. */
export function isPendingValue(value: JsonValue): boolean {
  return isObject(value) && value['type'] === TYPE;
}

/** Reads a pending file; none of its signatures has been verified. Throws KeysError `pending_malformed`, `request_malformed`. */
export function parsePending(bytes: Uint8Array): Pending {
  try {
    const value = parseJson(bytes, 2 * REQUEST_BYTES);
    if (!isObject(value) || !isPendingValue(value) || !isObject(value['signatures'])) throw malformed();
    const { root, targets } = value['signatures'];
    const read = (signatures: JsonValue | undefined): readonly Signature[] =>
      parseSealedValue({ signatures: signatures ?? null, signed: {} }, 'The pending file').signatures;
    return { act: parseAct(value['act']), signatures: { root: read(root), targets: read(targets) } };
  } catch (error) {
    if (error instanceof Refused || (error instanceof KeysError && error.code === 'file_malformed'))
      throw malformed();
    throw error;
  }
}

/**
 * Adds one signer's signature to every document that the act makes and that waits for this key.
 *
 * Throws KeysError `key_environment_mixed`, `key_not_listed`, `key_already_signed`, `pending_differs`, and what draftsOf throws.
 */
export async function addSignature(
  pending: Pending,
  repository: Repository | null,
  signer: Signer,
): Promise<Pending> {
  const documents = documentsOf(pending, repository);
  const environment = environmentOf(pending.act, repository);
  if (signer.environment !== environment) {
    throw new KeysError(
      'key_environment_mixed',
      `This is a ${signer.environment} key, and the registry is for ${environment}: the two are never mixed.`,
    );
  }
  const waiting = documents.filter(({ needs }) =>
    needs.some(({ keyring }) => keyring.keys.some((key) => sameKey(key, signer.key))),
  );
  if (waiting.length === 0) {
    throw new KeysError('key_not_listed', 'This key holds no role that signs here.');
  }
  let { signatures } = pending;
  for (const { role, signed } of waiting) {
    if (signatures[role].some(({ keyid }) => keyid === signer.keyId)) continue;
    signatures = {
      ...signatures,
      [role]: [...signatures[role], await signatureBy(signer, canonical(signed))],
    };
  }
  if (signatures === pending.signatures) {
    throw new KeysError('key_already_signed', 'This key has signed already; another one is needed.');
  }
  return { act: pending.act, signatures };
}

/** What has been signed and what is missing. Throws KeysError `pending_differs`, and what draftsOf throws. */
export function tally(pending: Pending, repository: Repository | null): readonly Tally[] {
  return documentsOf(pending, repository).flatMap(({ needs, role, signed }) =>
    needs.map(({ keyring, what }) => {
      const document = { signatures: pending.signatures[role], signed };
      return { what, signed: signersOf(document, keyring).size, threshold: keyring.threshold };
    }),
  );
}

/**
 * The finished files, once enough have signed; the same bytes wherever they are made.
 * Throws KeysError `signatures_missing`, `pending_differs`, and what draftsOf throws.
 */
export function finish(pending: Pending, repository: Repository | null): readonly RepositoryFile[] {
  const missing = tally(pending, repository).find(({ signed, threshold }) => signed < threshold);
  if (missing !== undefined) {
    throw new KeysError(
      'signatures_missing',
      `${missing.what}: ${missing.signed} of the ${missing.threshold} keys that it needs have signed.`,
    );
  }
  return documentsOf(pending, repository).map(({ role, signed }) => ({
    name: `${versionOf(signed)}.${role}.json`,
    bytes: sealedFile(signed, pending.signatures[role]),
  }));
}

/** The environment of an act: that of the registry it is about. */
function environmentOf(act: Act, repository: Repository | null): string {
  return act.kind === 'create' ? act.request.environment : (repository?.root.environment ?? 'unknown');
}

/** What the act makes, computed here and now; every signature that the file brought has to fit it. */
function documentsOf({ act, signatures }: Pending, repository: Repository | null): readonly Document[] {
  const drafts = draftsOf(act, repository);
  const root = drafts.root === null ? repository?.root : readRoot(drafts.root);
  if (root === undefined) throw new KeysError('repository_malformed', 'There is no root here.');
  const documents: Document[] = [];
  if (drafts.root !== null) {
    const needs = [{ what: `Root ${root.version}`, keyring: root.roles.root }];
    if (repository !== null) {
      needs.push({
        what: `Root ${root.version}, by the keys until now`,
        keyring: repository.root.roles.root,
      });
    }
    documents.push({ role: 'root', signed: drafts.root, needs });
  }
  if (drafts.targets !== null) {
    const needs = [{ what: `Targets ${versionOf(drafts.targets)}`, keyring: root.roles.targets }];
    documents.push({ role: 'targets', signed: drafts.targets, needs });
  }
  for (const role of ['root', 'targets'] as const) {
    const document = documents.find((one) => one.role === role);
    const valid = new Set(
      document?.needs.flatMap(({ keyring }) => [
        ...signersOf({ signatures: signatures[role], signed: document.signed }, keyring),
      ]),
    );
    if (signatures[role].some(({ keyid }) => !valid.has(keyid))) {
      throw new KeysError(
        'pending_differs',
        'A signature in this pending file does not fit what it makes on this machine: somebody signed something else.',
      );
    }
  }
  return documents;
}

function sameKey(a: Keyring['keys'][number], b: Keyring['keys'][number]): boolean {
  return a.keytype === b.keytype && a.keyval.public === b.keyval.public;
}

function malformed(): KeysError {
  return new KeysError('pending_malformed', 'This is no pending file of a ceremony, or it is damaged.');
}
