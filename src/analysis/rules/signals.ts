import { ts } from 'ts-morph';
import { cqlformMember, namedBy } from '../code/names.ts';
import { type CodeProgram, spotOf } from '../code/program.ts';
import { eachNode, type ReachedPart } from '../code/reach.ts';
import { isWrapper } from '../code/value.ts';
import { type Diagnostic, errorAt } from '../diagnostic.ts';
import { signalGiven } from './signal-givers.ts';

/** `skip('…')` and `reject('…')` do nothing until they are returned; nor does what a function returns that gives one. */
export function signalFindings(parts: readonly ReachedPart[], program: CodeProgram): readonly Diagnostic[] {
  return parts.flatMap((part) => {
    const found: Diagnostic[] = [];
    eachNode(part.node, program, (node) => {
      if (!ts.isCallExpression(node)) return;
      const name = signalGiven(node, program);
      const lost = name === null ? null : howLost(node, program);
      if (name === null || lost === null) return;
      const own = cqlformMember(node.expression, program) !== null;
      const call = own ? name : calledName(node);
      found.push(
        errorAt(
          spotOf(node),
          {
            code: 'SIGNAL_NOT_RETURNED',
            reason: `${own ? `${name}()` : `the ${name}() that ${call}() gives`} in ${part.name} is ${lost.how}, so the row is not ${name === 'skip' ? 'skipped' : 'rejected'}`,
            fix:
              lost === dropped
                ? `Return ${call}(…) from the function of the row itself, e.g. from a for loop.`
                : returning(lost, call, own),
          },
          own && isMechanical(node, part),
        ),
      );
    });
    return found;
  });
}

function returning(lost: Lost, call: string, own: boolean): string {
  if (lost.variable !== null) return `Write \`return ${lost.variable}\`.`;
  return own
    ? `Write \`return ${call}(…)\`.`
    : `Keep what ${call}(…) gives, and return it where it is a signal: \`const given = ${call}(…); if (given) return given;\`.`;
}

interface Lost {
  /** In words. */
  readonly how: string;
  /** The variable that holds the signal when it gets lost; null: none does. */
  readonly variable: string | null;
}

const notReturned: Lost = { how: 'not returned', variable: null };
const dropped: Lost = { how: 'returned to forEach, which drops it', variable: null };

/** Null when the value goes somewhere. `met` are the variables that it went through. */
function howLost(start: ts.Expression, program: CodeProgram, met: ReadonlySet<ts.Node> = new Set()): Lost | null {
  const value = handedOn(start);
  const { parent } = value;
  if (ts.isExpressionStatement(parent) || ts.isVoidExpression(parent)) return notReturned;
  if (ts.isReturnStatement(parent) || (ts.isArrowFunction(parent) && parent.body === value))
    return isGivenToForEach(value) ? dropped : null;
  const variable = variableOf(value, program);
  if (variable === null) return isOnlyLookedAt(value) ? notReturned : null;
  if (met.has(variable)) return notReturned;
  const uses = usesOf(variable, program);
  const through = new Set([...met, variable]);
  const how = `kept in ${variable.name.text}, which is never returned`;
  return uses.every((use) => howLost(use, program, through) !== null) ? { how, variable: variable.name.text } : null;
}

function isGivenToForEach(returned: ts.Node): boolean {
  const inner = ts.findAncestor(returned, ts.isFunctionLike);
  const given = inner?.parent;
  return (
    given !== undefined &&
    ts.isCallExpression(given) &&
    given.expression !== inner &&
    ts.isPropertyAccessExpression(given.expression) &&
    given.expression.name.text === 'forEach'
  );
}

type Variable = ts.VariableDeclaration & { readonly name: ts.Identifier };

function isVariable(node: ts.Node): node is Variable {
  return ts.isVariableDeclaration(node) && ts.isIdentifier(node.name);
}

/** The variable within a function that a value begins as, or is assigned to by a statement of its own. */
function variableOf(value: ts.Expression, program: CodeProgram): Variable | null {
  const { parent } = value;
  const declared = isVariable(parent) && parent.initializer === value ? parent : assignedBy(parent, value, program);
  return declared === null || ts.findAncestor(declared, ts.isFunctionLike) === undefined ? null : declared;
}

function assignedBy(parent: ts.Node, value: ts.Expression, program: CodeProgram): Variable | null {
  const statement = ts.isBinaryExpression(parent) && parent.right === value && ts.isExpressionStatement(parent.parent);
  if (!statement || !assigns(parent) || !ts.isIdentifier(parent.left)) return null;
  const named = namedBy(parent.left, program);
  return named?.kind === 'inner' && isVariable(named.node) ? named.node : null;
}

function assigns({ operatorToken: { kind } }: ts.BinaryExpression): boolean {
  return kind === ts.SyntaxKind.EqualsToken || kind === ts.SyntaxKind.QuestionQuestionEqualsToken;
}

/** Where a variable is read. */
function usesOf(variable: Variable, program: CodeProgram): readonly ts.Identifier[] {
  const found: ts.Identifier[] = [];
  const around = ts.findAncestor(variable, ts.isFunctionLike);
  if (around === undefined) return found;
  eachNode(around, program, (node) => {
    if (!ts.isIdentifier(node) || node.text !== variable.name.text) return;
    const named = namedBy(node, program);
    if (named?.kind !== 'inner' || named.node !== variable) return;
    if (!(ts.isBinaryExpression(node.parent) && node.parent.left === node && assigns(node.parent))) found.push(node);
  });
  return found;
}

/** True of a condition, and of what is compared or negated: it decides over something and goes nowhere itself. */
function isOnlyLookedAt(value: ts.Expression): boolean {
  const { parent } = value;
  if (ts.isIfStatement(parent) || ts.isWhileStatement(parent) || ts.isDoStatement(parent)) return true;
  if (ts.isForStatement(parent) || ts.isConditionalExpression(parent) || ts.isTypeOfExpression(parent)) return true;
  if (ts.isPrefixUnaryExpression(parent)) return true;
  return ts.isBinaryExpression(parent) && looks.has(parent.operatorToken.kind);
}

/** `&&` stands here for its left side: a signal there only lets the right side come. */
const looks: ReadonlySet<ts.SyntaxKind> = new Set([
  ts.SyntaxKind.AmpersandAmpersandToken,
  ts.SyntaxKind.EqualsEqualsToken,
  ts.SyntaxKind.EqualsEqualsEqualsToken,
  ts.SyntaxKind.ExclamationEqualsToken,
  ts.SyntaxKind.ExclamationEqualsEqualsToken,
  ts.SyntaxKind.InstanceOfKeyword,
]);

/** Climbs through what hands a value on: `(…)`, `a && …`, `… ?? a`, `a ? … : …`. */
function handedOn(node: ts.Expression): ts.Expression {
  const { parent } = node;
  if (isWrapper(parent)) return handedOn(parent);
  if (ts.isConditionalExpression(parent) && parent.condition !== node) return handedOn(parent);
  if (!ts.isBinaryExpression(parent)) return node;
  const { kind } = parent.operatorToken;
  const right = parent.right === node && isHandingOn(kind);
  const left =
    parent.left === node && (kind === ts.SyntaxKind.BarBarToken || kind === ts.SyntaxKind.QuestionQuestionToken);
  return right || left ? handedOn(parent) : node;
}

function isHandingOn(operator: ts.SyntaxKind): boolean {
  return (
    operator === ts.SyntaxKind.AmpersandAmpersandToken ||
    operator === ts.SyntaxKind.BarBarToken ||
    operator === ts.SyntaxKind.QuestionQuestionToken ||
    operator === ts.SyntaxKind.CommaToken
  );
}

function calledName({ expression }: ts.CallExpression): string {
  return ts.isIdentifier(expression) || ts.isPropertyAccessExpression(expression) ? expression.getText() : 'a function';
}

/** Only where `return` would leave the row's own function: a bare statement, in no function within it. */
function isMechanical(call: ts.CallExpression, part: ReachedPart): boolean {
  if (!ts.isExpressionStatement(call.parent)) return false;
  const own = ts.findAncestor(call, ts.isFunctionLike);
  if (own === undefined || !(ts.isPropertyAssignment(own.parent) || ts.isMethodDeclaration(own))) return false;
  const around = ts.findAncestor(own.parent, (node) => (node === part.node ? 'quit' : ts.isFunctionLike(node)));
  return around === undefined;
}
