// Every route of /openapi.json against everything that it has to refuse. A new route is in these tables by itself.

import { afterAll, beforeAll, describe, expect, test } from 'vitest';

import { describe as describeApi } from '../../src/http/openapi.ts';
import { ROUTES } from '../../src/routes.ts';
import {
  makePartner,
  raw,
  startTestPortal,
  type RawRequest,
  type TestPartner,
  type TestPerson,
  type TestPortal,
} from '../test-portal.ts';

interface Operation {
  readonly 'x-appwarrant-access': 'public' | 'person' | 'admin' | 'approving';
  readonly 'x-appwarrant-max-body'?: number;
  readonly parameters: readonly { readonly name: string; readonly in: string }[];
  readonly requestBody?: { readonly content: Readonly<Record<string, unknown>> };
}

interface Listed {
  readonly name: string;
  readonly method: string;
  readonly path: string;
  readonly operation: Operation;
}

const document = describeApi(ROUTES) as { paths: Record<string, Record<string, Operation>> };
const ALL: readonly Listed[] = Object.entries(document.paths).flatMap(([path, methods]) =>
  Object.entries(methods).map(([method, operation]) => ({
    name: `${method.toUpperCase()} ${path}`,
    method: method.toUpperCase(),
    path: path.replaceAll(/\{[^}]+\}/g, 'unknown'),
    operation,
  })),
);
const access = (listed: Listed) => listed.operation['x-appwarrant-access'];
const takesJson = (listed: Listed) => 'application/json' in (listed.operation.requestBody?.content ?? {});
const changes = (listed: Listed) => listed.method !== 'GET';

let portal: TestPortal;
let admin: TestPerson;
let harbour: TestPartner;
beforeAll(async () => {
  portal = await startTestPortal();
  admin = await portal.admin();
  harbour = await makePartner(portal, admin, 'Harbour');
});
afterAll(() => portal.close());

/** Everything that the database holds, but for when people were last seen. */
async function state(): Promise<string> {
  const { db } = portal.context;
  const tables = (await db.introspection.getTables()).map(({ name }) => name).sort();
  const counts: Record<string, unknown> = {};
  for (const name of tables) {
    const rows = await db
      .selectFrom(name as 'settings')
      .selectAll()
      .execute();
    counts[name] = name === 'sessions' || name === 'people' ? rows.length : rows;
  }
  return JSON.stringify(counts);
}

/** Sends a request that has to be refused with this code, and looks whether anything moved. */
async function expectRefused(listed: Listed, wanted: Partial<RawRequest>, code: string): Promise<void> {
  const before = await state();
  const answer = await raw(portal, { method: listed.method, path: listed.path, ...wanted });
  expect(`${answer.status} ${answer.code}`).toMatch(new RegExp(` ${code}$`));
  expect(answer.headers['content-type']).toBe('application/problem+json');
  expect(answer.headers['cache-control']).toBe('no-store');
  expect(await state()).toBe(before);
}

/** The origin and cookie with which a route can be asked at all. */
function rightly(listed: Listed): Partial<RawRequest> {
  if (access(listed) === 'approving') return { origin: portal.context.config.approveOrigin };
  return { cookie: admin.client.cookie() };
}

const json = (listed: Listed, body: string): Partial<RawRequest> => ({
  ...rightly(listed),
  type: 'application/json',
  body,
});

describe('without a session', () => {
  const guarded = ALL.filter((listed) => access(listed) === 'person' || access(listed) === 'admin');
  test.each(guarded)('$name', (listed) => expectRefused(listed, {}, 'no_session'));
});

describe('with a session token that is not known', () => {
  const guarded = ALL.filter((listed) => access(listed) === 'person' || access(listed) === 'admin');
  const cookie = `appwarrant_session=${'A'.repeat(43)}`;
  test.each(guarded)('$name', (listed) => expectRefused(listed, { cookie }, 'no_session'));
});

describe('by a partner, where only admins may', () => {
  test.each(ALL.filter((listed) => access(listed) === 'admin'))('$name', (listed) =>
    expectRefused(listed, { cookie: harbour.person.client.cookie() }, 'not_allowed'),
  );
});

describe('from a page of another origin', () => {
  test.each(ALL)('$name', (listed) =>
    expectRefused(listed, { ...rightly(listed), origin: 'https://evil.example' }, 'other_origin'),
  );
});

describe('from the wrong one of our own two origins', () => {
  test.each(ALL)('$name', (listed) => {
    const origin = access(listed) === 'approving' ? portal.origin : portal.context.config.approveOrigin;
    return expectRefused(listed, { ...rightly(listed), origin }, 'other_origin');
  });
});

describe('without saying from where, where something would change', () => {
  test.each(ALL.filter(changes))('$name', (listed) =>
    expectRefused(listed, { ...rightly(listed), origin: null }, 'other_origin'),
  );
});

describe('under another host name', () => {
  test.each(ALL)('$name', (listed) =>
    expectRefused(listed, { ...rightly(listed), host: 'evil.example' }, 'unknown_host'),
  );
});

describe('at the approving host', () => {
  test.each(ALL.filter(changes))('$name', (listed) => {
    const host = new URL(portal.context.config.approveOrigin).host;
    return expectRefused(listed, { ...rightly(listed), host }, 'method_not_allowed');
  });
});

describe('with another method', () => {
  test.each(ALL)('$name', (listed) =>
    expectRefused(listed, { ...rightly(listed), method: 'PATCH' }, 'method_not_allowed'),
  );
});

describe('with a body of another type', () => {
  test.each(ALL.filter((listed) => listed.operation.requestBody !== undefined))('$name', (listed) =>
    expectRefused(listed, { ...rightly(listed), type: 'text/plain', body: '{}' }, 'body_type'),
  );
});

describe('without a body, where one is wanted', () => {
  test.each(ALL.filter(takesJson))('$name', (listed) => expectRefused(listed, rightly(listed), 'body_type'));
});

describe.each([
  ['that is cut off', '{"a":'],
  ['that is empty', ''],
  ['with a member twice', '{"name":"a","name":"b"}'],
  ['with __proto__', '{"__proto__":{}}'],
  ['with a fraction', '{"a":1.5}'],
  ['with a lone surrogate', '{"a":"\\ud800"}'],
  ['that is nested too deep', '['.repeat(40) + ']'.repeat(40)],
])('with JSON %s', (_what, body) => {
  test.each(ALL.filter(takesJson))('$name', (listed) =>
    expectRefused(listed, json(listed, body), 'body_malformed'),
  );
});

describe.each([
  ['a list', '[]'],
  ['a text', '"x"'],
  ['null', 'null'],
  ['an object with a member that is not known', '{"unheard":1}'],
  ['an object with numbers everywhere', '{"name":1,"kind":1,"id":1,"flow":1,"reason":1}'],
])('with %s for a body', (_what, body) => {
  test.each(ALL.filter(takesJson))('$name', (listed) =>
    expectRefused(listed, json(listed, body), 'input_invalid'),
  );
});

describe('with a body that is too large', () => {
  test.each(ALL.filter(takesJson))('$name, as it says', (listed) => {
    const length = String((listed.operation['x-appwarrant-max-body'] ?? 0) + 1);
    return expectRefused(
      listed,
      { ...rightly(listed), type: 'application/json', headers: { 'content-length': length } },
      'body_too_large',
    );
  });
  test.each(ALL.filter(takesJson))('$name, as it turns out', (listed) => {
    const chunked = Buffer.alloc((listed.operation['x-appwarrant-max-body'] ?? 0) + 1, ' ');
    const headers = { 'transfer-encoding': 'chunked' };
    return expectRefused(
      listed,
      { ...rightly(listed), type: 'application/json', headers, chunked },
      'body_too_large',
    );
  });
});

describe('with a query that is not known', () => {
  const queried = ALL.filter((listed) =>
    listed.operation.parameters.some((parameter) => parameter.in === 'query'),
  );
  test.each(queried)('$name', (listed) =>
    expectRefused({ ...listed, path: `${listed.path}?unheard=1` }, rightly(listed), 'input_invalid'),
  );
  test.each(queried)('$name, a member twice', (listed) => {
    const [parameter] = listed.operation.parameters.filter((each) => each.in === 'query');
    return expectRefused(
      { ...listed, path: `${listed.path}?${parameter?.name}=1&${parameter?.name}=2` },
      rightly(listed),
      'input_invalid',
    );
  });
});

describe('with a parameter in the path that cannot be one', () => {
  const parametrised = ALL.filter((listed) => listed.path.includes('unknown'));
  test.each(parametrised)('$name', async (listed) => {
    for (const value of ['%00', 'a%2Fb', 'a b'.replace(' ', '%20'), 'x'.repeat(201), '..%5c', "'"]) {
      await expectRefused(
        { ...listed, path: listed.path.replace('unknown', value) },
        rightly(listed),
        'not_found',
      );
    }
  });
});

test('every route says who may ask', () => {
  for (const listed of ALL) expect(['public', 'person', 'admin', 'approving']).toContain(access(listed));
});

test('few routes answer without a session, and each is known here', () => {
  const open = ALL.filter((listed) => access(listed) === 'public').map(({ name }) => name);
  expect(open.sort()).toEqual([
    'DELETE /api/v1/session',
    'GET /api/v1/invitations/{token}',
    'GET /api/v1/vendor',
    'POST /api/v1/invitations/{token}/accept',
    'POST /api/v1/invitations/{token}/options',
    'POST /api/v1/session',
    'POST /api/v1/session/options',
  ]);
});
