import ts from 'typescript';

export type Exported = { readonly values: readonly string[]; readonly types: readonly string[] };

/** What each file exports, sorted: values, and names that stand for types alone. */
export function exportedBy(files: readonly string[], options: ts.CompilerOptions): readonly Exported[] {
  const program = ts.createProgram([...files], options);
  const checker = program.getTypeChecker();
  return files.map((file) => {
    const source = program.getSourceFile(file);
    const module = source && checker.getSymbolAtLocation(source);
    const symbols = module === undefined ? [] : checker.getExportsOfModule(module);
    const isValue = (symbol: ts.Symbol): boolean => {
      const meant = symbol.flags & ts.SymbolFlags.Alias ? checker.getAliasedSymbol(symbol) : symbol;
      const typeOnly = symbol.declarations?.some((each) => ts.isTypeOnlyExportDeclaration(each)) === true;
      return !typeOnly && (meant.flags & ts.SymbolFlags.Value) !== 0;
    };
    const names = (kept: (symbol: ts.Symbol) => boolean): string[] =>
      symbols
        .filter(kept)
        .map((symbol) => symbol.name)
        .sort();
    return { values: names(isValue), types: names((symbol) => !isValue(symbol)) };
  });
}
