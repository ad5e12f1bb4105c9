import type { SourceFile } from './locate.ts';

export const unnamedField = 'it has no name, and a declaration needs one';

/** `data/movies.json`, `data/a.csv and 3 more files`. */
export function filesName(files: readonly SourceFile[]): string {
  const [first, ...more] = files;
  if (first === undefined) return 'no file';
  if (more.length === 0) return first.name;
  return `${first.name} and ${more.length} more file${more.length === 1 ? '' : 's'}`;
}
