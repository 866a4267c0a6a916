import { parseAnchor } from '../../anchor.ts';
import { canonicalText } from '../../canonical.ts';
import { Refused } from '../../refused.ts';
import type { Inspected, Means } from './inspected.ts';

/** A trust anchor. It vouches for itself, so it is never verified; it is the installed one or another. Throws `anchor_malformed`. */
export function inspectAnchor(bytes: Uint8Array, { anchor: installed }: Means): Inspected {
  const anchor = parseAnchor(bytes);
  const title = 'A trust anchor';
  if (anchor === null) {
    const how = 'It trusts nobody: it is the one of the source package.';
    return { kind: 'anchor', title, facts: {}, proved: { kind: 'read', how } };
  }
  const same = !(installed instanceof Refused) && canonicalText(installed) === canonicalText(anchor);
  const how = same
    ? 'It is the anchor of the installed package.'
    : 'It is not the anchor of the installed package, and no file, option or variable makes it that. Nothing of it was verified.';
  return {
    kind: 'anchor',
    title,
    facts: {
      vendor: `${anchor.vendor.name} (${anchor.vendor.slug})`,
      environment:
        anchor.environment === 'development' ? 'development: DEVELOPMENT KEYS' : anchor.environment,
      registry: anchor.registry,
      minimum: `targets ${String(anchor.minimum.targets)}, signed ${anchor.minimum.signedAt}`,
    },
    proved: { kind: 'read', how },
  };
}
