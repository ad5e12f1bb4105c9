import { ts } from 'ts-morph';
import { isErased } from './canonical.ts';
import type { CodeProgram } from './program.ts';

/** What an identifier names. */
export type Named =
  /** A top-level declaration of a file of the project. */
  | { readonly kind: 'declaration'; readonly node: Declared }
  /** A whole file, by `import * as`. */
  | { readonly kind: 'file'; readonly file: ts.SourceFile }
  /** An export of a package; `name` is `*` for all of it. */
  | { readonly kind: 'package'; readonly module: string; readonly name: string }
  /** Something inside a function or another declaration. */
  | { readonly kind: 'inner'; readonly node: ts.Node }
  /** Nothing that the project declares. */
  | { readonly kind: 'global'; readonly name: string };

export type Declared = ts.VariableDeclaration | ts.FunctionDeclaration | ts.ClassDeclaration | ts.ExportAssignment;

/** What an identifier that stands as an expression names; null for names of properties and of declarations. */
export function namedBy(identifier: ts.Identifier, { checker }: CodeProgram): Named | null {
  const { parent } = identifier;
  if (ts.isPropertyAccessExpression(parent) && parent.name === identifier) {
    const target = memberOfFile(parent, checker);
    return target === undefined ? null : namedBySymbol(target, identifier, checker);
  }
  if (ts.isShorthandPropertyAssignment(parent)) {
    const symbol = checker.getShorthandAssignmentValueSymbol(parent);
    return namedBySymbol(symbol, identifier, checker);
  }
  if (isNameOnly(identifier)) return null;
  const named = namedBySymbol(checker.getSymbolAtLocation(identifier), identifier, checker);
  // `dates.parse` is told by its second half.
  const isHalf = named.kind === 'file' && ts.isPropertyAccessExpression(parent) && memberOfFile(parent, checker);
  return isHalf ? null : named;
}

/** The export that `dates.parse` means when `dates` is a whole file. */
function memberOfFile(access: ts.PropertyAccessExpression, checker: ts.TypeChecker): ts.Symbol | undefined {
  if (!ts.isIdentifier(access.expression)) return undefined;
  const symbol = checker.getSymbolAtLocation(access.expression);
  if (symbol === undefined || (symbol.flags & ts.SymbolFlags.Alias) === 0) return undefined;
  const file = checker.getAliasedSymbol(symbol);
  if (file.declarations?.some(ts.isSourceFile) !== true) return undefined;
  return checker.getExportsOfModule(file).find((one) => one.name === access.name.text);
}

/** Names of members, parameters and labels name nothing outside of themselves. */
function isNameOnly(identifier: ts.Identifier): boolean {
  const { parent } = identifier;
  if (ts.isBindingElement(parent)) return parent.propertyName === identifier || parent.name === identifier;
  if (ts.isLabeledStatement(parent) || ts.isBreakOrContinueStatement(parent)) return true;
  if (ts.isImportSpecifier(parent) || ts.isImportClause(parent) || ts.isNamespaceImport(parent)) return true;
  if (ts.isMetaProperty(parent)) return true;
  return 'name' in parent && parent.name === identifier && !ts.isExportSpecifier(parent);
}

function namedBySymbol(symbol: ts.Symbol | undefined, identifier: ts.Identifier, checker: ts.TypeChecker): Named {
  const global: Named = { kind: 'global', name: identifier.text };
  if (symbol === undefined) return global;
  const imported = packageBehind(symbol, checker);
  if (imported !== null) return imported;
  const target = (symbol.flags & ts.SymbolFlags.Alias) === 0 ? symbol : checker.getAliasedSymbol(symbol);
  // Of an overloaded function, the one that has the body.
  const node = target.declarations?.find((one) => !isErased(one));
  if (node === undefined) return global;
  if (ts.isSourceFile(node)) return { kind: 'file', file: node };
  const declared = topLevel(node);
  return declared === null ? { kind: 'inner', node } : { kind: 'declaration', node: declared };
}

/** The export of a package that a name stands for, also through files that export it again; null for everything else. */
export function packageBehind(symbol: ts.Symbol, checker: ts.TypeChecker): Named | null {
  const [declaration] = symbol.declarations ?? [];
  if (declaration === undefined || (symbol.flags & ts.SymbolFlags.Alias) === 0) return null;
  const from = moduleOf(declaration);
  if (from === null) {
    const local = ts.isExportSpecifier(declaration) ? checker.getExportSpecifierLocalTargetSymbol(declaration) : null;
    return local === null || local === undefined ? null : packageBehind(local, checker);
  }
  const isNamed = ts.isImportSpecifier(declaration) || ts.isExportSpecifier(declaration);
  const name = isNamed ? (declaration.propertyName ?? declaration.name).text : wholeName(declaration);
  if (!from.text.startsWith('.')) return { kind: 'package', module: from.text, name };
  const file = name === '*' ? undefined : checker.getSymbolAtLocation(from);
  const exported = file?.exports?.get(ts.escapeLeadingUnderscores(name));
  return exported === undefined ? null : packageBehind(exported, checker);
}

function wholeName(declaration: ts.Node): string {
  return ts.isImportClause(declaration) ? 'default' : '*';
}

/** The module that a name is imported or exported from. */
function moduleOf(declaration: ts.Node): ts.StringLiteral | null {
  const statement = ts.findAncestor(
    declaration,
    (node) => ts.isImportDeclaration(node) || ts.isExportDeclaration(node),
  );
  const specifier = statement?.moduleSpecifier;
  return specifier !== undefined && ts.isStringLiteral(specifier) ? specifier : null;
}

/** The top-level declaration that a declaration is, or is part of as one of several destructured names. */
function topLevel(node: ts.Node): Declared | null {
  const whole = ts.isBindingElement(node) ? ts.walkUpBindingElementsAndPatterns(node) : node;
  if (ts.isVariableDeclaration(whole)) {
    const statement = whole.parent.parent;
    return ts.isVariableStatement(statement) && ts.isSourceFile(statement.parent) ? whole : null;
  }
  const one = ts.isFunctionDeclaration(whole) || ts.isClassDeclaration(whole) || ts.isExportAssignment(whole);
  return one && ts.isSourceFile(whole.parent) ? whole : null;
}

/** The name under which a declaration is known. */
export function nameOfDeclared(node: Declared): string {
  if (ts.isExportAssignment(node)) return 'default';
  return node.name?.getText().replaceAll(/\s+/g, ' ') ?? 'default';
}

/** The member of `cqlform` that an expression is: `transform`, or null. */
export function cqlformMember(expression: ts.Expression, program: CodeProgram): string | null {
  if (ts.isIdentifier(expression)) {
    const named = namedBy(expression, program);
    return named?.kind === 'package' && named.module === 'cqlform' ? named.name : null;
  }
  if (!ts.isPropertyAccessExpression(expression) || !ts.isIdentifier(expression.expression)) return null;
  const named = namedBy(expression.expression, program);
  return named?.kind === 'package' && named.module === 'cqlform' && named.name === '*' ? expression.name.text : null;
}
