import { sha256Hex } from '../../digest.ts';
import { count } from '../../duration.ts';
import { partnerRolePattern, customerIdPattern } from '../../ids.ts';
import { isObject, member, type JsonObject } from '../../json.ts';
import { attempt } from '../../attempt.ts';
import { Refused } from '../../refused.ts';
import { timeOf } from '../../time.ts';
import { openDocument, parseCommon, type Document } from '../../tuf/document.ts';
import { requireSignedBy } from '../../tuf/key.ts';
import { parseRoot } from '../../tuf/roles.ts';
import { limits, nextRoot } from '../../tuf/trusted-set.ts';
import { firstOf, type Inspected, type Means, type Proved } from './inspected.ts';
import { signersOf, trustedRoot } from './trusted-roles.ts';

const types = ['root', 'timestamp', 'snapshot', 'targets'] as const;

/** A metadata file of the repository. Throws `metadata_malformed` and its like. */
export function inspectMetadata(bytes: Uint8Array, means: Means): Inspected {
  const document = openDocument(bytes, limits.delegated);
  const { signed, signatures } = document;
  const type = types.find((each) => each === signed._type) ?? 'targets';
  const { version, expires } = parseCommon(signed, type);
  const role = type === 'targets' ? roleOfTargets(signed) : type;
  const own = member(signed, 'x-appwarrant');
  return {
    kind: 'metadata',
    title: role === null ? 'A targets file of TUF, of no role of ours' : `The role ${role} of a repository`,
    facts: {
      version: String(version),
      expires: timeOf(expires),
      signatures: count(signatures.size, 'signature'),
      ...(type === 'root' ? ofRoot(document) : {}),
      ...(isObject(own) ? ofOwn(own) : {}),
      ...(isObject(signed.meta)
        ? { lists: firstOf(Object.entries(signed.meta), ([name, meta]) => `${name} ${versionOf(meta)}`) }
        : {}),
      ...(isObject(signed.targets) ? ofTargets(signed.targets) : {}),
      ...(isObject(signed.delegations) ? ofDelegations(signed.delegations) : {}),
    },
    proved: role === 'root' ? proveRoot(bytes, document, means) : proveRole(document, role, means),
  };
}

/** Which role it is, by what stands in it: a file does not say its name. */
function roleOfTargets(signed: JsonObject): string | null {
  const own = member(signed, 'x-appwarrant');
  if (isObject(own)) return 'roster' in own ? 'targets' : 'registry';
  const [path = ''] = isObject(signed.targets) ? Object.keys(signed.targets) : [];
  const role = path.split('/')[0] ?? '';
  return partnerRolePattern.test(role) || customerIdPattern.test(role) ? role : null;
}

function proveRoot(bytes: Uint8Array, document: Document, means: Means): Proved {
  const set = trustedRoot(means);
  if (set === null) return nobody;
  const { version } = parseRoot(document.signed);
  const known = set.root.body.version;
  if (version === known) {
    return sha256Hex(document.signedBytes) === sha256Hex(set.root.document.signedBytes)
      ? { kind: 'verified', how: `It is the root that is trusted here.` }
      : { kind: 'refused', how: `Another root ${String(version)} is trusted here.`, code: 'equivocation' };
  }
  if (version !== known + 1) {
    const why = `Root ${String(known)} is trusted here; only a bundle with all roots up to this one leads there.`;
    return { kind: 'read', how: `Nothing of it was verified. ${why}` };
  }
  const next = attempt(() => nextRoot(set, bytes));
  return next instanceof Refused
    ? { kind: 'refused', how: next.message, code: next.code }
    : {
        kind: 'verified',
        how: `It is signed as the root after the one that is trusted here, ${String(known)}.`,
      };
}

const nobody: Proved = {
  kind: 'read',
  how: 'Nothing of it was verified: no package of a vendor is installed. Anybody can have written it.',
};

function proveRole(document: Document, role: string | null, means: Means): Proved {
  const signers = role === null ? null : signersOf(role, means);
  if (role === null || signers === null) {
    const why = means.anchor instanceof Refused ? means.anchor.code : 'who may sign it is not known here';
    return { kind: 'read', how: `Nothing of it was verified: ${why}. Anybody can have written it.` };
  }
  const judged = attempt(() => requireSignedBy(document, role, signers));
  return judged instanceof Refused
    ? { kind: 'refused', how: judged.message, code: judged.code }
    : {
        kind: 'verified',
        how: "It is signed by the vendor's keys for this role. Whether it is the newest, and what approvals in it are worth, only a bundle tells.",
      };
}

function ofRoot({ signed, signedBytes }: Document): Inspected['facts'] {
  const root = parseRoot(signed);
  return {
    ...(root.version === 1 ? { 'registry id': sha256Hex(signedBytes) } : {}),
    roles: types.map(
      (name) => `${name}: ${String(root[name].threshold)} of ${count(root[name].keys.size, 'key')}`,
    ),
  };
}

/** The plain members of ours, and how long the lists are. */
function ofOwn(own: JsonObject): Inspected['facts'] {
  const facts: Record<string, string | readonly string[]> = {};
  for (const [name, value] of Object.entries(own)) {
    if (typeof value === 'string') facts[name] = value;
    else if (Array.isArray(value)) facts[name] = String(value.length);
    else if (name === 'roster' && isObject(value)) facts.roster = ofRoster(value);
    else if (isObject(value))
      facts[name] = Object.entries(value).map(([key, each]) => `${key}: ${JSON.stringify(each)}`);
  }
  return facts;
}

function ofRoster({ rpId, approvers, thresholds }: JsonObject): readonly string[] {
  const people = (Array.isArray(approvers) ? (approvers as readonly unknown[]) : []).map((approver) => {
    const { id, name, status } = isObject(approver as JsonObject) ? (approver as JsonObject) : {};
    return `${textOf(name)} (${textOf(id)}), ${isObject(status) ? textOf(status.kind) : '?'}`;
  });
  return [
    `at ${textOf(rpId)}, thresholds ${JSON.stringify(thresholds)}`,
    ...firstOf(people, (person) => person),
  ];
}

function ofTargets(targets: JsonObject): Inspected['facts'] {
  const paths = Object.keys(targets);
  if (paths.length === 0) return {};
  return {
    targets: count(paths.length, 'target'),
    'first targets': firstOf(paths, (path) => {
      const target = targets[path];
      const custom = isObject(target) && isObject(target.custom) ? target.custom : {};
      const approvals = Array.isArray(custom.approvals)
        ? `, ${count(custom.approvals.length, 'approval')}`
        : '';
      return `${path}: ${textOf(custom.kind)}${approvals}`;
    }),
  };
}

function ofDelegations({ roles }: JsonObject): Inspected['facts'] {
  const names = (Array.isArray(roles) ? (roles as readonly unknown[]) : []).map((role) => {
    return isObject(role as JsonObject) ? textOf((role as JsonObject).name) : '?';
  });
  return { 'delegates to': [count(names.length, 'role'), ...firstOf(names, (name) => name)] };
}

function versionOf(meta: unknown): string {
  return isObject(meta as JsonObject) ? JSON.stringify((meta as JsonObject).version) : '?';
}

function textOf(value: unknown): string {
  return typeof value === 'string' ? value.slice(0, 200) : '?';
}
