import { createDigest } from '../cql/digest.ts';
import { areSimple, SimpleCells } from '../cql/simple-cells.ts';
import { SimpleDigest } from '../cql/simple-digest.ts';
import type { TokenRange } from '../model/row.ts';
import type { CaptureOptions } from './capture.ts';
import type { EncodedChunk } from './chunk-encode.ts';
import { endsPiece, type PlacedRow, type Weighed } from './cutter.ts';
import type { BackupCounts } from './manifest.ts';
import { columnsToRead, ScopeRows } from './scope-rows.ts';
import { SimpleChunks, simpleShape } from './simple-chunk.ts';
import { type SimpleRow, SimpleRows, simpleEndsPiece } from './simple-rows.ts';

/** How the rows of a backup's scope are read and become chunks; all of it is counted in one digest. */
export interface ScopeReader<R extends Weighed> {
  /** Pages of rows of the scope in token and clustering order; `read`: how many rows were read for it. */
  read(range: TokenRange): AsyncIterable<{ readonly rows: readonly R[]; readonly read: number }>;
  encode(rows: readonly R[]): EncodedChunk & { readonly counts: BackupCounts };
  /** See `CutRows`. */
  readonly endsPiece: (row: R) => boolean;
  /** As 64 hex digits. */
  digest(): string;
}

type Reading = Pick<CaptureOptions, 'rows' | 'scope' | 'layout' | 'consistency' | 'context' | 'form' | 'writeTimes'>;

/** Of any rows. */
export function storedReader(reading: Reading): ScopeReader<PlacedRow> {
  const { rows, scope, layout, consistency, context, form, writeTimes: times } = reading;
  const { table } = scope;
  const digest = createDigest([...layout.static, ...layout.regular]);
  const request = { keyspace: context.keyspace, table, types: context.types, columns: columnsToRead(table) };
  return {
    read: async function* (range) {
      const placing = new ScopeRows(table, scope.columns);
      for await (const page of rows.scan({ ...request, range, times, consistency })) {
        const placed = page.map((row) => placing.place(row)).filter((row) => row !== null);
        for (const { row } of placed) digest.add(row);
        yield { rows: placed, read: page.length };
      }
    },
    encode: (placed) => ({ ...form.encode(placed), counts: countsOf(placed) }),
    endsPiece,
    digest: () => digest.hex(),
  };
}

/** Of whole rows of simple columns that go into chunks, many times as fast; null for others. */
export function simpleReader(reading: Reading): ScopeReader<SimpleRow> | null {
  const { rows, scope, layout, consistency, context, form, writeTimes: times } = reading;
  const { table } = scope;
  if (form.kind !== 'chunks' || scope.columns !== null || layout.static.length > 0 || !areSimple(layout.regular))
    return null;
  const shape = simpleShape(layout, times);
  const columns = layout.regular.map(({ name }) => name);
  const chunks = new SimpleChunks(layout, times);
  const cells = new SimpleCells(shape);
  const digest = new SimpleDigest(cells, columns);
  const request = { keyspace: context.keyspace, table, types: context.types, columns };
  return {
    read: async function* (range) {
      const placing = new SimpleRows(cells, digest);
      for await (const page of rows.scanSimple({ ...request, range, times, consistency })) {
        yield { rows: placing.place(page), read: page.starts.length };
      }
    },
    encode: (placed) => chunks.encode(placed),
    endsPiece: (row) => simpleEndsPiece(row, cells),
    digest: () => digest.state().sum,
  };
}

/** What rows hold. */
export function countsOf(rows: readonly Pick<PlacedRow, 'row'>[]): BackupCounts {
  let [cells, expiringCells, staticRows] = [0, 0, 0];
  for (const { row } of rows) {
    if (row.kind === 'static') staticRows += 1;
    for (const cell of row.cells) {
      if (cell === null) continue;
      for (const one of cell.kind === 'elements' ? cell.elements : [cell]) {
        cells += 1;
        if ('expiresAt' in one && one.expiresAt !== null) expiringCells += 1;
      }
    }
  }
  return { rows: rows.length - staticRows, staticRows, cells, expiringCells };
}
