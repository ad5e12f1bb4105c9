import { existsSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { systemClock } from '../cassandra/system-clock.ts';
import { type StoredTable, storedPages } from '../copy/unload/stored-pages.ts';
import { type UnloadAccounts, type UnloadedRows, unloadRows } from '../copy/unload/unload.ts';
import { CqlformError, exitCodes } from '../kernel/errors.ts';
import type { DataSpec } from '../model/data.ts';
import { keyColumns } from '../model/schema.ts';
import type { BackupContents, BackupReader } from '../ports/engines.ts';
import { type BackupChoice, chooseBackup } from './backup-choice.ts';
import type { FileFormat } from './load-format.ts';
import { assertWaived, type PiiTags, piiTags, type Waivers } from './privacy.ts';
import type { Project } from './project.ts';
import { referencesOf } from './restore-plan.ts';
import { type OutputFormat, openOutput } from './unload-output.ts';

export type ExportCompression = 'none' | 'gzip' | 'zstd';

export interface ExportInput {
  readonly choice: BackupChoice;
  /** A folder; each table is a file in it. */
  readonly to: string;
  readonly format: FileFormat;
  /** Of text; Parquet is compressed inside. */
  readonly compression: ExportCompression;
  /** Columns that stay behind, as `column` or `table.column`. */
  readonly leaveOut: readonly string[];
  /** Personal column → why it may leave. */
  readonly waivers: Waivers;
  readonly maxRejects: DataSpec['maxRejects'];
  /** Replace files that are there. */
  readonly force: boolean;
  readonly signal: AbortSignal;
  readonly onProgress: (table: string, progress: UnloadAccounts) => void;
}

export interface ExportedTable extends UnloadAccounts {
  readonly table: string;
  readonly file: string;
  /** Null when nothing was rejected. */
  readonly rejectsFile: string | null;
}

export interface ExportReport {
  readonly backup: string;
  readonly createdAt: string;
  readonly keyspace: string;
  readonly tables: readonly ExportedTable[];
  readonly milliseconds: number;
}

type Contents = BackupContents['tables'][number];

/**
 * Writes tables of a backup into files for people and other tools, as `unload` writes those of a cluster: values as they
 * were, without write times and expiries. Every byte is checked on the way; a file has its name only when it is whole.
 */
export async function exportBackup(project: Project, backups: BackupReader, input: ExportInput): Promise<ExportReport> {
  const info = await chooseBackup(backups, input.choice, '');
  const contents = await backups.contents(info.id);
  if (contents === null) throw new TypeError(`backup ${info.id} vanished`);
  const { tables } = input.choice;
  const chosen = referencesOf(info, { tables, into: null, renamed: {} }).map(({ table }) => {
    const found = contents.tables.find((one) => one.table.name === table);
    if (found === undefined) throw new TypeError(`the backup has no table ${table}`);
    return { ...found, file: join(resolve(input.to), fileName(table, input)), kept: keptColumns(found, input) };
  });
  assertLeftOut(chosen, input.leaveOut);
  const tags = await piiTags(project, 'ever');
  for (const one of chosen) assertMayLeave(one, tags, input.waivers);
  const there = chosen.find(({ file }) => existsSync(file));
  if (there !== undefined && !input.force) throw fileThere(there.file);
  const begun = systemClock.monotonic();
  const done: ExportedTable[] = [];
  for (const { table, columns, file, kept } of chosen) {
    const rejectsFile = resolve(`${project.stateFolder}/rejects/export-${table.name}.ndjson`);
    const stored = storedColumns({ table, columns });
    const rows = rowsOf(backups, info.id, { table, types: contents.types, stored });
    const output = await openOutput(file, outputFormat(input.format));
    const accounts = await output.whole(
      unloadRows(
        {
          keyspace: info.keyspace,
          from: table,
          types: contents.types,
          consistency: 'LOCAL_QUORUM',
          columns: kept,
          where: null,
          output: output.output,
          rate: null,
          maxRejects: input.maxRejects,
          rejectsFile,
          signal: input.signal,
          onProgress: (progress) => input.onProgress(table.name, progress),
        },
        { rows, clock: systemClock },
      ),
    );
    done.push({ ...accounts, table: table.name, file, rejectsFile: accounts.rejected === 0 ? null : rejectsFile });
  }
  const { id, createdAt, keyspace } = info;
  return { backup: id, createdAt, keyspace, tables: done, milliseconds: Math.round(systemClock.monotonic() - begun) };
}

/** A table of a backup as one that is read: in one piece, and nothing is masked. */
function rowsOf(backups: BackupReader, id: string, table: StoredTable): UnloadedRows {
  return {
    readsMasked: async () => false,
    splitFor: async () => [{ start: -(2n ** 63n), end: 2n ** 63n - 1n }],
    scanRaw: ({ columns }) => storedPages(backups.rows(id, table.table.name), table, columns),
  };
}

/** Besides the key. */
function storedColumns({ table, columns }: Contents): readonly string[] {
  const keys = keyColumns(table);
  const names = table.columns.map(({ name }) => name).filter((name) => !keys.includes(name));
  return names.filter((name) => columns?.includes(name) ?? true);
}

function keptColumns(one: Contents, { leaveOut }: ExportInput): readonly string[] {
  return storedColumns(one).filter((name) => !isNamed(name, one.table.name, leaveOut));
}

function isNamed(column: string, table: string, names: readonly string[]): boolean {
  return names.includes(column) || names.includes(`${table}.${column}`);
}

function assertLeftOut(chosen: readonly Contents[], leaveOut: readonly string[]): void {
  const unknown = leaveOut.find((name) =>
    chosen.every((one) => storedColumns(one).every((column) => !isNamed(column, one.table.name, [name]))),
  );
  if (unknown === undefined) return;
  throw new CqlformError('UNKNOWN_COLUMN', `the backup has no column ${unknown} besides its keys`, {
    next: 'Name some that `cqlform backup show` tells.',
    fields: { column: unknown },
    exitCode: exitCodes.usage,
  });
}

/** Throws `PII_UNWAIVED`. */
function assertMayLeave(
  { table, kept }: Contents & { readonly kept: readonly string[] },
  tags: PiiTags,
  waivers: Waivers,
): void {
  const columns = [...keyColumns(table), ...kept];
  const what = 'a file takes it where nobody looks after it';
  assertWaived({ table: table.name, columns, what }, tags, waivers);
}

const endings: Readonly<Record<ExportCompression, string>> = { none: '', gzip: '.gz', zstd: '.zst' };

function fileName(table: string, { format, compression }: ExportInput): string {
  if (format === 'parquet' && compression !== 'none') {
    throw new CqlformError('UNLOAD_SETTING', 'Parquet is compressed inside of its files', {
      next: 'Leave --compression out.',
      exitCode: exitCodes.usage,
    });
  }
  return `${table}.${format}${endings[compression]}`;
}

function outputFormat(kind: FileFormat): OutputFormat {
  return kind === 'csv' ? { kind, header: true, delimiter: ',', quote: '"', nullText: '' } : { kind };
}

function fileThere(file: string): CqlformError {
  return new CqlformError('FILE_EXISTS', `${file} is there already`, {
    next: 'Name another folder with --to, or say --force to replace what is there.',
    fields: { file },
    exitCode: exitCodes.usage,
  });
}
