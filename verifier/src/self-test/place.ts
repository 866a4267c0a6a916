import { markOf } from './marks.ts';

// What the self-test says of each place at which a server answers. It walks what frameworks have been told, and runs none of it.

/** A route, or something else that may answer requests. */
export type Place = {
  /** Such as `GET /orders`. Prefixes that a framework has not kept are `…`. */
  readonly name: string;
  readonly state: PlaceState;
  /** The capabilities that are demanded there. */
  readonly capabilities: readonly string[];
  /** For people: what was found; empty where nothing needs to be said. */
  readonly why: string;
};

/**
 * `protected`: `protect` stands before it. `exempt`: too, and lets every request to this path pass. `notProtected`: nothing stands before it.
 * `cannotSee`: it stands beside what can be walked, or has a shape that is not known.
 */
export type PlaceState = 'protected' | 'exempt' | 'notProtected' | 'cannotSee';

/** What has been found to stand before a place: the exempt paths of `protect`, or nothing. */
export type Before = { readonly exempt: readonly string[] } | null;

/** What functions in a row do for what comes after them. */
export type Row = { readonly before: Before; readonly capabilities: readonly string[] };

/** Reads functions that run one after the other: the last is the handler. */
export function rowOf(functions: readonly unknown[], before: Before): Row {
  const all = functions.map(markOf);
  const marks = all.filter((mark) => mark !== undefined);
  // What stands before protect(), in the same row, is not behind it.
  const protecting = all.find((mark) => mark?.kind !== 'capability');
  return {
    before: before ?? (protecting?.kind === 'protect' ? { exempt: protecting.exempt } : null),
    capabilities: marks.flatMap((mark) => (mark.kind === 'capability' ? [mark.capability] : [])),
  };
}

/** A route with its path as the framework was told it. */
export function routePlace(method: string, path: string, { before, capabilities }: Row): Place {
  const name = `${method} ${path}`;
  if (before === null)
    return { name, state: 'notProtected', capabilities, why: 'protect() does not stand before it.' };
  if (before.exempt.includes(path)) {
    const closed = capabilities.length > 0 ? ' It demands a capability, so it refuses everybody.' : '';
    return { name, state: 'exempt', capabilities, why: `It stands in exempt.${closed}` };
  }
  return { name, state: 'protected', capabilities, why: '' };
}

/** The places, and the exempt paths that no route has as its own: whatever answers there is open. */
export function withExempt(places: readonly Place[], before: Before): readonly Place[] {
  const named = new Set(
    places.filter(({ state }) => state === 'exempt').map(({ name }) => name.split(' ').at(-1)),
  );
  const others = (before?.exempt ?? []).filter((path) => !named.has(path));
  const why = 'It stands in exempt, and no route has just this path: whatever answers there is open.';
  return [
    ...places,
    ...others.map((path): Place => ({ name: `ALL ${path}`, state: 'exempt', capabilities: [], why })),
  ];
}

export function unseen(name: string, why: string): Place {
  return { name, state: 'cannotSee', capabilities: [], why };
}

/** How a function is called in a report; `position` counts from 1. */
export function nameOf(what: unknown, kind: string, position: number): string {
  const name: unknown = typeof what === 'function' ? what.name : '';
  const plain = typeof name === 'string' ? name.replace(/^bound /, '') : '';
  return plain === '' ? `${kind} ${String(position)}` : `${kind} ${String(position)} (${plain})`;
}

/** A member of whatever a host handed over; undefined where there is none, or asking for it throws. */
export function member(of: unknown, name: string): unknown {
  if ((typeof of !== 'object' || of === null) && typeof of !== 'function') return undefined;
  try {
    const value: unknown = Reflect.get(of, name);
    return value;
  } catch {
    return undefined;
  }
}

/** A member that is a list. */
export function listOf(of: unknown, name: string): readonly unknown[] | undefined {
  const list = member(of, name);
  return Array.isArray(list) ? (list as unknown[]) : undefined;
}

/** A member that is a list of texts. */
export function textsOf(of: unknown, name: string): readonly string[] | undefined {
  const list = listOf(of, name);
  return list?.every((each) => typeof each === 'string') === true ? list : undefined;
}
