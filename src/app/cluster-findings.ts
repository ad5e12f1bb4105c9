import type { InputRow } from '../copy/input.ts';
import { assertReadsInTheClear } from '../copy/masked-source.ts';
import { assertOtherTable, type PlacedTable } from '../copy/same-table.ts';
import { sampleTable } from '../copy/sample-table.ts';
import type { TableInput } from '../copy/table-pieces.ts';
import type { ClusterSource } from '../model/data.ts';
import { keyColumns } from '../model/schema.ts';
import { listed } from '../planner/names.ts';
import type { OpenedTable, OpenTable } from '../ports/cluster-source.ts';
import type { SourceNote } from '../ports/source.ts';

/** What was seen of a table of another cluster. */
export interface SeenTable {
  readonly rows: number | null;
  readonly bytes: number | null;
  readonly notes: readonly SourceNote[];
  readonly sample: readonly InputRow[];
  readonly from: Pick<TableInput, 'table' | 'types' | 'columns'>;
}

/** Opens a table of another cluster, compares it with its declaration, and reads some rows. Throws as `OpenTable` does, `SAME_TABLE` and `MASKED_COLUMNS`. */
export async function seenTable(
  source: ClusterSource,
  { openTable, sampled, into }: { readonly openTable: OpenTable; readonly sampled: number; readonly into: PlacedTable },
): Promise<SeenTable> {
  const opened = await openTable(source);
  try {
    assertOtherTable({ ...opened, table: opened.table.name }, into, source.connection);
    await assertReadsInTheClear(opened.rows, opened.keyspace, opened.table);
    const keys = keyColumns(opened.table);
    const columns = source.table.columns.map(({ name }) => name).filter((name) => !keys.includes(name));
    const { cluster, version, rows, bytes } = await opened.facts();
    const sample = await sampleTable({ ...opened, columns }, sampled);
    const notes = [
      whence(opened, { cluster, version, connection: source.connection }),
      ...inferred(opened, { columns, version }),
    ];
    return { rows, bytes, notes, sample, from: { table: opened.table, types: opened.types, columns } };
  } finally {
    await opened.close();
  }
}

function whence(
  { keyspace, table, consistency }: OpenedTable,
  { cluster, version, connection }: { readonly cluster: string; readonly version: string; readonly connection: string },
): SourceNote {
  return {
    code: 'SOURCE_CLUSTER',
    severity: 'info',
    message: `reads ${keyspace}.${table.name} of ${cluster}, release ${version}, at ${consistency}; write times and TTLs come along`,
    next: `sources.${connection} in the configuration says where it is.`,
  };
}

/** Before 5.0 a server does not tell the times of what collections and unfrozen types hold. */
function inferred(
  { rows, table }: OpenedTable,
  { columns, version }: { readonly columns: readonly string[]; readonly version: string },
): readonly SourceNote[] {
  const untimed = rows.untimedColumns(table).filter((name) => columns.includes(name));
  if (untimed.length === 0) return [];
  return [
    {
      code: 'TIME_INFERRED',
      severity: 'warning',
      message: `release ${version} does not tell when what ${listed(untimed)} ${untimed.length === 1 ? 'holds' : 'hold'} was written and when it ends: it gets the oldest write time of its row's other cells, and ends with the last of them where all of them end`,
      next: 'Go on where that is right; from 5.0 on, a source tells it of each element and field.',
    },
  ];
}
