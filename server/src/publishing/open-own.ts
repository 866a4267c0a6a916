import { parseJson, parseJsonText, type JsonObject, type OpenedBundle } from '@appwarrant/verifier/formats';
import type { EntryCustom, LicenseCustom } from '@appwarrant/verifier/formats';

import type { Context } from '../context.ts';
import { Problem } from '../problem.ts';
import { bundleMembers, rootPlaces, type RolePlace } from './bundle-members.ts';
import { readRoleBytes } from './metadata-folder.ts';
import { openOwnBundle } from './open-own-bundle.ts';
import { bundleOfParts } from './pack-bundle.ts';
import type { Plan, PlannedRole } from './plan-publication.ts';
import type { SealedFile } from './seal-publication.ts';
import { listedLicenses } from './store.ts';

type Partners = LicenseCustom['partners'];

const ROOT_BYTES = 512 * 1024;

/**
 * Opens what is about to be published with the real verifier, as customers will receive it: for each role that was made
 * anew, the bundle of a customer who gets it; in it, every entry that enters has its approvals verified now. Where no
 * licence is in force nobody receives anything yet, and the first licence opens all of it.
 * @throws Problem publication_refused
 */
export async function openOwn(
  context: Context,
  plan: Plan,
  files: readonly SealedFile[],
  now: number,
): Promise<void> {
  const roles = new Map<string, RolePlace>(plan.before);
  for (const file of files) roles.set(file.role, file);
  const newRoots = files.filter(({ role }) => role === 'root');
  const roots = [...rootPlaces(context, plan.before.get('root')?.version ?? 0), ...newRoots];
  const [first] = newRoots;
  const firstRoot =
    plan.before.has('root') || first === undefined ? readRoleBytes(context.dataDir, 'root', 1) : first.bytes;
  const anchor = {
    firstRoot: parseJson(firstRoot, ROOT_BYTES) as JsonObject,
    repository: plan.repository,
    signedAt: plan.signedAt,
    now,
  };
  for (const [customerId, { partners, sees }] of await witnesses(context, plan)) {
    const members = bundleMembers(context, customerId, partners, { roots, roles });
    const parts = bundleOfParts(plan.repository.registry, customerId, members);
    const opened = openOwnBundle(context, parts, anchor);
    requireEntered(opened, sees, customerId);
  }
}

interface Witness {
  readonly partners: Partners;
  /** The partner roles for which this customer's bundle is opened. */
  readonly sees: PlannedRole[];
}

/** Customers whose bundles together hold every role that changes, as far as anybody receives it. */
async function witnesses(context: Context, plan: Plan): Promise<ReadonlyMap<string, Witness>> {
  const found = new Map<string, Witness>();
  const licenses = await licensesAfter(context, plan);
  for (const { role } of plan.changed) {
    const partners = licenses.get(role);
    if (partners !== undefined) found.set(role, { partners, sees: [] });
  }
  for (const role of plan.changed.filter((planned) => planned.role.startsWith('p-'))) {
    const partner = role.role.slice(0, 28);
    const receives = ([, partners]: readonly [string, Partners]) =>
      partners === 'all' || partners.includes(partner);
    const witness =
      [...found].find(([, { partners }]) => receives(['', partners]))?.[0] ??
      [...licenses].find(receives)?.[0];
    if (witness === undefined) continue;
    const known = found.get(witness) ?? { partners: licenses.get(witness) ?? 'all', sees: [] };
    known.sees.push(role);
    found.set(witness, known);
  }
  // A new registry or targets alone concerns everybody: anyone's bundle shows whether they fit together.
  const [anyone] = licenses;
  if (found.size === 0 && anyone !== undefined) found.set(anyone[0], { partners: anyone[1], sees: [] });
  return found;
}

/** Who will have a licence once this is published, and for which partners. */
async function licensesAfter(context: Context, plan: Plan): Promise<Map<string, Partners>> {
  const licenses = new Map<string, Partners>();
  for (const { role, statement } of await listedLicenses(context.db)) {
    const { custom } = parseJsonText(statement) as { custom: LicenseCustom } & JsonObject;
    licenses.set(role, custom.partners);
  }
  for (const { role, targets } of plan.changed.filter((planned) => planned.role.startsWith('c-'))) {
    const license = targets.find(({ path }) => path.startsWith(`${role}/licence/`));
    if (license === undefined) licenses.delete(role);
    else licenses.set(role, (license.custom as unknown as LicenseCustom).partners);
  }
  return licenses;
}

/** Every entry that enters is admitted by the verifier: in its place, with enough approvals, under a key of its own. */
function requireEntered(opened: OpenedBundle, roles: readonly PlannedRole[], customerId: string): void {
  const paths = new Set<string>();
  for (const { entering, targets } of roles) {
    const fresh = new Set(entering.map(({ path }) => path));
    for (const { path, custom } of targets) {
      const { customers } = custom as unknown as EntryCustom;
      if (fresh.has(path) && (customers === 'all' || customers.includes(customerId))) paths.add(path);
    }
  }
  if (paths.size === 0) return;
  const { entries, refused } = opened.judgeOnly(paths);
  const [first] = refused;
  if (first === undefined && entries.length === paths.size) return;
  throw new Problem('publication_refused', `The verifier would not admit ${first?.path ?? 'an entry'}.`, {
    reason: first?.reason.code ?? 'app_not_approved',
    cause: first?.reason,
  });
}
