import { existsSync } from 'node:fs';
import { resolve } from 'node:path';
import { openOtherCluster } from '../cassandra/other-cluster.ts';
import type { Rate } from '../copy/rate.ts';
import { copyConsistency } from '../copy/table-pieces.ts';
import { assertReadable } from '../copy/unload/rows-text.ts';
import { type UnloadAccounts, unloadRows } from '../copy/unload/unload.ts';
import { CqlformError, exitCodes } from '../kernel/errors.ts';
import type { DataSpec } from '../model/data.ts';
import { keyColumns, type Table } from '../model/schema.ts';
import type { OpenedTable } from '../ports/cluster-source.ts';
import { tableOf } from './load.ts';
import { type FileFormat, formatOf, isTabbed } from './load-format.ts';
import { namedSource, tableNamed } from './named-source.ts';
import { assertWaived, piiTags, type Waivers } from './privacy.ts';
import type { Project } from './project.ts';
import type { Session } from './session.ts';
import { missingFolder, nowhere, type OutputFormat, openOutput } from './unload-output.ts';

export interface UnloadInput {
  /** A table of the keyspace, or `old/movies` of another cluster. */
  readonly table: string;
  /** Null: standard output. */
  readonly file: string | null;
  /** Null: by the file's extension. */
  readonly format: FileFormat | null;
  readonly columns: readonly string[] | null;
  /** Relations of CQL that rows have to meet; null: all rows. */
  readonly where: string | null;
  readonly header: boolean;
  readonly delimiter: string | null;
  readonly quote: string;
  readonly nullText: string;
  readonly rate: Rate | null;
  readonly maxRejects: DataSpec['maxRejects'];
  readonly rejectsFile: string | null;
  /** Personal column → why it may leave. */
  readonly waivers: Waivers;
  /** Read and convert everything, write nothing. */
  readonly dryRun: boolean;
  /** Replace a file that is there. */
  readonly force: boolean;
  readonly signal: AbortSignal;
  readonly onProgress: (progress: UnloadAccounts) => void;
}

export interface UnloadReport extends UnloadAccounts {
  readonly keyspace: string;
  readonly table: string;
  readonly file: string | null;
  /** Made for the file, because it was not there; in a dry run it would be. */
  readonly madeFolder: string | null;
  readonly dryRun: boolean;
  /** Null when nothing was rejected. */
  readonly rejectsFile: string | null;
  readonly milliseconds: number;
}

/** Writes a table into a file; the file has its name only when it is whole. Tables of other clusters are `old/movies`. */
export async function unloadTable(session: Session, input: UnloadInput): Promise<UnloadReport> {
  const { project, clock } = session;
  const format = unloadFormat(input);
  const file = input.file === null ? null : resolve(input.file);
  if (file !== null && existsSync(file) && !input.force) throw fileThere(file);
  const madeFolder = file === null ? null : missingFolder(file);
  const source = await sourceOf(session, input.table);
  try {
    const { rows, keyspace, table, types, consistency } = source.opened;
    const own = source.own && project.ownPlace;
    if (!project.lower || !own) await assertMayLeave(project, { table, input, names: own ? 'last' : 'ever' });
    const rejectsFile = resolve(input.rejectsFile ?? `${project.stateFolder}/rejects/unload-${table.name}.ndjson`);
    const begun = clock.monotonic();
    const output = input.dryRun ? nowhere(format) : await openOutput(file, format);
    const accounts = await output.whole(
      unloadRows(
        {
          keyspace,
          from: table,
          types,
          consistency,
          columns: input.columns,
          where: input.where,
          output: output.output,
          rate: input.rate,
          maxRejects: input.dryRun ? Number.MAX_SAFE_INTEGER : input.maxRejects,
          rejectsFile,
          signal: input.signal,
          onProgress: input.onProgress,
        },
        { rows, clock },
      ),
    );
    return {
      ...accounts,
      keyspace,
      table: table.name,
      file: input.file,
      madeFolder,
      dryRun: input.dryRun,
      rejectsFile: accounts.rejected === 0 ? null : rejectsFile,
      milliseconds: Math.round(clock.monotonic() - begun),
    };
  } finally {
    await source.close();
  }
}

interface UnloadSource {
  /** Whether it is the session's own keyspace, and not one of a connection. */
  readonly own: boolean;
  readonly opened: Omit<OpenedTable, 'facts' | 'close'>;
  close(): Promise<void>;
}

async function sourceOf(session: Session, said: string): Promise<UnloadSource> {
  const { project, cluster, rows } = session;
  const other = said.includes('/') ? namedSource(project, { text: said, system: null }) : null;
  if (other === null) {
    const live = await cluster.describe(project.keyspace);
    const table = tableOf(live.schema.tables, said, project.keyspace);
    const { types } = live.schema;
    const { keyspace } = project;
    const opened = { rows, keyspace, table, types, consistency: copyConsistency, identity: table.name };
    return { own: true, opened, close: async () => undefined };
  }
  if (other.kind !== 'database' || other.address.kind !== 'cluster' || other.table === null) throw notACluster(said);
  const { keyspace, name } = tableNamed(other.table);
  const opened = await openOtherCluster(other.connection, other.address, keyspace);
  try {
    return { own: false, opened: await opened.open(name), close: () => opened.close() };
  } catch (thrown) {
    await opened.close();
    throw thrown;
  }
}

async function assertMayLeave(
  project: Project,
  { table, input, names }: { readonly table: Table; readonly input: UnloadInput; readonly names: 'last' | 'ever' },
): Promise<void> {
  const columns =
    input.columns === null ? table.columns.map(({ name }) => name) : [...keyColumns(table), ...input.columns];
  const what = 'a file takes it where nobody looks after it';
  assertWaived({ table: table.name, columns, what }, await piiTags(project, names), input.waivers);
}

function notACluster(said: string): CqlformError {
  return new CqlformError('UNLOAD_SOURCE', `${said} is no table of a cluster`, {
    next: 'Say a table of the keyspace, or CONNECTION/TABLE of a cluster under `sources` in the configuration.',
    fields: { source: said },
    exitCode: exitCodes.usage,
  });
}

function unloadFormat({ format, file, header, delimiter, quote, nullText }: UnloadInput): OutputFormat {
  const kind = format ?? (file === null ? 'csv' : formatOf(file));
  if (kind === 'parquet' && (file === null || /\.(?:gz|zst)$/.test(file))) {
    throw new CqlformError('UNLOAD_SETTING', 'Parquet is written into a file, and compressed inside of it', {
      next: 'Name a file that ends in .parquet.',
      exitCode: exitCodes.usage,
    });
  }
  if (kind !== 'csv') return { kind };
  const form = { delimiter: delimiter ?? (isTabbed(file ?? '') ? '\t' : ','), quote, nullText };
  assertReadable(form);
  return { kind, header, ...form };
}

function fileThere(file: string): CqlformError {
  return new CqlformError('FILE_EXISTS', `${file} is there already`, {
    next: 'Name another file, or say --force to replace it.',
    fields: { file },
    exitCode: exitCodes.usage,
  });
}
