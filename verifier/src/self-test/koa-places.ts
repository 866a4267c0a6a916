import { markOf } from './marks.ts';
import {
  listOf,
  member,
  nameOf,
  routePlace,
  rowOf,
  textsOf,
  unseen,
  withExempt,
  type Before,
  type Place,
} from './place.ts';

/** Walks a Koa app: its middlewares in their order, and the layers of every router of @koa/router among them. */
export function koaPlaces(middlewares: readonly unknown[]): readonly Place[] {
  let before: Before = null;
  const places: Place[] = [];
  middlewares.forEach((middleware, index) => {
    const mark = markOf(middleware);
    if (mark?.kind === 'protect') before ??= { exempt: mark.exempt };
    if (mark !== undefined) return;
    const layers = listOf(member(middleware, 'router'), 'stack');
    if (layers !== undefined) {
      places.push(...routerPlaces(layers, before));
      return;
    }
    const name = nameOf(middleware, 'middleware', index + 1);
    if (before === null) places.push(unseen(name, 'A function that runs before protect(), and may answer.'));
    else places.push({ name, state: 'protected', capabilities: [], why: '' });
  });
  if (before === null && !places.some(({ state }) => state === 'notProtected' || state === 'protected')) {
    const why = 'protect() is not among its middlewares.';
    places.push({ name: 'the whole app', state: 'notProtected', capabilities: [], why });
  }
  return withExempt(places, before);
}

/**
 * A layer without methods is what `router.use` was given. It runs for the paths that it matches, and it matches other spellings than the
 * routes do: behind a prefix `/api` it lets `/API/orders` pass to a route that answers. So what stands there counts only without a path.
 */
function routerPlaces(layers: readonly unknown[], outer: Before): readonly Place[] {
  let before = outer;
  let partly: 'protect()' | 'requireCapability()' | undefined;
  const shared: string[] = [];
  return layers.flatMap((layer): readonly Place[] => {
    const functions = listOf(layer, 'stack');
    const methods = textsOf(layer, 'methods');
    const path = pathOf(layer);
    if (functions === undefined || methods === undefined || path === undefined)
      return [unseen('a layer of a router', 'It has a shape that is not known.')];
    const row = rowOf(functions, before);
    if (methods.length > 0) {
      const all = { before: row.before, capabilities: [...shared, ...row.capabilities] };
      return [judgeBeside(partly, routePlace(methodsText(methods), path, all))];
    }
    const protects = before === null && row.before !== null;
    if (forAll.has(path)) {
      before = row.before;
      shared.push(...row.capabilities);
    } else if (protects) partly = 'protect()';
    else if (row.capabilities.length > 0) partly ??= 'requireCapability()';
    if (before !== null || protects || row.capabilities.length > 0) return [];
    return [
      unseen(`router.use() at ${path}`, 'A function that no protect() stands before, and that may answer.'),
    ];
  });
}

/** How @koa/router writes that `router.use` was given no path, and the router no prefix. */
const forAll: ReadonlySet<string> = new Set(['(?:\\/|$)', '(.*)', '([^/]*)', '']);

function judgeBeside(partly: string | undefined, place: Place): Place {
  if (partly === undefined || place.state === 'exempt' || place.capabilities.length > 0) return place;
  const why = `${partly} stands in router.use() of a router with a prefix or a path, which other spellings (/API) pass by.`;
  if (place.state === 'notProtected') return { ...place, why: `${why} Put it into the app.` };
  return { ...place, state: 'cannotSee', why: `${why} Put it into the route.` };
}

function pathOf(layer: unknown): string | undefined {
  const path = member(layer, 'path');
  return typeof path === 'string' ? path : path instanceof RegExp ? String(path) : undefined;
}

/** Routers answer HEAD wherever they answer GET. */
function methodsText(methods: readonly string[]): string {
  const names = [...new Set(methods)];
  if (names.length > 9) return 'ALL';
  return (names.includes('GET') ? names.filter((name) => name !== 'HEAD') : names).join(',');
}
