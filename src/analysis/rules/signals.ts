import { ts } from 'ts-morph';
import { cqlformMember } from '../code/names.ts';
import { type CodeProgram, spotOf } from '../code/program.ts';
import { eachNode, type ReachedPart } from '../code/reach.ts';
import { type Diagnostic, errorAt } from '../diagnostic.ts';

/** `skip('…')` and `reject('…')` do nothing until they are returned. */
export function signalFindings(parts: readonly ReachedPart[], program: CodeProgram): readonly Diagnostic[] {
  return parts.flatMap((part) => {
    const found: Diagnostic[] = [];
    eachNode(part.node, program, (node) => {
      if (!ts.isCallExpression(node)) return;
      const name = cqlformMember(node.expression, program);
      if (name !== 'skip' && name !== 'reject') return;
      const lost = howLost(node);
      if (lost === null) return;
      found.push(
        errorAt(
          spotOf(node),
          {
            code: 'SIGNAL_NOT_RETURNED',
            reason: `${name}() in ${part.name} is ${lost}, so the row is not ${name === 'skip' ? 'skipped' : 'rejected'}`,
            fix:
              lost === 'not returned'
                ? `Write \`return ${name}(…)\`.`
                : `Return ${name}(…) from the function of the row itself, e.g. from a for loop.`,
          },
          isMechanical(node, part),
        ),
      );
    });
    return found;
  });
}

/** In words; null when the value goes somewhere. */
function howLost(call: ts.CallExpression): 'not returned' | 'returned to forEach, which drops it' | null {
  const value = handedOn(call);
  const { parent } = value;
  if (ts.isExpressionStatement(parent) || ts.isVoidExpression(parent)) return 'not returned';
  const returned = ts.isReturnStatement(parent) || (ts.isArrowFunction(parent) && parent.body === value);
  if (!returned) return null;
  const inner = ts.findAncestor(value, ts.isFunctionLike);
  const given = inner?.parent;
  const isForEach =
    given !== undefined &&
    ts.isCallExpression(given) &&
    given.expression !== inner &&
    ts.isPropertyAccessExpression(given.expression) &&
    given.expression.name.text === 'forEach';
  return isForEach ? 'returned to forEach, which drops it' : null;
}

/** Climbs through what hands a value on: `(…)`, `a && …`, `a ? … : …`. */
function handedOn(node: ts.Expression): ts.Expression {
  const { parent } = node;
  if (ts.isParenthesizedExpression(parent) || ts.isAsExpression(parent)) return handedOn(parent);
  if (ts.isConditionalExpression(parent) && parent.condition !== node) return handedOn(parent);
  const logical = ts.isBinaryExpression(parent) && parent.right === node && isHandingOn(parent.operatorToken.kind);
  return logical ? handedOn(parent as ts.BinaryExpression) : node;
}

function isHandingOn(operator: ts.SyntaxKind): boolean {
  return (
    operator === ts.SyntaxKind.AmpersandAmpersandToken ||
    operator === ts.SyntaxKind.BarBarToken ||
    operator === ts.SyntaxKind.QuestionQuestionToken ||
    operator === ts.SyntaxKind.CommaToken
  );
}

/** Only where `return` would leave the row's own function: a bare statement, in no function within it. */
function isMechanical(call: ts.CallExpression, part: ReachedPart): boolean {
  if (!ts.isExpressionStatement(call.parent)) return false;
  const own = ts.findAncestor(call, ts.isFunctionLike);
  if (own === undefined || !(ts.isPropertyAssignment(own.parent) || ts.isMethodDeclaration(own))) return false;
  const around = ts.findAncestor(own.parent, (node) => (node === part.node ? 'quit' : ts.isFunctionLike(node)));
  return around === undefined;
}
