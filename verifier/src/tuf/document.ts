import { canonical } from '../canonical.ts';
import { readerFor, type JsonObject, type JsonValue } from '../json.ts';
import { decodeCapped, readJson } from '../strict-json.ts';
import { isTime, secondsOf } from '../time.ts';

/** A TUF file (specification §4.2.1) that has been read but not verified. */
export type Document = {
  readonly signed: JsonObject;
  /** canonical(signed): what signatures are over. It was made from the value that is used, so no other reading was signed. */
  readonly signedBytes: Uint8Array;
  /** Signatures in hexadecimal digits, by key id. */
  readonly signatures: ReadonlyMap<string, string>;
};

/** What every role's `signed` part has. */
export type Common = {
  readonly version: number;
  /** Seconds since 1970. */
  readonly expires: number;
};

export const read = readerFor('metadata_malformed', 'Metadata');

/** The largest version number that a role can have. */
const mostVersions = Number.MAX_SAFE_INTEGER;

/**
 * Reads one file of at most `maxBytes`, in any JSON formatting. Throws `too_large`, `json_malformed`, or `metadata_malformed`, also
 * when two signatures name one key.
 */
export function openDocument(bytes: Uint8Array, maxBytes: number): Document {
  const { value, plain } = readJson(decodeCapped(bytes, maxBytes), undefined);
  return documentOf(value, plain ? bytes : undefined);
}

/** The same, of a value that strict parsing returned; with `plainBytes`, of which it is known that they are the value's canonical form. */
export function documentOf(value: JsonValue, plainBytes?: Uint8Array): Document {
  const document = read.object(value, 'the file');
  const signed = read.object(document.signed, 'signed');
  const signatures = new Map<string, string>();
  for (const item of read.list(document.signatures, 'signatures', 0, 1024)) {
    const { keyid, sig } = read.object(item, 'a signature');
    if (typeof keyid !== 'string' || typeof sig !== 'string')
      return read.refuse('a signature', 'a key id and a signature');
    if (signatures.has(keyid)) read.refuse('signatures', 'one for each key');
    signatures.set(keyid, sig);
  }
  const signedBytes = signedPart(document, plainBytes) ?? canonical(signed);
  return { signed, signedBytes, signatures };
}

/** Where the whole file is in canonical form, so is its part `signed`: the bytes are there, and need not be made again. */
function signedPart(
  { signatures, ...others }: JsonObject,
  plainBytes: Uint8Array | undefined,
): Uint8Array | undefined {
  if (plainBytes === undefined || Object.keys(others).length !== 1) return undefined;
  const before = canonical({ signatures: signatures ?? null }).length - '}'.length + ',"signed":'.length;
  return plainBytes.subarray(before, plainBytes.length - '}'.length);
}

/** Reads what every role has in common. Throws `metadata_malformed` when the type is another, or spec_version not 1.x. */
export function parseCommon(signed: JsonObject, type: 'root' | 'timestamp' | 'snapshot' | 'targets'): Common {
  read.oneOf(signed._type, '_type', [type]);
  read.matching(signed.spec_version, 'spec_version', /^1\.[0-9]{1,4}(?:\.[0-9]{1,4})?$/, 'a version 1.x');
  const { expires } = signed;
  if (typeof expires !== 'string' || !isTime(expires)) return read.refuse('expires', 'a time');
  return { version: parseVersion(signed.version, 'version'), expires: secondsOf(expires) };
}

/** A version number: an integer from 1. */
export function parseVersion(value: JsonValue | undefined, at: string): number {
  return read.integer(value, at, 1, mostVersions);
}
