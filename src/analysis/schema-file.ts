import { join } from 'node:path';
import type { Schema } from '../model/schema.ts';
import { type Diagnostic, errorAt } from './diagnostic.ts';
import { schemaFileName } from './file-roles.ts';
import { generatedText } from './generated-text.ts';
import { schemaFileSource } from './source/schema.ts';
import { replaceFile } from './write-file.ts';

/** Whether the generated file says what the migrations make. How it is laid out is the project's own business. */
export async function schemaFileFindings(folder: string, schema: Schema): Promise<readonly Diagnostic[]> {
  const path = join(folder, schemaFileName);
  const text = await generatedText(path);
  const at = { path, line: null, column: null };
  const fix = 'Run `cqlform check --fix` and commit schema.ts.';
  if (text === null) {
    return [
      errorAt(at, { code: 'SCHEMA_FILE_MISSING', reason: 'there is no schema.ts beside the migrations', fix }, true),
    ];
  }
  const [there, wanted] = [tokensOf(text), tokensOf(schemaFileSource(schema))];
  const first = wanted.findIndex((token, index) => token.text !== there[index]?.text);
  if (first === -1 && there.length === wanted.length) return [];
  const line = (there[first === -1 ? wanted.length : first] ?? there.at(-1))?.line ?? 1;
  const reason = 'schema.ts is not what the migrations make';
  return [errorAt({ path, line, column: null }, { code: 'SCHEMA_FILE_STALE', reason, fix }, true)];
}

/** Writes the file; false when it said so already. */
export async function writeSchemaFile(folder: string, schema: Schema): Promise<boolean> {
  if ((await schemaFileFindings(folder, schema)).length === 0) return false;
  await replaceFile(join(folder, schemaFileName), schemaFileSource(schema));
  return true;
}

interface Token {
  readonly text: string;
  readonly line: number;
}

/** The text without layout: white space, comments, kinds of quotes, trailing commas and semicolons. */
function tokensOf(text: string): readonly Token[] {
  const tokens: Token[] = [];
  let line = 1;
  const pieces = text.match(/'(?:\\.|[^'\\])*'|"(?:\\.|[^"\\])*"|`(?:\\.|[^`\\])*`|\/\/[^\n]*|\s+|\w+|./gs) ?? [];
  for (const piece of pieces) {
    if (!/^(\s|\/\/|;)/.test(piece)) tokens.push({ text: unquoted(piece), line });
    line += piece.split('\n').length - 1;
  }
  return tokens.filter(({ text: token }, index) => !(token === ',' && /^[)\]}]$/.test(tokens[index + 1]?.text ?? '')));
}

function unquoted(piece: string): string {
  return /^['"]/.test(piece) ? `"${piece.slice(1, -1).replaceAll(/\\(['"])/g, '$1')}"` : piece;
}
