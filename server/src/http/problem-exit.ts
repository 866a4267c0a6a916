import type { Middleware, ParameterizedContext } from 'koa';

import type { Log } from '../log.ts';
import { Problem } from '../problem.ts';

/** The one place where a failure becomes an answer. What is not a `Problem` is logged and hidden. */
export function problemExit(log: Log): Middleware {
  return async (http, next) => {
    try {
      await next();
    } catch (error) {
      answerProblem(http, asProblem(error, http, log));
    }
  };
}

function asProblem(error: unknown, http: ParameterizedContext, log: Log): Problem {
  if (error instanceof Problem) return error;
  // Tokens of invitations and links stand in paths; a log is no place for them.
  const path = http.path.replaceAll(/[A-Za-z0-9_-]{43}/g, '…');
  log.error({ err: error, method: http.method, path }, 'a request failed');
  return new Problem('internal', 'The portal could not do this. Its log says why.');
}

function answerProblem(http: ParameterizedContext, problem: Problem): void {
  if (http.headerSent) {
    http.res.destroy();
    return;
  }
  http.status = problem.status;
  http.set('Cache-Control', 'no-store');
  // A body that nobody read would otherwise be read as the next request.
  if (!http.req.complete) http.set('Connection', 'close');
  http.body = JSON.stringify(problem.document());
  http.type = 'application/problem+json';
}
