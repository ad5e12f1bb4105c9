import { ts } from 'ts-morph';
import { isWrapper, memberName } from '../code/value.ts';

/** What becomes of a value at the place where it is named. */
export type Use =
  /** Members are taken of it, one after another: `Temporal.Now.instant`. */
  | { readonly kind: 'member'; readonly path: readonly string[] }
  /** Several are taken at once: `const { floor, random } = Math`. */
  | { readonly kind: 'members'; readonly names: readonly string[] }
  | { readonly kind: 'new'; readonly node: ts.NewExpression }
  | { readonly kind: 'call'; readonly node: ts.CallExpression }
  /** Compared, tested with `instanceof`, or given another name by a constant: nothing is done with it here. */
  | { readonly kind: 'named' }
  /** Given away: what is done with it cannot be seen. */
  | { readonly kind: 'handed-on' };

/** `start` is the expression that names the value. */
export function useOf(start: ts.Expression): Use {
  const path: string[] = [];
  let at: ts.Node = start;
  for (; ; at = at.parent) {
    const member = memberName(at.parent);
    if (member !== null && member.of === at) path.push(member.name);
    else if (!isWrapper(at.parent)) break;
  }
  if (path.length > 0) return { kind: 'member', path };
  return lastUse(at, at.parent);
}

function lastUse(node: ts.Node, parent: ts.Node): Use {
  if (ts.isNewExpression(parent) && parent.expression === node) return { kind: 'new', node: parent };
  if (ts.isCallExpression(parent) && parent.expression === node) return { kind: 'call', node: parent };
  const names = destructured(node, parent);
  if (names !== null) return names.includes(null) ? { kind: 'handed-on' } : { kind: 'members', names: known(names) };
  return isHarmless(node, parent) ? { kind: 'named' } : { kind: 'handed-on' };
}

function known(names: readonly (string | null)[]): readonly string[] {
  return names.filter((name) => name !== null);
}

/** The names that a pattern takes; null among them for what cannot be told; null when there is no pattern. */
function destructured(node: ts.Node, parent: ts.Node): readonly (string | null)[] | null {
  if ('initializer' in parent && parent.initializer === node && 'name' in parent) {
    const { name } = parent as ts.VariableDeclaration | ts.ParameterDeclaration | ts.BindingElement;
    if (!ts.isObjectBindingPattern(name)) return null;
    return name.elements.map((one) => (one.dotDotDotToken === undefined ? textOf(one.propertyName ?? one.name) : null));
  }
  if (!ts.isBinaryExpression(parent) || parent.operatorToken.kind !== ts.SyntaxKind.EqualsToken) return null;
  const { left } = parent;
  if (parent.right !== node || !ts.isObjectLiteralExpression(left)) return null;
  return left.properties.map((one) => (one.name === undefined ? null : textOf(one.name)));
}

function textOf(name: ts.PropertyName | ts.BindingName): string | null {
  if (ts.isIdentifier(name) || ts.isStringLiteralLike(name)) return name.text;
  return ts.isComputedPropertyName(name) && ts.isStringLiteralLike(name.expression) ? name.expression.text : null;
}

function isHarmless(node: ts.Node, parent: ts.Node): boolean {
  if (ts.isTypeOfExpression(parent) || ts.isExpressionStatement(parent)) return true;
  if (ts.isVariableDeclaration(parent)) return (parent.parent.flags & ts.NodeFlags.Const) !== 0;
  if (!ts.isBinaryExpression(parent)) return false;
  return compares.has(parent.operatorToken.kind) || (parent.right === node && isInstanceOf(parent));
}

function isInstanceOf({ operatorToken }: ts.BinaryExpression): boolean {
  return operatorToken.kind === ts.SyntaxKind.InstanceOfKeyword;
}

const compares: ReadonlySet<ts.SyntaxKind> = new Set([
  ts.SyntaxKind.EqualsEqualsToken,
  ts.SyntaxKind.EqualsEqualsEqualsToken,
  ts.SyntaxKind.ExclamationEqualsToken,
  ts.SyntaxKind.ExclamationEqualsEqualsToken,
]);
