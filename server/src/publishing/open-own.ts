import {
  parseJson,
  parseJsonText,
  Refused,
  thumbprint,
  type JsonObject,
  type OpenedBundle,
} from '@appwarrant/verifier/formats';
import type { EntryCustom, LicenseCustom } from '@appwarrant/verifier/formats';

import type { Context } from '../context.ts';
import { Problem } from '../problem.ts';
import { bundleMembers, rootPlaces, type RolePlace } from './bundle-members.ts';
import { readRoleBytes } from './metadata-folder.ts';
import { openOwnBundle } from './open-own-bundle.ts';
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
    const { opened } = openOwnBundle(context, customerId, members, anchor);
    for (const role of sees) requireEntered(opened, role, customerId, plan.signedAt);
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

/** Every entry that enters is found in the opened bundle by its key, with approvals that count. */
function requireEntered(opened: OpenedBundle, role: PlannedRole, customerId: string, at: number): void {
  const entering = new Set(role.entering.map(({ path }) => path));
  for (const { path, custom } of role.targets) {
    if (!entering.has(path)) continue;
    const { identities, customers } = custom as unknown as EntryCustom;
    if (customers !== 'all' && !customers.includes(customerId)) continue;
    for (const { key } of identities) requireFound(opened, thumbprint(key), path, at);
  }
}

function requireFound(opened: OpenedBundle, key: string, path: string, at: number): void {
  const refuse = (reason: string, cause?: unknown) =>
    new Problem('publication_refused', `The verifier would not admit ${path}.`, { reason, cause });
  try {
    const { entries } = opened.allowlist.findKey(key, at);
    if (!entries.some((entry) => entry.path === path)) throw refuse('app_not_approved');
  } catch (error) {
    if (error instanceof Refused) throw refuse(error.code, error);
    throw error;
  }
}
