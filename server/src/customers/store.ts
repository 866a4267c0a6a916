import type { Insertable, Queries, Selectable, Tx } from '../database/database.ts';
import type { CustomersTable, DeploymentsTable, GrantsTable } from '../database/tables.ts';

export type CustomerRow = Selectable<CustomersTable>;
export type DeploymentRow = Selectable<DeploymentsTable>;
export type GrantRow = Selectable<GrantsTable>;

export async function allCustomers(db: Queries): Promise<CustomerRow[]> {
  return db.selectFrom('customers').selectAll().orderBy('name').execute();
}

export async function customerById(db: Queries, id: string): Promise<CustomerRow | undefined> {
  return db.selectFrom('customers').selectAll().where('id', '=', id).executeTakeFirst();
}

export async function customerByName(db: Queries, name: string): Promise<CustomerRow | undefined> {
  return db.selectFrom('customers').selectAll().where('name', '=', name).executeTakeFirst();
}

export async function insertCustomer(tx: Tx, row: Insertable<CustomersTable>): Promise<void> {
  await tx.insertInto('customers').values(row).execute();
}

/** Which of these customers there are. */
export async function knownCustomers(db: Queries, ids: readonly string[]): Promise<string[]> {
  const rows = await db.selectFrom('customers').select('id').where('id', 'in', ids).execute();
  return rows.map(({ id }) => id);
}

export async function deploymentsOf(db: Queries, customerIds: readonly string[]): Promise<DeploymentRow[]> {
  if (customerIds.length === 0) return [];
  return db
    .selectFrom('deployments')
    .selectAll()
    .where('customer_id', 'in', customerIds)
    .orderBy('id')
    .execute();
}

export async function deploymentById(db: Queries, id: string): Promise<DeploymentRow | undefined> {
  return db.selectFrom('deployments').selectAll().where('id', '=', id).executeTakeFirst();
}

export async function insertDeployment(tx: Tx, row: Insertable<DeploymentsTable>): Promise<void> {
  await tx.insertInto('deployments').values(row).execute();
}

export async function dropDeployments(tx: Tx, customerId: string): Promise<void> {
  await tx.deleteFrom('deployments').where('customer_id', '=', customerId).execute();
}

export async function grantsOf(db: Queries, customerIds: readonly string[]): Promise<GrantRow[]> {
  if (customerIds.length === 0) return [];
  return db
    .selectFrom('grants')
    .selectAll()
    .where('customer_id', 'in', customerIds)
    .orderBy('created_at', 'desc')
    .execute();
}

export async function insertGrant(tx: Tx, row: Insertable<GrantsTable>): Promise<void> {
  await tx.insertInto('grants').values(row).execute();
}

export async function developmentCustomerId(db: Queries): Promise<string | undefined> {
  const row = await db
    .selectFrom('settings')
    .select('value')
    .where('name', '=', 'development_customer')
    .executeTakeFirst();
  return row?.value;
}
