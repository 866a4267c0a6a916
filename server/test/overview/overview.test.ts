import { afterAll, beforeAll, expect, test } from 'vitest';

import type { Customer, Overview } from '../../src/api-types.ts';
import { approve, enrolApprover, type TestApprover } from '../approving.ts';
import {
  makePartner,
  startTestPortal,
  submitBuild,
  type TestPerson,
  type TestPortal,
} from '../test-portal.ts';

let portal: TestPortal;
let admin: TestPerson;
beforeAll(async () => {
  portal = await startTestPortal();
  admin = await portal.admin();
});
afterAll(() => portal.close());

const overview = () => admin.client.get<Overview>('/api/v1/overview');
const undone = async () => (await overview()).steps.filter(({ done }) => !done).map(({ id }) => id);

test('the first steps are ticked off as they are gone', async () => {
  expect(await undone()).toEqual(['approver', 'license', 'partner', 'build', 'package']);
  const approver: TestApprover = await enrolApprover(portal, admin);
  expect((await overview()).waiting).toContainEqual(
    expect.objectContaining({ kind: 'approver', id: admin.id }),
  );
  await admin.client.post('/api/v1/roster/apply');
  expect(await undone()).toEqual(['license', 'partner', 'build', 'package']);
  const [customer] = await admin.client.get<Customer[]>('/api/v1/customers');
  await approve(portal, approver, [{ kind: 'license', customerId: customer?.id ?? '' }]);
  expect(await undone()).toEqual(['partner', 'build', 'package']);
  const harbour = await makePartner(portal, admin, 'Harbour');
  const { id } = await submitBuild(portal, harbour);
  expect((await overview()).waiting).toMatchObject([{ kind: 'build', id, title: 'Orders of Harbour 1.0.0' }]);
  await approve(portal, approver, [{ kind: 'build', id }]);
  expect(await undone()).toEqual(['package']);
  expect(await overview()).toMatchObject({
    waiting: [],
    waitingTotal: 0,
    published: { entries: 1 },
    counts: { partners: 1, apps: 1, builds: { published: 1, waiting: 0 }, customers: 1 },
  });
});

test('what ends is told ahead: offline roles half a year, licences two months', async () => {
  const severities = async () =>
    (await overview()).ends.map(({ what, severity }) => `${what.split(' ')[0]} ${severity}`);
  const day = 86_400;
  expect((await severities()).every((line) => line.endsWith('fine'))).toBe(true);
  const { ends } = await overview();
  const root = Date.parse(ends.find(({ what }) => what.startsWith('Root'))?.at ?? '') / 1000;
  portal.advance(root - portal.context.now() - 181 * day);
  const again = await portal.admin('Later');
  const later = (await again.client.get<Overview>('/api/v1/overview')).ends;
  expect(later.find(({ what }) => what.startsWith('Root'))?.severity).toBe('soon');
  expect(later.find(({ what }) => what.startsWith('Targets'))?.severity).toBe('soon');
});
