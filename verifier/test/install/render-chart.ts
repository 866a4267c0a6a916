// As much of Helm's templates as the chart uses: paths, if, range, end, quote, toJson, printf with int, and trimming. Whatever else
// stands between braces throws.

type Scope = { readonly root: object; readonly dot: unknown };
type Token = { readonly text: string } | { readonly action: string };

/** Renders a template. Throws for what it does not know, and for a value that is not there. */
export function render(template: string, root: object): string {
  const { out, rest, isEnded } = renderUntilEnd(tokensOf(template), { root, dot: root });
  if (isEnded || rest.length > 0) throw new Error('There is an end too many.');
  return out;
}

/** Every path that a template reads, such as `.Values.origin`. */
export function pathsIn(template: string): readonly string[] {
  return tokensOf(template)
    .flatMap((token) => ('action' in token ? [token.action] : []))
    .flatMap((action) => [...action.matchAll(/(?<![\w"])\.[A-Z][\w.]*/g)].map(([path]) => path));
}

function tokensOf(template: string): readonly Token[] {
  const tokens: Token[] = [];
  let at = 0;
  let trims = false;
  for (const found of template.matchAll(/\{\{(-)? *(.*?) *(-)?\}\}/g)) {
    const between = template.slice(at, found.index);
    const left = trims ? between.trimStart() : between;
    tokens.push({ text: found[1] === undefined ? left : left.trimEnd() }, { action: found[2] ?? '' });
    trims = found[3] !== undefined;
    at = found.index + found[0].length;
  }
  const last = template.slice(at);
  return [...tokens, { text: trims ? last.trimStart() : last }];
}

type Rendered = { readonly out: string; readonly rest: readonly Token[]; readonly isEnded: boolean };

function renderUntilEnd(tokens: readonly Token[], scope: Scope): Rendered {
  let out = '';
  let rest = tokens;
  for (let token = rest[0]; token !== undefined; token = rest[0]) {
    rest = rest.slice(1);
    if ('text' in token) {
      out += token.text;
      continue;
    }
    const [word = '', argument = ''] = token.action.split(/ (.*)/);
    if (word === 'end') return { out, rest, isEnded: true };
    if (word !== 'if' && word !== 'range') {
      out += String(evaluate(token.action, scope));
      continue;
    }
    const value = evaluate(argument, scope);
    const dots = word === 'range' ? (value as readonly unknown[]) : isTrue(value) ? [scope.dot] : [];
    const inner = renderUntilEnd(rest, scope);
    if (!inner.isEnded) throw new Error(`This has no end: ${token.action}`);
    for (const dot of dots) out += renderUntilEnd(rest, { ...scope, dot }).out;
    rest = inner.rest;
  }
  return { out, rest, isEnded: false };
}

/** What Go's templates take for true. */
function isTrue(value: unknown): boolean {
  return Array.isArray(value) ? value.length > 0 : Boolean(value);
}

function evaluate(expression: string, scope: Scope): unknown {
  const piped = /^(.*) \| quote$/.exec(expression);
  if (piped !== null) return JSON.stringify(String(evaluate(piped[1] ?? '', scope)));
  const json = /^toJson (\S+)$/.exec(expression);
  if (json !== null) return JSON.stringify(evaluate(json[1] ?? '', scope));
  const print = /^printf "([^"]*)%[sd]" (.+)$/.exec(expression);
  if (print !== null) return `${print[1] ?? ''}${String(evaluate(print[2] ?? '', scope))}`;
  const int = /^\(int (\S+)\)$/.exec(expression);
  if (int !== null) return Math.trunc(Number(evaluate(int[1] ?? '', scope)));
  if (expression === '.') return scope.dot;
  if (!/^(\.[A-Za-z]\w*)+$/.test(expression)) throw new Error(`This is not rendered here: ${expression}`);
  let value: unknown = scope.dot;
  for (const name of expression.slice(1).split('.')) {
    if (typeof value !== 'object' || value === null || !Object.hasOwn(value, name))
      throw new Error(`${expression} is nowhere.`);
    value = (value as Record<string, unknown>)[name];
  }
  return value;
}
