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

interface Block {
  readonly start: number;
  readonly end: number;
  readonly text: string;
}

/**
 * Writes the `existing` blocks of a table as the table is: the same columns, with the types and the whole key that they
 * have. False when that is for a person to decide: a column or the table is not there, or a name is not imported.
 */
export async function fixExpectation(path: string, table: string, schema: Schema): Promise<boolean> {
  const blocks = expectationBlocks(path, table, schema);
  if (blocks === null) return false;
  let text = await readFile(path, 'utf8');
  for (const { start, end, text: block } of blocks.toReversed()) text = text.slice(0, start) + block + text.slice(end);
  await replaceFile(path, text);
  return true;
}

/** What would be written, in the order of the file; null when it is not mechanical. */
export function expectationBlocks(path: string, name: string, schema: Schema): readonly Block[] | null {
  const program = openProgram(path);
  const table = own(schema.tables, name);
  if (table === undefined) return null;
  const blocks: Block[] = [];
  for (const call of existingCalls(program, name)) {
    const text = blockText(call, table, program);
    if (text === null) return null;
    blocks.push({ start: call.getStart(), end: call.getEnd(), text });
  }
  return blocks.length === 0 ? null : blocks;
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

function blockText(call: ts.CallExpression, table: Table, program: CodeProgram): string | null {
  const named = columnNames(call);
  if (named === null || named.some((name) => !table.columns.some((column) => column.name === name))) return null;
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
  const usesDesc = table.clusteringKey.some((part) => part.order === 'desc');
  return missing.length > 0 || (usesDesc && !imports(program, 'desc')) || !imports(program, 't') ? null : text;
}

/** The properties of the `columns` literal; null when it is not a plain one. */
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

function imports(program: CodeProgram, name: string): boolean {
  return program.root.statements.some(
    (statement) =>
      ts.isImportDeclaration(statement) &&
      ts.isStringLiteral(statement.moduleSpecifier) &&
      statement.moduleSpecifier.text === 'cqlform' &&
      statement.importClause?.namedBindings !== undefined &&
      ts.isNamedImports(statement.importClause.namedBindings) &&
      statement.importClause.namedBindings.elements.some(
        (one) => one.name.text === name && one.propertyName === undefined,
      ),
  );
}
