// A registry of a given size for benchmarks: real keys, real approvals by two people for every build, a real database.

import { createHash, generateKeyPairSync, randomBytes } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import {
  approvalChallenge,
  canonicalText,
  merklePath,
  merkleRoot,
  statementBytes,
  statementDigest,
  statementOf,
  thumbprint,
  timeOf,
  toBase64url,
  type EcJwk,
  type Statement,
} from '@appwarrant/verifier/formats';

import { createSoftwarePasskey, type SoftwarePasskey } from '../demo/software-passkey.ts';
import { acceptApproval } from '../src/approvals/accept-approval.ts';
import { composeEntry } from '../src/approvals/compose-custom.ts';
import { createList } from '../src/approvals/create-list.ts';
import { openList } from '../src/approvals/open-list.ts';
import { readConfig } from '../src/config.ts';
import type { Context } from '../src/context.ts';
import { addCustomer } from '../src/customers/add-customer.ts';
import { proposeLicense } from '../src/customers/propose-license.ts';
import type { Db, Insertable } from '../src/database/database.ts';
import type { Tables } from '../src/database/tables.ts';
import { newId } from '../src/ids.ts';
import { openLog } from '../src/log.ts';
import { offlineRoles } from '../src/publishing/offline-roles.ts';
import { publishOrThrow } from '../src/publishing/publish.ts';
import { signOffline } from '../src/roster/sign-offline.ts';
import { openPortal } from '../src/start/open-portal.ts';

/** A partner has this many builds. */
const BUILDS_EACH = 250;
/** People approve this many with one touch. */
const LIST = 40;
const DAY = 86_400;

export interface BenchRegistry {
  readonly context: Context;
  readonly customerId: string;
  /** Submits one more build and has both people approve it, up to what publishing begins with. */
  approveOneMore(): Promise<void>;
  close(): Promise<void>;
}

interface Person {
  readonly id: string;
  readonly passkey: SoftwarePasskey;
}

interface Partner {
  readonly id: string;
  readonly appId: string;
}

/** Makes a portal whose allowlist holds `builds` builds, all published, for one customer who receives all of them. */
export async function makeRegistry(builds: number): Promise<BenchRegistry> {
  const dataDir = mkdtempSync(join(tmpdir(), 'appwarrant-bench-'));
  const config = readConfig(
    { PORT: '8600', APPWARRANT_DATA: dataDir },
    { home: dataDir, sources: '/nowhere', readFile: () => '' },
  );
  const now = () => Math.floor(Date.now() / 1000);
  const { context, close } = await openPortal(config, { now, log: openLog('error') });
  const people = await makeApprovers(context);
  const partners: Partner[] = [];
  for (let left = builds; left > 0; left -= BUILDS_EACH) {
    partners.push(await addPartner(context, people, partners.length, Math.min(left, BUILDS_EACH)));
  }
  await publishOrThrow(context, { cause: 'by hand', actor: null });
  const customerId = await addCustomer(
    context,
    { name: 'Everything', deployments: [{ id: newKey().id, origins: ['http://everything.localhost'] }] },
    { actor: null, now: now() },
  );
  const act = { actor: people[0].id, now: now() };
  await proposeLicense(context, customerId, { fresh: 30 * DAY, grace: 30 * DAY, validForDays: 365 }, act);
  await giveApproval(context, people[0], { kind: 'license', customerId });
  await publishOrThrow(context, { cause: 'by hand', actor: null });

  let next = 0;
  return {
    context,
    customerId,
    async approveOneMore() {
      const partner = partners[next % partners.length];
      next += 1;
      if (partner === undefined) throw new Error('There are no partners.');
      const { row } = newBuild(context, partner, 'one more', timeOf(now()));
      await context.db
        .insertInto('app_keys')
        .values({ thumbprint: row.thumbprint, app_id: partner.appId, created_at: timeOf(now()) })
        .execute();
      await context.db.insertInto('builds').values(row).execute();
      for (const person of people) await giveApproval(context, person, { kind: 'build', id: row.id });
    },
    async close() {
      await close();
      rmSync(dataDir, { recursive: true, force: true });
    },
  };
}

/** Two people on the roster; an entry takes both. */
async function makeApprovers(context: Context): Promise<readonly [Person, Person]> {
  const { db } = context;
  const rpId = new URL(context.config.approveOrigin).hostname;
  const now = context.now();
  const make = (): Person & { jwk: EcJwk } => {
    const passkey = createSoftwarePasskey(rpId);
    return { id: newId('u', context.random), passkey, jwk: passkey.publicKey };
  };
  const people = [make(), make()] as const;
  for (const [index, { id }] of people.entries()) {
    const person = { id, name: `Approver ${index + 1}`, role: 'admin', partner_id: null } as const;
    await db
      .insertInto('people')
      .values({ ...person, created_at: timeOf(now), last_seen_at: null, left_at: null })
      .execute();
  }
  const { roster } = (await offlineRoles(context)).targets;
  const approvers = people.map(({ id, passkey, jwk }, index) => ({
    id,
    name: `Approver ${index + 1}`,
    status: { kind: 'active' as const },
    keys: [{ id: passkey.id, alg: 'ES256' as const, key: jwk }],
  }));
  const next = { ...roster, thresholds: { ...roster.thresholds, entry: 2 }, approvers };
  await signOffline(context, { kind: 'roster', roster: next }, { cause: 'roster', actor: null }, now);
  return people;
}

async function giveApproval(
  context: Context,
  person: Person,
  subject: Parameters<typeof createList>[1][number],
): Promise<void> {
  const now = context.now();
  const { link } = await createList(context, [subject], { actor: person.id, now });
  const token = new URL(link).hash.slice(1);
  const list = await openList(context.db, token, now);
  const statements = list?.statements.map(({ statement }) => statement) ?? [];
  await acceptApproval(context, token, assertion(context, person, statements), now);
}

function assertion(context: Context, { passkey }: Person, statements: readonly Statement[]) {
  const challenge = toBase64url(approvalChallenge(merkleRoot(statements.map(statementBytes))));
  const { id, response } = passkey.assert({ challenge, origin: context.config.approveOrigin });
  const { authenticatorData, clientDataJSON, signature } = response;
  return { credentialId: id, authenticatorData, clientDataJSON, signature };
}

/** A partner with one app and its builds, put straight into the database as approved and listed; all but one. */
async function addPartner(
  context: Context,
  people: readonly Person[],
  number: number,
  builds: number,
): Promise<Partner> {
  const at = timeOf(context.now());
  const partner = { id: newId('p', context.random), appId: newId('a', context.random) };
  const name = `Partner ${number + 1}`;
  const { db } = context;
  await db
    .insertInto('partners')
    .values({ id: partner.id, name, created_by: null, created_at: at })
    .execute();
  await db
    .insertInto('apps')
    .values({
      id: partner.appId,
      partner_id: partner.id,
      slug: 'orders',
      name: 'Orders',
      platform: 'server',
      capabilities_json: '["orders:read"]',
      created_by: people[0]?.id ?? '',
      created_at: at,
    })
    .execute();

  const made = Array.from({ length: builds }, (_, index) =>
    newBuild(context, partner, `1.0.${index}`, at, name),
  );
  await insertAll(
    db,
    'app_keys',
    made.map(({ row }) => ({ thumbprint: row.thumbprint, app_id: partner.appId, created_at: at })),
  );
  await insertAll(
    db,
    'builds',
    made.map(({ row }) => ({ ...row, state: 'published' as const })),
  );
  await insertAll(
    db,
    'statements',
    made.map(({ row, statement }, index) => ({
      digest: statementDigest(statement),
      kind: 'entry' as const,
      role: statement.role,
      path: statement.path,
      statement: canonicalText(statement),
      subject_id: row.id,
      issued: statement.custom.issued,
      expires: statement.custom.expires,
      // One of them enters, and takes its whole role with it.
      state: index === 0 ? ('approved' as const) : ('published' as const),
      listed_since: index === 0 ? null : 1,
      offline_seconds: null,
      created_by: null,
      created_at: at,
      approved_at: at,
    })),
  );
  for (let from = 0; from < made.length; from += LIST) {
    await addApprovals(
      context,
      people,
      made.slice(from, from + LIST).map(({ statement }) => statement),
      at,
    );
  }
  return partner;
}

async function addApprovals(
  context: Context,
  people: readonly Person[],
  statements: readonly Statement[],
  at: string,
): Promise<void> {
  const leaves = statements.map(statementBytes);
  for (const person of people) {
    const { credentialId, ...parts } = assertion(context, person, statements);
    const list = {
      id: newId('l', context.random),
      kind: 'entry' as const,
      created_by: person.id,
      created_at: at,
      expires_at: at,
      used_at: at,
    };
    await context.db
      .insertInto('approval_lists')
      .values({ ...list, token_digest: randomBytes(32).toString('hex') })
      .execute();
    await insertAll(
      context.db,
      'approvals',
      statements.map((statement, index) => ({
        statement_digest: statementDigest(statement),
        approver_id: person.id,
        credential_id: credentialId,
        list_id: list.id,
        approval_json: canonicalText({
          approver: person.id,
          key: credentialId,
          size: leaves.length,
          index,
          path: merklePath(leaves, index).map(toBase64url),
          ...parts,
        }),
        created_at: at,
      })),
    );
  }
}

function newBuild(context: Context, partner: Partner, version: string, at: string, partnerName = 'Partner') {
  const key = newKey();
  const digest = createHash('sha256').update(randomBytes(16)).digest('hex');
  const id = newId('b', context.random);
  const row: Insertable<Tables['builds']> & { id: string; thumbprint: string } = {
    id,
    app_id: partner.appId,
    partner_id: partner.id,
    digest,
    length: 1_000_000,
    kind: 'npm',
    version,
    key_json: canonicalText(key.jwk),
    thumbprint: key.id,
    key_proof: '',
    key_use: 'request',
    holder: 'server',
    capabilities_json: '["orders:read"]',
    customers_json: '"all"',
    findings_json: '[]',
    review: digest,
    state: 'waiting',
    submitted_by: '',
    submitted_at: at,
    decided_at: null,
    reason: null,
  };
  const { registry, environment } = context.repository;
  const issued = context.now();
  const statement = statementOf({
    registry,
    environment,
    role: partner.id,
    path: `${partner.id}/orders/${digest}`,
    target: {
      length: 1_000_000,
      hashes: { sha256: digest },
      custom: composeEntry(
        {
          partner: { id: partner.id, name: partnerName },
          app: { slug: 'orders', name: 'Orders' },
          build: { id, version, platform: 'server' },
          key: key.jwk,
          use: 'request',
          holder: 'server',
          capabilities: ['orders:read'],
          customers: 'all',
          review: digest,
        },
        { issued, validFrom: issued, expires: issued + 365 * DAY },
      ),
    },
  });
  return { row, statement };
}

function newKey(): { readonly id: string; readonly jwk: EcJwk } {
  const { publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const { x = '', y = '' } = publicKey.export({ format: 'jwk' });
  const jwk: EcJwk = { crv: 'P-256', kty: 'EC', x, y };
  return { id: thumbprint(jwk), jwk };
}

async function insertAll<Table extends keyof Tables>(
  db: Db,
  table: Table,
  rows: readonly Insertable<Tables[Table]>[],
): Promise<void> {
  for (let from = 0; from < rows.length; from += 250) {
    await db
      .insertInto(table)
      .values(rows.slice(from, from + 250))
      .execute();
  }
}
