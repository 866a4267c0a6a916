import { gunzipSync } from 'node:zlib';
import { fileText } from './canonical.ts';
import { sha256Hex } from './digest.ts';
import { customerIdPattern, sha256Pattern } from './ids.ts';
import { readerFor, type JsonValue } from './json.ts';
import { Refused } from './refused.ts';
import { decodeUtf8, readJson } from './strict-json.ts';

// The bundle (SPEC §6): an index, then the metadata files, each compressed on its own. The index is not signed; it only locates.

/** The first 20 bytes of a bundle. */
export const BUNDLE_MAGIC = 'AppWarrant bundle 1\n';

/** Sizes beyond which bundles are refused (SPEC §12), in bytes and files. */
export const bundleLimits = {
  packed: 256 * 1024 * 1024,
  unpacked: 1024 * 1024 * 1024,
  index: 4 * 1024 * 1024,
  file: 64 * 1024 * 1024,
  files: 4096,
};

/** Where a file lies: `packed` bytes that unpack to `length` bytes with this digest. */
export type BundleMember = {
  readonly name: string;
  readonly packed: number;
  readonly length: number;
  readonly digest: string;
};

export type BundleIndex = {
  readonly customer: string;
  readonly files: readonly BundleMember[];
  readonly registry: string;
};

export type BundleFile = {
  readonly member: BundleMember;
  readonly packed: Uint8Array;
  /** Unpacks the file, each time anew. Throws `bundle_malformed` when it is not what the index says. */
  readonly bytes: () => Uint8Array;
};

export type Bundle = { readonly index: BundleIndex; readonly files: ReadonlyMap<string, BundleFile> };

const read = readerFor('bundle_malformed', 'Bundle index');
const namePattern = /^[a-z0-9][a-z0-9.-]{0,99}\.json$/;

/**
 * Reads a bundle's index. Nothing is unpacked before it is asked for. Throws `too_large` (the bundle, its index, a file or their
 * number), `bundle_malformed` (magic, index or lengths), `bundle_shape` when a name stands twice.
 */
export function readBundle(bytes: Uint8Array): Bundle {
  if (bytes.length > bundleLimits.packed)
    throw new Refused('too_large', `A bundle of ${bytes.length} bytes.`);
  const start = BUNDLE_MAGIC.length + 4;
  if (bytes.length < start || !startsWithMagic(bytes))
    throw new Refused('bundle_malformed', 'It does not begin as a bundle.');
  const length = new DataView(bytes.buffer, bytes.byteOffset).getUint32(BUNDLE_MAGIC.length);
  if (length > bundleLimits.index) throw new Refused('too_large', `A bundle index of ${length} bytes.`);
  if (start + length > bytes.length) throw new Refused('bundle_malformed', 'It ends inside its index.');
  const index = parseIndex(bytes.subarray(start, start + length));
  const files = new Map<string, BundleFile>();
  let at = start + length;
  for (const member of index.files) {
    const packed = bytes.subarray(at, at + member.packed);
    if (packed.length < member.packed)
      throw new Refused('bundle_malformed', `It ends inside ${member.name}.`);
    if (files.has(member.name)) throw new Refused('bundle_shape', `${member.name} stands twice.`);
    files.set(member.name, bundleFile(member, packed));
    at += member.packed;
  }
  if (at !== bytes.length) throw new Refused('bundle_malformed', 'Something follows its last file.');
  return { index, files };
}

/** A file that is unpacked when it is asked for. */
export function bundleFile(member: BundleMember, packed: Uint8Array): BundleFile {
  return { member, packed, bytes: () => unpack(member, packed) };
}

function startsWithMagic(bytes: Uint8Array): boolean {
  for (let i = 0; i < BUNDLE_MAGIC.length; i += 1) if (bytes[i] !== BUNDLE_MAGIC.charCodeAt(i)) return false;
  return true;
}

function parseIndex(bytes: Uint8Array): BundleIndex {
  const text = decodeUtf8(bytes);
  const { value, plain } = readJson(text, undefined);
  if (!plain && fileText(value) !== text) read.refuse('it', 'in canonical form');
  const index = read.members(value, 'it', ['customer', 'files', 'registry']);
  const listed = read.list(index.files, 'files', 1, bundleLimits.index);
  if (listed.length > bundleLimits.files)
    throw new Refused('too_large', `A bundle of ${listed.length} files.`);
  const files = listed.map(parseMember);
  if (files.reduce((sum, file) => sum + file.length, 0) > bundleLimits.unpacked) {
    throw new Refused('too_large', 'The files of this bundle are too large together.');
  }
  return {
    customer: read.matching(index.customer, 'customer', customerIdPattern, 'a customer id'),
    files,
    registry: read.matching(index.registry, 'registry', sha256Pattern, 'a digest'),
  };
}

function parseMember(value: JsonValue): BundleMember {
  const member = read.members(value, 'a file', ['digest', 'length', 'name', 'packed']);
  const length = read.integer(member.length, 'length', 1, Number.MAX_SAFE_INTEGER);
  if (length > bundleLimits.file) throw new Refused('too_large', `A file of ${length} bytes.`);
  return {
    name: read.matching(member.name, 'name', namePattern, 'the name of a metadata file'),
    packed: read.integer(member.packed, 'packed', 1, bundleLimits.packed),
    length,
    digest: read.matching(member.digest, 'digest', sha256Pattern, 'a digest'),
  };
}

/** The least that zlib takes, in bytes. */
const smallestChunk = 64;

function unpack(member: BundleMember, packed: Uint8Array): Uint8Array {
  const refuse = (): never => {
    throw new Refused('bundle_malformed', `${member.name} is not what the index says.`);
  };
  let bytes: Uint8Array;
  let consumed: number;
  try {
    // A hostile file cannot grow beyond the length that was added up before. It is unpacked in one piece, with a byte left over, so
    // that nothing has to be asked twice or put together.
    const chunkSize = Math.max(smallestChunk, member.length + 1);
    const unpacked = gunzipSync(packed, {
      maxOutputLength: member.length,
      chunkSize,
      info: true,
    }) as unknown as {
      readonly buffer: Uint8Array;
      readonly engine: { readonly bytesWritten: number };
    };
    bytes = unpacked.buffer;
    consumed = unpacked.engine.bytesWritten;
  } catch {
    return refuse();
  }
  if (consumed !== member.packed || bytes.length !== member.length || sha256Hex(bytes) !== member.digest)
    return refuse();
  return bytes;
}
