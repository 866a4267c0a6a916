import type { ParameterizedContext } from 'koa';

import type { Context } from '../context.ts';
import type { ProblemCode } from '../problems.ts';
import type { z } from './fields.ts';

/** Who is asking: a person with a session. */
export interface Actor {
  readonly id: string;
  readonly name: string;
  readonly role: 'admin' | 'partner';
  /** The partner of a person of role `partner`; null for admins. */
  readonly partnerId: string | null;
}

/**
 * Who may ask. `public`: anyone, from the portal's own pages. `person`: any session. `admin`: an admin's session.
 * `approving`: the approving page at its own origin, without a session.
 */
export type Access = 'public' | 'person' | 'admin' | 'approving';

/** One request, with everything about it read and checked. */
interface Call<Who, Query, Body> {
  readonly context: Context;
  /** Unix seconds: the time of this request, read once. */
  readonly now: number;
  readonly actor: Who;
  /** A parameter of the path. @throws TypeError for one that the path does not have */
  readonly param: (name: string) => string;
  readonly query: Query;
  readonly body: Body;
  /** The raw exchange, for cookies, streams and headers. */
  readonly http: ParameterizedContext;
}

interface RouteBase {
  readonly method: 'get' | 'post' | 'put' | 'delete';
  /** E.g. `/api/v1/apps/:id/builds`. */
  readonly path: string;
  /** One sentence for the API description. */
  readonly summary: string;
  /** The status of success: 200 by default; 204 where the handler returns nothing. */
  readonly status?: 200 | 201 | 202 | 204;
  /** What success looks like, for the API description; JSON by default. */
  readonly produces?: string;
  /** The problems that this route adds to those that every route has. */
  readonly problems?: readonly ProblemCode[];
  /** The largest JSON body in bytes: 256 KiB by default. */
  readonly maxBody?: number;
}

type Schema<Value> = z.ZodType<Value>;

export interface RouteSpec<Who, Query, Body> extends RouteBase {
  readonly access: Access;
  readonly query?: Schema<Query>;
  /** A schema for JSON; `stream`: the handler reads `http.req` itself, as application/octet-stream. */
  readonly body?: Schema<Body> | 'stream';
  /** The verb: returns what to answer as JSON, or sets `http.body` to a stream and returns nothing. */
  handle(call: Call<Who, Query, Body>): Promise<unknown>;
}

/** A route, its types checked where it was made and then forgotten. */
export interface Route extends RouteBase {
  readonly access: Access;
  readonly query: z.ZodType | undefined;
  readonly body: z.ZodType | 'stream' | undefined;
  handle(call: Call<Actor | null, unknown, unknown>): Promise<unknown>;
}

/** Makes a route. Its schemas decide what reaches the handler, and describe it in /openapi.json. */
export function route<Query = undefined, Body = undefined>(
  spec: RouteSpec<Actor, Query, Body> & { access: 'person' | 'admin' },
): Route;
export function route<Query = undefined, Body = undefined>(
  spec: RouteSpec<null, Query, Body> & { access: 'public' | 'approving' },
): Route;
export function route<Who, Query, Body>(spec: RouteSpec<Who, Query, Body>): Route {
  return {
    ...spec,
    query: spec.query,
    body: spec.body,
    // The dispatcher gives an actor exactly where `access` asks for one, and query and body as the schemas read them.
    handle: (call) => spec.handle(call as Call<Who, Query, Body>),
  };
}
