import { isBuiltin } from 'node:module';
import ts from 'typescript';

// What an auditor would search every file of the package for, read from its syntax: comments and types do not count.

export type ReadModule = {
  /** What the module loads: relative paths as they stand, modules of Node without `node:`. */
  readonly imports: readonly string[];
  /** Each thing that nothing in this package may do, in words. */
  readonly faults: readonly string[];
};

/** Modules that reach a network or run a program. */
const outside = [
  'child_process',
  'cluster',
  'dgram',
  'dns',
  'http',
  'http2',
  'https',
  'inspector',
  'net',
  'quic',
  'repl',
  'tls',
  'vm',
  'wasi',
  'worker_threads',
];
/** What does the same without an import. */
const reaching = new Set([
  ...['fetch', 'WebSocket', 'EventSource', 'XMLHttpRequest', 'sendBeacon', 'Worker', 'SharedWorker'],
]);
/** By which text becomes code. */
const evaluators = new Set(['eval', 'Function', 'constructor', 'WebAssembly']);
/** Objects of which everything else can be had. */
const everything = new Set(['globalThis', 'global']);
/** What a private key is made with or used by, under whatever object. */
const keyWork = new Set([
  ...['generateKey', 'generateKeySync', 'generateKeyPair', 'generateKeyPairSync', 'createPrivateKey'],
  ...['createSign', 'Sign', 'sign', 'signRecover', 'createECDH', 'ECDH', 'diffieHellman', 'privateEncrypt'],
  ...['createDiffieHellman', 'createDiffieHellmanGroup', 'getDiffieHellman', 'privateDecrypt', 'setEngine'],
  ...['subtle', 'webcrypto'],
]);
/** All that this package asks of the process that it runs in. */
const ofProcess = new Set([
  ...['argv', 'exit', 'exitCode', 'getuid', 'pid', 'platform', 'stderr', 'stdout', 'versions'],
]);

/** Reads one module, TypeScript or JavaScript. */
export function readModule(fileName: string, text: string): ReadModule {
  const code = fileName.endsWith('.ts') ? withoutTypes(fileName, text) : text;
  const file = ts.createSourceFile('module.js', code, ts.ScriptTarget.Latest, true, ts.ScriptKind.JS);
  const imports = new Set<string>();
  const faults = new Set<string>();

  const load = (specifier: ts.Expression | undefined): void => {
    if (specifier === undefined || !ts.isStringLiteralLike(specifier)) {
      faults.add('computes the name of a module');
      return;
    }
    const name = specifier.text.replace(/^node:/, '');
    imports.add(name);
    if (name.startsWith('.')) return;
    if (!isBuiltin(specifier.text) && !isBuiltin(`node:${name}`)) faults.add(`imports the package ${name}`);
    if (outside.includes(name.split('/')[0] ?? '')) faults.add(`imports ${name}`);
    if (name === 'module' || name === 'process') faults.add(`imports ${name}`);
  };

  const visit = (node: ts.Node): void => {
    if (ts.isImportDeclaration(node)) load(node.moduleSpecifier);
    else if (ts.isExportDeclaration(node) && node.moduleSpecifier) load(node.moduleSpecifier);
    else if (ts.isCallExpression(node)) readCall(node);
    else if (ts.isIdentifier(node)) readName(node);
    else if (ts.isStringLiteralLike(node) && ts.isElementAccessExpression(node.parent)) readMember(node.text);
    else if (
      ts.isElementAccessExpression(node) &&
      /crypto(?:\.default)?$/.test(node.expression.getText(file))
    )
      faults.add('computes a member of node:crypto');
    ts.forEachChild(node, visit);
  };

  const readCall = (call: ts.CallExpression): void => {
    const { expression } = call;
    if (expression.kind === ts.SyntaxKind.ImportKeyword) load(call.arguments[0]);
    else if (ts.isIdentifier(expression) && expression.text === 'require') load(call.arguments[0]);
  };

  /** A name by which something is taken: of an object, or of a module. */
  const readMember = (name: string): void => {
    if (keyWork.has(name)) faults.add(`makes or uses a private key: ${name}`);
    if (name === 'getBuiltinModule' || name === 'createRequire') faults.add('computes the name of a module');
    readWord(name);
  };

  const readWord = (name: string): void => {
    if (evaluators.has(name)) faults.add(`turns text into code: ${name}`);
    if (reaching.has(name)) faults.add(`uses ${name}`);
  };

  const readName = (name: ts.Identifier): void => {
    const { parent, text: word } = name;
    if (isNameOf(parent, name)) return;
    if (isTakenFrom(parent, name)) {
      readMember(word);
      return;
    }
    if (word !== 'constructor') readWord(word);
    if (everything.has(word)) faults.add(`uses ${word}`);
    if (word === 'process') readProcess(parent, name);
    if (word === 'require' && !(ts.isCallExpression(parent) && parent.expression === name))
      faults.add('computes the name of a module');
  };

  const readProcess = (parent: ts.Node, name: ts.Identifier): void => {
    if (ts.isPropertyAccessExpression(parent) && parent.expression === name) {
      if (parent.name.text === 'env') faults.add('reads process.env');
      else if (parent.name.text === 'kill' && asksOnly(parent.parent)) return;
      else if (!ofProcess.has(parent.name.text)) faults.add(`uses process.${parent.name.text}`);
    } else faults.add('hands on the process, and with it its environment');
  };

  visit(file);
  return { imports: [...imports], faults: [...faults] };
}

/** `process.kill(pid, 0)` sends no signal: it asks whether that process lives. */
function asksOnly(call: ts.Node): boolean {
  if (!ts.isCallExpression(call)) return false;
  const [, signal] = call.arguments;
  return signal !== undefined && ts.isNumericLiteral(signal) && signal.text === '0';
}

/** Whether it is a member's name where the member is written down, and no use of anything. */
function isNameOf(parent: ts.Node, name: ts.Identifier): boolean {
  return (
    (ts.isPropertyAssignment(parent) || ts.isMethodDeclaration(parent) || ts.isPropertyDeclaration(parent)) &&
    parent.name === name
  );
}

function isTakenFrom(parent: ts.Node, name: ts.Identifier): boolean {
  if (ts.isPropertyAccessExpression(parent)) return parent.name === name;
  return ts.isImportSpecifier(parent) || (ts.isBindingElement(parent) && parent.initializer !== name);
}

function withoutTypes(fileName: string, text: string): string {
  const { outputText } = ts.transpileModule(text, {
    fileName,
    compilerOptions: {
      module: ts.ModuleKind.ESNext,
      target: ts.ScriptTarget.ES2023,
      verbatimModuleSyntax: true,
    },
  });
  return outputText;
}
