import { floorsOf, isLost, type RestoreDifference, restoreDifferences } from '../backup/restore-differences.ts';
import { CqlformError, exitCodes } from '../kernel/errors.ts';
import { own } from '../kernel/own.ts';
import type { BackupInfo } from '../model/backup.ts';
import type { BackupReference } from '../model/journal.ts';
import type { LiveKeyspace } from '../model/live.ts';
import { keyColumns, type Table } from '../model/schema.ts';
import type { BackupContents } from '../ports/engines.ts';
import { tableLike } from './restore-create.ts';

/** What happens to a table that has rows; `empty`: it must have none. */
export type RestoreInto = 'empty' | 'exact' | 'overwrite' | 'missing';

export interface RestoreWishes {
  /** Of the backup; empty: all of them. */
  readonly tables: readonly string[];
  /** The table to write; null: the one it was taken from. Only for one table. */
  readonly into: string | null;
  /** Columns of the backup that are not restored, as `column` or `table.column`. */
  readonly leaveOut: readonly string[];
  /** Backup column → column of the table. Only for one table. */
  readonly renamed: Readonly<Record<string, string>>;
  /** Tables that are not there are made as they were. */
  readonly create: boolean;
}

/** One table of a restore, before anything is written. */
export interface PlannedRestore {
  readonly backup: BackupReference;
  readonly types: BackupContents['types'];
  readonly definitions: BackupContents['definitions'];
  /** The table as it was. */
  readonly from: Table;
  readonly into: Table;
  readonly create: boolean;
  readonly differences: readonly RestoreDifference[];
  readonly leaveOut: readonly string[];
  readonly renamed: Readonly<Record<string, string>>;
  readonly floors: Readonly<Record<string, bigint>>;
}

/**
 * What would be restored into which tables, and how these differ from what they were. Throws `RESTORE_MISFIT` when
 * columns cannot be restored that nobody has said to leave out, `TABLE_MISSING` and `TABLE_NOT_IN_BACKUP`.
 */
export function planRestore(
  backup: { readonly info: BackupInfo; readonly contents: BackupContents },
  live: LiveKeyspace,
  wishes: RestoreWishes,
): readonly PlannedRestore[] {
  const references = referencesOf(backup.info, wishes);
  const planned = references.map((reference) => planTable(reference, { ...backup, live, wishes }));
  const misnamed = wishes.leaveOut.find((name) =>
    planned.every(({ leaveOut, backup: { table } }) => !named(name, table, leaveOut)),
  );
  if (misnamed !== undefined) {
    throw wrong(
      'USAGE',
      `--leave-out: the backup has no column ${misnamed} besides its keys`,
      'Name some that `cqlform backup show` tells.',
    );
  }
  const lost = planned.flatMap(({ into, differences, leaveOut }) =>
    differences.filter((one) => isLost(one) && !leaveOut.includes(one.column)).map((one) => ({ into, one })),
  );
  if (lost.length > 0) throw misfit(live.name, lost, wishes.leaveOut);
  return planned;
}

function named(name: string, table: string, leaveOut: readonly string[]): boolean {
  return leaveOut.some((column) => name === column || name === `${table}.${column}`);
}

interface Surroundings {
  readonly info: BackupInfo;
  readonly contents: BackupContents;
  readonly live: LiveKeyspace;
  readonly wishes: RestoreWishes;
}

function planTable(backup: BackupReference, { contents, live, wishes }: Surroundings): PlannedRestore {
  const from = contents.tables.find(({ table }) => table.name === backup.table)?.table;
  if (from === undefined) throw new TypeError(`the backup has no table ${backup.table}`);
  const name = wishes.into ?? from.name;
  const there = own(live.schema.tables, name);
  if (there === undefined && !wishes.create) throw tableMissing(live.name, name);
  const into = there ?? tableLike(from, name, { backup: contents.serverVersion, live: live.version.text });
  const types = there === undefined ? { ...contents.types, ...live.schema.types } : live.schema.types;
  const dropped = own(live.facts, name)?.dropped ?? [];
  const { renamed } = wishes;
  const both = { backupTypes: contents.types, types };
  const differences = restoreDifferences({ ...both, from, columns: backup.columns, into, dropped, renamed });
  const keys = keyColumns(from);
  const leaveOut = from.columns
    .map((column) => column.name)
    .filter((column) => !keys.includes(column) && (backup.columns?.includes(column) ?? true))
    .filter((column) => wishes.leaveOut.includes(column) || wishes.leaveOut.includes(`${from.name}.${column}`));
  const floors = floorsOf(into, dropped);
  const { types: backupTypes, definitions } = contents;
  const create = there === undefined;
  return { backup, types: backupTypes, definitions, from, into, create, differences, leaveOut, renamed, floors };
}

/** Of the tables that are wished for. Throws `TABLE_NOT_IN_BACKUP`. */
export function referencesOf(
  info: BackupInfo,
  { tables, into, renamed }: Pick<RestoreWishes, 'tables' | 'into' | 'renamed'>,
): readonly BackupReference[] {
  const names = tables.length > 0 ? tables : info.tables.map(({ table }) => table);
  if (names.length > 1 && (into !== null || Object.keys(renamed).length > 0)) {
    throw wrong(
      'TABLE_NOT_IN_BACKUP',
      `backup ${info.id} has ${info.tables.map(({ table }) => table).join(', ')}`,
      'Say with --table which of them is meant: --into and --rename are for one table.',
    );
  }
  const { id, store, manifestHash, bytes } = info;
  return names.map((name) => {
    const found = info.tables.find(({ table }) => table === name);
    if (found === undefined) {
      const has = info.tables.map(({ table }) => table).join(', ');
      throw wrong(
        'TABLE_NOT_IN_BACKUP',
        `backup ${info.id} has ${has}, and no ${name}`,
        'Name some of these with --table.',
      );
    }
    const { columns, rows, staticRows, valueDigest } = found;
    return { id, store, manifestHash, table: name, columns, rows, staticRows, bytes, valueDigest };
  });
}

function misfit(
  keyspace: string,
  lost: readonly { readonly into: Table; readonly one: RestoreDifference }[],
  already: readonly string[],
): CqlformError {
  const what = lost.map(({ into, one }) => {
    const address = `${keyspace}.${into.name}.${one.column}`;
    if (one.kind !== 'retyped') return `${address} is not there any more`;
    return `${address} ${one.why === null ? `was ${one.from} and is ${one.to}` : `is ${one.to}, but ${one.why}`}`;
  });
  const columns = [...new Set([...already, ...lost.map(({ one }) => one.column)])];
  return new CqlformError(
    'RESTORE_MISFIT',
    `the table is not what it was at the time of the backup: ${what.join('; ')}`,
    {
      next: `To restore the rest without them, say --leave-out ${columns.join(',')}; to restore all, name another table with --into and --create.`,
      fields: { columns },
      exitCode: exitCodes.consentMissing,
    },
  );
}

function tableMissing(keyspace: string, table: string): CqlformError {
  return wrong(
    'TABLE_MISSING',
    `${keyspace}.${table} is not there`,
    'Say --create to have it made as it was (`cqlform backup show` prints it), or name another with --into.',
  );
}

function wrong(code: string, message: string, next: string): CqlformError {
  return new CqlformError(code, message, { next, exitCode: exitCodes.usage });
}
