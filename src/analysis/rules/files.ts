import { basename } from 'node:path';
import { ts } from 'ts-morph';
import type { CodeProgram } from '../code/program.ts';
import { type Diagnostic, errorAt } from '../diagnostic.ts';
import type { OwnExports } from '../own-exports.ts';
import { importFindings } from './imports.ts';
import { unsupportedFindings } from './unsupported.ts';

export interface FileContext {
  /** Begins the codes of what is wrong with the file itself. */
  readonly what: 'MIGRATION' | 'CONFIG';
  readonly own: OwnExports;
}

/** Why a file, or one that it imports, cannot be loaded: syntax, TypeScript that cannot be stripped, imports. */
export function fileFindings(program: CodeProgram, context: FileContext): readonly Diagnostic[] {
  const broken = program.files.flatMap((file) => syntaxFindings(file, program, context.what));
  if (broken.length > 0) return broken;
  const found = program.files.flatMap((file) => [
    ...unsupportedFindings(file),
    ...importFindings(file, program, context),
  ]);
  return found.length > 0 ? found : program.files.flatMap((file) => redeclared(file, program, context.what));
}

function syntaxFindings(file: ts.SourceFile, { program }: CodeProgram, what: string): readonly Diagnostic[] {
  return program.getSyntacticDiagnostics(file).map((one) => syntaxError(one, file, what));
}

/** Two declarations of one name parse, but do not run. */
function redeclared(file: ts.SourceFile, { program }: CodeProgram, what: string): readonly Diagnostic[] {
  const codes = new Set([2300, 2451]);
  return program
    .getSemanticDiagnostics(file)
    .filter((one) => codes.has(one.code))
    .map((one) => syntaxError(one, file, what));
}

function syntaxError(one: ts.Diagnostic, file: ts.SourceFile, what: string): Diagnostic {
  const { line, character } = file.getLineAndCharacterOfPosition(one.start ?? 0);
  const text = ts.flattenDiagnosticMessageText(one.messageText, ' ');
  return errorAt(
    { path: file.fileName, line: line + 1, column: character + 1 },
    { code: `${what}_SYNTAX`, reason: `${basename(file.fileName)}: ${text}`, fix: 'Mend the syntax at that place.' },
  );
}
