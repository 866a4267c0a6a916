import { readBundle } from '../../bundle.ts';
import { count, duration } from '../../duration.ts';
import { attempt } from '../../attempt.ts';
import { openBundle, type OpenedBundle } from '../../open-bundle.ts';
import { Refused } from '../../refused.ts';
import { rememberSigners } from '../../signers-memo.ts';
import { timeOf } from '../../time.ts';
import { nameBuild } from '../name-build.ts';
import { approvedGrants, signedRoles } from '../signed-files.ts';
import { firstOf, type Inspected, type Means, type Proved } from './inspected.ts';

/** A bundle: whether the vendor made it, whether it would load here now, and what is in it. Throws `bundle_malformed` and its like. */
export function inspectBundle(bytes: Uint8Array, means: Means): Inspected {
  const { index } = readBundle(bytes);
  const signed = openAsSigned(bytes, means);
  const facts = {
    size: `${String(bytes.length)} bytes, ${count(index.files.length, 'file')}`,
    registry: index.registry,
    customer: index.customer,
    ...(signed instanceof Refused
      ? { files: firstOf(index.files, ({ name, length }) => `${name}, ${String(length)} bytes`) }
      : factsOf(bytes, signed)),
  };
  return { kind: 'bundle', title: 'A bundle', facts, proved: prove(bytes, signed, means) };
}

/** Opened with the anchor alone, at no place and at no time: what the vendor signed. */
function openAsSigned(bytes: Uint8Array, { anchor }: Means): OpenedBundle | Refused {
  if (anchor instanceof Refused) return anchor;
  // Nothing is older than the beginning of time, so that freshness is not asked for.
  const options = { anchor, deployment: null, held: null, floor: null, now: 0, systemClock: 0 } as const;
  return attempt(() => openBundle(bytes, { ...options, purpose: 'replay', memo: rememberSigners() }));
}

function prove(
  bytes: Uint8Array,
  signed: OpenedBundle | Refused,
  { anchor, sight, origin, clock }: Means,
): Proved {
  if (anchor instanceof Refused)
    return { kind: 'read', how: `Nothing of it was verified: ${anchor.code}. Anybody can have written it.` };
  if (signed instanceof Refused) {
    const how = `It does not open with the anchor of ${anchor.vendor.name}. ${signed.message}`;
    return { kind: 'refused', how, code: signed.code };
  }
  const vendors = `Verified with the anchor of ${anchor.vendor.name}: every file is signed as it must be`;
  if (sight instanceof Refused)
    return { kind: 'verified', how: `${vendors}. Whether it would load here cannot be said: ${sight.code}.` };
  const held = sight.current();
  const here = attempt(() =>
    openBundle(bytes, {
      anchor,
      deployment: sight.deployment,
      origin,
      held,
      floor: sight.floor.kind === 'whole' ? sight.floor.floor : null,
      now: Math.floor(clock.latest() / 1000),
      systemClock: Math.floor(clock.system() / 1000),
      memo: rememberSigners(),
    }),
  );
  if (here instanceof Refused)
    return {
      kind: 'refused',
      how: `${vendors}, but it would not load here now. ${here.message}`,
      code: here.code,
    };
  const same = held !== null && held.versions.timestamp === here.versions.timestamp;
  return {
    kind: 'verified',
    how: `${vendors}, and ${same ? 'it is the one that is loaded here' : 'it would load here now'}.`,
  };
}

function factsOf(bytes: Uint8Array, opened: OpenedBundle): Inspected['facts'] {
  const { versions, signedAt, customer, license, entries, wall } = opened;
  const { deployments, partners, fresh, grace, validFrom, expires } = license.custom;
  const { entries: approved, refused } = opened.judgeAll();
  return {
    allowlist: `${String(versions.timestamp)}, signed ${timeOf(signedAt)} (root ${String(versions.root)}, targets ${String(versions.targets)})`,
    for: `${customer.name}`,
    licence: `from ${validFrom} until ${expires}; fresh for ${duration(fresh)}, then ${duration(grace)} of grace; ${
      partners === 'all' ? 'all partners' : count(partners.length, 'partner')
    }`,
    deployments: firstOf(deployments, ({ id, origins }) => `${id} at ${origins.join(', ')}`),
    grants: firstOf(approvedGrants(bytes, opened), ({ effect, reason, validFrom: from, expires: until }) => {
      return `${effect.kind} ("${reason}") from ${from} until ${until}`;
    }),
    'signed until': timeOf(wall),
    roles: firstOf(signedRoles(bytes, opened), ({ role, version, expires: until }) => {
      return `${role} ${String(version)} until ${timeOf(until)}`;
    }),
    builds: `${count(entries.listed.entries, 'build')} of ${count(entries.listed.partners, 'partner')}: ${String(approved.length)} approved, ${count(refused.length, 'statement')} refused`,
    approved: firstOf(approved, ({ custom }) => `${nameBuild(custom)} until ${custom.expires}`),
    refused: firstOf(refused, ({ path, reason }) => `${path}: ${reason.code}`),
  };
}
