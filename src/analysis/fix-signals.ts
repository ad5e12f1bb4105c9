import { readFile } from 'node:fs/promises';
import type { Diagnostic } from './diagnostic.ts';
import { replaceFile } from './write-file.ts';

/** Writes the `return` that is missing before `skip` and `reject`. Gives the findings that it mended. */
export async function fixSignals(diagnostics: readonly Diagnostic[]): Promise<readonly Diagnostic[]> {
  const mended = diagnostics.filter((one) => one.code === 'SIGNAL_NOT_RETURNED' && one.mechanical);
  for (const path of new Set(mended.map((one) => one.path))) {
    const lines = (await readFile(path, 'utf8')).split('\n');
    const here = mended.filter((one) => one.path === path);
    // From the right, so that the columns still to come stay true.
    for (const { line, column } of [...here].sort((a, b) => (b.column ?? 0) - (a.column ?? 0))) {
      const [row, at] = [(line ?? 1) - 1, (column ?? 1) - 1];
      const text = lines[row] ?? '';
      lines[row] = `${text.slice(0, at)}return ${text.slice(at)}`;
    }
    await replaceFile(path, lines.join('\n'));
  }
  return mended;
}
