import { ts } from 'ts-morph';
import { cqlformMember, namedBy } from '../code/names.ts';
import type { CodeProgram } from '../code/program.ts';
import { unwrapped } from '../code/value.ts';

type Signal = 'skip' | 'reject';

/** The signal that a call gives, itself or by what the function of the project that it calls returns; null: none. */
export function signalGiven(
  call: ts.CallExpression,
  program: CodeProgram,
  met: ReadonlySet<ts.Node> = new Set(),
): Signal | null {
  const member = cqlformMember(call.expression, program);
  if (member === 'skip' || member === 'reject') return member;
  const called = member === null ? functionCalled(call.expression, program) : null;
  if (called === null || met.has(called)) return null;
  const through = new Set([...met, called]);
  return firstOf(returnedBy(called), (value) => signalIn(value, program, through));
}

type WithBody = ts.FunctionDeclaration | ts.FunctionExpression | ts.ArrowFunction;

function functionCalled(expression: ts.Expression, program: CodeProgram): WithBody | null {
  const bare = unwrapped(expression);
  if (ts.isArrowFunction(bare) || ts.isFunctionExpression(bare)) return bare;
  const name = ts.isPropertyAccessExpression(bare) ? bare.name : bare;
  const named = ts.isIdentifier(name) ? namedBy(name, program) : null;
  if (named?.kind !== 'inner' && named?.kind !== 'declaration') return null;
  const { node } = named;
  if (ts.isFunctionDeclaration(node)) return node;
  if (!ts.isVariableDeclaration(node) || node.initializer === undefined || !ts.isIdentifier(node.name)) return null;
  const value = unwrapped(node.initializer);
  return ts.isArrowFunction(value) || ts.isFunctionExpression(value) ? value : null;
}

/** What a function returns, its inner functions aside; an async one and a generator give something else. */
function returnedBy({ body, modifiers, asteriskToken }: WithBody): readonly ts.Expression[] {
  const isAsync = modifiers?.some((one) => one.kind === ts.SyntaxKind.AsyncKeyword) === true;
  if (body === undefined || isAsync || asteriskToken !== undefined) return [];
  if (!ts.isBlock(body)) return [body];
  const found: ts.Expression[] = [];
  const visit = (node: ts.Node): void => {
    if (ts.isFunctionLike(node) || ts.isClassLike(node)) return;
    if (ts.isReturnStatement(node) && node.expression !== undefined) found.push(node.expression);
    node.forEachChild(visit);
  };
  visit(body);
  return found;
}

/** The signal that an expression may be, also through branches and variables. */
function signalIn(expression: ts.Expression, program: CodeProgram, met: ReadonlySet<ts.Node>): Signal | null {
  const bare = unwrapped(expression);
  const any = (...parts: readonly ts.Expression[]): Signal | null =>
    firstOf(parts, (part) => signalIn(part, program, met));
  if (ts.isCallExpression(bare)) return signalGiven(bare, program, met);
  if (ts.isConditionalExpression(bare)) return any(bare.whenTrue, bare.whenFalse);
  if (ts.isBinaryExpression(bare)) {
    const { kind } = bare.operatorToken;
    if (kind === ts.SyntaxKind.BarBarToken || kind === ts.SyntaxKind.QuestionQuestionToken)
      return any(bare.left, bare.right);
    const right = kind === ts.SyntaxKind.AmpersandAmpersandToken || kind === ts.SyntaxKind.CommaToken;
    return right ? any(bare.right) : null;
  }
  if (!ts.isIdentifier(bare)) return null;
  const named = namedBy(bare, program);
  if (named?.kind !== 'inner' || !ts.isVariableDeclaration(named.node) || met.has(named.node)) return null;
  const { node } = named;
  const through = new Set([...met, node]);
  return firstOf(valuesOf(node, program), (value) => signalIn(value, program, through));
}

/** What a variable begins as, and what is assigned to it. */
function valuesOf(variable: ts.VariableDeclaration, program: CodeProgram): readonly ts.Expression[] {
  const found = variable.initializer === undefined ? [] : [variable.initializer];
  const visit = (node: ts.Node): void => {
    if (ts.isBinaryExpression(node) && ts.isIdentifier(node.left) && assignments.has(node.operatorToken.kind)) {
      const named = namedBy(node.left, program);
      if (named?.kind === 'inner' && named.node === variable) found.push(node.right);
    }
    node.forEachChild(visit);
  };
  const around = ts.isIdentifier(variable.name) ? ts.findAncestor(variable, ts.isFunctionLike) : undefined;
  around?.forEachChild(visit);
  return found;
}

const assignments: ReadonlySet<ts.SyntaxKind> = new Set([
  ts.SyntaxKind.EqualsToken,
  ts.SyntaxKind.QuestionQuestionEqualsToken,
  ts.SyntaxKind.BarBarEqualsToken,
]);

function firstOf<T>(values: readonly T[], find: (value: T) => Signal | null): Signal | null {
  for (const value of values) {
    const found = find(value);
    if (found !== null) return found;
  }
  return null;
}
