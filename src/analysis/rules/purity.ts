import { ts } from 'ts-morph';
import { type Named, namedBy } from '../code/names.ts';
import { type CodeProgram, spotOf } from '../code/program.ts';
import { eachNode, type ReachedPart } from '../code/reach.ts';
import type { Diagnostic } from '../diagnostic.ts';
import {
  type Impurity,
  impureGlobals,
  impureMembers,
  impurityOfImport,
  localised,
  remedies,
  zoned,
} from './impure-names.ts';
import { stateWritten } from './state.ts';

interface Impure {
  readonly impurity: Impurity;
  /** What it does, completing "… in releaseDate". */
  readonly what: string;
  readonly severity: Diagnostic['severity'];
}

/**
 * Whatever makes a row come out otherwise when it is read again: a copy that goes on after an interruption, or that is
 * verified, runs the function on the same rows again.
 */
export function purityFindings(parts: readonly ReachedPart[], program: CodeProgram): readonly Diagnostic[] {
  const found = new Map<string, Diagnostic>();
  for (const part of parts) {
    eachNode(part.node, program, (node) => {
      const impure = impureNode(node, part, program);
      if (impure === null) return;
      const one = diagnostic(node, part, impure);
      found.set(`${one.path}:${one.line}:${one.column}:${one.code}`, one);
    });
  }
  return [...found.values()];
}

function diagnostic(node: ts.Node, part: ReachedPart, { impurity, what, severity }: Impure): Diagnostic {
  const users =
    part.users.length === 0 ? '' : `, which ${part.users.join(', ')} use${part.users.length === 1 ? 's' : ''}`;
  return {
    code: impurity,
    severity,
    ...spotOf(node),
    reason: `${what} in ${part.name}${users}: ${impurity === 'ASYNC_TRANSFORM' ? 'nothing waits for it' : 'the same row would not always give the same'}`,
    fix: remedies[impurity],
    mechanical: false,
  };
}

function impureNode(node: ts.Node, part: ReachedPart, program: CodeProgram): Impure | null {
  if (ts.isIdentifier(node)) return impureName(node, program);
  if (ts.isNewExpression(node)) return impureDate(node, program);
  if (ts.isCallExpression(node)) return impureCall(node, part, program);
  if (ts.isAwaitExpression(node) || (ts.isForOfStatement(node) && node.awaitModifier !== undefined))
    return impure('ASYNC_TRANSFORM', 'await');
  if (ts.isFunctionLike(node) && ts.canHaveModifiers(node) && isAsync(node)) {
    return impure('ASYNC_TRANSFORM', 'an async function');
  }
  if (ts.isMetaProperty(node) && node.keywordToken === ts.SyntaxKind.ImportKeyword)
    return impure('IMPURE_ENVIRONMENT', 'import.meta');
  const written = stateWritten(node, part, program);
  return written === null ? null : impure('IMPURE_STATE', written);
}

function isAsync(node: ts.HasModifiers): boolean {
  return (ts.getModifiers(node) ?? []).some((one) => one.kind === ts.SyntaxKind.AsyncKeyword);
}

function impure(impurity: Impurity, what: string, severity: Diagnostic['severity'] = 'error'): Impure {
  return { impurity, what, severity };
}

function impureName(identifier: ts.Identifier, program: CodeProgram): Impure | null {
  const named = namedBy(identifier, program);
  if (named === null) return null;
  if (named.kind === 'global') return impureGlobal(named.name, identifier);
  if (named.kind !== 'package') return null;
  const members = membersOf(identifier);
  const isWhole = named.name === '*' || named.name === 'default';
  for (const name of isWhole && members.length > 0 ? members : [named.name]) {
    const known = impurityOfImport(named.module, name);
    if (known !== null) return impure(known, `${name} of ${named.module}`);
  }
  return members.includes('now') && !named.module.startsWith('cqlform')
    ? impure('IMPURE_CLOCK', `${identifier.text}.now of ${named.module}`)
    : null;
}

function impureGlobal(name: string, identifier: ts.Identifier): Impure | null {
  for (const member of membersOf(identifier).map((one) => `${name}.${one}`)) {
    const known = Object.hasOwn(impureMembers, member) ? impureMembers[member] : undefined;
    if (known !== undefined) return impure(known, member);
  }
  const known = Object.hasOwn(impureGlobals, name) ? impureGlobals[name] : undefined;
  return known === undefined ? null : impure(known, name);
}

/** What is taken of it: `Math.random`, `Math['random']`, `const { random } = Math`. */
function membersOf(identifier: ts.Identifier): readonly string[] {
  const { parent } = identifier;
  if (ts.isPropertyAccessExpression(parent) && parent.expression === identifier) return [parent.name.text];
  if (ts.isElementAccessExpression(parent) && parent.expression === identifier) {
    return ts.isStringLiteralLike(parent.argumentExpression) ? [parent.argumentExpression.text] : [];
  }
  if (!ts.isVariableDeclaration(parent) || !ts.isObjectBindingPattern(parent.name)) return [];
  return parent.name.elements.map((element) => (element.propertyName ?? element.name).getText());
}

/** `new Date()` is the clock; with year, month, … it is the machine's time zone. */
function impureDate(node: ts.NewExpression, program: CodeProgram): Impure | null {
  if (!isGlobal(node.expression, 'Date', program)) return null;
  const count = node.arguments?.length ?? 0;
  if (count === 0) return impure('IMPURE_CLOCK', 'new Date()');
  return count > 1
    ? impure('IMPURE_ENVIRONMENT', "new Date(year, month, …), in the machine's time zone,", 'warning')
    : null;
}

/** Clocks of packages that are asked by calling them with nothing. */
const clockPackages: ReadonlySet<string> = new Set(['dayjs', 'moment', 'moment-timezone']);

function impureCall(node: ts.CallExpression, part: ReachedPart, program: CodeProgram): Impure | null {
  if (node.expression.kind === ts.SyntaxKind.ImportKeyword) return impure('ASYNC_TRANSFORM', 'import()');
  if (isGlobal(node.expression, 'Date', program)) return impure('IMPURE_CLOCK', 'Date()');
  if (node.arguments.length === 0 && ts.isIdentifier(node.expression)) {
    const named: Named | null = namedBy(node.expression, program);
    if (named?.kind === 'package' && clockPackages.has(named.module)) {
      return impure('IMPURE_CLOCK', `${node.expression.text}()`);
    }
  }
  const written = stateWritten(node, part, program);
  if (written !== null) return impure('IMPURE_STATE', written);
  if (!ts.isPropertyAccessExpression(node.expression)) return null;
  const method = node.expression.name.text;
  if (zoned.test(method)) return impure('IMPURE_ENVIRONMENT', `${method}(), in the machine's time zone,`, 'warning');
  return localised.test(method) && node.arguments.length === 0
    ? impure('IMPURE_ENVIRONMENT', `${method}() without a locale`, 'warning')
    : null;
}

function isGlobal(expression: ts.Expression, name: string, program: CodeProgram): boolean {
  if (!ts.isIdentifier(expression) || expression.text !== name) return false;
  return namedBy(expression, program)?.kind === 'global';
}
