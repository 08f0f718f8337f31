import { join } from 'node:path';
import ts from 'typescript';
import { root } from './extract.ts';

/** A class or function that users can name. */
export interface Exported {
  /** `layers.Dense` */
  path: string;
  /** Whether there is a comment, and an example in it. */
  documented: boolean;
  example: boolean;
  /** Name of the class that a function gives, when it only makes one: `Dense` of `layers.dense`. */
  gives: string | undefined;
  file: string;
}

const docsOf = (symbol: ts.Symbol): ts.JSDoc[] =>
  (symbol.declarations ?? []).flatMap((declaration) => {
    const statement = ts.isVariableDeclaration(declaration) ? declaration.parent.parent : declaration;
    return (statement as { jsDoc?: ts.JSDoc[] }).jsDoc ?? [];
  });

const hasExample = (doc: ts.JSDoc): boolean => /(^|\s)@example\b/.test(doc.getText());

/** All classes and functions of `ts/index.ts`, those of its namespaces with their path. */
export function exported(): Exported[] {
  const index = join(root, 'ts', 'index.ts');
  const config = ts.readConfigFile(join(root, 'tsconfig.json'), ts.sys.readFile).config;
  const { options } = ts.parseJsonConfigFileContent(config, ts.sys, root);
  const program = ts.createProgram([index], options);
  const checker = program.getTypeChecker();
  const seen = new Set<ts.Symbol>();
  const found: Exported[] = [];
  const visit = (module: ts.Symbol, prefix: string): void => {
    for (const one of checker.getExportsOfModule(module)) {
      const symbol = one.flags & ts.SymbolFlags.Alias ? checker.getAliasedSymbol(one) : one;
      const path = `${prefix}${one.name}`;
      if (seen.has(symbol)) continue;
      if (symbol.flags & ts.SymbolFlags.ValueModule) {
        visit(symbol, `${path}.`);
        continue;
      }
      const declaration = symbol.valueDeclaration;
      if (declaration === undefined) continue;
      const signatures = checker.getTypeOfSymbolAtLocation(symbol, declaration).getCallSignatures();
      const isClass = (symbol.flags & ts.SymbolFlags.Class) !== 0;
      if (!isClass && signatures.length === 0) continue;
      seen.add(symbol);
      const docs = docsOf(symbol);
      found.push({
        path,
        documented: docs.length > 0,
        example: docs.some(hasExample),
        gives: signatures.at(-1)?.getReturnType().getSymbol()?.name,
        file: declaration.getSourceFile().fileName.slice(root.length),
      });
    }
  };
  visit(checker.getSymbolAtLocation(program.getSourceFile(index) as ts.SourceFile) as ts.Symbol, '');
  return found;
}
