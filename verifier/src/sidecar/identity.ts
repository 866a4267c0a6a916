import type { HeadAdmission } from '../http/admission.ts';
import { once, overrides, type RawHeaders } from '../http/header-fields.ts';
import { Refused } from '../refused.ts';

// What the protected server is told of who sent a request. It believes these header fields, so nobody else may send them.

/** In the order in which they are sent; every one of them is there with every request, `none` where there is nothing to say. */
export const identityNames = [
  'AppWarrant-Verdict',
  'AppWarrant-App',
  'AppWarrant-Partner',
  'AppWarrant-Build',
  'AppWarrant-Instance',
  'AppWarrant-Capabilities',
  'AppWarrant-Assurance',
  'AppWarrant-Freshness',
  'AppWarrant-Receipt',
] as const;

const ours: ReadonlySet<string> = new Set(identityNames.map(alike));

/**
 * A name as the most careless of servers reads it: CGI and its kind make one variable of all names that differ only in letters' case
 * and in what is no letter or digit.
 */
export function alike(name: string): string {
  return name.toLowerCase().replace(/[^a-z0-9]/g, '-');
}

/** What fields of which the check knows the one spelling alone might be taken for. */
const checked: ReadonlyMap<string, string> = new Map(
  [...once, ...overrides].map((name) => [alike(name), name]),
);

/**
 * Throws `identity_header_forged` where a request brings one of our fields itself, in whatever spelling; `method_override` and
 * `header_malformed` where a server might take a field for one that was checked, and the check has not.
 */
export function requireClearNames(headers: RawHeaders): void {
  for (const [name] of headers) {
    const key = alike(name);
    // The spelling is the sender's, and is not repeated in full.
    const seen = `The request has ${name.slice(0, 40)}.`;
    if (ours.has(key)) throw new Refused('identity_header_forged', seen);
    const read = checked.get(key);
    if (read === undefined || read === name.toLowerCase()) continue;
    if (overrides.includes(read)) throw new Refused('method_override', seen);
    throw new Refused('header_malformed', `${seen} Some servers take it for ${read}.`);
  }
}

/** The fields for an admitted request, or for one of a path that needs no proof. Every value is ASCII by its own format. */
export function identityOf(admission: HeadAdmission | 'exempt'): RawHeaders {
  const values = valuesOf(admission);
  return identityNames.map((name, i) => [name, values[i] || 'none']);
}

function valuesOf(admission: HeadAdmission | 'exempt'): readonly string[] {
  if (admission === 'exempt') return ['exempt'];
  const { kind, freshness } = admission;
  if (admission.kind !== 'app') return [kind, '', '', '', '', '', '', freshness];
  const { app, partner, build, instance, capabilities, assurance, receipt } = admission;
  return [
    kind,
    app.id,
    partner.id,
    build === 'unproven' ? build : build.id,
    instance ?? '',
    capabilities.join(' '),
    assurance,
    freshness,
    receipt === undefined ? '' : Buffer.from(JSON.stringify(receipt)).toString('base64url'),
  ];
}
