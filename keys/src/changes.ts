import { canonicalText, fingerprint, inGroups, thumbprint } from '@appwarrant/verifier/formats';
import type { Approver, Revocation, Roster } from '@appwarrant/verifier/formats';
import { ROOT_ROLES } from './compose-root.ts';
import type { Keyring, RootContent } from './compose-root.ts';
import type { TargetsContent } from './compose-targets.ts';
import type { Holders } from './act.ts';
import { keyIdOf } from './signer.ts';

/** One thing that changes. Where it has a fingerprint, people compare that aloud before anybody signs. */
export type Line = { readonly text: string; readonly fingerprint: string | null };

/** What a root changes, in words: every key that comes or goes, and every threshold. */
export function describeRoot(
  before: RootContent | null,
  after: RootContent,
  holders: Holders,
): readonly Line[] {
  const lines = [plain(`Root version ${after.version}, ${after.environment}, ends ${after.expires}.`)];
  if (after.environment === 'production' && after.roles.root.threshold === 1) {
    lines.push(
      plain('Warning: one stolen root key is enough to replace every other key. Two of three are usual.'),
    );
  }
  for (const role of ROOT_ROLES) {
    lines.push(...describeKeyring(role, before?.roles[role] ?? null, after.roles[role], holders));
  }
  return lines;
}

/** What the targets change, in words: people and their keys, packages, policy, revocations. */
export function describeTargets(before: TargetsContent | null, after: TargetsContent): readonly Line[] {
  return [
    plain(`Targets version ${after.version}, ends ${after.expires}.`),
    ...describeKeyring('registry', before?.registry ?? null, after.registry, new Map()),
    ...describePolicy(before, after),
    ...describePeople(before?.roster.approvers ?? [], after.roster.approvers),
    ...describePackages(before, after),
    ...after.revocations
      .filter(
        (revocation) =>
          !before?.revocations.some((known) => canonicalText(known) === canonicalText(revocation)),
      )
      .map((revocation) => plain(`Revoked: ${subjectText(revocation)}, issued until ${revocation.through}.`)),
  ];
}

/** A roster in words, all of it. */
export function describeRoster(roster: Roster): readonly Line[] {
  return [plain(policyText(roster)), ...describePeople([], roster.approvers)];
}

/** The fingerprint of a TUF key: its key id in groups of four. */
export function keyFingerprint(keyId: string): string {
  return inGroups(keyId);
}

function describeKeyring(
  role: string,
  before: Keyring | null,
  after: Keyring,
  holders: Holders,
): readonly Line[] {
  const old = new Set(before?.keys.map(keyIdOf));
  const now = new Set(after.keys.map(keyIdOf));
  const of = (id: string): string => (holders.has(id) ? ` of ${String(holders.get(id))}` : '');
  const lines = [
    ...[...now]
      .filter((id) => !old.has(id))
      .map((id) => compared(`${role}: a key${of(id)} comes in`, inGroups(id))),
    ...[...old].filter((id) => !now.has(id)).map((id) => compared(`${role}: a key goes out`, inGroups(id))),
  ];
  if (lines.length > 0 || before?.threshold !== after.threshold) {
    const until = before === null ? '' : ` (until now ${before.threshold} of ${before.keys.length})`;
    lines.push(plain(`${role}: ${after.threshold} of ${after.keys.length} keys sign${until}.`));
  }
  return lines;
}

function describePolicy(before: TargetsContent | null, after: TargetsContent): readonly Line[] {
  const lines: Line[] = [];
  const policy = policyText(after.roster);
  if (before === null || policyText(before.roster) !== policy) {
    lines.push(plain(policy));
    if (before !== null) lines.push(plain(`Until now: ${policyText(before.roster)}`));
  }
  const { attestation, breakGlass, entryValidity, fresh, grace, monitor } = after.ceilings;
  if (before === null || canonicalText(before.ceilings) !== canonicalText(after.ceilings)) {
    lines.push(
      plain(
        `Ceilings: fresh ${days(fresh)}, grace ${days(grace)}, monitor ${days(monitor)}, break-glass ${days(breakGlass)}, ` +
          `entries ${days(entryValidity)}, attestations ${days(attestation)}.`,
      ),
    );
  }
  return lines;
}

function policyText({ origins, rpId, thresholds }: Roster): string {
  const { entry, grant, licence } = thresholds;
  return `Approvals are given at ${origins.join(', ')} (RP ID ${rpId}): ${entry} for an entry, ${licence} for a licence, ${grant} for a grant.`;
}

function describePeople(before: readonly Approver[], after: readonly Approver[]): readonly Line[] {
  return after.flatMap((person) => {
    const known = before.find(({ id }) => id === person.id);
    if (known !== undefined && canonicalText(known) === canonicalText(person)) return [];
    const gone = known?.keys.filter(({ key }) => !person.keys.some((kept) => same(kept.key, key))) ?? [];
    return [
      plain(`${person.name} (${person.id}): ${personText(known, person)}.`),
      ...person.keys.map(({ key }) => {
        const isNew = known === undefined || !known.keys.some((kept) => same(kept.key, key));
        return compared(
          `${person.name}: ${isNew ? 'a passkey comes in' : 'a passkey stays'}`,
          fingerprint(thumbprint(key)),
        );
      }),
      ...gone.map(({ key }) => compared(`${person.name}: a passkey goes out`, fingerprint(thumbprint(key)))),
    ];
  });
}

function personText(before: Approver | undefined, { name, status }: Approver): string {
  const renamed = before !== undefined && before.name !== name ? `, until now called ${before.name}` : '';
  const from = before === undefined ? 'new, ' : '';
  switch (status.kind) {
    case 'active':
      return `${from}may approve${renamed}`;
    case 'retired':
      return `${from}retired, counts for what was issued until ${status.at}${renamed}`;
    case 'compromised':
      return `${from}compromised, counts for nothing${renamed}`;
  }
}

function describePackages(before: TargetsContent | null, after: TargetsContent): readonly Line[] {
  const text = (one: TargetsContent['packages'][number]): string => canonicalText(one);
  const old = new Set(before?.packages.map(text));
  const now = new Set(after.packages.map(text));
  return [
    ...after.packages
      .filter((one) => !old.has(text(one)))
      .map((one) => compared(`${one.path} comes in, ${one.length} bytes`, inGroups(one.digest))),
    ...(before?.packages ?? [])
      .filter((one) => !now.has(text(one)))
      .map((one) => compared(`${one.path} goes out`, inGroups(one.digest))),
  ];
}

function subjectText({ subject }: Revocation): string {
  switch (subject.kind) {
    case 'statement':
    case 'artifact':
      return `${subject.kind} ${subject.digest}`;
    case 'app':
      return `app ${subject.app} of ${subject.partner}`;
    case 'partner':
      return `partner ${subject.partner}`;
    case 'identity':
      return `key ${subject.thumbprint}`;
  }
}

function same(a: Approver['keys'][number]['key'], b: Approver['keys'][number]['key']): boolean {
  return canonicalText(a) === canonicalText(b);
}

function days(seconds: number): string {
  return seconds % 86_400 === 0 ? `${seconds / 86_400} d` : `${seconds} s`;
}

function plain(text: string): Line {
  return { text, fingerprint: null };
}

function compared(text: string, value: string): Line {
  return { text, fingerprint: value };
}
