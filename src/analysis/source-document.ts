import { dirname, relative } from 'node:path';
import { structuredPatch } from 'diff';

/** The source text of a migration as it was applied; the ledger keeps it, so that an edit can be shown line by line. */
export interface SourceDocument {
  readonly kind: 'source';
  /** Paths as seen from the migrations folder, sorted. */
  readonly files: readonly SourceText[];
}

interface SourceText {
  readonly path: string;
  readonly text: string;
}

/** `path` is the migration file's own; line ends do not count. */
export function sourceDocument(path: string, files: readonly SourceText[]): SourceDocument {
  const near = files.map((file) => ({
    path: relative(dirname(path), file.path).replaceAll('\\', '/'),
    text: file.text.replaceAll('\r\n', '\n'),
  }));
  return { kind: 'source', files: near.sort((a, b) => (a.path < b.path ? -1 : 1)) };
}

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
