import { createOpenTable, openOtherCluster } from '../cassandra/other-cluster.ts';
import { createCopier } from '../copy/copier.ts';
import type { LoadAccounts, LoadProgress } from '../copy/load.ts';
import { assertReadsInTheClear } from '../copy/masked-source.ts';
import { RateLimit } from '../copy/rate.ts';
import { assertOtherTable } from '../copy/same-table.ts';
import { tryTable } from '../copy/try-table.ts';
import { isMultiCell } from '../cql/select.ts';
import { CqlformError, exitCodes } from '../kernel/errors.ts';
import type { ColumnMapping, CopySpec } from '../model/data.ts';
import type { Progress } from '../model/event.ts';
import { keyColumns, type Table } from '../model/schema.ts';
import type { ClusterAddress } from '../ports/source.ts';
import { standingOf } from '../runner/standing.ts';
import { floorOf } from '../runner/work/copy-request.ts';
import { assertMayCome, type LoadInput } from './load.ts';
import { columnsOfFields } from './load-columns.ts';
import type { LoadTarget } from './load-files.ts';
import { tableNamed } from './named-source.ts';
import type { Session } from './session.ts';
import { assertGoingOn, unrecorded } from './unrecorded.ts';

export interface ClusterToLoad {
  readonly connection: string;
  readonly address: ClusterAddress;
  /** `movies`, or `archive.movies` in another keyspace. */
  readonly table: string;
  readonly rejectsFile: string;
}

/** Copies a table of another cluster as a migration would: each cell with its own write time and TTL. Throws `SAME_TABLE`. */
export async function loadFromCluster(
  session: Session,
  input: LoadInput,
  { source, target }: { readonly source: ClusterToLoad; readonly target: LoadTarget },
): Promise<LoadAccounts & { readonly columns: Readonly<Record<string, string>> }> {
  assertOfCluster(input);
  const { project, rows } = session;
  const { connection, address, rejectsFile } = source;
  const { keyspace, name } = tableNamed(source.table);
  const other = await openOtherCluster(connection, address, keyspace);
  try {
    const opened = await other.open(name);
    const { table } = opened;
    const into = { rows, keyspace: project.keyspace, table: target.into.name };
    assertOtherTable({ ...opened, table: table.name }, into, connection);
    await assertReadsInTheClear(opened.rows, opened.keyspace, table);
    const columns = columnsOfFields(
      target.into,
      table.columns.map((one) => one.name),
      input,
    );
    await assertMayCome(project, { table: target.into.name, columns: Object.keys(columns) }, input.waivers);
    await assertMayCome(project, { table: table.name, columns: Object.values(columns) }, input.waivers, 'ever');
    const spec = specOf({ connection, keyspace: opened.keyspace, table }, { ...target, columns, input });
    const besides = spec.from.kind === 'cluster' ? spec.from.table.columns.map((one) => one.name) : [];
    const read = besides.filter((one) => !keyColumns(table).includes(one));
    if (input.dryRun) {
      const onProgress = (progress: LoadProgress): void => {
        assertGoingOn(input.signal, whenStopped(target.into.name));
        input.onProgress(progress);
      };
      const tried = await tryTable({
        input: { ...opened, columns: read },
        spec,
        types: target.types,
        rejectsFile,
        onProgress,
      });
      return { ...tried, columns };
    }
    await assertNoLists(session, target.into, columns);
    return { ...(await copied(session, input, { spec, source, target })), columns };
  } finally {
    await other.close();
  }
}

/** A list that is written twice with the same times doubles; a migration counts its attempts, which `load` cannot. */
async function assertNoLists(
  { project, rows }: Session,
  into: Table,
  columns: Readonly<Record<string, string>>,
): Promise<void> {
  const list = into.columns.find(
    ({ name, type }) => Object.hasOwn(columns, name) && type.kind === 'list' && isMultiCell(type),
  );
  if (list === undefined || (await rows.isEmpty(project.keyspace, into.name))) return;
  throw new CqlformError(
    'LOAD_LIST_AGAIN',
    `${into.name} has rows already, and the list ${list.name} would double in them`,
    {
      next: `Truncate ${into.name} first, leave ${list.name} out with --ignore ${list.name}, or copy with a migration.`,
      fields: { table: into.name, column: list.name },
      exitCode: exitCodes.usage,
    },
  );
}

interface Copying {
  readonly spec: CopySpec;
  readonly source: ClusterToLoad;
  readonly target: LoadTarget;
}

async function copied(session: Session, input: LoadInput, { spec, source, target }: Copying): Promise<LoadAccounts> {
  const { project, rows, clock, cluster, journal } = session;
  const { into, types } = target;
  const live = await cluster.describe(project.keyspace);
  const standing = standingOf(await journal.entries());
  const copier = createCopier({
    rows,
    clock,
    limit: input.rate === null ? null : new RateLimit(input.rate, clock, input.signal),
    openTable: createOpenTable({ [source.connection]: source.address }),
    openSource: () => Promise.reject(new TypeError('a table of a cluster is no foreign source')),
  });
  const { accounts } = await copier.copy(
    {
      spec,
      from: null,
      into,
      startedAt: clock.now(),
      timestamp: clock.micros(),
      // what a rollback or a drop has left in the table would hide older cells
      floor: floorOf(standing.floors, live, into),
      rejectsFile: source.rejectsFile,
    },
    {
      keyspace: project.keyspace,
      types,
      onProgress: ({ done, bytes = 0, rejected: sofar = 0 }: Progress) =>
        input.onProgress({ read: done, written: done - sofar, rejected: sofar, bytes, totalBytes: null }),
      assertHeld: () => assertGoingOn(input.signal, whenStopped(into.name)),
      ...unrecorded,
    },
  );
  const { read, written, rejected, rejectsFile } = accounts;
  return { read, written, rejected, rejectsFile };
}

function specOf(
  { connection, keyspace, table }: { readonly connection: string; readonly keyspace: string; readonly table: Table },
  {
    into,
    columns,
    input,
  }: LoadTarget & { readonly columns: Readonly<Record<string, string>>; readonly input: LoadInput },
): CopySpec {
  const wanted = new Set([...keyColumns(table), ...Object.values(columns)]);
  const named = Object.entries(columns).map(([name, from]): readonly [string, ColumnMapping] => [
    name,
    { kind: 'column', from },
  ]);
  return {
    kind: 'copy',
    index: 0,
    from: {
      kind: 'cluster',
      connection,
      keyspace,
      table: { ...table, columns: table.columns.filter(({ name }) => wanted.has(name)) },
      types: {},
    },
    into,
    maxRejects: input.maxRejects,
    columns: Object.fromEntries(named),
  };
}

function assertOfCluster(input: LoadInput): void {
  const { query, ttl, ttlField, timestampField, skip, most } = input;
  const said = { '--query': query, '--ttl': ttl, '--ttl-field': ttlField, '--timestamp-field': timestampField };
  const more = { '--skip-records': skip, '--max-records': most };
  const wrong = Object.entries({ ...said, ...more }).find(([, value]) => value !== null)?.[0];
  if (wrong === undefined) return;
  throw new CqlformError('USAGE', `${wrong} does not go with another cluster, whose cells keep their times and TTLs`, {
    next: 'Leave it out; `kill -USR2` pauses the load, and a migration can choose among rows.',
    exitCode: exitCodes.usage,
  });
}

function whenStopped(table: string): Parameters<typeof assertGoingOn>[1] {
  return {
    message: `the load into ${table} was stopped`,
    next: 'Run it again: cells keep their times, so that it leaves the same table.',
  };
}
