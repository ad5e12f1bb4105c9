import { ts } from 'ts-morph';
import { isErased } from './canonical.ts';
import { cqlformMember, type Declared, type Named, namedBy, nameOfDeclared } from './names.ts';
import type { CodeProgram } from './program.ts';

/** A piece of code that runs for rows: a data step's own functions, or a declaration that they name. */
export interface ReachedPart {
  /** `transform 1`, `releaseDate`. */
  readonly name: string;
  readonly node: ts.Node;
  /** The names of the parts that use it; empty for data steps. */
  readonly users: readonly string[];
  /** What it names of packages, as `module#name`. */
  readonly externals: readonly string[];
}

const verbs: ReadonlySet<string> = new Set(['copy', 'transform', 'backfill']);
/** What the schema hash covers, and what does not decide over values. */
const declaredProperties: ReadonlySet<string> = new Set(['from', 'into', 'maxRejects', 'maxCollisions']);

/** True for the parts of a data step that are not its code: `from`, `into`, `maxRejects`. */
export function isDeclaredPart(node: ts.Node, program: CodeProgram): boolean {
  if (!ts.isPropertyAssignment(node) && !ts.isShorthandPropertyAssignment(node)) return false;
  if (!declaredProperties.has(node.name.getText())) return false;
  const call = node.parent.parent;
  return ts.isCallExpression(call) && isVerbCall(call, program);
}

function isVerbCall(call: ts.CallExpression, program: CodeProgram): boolean {
  return verbs.has(cqlformMember(call.expression, program) ?? '');
}

interface Growing {
  readonly name: string;
  readonly node: ts.Node;
  readonly users: Set<string>;
  readonly externals: Set<string>;
}

/** Everything that the data steps of a migration run, each declaration once. */
export function reachedParts(program: CodeProgram): readonly ReachedPart[] {
  const parts = new Map<ts.Node, Growing>();
  const add = (name: string, node: ts.Node, user: string | null): void => {
    const known = parts.get(node);
    if (known !== undefined) {
      if (user !== null && user !== known.name) known.users.add(user);
      return;
    }
    const part: Growing = { name, node, users: new Set(user === null ? [] : [user]), externals: new Set() };
    parts.set(node, part);
    follow(part, program, add);
  };
  for (const { name, node } of dataSteps(program)) add(name, node, null);
  addLooseStatements(program, parts, add);
  return [...parts.values()].map((part) => ({
    name: part.name,
    node: part.node,
    users: [...part.users].sort(),
    externals: [...part.externals].sort(),
  }));
}

type Add = (name: string, node: ts.Node, user: string | null) => void;

function follow(part: Growing, program: CodeProgram, add: Add): void {
  for (const named of namesIn(part.node, program)) {
    if (named.kind === 'package') part.externals.add(`${named.module}#${named.name}`);
    for (const node of declarationsOf(named)) add(nameOfDeclared(node), node, part.name);
  }
}

function declarationsOf(named: Named): readonly Declared[] {
  if (named.kind === 'declaration') return [named.node];
  if (named.kind !== 'file') return [];
  return named.file.statements.flatMap((statement): readonly Declared[] => {
    if (ts.isVariableStatement(statement)) return statement.declarationList.declarations;
    return ts.isFunctionDeclaration(statement) || ts.isClassDeclaration(statement) ? [statement] : [];
  });
}

/** What the code under a node names, its declared parts aside. */
export function namesIn(node: ts.Node, program: CodeProgram): readonly Named[] {
  const found: Named[] = [];
  eachNode(node, program, (one) => {
    if (!ts.isIdentifier(one)) return;
    const named = namedBy(one, program);
    if (named !== null) found.push(named);
  });
  return found;
}

/** Visits the code under a node: no types, no declared parts of data steps. */
export function eachNode(node: ts.Node, program: CodeProgram, visit: (node: ts.Node) => void): void {
  if (isErased(node) || isDeclaredPart(node, program)) return;
  visit(node);
  node.forEachChild((child) => eachNode(child, program, visit));
}

interface Step {
  readonly name: string;
  readonly node: ts.Node;
}

/** The entries of the migration's `data`; the whole expression where they cannot be told apart. */
function dataSteps(program: CodeProgram): readonly Step[] {
  const exported = defaultExport(program);
  if (exported === null) return [];
  const definition = definitionOf(exported, program);
  if (definition === null) return [{ name: 'migration', node: exported }];
  const data = definition.properties.find((one) => one.name?.getText() === 'data');
  if (data === undefined) {
    return definition.properties.some(ts.isSpreadAssignment) ? [{ name: 'migration', node: exported }] : [];
  }
  const value = ts.isPropertyAssignment(data) ? data.initializer : data;
  if (!ts.isArrayLiteralExpression(value)) return [{ name: 'data', node: value }];
  return value.elements.map((node, index) => {
    const verb = ts.isCallExpression(node) ? cqlformMember(node.expression, program) : null;
    return { name: `${verb ?? 'data'} ${index + 1}`, node };
  });
}

function definitionOf(expression: ts.Expression, program: CodeProgram): ts.ObjectLiteralExpression | null {
  if (!ts.isCallExpression(expression)) return null;
  if (cqlformMember(expression.expression, program) !== 'migration') return null;
  const [definition] = expression.arguments;
  return definition !== undefined && ts.isObjectLiteralExpression(definition) ? definition : null;
}

function defaultExport(program: CodeProgram): ts.Expression | null {
  const statement = program.root.statements.find(ts.isExportAssignment);
  if (statement === undefined) return null;
  const { expression } = statement;
  if (!ts.isIdentifier(expression)) return expression;
  const named = namedBy(expression, program);
  const declared =
    named?.kind === 'declaration' && ts.isVariableDeclaration(named.node) ? named.node.initializer : undefined;
  return declared ?? expression;
}

/** Statements at the top of a file that touch what is reached, such as `known.add('x')`. */
function addLooseStatements(program: CodeProgram, parts: ReadonlyMap<ts.Node, Growing>, add: Add): void {
  const loose = new Set(program.files.flatMap((file) => file.statements.filter(isLoose)));
  for (let grown = true; grown; ) {
    grown = false;
    for (const statement of loose) {
      const touched = namesIn(statement, program)
        .flatMap(declarationsOf)
        .map((node) => parts.get(node))
        .find((part) => part !== undefined);
      if (touched === undefined) continue;
      loose.delete(statement);
      add(`statement on ${touched.name}`, statement, touched.name);
      grown = true;
    }
  }
}

function isLoose(statement: ts.Statement): boolean {
  return !(
    ts.isVariableStatement(statement) ||
    ts.isFunctionDeclaration(statement) ||
    ts.isClassDeclaration(statement) ||
    ts.isImportDeclaration(statement) ||
    ts.isExportDeclaration(statement) ||
    ts.isExportAssignment(statement) ||
    isErased(statement)
  );
}
