import { readFileSync } from 'node:fs';
import { basename } from 'node:path';
import { fileURLToPath } from 'node:url';
import { CqlformError, exitCodes, type Place, reasonOf } from '../kernel/errors.ts';
import { openProgram } from './code/program.ts';
import type { Diagnostic } from './diagnostic.ts';
import { ownExports } from './own-exports.ts';
import { fileFindings } from './rules/files.ts';

/** Why a user's file could not be imported, with its place in the file. What was thrown is the cause. */
export async function explainImport(
  path: string,
  thrown: unknown,
  what: 'MIGRATION' | 'CONFIG',
): Promise<CqlformError> {
  if (!fileIsThere(path)) return unreadable(path, thrown, what);
  const [found] = fileFindings(openProgram(path), { what, own: await ownExports() });
  if (found !== undefined) return errorOf(found, thrown);
  const where = placeIn(thrown, path) ?? { path };
  if (thrown instanceof CqlformError) return withPlace(thrown, where);
  return new CqlformError(`${what}_THROWS`, `running ${basename(where.path)} failed: ${reasonOf(thrown)}`, {
    next: 'Mend the code that runs when the file is loaded.',
    where,
    cause: thrown,
    exitCode: exitCodes.usage,
  });
}

function fileIsThere(path: string): boolean {
  try {
    readFileSync(path);
    return true;
  } catch {
    return false;
  }
}

function unreadable(path: string, cause: unknown, what: string): CqlformError {
  return new CqlformError(`${what}_UNREADABLE`, `${path} cannot be read: ${reasonOf(cause)}`, {
    next: 'Look whether the file is there and may be read.',
    where: { path },
    cause,
    exitCode: exitCodes.usage,
  });
}

function errorOf({ code, reason, fix, path, line, column }: Diagnostic, cause: unknown): CqlformError {
  const where: Place = { path, ...(line === null ? {} : { line }), ...(column === null ? {} : { column }) };
  return new CqlformError(code, reason, { next: fix, where, cause, exitCode: exitCodes.usage });
}

function withPlace(error: CqlformError, where: Place): CqlformError {
  const { code, message, next, fields, exitCode, retryable } = error;
  if (error.where?.line !== undefined) return error;
  return new CqlformError(code, message, { next, fields, exitCode, retryable, where, cause: error });
}

/** The innermost frame of the user's own code in what was thrown. */
export function placeIn(thrown: unknown, path: string): Place | null {
  const stack = thrown instanceof Error ? (thrown.stack ?? '') : '';
  const frame = /(file:\/\/[^\s()]+)\?cqlform(?:=\d+)?:(\d+):(\d+)/.exec(stack);
  if (frame === null) return null;
  const [, url = '', line, column] = frame;
  return { path: url === '' ? path : fileURLToPath(url), line: Number(line), column: Number(column) };
}
