// A partner never sees or touches what is another's: every route that a partner may ask, with another partner's ids.

import { afterAll, beforeAll, describe, expect, test } from 'vitest';

import type { App, Build, BuildPage, Overview, Partner } from '../../src/api-types.ts';
import { ROUTES } from '../../src/routes.ts';
import {
  codeOf,
  makeKey,
  makePartner,
  startTestPortal,
  submitBuild,
  uploadBytes,
  type TestPartner,
  type TestPortal,
} from '../test-portal.ts';

let portal: TestPortal;
let harbour: TestPartner;
let meadow: TestPartner;
let foreign: Build;
beforeAll(async () => {
  portal = await startTestPortal();
  const admin = await portal.admin();
  harbour = await makePartner(portal, admin, 'Harbour');
  meadow = await makePartner(portal, admin, 'Meadow');
  foreign = await submitBuild(portal, harbour);
});
afterAll(() => portal.close());

/** Every route with an id that a partner may ask, and the id of something of another partner. */
const FOREIGN: ReadonlyMap<string, () => string> = new Map([
  ['get /api/v1/partners/:id', () => harbour.partner.id],
  ['get /api/v1/apps/:id', () => harbour.app.id],
  ['post /api/v1/apps/:id/builds', () => harbour.app.id],
  ['get /api/v1/builds/:id', () => foreign.id],
  ['get /api/v1/builds/:id/artifact', () => foreign.id],
  ['get /api/v1/builds/:id/delivery-note', () => foreign.id],
]);

const shared = ROUTES.filter((route) => route.access === 'person' && route.path.includes(':'));

test('this table has every route with an id that a partner may ask', () => {
  expect(shared.map(({ method, path }) => `${method} ${path}`).sort()).toEqual([...FOREIGN.keys()].sort());
});

describe('of another partner, and of nobody, is one and the same to a partner', () => {
  test.each(shared)('$method $path', async ({ method, path }) => {
    const id = FOREIGN.get(`${method} ${path}`)?.() ?? '';
    const { id: upload } = await uploadBytes(meadow.person, Buffer.from(`${Math.random()}`));
    const { key, keyProof } = makeKey(portal, harbour.app);
    const body = {
      upload,
      version: '1',
      key,
      keyProof,
      holder: 'server',
      capabilities: [],
      customers: 'all',
    };
    const ask = async (wanted: string) =>
      meadow.person.client.send({
        method: method.toUpperCase(),
        path: path.replace(/:[a-z]+/, wanted),
        ...(method === 'get' ? {} : { type: 'application/json', body: JSON.stringify(body) }),
      });
    const others = await ask(id);
    const nobodys = await ask(`${id.slice(0, 2)}${'a'.repeat(26)}`);
    expect([others.status, others.code]).toEqual([404, 'not_yours']);
    expect(others.text).toBe(nobodys.text);
  });
});

test('lists have a partner’s own things only', async () => {
  const own = await submitBuild(portal, meadow);
  const { client } = meadow.person;
  expect((await client.get<App[]>('/api/v1/apps')).map(({ id }) => id)).toEqual([meadow.app.id]);
  const page = await client.get<BuildPage>('/api/v1/builds');
  expect([page.total, page.rows.map(({ id }) => id)]).toEqual([1, [own.id]]);
  const overview = await client.get<Overview>('/api/v1/overview');
  expect(overview.waiting.map(({ id }) => id)).toEqual([own.id]);
  expect(overview).toMatchObject({
    waitingTotal: 1,
    ends: [],
    steps: [],
    published: null,
    counts: { partners: 1, customers: 0 },
  });
});

test('no filter shows a partner another’s builds', async () => {
  const { client } = meadow.person;
  for (const query of [
    `partner=${harbour.partner.id}`,
    `app=${harbour.app.id}`,
    `q=${foreign.digest}`,
    'q=Harbour',
  ]) {
    const page = await client.get<BuildPage>(`/api/v1/builds?${query}`);
    expect(page.rows.filter((row) => row.partner.id !== meadow.partner.id)).toEqual([]);
  }
});

test('a partner registers apps under itself only', async () => {
  const body = { slug: 'stolen', name: 'Stolen', platform: 'server', capabilities: [] };
  const attempt = meadow.person.client.post('/api/v1/apps', { ...body, partnerId: harbour.partner.id });
  expect(await codeOf(attempt)).toBe('not_yours');
});

test('a partner sees itself', async () => {
  const { client } = meadow.person;
  expect(await client.get<Partner>(`/api/v1/partners/${meadow.partner.id}`)).toMatchObject({
    name: 'Meadow',
    people: 1,
  });
});
