import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { Hono } from 'hono';
import { expect, test } from 'vitest';
import { forHono, protect } from '../../src/adapters/fetch.ts';
import { routesNotProtected } from '../../src/self-test.ts';
import { makeSite, origin, type Site } from '../http/site.ts';
import { blocksOf, readPage } from '../install/page.ts';
import { temporaryFolder } from '../state/site.ts';

// The smaller examples of the page; its server runs with the others (pages.test.ts).

const blocks = blocksOf(readPage('adapters/fetch.md'));
const block = (name: string): string => {
  const found = blocks.find(({ about }) => about === name);
  if (found === undefined) throw new Error(`The page has no ${name}.`);
  return found.text;
};

function signed(site: Site, target: string): Request {
  const { method, headers } = site.sign({ target });
  return new Request(origin + target, { method, headers: headers.map(([name, value]) => [name, value]) });
}

type Route = { GET: (request: Request, context: { params: Promise<{ id: string }> }) => Promise<Response> };

test('The route of Next is called as Next calls it, and is seen to be wrapped', async () => {
  const site = makeSite();
  const home = temporaryFolder();
  const source = pathToFileURL(join(import.meta.dirname, '../../src/adapters/fetch.ts')).href;
  const name = 'app/orders/route.mjs';
  mkdirSync(dirname(join(home, name)), { recursive: true });
  writeFileSync(join(home, name), block(name).replace('acme-verifier/fetch', source));
  const key = Symbol.for('the guard of this test');
  Reflect.set(globalThis, key, protect(site.checker));
  writeFileSync(
    join(home, 'guard.mjs'),
    `export const guard = globalThis[Symbol.for('${key.description ?? ''}')];`,
  );
  const route = (await import(pathToFileURL(join(home, name)).href)) as Route;
  const context = { params: Promise.resolve({ id: 'o-1' }) };
  expect(await (await route.GET(signed(site, '/orders/o-1'), context)).json()).toEqual({
    id: 'o-1',
    from: 'Viewer',
  });
  expect((await route.GET(new Request(`${origin}/orders/o-1`), context)).status).toBe(401);
  expect(routesNotProtected(route)).toEqual([]);
  expect(routesNotProtected({ ...route, POST: () => new Response('open') })).toEqual(['POST']);
});

test('The middleware of Hono holds for what is added after it', async () => {
  const site = makeSite();
  const app = new Hono().get('/before', (c) => c.text('open'));
  const file = join(temporaryFolder(), 'middleware.mjs');
  writeFileSync(file, `export const add = (app, forHono, protect, verifier) => { ${block('middleware')} };`);
  const { add } = (await import(pathToFileURL(file).href)) as { add: (...given: unknown[]) => void };
  add(app, forHono, protect, site.checker);
  app.get('/after', (c) => c.text('served'));
  expect(routesNotProtected(app)).toEqual(['GET /before']);
  expect((await app.request('/after')).status).toBe(401);
  expect(await (await app.fetch(signed(site, '/after'))).text()).toBe('served');
});
