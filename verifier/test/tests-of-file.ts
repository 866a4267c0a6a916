import ts from 'typescript';

// Which tests a file has, and what they say: read from its syntax, so that comments do not count, nor what stands in other tests.

/** A test, or a group of tests. */
export type NamedTest = {
  readonly title: string;
  /** Texts that stand in it, or in what it names of the same file's functions and constants; each as a whole. */
  readonly texts: ReadonlySet<string>;
  readonly isGroup: boolean;
};

const words: ReadonlySet<string> = new Set(['test', 'it', 'describe']);

/** All tests and groups of a file, in their order, whose titles are plain texts. */
export function testsOf(fileName: string, text: string): readonly NamedTest[] {
  const file = ts.createSourceFile(fileName, text, ts.ScriptTarget.Latest, true, ts.ScriptKind.TS);
  const declared = declarationsOf(file);
  const found: NamedTest[] = [];
  const visit = (node: ts.Node): void => {
    const word = ts.isCallExpression(node) ? wordOf(node.expression) : undefined;
    if (ts.isCallExpression(node) && word !== undefined) {
      const [title, body] = node.arguments;
      if (title !== undefined && body !== undefined && ts.isStringLiteralLike(title))
        found.push({ title: title.text, texts: textsOf(node, declared), isGroup: word === 'describe' });
    }
    ts.forEachChild(node, visit);
  };
  visit(file);
  return found;
}

/** The word that a call begins with, if it makes tests: `test`, `it.each(…)`, `describe.skipIf(…)`. */
function wordOf(called: ts.Expression): string | undefined {
  if (ts.isIdentifier(called)) return words.has(called.text) ? called.text : undefined;
  if (ts.isPropertyAccessExpression(called) || ts.isCallExpression(called)) return wordOf(called.expression);
  return undefined;
}

/** A file's functions and constants, by name: those that stand in no other. */
function declarationsOf(file: ts.SourceFile): ReadonlyMap<string, ts.Node> {
  const declared = new Map<string, ts.Node>();
  for (const statement of file.statements) {
    if (ts.isFunctionDeclaration(statement) && statement.name !== undefined)
      declared.set(statement.name.text, statement);
    if (!ts.isVariableStatement(statement)) continue;
    for (const declaration of statement.declarationList.declarations)
      if (ts.isIdentifier(declaration.name)) declared.set(declaration.name.text, declaration);
  }
  return declared;
}

function textsOf(node: ts.Node, declared: ReadonlyMap<string, ts.Node>): ReadonlySet<string> {
  const texts = new Set<string>();
  const seen = new Set<ts.Node>();
  const visit = (each: ts.Node): void => {
    if (ts.isStringLiteralLike(each)) texts.add(each.text);
    const named = ts.isIdentifier(each) ? declared.get(each.text) : undefined;
    if (named !== undefined && !seen.has(named)) {
      seen.add(named);
      visit(named);
    }
    ts.forEachChild(each, visit);
  };
  visit(node);
  return texts;
}
