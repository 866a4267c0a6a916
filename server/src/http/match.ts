/** A path pattern such as `/api/v1/apps/:id`, cut up. */
interface Pattern<Value> {
  readonly segments: readonly string[];
  readonly methods: Map<string, Value>;
}

/** What a path matched: the value for its method, or the methods that the path does answer. */
export type Match<Value> =
  | { readonly kind: 'found'; readonly value: Value; readonly params: ReadonlyMap<string, string> }
  | { readonly kind: 'other-method'; readonly methods: readonly string[] }
  | { readonly kind: 'none' };

/** What a parameter of a path may be: ids, slugs, tokens, versions, digests. */
const PARAMETER = /^[A-Za-z0-9._-]{1,200}$/;

/**
 * Finds values by method and path. Literal segments win over parameters where both match, whatever their order.
 * @throws TypeError when two values would stand at one place
 */
export function pathTable<Value>(entries: Iterable<{ method: string; path: string; value: Value }>) {
  const patterns = new Map<string, Pattern<Value>>();
  for (const { method, path, value } of entries) {
    const shape = path.replaceAll(/:[^/]+/g, ':');
    const pattern = patterns.get(shape) ?? { segments: path.split('/'), methods: new Map<string, Value>() };
    if (pattern.methods.has(method)) throw new TypeError(`two routes for ${method} ${path}`);
    if (pattern.segments.join('/') !== path) throw new TypeError(`two names for a parameter of ${path}`);
    pattern.methods.set(method, value);
    patterns.set(shape, pattern);
  }
  const ordered = [...patterns.values()].sort((a, b) => parameters(a) - parameters(b));

  /** `path` is a raw path: without query, nothing decoded. */
  return (method: string, path: string): Match<Value> => {
    const segments = path.split('/');
    const pattern = ordered.find((candidate) => fits(candidate.segments, segments));
    if (pattern === undefined) return { kind: 'none' };
    const value = pattern.methods.get(method);
    if (value === undefined) return { kind: 'other-method', methods: [...pattern.methods.keys()] };
    const params = new Map<string, string>();
    pattern.segments.forEach((name, index) => {
      if (name.startsWith(':')) params.set(name.slice(1), segments[index] ?? '');
    });
    return { kind: 'found', value, params };
  };
}

function fits(pattern: readonly string[], segments: readonly string[]): boolean {
  if (pattern.length !== segments.length) return false;
  return pattern.every((expected, index) => {
    const given = segments[index] ?? '';
    return expected.startsWith(':') ? PARAMETER.test(given) : expected === given;
  });
}

function parameters(pattern: Pattern<unknown>): number {
  return pattern.segments.filter((segment) => segment.startsWith(':')).length;
}
