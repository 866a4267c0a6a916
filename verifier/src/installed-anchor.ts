import { parseAnchor, type Anchor } from './anchor.ts';
import { readInstalled } from './installed-files.ts';
import { isObject, type JsonObject } from './json.ts';
import { Refused } from './refused.ts';
import { parseJson } from './strict-json.ts';

/**
 * The anchor of the installed package: anchor.json beside package.json.
 * Throws `no_trust_anchor` in the source package, `anchor_malformed` when the file is missing or damaged.
 */
export function installedAnchor(): Anchor {
  let bytes: Uint8Array;
  try {
    bytes = readInstalled('anchor.json');
  } catch {
    throw new Refused('anchor_malformed', 'anchor.json cannot be read.');
  }
  return anchorIn(bytes);
}

/**
 * The anchor in the bytes of such a file. Throws `no_trust_anchor`, and `anchor_malformed` whatever is wrong with it: what has to be done is
 * the same, for the package is damaged (SPEC §9).
 */
export function anchorIn(bytes: Uint8Array): Anchor {
  let anchor: Anchor | null;
  try {
    anchor = parseAnchor(bytes);
  } catch (error) {
    if (error instanceof Refused) throw new Refused('anchor_malformed', error.seen);
    throw error;
  }
  if (anchor === null) throw new Refused('no_trust_anchor');
  return anchor;
}

/** The version of the installed package. Throws `anchor_malformed` when package.json is missing or damaged. */
export function installedVersion(): string {
  const { version } = manifest();
  return typeof version === 'string' ? version : damaged();
}

/** The name of the package's program, by which people call it. Throws `anchor_malformed` as above. */
export function installedName(): string {
  const { bin } = manifest();
  return (isObject(bin) ? Object.keys(bin)[0] : undefined) ?? damaged();
}

function manifest(): JsonObject {
  try {
    const value = parseJson(readInstalled('package.json'), 64 * 1024);
    return isObject(value) ? value : damaged();
  } catch {
    return damaged();
  }
}

function damaged(): never {
  throw new Refused('anchor_malformed', 'package.json cannot be read.');
}
