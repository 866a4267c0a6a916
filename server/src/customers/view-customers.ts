import type { GrantCustom, LicenseCustom, Statement } from '@appwarrant/verifier/formats';

import type { Customer, GrantView, LicenseView } from '../api-types.ts';
import { approvalProgress, type Progress } from '../approvals/progress.ts';
import { storedStatement } from '../approvals/stored-statement.ts';
import type { Context } from '../context.ts';
import { Problem } from '../problem.ts';
import { inForce } from '../publishing/in-force.ts';
import {
  allCustomers,
  customerById,
  deploymentsOf,
  developmentCustomerId,
  grantsOf,
  type CustomerRow,
} from './store.ts';

/** Every customer, by name. */
export async function listCustomers(context: Context): Promise<Customer[]> {
  return viewCustomers(context, await allCustomers(context.db));
}

/** One customer. @throws Problem not_found */
export async function readCustomer(context: Context, id: string): Promise<Customer> {
  const row = await customerById(context.db, id);
  const [customer] = row === undefined ? [] : await viewCustomers(context, [row]);
  if (customer === undefined) throw new Problem('not_found', 'There is no such customer.');
  return customer;
}

async function viewCustomers(context: Context, rows: readonly CustomerRow[]): Promise<Customer[]> {
  const { db } = context;
  const ids = rows.map(({ id }) => id);
  const deployments = await deploymentsOf(db, ids);
  const grants = await grantsOf(db, ids);
  const licenses = await approvalProgress(context, 'licence', ids);
  const granted = await approvalProgress(
    context,
    'grant',
    grants.map(({ id }) => id),
  );
  const published = await inForce(context);
  const development = await developmentCustomerId(db);
  return rows.map((row) => ({
    id: row.id,
    name: row.name,
    created: row.created_at,
    deployments: deployments
      .filter(({ customer_id }) => customer_id === row.id)
      .map(({ id, origins_json }) => ({ id, origins: JSON.parse(origins_json) as string[] })),
    license: viewLicense(licenses.get(row.id)),
    grants: grants
      .filter(({ customer_id }) => customer_id === row.id)
      .flatMap(({ id, reason }) => viewGrant(id, reason, granted.get(id))),
    bundle: published.licensed.has(row.id)
      ? { ready: true, version: published.version, signedAt: published.signedAt }
      : { ready: false, why: whyNot(licenses.get(row.id)) },
    development: row.id === development,
  }));
}

/** Why a customer has no bundle, in one sentence. */
function whyNot(license: Progress | undefined): string {
  switch (license?.statement.state) {
    case undefined:
    case 'withdrawn':
    case 'superseded':
      return 'No licence has been proposed yet.';
    case 'proposed':
      return `The licence waits for approval: ${license?.people.length ?? 0} of ${license?.needed ?? 0} people.`;
    case 'approved':
    case 'published':
      return 'The licence is approved and will be in the next publication.';
    case 'revoked':
      return 'The licence is revoked.';
  }
}

function viewLicense(progress: Progress | undefined): LicenseView | null {
  if (progress === undefined) return null;
  const { fresh, grace } = customOf(progress) as LicenseCustom;
  return { ...viewStatement(progress), fresh, grace };
}

function viewGrant(id: string, reason: string, progress: Progress | undefined): GrantView[] {
  if (progress === undefined) return [];
  const { effect } = customOf(progress) as GrantCustom;
  return [{ id, effect, reason, ...viewStatement(progress) }];
}

function viewStatement({ statement, people, needed }: Progress) {
  const { digest, state, issued, expires } = statement;
  return { statement: digest, state, issued, expires, approvals: people.length, approvalsNeeded: needed };
}

function customOf({ statement }: Progress): Statement['custom'] {
  return storedStatement(statement).custom;
}
