import { quoted, textLiteral } from '../model/identifier.ts';
import { type Token, tokensOf } from './lexer.ts';

/** A view's WHERE clause as the server states it in `system_schema.views`: `a IS NOT NULL AND "B" IN (1, 2)`. */
export function canonicalWhere(clause: string): string {
  return whereRelations(clause).join(' AND ');
}

/** True when two clauses select the same rows by the same relations, in whatever order and however often. */
export function sameWhere(one: string, other: string): boolean {
  const sorted = (clause: string): string => [...new Set(whereRelations(clause))].sort().join(' AND ');
  return sorted(one) === sorted(other);
}

/** The relations between the clause's ANDs, each in canonical spelling. Throws CqlformError `CQL_UNREADABLE`. */
export function whereRelations(clause: string): readonly string[] {
  const relations: string[] = [];
  let text = '';
  let before: Token | undefined;
  let depth = 0;
  for (const token of tokensOf(clause)) {
    if (token.kind === 'comment') continue;
    if (depth === 0 && token.kind === 'word' && token.value === 'and') {
      relations.push(text);
      text = '';
      before = undefined;
      continue;
    }
    if ('([{'.includes(token.text)) depth += 1;
    if (')]}'.includes(token.text)) depth -= 1;
    text += (spaceBetween(before, token, text) ? ' ' : '') + spelled(token, before);
    before = token;
  }
  relations.push(text);
  return relations;
}

const keywords: ReadonlySet<string> = new Set(['is', 'not', 'null', 'in', 'contains', 'like', 'and']);
const operators: ReadonlySet<string> = new Set(['=', '<', '>', '<=', '>=', '!=', '+', '*', '/', '%']);

function spelled(token: Token, before: Token | undefined): string {
  switch (token.kind) {
    case 'word':
      return isKeyword(token, before) ? token.value.toUpperCase() : token.value;
    case 'name':
      return quoted(token.value);
    case 'text':
      return textLiteral(token.value);
    default:
      return token.value;
  }
}

/** `key` is an ordinary name but after CONTAINS. */
function isKeyword(token: Token, before: Token | undefined): boolean {
  return keywords.has(token.value) || (token.value === 'key' && before?.value === 'contains');
}

function spaceBetween(before: Token | undefined, token: Token, soFar: string): boolean {
  if (before === undefined) return false;
  if (token.kind === 'sign' && [',', ')', ']', '}', ':', '.'].includes(token.text)) return false;
  if (before.kind === 'sign' && ['(', '[', '{', '.'].includes(before.text)) return false;
  // A minus belongs to its number when it follows an operator, a bracket or a comma.
  if (before.text === '-') return !/(^|[=<>(,[{:])\s*-$/.test(soFar);
  return token.text === '(' || token.text === '[' ? isOperator(before) : true;
}

function isOperator(token: Token): boolean {
  if (token.kind === 'sign') return operators.has(token.text) || token.text === ',' || token.text === ':';
  return token.kind === 'word' && keywords.has(token.value);
}
