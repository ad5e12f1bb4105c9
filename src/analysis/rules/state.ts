import { ts } from 'ts-morph';
import { namedBy } from '../code/names.ts';
import type { CodeProgram } from '../code/program.ts';
import type { ReachedPart } from '../code/reach.ts';
import { renamedBy } from '../code/value.ts';
import { mutating } from './impure-names.ts';

/** What of outside of its function a node changes, in words; null when nothing. */
export function stateWritten(node: ts.Node, part: ReachedPart, program: CodeProgram): string | null {
  if (!isInFunction(node, part)) return null;
  for (const target of targetsOf(node)) {
    const root = ts.isIdentifier(target) ? target : ownerOf(target, program);
    if (root !== null && isOutside(root, program)) return `a change of ${root.text}`;
  }
  return ts.isCallExpression(node) ? callThatChanges(node, program) : null;
}

/** What runs once, when the file is loaded, may build what it likes. */
function isInFunction(node: ts.Node, part: ReachedPart): boolean {
  for (let at: ts.Node = node; at !== part.node && !ts.isSourceFile(at); at = at.parent) {
    if (ts.isFunctionLike(at)) return true;
  }
  return ts.isFunctionLike(part.node);
}

function targetsOf(node: ts.Node): readonly ts.Node[] {
  if (ts.isBinaryExpression(node) && isAssignment(node.operatorToken.kind)) return assigned(node.left);
  if (ts.isDeleteExpression(node)) return [node.expression];
  const counts = ts.isPrefixUnaryExpression(node) || ts.isPostfixUnaryExpression(node);
  if (!counts) return [];
  const { operator } = node;
  return operator === ts.SyntaxKind.PlusPlusToken || operator === ts.SyntaxKind.MinusMinusToken ? [node.operand] : [];
}

function isAssignment(operator: ts.SyntaxKind): boolean {
  return operator >= ts.SyntaxKind.FirstAssignment && operator <= ts.SyntaxKind.LastAssignment;
}

/** `[a, b.c] = …` and `({ a } = …)` assign to several. */
function assigned(left: ts.Node): readonly ts.Node[] {
  if (ts.isArrayLiteralExpression(left)) return left.elements.flatMap(assigned);
  if (!ts.isObjectLiteralExpression(left)) return [left];
  return left.properties.flatMap((property): readonly ts.Node[] => {
    if (ts.isShorthandPropertyAssignment(property)) return [property.name];
    if (ts.isPropertyAssignment(property)) return assigned(property.initializer);
    return ts.isSpreadAssignment(property) ? [property.expression] : [];
  });
}

/** `cache` of `cache.byName['x']`. */
function rootOf(target: ts.Node): ts.Identifier | null {
  if (ts.isIdentifier(target)) return target;
  if (ts.isPropertyAccessExpression(target) || ts.isElementAccessExpression(target)) return rootOf(target.expression);
  if (ts.isParenthesizedExpression(target) || ts.isNonNullExpression(target) || ts.isAsExpression(target))
    return rootOf(target.expression);
  return null;
}

/** The same, where a constant only gives what is changed another name: `const known = seen; known.add(id)`. */
function ownerOf(target: ts.Node, program: CodeProgram): ts.Identifier | null {
  let root = rootOf(target);
  for (const met = new Set<ts.Node>(); root !== null && !met.has(root); ) {
    met.add(root);
    const named = namedBy(root, program);
    const renamed = named?.kind === 'inner' ? renamedBy(named) : null;
    const next = renamed === null ? null : rootOf(renamed);
    if (next === null) return root;
    root = next;
  }
  return root;
}

function isOutside(root: ts.Identifier, program: CodeProgram): boolean {
  const kind = namedBy(root, program)?.kind;
  return kind === 'declaration' || kind === 'global' || kind === 'package' || kind === 'file';
}

function callThatChanges(call: ts.CallExpression, program: CodeProgram): string | null {
  if (!ts.isPropertyAccessExpression(call.expression)) return null;
  const root = ownerOf(call.expression.expression, program);
  const named = root === null ? null : namedBy(root, program);
  if (root === null || named?.kind !== 'declaration') return null;
  const method = call.expression.name.text;
  if (mutating.has(method)) return `${root.text}.${method}(), which changes ${root.text},`;
  const value = ts.isVariableDeclaration(named.node) ? named.node.initializer : undefined;
  const keepsPlace = value !== undefined && ts.isRegularExpressionLiteral(value) && /[gy][a-z]*$/.test(value.text);
  return keepsPlace && (method === 'test' || method === 'exec')
    ? `${root.text}.${method}() of an expression that remembers where it stopped (flag g or y)`
    : null;
}
