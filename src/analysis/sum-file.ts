import { readFile } from 'node:fs/promises';
import { join } from 'node:path';

export const sumFileName = 'cqlform.sum';

/** The hash on the `head` line of the sum file; null when there is no such file. */
export async function sumHead(folder: string): Promise<string | null> {
  const text = await readFile(join(folder, sumFileName), 'utf8').catch(() => null);
  return text === null ? null : (/^head (\S+)$/m.exec(text)?.[1] ?? null);
}
