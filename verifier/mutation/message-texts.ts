// Texts for people are not mutated: no verdict depends on them, codes do, and a test that asserted every wording would
// only repeat the sources. Everything else is mutated. `at` says which arguments of which functions are such texts.

/** Positions of arguments that are part of a message, by the name of what is called or constructed. */
const at: ReadonlyMap<string, readonly number[]> = new Map([
  ['Refused', [1]],
  ['TypeError', [0]],
  ['RangeError', [0]],
  // The readers of json.ts: where something stands, and what was expected there.
  ['readerFor', [1]],
  ['refuse', [0, 1]],
  ['members', [1]],
  ['object', [1]],
  ['list', [1]],
  ['text', [1]],
  ['matching', [1, 3]],
  ['integer', [1]],
  ['oneOf', [1]],
  // What passes such a place on.
  // The name of a header field.
  ['readDigest', [0]],
  ['bounded', [0]],
  ['parseDictionary', [0]],
  ['seconds', [1]],
  ['parseNamed', [1]],
  ['parseLabel', [1]],
  ['sortedTexts', [1]],
  ['requireSorted', [1]],
  ['parseBytes', [1]],
  ['parseVersion', [1]],
  ['parseFileMeta', [1]],
  ['parseFileHashes', [1]],
  ['parseTexts', [1]],
  ['parseRoleKeys', [2]],
  ['ownOf', [1]],
  ['decode', [1]],
  ['malformed', [0, 1]],
  ['outside', [1]],
  ['requireVersion', [0]],
  ['requireBytes', [0]],
  ['requireUnexpired', [0]],
  ['requireSignedBy', [1]],
  ['rollback', [0]],
  ['require', [2]],
  ['requireCovered', [2]],
]);

const named = new Set(['seen', 'named', 'lifetime']);
const texts = new Set(['StringLiteral', 'TemplateLiteral']);

/** What is read of a place in the syntax tree of Babel. */
type Place = {
  readonly node: { readonly type: string };
  readonly parent: Parent;
  readonly key: string | number | null;
  readonly listKey?: string | null | undefined;
};
type Parent = {
  readonly type: string;
  readonly id?: { readonly name?: string } | null;
  readonly callee?: { readonly name?: string; readonly property?: { readonly name?: string } };
};

function isMessage({ node, parent, key, listKey }: Place): boolean {
  if (!texts.has(node.type)) return false;
  // Messages, and parts of them, that are too long for a line are named first.
  if (parent.type === 'VariableDeclarator') return named.has(parent.id?.name ?? '');
  if (listKey !== 'arguments' || (parent.type !== 'CallExpression' && parent.type !== 'NewExpression')) {
    return false;
  }
  const name = parent.callee?.property?.name ?? parent.callee?.name ?? '';
  return at.get(name)?.includes(Number(key)) ?? false;
}

/** What the instrumenter asks at every place. */
export const messageTexts = {
  shouldIgnore: (place: unknown): string | undefined =>
    isMessage(place as Place) ? 'A text for people.' : undefined,
};
