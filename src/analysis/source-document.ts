import { dirname, relative } from 'node:path';

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
