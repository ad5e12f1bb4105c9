import { resolve } from 'node:path';
import type { LoadAccounts, LoadProgress } from '../copy/load.ts';
import { loadRows } from '../copy/load.ts';
import type { Rate } from '../copy/rate.ts';
import { assertNoCounters } from '../copy/target-row.ts';
import { CqlformError, exitCodes } from '../kernel/errors.ts';
import { nearNames } from '../kernel/near.ts';
import { own } from '../kernel/own.ts';
import type { DataSpec, ForeignSource } from '../model/data.ts';
import { type ByName, defaultTtlOf, type Table } from '../model/schema.ts';
import type { LoadMapping } from './load-columns.ts';
import type { FileFormat } from './load-format.ts';
import { assertOtherFile } from './load-replay.ts';
import { clusterMeant, toLoad } from './load-source.ts';
import { type DatabaseSystem, namedSource } from './named-source.ts';
import { assertWaived, piiTags, type Waivers } from './privacy.ts';
import type { Project } from './project.ts';
import type { Session } from './session.ts';

export interface LoadInput extends LoadMapping {
  /** A file or a glob, relative to the working folder; `-`; or where a database is, see `namedSource`. */
  readonly source: string;
  readonly table: string;
  /** Null: by the file's extension. */
  readonly format: FileFormat | null;
  /** Of a database; null: by its address. */
  readonly system: DatabaseSystem | null;
  /** The table or collection of a database; null: behind the connection's name, or the one that is called like the target. */
  readonly sourceTable: string | null;
  /** A query of an SQL database in place of a table; null: none. */
  readonly query: string | null;
  /** The fields' names, in order, of a file without a header; null: it has one. */
  readonly fields: readonly string[] | null;
  readonly settings: ForeignSource['settings'];
  /** Rows at the beginning that are passed over, and the most that are loaded then; null: all. */
  readonly skip: number | null;
  readonly most: number | null;
  /** Seconds; null: the table's default. */
  readonly ttl: number | null;
  readonly rate: Rate | null;
  readonly maxRejects: DataSpec['maxRejects'];
  /** Null: in the project's `.cqlform/rejects`. */
  readonly rejectsFile: string | null;
  /** A rejects file of an earlier load of the same file, whose rows are loaded instead of the file's; null: the file's. */
  readonly replay: string | null;
  /** Personal column → why it may come as it is into a lower environment. */
  readonly waivers: Waivers;
  readonly dryRun: boolean;
  readonly signal: AbortSignal;
  readonly onProgress: (progress: LoadProgress) => void;
}

export interface LoadReport extends LoadAccounts {
  readonly keyspace: string;
  readonly table: string;
  readonly source: string;
  /** Table column → field it came from. */
  readonly columns: Readonly<Record<string, string>>;
  /** What a reader has to know of how it was read. */
  readonly notes: readonly string[];
  readonly dryRun: boolean;
  readonly milliseconds: number;
}

/** Loads rows from anywhere into a table that is there; the types are the table's own. */
export async function loadTable(session: Session, input: LoadInput): Promise<LoadReport> {
  try {
    return await loaded(session, input);
  } catch (thrown) {
    throw ofLoad(thrown);
  }
}

async function loaded(session: Session, input: LoadInput): Promise<LoadReport> {
  const { project, cluster, rows, clock } = session;
  const live = await cluster.describe(project.keyspace);
  const into = tableOf(live.schema.tables, input.table, project.keyspace);
  assertNoCounters(into);
  const { types } = live.schema;
  const rejectsFile = rejectsFileOf(input, `${project.stateFolder}/rejects/load-${into.name}.ndjson`);
  const source = namedSource(project, { text: input.source, system: input.system });
  const begun = clock.monotonic();
  const told = (accounts: LoadAccounts & Pick<LoadReport, 'columns' | 'notes'>): LoadReport => ({
    ...accounts,
    keyspace: project.keyspace,
    table: into.name,
    source: input.source,
    dryRun: input.dryRun,
    milliseconds: Math.round(clock.monotonic() - begun),
  });
  const other = clusterMeant(source, input);
  if (other !== null) {
    const { loadFromCluster } = await import('./load-cluster.ts');
    const named = { source: { ...other, rejectsFile }, target: { into, types } };
    return told({ ...(await loadFromCluster(session, input, named)), notes: [] });
  }
  const { from, columns, notes } = await toLoad(session, input, { source, target: { into, types } });
  try {
    await assertMayCome(project, { table: into.name, columns: Object.keys(columns) }, input.waivers);
    const accounts = await loadRows(
      {
        keyspace: project.keyspace,
        into,
        types,
        from,
        timestamp: clock.micros(),
        ttl: input.ttl ?? defaultTtlOf(into),
        some: someOf(input),
        rate: input.rate,
        maxRejects: input.maxRejects,
        rejectsFile,
        dryRun: input.dryRun,
        signal: input.signal,
        onProgress: input.onProgress,
      },
      { rows, clock },
    );
    return told({ ...accounts, columns, notes });
  } finally {
    if (from.kind === 'values') await from.source.close();
  }
}

/** Sources speak of migrations and of copies, which go on where they stopped; a load begins anew. */
function ofLoad(thrown: unknown): unknown {
  if (!(thrown instanceof CqlformError) || !/apply again|declare|in the migration/i.test(thrown.next)) return thrown;
  const { code, message, fields, where, retryable, exitCode } = thrown;
  const next = thrown.next
    .replace(/: it goes on [^.]*\./, ': all of it is read once more, and what was written is written as it was.')
    .replace('Apply again', 'Load again')
    .replace('apply again', 'load again')
    .replace(' in the migration', '')
    .replace('Declare the column as it is.', 'Load files of other types by themselves.');
  const place = where === undefined ? {} : { where };
  return new CqlformError(code, message, { next, fields, ...place, retryable, exitCode, cause: thrown });
}

function someOf({ skip, most }: LoadInput): { readonly skip: number; readonly most: number } | null {
  if (skip === null && most === null) return null;
  return { skip: skip ?? 0, most: most ?? Number.MAX_SAFE_INTEGER };
}

/** Throws `PII_UNWAIVED` for personal data that comes as it is into a lower environment. `names`: see `piiTags`. */
export async function assertMayCome(
  project: Project,
  about: { readonly table: string; readonly columns: readonly string[] },
  waivers: Waivers,
  names: 'last' | 'ever' = 'last',
): Promise<void> {
  if (!project.lower) return;
  const what = `${project.environment ?? project.keyspace} is a lower environment, to which a load brings it as it is`;
  assertWaived({ ...about, what }, await piiTags(project, names), waivers);
}

function rejectsFileOf({ replay, rejectsFile }: LoadInput, otherwise: string): string {
  if (replay === null) return resolve(rejectsFile ?? otherwise);
  const left = resolve(rejectsFile ?? `${replay.replace(/\.ndjson$/, '')}.left.ndjson`);
  assertOtherFile(resolve(replay), left);
  return left;
}

/** The live table; throws `TABLE_MISSING` with the nearest name. */
export function tableOf(tables: ByName<Table>, name: string, keyspace: string): Table {
  const table = own(tables, name);
  if (table !== undefined) return table;
  const [near] = nearNames(name, Object.keys(tables));
  throw new CqlformError('TABLE_MISSING', `${keyspace}.${name} is not there`, {
    next: near === undefined ? 'Create it first, or name another keyspace with --keyspace.' : `Did you mean ${near}?`,
    exitCode: exitCodes.usage,
  });
}
