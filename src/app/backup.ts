import { existsSync } from 'node:fs';
import { openRepository } from '../backup/backups.ts';
import { systemClock } from '../cassandra/system-clock.ts';
import { CqlformError, exitCodes } from '../kernel/errors.ts';
import type { BackupInfo } from '../model/backup.ts';
import type { Progress } from '../model/event.ts';
import type { BackupReader, Backups, Repository, VerifyReport } from '../ports/engines.ts';
import { backupsInto, enginesOf, repositoryStore, type StoreHolder } from './engines.ts';
import type { Project } from './project.ts';
import { type Session, withSession } from './session.ts';
import { chooseStore, parseStore, type StorePlace } from './store.ts';

/** A repository's place, open: of one that lies outside of the cluster nobody asks the cluster. */
export interface OpenStore extends StoreHolder {
  /** Null: it was not needed. */
  readonly session: Session | null;
}

/** Works where stores lie; connects to the cluster where one of them lies there, and only then. */
export async function withStores<T>(
  project: Project,
  stores: readonly (string | undefined)[],
  work: (open: OpenStore) => Promise<T>,
): Promise<T> {
  const inCluster = stores.some((store) => chooseStore(project, store).name.startsWith('cluster:'));
  if (inCluster) return withSession(project, (session) => work({ ...storeHolder(session), session }));
  const clusterStore = (keyspace: string): never => {
    throw new TypeError(`nobody has connected to the cluster for keyspace ${keyspace}`);
  };
  return work({ project, clock: systemClock, clusterStore, session: null });
}

function storeHolder({ project, clock, clusterStore }: Session): StoreHolder {
  return { project, clock, clusterStore };
}

/** The repository that `--store` names, else the project's, for what needs no rows. Throws `STORE_MISSING`. */
export async function storedBackups(open: OpenStore, store: string | undefined): Promise<Repository> {
  if (store !== undefined) await assertThere(open, store);
  const { name } = chooseStore(open.project, store);
  return openRepository({ store: repositoryStore(name, open), clock: open.clock });
}

/** The repository that `--store` names, else the project's. Throws `STORE_MISSING` for a named place that is not there. */
export async function repositoryOf(session: Session, store: string | undefined): Promise<Backups> {
  if (store !== undefined) await assertThere({ session, project: session.project }, store);
  return enginesOf(session).backupsAt(chooseStore(session.project, store).name);
}

/** The repository of one environment, for restores into the cluster of another. */
export async function repositoryFor(target: Session, from: Session, store: string | undefined): Promise<Backups> {
  if (store !== undefined) await assertThere({ session: from, project: from.project }, store);
  return backupsInto(target, from, chooseStore(from.project, store).name);
}

async function assertThere({ session, project }: Pick<OpenStore, 'session' | 'project'>, store: string): Promise<void> {
  const place = parseStore(store, project);
  // A bucket that is not there says so itself when it is listed.
  if (place.kind === 'cloud') return;
  const there =
    place.kind === 'local' ? existsSync(place.folder) : (await session?.cluster.describe(place.keyspace))?.exists;
  if (there === true) return;
  throw storeMissing(store, place);
}

function storeMissing(store: string, place: Exclude<StorePlace, { kind: 'cloud' }>): CqlformError {
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

/** What backups are of: those of which it is the same follow each other. */
export function contentsNamed({
  tables,
  writeTimes,
}: Pick<BackupInfo, 'writeTimes'> & {
  readonly tables: readonly Pick<BackupInfo['tables'][number], 'table' | 'columns' | 'tokens'>[];
}): string {
  const named = tables.map(({ table, columns, tokens }) => [table, columns, ...(tokens === null ? [] : [tokens])]);
  return JSON.stringify(writeTimes ? named : { withoutTimes: named });
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
