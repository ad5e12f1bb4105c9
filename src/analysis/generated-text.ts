import { readFile } from 'node:fs/promises';
import { CqlformError, reasonOf } from '../kernel/errors.ts';

/** The text of a generated file; null only when there is none: one that cannot be read is never taken for missing. */
export async function generatedText(path: string): Promise<string | null> {
  try {
    return await readFile(path, 'utf8');
  } catch (cause) {
    if (cause instanceof Error && 'code' in cause && cause.code === 'ENOENT') return null;
    throw new CqlformError('GENERATED_FILE_UNREADABLE', `${path} cannot be read: ${reasonOf(cause)}`, {
      next: 'Give yourself the right to read it, or put back the file that belongs there.',
      where: { path },
      cause,
    });
  }
}
