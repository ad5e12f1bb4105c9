import { CqlformError } from '../kernel/errors.ts';
import { own } from '../kernel/own.ts';

/**
 * One token of CQL. `text` is as written, `value` what it means: a bare word in lower case, a quoted name or a text
 * without its quotes, anything else as written. `offset` counts UTF-16 units from 0, `line` and `column` from 1.
 */
export interface Token {
  readonly kind: TokenKind;
  readonly text: string;
  readonly value: string;
  readonly offset: number;
  readonly line: number;
  readonly column: number;
}
/** `word`: bare; `name`: in double quotes; `text`: in single or dollar quotes; `sign`: an operator or a bracket. */
export type TokenKind = 'word' | 'name' | 'text' | 'number' | 'uuid' | 'hex' | 'duration' | 'sign' | 'comment';

export interface Statement {
  /** Without the comments and white space around it, and without its semicolon. */
  readonly text: string;
  readonly offset: number;
  readonly line: number;
}

/** What has no opening and closing marks; texts, names and comments are scanned by hand, since they may be of any length. */
const bareToken = new RegExp(
  [
    '(?<uuid>[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}(?![0-9a-z_]))',
    '(?<hex>0x[0-9a-f]*(?![0-9a-z_]))',
    '(?<duration>(?:[0-9]+(?:mo|ms|us|µs|ns|[ywdhms]))+(?![0-9a-z_]))',
    String.raw`(?<number>[0-9]+(?:\.[0-9]*)?(?:e[+-]?[0-9]+)?(?![a-z_]))`,
    '(?<word>[a-z][a-z0-9_]*)',
    String.raw`(?<sign><=|>=|!=|[-=<>+*/%()[\]{},:;.?@&|!])`,
  ].join('|'),
  'iyu',
);
const bareKinds = ['uuid', 'hex', 'duration', 'number', 'word', 'sign'] as const;
const space = /\s*/y;

/**
 * Every token of a CQL text in order, comments included, white space left out.
 * Throws CqlformError `CQL_UNREADABLE` with line and column for a quote that never ends and for characters CQL has not.
 */
export function* tokensOf(source: string): Generator<Token, void, undefined> {
  let line = 1;
  let lineStart = 0;
  let offset = 0;
  const advance = (end: number): void => {
    for (let at = source.indexOf('\n', offset); at !== -1 && at < end; at = source.indexOf('\n', at + 1)) {
      line += 1;
      lineStart = at + 1;
    }
    offset = end;
  };
  for (;;) {
    space.lastIndex = offset;
    space.test(source);
    advance(space.lastIndex);
    if (offset >= source.length) return;
    const column = offset - lineStart + 1;
    const found = enclosedAt(source, offset) ?? bareAt(source, offset);
    if (found === undefined || found.end === -1) throw unreadable(source, { offset, line, column });
    const text = source.slice(offset, found.end);
    yield { kind: found.kind, text, value: meaningOf(found.kind, text), offset, line, column };
    advance(found.end);
  }
}

interface Found {
  readonly kind: TokenKind;
  /** −1: it never ends. */
  readonly end: number;
}

function enclosedAt(source: string, offset: number): Found | undefined {
  const [first, second] = [source[offset], source[offset + 1]];
  if (first === "'") return { kind: 'text', end: quoteEnd(source, offset) };
  if (first === '"') return { kind: 'name', end: quoteEnd(source, offset) };
  if (first === '$' && second === '$') return { kind: 'text', end: endAfter(source, '$$', offset + 2) };
  if (first === '/' && second === '*') return { kind: 'comment', end: endAfter(source, '*/', offset + 2) };
  if ((first === '-' || first === '/') && second === first) {
    const end = source.indexOf('\n', offset);
    return { kind: 'comment', end: end === -1 ? source.length : end };
  }
  return undefined;
}

function bareAt(source: string, offset: number): Found | undefined {
  bareToken.lastIndex = offset;
  const groups = bareToken.exec(source)?.groups;
  const kind = bareKinds.find((name) => groups?.[name] !== undefined);
  return kind === undefined ? undefined : { kind, end: bareToken.lastIndex };
}

/** After the closing quote; a doubled one does not close. */
function quoteEnd(source: string, offset: number): number {
  const quote = source[offset] ?? '';
  let end = source.indexOf(quote, offset + 1);
  while (end !== -1 && source[end + 1] === quote) end = source.indexOf(quote, end + 2);
  return end === -1 ? -1 : end + 1;
}

function endAfter(source: string, mark: string, from: number): number {
  const at = source.indexOf(mark, from);
  return at === -1 ? -1 : at + mark.length;
}

/**
 * The statements of a CQL file: semicolons inside quotes, `$$` bodies, comments and batches do not end one.
 * Throws CqlformError `CQL_UNREADABLE`.
 */
export function splitStatements(source: string): readonly Statement[] {
  const statements: Statement[] = [];
  let first: Token | undefined;
  let end = 0;
  let before: Token | undefined;
  let inBatch = false;
  for (const token of tokensOf(source)) {
    if (token.kind === 'comment') continue;
    if (token.kind === 'sign' && token.text === ';' && !inBatch) {
      if (first !== undefined) statements.push(statementAt(source, first, end));
      first = undefined;
      before = undefined;
      continue;
    }
    if (first === undefined) {
      first = token;
      inBatch = isWord(token, 'begin');
    }
    if (inBatch && isWord(before, 'apply') && isWord(token, 'batch')) inBatch = false;
    before = token;
    end = token.offset + token.text.length;
  }
  if (first !== undefined) statements.push(statementAt(source, first, end));
  return statements;
}

function statementAt(source: string, first: Token, end: number): Statement {
  return { text: source.slice(first.offset, end), offset: first.offset, line: first.line };
}

function isWord(token: Token | undefined, word: string): boolean {
  return token?.kind === 'word' && token.value === word;
}

function meaningOf(kind: TokenKind, text: string): string {
  switch (kind) {
    case 'word':
    case 'uuid':
      return text.toLowerCase();
    case 'name':
      return text.slice(1, -1).replaceAll('""', '"');
    case 'text':
      return text.startsWith('$') ? text.slice(2, -2) : text.slice(1, -1).replaceAll("''", "'");
    default:
      return text;
  }
}

const openings: Readonly<Record<string, string>> = {
  "'": 'a text',
  '"': 'a quoted name',
  $: 'a $$ body',
  '/': 'a comment',
};

function unreadable(source: string, at: { offset: number; line: number; column: number }): CqlformError {
  const character = String.fromCodePoint(source.codePointAt(at.offset) ?? 0);
  const opened = own(openings, character);
  const why =
    opened === undefined ? `${JSON.stringify(character)} means nothing there` : `${opened} begins there and never ends`;
  return new CqlformError('CQL_UNREADABLE', `this CQL cannot be read at line ${at.line}, column ${at.column}: ${why}`, {
    next: opened === undefined ? 'Remove the character, or put it into quotes.' : 'Close what begins there.',
    fields: { line: at.line, column: at.column },
  });
}
