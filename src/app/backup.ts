import { existsSync } from 'node:fs';
import { CqlformError, exitCodes } from '../kernel/errors.ts';
import type { BackupInfo } from '../model/backup.ts';
import type { Progress } from '../model/event.ts';
import type { BackupReader, Backups, VerifyReport } from '../ports/engines.ts';
import { backupsInto, enginesOf } from './engines.ts';
import type { Session } from './session.ts';
import { chooseStore, parseStore, type StorePlace } from './store.ts';

/** The repository that `--store` names, else the project's. Throws `STORE_MISSING` for a named place that is not there. */
export async function repositoryOf(session: Session, store: string | undefined): Promise<Backups> {
  if (store !== undefined) await assertThere(session, store);
  return enginesOf(session).backupsAt(chooseStore(session.project, store).name);
}

/** The repository of one environment, for restores into the cluster of another. */
export async function repositoryFor(target: Session, from: Session, store: string | undefined): Promise<Backups> {
  if (store !== undefined) await assertThere(from, store);
  return backupsInto(target, from, chooseStore(from.project, store).name);
}

async function assertThere({ cluster, project }: Session, store: string): Promise<void> {
  const place = parseStore(store, project);
  // A bucket that is not there says so itself when it is listed.
  if (place.kind === 'cloud') return;
  const there = place.kind === 'local' ? existsSync(place.folder) : (await cluster.describe(place.keyspace)).exists;
  if (there) return;
  throw storeMissing(store, place);
}

export function storeMissing(store: string, place: Exclude<StorePlace, { kind: 'cloud' }>): CqlformError {
  const what = place.kind === 'local' ? `folder ${place.folder}` : `keyspace ${place.keyspace}`;
  return new CqlformError('STORE_MISSING', `there is no ${what}, so no backups are in it`, {
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
export async function listBackups(backups: BackupReader, keyspace: string | null): Promise<BackupList> {
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

export async function showBackup(backups: BackupReader, id: string): Promise<BackupInfo> {
  const info = await backups.find(id);
  if (info !== null) return info;
  throw new CqlformError('BACKUP_UNKNOWN', `there is no backup ${id} in this store`, {
    next: 'See `cqlform backup list`; --store names another store.',
    exitCode: exitCodes.usage,
  });
}

/** `share`: percent of the packs. Throws `USAGE` for a share that is none. */
export async function verifyBackup(
  backups: BackupReader,
  id: string,
  { onProgress, share }: { readonly onProgress: (progress: Progress) => void; readonly share: number },
): Promise<VerifyReport> {
  await showBackup(backups, id);
  return backups.verify(id, onProgress, { share });
}

/** `5%` or `5`. Throws `USAGE`. */
export function shareNamed(option: string, text: string): number {
  const share = /^\d+(?:\.\d+)?%?$/.test(text) ? Number.parseFloat(text) : 0;
  if (share > 0 && share <= 100) return share;
  throw new CqlformError('USAGE', `--${option} ${text} is no share`, {
    next: 'Say a percentage above 0 and up to 100, as in 5%.',
    fields: { option },
    exitCode: exitCodes.usage,
  });
}
