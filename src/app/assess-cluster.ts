import type { KeyColumns } from '../assess/partitions.ts';
import { askedKey } from '../assess/propose-table.ts';
import { tableAsItIs } from '../assess/table-as-it-is.ts';
import { openOtherCluster } from '../cassandra/other-cluster.ts';
import { assertReadsInTheClear } from '../copy/masked-source.ts';
import { sampleTable, seenRows } from '../copy/sample-table.ts';
import { chosenOptions } from '../cql/default-options.ts';
import { CqlformError, exitCodes } from '../kernel/errors.ts';
import { own } from '../kernel/own.ts';
import type { AssessedTable } from '../model/assessment.ts';
import type { LiveKeyspace } from '../model/live.ts';
import { keyColumns, type Table } from '../model/schema.ts';
import { freeName } from '../planner/names.ts';
import { typesBehind } from '../planner/references.ts';
import { isCounterTable } from '../planner/schema-objects.ts';
import type { OtherCluster } from '../ports/cluster-source.ts';
import type { ClusterAddress } from '../ports/source.ts';
import { tableNamed } from './named-source.ts';

export interface ClusterToAssess {
  readonly connection: string;
  readonly address: ClusterAddress;
  /** `movies`, `archive.movies`; null: all tables of the keyspace that the address names. */
  readonly table: string | null;
  readonly limit: number;
  readonly key: KeyColumns | null;
  /** Names that a table must not have; those proposed are added. */
  readonly taken: Set<string>;
}

/** The tables of another cluster as they are, with the cluster's own estimates of their sizes and some of their rows. */
export async function assessCluster(source: ClusterToAssess): Promise<readonly AssessedTable[]> {
  const { connection, address } = source;
  const said = source.table === null ? null : tableNamed(source.table);
  const other = await openOtherCluster(connection, address, said?.keyspace ?? null);
  try {
    const live = await other.describe();
    const tables = said === null ? Object.values(live.schema.tables) : [(await other.open(said.name)).table];
    if (tables.length === 0) throw nothing(source, live);
    assertOneForKey(source, tables);
    const estimates = await other.estimate(tables.map(({ name }) => name));
    const assessed: AssessedTable[] = [];
    for (const table of tables) {
      assessed.push(await assessedTable(other, table, { source, live, estimates }));
    }
    return assessed;
  } finally {
    await other.close();
  }
}

interface Assessing {
  readonly source: ClusterToAssess;
  readonly live: LiveKeyspace;
  readonly estimates: LiveKeyspace['estimates'];
}

async function assessedTable(
  other: OtherCluster,
  table: Table,
  { source, live, estimates }: Assessing,
): Promise<AssessedTable> {
  const { connection, address, limit, key, taken } = source;
  const { rows, keyspace, consistency } = other;
  await assertReadsInTheClear(rows, keyspace, table);
  const besides = table.columns.map(({ name }) => name).filter((name) => !keyColumns(table).includes(name));
  const { types } = live.schema;
  const input = { rows, keyspace, table, types, consistency, identity: table.name, columns: besides };
  const { rows: sample, unseen } = seenRows(await sampleTable(input, limit));
  const target = freeName(table.name, (name) => taken.has(name));
  taken.add(target);
  const names = new Map(table.columns.map(({ name }) => [name, name]));
  const estimate = own(estimates, table.name) ?? { rows: null, bytes: null };
  return tableAsItIs(
    {
      name: `${connection}/${keyspace === address.keyspace ? '' : `${keyspace}.`}${table.name}`,
      source: {
        system: 'cassandra',
        connection,
        place: table.name,
        settings: keyspace === address.keyspace ? {} : { keyspace },
      },
      table: { ...table, options: chosenOptions(table.options) },
      types: typesBehind([table], live.schema),
      ...estimate,
      sample,
      whole: sample.length < limit,
      notes: [
        `${live.cluster}, release ${live.version.text}: ${isCounterTable(table) ? countersStand : timesCome}`,
        ...unseenNotes(unseen),
      ],
    },
    { asked: key === null ? null : askedKey(key, names), target },
  );
}

/** Values that JavaScript has not go over as they are. */
function unseenNotes([first, ...others]: readonly string[]): readonly string[] {
  if (first === undefined) return [];
  const [count, hold] = others.length === 0 ? ['1 value', 'is'] : [`${others.length + 1} values`, 'are'];
  const rule = 'copied as it stands, a row is rejected only where a function looks at it';
  return [`${count} of the rows looked at ${hold} beyond what JavaScript holds, e.g. ${first}: ${rule}`];
}

const timesCome = 'write times and TTLs come along';
const countersStand = 'counters are copied as they stand; nobody may count in the new table until they are';

function nothing({ connection }: ClusterToAssess, live: LiveKeyspace): CqlformError {
  const what = live.exists ? `keyspace ${live.name} without tables` : `no keyspace ${live.name}`;
  return new CqlformError('ASSESS_NOTHING_FOUND', `source ${connection} has ${what}`, {
    next: 'Name a table of another keyspace (`old/archive.movies`), or grant the right to read the tables.',
    fields: { source: connection },
    exitCode: exitCodes.usage,
  });
}

function assertOneForKey({ key, connection }: ClusterToAssess, tables: readonly Table[]): void {
  if (key === null || tables.length === 1) return;
  throw new CqlformError('USAGE', `--key is for one table, and ${connection} has ${tables.length}`, {
    next: `Name one: ${connection}/${tables[0]?.name}.`,
    exitCode: exitCodes.usage,
  });
}
