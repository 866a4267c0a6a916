import type { Entry, Freshness, KeyMatch } from '../allowlist.ts';
import type { ReasonCode } from '../reasons.ts';
import type { Refused } from '../refused.ts';
import type { Holder, Platform } from '../custom.ts';
import type { Time } from '../time.ts';
import type { Receipt } from './receipt.ts';

/** The verdict on a request that may be served (SPEC §11). Switch on `kind`. */
export type Admission = AppAdmission | GrantedAdmission;

/** Signed by an approved app. */
export type AppAdmission = {
  readonly kind: 'app';
  readonly partner: { readonly id: string; readonly name: string };
  readonly app: { readonly id: string; readonly name: string };
  /** `unproven` when the key stands in several live builds: then nobody can say which of them signed. */
  readonly build: { readonly id: string; readonly version: string; readonly platform: Platform } | 'unproven';
  /** One installed copy of the app, by the thumbprint of its attested key; null for keys that an entry pins. */
  readonly instance: string | null;
  /** What the vendor approved the app to do: for several live builds, what was approved for every one of them. */
  readonly capabilities: readonly string[];
  /** Where the private key lives; for several live builds, the weakest. Nothing is claimed for attested keys: `embedded`. */
  readonly assurance: Holder;
  /**
   * What the proof ties the request to. A pinned key proves itself, and nothing about who holds it; an attested one, that the app's maker
   * vouches for one copy (SPEC §10.11).
   */
  readonly proves: 'key' | 'instance' | 'build';
  /** Whether the proof ties the request's cookie to the app; `unbound` is for builds for the web alone (SPEC §10.7). */
  readonly cookie: 'none' | 'bound' | 'unbound';
  readonly freshness: Freshness['kind'];
  /** Seconds since the allowlist was signed. */
  readonly allowlistAge: number;
  readonly warnings: readonly string[];
  readonly receipt: Receipt;
  /** The grant in force, if any: it also admits the app to what its capabilities do not. */
  readonly grant: GrantInForce | null;
};

/**
 * What the head of a request proved, for a handler that reads the body as it comes: `Admission`, or an app's without a receipt while
 * nobody knows yet whether the body is the one that was signed.
 */
export type HeadAdmission = Admission | AppHead;
export type AppHead = Omit<AppAdmission, 'receipt'> & {
  /** This deployment's id. */
  readonly deployment: string;
  /** Thumbprint of the key that signed. */
  readonly keyid: string;
  readonly receipt?: undefined;
};

/** Admitted by a grant of the vendor although the request itself would have been refused. */
export type GrantedAdmission = {
  readonly kind: GrantInForce['kind'];
  /** This deployment's id. */
  readonly deployment: string;
  /** Why the request would have been refused, and the sentence for people. */
  readonly refused: { readonly code: ReasonCode; readonly message: string };
  readonly grant: GrantInForce;
  readonly freshness: Freshness['kind'];
  /** Seconds since the allowlist was signed. */
  readonly allowlistAge: number;
  readonly warnings: readonly string[];
};

/** A monitor or break-glass grant: its statement's digest, and what it says. */
export type GrantInForce = {
  readonly kind: 'monitored' | 'breakGlass';
  readonly statement: string;
  readonly reason: string;
  readonly expires: Time;
};

const holders: readonly Holder[] = ['embedded', 'server', 'hardware'];

/** Puts together what an entry says about its app and what the request proved. */
export function admitApp(
  match: KeyMatch,
  proved: Pick<AppAdmission, 'cookie' | 'receipt' | 'grant'> & { readonly freshness: Freshness },
): AppAdmission {
  const { entry, entries, identity } = match;
  const isAttested = identity.use === 'attest';
  const { partner, app, build } = entry.custom;
  const { cookie, freshness, grant, receipt } = proved;
  return {
    kind: 'app',
    partner,
    app,
    build: entries.length === 1 ? build : 'unproven',
    instance: isAttested ? receipt.keyid : null,
    capabilities: sharedCapabilities(entries),
    // The entry speaks of the issuer's key, which is not the one that signed.
    assurance: isAttested ? 'embedded' : lowestAssurance(entries),
    proves: isAttested ? 'instance' : 'key',
    freshness: freshness.kind,
    allowlistAge: freshness.age,
    cookie,
    warnings: warningsOf(freshness),
    receipt,
    grant,
  };
}

/** Puts together an admission that rests on a grant alone. */
export function admitByGrant(
  grant: GrantInForce,
  { code, message }: Refused,
  where: { readonly deployment: string; readonly freshness: Freshness },
): GrantedAdmission {
  const { deployment, freshness } = where;
  return {
    kind: grant.kind,
    deployment,
    refused: { code, message },
    grant,
    freshness: freshness.kind,
    allowlistAge: freshness.age,
    warnings: [...warningsOf(freshness), `Admitted by a grant until ${grant.expires}: ${code}.`],
  };
}

/** Turns an app's admission into one by the grant that is in force, for what its capabilities do not admit it to. */
export function admitBeyond(
  app: AppAdmission | AppHead,
  grant: GrantInForce,
  { code, message }: Refused,
): GrantedAdmission {
  const { freshness, allowlistAge, warnings } = app;
  const { deployment } = app.receipt ?? app;
  return {
    kind: grant.kind,
    deployment,
    refused: { code, message },
    grant,
    freshness,
    allowlistAge,
    warnings,
  };
}

function sharedCapabilities(entries: readonly Entry[]): readonly string[] {
  const [first, ...others] = entries;
  const capabilities = first?.custom.capabilities ?? [];
  if (others.length === 0) return capabilities;
  return capabilities.filter((one) => others.every(({ custom }) => custom.capabilities.includes(one)));
}

function lowestAssurance(entries: readonly Entry[]): Holder {
  if (entries.length === 1) return entries[0]?.custom.assurance ?? 'embedded';
  const ranks = entries.map((entry) => holders.indexOf(entry.custom.assurance));
  return holders[Math.min(...ranks)] ?? 'embedded';
}

function warningsOf(freshness: Freshness): readonly string[] {
  if (freshness.kind === 'fresh') return [];
  const days = Math.floor((freshness.expires - freshness.signedAt - freshness.age) / 86_400);
  return [`The allowlist is stale: load a new bundle within ${String(days)} days.`];
}
