import { ts } from 'ts-morph';
import { namedBy } from '../code/names.ts';
import type { CodeProgram } from '../code/program.ts';
import { memberName, type OutsideValue, outsideExpression, renamedBy, unwrapped } from '../code/value.ts';
import { localised, zoned } from './impure-names.ts';

/** What a node takes of the machine's language, time zone or file paths, in words; null when nothing. */
export function machineSetting(node: ts.Node, program: CodeProgram): string | null {
  if (ts.isNewExpression(node) || ts.isCallExpression(node)) return made(node, program) ?? called(node);
  const member = memberName(node) ?? memberTaken(node);
  const isStack = member?.name === 'stack' && (member.of === 'caught' || isError(member.of, program));
  return isStack ? "an error's stack, which has paths of the machine," : null;
}

/** What a pattern takes: `const { stack } = e`, `({ stack } = e)`, `catch ({ stack })`. */
function memberTaken(node: ts.Node): { readonly of: ts.Expression | 'caught'; readonly name: string } | null {
  if (ts.isBindingElement(node)) {
    const { parent: pattern } = node;
    const name = node.propertyName ?? node.name;
    const from = ts.isObjectBindingPattern(pattern) && ts.isVariableDeclaration(pattern.parent) ? pattern.parent : null;
    if (from === null || !ts.isIdentifier(name)) return null;
    const of = ts.isCatchClause(from.parent) ? 'caught' : from.initializer;
    return of === undefined ? null : { of, name: name.text };
  }
  if (!ts.isShorthandPropertyAssignment(node) && !ts.isPropertyAssignment(node)) return null;
  const { parent: assignment } = node.parent;
  const isPattern =
    ts.isBinaryExpression(assignment) &&
    assignment.left === node.parent &&
    assignment.operatorToken.kind === ts.SyntaxKind.EqualsToken;
  return isPattern && ts.isIdentifier(node.name) ? { of: assignment.right, name: node.name.text } : null;
}

/** Methods of dates, numbers and texts. */
function called(node: ts.NewExpression | ts.CallExpression): string | null {
  const member = ts.isCallExpression(node) ? memberName(node.expression) : null;
  if (member === null) return null;
  const { name } = member;
  if (zoned.test(name)) return `${name}(), in the machine's time zone,`;
  const locale = node.arguments?.[name === 'localeCompare' ? 1 : 0];
  return localised.test(name) && isNone(locale) ? `${name}() without a locale` : null;
}

function made(node: ts.NewExpression | ts.CallExpression, program: CodeProgram): string | null {
  const value = outsideExpression(node.expression, program);
  const name = value === null ? null : globalName(value);
  if (name === null) return null;
  const [first] = node.arguments ?? [];
  if (formats.has(name)) return isNone(first) ? `${name} without a locale` : null;
  const isDate = name === 'Date' ? ts.isNewExpression(node) : name === 'Date.parse';
  if (!isDate || first === undefined || node.arguments?.length !== 1 || !isZoneless(first)) return null;
  return `${name === 'Date' ? 'new Date' : name}() of a time without a zone, in the machine's own,`;
}

function globalName({ module, path }: OutsideValue): string | null {
  return module === null ? path.join('.') : null;
}

const formats: ReadonlySet<string> = new Set(
  'Collator DateTimeFormat DisplayNames DurationFormat ListFormat NumberFormat PluralRules RelativeTimeFormat Segmenter'
    .split(' ')
    .map((name) => `Intl.${name}`),
);

/** `f()` and `f(undefined)`. */
function isNone(argument: ts.Expression | undefined): boolean {
  if (argument === undefined) return true;
  const bare = unwrapped(argument);
  return ts.isIdentifier(bare) && bare.text === 'undefined';
}

/** A text that is read as a local time; of one that is put together its end decides. */
function isZoneless(argument: ts.Expression): boolean {
  const bare = unwrapped(argument);
  if (ts.isStringLiteralLike(bare)) return !inUtc.test(bare.text.trim());
  if (ts.isTemplateExpression(bare)) return endsInTime.test(bare.templateSpans.at(-1)?.literal.text ?? '');
  const isSum = ts.isBinaryExpression(bare) && bare.operatorToken.kind === ts.SyntaxKind.PlusToken;
  return isSum && ts.isStringLiteralLike(bare.right) && endsInTime.test(bare.right.text);
}

/** ISO dates without a time, and whatever names its zone. */
const inUtc = /^[+-]?\d{4,6}(-\d\d){0,2}$|(Z|UTC|GMT|[+-]\d\d:?\d\d)$|^[^\d]*$/i;
const endsInTime = /\d\d:\d\d(:\d\d(\.\d+)?)?$/;

function isError(expression: ts.Expression, program: CodeProgram): boolean {
  const bare = unwrapped(expression);
  if (ts.isIdentifier(bare)) {
    const named = namedBy(bare, program);
    if (named?.kind === 'inner' && ts.isVariableDeclaration(named.node) && ts.isCatchClause(named.node.parent))
      return true;
    const value = named === null ? null : renamedBy(named);
    return value !== null && isErrorMade(unwrapped(value), program);
  }
  return isErrorMade(bare, program);
}

function isErrorMade(node: ts.Expression, program: CodeProgram): boolean {
  if (!ts.isNewExpression(node) && !ts.isCallExpression(node)) return false;
  const value = outsideExpression(node.expression, program);
  return value !== null && /^([A-Z][a-z]+)?Error$/.test(globalName(value) ?? '');
}
