// The whole story: from a partner's build to an offline verdict, and what an owner or a thief can try against it.

import { generateKeyPairSync } from 'node:crypto';
import { cpSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import {
  canonical,
  parseJsonText,
  sha256Hex,
  statementOf,
  thumbprint,
  timeOf,
} from '@appwarrant/verifier/formats';
import type { EcJwk, JsonObject, JsonValue, Statement, Target } from '@appwarrant/verifier/formats';
import { openOnlineKeys } from '@appwarrant/keys';
import { packExample } from '../../sdk/example/pack.ts';
import type { App, Build, Customer, VerifierPackage } from '../src/api-types.ts';
import { openDatabase } from '../src/database/database.ts';
import { overhear, runApp, send, UNSIGNED } from './caller.ts';
import type { InstalledApp } from './caller.ts';
import { activate, atServer, branch, installCustomer, load, unpackApp } from './customer.ts';
import type { CustomerSite } from './customer.ts';
import { approve, assertOver } from './people.ts';
import { holdCeremony, openVendor } from './portal.ts';
import type { VendorPortal } from './portal.ts';
import { joinPartner, submitBuild } from './partner.ts';
import type { PartnerDesk, Submitted } from './partner.ts';
import { dropRevocations, forgeBundle, plant, targetsOf } from './thief.ts';
import type { Loot, StolenTarget } from './thief.ts';
import type { Verdict } from './verdict.ts';

/** Where the story happens, and how it is told. */
export interface Stage {
  readonly folder: string;
  readonly portalPort: number;
  readonly serverPort: number;
  readonly say: (text: string) => void;
}

/** What is still there when the story is over. */
export interface Ended {
  readonly verdicts: readonly Verdict[];
  readonly vendor: VendorPortal;
  readonly site: CustomerSite;
}

interface Cast {
  readonly stage: Stage;
  readonly vendor: VendorPortal;
  readonly desk: PartnerDesk;
  /** Approved by two, by two, by nobody, by one. */
  readonly orders: Submitted;
  readonly viewer: Submitted;
  readonly unapproved: Submitted;
  readonly halfApproved: Submitted;
  readonly app: InstalledApp;
  readonly site: CustomerSite;
  readonly deployment: string;
  readonly customer: Customer;
  readonly bundle: Buffer;
}

const DAY = 24;
const APK = join(import.meta.dirname, 'apk', 'orders-viewer.apk');

/** Tells the story once. Throws where something other than a verdict goes wrong. */
export async function tellStory(stage: Stage): Promise<Ended> {
  const verdicts: Verdict[] = [];
  const cast = await prepare(stage);
  const judge = (attempt: string, expected: string, got: string, because: string): void => {
    verdicts.push({ attempt, expected, got, because });
    stage.say(`    ${got === expected ? ' ' : '!'} ${attempt}: ${got}`);
  };

  stage.say('The app calls, and others try to');
  await callers(cast, judge);
  stage.say("A thief has the portal's database and all of its online keys");
  await thief(cast, judge);
  stage.say('Bundles that are genuine, and not for this moment or place');
  await bundles(cast, judge);
  stage.say('The vendor revokes a build');
  await revocation(cast, judge);
  stage.say('The owner of the machine tries what he can');
  await owner(cast, judge);
  return { verdicts, vendor: cast.vendor, site: cast.site };
}

type Judge = (attempt: string, expected: string, got: string, because: string) => void;

async function prepare(stage: Stage): Promise<Cast> {
  const { folder, say } = stage;
  say('The vendor holds a ceremony: four people, four offline keys; the portal gets their signatures only');
  const vendor = await openVendor(folder, stage.portalPort);
  try {
    return await rehearse(stage, vendor);
  } catch (error) {
    await vendor.running.stop();
    throw error;
  }
}

async function rehearse(stage: Stage, vendor: VendorPortal): Promise<Cast> {
  const { folder, say } = stage;
  const { site: portal, alice, bob, table } = vendor;
  say('Two approvers are enrolled; the offline keys put them on the roster');

  say('A partner registers two apps and submits four builds, each with a key of its own');
  const desk = await joinPartner(portal, alice, 'Harbour Software', 'Carol Diaz');
  const { client } = desk.person;
  const ordersApp = await client.post<App>('/api/v1/apps', {
    slug: 'harbour-orders',
    name: 'Harbour Orders',
    platform: 'server',
    capabilities: ['orders:read', 'orders:write'],
  });
  const viewerApp = await client.post<App>('/api/v1/apps', {
    slug: 'harbour-viewer',
    name: 'Harbour Viewer',
    platform: 'android',
    capabilities: ['orders:read'],
  });
  const keys = join(folder, 'partner-keys');
  mkdirSync(keys, { mode: 0o700 });
  const packed = async (version: string) => {
    const at = join(folder, `packed-${version}`);
    mkdirSync(at);
    return packExample(at, version);
  };
  const tarball = await packed('1.0.0');
  const server = { keys, holder: 'server' } as const;
  const orders = await submitBuild(desk, ordersApp, { ...server, file: tarball, version: '1.0.0' });
  const viewer = await submitBuild(desk, viewerApp, { keys, holder: 'embedded', file: APK, version: '1.0' });
  const next = { ...server, file: await packed('1.1.0'), version: '1.1.0' };
  const unapproved = await submitBuild(desk, ordersApp, next);
  const last = { ...server, file: await packed('1.2.0'), version: '1.2.0' };
  const halfApproved = await submitBuild(desk, ordersApp, last);

  say('The vendor makes its verifier package, and the ceremony lists it');
  await alice.client.post<VerifierPackage>('/api/v1/verifier-package');
  await holdCeremony(alice, table, 'packages', '/api/v1/verifier-package/request');
  const packageFile = await alice.client.get<VerifierPackage>('/api/v1/verifier-package');
  const packagePath = join(folder, packageFile.file);
  writeFileSync(packagePath, await alice.client.download('/api/v1/verifier-package/file'));

  say('The customer installs that file, without any network, and activates it');
  const site = await installCustomer(join(folder, 'customer'), packagePath, stage.serverPort);
  const deployment = await activate(site);
  const customer = await alice.client.post<Customer>('/api/v1/customers', {
    name: 'Northwind Clinic',
    deployments: [{ id: deployment, origins: [site.origin] }],
  });
  await alice.client.post(`/api/v1/customers/${customer.id}/license`, {
    fresh: 30 * DAY * 3600,
    grace: 30 * DAY * 3600,
    validForDays: 365,
  });

  say('Two people approve two builds with one touch each; one approves the licence; one alone a third build');
  await approve(portal, alice, [{ kind: 'license', customerId: customer.id }]);
  const two = [orders, viewer].map(({ build }) => ({ kind: 'build', id: build.id }) as const);
  await approve(portal, alice, two);
  await approve(portal, bob, two);
  await approve(portal, alice, [{ kind: 'build', id: halfApproved.build.id }]);

  say('The portal has published; one file goes to the customer');
  const bundle = await alice.client.download(`/api/v1/customers/${customer.id}/bundle`);
  const program = await unpackApp(join(folder, 'app'), tarball);
  const app = { program, folder: join(folder, 'app'), keyFile: orders.keyFile };
  const cast = {
    stage,
    vendor,
    desk,
    orders,
    viewer,
    unapproved,
    halfApproved,
    app,
    site,
    deployment,
    customer,
    bundle,
  };
  const { code, said } = await load(site, bundle);
  if (code !== null) throw new Error(`The first bundle was refused: ${said}`);
  say(`    ${said}`);
  return cast;
}

async function callers(
  { app, site, deployment, unapproved, halfApproved, stage }: Cast,
  judge: Judge,
): Promise<void> {
  const clone = { ...app, keyFile: join(stage.folder, 'clone.key.json') };
  await atServer(site, async () => {
    const call = (keyFile: string) => runApp({ ...app, keyFile }, site.origin, ['list']);
    judge(
      'the approved app reads orders',
      'admitted',
      await call(app.keyFile),
      'an approved build, licensed here, fresh',
    );
    const posted = await runApp(app, site.origin, ['post', 'anchor', '--quantity', '2']);
    judge('the approved app posts an order', 'admitted', posted, 'the same, with its body bound');

    judge('no signature', 'proof_missing', await send(site.origin, UNSIGNED), 'every request is signed');
    const { admitted, heldBack } = await overhear(site.origin, deployment, app.keyFile);
    const why = 'a nonce is good for one request';
    judge('headers copied from an admitted request', 'replayed', await send(site.origin, admitted), why);
    const changed = { ...heldBack, body: heldBack.body.replace('4', '9') };
    const bound = 'the digest of the body is signed';
    judge('one byte of the body changed', 'digest_mismatch', await send(site.origin, changed), bound);
    judge(
      'the same request unchanged',
      'admitted',
      await send(site.origin, heldBack),
      'it is genuine, and new',
    );

    await runApp(clone, site.origin, ['key']);
    const own = await call(clone.keyFile);
    judge('a clone that signs with its own key', 'app_not_approved', own, 'keys belong to approved builds');
    const nobody = await call(unapproved.keyFile);
    judge('a build that nobody approved', 'app_not_approved', nobody, 'it is not on the allowlist');
    const one = await call(halfApproved.keyFile);
    judge(
      'a build that one of two approved',
      'app_not_approved',
      one,
      'the portal lists what two people approved',
    );
  });
}

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

async function thief(cast: Cast, judge: Judge): Promise<void> {
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

async function bundles(cast: Cast, judge: Judge): Promise<void> {
  const { vendor, site, bundle } = cast;
  const { alice } = vendor;
  const { publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const { crv, kty, x, y } = publicKey.export({ format: 'jwk' });
  const other = await alice.client.post<Customer>('/api/v1/customers', {
    name: 'Other Clinic',
    deployments: [{ id: thumbprint({ crv, kty, x, y } as EcJwk), origins: [site.origin] }],
  });
  await alice.client.post(`/api/v1/customers/${other.id}/license`, {
    fresh: 86_400,
    grace: 0,
    validForDays: 30,
  });
  await approve(vendor.site, alice, [{ kind: 'license', customerId: other.id }]);
  const theirs = await alice.client.download(`/api/v1/customers/${other.id}/bundle`);
  const foreign = await load(site, theirs);
  const why = 'a licence names deployments by their keys';
  judge("another customer's bundle", 'license_other_deployment', foreign.code ?? 'loaded', why);

  const newer = await alice.client.download(`/api/v1/customers/${cast.customer.id}/bundle`);
  const loaded = await load(site, newer);
  judge(
    'the next bundle of this customer',
    'loaded',
    loaded.code ?? 'loaded',
    'newer, and for this deployment',
  );
  const older = await load(site, bundle);
  judge('the older bundle again (rollback)', 'rollback', older.code ?? 'loaded', 'versions never go back');
}

async function revocation(cast: Cast, judge: Judge): Promise<void> {
  const { vendor, site, app, orders, customer, bundle, desk, stage } = cast;
  const { alice } = vendor;
  // What the owner tries later needs a site where the app is still approved.
  cpSync(site.state, join(site.folder, 'state-before'), { recursive: true });
  await alice.client.post('/api/v1/revocations', {
    subject: { kind: 'artifact', digest: orders.build.digest },
    reason: 'The key was lost.',
  });
  const revoked = await alice.client.download(`/api/v1/customers/${customer.id}/bundle`);
  const loaded = await load(site, revoked);
  if (loaded.code !== null) throw new Error(`The revocation was not loaded: ${loaded.said}`);
  const call = (there: CustomerSite) => atServer(there, () => runApp(app, there.origin, ['list']));
  judge(
    'the app after its build was revoked',
    'app_not_approved',
    await call(site),
    'the next bundle no longer lists it',
  );

  stage.say('    … and the thief brings the revoked entry back, with its genuine old approvals');
  const keys = openOnlineKeys(join(vendor.dataDir, 'keys'), vendor.passphrase);
  const genuine = targetsOf(bundle, desk.partner.id).find(({ path }) => path.endsWith(orders.build.digest));
  const there = branch(site, 'back');
  const forged = await forgeBundle(revoked, keys, (loot) => {
    dropRevocations(loot);
    if (genuine !== undefined) plant(loot, desk.partner.id, genuine.path, genuine.target);
  });
  const outcome = await load(there, forged);
  const got = outcome.code ?? (await call(there));
  judge('the revoked entry brought back', 'revoked', got, 'a site forgets no revocation that it has loaded');
}

async function owner({ site, app }: Cast, judge: Judge): Promise<void> {
  const before = { ...site, state: join(site.folder, 'state-before') };
  const call = async (there: CustomerSite, hours: number) =>
    atServer(there, () => runApp(app, there.origin, ['list']), hours);
  const ahead = await call(branch(before, 'ahead'), 70 * DAY);
  const back = await call(branch(before, 'back-in-time'), -365 * DAY);
  judge('the clock set back a year', 'clock_behind', back, 'signed time is a floor for the clock');
  judge(
    'an allowlist past its grace',
    'allowlist_expired',
    ahead,
    'fresh and grace are in the signed licence',
  );

  const bare = branch(before, 'no-floor');
  rmSync(join(bare.state, 'floor.json'));
  const stale = await load(bare, readFileSync(join(bare.state, 'bundle')), 40 * DAY);
  const why = 'without a floor only a fresh bundle loads';
  judge('the floor deleted, and a stale bundle', 'floor_missing', stale.code ?? 'loaded', why);
}
