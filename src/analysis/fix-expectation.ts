import { readFile } from 'node:fs/promises';
import { ts } from 'ts-morph';
import { own } from '../kernel/own.ts';
import type { Schema, Table } from '../model/schema.ts';
import { keyColumns } from '../model/schema.ts';
import { cqlformMember } from './code/names.ts';
import { type CodeProgram, openProgram } from './code/program.ts';
import { laidOut } from './source/layout.ts';
import { tablePiece } from './source/object.ts';
import type { TypeConst } from './source/type.ts';
import { replaceFile } from './write-file.ts';

/** An `existing` block that can be mended, and the state that it has to say. */
export interface ExpectationFix {
  readonly path: string;
  readonly table: string;
  readonly before: Schema;
  /** The columns that the file, when it is run, expects of the table. */
  readonly expected: readonly string[];
}

interface Block {
  readonly start: number;
  readonly end: number;
  readonly text: string;
}

/**
 * Writes the `existing` blocks of a table as the table is: the same columns, with the types and the whole key that they
 * have. False when that is for a person to decide: a column or the table is not there, or a name is not imported.
 */
export async function fixExpectation({ path, table, before, expected }: ExpectationFix): Promise<boolean> {
  const blocks = expectationBlocks({ path, table, before, expected });
  if (blocks === null) return false;
  let text = await readFile(path, 'utf8');
  for (const { start, end, text: block } of blocks.toReversed()) text = text.slice(0, start) + block + text.slice(end);
  await replaceFile(path, text);
  return true;
}

/** What would be written, in the order of the file; null when it is not mechanical. */
export function expectationBlocks({ path, table: name, before, expected }: ExpectationFix): readonly Block[] | null {
  const program = openProgram(path);
  const table = own(before.tables, name);
  if (table === undefined) return null;
  const blocks: Block[] = [];
  const used = new Set(['t']);
  for (const call of existingCalls(program, name)) {
    const text = blockText(call, { table, expected }, program);
    if (text === null) return null;
    if (/\bdesc\(/.test(text)) used.add('desc');
    blocks.push({ start: call.getStart(), end: call.getEnd(), text });
  }
  if (blocks.length === 0) return null;
  const imported = importOf(program, used);
  return imported === null ? null : [...imported, ...blocks].sort((a, b) => a.start - b.start);
}

function existingCalls(program: CodeProgram, name: string): readonly ts.CallExpression[] {
  const found: ts.CallExpression[] = [];
  const visit = (node: ts.Node): void => {
    const [first] = ts.isCallExpression(node) ? node.arguments : [];
    if (
      ts.isCallExpression(node) &&
      first !== undefined &&
      ts.isStringLiteralLike(first) &&
      first.text === name &&
      cqlformMember(node.expression, program) === 'existing'
    ) {
      found.push(node);
    }
    node.forEachChild(visit);
  };
  visit(program.root);
  return found;
}

function blockText(
  call: ts.CallExpression,
  { table, expected }: { readonly table: Table; readonly expected: readonly string[] },
  program: CodeProgram,
): string | null {
  const named = columnNames(call) ?? expected;
  if (named.some((name) => !table.columns.some((column) => column.name === name))) return null;
  const wanted = new Set([...keyColumns(table), ...named]);
  const constOf = typeConstants(program);
  const missing: string[] = [];
  const nameOf: TypeConst = (udt) => {
    const found = constOf.get(udt);
    if (found === undefined) missing.push(udt);
    return found ?? udt;
  };
  const columns = table.columns.filter((column) => wanted.has(column.name));
  const piece = tablePiece('existing', { ...table, columns }, nameOf);
  const file = call.getSourceFile();
  const { character } = file.getLineAndCharacterOfPosition(call.getStart());
  const text = laidOut(piece, 0, character + 1);
  return missing.length > 0 ? null : text;
}

/** The properties of the `columns` literal; null when it is not a plain one: only running the file tells them. */
function columnNames(call: ts.CallExpression): readonly string[] | null {
  const [, definition] = call.arguments;
  if (definition === undefined || !ts.isObjectLiteralExpression(definition)) return null;
  const columns = definition.properties.find((one) => one.name?.getText() === 'columns');
  if (columns === undefined || !ts.isPropertyAssignment(columns)) return null;
  if (!ts.isObjectLiteralExpression(columns.initializer)) return null;
  const names = columns.initializer.properties.map((one) => {
    const isNamed = ts.isPropertyAssignment(one) && (ts.isIdentifier(one.name) || ts.isStringLiteral(one.name));
    return isNamed && 'text' in one.name ? one.name.text : null;
  });
  return names.every((name) => name !== null) ? names : null;
}

/** `const address = udt('address', …)` by the type's name. */
function typeConstants(program: CodeProgram): ReadonlyMap<string, string> {
  const found = new Map<string, string>();
  for (const statement of program.root.statements) {
    if (!ts.isVariableStatement(statement)) continue;
    for (const { name, initializer } of statement.declarationList.declarations) {
      if (initializer === undefined || !ts.isCallExpression(initializer) || !ts.isIdentifier(name)) continue;
      const [first] = initializer.arguments;
      const isType = cqlformMember(initializer.expression, program) === 'udt';
      if (isType && first !== undefined && ts.isStringLiteralLike(first)) found.set(first.text, name.text);
    }
  }
  return found;
}

/** Adds to the import from `cqlform` what is used and not in it; null where there is none to add it to, or a name is taken. */
function importOf({ root }: CodeProgram, used: ReadonlySet<string>): readonly Block[] | null {
  const lists = root.statements.flatMap((statement) => {
    const named = ts.isImportDeclaration(statement) ? statement.importClause?.namedBindings : undefined;
    const from = ts.isImportDeclaration(statement) ? statement.moduleSpecifier : undefined;
    const ours = from !== undefined && ts.isStringLiteral(from) && from.text === 'cqlform';
    return ours && named !== undefined && ts.isNamedImports(named) && !isTypeOnly(statement) ? [named] : [];
  });
  const there = lists.flatMap(({ elements }) => elements.map(({ name, propertyName }) => (propertyName ?? name).text));
  const renamed = lists.some(({ elements }) =>
    elements.some((one) => one.propertyName !== undefined && used.has(one.propertyName.text)),
  );
  const missing = [...used].filter((name) => !there.includes(name));
  const [list] = lists;
  if (list === undefined || renamed) return null;
  if (missing.length === 0) return [];
  if (missing.some((name) => declares(root, name))) return null;
  const names = [...list.elements.map((one) => one.getText()), ...missing];
  return [{ start: list.getStart(), end: list.getEnd(), text: `{ ${names.sort(byWord).join(', ')} }` }];
}

function isTypeOnly(statement: ts.Statement): boolean {
  return ts.isImportDeclaration(statement) && statement.importClause?.phaseModifier === ts.SyntaxKind.TypeKeyword;
}

function declares(root: ts.SourceFile, name: string): boolean {
  let found = false;
  const visit = (node: ts.Node): void => {
    const named =
      (ts.isVariableDeclaration(node) || ts.isParameter(node) || ts.isFunctionDeclaration(node)) && node.name;
    if (named && ts.isIdentifier(named) && named.text === name) found = true;
    node.forEachChild(visit);
  };
  visit(root);
  return found;
}

/** As the formatter of most projects has them: by the name, whether or not it is a type. */
function byWord(a: string, b: string): number {
  const [x, y] = [a, b].map((one) => one.replace(/^type /, ''));
  return (x ?? '') < (y ?? '') ? -1 : 1;
}
