import { markOf } from './marks.ts';
import {
  listOf,
  member,
  nameOf,
  routePlace,
  rowOf,
  unseen,
  withExempt,
  type Before,
  type Place,
} from './place.ts';

/**
 * Walks the stack of an Express 5 app or router, and of the routers that are mounted in it. What stands at a path only
 * (`app.use('/api', protect(…))`) counts for what is given in the same call, which no walk can tell: that is not seen.
 */
export function expressPlaces(router: unknown): readonly Place[] {
  const places = routerPlaces(router, null, '');
  const marks = (listOf(router, 'stack') ?? [])
    .filter((layer) => member(layer, 'slash') === true)
    .map((layer) => markOf(member(layer, 'handle')));
  const mark = marks.find((each) => each?.kind === 'protect');
  if (mark?.kind === 'protect') return withExempt(places, { exempt: mark.exempt });
  if (places.some(({ state }) => state === 'notProtected' || state === 'protected')) return places;
  const why = 'protect() is not among its middlewares.';
  return [...places, { name: 'the whole app', state: 'notProtected', capabilities: [], why }];
}

function routerPlaces(router: unknown, outer: Before, prefix: string): readonly Place[] {
  const stack = listOf(router, 'stack') ?? [];
  const hasParams = Object.keys(member(router, 'params') ?? {}).length > 0;
  let before = outer;
  let partly: string | undefined;
  return stack.flatMap((layer, index): readonly Place[] => {
    const route = member(layer, 'route');
    const handle = member(layer, 'handle');
    const slash = member(layer, 'slash');
    if (typeof handle !== 'function' || typeof slash !== 'boolean')
      return [unseen(`layer ${String(index + 1)} of a router`, 'It has a shape that is not known.')];
    if (route !== undefined) {
      const found = routePlaces(route, before, prefix).map((place) => beside(partly, place));
      // What app.param() was given runs before the functions of a route.
      return before === null && hasParams ? found.map(behindParams) : found;
    }
    const at = prefix + (slash ? '' : pathOf(layer));
    const mark = markOf(handle);
    if (mark?.kind === 'protect') {
      if (slash) before ??= { exempt: mark.exempt };
      else if (before === null) partly = at;
    }
    if (mark !== undefined) return [];
    if (listOf(handle, 'stack') !== undefined)
      return routerPlaces(handle, before, at).map((place) => beside(partly, place));
    // Four parameters: it runs when something before it has failed.
    if (handle.length === 4) return [];
    const name = nameOf(handle, `middleware${at === '' ? '' : ` at ${at}`}`, index + 1);
    if (before === null) return [unseen(name, 'A function that runs before protect(), and may answer.')];
    return [{ name, state: 'protected', capabilities: [], why: '' }];
  });
}

function behindParams(place: Place): Place {
  if (place.state === 'notProtected' || !place.name.includes(':')) return place;
  return { ...place, state: 'cannotSee', why: 'param() was given a function, which runs before protect().' };
}

function routePlaces(route: unknown, before: Before, prefix: string): readonly Place[] {
  const path = textOf(member(route, 'path'));
  const layers = listOf(route, 'stack');
  if (path === undefined || layers === undefined)
    return [unseen(`a route below ${prefix}/`, 'It has a shape that is not known.')];
  const methods = new Set(layers.map((layer) => methodOf(layer) ?? 'ALL'));
  const whole = (prefix + path).replace(/(?<=.)\/$/, '') || '/';
  const places = [...methods].map((method) => {
    const mine = layers.filter((layer) => {
      const its = methodOf(layer);
      return its === undefined || its === method;
    });
    return routePlace(
      method,
      whole,
      rowOf(
        mine.map((layer) => member(layer, 'handle')),
        before,
      ),
    );
  });
  const [first] = places;
  // What `app.all` makes.
  return methods.size > 9 && first !== undefined ? [{ ...first, name: `ALL ${whole}` }] : places;
}

/** Of a function of a route; undefined where it runs for every method. */
function methodOf(layer: unknown): string | undefined {
  const method = member(layer, 'method');
  return typeof method === 'string' ? method.toUpperCase() : undefined;
}

function beside(partly: string | undefined, place: Place): Place {
  if (partly === undefined || place.state !== 'notProtected') return place;
  return unseen(place.name, `protect() stands at ${partly} only: put it before everything.`);
}

/** Where something is mounted; Express has not always kept it. */
function pathOf(layer: unknown): string {
  const path = textOf(member(layer, 'rawPath'));
  return path ?? '/…';
}

function textOf(path: unknown): string | undefined {
  if (typeof path === 'string') return path;
  if (path instanceof RegExp) return String(path);
  return Array.isArray(path) && path.length > 0
    ? path.map((each) => textOf(each) ?? '…').join('|')
    : undefined;
}
