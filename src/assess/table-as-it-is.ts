import { own } from '../kernel/own.ts';
import type { AssessedColumn, AssessedTable, ProposedKey } from '../model/assessment.ts';
import { keyColumns, type Table, type UserType } from '../model/schema.ts';
import { typeText } from '../model/type-text.ts';
import type { SourceRow } from '../ports/source.ts';
import type { KeyColumns } from './partitions.ts';
import { RowProfiler } from './read-rows.ts';

/** A table of another cluster, and some of its rows. */
export interface SeenTable {
  readonly name: string;
  readonly source: AssessedTable['source'];
  readonly table: Table;
  /** Those in its columns, each after the ones in its fields. */
  readonly types: readonly UserType[];
  /** Estimates. */
  readonly rows: number | null;
  readonly bytes: number | null;
  readonly sample: readonly SourceRow[];
  /** Whether the sample is all of it. */
  readonly whole: boolean;
  readonly notes: readonly string[];
}

/** What was found in a table of another cluster, and the same table to take its rows; under another key where one is asked for. */
export function tableAsItIs(
  seen: SeenTable,
  { asked, target }: { readonly asked: KeyColumns | null; readonly target: string },
): AssessedTable {
  const { table, sample, whole, rows } = seen;
  const there = { partition: table.partitionKey, clustering: table.clusteringKey.map(({ column }) => column) };
  const profiler = new RowProfiler(
    table.columns.map(({ name }) => name),
    { texts: 'no numbers', key: asked ?? there },
  );
  for (const row of sample) profiler.add(row);
  const { profiles, unreadable, partitions } = profiler.found;
  const key: ProposedKey = asked === null ? { ...there, by: 'primary key' } : { ...asked, by: 'asked' };
  const sizes = partitions?.sizes(whole ? sample.length : rows) ?? null;
  // partitions of static cells only have no row, and go over as they are
  const wrong = unreadable.count + (asked === null ? 0 : (sizes?.nullKeys ?? 0));
  return {
    name: seen.name,
    source: seen.source,
    rows: whole ? sample.length : rows,
    bytes: seen.bytes,
    read: sample.length,
    whole,
    columns: table.columns.flatMap((column): readonly AssessedColumn[] => {
      const { name, type } = column;
      const found = own(profiles, name);
      const text = `${typeText(type)}${column.static ? ' static' : ''}`;
      if (found === undefined) return [];
      const nullable = !keyColumns(table).includes(name);
      const as = { field: name, column: name, sourceType: text, nullable, found, read: { type: text }, type: text };
      return [{ ...as, verdict: 'exact', convert: null, unfit: [], notes: [] }];
    }),
    refused: [],
    unreadable,
    keys: [{ fields: keyColumns(table), by: 'primary key' }],
    key,
    partitions: sizes,
    target: asked === null ? { ...table, name: target } : underKey(table, asked, target),
    types: seen.types,
    children: [],
    origin: table,
    maxRejects: wrong === 0 ? null : whole ? wrong : '1%',
    notes: seen.notes,
  };
}

/** Nothing is static under another key. */
function underKey(table: Table, { partition, clustering }: KeyColumns, name: string): Table {
  return {
    ...table,
    name,
    columns: table.columns.map((column) => ({ ...column, static: false })),
    partitionKey: partition,
    clusteringKey: clustering.map((column) => ({ column, order: 'asc' })),
  };
}
