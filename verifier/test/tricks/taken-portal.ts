import { expect } from 'vitest';
import type { EntryCustom, JsonObject } from '../../src/formats.ts';
import type { Verifier } from '../../src/open-verifier.ts';
import {
  addEntry,
  approve,
  entryCustom,
  makeAppKey,
  type AppKey,
  type TestTarget,
} from '../compose/vendor.ts';
import { contentOf, makeSite, nextBundle, start, type Site } from '../state/site.ts';
import { verdict } from './honest.ts';

// Whoever has taken the portal with its database and online keys signs registry, partners' and customers' roles, snapshot and
// timestamp as he likes. He has every approval that was ever given, and can give none.

/** A customer's running server with one bundle; all that the thief does reaches it by the next one. */
export function running(): { site: Site; verifier: Verifier } {
  const site = makeSite();
  const verifier = start(site);
  verifier.load(nextBundle(site));
  return { site, verifier };
}

/** What becomes of the request of another app than the site's own. */
export const verdictOf = (key: AppKey, site: Site, verifier: Verifier): string =>
  verdict({ ...site, key }, verifier);

/** An entry of a key, approved by everybody, in the list or out of it. */
export function approved(site: Site, changes: Partial<EntryCustom> = {}): { key: AppKey; entry: TestTarget } {
  const key = makeAppKey();
  const entry = addEntry(site.vendor, entryCustom(site.vendor, key, changes));
  approve(site.vendor, [entry]);
  return { key, entry };
}

/** The entry with another place or other contents, and the approvals that it had. */
export function moved(
  site: Site,
  entry: TestTarget,
  custom: JsonObject,
  place: Partial<TestTarget> = {},
): void {
  const { vendor } = site;
  const role = place.role ?? entry.role;
  const digest = place.digest ?? entry.digest;
  const path = place.path ?? `${role}/${(custom.app as { id: string }).id}/${digest}`;
  const at = vendor.targets.indexOf(entry);
  vendor.targets[at] = { ...entry, ...place, role, digest, path, custom };
}

/** The next bundle loads. The one entry is refused, for what is missing, and the honest app beside it is served. */
export function expectNotAdmitted(key: AppKey, code: string, site: Site, verifier: Verifier): void {
  verifier.load(nextBundle(site));
  expectRefused(key, code, site, verifier);
}

/** The same with the bundle that is loaded. No request, refused or served, moves a byte of the folder. */
export function expectRefused(key: AppKey, code: string, site: Site, verifier: Verifier): void {
  const before = contentOf(site.folder);
  expect(verdictOf(key, site, verifier)).toBe(code);
  expect(verdict(site, verifier)).toBe('app');
  expect(contentOf(site.folder)).toEqual(before);
}
