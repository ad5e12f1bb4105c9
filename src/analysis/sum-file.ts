import { join } from 'node:path';
import { CqlformError, exitCodes } from '../kernel/errors.ts';
import { sha256 } from '../kernel/hash.ts';
import { type Diagnostic, errorAt, type Spot } from './diagnostic.ts';
import { generatedText } from './generated-text.ts';
import { replaceFile } from './write-file.ts';

export const sumFileName = 'cqlform.sum';

/** One migration's line. */
export interface SumLine {
  readonly id: string;
  readonly schemaHash: string;
  /** Null without data functions. */
  readonly codeHash: string | null;
}

const start = sha256('cqlform.sum 1');

/** The text of the sum file: every line's last word covers the line before, and `head` ends it, so that lines cannot be swapped or merged unseen. */
export function sumText(lines: readonly SumLine[]): string {
  let chain = start;
  const written = lines.map(({ id, schemaHash, codeHash }) => {
    const facts = `${id} ${schemaHash} ${codeHash ?? '-'}`;
    chain = sha256(`${chain}\n${facts}`);
    return `${facts} ${chain.slice(0, 16)}`;
  });
  return `${[...written, `head ${chain}`].join('\n')}\n`;
}

/** Null when there is no sum file yet. Throws `SUM_CONFLICT` and `SUM_DISORDERED`. */
export async function readSum(folder: string): Promise<readonly SumLine[] | null> {
  const path = join(folder, sumFileName);
  // A checkout may have turned the line ends.
  const text = (await generatedText(path))?.replaceAll('\r\n', '\n') ?? null;
  if (text === null) return null;
  const conflict = text.split('\n').findIndex((line) => /^(<{7}|={7}|>{7})/.test(line));
  if (conflict !== -1) {
    throw sumError(
      'SUM_CONFLICT',
      { path, line: conflict + 1 },
      'git left conflict marks in it: two branches added migrations',
    );
  }
  const parsed = text.split('\n').flatMap(parsedLine);
  const expected = sumText(parsed);
  if (expected === text) return parsed;
  const line = text.split('\n').findIndex((one, index) => one !== expected.split('\n')[index]);
  const why = 'its lines do not follow from each other: it was edited or merged line by line';
  throw sumError('SUM_DISORDERED', { path, line: line + 1 }, why);
}

function parsedLine(line: string): readonly SumLine[] {
  if (line === '' || line.startsWith('head ')) return [];
  const [id = '', schemaHash = '', codeHash = '-'] = line.split(' ');
  return [{ id, schemaHash, codeHash: codeHash === '-' ? null : codeHash }];
}

/** Writes the file; false when it was so already. */
export async function writeSum(folder: string, lines: readonly SumLine[]): Promise<boolean> {
  const path = join(folder, sumFileName);
  const text = sumText(lines);
  if ((await generatedText(path)) === text) return false;
  await replaceFile(path, text);
  return true;
}

/** The hash on the `head` line; null when there is no sum file. */
export async function sumHead(folder: string): Promise<string | null> {
  const text = await generatedText(join(folder, sumFileName));
  return text === null ? null : (/^head (\S+)$/m.exec(text)?.[1] ?? null);
}

/** Compares the lines with the files; null stands for no sum file. */
export function sumFindings(
  folder: string,
  lines: readonly SumLine[] | null,
  files: readonly SumLine[],
): readonly Diagnostic[] {
  const path = join(folder, sumFileName);
  const stale = (code: string, line: number | null, reason: string): Diagnostic =>
    errorAt(
      { path, line, column: null },
      { code, reason, fix: 'Run `cqlform check --fix` and commit cqlform.sum.' },
      true,
    );
  if (lines === null) {
    return files.length === 0 ? [] : [stale('SUM_MISSING', null, 'there is no cqlform.sum beside the migrations')];
  }
  const byId = new Map(files.map((file) => [file.id, file]));
  const known = new Set(lines.map((line) => line.id));
  const changed = lines.flatMap((line, index) => {
    const file = byId.get(line.id);
    if (file === undefined) return [stale('SUM_MISSING', index + 1, `${line.id} has a line, but its file is gone`)];
    const what = differenceOf(line, file);
    return what === null ? [] : [recordedOtherwise({ path, line: index + 1, column: null }, line.id, what)];
  });
  const missing = files
    .filter((file) => !known.has(file.id))
    .map((file) => stale('SUM_MISSING', null, `${file.id} has no line in cqlform.sum`));
  if (changed.length + missing.length > 0) return [...changed, ...missing];
  const order = lines.findIndex((line, index) => line.id !== files[index]?.id);
  return order === -1 ? [] : [stale('SUM_DISORDERED', order + 1, 'its lines are not in the order of the migrations')];
}

/** Without a cluster nobody knows whether the migration was applied: the file is not wrong, but suspect. */
function recordedOtherwise(spot: Spot, id: string, what: string): Diagnostic {
  return errorAt(
    spot,
    {
      code: 'MIGRATION_CHANGED',
      reason: `${id} is recorded with other content: ${what} changed since its line was written`,
      fix: 'If it was applied anywhere, take the edit back and write a new migration; if not, `cqlform check --fix` records it.',
    },
    true,
  );
}

/** Of a migration whose file is not what cqlform.sum recorded. */
export const changedCode = 'MIGRATION_CHANGED';

/** In words; null when nothing differs. */
export function differenceOf(before: Pick<SumLine, 'schemaHash' | 'codeHash'>, now: typeof before): string | null {
  const schema = before.schemaHash !== now.schemaHash;
  const code = before.codeHash !== now.codeHash;
  if (schema && code) return 'what it declares and the code that its rows run';
  if (schema) return 'what it declares';
  return code ? 'the code that its rows run' : null;
}

function sumError(code: string, where: { readonly path: string; readonly line: number }, why: string): CqlformError {
  return new CqlformError(code, `${sumFileName}: ${why}`, {
    next: 'Look at the order of the migrations, then let `cqlform check --fix` write it anew.',
    where,
    exitCode: exitCodes.error,
  });
}
