import { structuredPatch } from 'diff';
import type { SourceDocument } from './source-document.ts';

/** Lines of a unified diff, file by file; none for files that are as they were. */
export function sourceDifference(before: SourceDocument, now: SourceDocument): readonly string[] {
  const [old, current] = [textsOf(before), textsOf(now)];
  const paths = [...new Set([...old.keys(), ...current.keys()])].sort();
  return paths.flatMap((path) => {
    const { hunks } = structuredPatch(path, path, old.get(path) ?? '', current.get(path) ?? '', '', '', { context: 3 });
    if (hunks.length === 0) return [];
    const lines = hunks.flatMap((hunk) => [
      `@@ -${hunk.oldStart},${hunk.oldLines} +${hunk.newStart},${hunk.newLines} @@`,
      ...hunk.lines,
    ]);
    return [`--- ${path} (as applied)`, `+++ ${path} (now)`, ...lines];
  });
}

function textsOf({ files }: SourceDocument): ReadonlyMap<string, string> {
  return new Map(files.map(({ path, text }) => [path, text]));
}
