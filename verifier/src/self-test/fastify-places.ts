import { childrenOf, hooksOf, own } from '../adapters/fastify/internals.ts';
import { markOf } from './marks.ts';
import { listOf, member, routePlace, unseen, withExempt, type Before, type Place } from './place.ts';

const protectName = 'appwarrantProtect';
const demands = /^requireCapability (.+)$/;
const notKnown = 'It has a shape that is not known: this was tested with Fastify 5.';

/**
 * Walks a Fastify instance that is ready: each route runs the hooks of the plugin that it stands in, and then its own. Which routes there
 * are, and the names of their hooks, is read from what Fastify prints.
 */
export function fastifyPlaces(app: object): readonly Place[] {
  const name = 'the whole app';
  const state = own(app, 'fastify.state');
  if (member(state, 'started') !== true && member(state, 'ready') !== true)
    return [unseen(name, 'Its plugins have not been loaded: await app.ready() first.')];
  const plugins = pluginsOf(app);
  const printed = printedBy(app);
  if (plugins === undefined || printed === undefined) return [unseen(name, notKnown)];
  const first = plugins.map((plugin) => markOf(hooksOf(plugin, 'onRequest')?.[0]));
  const mark = first.find((each) => each?.kind === 'protect');
  const before: Before = mark?.kind === 'protect' ? { exempt: mark.exempt } : null;
  const isWhole = first.every((each) => each?.kind === 'protect');
  const places = printed.map((line): Place => {
    if (line.kind === 'unknown')
      return unseen(`"${line.text}"`, 'A line that Fastify printed, and that is not known.');
    const capabilities = line.hooks.flatMap((hook) => demands.exec(hook)?.[1] ?? []);
    const place = routePlace(line.methods, line.path, { before: isWhole ? before : null, capabilities });
    // Some plugin has it and some has not: a name alone proves nothing.
    if (!isWhole && line.hooks[0] === protectName)
      return {
        ...place,
        state: 'cannotSee',
        why: 'protect() stands before some plugins and not before others.',
      };
    return place;
  });
  return [...withExempt(places, before), ...besides(app)];
}

/** The instance and every encapsulated plugin below it. */
function pluginsOf(app: object): readonly object[] | undefined {
  const children = childrenOf(app);
  if (children === undefined || hooksOf(app, 'onRequest') === undefined) return undefined;
  const below = children.map(pluginsOf);
  return below.every((each) => each !== undefined) ? [app, ...below.flat()] : undefined;
}

/** What answers beside the routes. */
function besides(app: object): readonly Place[] {
  const errors = member(own(app, 'fastify.options'), 'frameworkErrors');
  if (typeof errors !== 'function') return [];
  return [unseen('frameworkErrors', 'Fastify calls it for malformed URLs, before any hook.')];
}

type Printed =
  | {
      readonly kind: 'route';
      readonly methods: string;
      readonly path: string;
      readonly hooks: readonly string[];
    }
  | { readonly kind: 'unknown'; readonly text: string };

const branch = /^((?:│ {3}| {4})*)(├── |└── )?(.*)$/;
const node = /^(.*?)(?: \(([A-Z-]+(?:, [A-Z-]+)*)\))?(?: \{.*\})?$/;
const meta = /^ {0,2}• \((\w+)\) (.*)$/;

/** Reads the tree that `printRoutes` draws: what stands deeper continues the path of what stands above. */
function printedBy(app: object): readonly Printed[] | undefined {
  const print = member(app, 'printRoutes');
  if (typeof print !== 'function') return undefined;
  const text: unknown = print.call(app, { includeHooks: true });
  if (typeof text !== 'string') return undefined;
  const paths: string[] = [];
  const found: Printed[] = [];
  for (const line of text.split('\n')) {
    if (line.trim() === '' || line === '(empty tree)') continue;
    const [, indent = '', mark, content = ''] = branch.exec(line) ?? [];
    const depth = indent.length / 4 + (mark === undefined ? -1 : 0);
    const [, hook, value = ''] = meta.exec(content) ?? [];
    if (hook !== undefined) {
      const last = found.at(-1);
      if (last?.kind === 'route')
        found[found.length - 1] = { ...last, hooks: [...last.hooks, ...hooksIn(value)] };
      continue;
    }
    const [, segment, methods] = node.exec(content) ?? [];
    if (segment === undefined || depth < 0) {
      found.push({ kind: 'unknown', text: content.slice(0, 80) });
      continue;
    }
    if (mark !== undefined) paths.splice(depth, Infinity, segment);
    const path = [...paths.slice(0, depth), segment].join('');
    if (methods !== undefined)
      found.push({ kind: 'route', methods: methods.replaceAll(' ', ''), path, hooks: [] });
  }
  return found;
}

/** `["one()","two()"]` as names. */
function hooksIn(value: string): readonly string[] {
  try {
    const list = listOf({ list: JSON.parse(value) as unknown }, 'list') ?? [];
    return list.map((each) => String(each).replace(/\(\)$/, ''));
  } catch {
    return [];
  }
}
