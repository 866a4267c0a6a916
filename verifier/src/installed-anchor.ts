import { readFileSync } from 'node:fs';
import { parseAnchor, type Anchor } from './anchor.ts';
import { Refused } from './refused.ts';

/**
 * The anchor of the installed package: anchor.json beside package.json, found from where this module lies (`src` or `dist`).
 * Throws `no_trust_anchor` in the source package, `anchor_malformed` when the file is missing or damaged.
 */
export function installedAnchor(): Anchor {
  let bytes: Uint8Array;
  try {
    bytes = readFileSync(new URL('../anchor.json', import.meta.url));
  } catch {
    throw new Refused('anchor_malformed', 'anchor.json cannot be read.');
  }
  const anchor = parseAnchor(bytes);
  if (anchor === null) throw new Refused('no_trust_anchor');
  return anchor;
}
