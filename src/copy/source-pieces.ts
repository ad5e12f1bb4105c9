import type { JsRow } from '../model/data.ts';
import type { Source, SourceRow, Split } from '../ports/source.ts';
import type { InputRow, Piece } from './input.ts';
import type { Spool } from './spool.ts';

/** How many pieces a source is asked for; files are cut only where a piece stays large enough. */
export const sourceParts = 64;

/** The pieces of a foreign source as it is cut now. */
export async function piecesOfSource(source: Source, identity: string): Promise<readonly Piece[]> {
  return piecesOf(source, await source.splits(sourceParts), identity);
}

/** The pieces of a foreign source, all of them: as an earlier attempt cut it, while it is the same source. */
export async function sourcePieces(
  source: Source,
  { identity, spool }: { readonly identity: string; readonly spool: Spool },
): Promise<readonly Piece[]> {
  const kept = await spool.keptSplits(identity);
  const splits = kept ?? (await source.splits(sourceParts));
  if (kept === null) await spool.keepSplits(identity, splits);
  return piecesOf(source, splits, identity);
}

/** A row of a foreign source; where it stands is put together only when somebody asks. */
class ForeignRow implements InputRow {
  readonly stored = null;
  readonly #row: SourceRow;

  constructor(row: SourceRow) {
    this.#row = row;
  }

  get problem(): string | null {
    return this.#row.problem;
  }

  values(): JsRow {
    return this.#row.values;
  }

  place(): string {
    return this.#row.place;
  }
}

function piecesOf(source: Source, splits: readonly Split[], identity: string): readonly Piece[] {
  return splits.map((split) => ({
    id: split.id,
    identity,
    async *rows() {
      for await (const page of source.read(split)) yield page.map((row) => new ForeignRow(row));
    },
  }));
}
