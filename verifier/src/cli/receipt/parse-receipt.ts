import { fromBase64url } from '../../base64url.ts';
import type { Receipt } from '../../http/receipt.ts';
import { sha256Pattern, thumbprintPattern } from '../../ids.ts';
import { member, readerFor, type JsonValue } from '../../json.ts';
import { decodeCapped, parseJson, parseJsonText } from '../../strict-json.ts';
import { isTime } from '../../time.ts';

const read = readerFor('value_malformed', 'Receipt');

/** The longest receipt, in bytes of JSON: its base holds at most what a request's head may. */
export const mostOfReceipt = 256 * 1024;

/** What begins with `{"` in base64url. */
const packedPattern = /^[ \t\r\n]*(ey[A-Za-z0-9_-]+)[ \t\r\n]*$/;

/**
 * The receipt in these bytes: JSON, or JSON in base64url, as the sidecar hands it on. Throws `too_large`, `json_malformed`, `base64url_malformed`,
 * `value_malformed`.
 */
export function readReceipt(bytes: Uint8Array): Receipt {
  const text = decodeCapped(bytes, mostOfReceipt);
  const packed = packedPattern.exec(text)?.[1];
  return parseReceipt(
    packed === undefined ? parseJsonText(text) : parseJson(fromBase64url(packed), mostOfReceipt),
  );
}

/** Reads the form of a receipt (SPEC §11). Nothing of it is verified. Throws `value_malformed`. */
export function parseReceipt(value: JsonValue): Receipt {
  const receipt = read.members(value, 'it', [
    'base',
    'deployment',
    'entry',
    'keyid',
    'receivedAt',
    'registry',
    'signature',
    'type',
    'versions',
  ]);
  const versions = read.members(receipt.versions, 'versions', ['root', 'targets', 'timestamp']);
  const version = (name: string): number =>
    read.integer(member(versions, name), `versions.${name}`, 1, Number.MAX_SAFE_INTEGER);
  const { receivedAt } = receipt;
  if (typeof receivedAt !== 'string' || !isTime(receivedAt)) return read.refuse('receivedAt', 'a time');
  return {
    type: read.oneOf(receipt.type, 'type', ['appwarrant/receipt/1']),
    base: read.text(receipt.base, 'base', 131_072),
    signature: read.matching(
      receipt.signature,
      'signature',
      /^[A-Za-z0-9_-]{85}[AQgw]$/,
      '64 bytes in base64url',
    ),
    keyid: read.matching(receipt.keyid, 'keyid', thumbprintPattern, 'a thumbprint'),
    registry: read.matching(receipt.registry, 'registry', sha256Pattern, 'a digest'),
    deployment: read.matching(receipt.deployment, 'deployment', thumbprintPattern, 'a thumbprint'),
    versions: { root: version('root'), targets: version('targets'), timestamp: version('timestamp') },
    entry: read.matching(receipt.entry, 'entry', sha256Pattern, 'a digest'),
    receivedAt,
  };
}
