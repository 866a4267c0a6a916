import { afterAll, beforeAll, expect, test } from 'vitest';

import type { AuditPage } from '../../src/api-types.ts';
import { codeOf, startTestPortal, type TestPerson, type TestPortal } from '../test-portal.ts';

let portal: TestPortal;
let admin: TestPerson;
beforeAll(async () => {
  portal = await startTestPortal();
  admin = await portal.admin();
});
afterAll(() => portal.close());

test('the trail is read newest first, a page at a time, to its beginning', async () => {
  for (let index = 0; index < 5; index += 1)
    await admin.client.post('/api/v1/partners', { name: `Partner ${index}` });
  const seen: number[] = [];
  let before = '';
  for (;;) {
    const { rows } = await admin.client.get<AuditPage>(`/api/v1/audit?limit=3${before}`);
    if (rows.length === 0) break;
    seen.push(...rows.map(({ seq }) => seq));
    before = `&before=${rows.at(-1)?.seq}`;
  }
  expect(seen).toEqual(Array.from({ length: seen.length }, (_, index) => seen.length - index));
  expect(seen.length).toBeGreaterThan(7);
});

test('an act says who did what to what', async () => {
  const partner = await admin.client.post<{ id: string }>('/api/v1/partners', { name: 'Named' });
  const { rows, head } = await admin.client.get<AuditPage>('/api/v1/audit?limit=1');
  expect(rows[0]).toMatchObject({
    action: 'partner.create',
    actor: { id: admin.id, name: admin.name },
    subject: partner.id,
    detail: { name: 'Named' },
    digest: head,
  });
});

test('no act carries a token', async () => {
  const { link } = await admin.client.post<{ link: string }>('/api/v1/invitations', {
    kind: 'admin',
    name: 'Bo',
  });
  const page = await admin.client.get<AuditPage>('/api/v1/audit?limit=1000');
  expect(JSON.stringify(page)).not.toContain(new URL(link).hash.slice(1));
});

test.each(['limit=0', 'limit=1001', 'limit=-1', 'limit=x', 'before=0', 'before=1.5'])(
  '%s is refused',
  async (query) => {
    expect(await codeOf(admin.client.get(`/api/v1/audit?${query}`))).toBe('input_invalid');
  },
);
