import type { Source } from '../ports/source.ts';
import type { Piece } from './input.ts';

/** How many pieces a source is asked for; files are cut only where a piece stays large enough. */
const sourceParts = 64;

/** The pieces of a foreign source, all of them. */
export async function sourcePieces(source: Source, identity: string): Promise<readonly Piece[]> {
  const splits = await source.splits(sourceParts);
  return splits.map((split) => ({
    id: split.id,
    identity,
    async *rows() {
      for await (const page of source.read(split)) {
        yield page.map(({ values, place, problem }) => ({
          values: () => values,
          place: () => place,
          problem,
          stored: null,
        }));
      }
    },
  }));
}
