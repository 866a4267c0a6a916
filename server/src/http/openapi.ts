import { PROBLEMS, type ProblemCode } from '../problems.ts';
import { z } from './fields.ts';
import { MAX_BODY } from './read-json.ts';
import { route, type Access, type Route } from './route.ts';

type Json = { [name: string]: unknown };

/** Serves the description of the API, made from the same schemas that read each request. */
export function openapiRoute(routes: readonly Route[]): Route {
  const description = describe(routes);
  return route({
    method: 'get',
    path: '/openapi.json',
    access: 'public',
    summary: 'This description.',
    handle: async () => description,
  });
}

/** The OpenAPI 3.1 document of these routes. */
export function describe(routes: readonly Route[]): Json {
  const paths: { [path: string]: Json } = {};
  for (const each of routes) {
    const path = each.path.replaceAll(/:([^/]+)/g, '{$1}');
    (paths[path] ??= {})[each.method] = operation(each);
  }
  return {
    openapi: '3.1.0',
    info: { title: 'AppWarrant portal', version: '1' },
    paths,
    components: {
      securitySchemes: {
        session: {
          type: 'apiKey',
          in: 'cookie',
          name: 'appwarrant_session',
          description: 'With the prefix __Host- over https.',
        },
      },
      schemas: { Problem: PROBLEM_SCHEMA },
    },
  };
}

function operation(each: Route): Json {
  const codes = [...COMMON[each.access], ...inputCodes(each), ...(each.problems ?? [])];
  return {
    summary: each.summary,
    'x-appwarrant-access': each.access,
    ...(each.body === undefined || each.body === 'stream'
      ? {}
      : { 'x-appwarrant-max-body': each.maxBody ?? MAX_BODY }),
    ...(each.access === 'person' || each.access === 'admin' ? { security: [{ session: [] }] } : {}),
    parameters: [...pathParameters(each), ...queryParameters(each)],
    ...(each.body === undefined ? {} : { requestBody: { required: true, content: content(each) } }),
    responses: {
      [each.status ?? 200]: {
        description: 'Done.',
        ...(each.status === 204 ? {} : { content: { [each.produces ?? 'application/json']: {} } }),
      },
      default: {
        description: `A problem: ${[...new Set(codes)].sort().join(', ')}.`,
        content: { 'application/problem+json': { schema: { $ref: '#/components/schemas/Problem' } } },
      },
    },
  };
}

const COMMON: Record<Access, readonly ProblemCode[]> = {
  public: ['other_origin', 'unknown_host', 'too_many_requests', 'internal'],
  person: ['other_origin', 'unknown_host', 'no_session', 'internal'],
  admin: ['other_origin', 'unknown_host', 'no_session', 'not_allowed', 'internal'],
  approving: ['other_origin', 'unknown_host', 'too_many_requests', 'internal'],
};

function inputCodes(each: Route): ProblemCode[] {
  if (each.body === 'stream') return ['body_type', 'body_cut_short'];
  if (each.body !== undefined) return ['body_type', 'body_too_large', 'body_malformed', 'input_invalid'];
  return each.query === undefined ? [] : ['input_invalid'];
}

function content(each: Route): Json {
  if (each.body === undefined || each.body === 'stream') return { 'application/octet-stream': {} };
  return { 'application/json': { schema: jsonSchema(each.body) } };
}

function pathParameters(each: Route): Json[] {
  return [...each.path.matchAll(/:([^/]+)/g)].map(([, name]) => ({
    name,
    in: 'path',
    required: true,
    schema: { type: 'string' },
  }));
}

function queryParameters(each: Route): Json[] {
  if (each.query === undefined) return [];
  const schema = jsonSchema(each.query) as { properties?: { [name: string]: unknown }; required?: string[] };
  return Object.entries(schema.properties ?? {}).map(([name, property]) => ({
    name,
    in: 'query',
    required: schema.required?.includes(name) ?? false,
    schema: property,
  }));
}

function jsonSchema(schema: z.ZodType): Json {
  // What a client sends, before it is transformed; `$schema` is the document's own.
  const { $schema: _, ...rest } = z.toJSONSchema(schema, { io: 'input', unrepresentable: 'any' });
  return rest;
}

const PROBLEM_SCHEMA: Json = {
  type: 'object',
  required: ['type', 'title', 'status', 'code', 'detail'],
  properties: {
    type: { type: 'string' },
    title: { type: 'string' },
    status: { type: 'integer' },
    code: { enum: [...PROBLEMS.keys()] },
    detail: { type: 'string' },
    reason: { type: 'string', description: 'The verifier’s reason, where its judgement refused.' },
    errors: {
      type: 'array',
      items: {
        type: 'object',
        properties: { at: { type: 'string' }, message: { type: 'string' } },
      },
    },
  },
};
