import type { Middleware, ParameterizedContext } from 'koa';

import type { Context } from '../context.ts';
import { findActor } from '../people/find-actor.ts';
import { Problem } from '../problem.ts';
import type { Limits } from './limits.ts';
import { pathTable } from './match.ts';
import { allowApprovingPage, answerPreflight, checkOrigin } from './origin.ts';
import { readInput } from './read-input.ts';
import { MAX_BODY, readJson } from './read-json.ts';
import type { Actor, Route } from './route.ts';
import { readSessionCookie } from './session-cookie.ts';

/** Answers the routes: who asks, from where, with what; then the route's own verb. Other paths go on to `next`. */
export function dispatch(context: Context, routes: readonly Route[], limits: Limits): Middleware {
  const find = pathTable(routes.map((route) => ({ method: route.method, path: route.path, value: route })));
  return async (http, next) => {
    const path = rawPath(http);
    const method = http.method === 'HEAD' ? 'get' : http.method.toLowerCase();
    const match = find(method, path);
    switch (match.kind) {
      case 'found':
        return answer(context, match.value, match.params, http, limits);
      case 'other-method':
        return answerOtherMethod(context, http, find, path, match.methods);
      case 'none':
        if (path === '/api' || path.startsWith('/api/'))
          throw new Problem('not_found', 'The API has no such address.');
        await next();
    }
  };
}

async function answer(
  context: Context,
  route: Route,
  params: ReadonlyMap<string, string>,
  http: ParameterizedContext,
  limits: Limits,
): Promise<void> {
  const now = context.now();
  http.set('Cache-Control', 'no-store');
  checkOrigin(http, context.config, route.access);
  if (route.access === 'approving') allowApprovingPage(http, context.config);
  const actor = await admit(context, route, http, limits, now);
  const query = readQuery(route, http);
  const body = await readBody(route, http);
  const result = await route.handle({
    context,
    now,
    actor,
    param: (name) => {
      const value = params.get(name);
      if (value === undefined) throw new TypeError(`${route.path} has no parameter ${name}`);
      return value;
    },
    query,
    body,
    http,
  });
  if (result !== undefined) {
    http.status = route.status ?? 200;
    http.body = JSON.stringify(result);
    http.type = 'application/json';
  } else if (http.body === undefined || http.body === null) {
    http.status = 204;
  }
}

/** The person who asks, where the route wants one. @throws Problem no_session, not_allowed, too_many_requests */
async function admit(
  context: Context,
  route: Route,
  http: ParameterizedContext,
  limits: Limits,
  now: number,
): Promise<Actor | null> {
  if (route.access === 'public' || route.access === 'approving') {
    await limits.count(http);
    return null;
  }
  const token = readSessionCookie(http, context.config);
  const actor = token === null ? null : await findActor(context, token, now);
  if (actor === null) throw new Problem('no_session', 'Sign in, then try again.');
  if (route.access === 'admin' && actor.role !== 'admin') {
    throw new Problem('not_allowed', 'Only the vendor’s admins may do this.');
  }
  return actor;
}

function readQuery(route: Route, http: ParameterizedContext): unknown {
  if (route.query !== undefined) return readInput(route.query, { ...http.query }, 'query');
  return undefined;
}

async function readBody(route: Route, http: ParameterizedContext): Promise<unknown> {
  if (route.body === undefined) return undefined;
  if (route.body === 'stream') {
    if (http.get('Content-Type') === 'application/octet-stream') return undefined;
    throw new Problem('body_type', 'Send the file itself, as application/octet-stream.');
  }
  return readInput(route.body, await readJson(http.req, route.maxBody ?? MAX_BODY), 'body');
}

function answerOtherMethod(
  context: Context,
  http: ParameterizedContext,
  find: ReturnType<typeof pathTable<Route>>,
  path: string,
  methods: readonly string[],
): void {
  const approving = methods.filter((method) => {
    const match = find(method, path);
    return match.kind === 'found' && match.value.access === 'approving';
  });
  if (http.method === 'OPTIONS' && approving.length > 0) {
    answerPreflight(http, context.config, approving);
    return;
  }
  http.set('Allow', methods.map((method) => method.toUpperCase()).join(', '));
  throw new Problem('method_not_allowed', `This address answers ${methods.join(', ').toUpperCase()}.`);
}

/** The path exactly as it was sent: a second spelling of a path (encoded, with dots) is simply another path. */
function rawPath(http: ParameterizedContext): string {
  const target = http.req.url ?? '/';
  const end = target.indexOf('?');
  return end === -1 ? target : target.slice(0, end);
}
