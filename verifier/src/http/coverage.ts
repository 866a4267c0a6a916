import { Refused } from '../refused.ts';
import type { Fields } from './header-fields.ts';
import type { RequestHead } from './request-head.ts';
import type { Component } from './signature-base.ts';

/** Visible ASCII, space and tab: other values do not fit into a signature base (RFC 9421 §2.5). */
const signable = /^[\t\x20-\x7e]*$/;

/**
 * Judges what a proof covers and gives the components with their values, in the order in which they were signed
 * (SPEC §10.2). Cookies are judged apart (`requireCookieCoverage`), because the rule depends on the build.
 * Throws `proof_coverage`, `header_repeated`, `header_malformed`.
 */
export function coveredComponents(
  covered: readonly string[],
  head: RequestHead,
  origin: string,
): readonly Component[] {
  const { values } = head.fields;
  requireCovered(covered, '@method', 'always');
  requireCovered(covered, '@target-uri', 'always');
  requireCovered(covered, 'appwarrant-deployment', 'always');
  if (hasBody(head)) {
    requireCovered(covered, 'content-digest', 'where there is a body');
    if (values.has('content-type')) requireCovered(covered, 'content-type', 'where there is a body');
  }
  if (values.has('authorization'))
    requireCovered(covered, 'authorization-digest', 'where there is Authorization');
  for (const name of whenPresent) if (values.has(name)) requireCovered(covered, name, 'where it is present');
  return covered.map((name): Component => {
    if (name === '@method') return [name, head.method];
    if (name === '@target-uri') return [name, origin + head.target];
    return [name, valueOf(head.fields, name)];
  });
}

/** A cookie has to be covered, through its digest, but by builds for the web, whose scripts cannot read it (SPEC §10.7). */
export function requireCookieCoverage(covered: readonly string[]): void {
  requireCovered(covered, 'cookie-digest', 'where there is Cookie');
}

/** Whether a body is announced: by its length, by a transfer coding, or by a digest. */
export function hasBody({ framing, fields }: RequestHead): boolean {
  return framing.chunked || (framing.length ?? 0) > 0 || fields.values.has('content-digest');
}

const whenPresent = [
  'authorization-digest',
  'content-digest',
  'content-encoding',
  'cookie-digest',
  'oauth-client-attestation',
];

/** What would put a credential into signature bases, and with them into answers and receipts: its digest is there to be covered. */
const credentials: ReadonlySet<string> = new Set(['authorization', 'cookie', 'proxy-authorization']);

function requireCovered(covered: readonly string[], name: string, when: string): void {
  if (!covered.includes(name))
    throw new Refused('proof_coverage', `The proof does not cover "${name}", which it must ${when}.`);
}

function valueOf(fields: Fields, name: string): string {
  if (credentials.has(name))
    throw new Refused('proof_coverage', `The proof covers "${name}" itself, a credential.`);
  const value = fields.values.get(name);
  if (value === undefined) {
    throw new Refused('proof_coverage', `The proof covers "${name}", which the request does not have.`);
  }
  if (fields.repeated.has(name))
    throw new Refused('header_repeated', `${name} is covered and comes more than once.`);
  if (!signable.test(value))
    throw new Refused('header_malformed', `${name} is covered and contains characters beyond ASCII.`);
  return value;
}
