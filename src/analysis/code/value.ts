import { ts } from 'ts-morph';
import { type Named, namedBy } from './names.ts';
import type { CodeProgram } from './program.ts';

/** Something from outside the project, known without running anything: `Math`, `random` of `Math`, `v4` of uuid. */
export interface OutsideValue {
  /** Null for what JavaScript has everywhere. */
  readonly module: string | null;
  /** The way to it; empty for all of a module. */
  readonly path: readonly string[];
}

/** How often one constant may stand for another before nobody follows. */
const longestChain = 20;

/** What an identifier stands for, also through constants that only rename it; null for everything else. */
export function outsideValue(
  identifier: ts.Identifier,
  program: CodeProgram,
  left = longestChain,
): OutsideValue | null {
  const named = namedBy(identifier, program);
  if (named === null || left === 0) return null;
  if (named.kind === 'global') return { module: null, path: [named.name] };
  if (named.kind === 'package') {
    const whole = named.name === '*' || named.name === 'default';
    return { module: named.module, path: whole ? [] : [named.name] };
  }
  const renamed = renamedBy(named);
  return renamed === null ? null : staticValue(renamed, program, left - 1);
}

/** True when the identifier is a constant of the project: what it stands for is looked at where it is declared. */
export function isConstant(identifier: ts.Identifier, program: CodeProgram): boolean {
  const named = namedBy(identifier, program);
  return named !== null && renamedBy(named) !== null;
}

/** What a constant that has a plain name begins as. */
export function renamedBy(named: Named): ts.Expression | null {
  if (named.kind !== 'declaration' && named.kind !== 'inner') return null;
  const { node } = named;
  if (!ts.isVariableDeclaration(node) || !ts.isIdentifier(node.name)) return null;
  return (node.parent.flags & ts.NodeFlags.Const) === 0 ? null : (node.initializer ?? null);
}

/** What an expression is of what stands outside: `Intl.Collator`, `N` after `const N = Intl.NumberFormat`. */
export function outsideExpression(expression: ts.Expression, program: CodeProgram): OutsideValue | null {
  return staticValue(expression, program, longestChain);
}

function staticValue(expression: ts.Expression, program: CodeProgram, left: number): OutsideValue | null {
  const bare = unwrapped(expression);
  if (ts.isIdentifier(bare)) return outsideValue(bare, program, left);
  const member = memberName(bare);
  if (member === null) return null;
  const own = ts.isPropertyAccessExpression(bare) && ts.isIdentifier(bare.name) ? bare.name : null;
  const exported = own === null ? null : outsideValue(own, program, left);
  if (exported !== null) return exported;
  const base = staticValue(member.of, program, left);
  return base === null ? null : { ...base, path: [...base.path, member.name] };
}

/** An expression without parentheses and types around it. */
export function unwrapped(expression: ts.Expression): ts.Expression {
  return isWrapper(expression) ? unwrapped(expression.expression) : expression;
}

type Wrapper = ts.ParenthesizedExpression | ts.AsExpression | ts.SatisfiesExpression | ts.NonNullExpression;
export function isWrapper(node: ts.Node): node is Wrapper {
  return (
    ts.isParenthesizedExpression(node) ||
    ts.isAsExpression(node) ||
    ts.isSatisfiesExpression(node) ||
    ts.isNonNullExpression(node)
  );
}

/** `now` of `Date.now` and `Date['now']`; null when the name is not written there. */
export function memberName(node: ts.Node): { readonly of: ts.Expression; readonly name: string } | null {
  if (ts.isPropertyAccessExpression(node)) return { of: node.expression, name: node.name.text };
  if (!ts.isElementAccessExpression(node) || !ts.isStringLiteralLike(node.argumentExpression)) return null;
  return { of: node.expression, name: node.argumentExpression.text };
}
