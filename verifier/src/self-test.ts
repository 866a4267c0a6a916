import { visible } from './cli/output.ts';
import type { Place } from './self-test/place.ts';
import { walk, type Walked } from './self-test/walk.ts';

export type { Place, PlaceState } from './self-test/place.ts';
export type { Walked } from './self-test/walk.ts';

// Whether everything that a server answers stands behind `protect`, asked of its app before it listens. It walks what the framework was
// told and runs no handler. It finds what was forgotten; it does not find what somebody hides.

export type SelfTestOptions = {
  /** Places that cannot be seen, or stand before `protect` on purpose, by the names that they have in the report; each is named here. */
  readonly except?: readonly string[];
};

/** The app is not protected: `places` says where. */
export class NotProtected extends Error {
  readonly places: readonly Place[];

  constructor(places: readonly Place[]) {
    super(
      ['Not everything that this server answers is behind protect():', ...places.map(lineOf)].join('\n  '),
    );
    this.name = 'NotProtected';
    this.places = places;
  }
}

/**
 * What a Koa, Express, Fastify or Hono app, a server of node:http, a wrapped handler or the module of a route of Next answers, and what stands
 * before it. A Fastify instance is to be ready. What is not known is `cannotSee`, never fine.
 */
export function reportRoutes(app: unknown): Walked {
  return walk(app);
}

/** What is not protected, by name, such as `GET /orders`, and what cannot be seen, such as `middleware 1 (serveFiles)`. */
export function routesNotProtected(app: unknown, { except = [] }: SelfTestOptions = {}): readonly string[] {
  return troubles(app, except).map(({ name }) => name);
}

/** Throws `NotProtected` unless everything is seen to be behind `protect`, or is named in `except`. Call it before the server listens. */
export function assertProtected(app: unknown, { except = [] }: SelfTestOptions = {}): void {
  const places = troubles(app, except);
  if (places.length > 0) throw new NotProtected(places);
}

/** Writes a line for each place of which `assertProtected` would throw, and goes on. */
export function warnNotProtected(
  app: unknown,
  write: (line: string) => void,
  { except = [] }: SelfTestOptions = {},
): void {
  for (const place of troubles(app, except)) write(`AppWarrant: ${lineOf(place)}`);
}

function troubles(app: unknown, except: readonly string[]): readonly Place[] {
  if (!Array.isArray(except)) throw new TypeError('except is a list.');
  const named = new Set(except);
  return walk(app).places.filter(
    ({ name, state }) => (state === 'notProtected' || state === 'cannotSee') && !named.has(name),
  );
}

function lineOf({ name, state, why }: Place): string {
  return visible(`${name}: ${state === 'cannotSee' ? 'cannot be seen' : 'not protected'}. ${why}`);
}
