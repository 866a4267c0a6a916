import { afterAll, beforeAll, expect, test } from 'vitest';

import type { Build, BuildAnswer } from '../../src/api-types.ts';
import { approve, makeApprover, type TestApprover } from '../approving.ts';
import {
  codeOf,
  makePartner,
  startTestPortal,
  submitBuild,
  type TestPartner,
  type TestPortal,
} from '../test-portal.ts';

let portal: TestPortal;
let approver: TestApprover;
let harbour: TestPartner;
beforeAll(async () => {
  portal = await startTestPortal();
  approver = await makeApprover(portal, 'Ada Approver');
  harbour = await makePartner(portal, approver.person, 'Harbour');
});
afterAll(() => portal.close());

const see = async (id: string): Promise<Build> =>
  (await approver.person.client.get<BuildAnswer>(`/api/v1/builds/${id}`)).build;
const revoke = (id: string, reason = 'A hole in it.') =>
  approver.person.client.post<BuildAnswer>(`/api/v1/builds/${id}/revoke`, { reason });

test('a build that is approved tells of it, and can be revoked', async () => {
  const { id } = await submitBuild(portal, harbour);
  await approve(portal, approver, [{ kind: 'build', id }]);
  expect(await see(id)).toMatchObject({
    state: 'published',
    approvals: 1,
    approvedBy: [{ who: { name: 'Ada Approver' } }],
    deliveryNote: true,
  });
  const { build } = await revoke(id);
  expect(build).toMatchObject({ state: 'revoked', reason: 'A hole in it.', deliveryNote: false });
  expect(build.history.map(({ event }) => event)).toEqual([
    'submitted',
    'proposed',
    'approval',
    'approved',
    'published',
    'revoked',
  ]);
  expect(await codeOf(revoke(id))).toBe('build_not_approved');
});

test('only an approved build can be revoked, and only an undecided one rejected', async () => {
  const { id } = await submitBuild(portal, harbour);
  expect(await codeOf(revoke(id))).toBe('build_not_approved');
  expect(await codeOf(revoke(`b-${'a'.repeat(26)}`))).toBe('not_found');
  await approve(portal, approver, [{ kind: 'build', id }]);
  const reject = approver.person.client.post(`/api/v1/builds/${id}/reject`, { reason: 'Too late' });
  expect(await codeOf(reject)).toBe('build_decided');
});

test('revoking a build leaves the same bytes of another app standing', async () => {
  const meadow = await makePartner(portal, approver.person, 'Meadow');
  const bytes = Buffer.from('shared by two apps');
  const one = await submitBuild(portal, harbour, bytes);
  const other = await submitBuild(portal, meadow, bytes);
  await approve(portal, approver, [
    { kind: 'build', id: one.id },
    { kind: 'build', id: other.id },
  ]);
  await revoke(one.id);
  expect([(await see(one.id)).state, (await see(other.id)).state]).toEqual(['revoked', 'published']);
});
