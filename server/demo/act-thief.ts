import { cpSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { canonical, parseJsonText, sha256Hex, statementOf, timeOf } from '@appwarrant/verifier/formats';
import type { JsonObject, JsonValue, Statement, Target } from '@appwarrant/verifier/formats';
import { openOnlineKeys } from '@appwarrant/keys';
import type { Build, Customer } from '../src/api-types.ts';
import { openDatabase } from '../src/database/database.ts';
import { runApp, send, UNSIGNED } from './caller.ts';
import { DAY } from './cast.ts';
import type { Cast, Judge } from './cast.ts';
import { atServer, branch, load } from './customer.ts';
import type { CustomerSite } from './customer.ts';
import { assertOver } from './people.ts';
import type { VendorPortal } from './portal.ts';
import { forgeBundle, plant, targetsOf } from './thief.ts';
import type { Loot, StolenTarget } from './thief.ts';

/** What a build's entry would say, made from a genuine one of the same app: the thief copies well. */
function entryFor(genuine: StolenTarget, build: Build, role: string): StolenTarget {
  const custom = genuine.target['custom'] as JsonObject;
  const [identity] = custom['identities'] as [JsonObject];
  const changed = {
    ...custom,
    build: { id: build.id, version: build.version, platform: build.platform },
    identities: [{ ...identity, key: { ...build.key } }],
    capabilities: [...build.capabilities],
    review: build.review,
  };
  const path = `${role}/${build.app.slug}/${build.digest}`;
  return { path, target: { length: build.length, hashes: { sha256: build.digest }, custom: changed } };
}

function withApprovals(stolen: StolenTarget, approvals: JsonValue): StolenTarget {
  return {
    ...stolen,
    target: { ...stolen.target, custom: { ...(stolen.target['custom'] as JsonObject), approvals } },
  };
}

/** A thief of the portal's database and of all of its online keys publishes what he likes. */
export async function thief(cast: Cast, judge: Judge): Promise<void> {
  const { vendor, desk, bundle, site, app, orders, unapproved, halfApproved, customer } = cast;
  const role = desk.partner.id;
  const keys = openOnlineKeys(join(vendor.dataDir, 'keys'), vendor.passphrase);
  const genuine = targetsOf(bundle, role).find(({ path }) => path.endsWith(orders.build.digest));
  if (genuine === undefined) throw new Error('The approved entry is not in the bundle.');
  const old = (genuine.target['custom'] as JsonObject)['approvals'] ?? [];
  const { approvals: _, ...bare } = genuine.target['custom'] as JsonObject;
  const bareEntry = { ...genuine, target: { ...genuine.target, custom: bare } };
  const forged = entryFor(bareEntry, unapproved.build, role);

  const tryWith = async (
    name: string,
    change: (loot: Loot) => void,
    act: (there: CustomerSite) => Promise<string>,
  ) => {
    const there = branch(site, name);
    const outcome = await load(there, await forgeBundle(bundle, keys, change));
    if (outcome.code !== null) return outcome.code;
    return atServer(there, () => act(there));
  };
  const tryEntry = (name: string, entry: StolenTarget, keyFile: string) =>
    tryWith(
      name,
      (loot) => plant(loot, role, entry.path, entry.target),
      (there) => runApp({ ...app, keyFile }, there.origin, ['list']),
    );

  judge(
    'an entry without approvals',
    'approvals_missing',
    await tryEntry('bare', forged, unapproved.keyFile),
    'the verifier counts passkeys itself',
  );
  judge(
    'an old approval moved to another digest',
    'approvals_missing',
    await tryEntry('moved', withApprovals(forged, old), unapproved.keyFile),
    'a passkey signs one statement, digest included',
  );
  const single = await storedApprovals(vendor, halfApproved.build.id);
  const half = withApprovals(entryFor(bareEntry, halfApproved.build, role), single);
  judge(
    'an entry with one genuine approval of two',
    'approvals_missing',
    await tryEntry('half', half, halfApproved.keyFile),
    'thresholds are signed by offline keys',
  );
  const signedIn = withApprovals(forged, loginAssertions(cast, forged));
  judge(
    'an entry signed by sign-ins of both admins',
    'approvals_missing',
    await tryEntry('login', signedIn, unapproved.keyFile),
    'approval passkeys belong to another origin',
  );
  const grant = grantWithoutApprovals(customer, cast.deployment);
  judge(
    'a monitor grant without approvals',
    'proof_missing',
    await tryWith(
      'grant',
      (loot) => plant(loot, customer.id, grant.path, grant.target),
      (there) => send(there.origin, UNSIGNED),
    ),
    'what widens needs approvals of its own',
  );
}

/** The approvals that the stolen database holds for a build. */
async function storedApprovals(vendor: VendorPortal, buildId: string): Promise<JsonValue> {
  const copy = join(vendor.dataDir, '..', 'stolen');
  mkdirSync(copy);
  for (const name of ['appwarrant.db', 'appwarrant.db-wal', 'appwarrant.db-shm'])
    cpSync(join(vendor.dataDir, name), join(copy, name), { force: true });
  const db = await openDatabase({ kind: 'sqlite', path: join(copy, 'appwarrant.db') });
  try {
    const rows = await db
      .selectFrom('approvals')
      .innerJoin('statements', 'statements.digest', 'approvals.statement_digest')
      .where('statements.subject_id', '=', buildId)
      .select('approvals.approval_json')
      .execute();
    return rows.map((row) => parseJsonText(row.approval_json));
  } finally {
    await db.destroy();
  }
}

/** A seized portal hands out the entry's challenge as a sign-in challenge, and both admins sign in. */
function loginAssertions({ vendor, desk }: Cast, entry: StolenTarget): JsonValue {
  const statement: Statement = statementOf({
    registry: desk.registry,
    environment: 'production',
    role: desk.partner.id,
    path: entry.path,
    target: entry.target as unknown as Target,
  });
  return [vendor.alice, vendor.bob].map(({ person, passkey }) => {
    const { id, response } = assertOver(passkey, [statement], vendor.site.origin);
    const { authenticatorData, clientDataJSON, signature } = response;
    return {
      approver: person.id,
      key: id,
      size: 1,
      index: 0,
      path: [],
      authenticatorData,
      clientDataJSON,
      signature,
    };
  });
}

function grantWithoutApprovals(customer: Customer, deployment: string): StolenTarget {
  const now = Math.floor(Date.now() / 1000) - 60;
  const custom = {
    kind: 'grant',
    customer: { id: customer.id, name: customer.name },
    deployments: [deployment],
    effect: { kind: 'monitor' },
    reason: 'maintenance',
    issued: timeOf(now),
    validFrom: timeOf(now),
    expires: timeOf(now + 7 * DAY * 3600),
  };
  const bytes = canonical(custom);
  const digest = sha256Hex(bytes);
  return {
    path: `${customer.id}/grant/${digest}`,
    target: { length: bytes.length, hashes: { sha256: digest }, custom },
  };
}
