import type { ClusterSource, TableSource } from '../model/data.ts';
import { keyColumns } from '../model/schema.ts';
import type { Rows } from '../ports/cluster.ts';
import type { OpenTable } from '../ports/cluster-source.ts';
import type { CopyPass, CopyRequest, WorkContext } from '../ports/engines.ts';
import type { ChangedRows, OpenSource, Source } from '../ports/source.ts';
import { assertReadsInTheClear } from './masked-source.ts';
import { ownTable, type ReadTable } from './table-pieces.ts';

/** Where the rows of a data spec come from. */
export type OpenedInput = { readonly kind: 'source'; readonly source: Source } | OpenedTableInput;

export interface OpenedTableInput {
  readonly kind: 'table';
  readonly table: ReadTable;
  /** Those that are read, besides the key. */
  readonly columns: readonly string[];
  /** In another cluster. */
  readonly other: boolean;
}

export interface InputDependencies {
  readonly rows: Rows;
  readonly openSource: OpenSource;
  readonly openTable: OpenTable;
}

/** Opens what a data spec reads, and closes it again. Throws `MASKED_COLUMNS` for a table that is not read in the clear. */
export async function withInput<T>(
  { spec, from, pass }: Pick<CopyRequest, 'spec' | 'from' | 'pass'>,
  { context, dependencies }: { readonly context: WorkContext; readonly dependencies: InputDependencies },
  work: (input: OpenedInput) => Promise<T>,
): Promise<T> {
  const { rows, openSource, openTable } = dependencies;
  if (spec.from.kind === 'foreign') {
    await using source = disposable(await openSource(spec.from, changedRows(pass)));
    return await work({ kind: 'source', source: source.opened });
  }
  if (spec.from.kind === 'table') {
    if (from === null) throw new TypeError('a copy from a table was given no table');
    return await work(await readable(ownTable(from, { rows, context }), spec.from));
  }
  await using table = disposable(await openTable(spec.from));
  return await work(await readable(table.opened, spec.from));
}

function changedRows(pass: CopyPass | undefined): ChangedRows | undefined {
  if (pass === undefined || pass.from === null || pass.since.by === 'writetime') return undefined;
  return { column: pass.since.column, from: pass.from };
}

async function readable(table: ReadTable, declared: TableSource | ClusterSource): Promise<OpenedTableInput> {
  await assertReadsInTheClear(table.rows, table.keyspace, table.table);
  const keys = new Set(keyColumns(table.table));
  const columns = declared.table.columns.map(({ name }) => name).filter((name) => !keys.has(name));
  return { kind: 'table', table, columns, other: declared.kind === 'cluster' };
}

function disposable<T extends { close(): Promise<void> }>(opened: T): AsyncDisposable & { readonly opened: T } {
  return { opened, [Symbol.asyncDispose]: () => opened.close() };
}
