import { ts } from 'ts-morph';
import { type CodeProgram, spotOf } from '../code/program.ts';
import { eachNode, type ReachedPart } from '../code/reach.ts';
import { isConstant, type OutsideValue, outsideValue } from '../code/value.ts';
import type { Diagnostic } from '../diagnostic.ts';
import {
  type Impurity,
  impureGlobals,
  impureMembers,
  impureWhenUsed,
  impurityOfImport,
  remedies,
} from './impure-names.ts';
import { machineSetting } from './machine-settings.ts';
import { type Use, useOf } from './outside-use.ts';
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
  const setting = machineSetting(node, program);
  if (setting !== null) return impure('IMPURE_ENVIRONMENT', setting, 'warning');
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

/** A name for something from outside, by what is done with it: also where a constant has given it another name. */
function impureName(identifier: ts.Identifier, program: CodeProgram): Impure | null {
  const value = outsideValue(identifier, program);
  if (value === null) return null;
  // What is impure as it stands is found where the constant is declared.
  if (isConstant(identifier, program) && impureValue(value) !== null) return null;
  const { parent } = identifier;
  const use = useOf(ts.isPropertyAccessExpression(parent) && parent.name === identifier ? parent : identifier);
  if (use.kind === 'member') return impureMember(value, use.path, identifier);
  if (use.kind === 'members') return firstImpure(use.names.map((name) => impureMember(value, [name], identifier)));
  return impureValue(value) ?? impureUse(value, use);
}

function firstImpure(found: readonly (Impure | null)[]): Impure | null {
  return found.find((one) => one !== null) ?? null;
}

/** `Temporal.Now.instant` is impure by its second name. */
function impureMember(value: OutsideValue, path: readonly string[], identifier: ts.Identifier): Impure | null {
  const longer = path.map((_, index) => ({ ...value, path: [...value.path, ...path.slice(0, index + 1)] }));
  // All of a module is impure by what is taken of it.
  const whole = value.module !== null && value.path.length === 0;
  const found = firstImpure((whole ? longer : [value, ...longer]).map(impureValue));
  if (found !== null || value.module === null || value.module.startsWith('cqlform')) return found;
  return path.includes('now') ? impure('IMPURE_CLOCK', `${identifier.text}.now of ${value.module}`) : null;
}

function impureValue({ module, path }: OutsideValue): Impure | null {
  const name = path.join('.');
  if (module !== null) {
    const known = impurityOfImport(module, path[0] ?? '*');
    return known === null ? null : impure(known, `${path[0] ?? '*'} of ${module}`);
  }
  const known = Object.hasOwn(impureGlobals, name) ? impureGlobals[name] : impureMembers.get(name);
  return known === undefined ? null : impure(known, name);
}

/** What has impure members, or is a clock when it is called. */
function impureUse(value: OutsideValue, use: Use): Impure | null {
  const isDate = value.module === null && value.path.join('.') === 'Date';
  if (isDate && use.kind === 'new') return impureDate(use.node);
  if (isDate && use.kind === 'call') return impure('IMPURE_CLOCK', 'Date()');
  if (use.kind === 'call' && use.node.arguments.length === 0 && clockPackages.has(value.module ?? ''))
    return impure('IMPURE_CLOCK', `${use.node.expression.getText()}()`);
  const risk = use.kind === 'handed-on' ? riskOf(value) : null;
  return risk === null
    ? null
    : impure(risk.impurity, `${risk.name}, handed on to where its use cannot be seen,`, 'warning');
}

function riskOf({ module, path }: OutsideValue): { readonly impurity: Impurity; readonly name: string } | null {
  if (module !== null) {
    const isCrypto = path.length === 0 && module.replace(/^node:/, '') === 'crypto';
    return isCrypto ? { impurity: 'IMPURE_RANDOM', name: module } : null;
  }
  const [name = ''] = path;
  const impurity = path.length === 1 && Object.hasOwn(impureWhenUsed, name) ? impureWhenUsed[name] : undefined;
  return impurity === undefined ? null : { impurity, name };
}

/** `new Date()` is the clock; with year, month, … it is the machine's time zone. */
function impureDate(node: ts.NewExpression): Impure | null {
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
  const written = stateWritten(node, part, program);
  return written === null ? null : impure('IMPURE_STATE', written);
}
