import { join } from 'node:path';
import ts from 'typescript';
import { type Program, root } from './extract.ts';
import { isResult, throws } from './results.ts';

/** What a program calls for a statement with a value behind it. */
export const compareName = '__is';
/** What a program calls where one of its blocks begins. */
export const blockName = '__block';

function options(): ts.CompilerOptions {
  const file = join(root, 'tsconfig.json');
  const config = ts.parseJsonConfigFileContent(ts.readConfigFile(file, ts.sys.readFile).config, ts.sys, root);
  // What a reader types in is no library: it need not write out what the compiler knows.
  return { ...config.options, isolatedDeclarations: false, declaration: false, verbatimModuleSyntax: false };
}

const parse = (text: string): ts.SourceFile => ts.createSourceFile('program.ts', text, ts.ScriptTarget.Latest, true);

function identifiers(text: string): { used: Set<string>; declared: Set<string> } {
  const [used, declared] = [new Set<string>(), new Set<string>()];
  const visit = (node: ts.Node): void => {
    if (ts.isIdentifier(node)) used.add(node.text);
    const named = ts.isVariableDeclaration(node) || ts.isParameter(node) || ts.isBindingElement(node);
    const declares = named || ts.isClassDeclaration(node) || ts.isFunctionDeclaration(node);
    if (declares && node.name && ts.isIdentifier(node.name)) declared.add(node.name.text);
    ts.forEachChild(node, visit);
  };
  visit(parse(text));
  return { used, declared };
}

/** Edits of a text, made from its end to its beginning so that positions stay right. */
function edited(text: string, edits: { at: number; put: string }[]): string {
  const sorted = edits.map((edit, order) => ({ ...edit, order })).sort((a, b) => b.at - a.at || b.order - a.order);
  return sorted.reduce((all, { at, put }) => all.slice(0, at) + put + all.slice(at), text);
}

/** The expression whose value a comment behind the statement gives. */
function expressionOf(statement: ts.Statement): ts.Expression | undefined {
  if (ts.isVariableStatement(statement)) {
    const { declarations } = statement.declarationList;
    return declarations.length === 1 ? declarations[0]?.initializer : undefined;
  }
  if (!ts.isExpressionStatement(statement)) return undefined;
  const { expression } = statement;
  const prints = ts.isCallExpression(expression) && expression.expression.getText() === 'console.log';
  return prints && expression.arguments.length === 1 ? expression.arguments[0] : expression;
}

/** The program as it runs: values behind statements are compared, beginnings of blocks told. @throws Error for a value that cannot be compared. */
export function instrument(program: Program): string {
  const { text } = program;
  const source = parse(text);
  const edits: { at: number; put: string }[] = [];
  for (const statement of source.statements) {
    const range = ts.getTrailingCommentRanges(text, statement.end)?.[0];
    if (range?.kind !== ts.SyntaxKind.SingleLineCommentTrivia) continue;
    const comment = text.slice(range.pos + 2, range.end).trim();
    const expression = isResult(comment) ? expressionOf(statement) : undefined;
    if (expression === undefined) continue;
    const line = source.getLineAndCharacterOfPosition(expression.getStart()).line + 1;
    edits.push({ at: expression.getStart(), put: `${compareName}(${throws(comment) ? '() => ' : ''}` });
    edits.push({ at: expression.end, put: `, ${JSON.stringify(comment)}, ${line})` });
  }
  for (const line of program.blocks) {
    if (program.printed.length > 0)
      edits.push({ at: source.getPositionOfLineAndCharacter(line - 1, 0), put: `${blockName}(${line});` });
  }
  return edited(text, edits);
}

/** JavaScript for a function with the parameters `require`, `exports` and those named above. */
export function toJavaScript(text: string): string {
  const compilerOptions = { module: ts.ModuleKind.CommonJS, target: ts.ScriptTarget.ES2023 };
  return ts.transpileModule(text, { compilerOptions }).outputText;
}

export interface Compiled {
  /** With its imports, and values compared. */
  javascript: string;
  errors: string[];
}

/**
 * Type-checks programs in one go. An `@example` has all names that hornbeam exports without an import, unless it declares them
 * itself.
 */
export function compile(programs: readonly Program[]): Compiled[] {
  const compilerOptions = options();
  const texts = new Map<string, string>();
  const host = ts.createCompilerHost(compilerOptions, true);
  const { getSourceFile, fileExists, readFile } = host;
  host.getSourceFile = (name, ...rest) => {
    const text = texts.get(name);
    return text === undefined ? getSourceFile(name, ...rest) : ts.createSourceFile(name, text, rest[0], true);
  };
  host.fileExists = (name) => texts.has(name) || fileExists(name);
  host.readFile = (name) => texts.get(name) ?? readFile(name);

  const index = join(root, 'ts', 'index.ts');
  const library = ts.createProgram([index], compilerOptions, host);
  const checker = library.getTypeChecker();
  const module = checker.getSymbolAtLocation(library.getSourceFile(index) as ts.SourceFile) as ts.Symbol;
  const exported = checker.getExportsOfModule(module).map(({ name }) => name);
  const heads = programs.map(({ imports, text }) => {
    if (!imports) return '';
    const { used, declared } = identifiers(text);
    const names = exported.filter((name) => used.has(name) && !declared.has(name));
    return names.length === 0 ? '' : `import { ${names.join(', ')} } from 'hornbeam';`;
  });
  const paths = programs.map((_, i) => join(root, '__test__', 'docs', `program-${i}.ts`));
  for (const [i, { text }] of programs.entries()) texts.set(paths[i] as string, `${heads[i]}export {};${text}`);

  const whole = ts.createProgram([...paths, index], compilerOptions, host, library);
  return programs.map((program, i) => {
    const file = whole.getSourceFile(paths[i] as string) as ts.SourceFile;
    const diagnostics = [...whole.getSyntacticDiagnostics(file), ...whole.getSemanticDiagnostics(file)];
    const errors = diagnostics.map(({ start, messageText }) => {
      const line = file.getLineAndCharacterOfPosition(start ?? 0).line + 1;
      return `${program.file}:${line}: ${ts.flattenDiagnosticMessageText(messageText, ' ')}`;
    });
    if (errors.length > 0) return { javascript: '', errors };
    try {
      return { javascript: toJavaScript(`${heads[i]}${instrument(program)}`), errors };
    } catch (error) {
      return { javascript: '', errors: [`${program.where}: ${(error as Error).message}`] };
    }
  });
}
