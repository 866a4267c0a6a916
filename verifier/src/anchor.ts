import { sha256Pattern } from './ids.ts';
import { readerFor, type JsonObject, type JsonValue } from './json.ts';
import { isLabel } from './label.ts';
import { environments, type Environment } from './custom.ts';
import { parseJson } from './strict-json.ts';
import { isTime, type Time } from './time.ts';

// The trust anchor: one file in the installed package. No option, file or variable of the customer's replaces it.

export type Anchor = {
  readonly vendor: { readonly name: string; readonly slug: string };
  readonly registry: string;
  readonly environment: Environment;
  /** The whole signed metadata of the newest root when the package was made. */
  readonly root: JsonObject;
  readonly minimum: { readonly targets: number; readonly signedAt: Time };
};

const read = readerFor('anchor_malformed', 'Trust anchor');
const maxBytes = 1024 * 1024;

/**
 * Reads anchor.json: `{"type":"appwarrant/anchor/1","anchor":{vendor,registry,environment,root,minimum}}`, or with
 * `"anchor":null` in the source package, which trusts nobody. Throws `anchor_malformed`, `json_malformed`, `too_large`.
 */
export function parseAnchor(bytes: Uint8Array): Anchor | null {
  const document = read.members(parseJson(bytes, maxBytes), 'it', ['anchor', 'type']);
  read.oneOf(document.type, 'type', ['appwarrant/anchor/1']);
  return document.anchor === null ? null : parseMembers(document.anchor);
}

function parseMembers(value: JsonValue | undefined): Anchor {
  const anchor = read.members(value, 'anchor', ['environment', 'minimum', 'registry', 'root', 'vendor']);
  const vendor = read.members(anchor.vendor, 'vendor', ['name', 'slug']);
  const minimum = read.members(anchor.minimum, 'minimum', ['signedAt', 'targets']);
  const { name } = vendor;
  const { signedAt } = minimum;
  if (typeof name !== 'string' || !isLabel(name)) return read.refuse('vendor.name', 'a label');
  if (typeof signedAt !== 'string' || !isTime(signedAt)) return read.refuse('minimum.signedAt', 'a time');
  return {
    vendor: { name, slug: read.matching(vendor.slug, 'vendor.slug', /^[a-z0-9][a-z0-9-]{0,39}$/, 'a slug') },
    registry: read.matching(anchor.registry, 'registry', sha256Pattern, 'a digest'),
    environment: read.oneOf(anchor.environment, 'environment', environments),
    root: read.object(anchor.root, 'root'),
    minimum: {
      targets: read.integer(minimum.targets, 'minimum.targets', 1, Number.MAX_SAFE_INTEGER),
      signedAt,
    },
  };
}
