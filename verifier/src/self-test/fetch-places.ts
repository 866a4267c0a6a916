import { markOf } from './marks.ts';
import { member, nameOf, routePlace, unseen, withExempt, type Before, type Place } from './place.ts';

/** A handler of the Fetch API, or whatever is wrapped as one: what stands behind `protect` is protected, and is not walked. */
export function handlerPlaces(handler: unknown, name: string): readonly Place[] {
  const mark = markOf(handler);
  if (mark?.kind === 'protect') {
    const exempt = mark.exempt.map((path): Place => {
      return { name: `${name} at ${path}`, state: 'exempt', capabilities: [], why: 'It stands in exempt.' };
    });
    return [
      { name, state: 'protected', capabilities: [], why: 'All that it calls is behind protect().' },
      ...exempt,
    ];
  }
  const why = 'protect() is not wrapped around it, or something else is wrapped around that.';
  return [{ name, state: 'notProtected', capabilities: [], why }];
}

/** Walks the routes of a Hono app in their order, middlewares among them: `app.use` adds for every method. */
export function honoPlaces(routes: readonly unknown[]): readonly Place[] {
  let before: Before = null;
  // `app.get('/orders', one, two)` adds a route for each function.
  const demanded = new Map<string, string[]>();
  const places = routes.flatMap((route, index): readonly Place[] => {
    const [path, method, handler] = [
      member(route, 'path'),
      member(route, 'method'),
      member(route, 'handler'),
    ];
    if (typeof path !== 'string' || typeof method !== 'string')
      return [unseen(`route ${String(index + 1)}`, 'It has a shape that is not known.')];
    const mark = markOf(handler) ?? markOf(member(handler, '__COMPOSED_HANDLER'));
    if (mark?.kind === 'protect' && method === 'ALL' && (path === '/*' || path === '*')) {
      before ??= { exempt: mark.exempt };
      return [];
    }
    const key = `${method} ${path}`;
    const capabilities = demanded.get(key) ?? [];
    demanded.set(key, capabilities);
    if (mark?.kind === 'capability') capabilities.push(mark.capability);
    if (mark !== undefined) return [];
    if (method === 'ALL' && before === null) {
      const name = nameOf(handler, `ALL ${path}`, index + 1);
      return [unseen(name, 'A function that runs before protect(), and may answer.')];
    }
    return [routePlace(method, path, { before, capabilities })];
  });
  if (before !== null || places.some(({ state }) => state === 'notProtected'))
    return withExempt(places, before);
  const why = 'protect() is not among its middlewares; if it is wrapped around its fetch, look at that.';
  return [...places, { name: 'the whole app', state: 'notProtected', capabilities: [], why }];
}

const methods = ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS'];

/** The module of a route of Next, which exports a handler for each method. Undefined where it exports none. */
export function nextPlaces(module: object): readonly Place[] | undefined {
  const handlers = methods.filter((method) => typeof member(module, method) === 'function');
  if (handlers.length === 0) return undefined;
  return handlers.flatMap((method) => handlerPlaces(member(module, method), method));
}
