import { afterAll, beforeAll, expect, test } from 'vitest';

import type { App, BuildAnswer, BuildPage } from '../../src/api-types.ts';
import { npmTarball } from '../tarballs.ts';
import {
  codeOf,
  makeKey,
  makePartner,
  startTestPortal,
  submitBuild,
  uploadBytes,
  type TestPartner,
  type TestPerson,
  type TestPortal,
} from '../test-portal.ts';

let portal: TestPortal;
let admin: TestPerson;
let harbour: TestPartner;
let meadow: TestPartner;
beforeAll(async () => {
  portal = await startTestPortal();
  admin = await portal.admin();
  harbour = await makePartner(portal, admin, 'Harbour');
  meadow = await makePartner(portal, admin, 'Meadow');
});
afterAll(() => portal.close());

interface Changes {
  readonly partner?: TestPartner;
  readonly person?: TestPerson;
  readonly app?: App;
  readonly bytes?: Uint8Array;
  readonly key?: ReturnType<typeof makeKey>;
  readonly body?: Readonly<Record<string, unknown>>;
}

/** Submits with one thing different from what is right. */
async function submit({
  partner = harbour,
  person = partner.person,
  app = partner.app,
  bytes,
  key,
  body,
}: Changes = {}) {
  const { id: upload } = await uploadBytes(person, bytes ?? Buffer.from(`bytes ${Math.random()}`));
  const made = key ?? makeKey(portal, app);
  return person.client.post<BuildAnswer>(`/api/v1/apps/${app.id}/builds`, {
    upload,
    version: '1.0.0',
    key: made.key,
    keyProof: made.keyProof,
    holder: 'server',
    capabilities: ['orders:read'],
    customers: 'all',
    ...body,
  });
}

const buildCount = async () => (await admin.client.get<BuildPage>('/api/v1/builds')).total;

test('a submission waits for review, with its digest, key and history', async () => {
  const bytes = await npmTarball('orders', '1.0.0');
  const { build } = await submit({ bytes });
  expect(build).toMatchObject({
    state: 'waiting',
    version: '1.0.0',
    kind: 'npm',
    platform: 'server',
    app: { slug: 'orders' },
    partner: { name: 'Harbour' },
    findings: [],
    approvals: 0,
    approvalsNeeded: 1,
    artifact: true,
    deliveryNote: false,
    history: [{ event: 'submitted', who: { name: 'Person of Harbour' } }],
  });
  expect(build.review).toMatch(/^[0-9a-f]{64}$/);
});

test('a version that the file contradicts is found fault with, and changes what an approval covers', async () => {
  const one = await submit({ bytes: await npmTarball('orders', '3.0.0'), body: { version: '3.0.0' } });
  const other = await submit({ bytes: await npmTarball('orders', '4.0.0'), body: { version: '5.0.0' } });
  expect(other.build.findings).toMatchObject([{ code: 'version_differs', severity: 'warning' }]);
  expect(other.build.review).not.toBe(one.build.review);
});

test('a refused submission makes no build, takes no key and keeps the upload', async () => {
  const before = await buildCount();
  const key = makeKey(portal, harbour.app);
  const { id: upload } = await uploadBytes(harbour.person, Buffer.from('will be refused first'));
  const body = {
    upload,
    version: '1.0.0',
    key: key.key,
    holder: 'server',
    capabilities: [],
    customers: 'all',
  };
  const path = `/api/v1/apps/${harbour.app.id}/builds`;
  const wrong = harbour.person.client.post(path, {
    ...body,
    keyProof: makeKey(portal, harbour.app).keyProof,
  });
  expect(await codeOf(wrong)).toBe('key_proof_wrong');
  expect(await buildCount()).toBe(before);
  await harbour.person.client.post(path, { ...body, keyProof: key.keyProof });
  expect(await buildCount()).toBe(before + 1);
});

test('bytes that the app has already are refused; another app may have the same', async () => {
  const bytes = Buffer.from('shared bytes');
  await submit({ bytes });
  expect(await codeOf(submit({ bytes }))).toBe('build_exists');
  expect(await codeOf(submit({ bytes, partner: meadow }))).toBe('no problem');
});

test('a key may stand under several builds of one app', async () => {
  const key = makeKey(portal, harbour.app);
  await submit({ key });
  expect(await codeOf(submit({ key }))).toBe('no problem');
});

test('a key stands under one app only, whoever submits it', async () => {
  const key = makeKey(portal, harbour.app);
  await submit({ key });
  const { registry } = portal.context.repository;
  const place = { registry, partner: meadow.partner.id, app: meadow.app.slug };
  const genuine = { ...key, keyProof: key.prove(place) };
  expect(await codeOf(submit({ partner: meadow, key: genuine }))).toBe('key_in_use');
});

test('a key signs requests, unless it is submitted to vouch for installed copies', async () => {
  expect((await submit()).build.use).toBe('request');
  const { build } = await submit({ body: { use: 'attest' } });
  expect(build).toMatchObject({ use: 'attest', holder: 'server' });
  expect(await codeOf(submit({ body: { use: 'both' } }))).toBe('input_invalid');
});

test('a key that vouches is held by a server', async () => {
  for (const holder of ['embedded', 'hardware'])
    expect(await codeOf(submit({ body: { use: 'attest', holder } }))).toBe('input_invalid');
});

test.each([
  ['request', 'attest'],
  ['attest', 'request'],
])(
  'a key that was submitted for one use (%s) is not taken for the other (%s), even of a rejected build',
  async (one, other) => {
    const key = makeKey(portal, harbour.app);
    const { build } = await submit({ key, body: { use: one } });
    expect(await codeOf(submit({ key, body: { use: other } }))).toBe('key_in_use');
    expect(await codeOf(submit({ key, body: { use: one } }))).toBe('no problem');
    await admin.client.post(`/api/v1/builds/${build.id}/reject`, { reason: 'No.' });
    expect(await codeOf(submit({ key, body: { use: other } }))).toBe('key_in_use');
  },
);

test('two apps that submit one key at once do not both get it', async () => {
  const key = makeKey(portal, harbour.app);
  const { registry } = portal.context.repository;
  const place = { registry, partner: meadow.partner.id, app: meadow.app.slug };
  const attempts = [
    submit({ key }),
    submit({ partner: meadow, key: { ...key, keyProof: key.prove(place) } }),
  ];
  expect((await Promise.all(attempts.map(codeOf))).sort()).toEqual(['key_in_use', 'no problem']);
});

test.each<[string, (right: { registry: string; partner: string; app: string }) => object]>([
  ['another registry', (right) => ({ ...right, registry: 'f'.repeat(64) })],
  ['another partner', (right) => ({ ...right, partner: meadow.partner.id })],
  ['another app', (right) => ({ ...right, app: 'other' })],
])('a proof for %s is refused', async (_name, change) => {
  const key = makeKey(portal, harbour.app);
  const right = { registry: portal.context.repository.registry, partner: harbour.partner.id, app: 'orders' };
  const keyProof = key.prove(change(right) as typeof right);
  expect(await codeOf(submit({ key: { ...key, keyProof } }))).toBe('key_proof_wrong');
});

test('a proof in another encoding is refused', async () => {
  expect(await codeOf(submit({ body: { keyProof: 'AAAA' } }))).toBe('key_proof_wrong');
});

test('a public key that is not on the curve is refused', async () => {
  const { key } = makeKey(portal, harbour.app);
  expect(await codeOf(submit({ body: { key: { ...key, y: key.x } } }))).toBe('app_key_malformed');
});

test('a second spelling of a public key is refused: it would be the same key under another thumbprint', async () => {
  const { key } = makeKey(portal, harbour.app);
  const letters = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_';
  const x = key.x.slice(0, -1) + (letters[letters.indexOf(key.x.at(-1) ?? '') + 1] ?? '');
  expect(Buffer.from(x, 'base64url')).toEqual(Buffer.from(key.x, 'base64url'));
  expect(await codeOf(submit({ body: { key: { ...key, x } } }))).toBe('input_invalid');
});

test('a private key in the place of a public one is refused', async () => {
  const { key } = makeKey(portal, harbour.app);
  expect(await codeOf(submit({ body: { key: { ...key, d: key.x } } }))).toBe('input_invalid');
});

test('a capability that the app does not have is refused', async () => {
  expect(await codeOf(submit({ body: { capabilities: ['orders:delete'] } }))).toBe('input_invalid');
});

test('capabilities are sorted and distinct, whatever was sent', async () => {
  const { build } = await submit({ body: { capabilities: ['orders:write', 'orders:read', 'orders:write'] } });
  expect(build.capabilities).toEqual(['orders:read', 'orders:write']);
});

test('customers that do not exist are refused', async () => {
  expect(await codeOf(submit({ body: { customers: [`c-${'a'.repeat(26)}`] } }))).toBe('customer_unknown');
});

test('an upload of somebody else is refused, an unknown and a used one, too', async () => {
  const foreign = await uploadBytes(meadow.person, Buffer.from('of meadow'));
  expect(await codeOf(submit({ body: { upload: foreign.id } }))).toBe('upload_unknown');
  expect(await codeOf(submit({ body: { upload: `f-${'a'.repeat(26)}` } }))).toBe('upload_unknown');
  const { id } = await uploadBytes(harbour.person, Buffer.from('used'));
  await submit({ body: { upload: id } });
  expect(await codeOf(submit({ body: { upload: id } }))).toBe('upload_unknown');
});

test('an app of another partner, or none, is refused alike', async () => {
  expect(await codeOf(submit({ app: meadow.app }))).toBe('not_yours');
  expect(await codeOf(submit({ app: { ...meadow.app, id: `a-${'a'.repeat(26)}` } }))).toBe('not_yours');
});

test('an admin may submit for a partner', async () => {
  const { build } = await submit({ person: admin });
  expect(build.submittedBy.name).toBe('Ada Admin');
});

test('a rejection is final, and its partner reads the reason', async () => {
  const build = await submitBuild(portal, harbour);
  await admin.client.post(`/api/v1/builds/${build.id}/reject`, {
    reason: 'It asks for too much.\nPlease ask for less.',
  });
  const { build: seen } = await harbour.person.client.get<BuildAnswer>(`/api/v1/builds/${build.id}`);
  expect(seen).toMatchObject({ state: 'rejected', reason: 'It asks for too much.\nPlease ask for less.' });
  expect(seen.history.map(({ event }) => event)).toEqual(['submitted', 'rejected']);
  const again = admin.client.post(`/api/v1/builds/${build.id}/reject`, { reason: 'Once more' });
  expect(await codeOf(again)).toBe('build_decided');
  const approve = admin.client.post('/api/v1/approval-lists', {
    subjects: [{ kind: 'build', id: build.id }],
  });
  expect(await codeOf(approve)).toBe('statement_not_open');
});

test('a rejection takes back what waits for approval', async () => {
  const build = await submitBuild(portal, harbour);
  await admin.client.post('/api/v1/approval-lists', { subjects: [{ kind: 'build', id: build.id }] });
  await admin.client.post(`/api/v1/builds/${build.id}/reject`, { reason: 'No.' });
  const rows = await portal.context.db
    .selectFrom('statements')
    .select('state')
    .where('subject_id', '=', build.id)
    .execute();
  expect(rows).toEqual([{ state: 'withdrawn' }]);
});

test('the list filters, searches, sorts and pages', async () => {
  const own = await startTestPortal();
  const ada = await own.admin();
  const one = await makePartner(own, ada, 'One');
  for (const version of ['1.0.0', '1.1.0', '2.0.0'])
    await submitBuild(own, one, Buffer.from(version), version);
  const two = await makePartner(own, ada, 'Two % _');
  await submitBuild(own, two, Buffer.from('x'), '9.9.9');
  const versions = async (query: string) =>
    (await ada.client.get<BuildPage>(`/api/v1/builds?${query}`)).rows.map((row) => row.version);
  expect(await versions('sort=version')).toEqual(['1.0.0', '1.1.0', '2.0.0', '9.9.9']);
  expect(await versions('sort=-version&limit=2')).toEqual(['9.9.9', '2.0.0']);
  expect(await versions('sort=version&limit=2&offset=2')).toEqual(['2.0.0', '9.9.9']);
  expect(await versions('q=1.1')).toEqual(['1.1.0']);
  expect(await versions('q=%25%20_')).toEqual(['9.9.9']);
  expect(await versions('q=%25')).toEqual(['9.9.9']);
  expect(await versions('q=TWO')).toEqual(['9.9.9']);
  expect(await versions("q=';drop")).toEqual([]);
  expect(await versions('state=rejected')).toEqual([]);
  expect(await versions(`partner=${one.partner.id}&sort=version`)).toEqual(['1.0.0', '1.1.0', '2.0.0']);
  const page = await ada.client.get<BuildPage>('/api/v1/builds?limit=1');
  expect(page.total).toBe(4);
  await own.close();
});
