// Composes what a statement says (SPEC §3): its `custom`, without approvals. The verifier's parsers judge the result.

import { timeOf, type GrantEffect, type Holder, type JsonObject } from '@appwarrant/verifier/formats';

/** When a statement was issued and when it holds, in Unix seconds. */
export interface Validity {
  readonly issued: number;
  readonly validFrom: number;
  readonly expires: number;
}

export interface EntryContent {
  readonly partner: { readonly id: string; readonly name: string };
  readonly app: { readonly slug: string; readonly name: string };
  readonly build: { readonly id: string; readonly version: string; readonly platform: string };
  /** The build's key, what it does, and who holds it. */
  readonly key: JsonObject;
  readonly use: 'request' | 'attest';
  readonly holder: Holder;
  readonly capabilities: readonly string[];
  readonly customers: 'all' | readonly string[];
  /** Digest of findings and accepted terms. */
  readonly review: string;
}

/**
 * SPEC §3.2. The assurance is no higher than what holds the key; where that key only vouches for copies, nothing is known of what holds
 * theirs.
 */
export function composeEntry(content: EntryContent, validity: Validity): JsonObject {
  const { partner, app, build, key, use, holder, capabilities, customers, review } = content;
  return {
    kind: 'entry',
    partner: { id: partner.id, name: partner.name },
    app: { id: app.slug, name: app.name },
    build: { id: build.id, version: build.version, platform: build.platform },
    identities: [{ kind: 'key', key, use, holder }],
    capabilities: sorted(capabilities),
    assurance: use === 'attest' ? 'embedded' : holder,
    customers: customers === 'all' ? 'all' : sorted(customers),
    review,
    ...dates(validity),
  };
}

export interface LicenseContent {
  readonly customer: { readonly id: string; readonly name: string };
  readonly deployments: readonly { readonly id: string; readonly origins: readonly string[] }[];
  readonly partners: 'all' | readonly string[];
  /** Seconds. */
  readonly fresh: number;
  readonly grace: number;
}

/** SPEC §3.3. */
export function composeLicense(content: LicenseContent, validity: Validity): JsonObject {
  const { customer, deployments, partners, fresh, grace } = content;
  return {
    kind: 'licence',
    customer: { id: customer.id, name: customer.name },
    deployments: deployments
      .map(({ id, origins }) => ({ id, origins: sorted(origins) }))
      .sort((a, b) => (a.id < b.id ? -1 : 1)),
    partners: partners === 'all' ? 'all' : sorted(partners),
    fresh,
    grace,
    ...dates(validity),
  };
}

export interface GrantContent {
  readonly customer: { readonly id: string; readonly name: string };
  readonly deployments: readonly string[];
  readonly effect: GrantEffect;
  readonly reason: string;
}

/** SPEC §3.4. */
export function composeGrant(content: GrantContent, validity: Validity): JsonObject {
  const { customer, deployments, effect, reason } = content;
  return {
    kind: 'grant',
    customer: { id: customer.id, name: customer.name },
    deployments: sorted(deployments),
    effect: { ...effect },
    reason,
    ...dates(validity),
  };
}

function dates({ issued, validFrom, expires }: Validity): JsonObject {
  return { issued: timeOf(issued), validFrom: timeOf(validFrom), expires: timeOf(expires) };
}

/** Distinct, by code point. */
function sorted(values: readonly string[]): string[] {
  return [...new Set(values)].sort();
}
