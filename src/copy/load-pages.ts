import { own } from '../kernel/own.ts';
import { type JsRow, RowRejected } from '../model/data.ts';
import type { Source, SourceRow, Split } from '../ports/source.ts';
import type { LoadRequest, LoadSource } from './load.ts';
import type { RejectedRow } from './rejected-row.ts';
import { sourceParts } from './source-pieces.ts';

export interface Page {
  readonly rows: readonly SourceRow[];
  /** That were read since the page before it. */
  readonly bytes: number;
}

/** The rows of a source, piece by piece, as a copy cuts it. Nothing is read before it is asked for. */
export async function piecesOf(source: Source): Promise<readonly AsyncGenerator<Page>[]> {
  return (await source.splits(sourceParts)).map((split) => pagesOfSplits(source, [split], null));
}

/** The rows of a source in its order, or some of them. */
export async function* pagesOf(source: Source, some: LoadRequest['some']): AsyncGenerator<Page> {
  yield* pagesOfSplits(source, await source.splits(1), some);
}

async function* pagesOfSplits(
  source: Source,
  splits: readonly Split[],
  some: LoadRequest['some'],
): AsyncGenerator<Page> {
  let skipped = 0;
  let taken = 0;
  let told = 0;
  for (const split of splits) {
    let ofSplit = 0;
    const onBytes = (bytes: number): void => {
      told += bytes;
      ofSplit += bytes;
    };
    for await (const page of source.read(split, onBytes)) {
      const from = Math.min(page.length, (some?.skip ?? 0) - skipped);
      skipped += from;
      const rows = some === null ? page : page.slice(from, from + some.most - taken);
      taken += rows.length;
      yield { rows, bytes: told };
      told = 0;
      if (some !== null && taken >= some.most) return;
    }
    told += Math.max(0, (split.bytes ?? 0) - ofSplit);
  }
  if (told > 0) yield { rows: [], bytes: told };
}

/** The row's own write time; a text: why it has none that can be used. */
export function timeOf(from: Extract<LoadSource, { kind: 'values' }>, row: SourceRow): bigint | string | null {
  try {
    return from.timeOf?.(row) ?? null;
  } catch (thrown) {
    if (thrown instanceof RowRejected) return thrown.reason;
    throw thrown;
  }
}

/** Columns of a source's declaration that no table has. */
export const timestampColumn = '\0timestamp';
export const ttlColumn = '\0ttl';

/** What the row says of how long it lives, as it stands there. */
export function ttlOf(values: JsRow): Pick<RejectedRow, 'ttl'> {
  const ttl = own(values, ttlColumn);
  if (ttl === null || ttl === undefined) return {};
  return { ttl: typeof ttl === 'number' ? ttl : String(ttl) };
}

/** Without what only tells how a row is written. */
export function ofColumns(values: JsRow): JsRow {
  if (!Object.keys(values).some((name) => name.startsWith('\0'))) return values;
  return Object.fromEntries(Object.entries(values).filter(([name]) => !name.startsWith('\0')));
}
