import { ts } from 'ts-morph';
import { type CodeProgram, spotOf } from '../code/program.ts';
import { eachNode, type ReachedPart } from '../code/reach.ts';
import { outsideExpression, unwrapped } from '../code/value.ts';
import type { Spot } from '../diagnostic.ts';

/** A date that is made of something of which only its type tells whether it is a text. */
export interface MadeDate {
  /** Of the value. */
  readonly spot: Spot;
  readonly call: 'new Date' | 'Date.parse';
  /** The function that makes it. */
  readonly part: string;
}

/** Dates of which the source alone does not tell what they are made of, in code that runs for rows. */
export function datesMade(parts: readonly ReachedPart[], program: CodeProgram): readonly MadeDate[] {
  const found: MadeDate[] = [];
  for (const part of parts) {
    eachNode(part.node, program, (node) => {
      const call = callOf(node, program);
      if (call === null) return;
      for (const value of leaves(call.value)) {
        if (!isPlain(value)) found.push({ spot: spotOf(value), call: call.name, part: part.name });
      }
    });
  }
  return found;
}

function callOf(
  node: ts.Node,
  program: CodeProgram,
): { readonly name: MadeDate['call']; readonly value: ts.Expression } | null {
  if (!ts.isNewExpression(node) && !ts.isCallExpression(node)) return null;
  const [value, second] = node.arguments ?? [];
  const of = outsideExpression(node.expression, program);
  if (value === undefined || second !== undefined || of === null || of.module !== null) return null;
  const name = of.path.join('.');
  if (ts.isNewExpression(node)) return name === 'Date' ? { name: 'new Date', value } : null;
  return name === 'Date.parse' ? { name: 'Date.parse', value } : null;
}

/** `a ? b : c` and `a ?? b` are either of two. */
function leaves(value: ts.Expression): readonly ts.Expression[] {
  const bare = unwrapped(value);
  if (ts.isConditionalExpression(bare)) return [...leaves(bare.whenTrue), ...leaves(bare.whenFalse)];
  const either = ts.isBinaryExpression(bare) && eithers.has(bare.operatorToken.kind);
  return either ? [...leaves(bare.left), ...leaves(bare.right)] : [bare];
}
const eithers: ReadonlySet<ts.SyntaxKind> = new Set([ts.SyntaxKind.QuestionQuestionToken, ts.SyntaxKind.BarBarToken]);

/** What its end tells already: `machine-settings.ts` has looked at it. */
function isPlain(value: ts.Expression): boolean {
  if (ts.isNumericLiteral(value) || ts.isStringLiteralLike(value)) return true;
  if (ts.isTemplateExpression(value)) return value.templateSpans.at(-1)?.literal.text !== '';
  return ts.isBinaryExpression(value) && ts.isStringLiteralLike(value.right);
}
