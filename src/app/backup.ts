import { existsSync } from 'node:fs';
import { CqlformError, exitCodes } from '../kernel/errors.ts';
import { own } from '../kernel/own.ts';
import type { BackupInfo } from '../model/backup.ts';
import type { Progress } from '../model/event.ts';
import type { BackupReference } from '../model/journal.ts';
import { keyColumns } from '../model/schema.ts';
import type { Backups, RestoreReport, VerifyReport } from '../ports/engines.ts';
import { actorOf } from './actor.ts';
import { enginesOf } from './engines.ts';
import type { Session } from './session.ts';
import { chooseStore, parseStore } from './store.ts';
import { assertGoingOn, unrecorded } from './unrecorded.ts';

/** The repository that `--store` names, else the project's. Throws `STORE_MISSING` for a named place that is not there. */
export async function repositoryOf(session: Session, store: string | undefined): Promise<Backups> {
  if (store !== undefined) await assertThere(session, store);
  return enginesOf(session).backupsAt(chooseStore(session.project, store).name);
}

async function assertThere({ cluster, project }: Session, store: string): Promise<void> {
  const place = parseStore(store, project);
  // A bucket that is not there says so itself when it is listed.
  if (place.kind === 'cloud') return;
  const there = place.kind === 'local' ? existsSync(place.folder) : (await cluster.describe(place.keyspace)).exists;
  if (there) return;
  const what = place.kind === 'local' ? `folder ${place.folder}` : `keyspace ${place.keyspace}`;
  throw new CqlformError('STORE_MISSING', `there is no ${what}, so no backups are in it`, {
    next: 'Correct --store; without it, the place in the configuration is looked at.',
    fields: { store },
    exitCode: exitCodes.usage,
  });
}

export interface BackupList {
  /** Oldest first. */
  readonly found: readonly BackupInfo[];
  /** `BACKUP_DAMAGED`, naming those that cannot be read, of whatever keyspace; null when all can. */
  readonly damage: CqlformError | null;
}

/** Of one keyspace, or of all when it is null. */
export async function listBackups(backups: Backups, keyspace: string | null): Promise<BackupList> {
  const found: BackupInfo[] = [];
  let damage: CqlformError | null = null;
  try {
    for await (const info of backups.list()) if (keyspace === null || info.keyspace === keyspace) found.push(info);
  } catch (thrown) {
    if (!(thrown instanceof CqlformError) || thrown.code !== 'BACKUP_DAMAGED') throw thrown;
    damage = thrown;
  }
  return { found: found.sort((a, b) => (a.createdAt < b.createdAt ? -1 : 1)), damage };
}

export async function showBackup(backups: Backups, id: string): Promise<BackupInfo> {
  const info = await backups.find(id);
  if (info !== null) return info;
  throw new CqlformError('BACKUP_UNKNOWN', `there is no backup ${id} in this store`, {
    next: 'See `cqlform backup list`; --store names another store.',
    exitCode: exitCodes.usage,
  });
}

export async function verifyBackup(
  backups: Backups,
  id: string,
  onProgress: (progress: Progress) => void,
): Promise<VerifyReport> {
  await showBackup(backups, id);
  return backups.verify(id, onProgress);
}

export interface RestoreInput {
  readonly id: string;
  /** Needed when the backup has several tables. */
  readonly table: string | null;
  /** The table to write; null: the one it was taken from. */
  readonly into: string | null;
  /** Also delete what the backup does not have. */
  readonly exact: boolean;
  readonly onProgress: (progress: Progress) => void;
  readonly signal: AbortSignal;
}

/** Writes a backup's rows into a table that exists. An empty one gets the original write times; one with rows needs `exact`. */
export async function restoreBackup(session: Session, backups: Backups, input: RestoreInput): Promise<RestoreReport> {
  const { project, cluster, rows, clock } = session;
  const info = await showBackup(backups, input.id);
  const backup = referenceOf(info, input.table);
  const live = await cluster.describe(project.keyspace);
  const name = input.into ?? backup.table;
  const into = own(live.schema.tables, name);
  if (into === undefined) throw tableMissing(project.keyspace, name);
  const empty = await rows.isEmpty(project.keyspace, name);
  if (!empty && !input.exact) throw notEmpty(`${project.keyspace}.${name}`);
  const columns = into.columns.map((column) => column.name).filter((column) => !keyColumns(into).includes(column));
  const newest = empty
    ? null
    : await rows.newestWriteTime({ keyspace: project.keyspace, table: into, types: live.schema.types, columns });
  const now = clock.micros();
  const timestamp = newest === null || newest < now ? now : newest + 1n;
  return backups.restore(
    { backup, into, mode: empty ? 'new-table' : 'exact', renamed: {}, timestamp },
    {
      keyspace: project.keyspace,
      types: live.schema.types,
      onProgress: input.onProgress,
      assertHeld: () =>
        assertGoingOn(input.signal, {
          message: `${actorOf()} stopped the restore`,
          next: 'Run it again with --exact: it writes the same rows again.',
        }),
      ...unrecorded,
    },
  );
}

function referenceOf(info: BackupInfo, table: string | null): BackupReference {
  const found =
    table === null
      ? info.tables.length === 1
        ? info.tables[0]
        : undefined
      : info.tables.find((one) => one.table === table);
  if (found === undefined) {
    throw new CqlformError(
      'TABLE_NOT_IN_BACKUP',
      `backup ${info.id} has ${info.tables.map((one) => one.table).join(', ')}`,
      {
        next: 'Say which with --table.',
        exitCode: exitCodes.usage,
      },
    );
  }
  const { id, store, manifestHash, bytes } = info;
  const { columns, rows, staticRows, valueDigest } = found;
  return { id, store, manifestHash, table: found.table, columns, rows, staticRows, bytes, valueDigest };
}

function tableMissing(keyspace: string, table: string): CqlformError {
  return new CqlformError('TABLE_MISSING', `${keyspace}.${table} is not there`, {
    next: 'Create it first (`cqlform backup show` prints its definition), or name another with --into.',
    exitCode: exitCodes.usage,
  });
}

function notEmpty(address: string): CqlformError {
  return new CqlformError('TABLE_NOT_EMPTY', `${address} has rows, which the restore would overwrite`, {
    next: 'Restore into an empty table with --into, or say --exact: the table becomes what the backup has, everything else in it is deleted.',
    exitCode: exitCodes.consentMissing,
  });
}
