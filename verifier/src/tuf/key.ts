import { nullIfRefused } from '../attempt.ts';
import { canonical } from '../canonical.ts';
import {
  exportSpkiPem,
  importEd25519,
  importP256Pem,
  importRsaPssPem,
  isSignatureBy,
  type PublicKey,
} from '../crypto.ts';
import { fromHex, sha256Hex } from '../digest.ts';
import type { JsonObject, JsonValue } from '../json.ts';
import { Refused } from '../refused.ts';
import { read, type Document } from './document.ts';

/** A key as TUF lists it. Key ids are names that the delegating role chose; they need not be digests. */
export type TufKey = {
  /** Digest of what the key is, whatever its id: one key under two ids counts once. */
  readonly digest: string;
  /** Imported when first used; undefined for kinds that this verifier does not know, whose signatures never count. */
  readonly publicKey: () => PublicKey | undefined;
};

/** Who may sign a role, and how many of them must. */
export type RoleKeys = { readonly keys: ReadonlyMap<string, TufKey>; readonly threshold: number };

/** Reads `keys`, by key id. Throws `metadata_malformed`. */
export function parseKeys(value: JsonValue | undefined): ReadonlyMap<string, TufKey> {
  return new Map(Object.entries(read.object(value, 'keys')).map(([id, key]) => [id, parseKey(key)]));
}

/** Reads a role's `keyids` and `threshold`. Throws `metadata_malformed`: a threshold of 0, a key id twice or without a key. */
export function parseRoleKeys(value: JsonObject, keys: ReadonlyMap<string, TufKey>, at: string): RoleKeys {
  const threshold = read.integer(value.threshold, `${at}.threshold`, 1, 1024);
  const ids = read.list(value.keyids, `${at}.keyids`, 0, 1024);
  const found = new Map<string, TufKey>();
  for (const id of ids) {
    const key = typeof id === 'string' ? keys.get(id) : undefined;
    if (typeof id !== 'string' || key === undefined) return read.refuse(`${at}.keyids`, 'ids of listed keys');
    if (found.has(id)) read.refuse(`${at}.keyids`, 'distinct');
    found.set(id, key);
  }
  return { keys: found, threshold };
}

/**
 * The document carries valid signatures by at least the threshold of distinct keys. Throws `metadata_threshold`.
 * Signatures that are invalid or by others are ignored (TUF specification §5.3.4 and its like).
 */
export function requireSignedBy(document: Document, role: string, { keys, threshold }: RoleKeys): void {
  const valid = new Set<string>();
  for (const [id, signature] of document.signatures) {
    const key = keys.get(id);
    if (key === undefined || valid.has(key.digest)) continue;
    if (isValid(document, key, signature)) valid.add(key.digest);
    if (valid.size >= threshold) return;
  }
  const seen = `${role} carries ${valid.size} valid signatures of the ${threshold} that it needs.`;
  throw new Refused('metadata_threshold', seen);
}

/** Digests of a role's keys, sorted: what the floor remembers a key set by. */
export function keyDigests({ keys }: RoleKeys): readonly string[] {
  return [...new Set([...keys.values()].map(({ digest }) => digest))].sort();
}

function isValid(document: Document, key: TufKey, signature: string): boolean {
  if (signature.length === 0 || signature.length > 2048 || !/^(?:[0-9a-f]{2})+$/.test(signature))
    return false;
  const publicKey = key.publicKey();
  return publicKey !== undefined && isSignatureBy(publicKey, document.signedBytes, fromHex(signature));
}

function parseKey(value: JsonValue): TufKey {
  const { keytype, keyval, scheme } = read.object(value, 'a key');
  if (typeof keytype !== 'string' || typeof scheme !== 'string')
    return read.refuse('a key', 'of a type and a scheme');
  const publicText = read.object(keyval, 'keyval').public ?? null;
  let imported: PublicKey | undefined | null = null;
  const publicKey = () =>
    imported === null ? (imported = importKey(keytype, scheme, publicText)) : imported;
  let digest: string | undefined;
  return {
    get digest() {
      return (digest ??= sha256Hex(canonical(identityOf({ keytype, scheme, publicText }, publicKey()))));
    },
    publicKey,
  };
}

/**
 * What a key is told from others by. PEM and the names of types have several spellings, and one holder must not count twice by two of
 * them. Other members (keyid_hash_algorithms and the like) are signed, but make no other key of it.
 */
function identityOf(
  written: { readonly keytype: string; readonly scheme: string; readonly publicText: JsonValue },
  key: PublicKey | undefined,
): JsonValue {
  const { keytype, scheme, publicText } = written;
  if (key === undefined || key.kind === 'ed25519') return { keytype, keyval: { public: publicText }, scheme };
  return {
    keytype: key.kind === 'ecdsa-p256-sha256' ? 'ecdsa' : keytype,
    keyval: { public: exportSpkiPem(key) },
    scheme,
  };
}

function importKey(keytype: string, scheme: string, text: JsonValue): PublicKey | undefined {
  if (typeof text !== 'string' || text.length > 4096) return undefined;
  const key = nullIfRefused(() => {
    switch (`${keytype} ${scheme}`) {
      case 'ed25519 ed25519':
        return importEd25519(fromHex(text));
      case 'ecdsa ecdsa-sha2-nistp256':
      case 'ecdsa-sha2-nistp256 ecdsa-sha2-nistp256':
        return importP256Pem(text);
      case 'rsa rsassa-pss-sha256':
        return importRsaPssPem(text);
      default:
        return null;
    }
  });
  return key ?? undefined;
}
