import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { CqlformError, exitCodes } from '../kernel/errors.ts';
import { sha256 } from '../kernel/hash.ts';

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
  const text = await readFile(path, 'utf8').catch(() => null);
  if (text === null) return null;
  if (/^(<{7}|={7}|>{7})/m.test(text)) {
    throw sumError('SUM_CONFLICT', path, 'git left conflict marks in it: two branches added migrations');
  }
  const lines = text.split('\n').filter((line) => line !== '' && !line.startsWith('head '));
  const parsed = lines.map((line) => {
    const [id = '', schemaHash = '', codeHash = '-'] = line.split(' ');
    return { id, schemaHash, codeHash: codeHash === '-' ? null : codeHash };
  });
  if (sumText(parsed) !== text)
    throw sumError(
      'SUM_DISORDERED',
      path,
      'its lines do not follow from each other: it was edited or merged line by line',
    );
  return parsed;
}

export async function writeSum(folder: string, lines: readonly SumLine[]): Promise<void> {
  await writeFile(join(folder, sumFileName), sumText(lines));
}

/** The hash on the `head` line; null when there is no sum file. */
export async function sumHead(folder: string): Promise<string | null> {
  const text = await readFile(join(folder, sumFileName), 'utf8').catch(() => null);
  return text === null ? null : (/^head (\S+)$/m.exec(text)?.[1] ?? null);
}

function sumError(code: string, path: string, why: string): CqlformError {
  return new CqlformError(code, `${path}: ${why}`, {
    next: 'Look at the order of the migrations, then let `cqlform check --fix` write it anew.',
    where: { path },
    exitCode: exitCodes.error,
  });
}
