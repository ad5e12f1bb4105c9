import { CqlformError, exitCodes } from '../kernel/errors.ts';
import type { BackupInfo } from '../model/backup.ts';
import type { StoredRow } from '../model/row.ts';
import type { TableScope } from '../model/step.ts';
import type { BlobStore } from '../ports/blobs.ts';
import type { Clock } from '../ports/clock.ts';
import type { Rows } from '../ports/cluster.ts';
import type {
  BackupReader,
  Backups,
  MirroredBackup,
  MirrorRequest,
  Repository,
  WorkContext,
} from '../ports/engines.ts';
import { layoutOf } from './chunk-layout.ts';
import { createBackup } from './create.ts';
import { ringBounds } from './grid.ts';
import { digestLive } from './live-digest.ts';
import { Mirror } from './mirror.ts';
import { prune } from './prune.ts';
import { allManifests, idOfManifest, infoOf, loadManifest } from './repository.ts';
import { restoreBackup } from './restore.ts';
import { storedRows } from './stored-rows.ts';
import { verifyBackup } from './verify.ts';

export interface BackupDependencies {
  readonly rows: Rows;
  readonly store: BlobStore;
  readonly clock: Clock;
  /** The cluster that backups are taken of, as their manifests state it. */
  readonly cluster: { readonly name: string; readonly version: string };
}

/** The backup engine over one store and one cluster. Opens nothing by itself; safe to use for several things at once. */
export function createBackups(dependencies: BackupDependencies): Backups {
  return {
    ...openRepository(dependencies),
    create: (request, context) => createBackup(request, context, dependencies),
    restore: (request, context) => restoreBackup(request, context, dependencies),
    digest: (scope, context) => digestScope(dependencies.rows, scope, context),
  };
}

/** What needs no cluster. */
export function openRepository({ store, clock }: Pick<BackupDependencies, 'store' | 'clock'>): Repository {
  return {
    ...createBackupReader(store),
    prune: (request) => prune(store, request, clock),
    mirror: (request) => mirrored(request, { store, clock }),
  };
}

/** What only reads. */
export function createBackupReader(store: BlobStore): BackupReader {
  return {
    list: () => listBackups(store),
    find: async (id) => {
      const loaded = await loadManifest(store, id);
      return loaded === null ? null : infoOf(loaded, store.name);
    },
    contents: async (id) => {
      const loaded = await loadManifest(store, id);
      if (loaded === null) return null;
      const { serverVersion, types, definitions = null, tables } = loaded.manifest;
      return { serverVersion, types, definitions, tables: tables.map(({ table, columns }) => ({ table, columns })) };
    },
    verify: async (id, onProgress, options) => {
      const loaded = await loadManifest(store, id);
      if (loaded === null) throw noBackup(id, store);
      return await verifyBackup(loaded, store, { onProgress, ...options });
    },
    rows: (id, table) => rowsOf(store, id, table),
  };
}

async function* rowsOf(store: BlobStore, id: string, table: string): AsyncIterable<readonly StoredRow[]> {
  const loaded = await loadManifest(store, id);
  if (loaded === null) throw noBackup(id, store);
  yield* storedRows(loaded.manifest, store, table);
}

async function* mirrored(
  request: MirrorRequest,
  { store, clock }: Pick<BackupDependencies, 'store' | 'clock'>,
): AsyncIterable<MirroredBackup> {
  const mirror = new Mirror(store, request, clock);
  const found: { readonly id: string; readonly createdAt: string }[] = [];
  if (request.ids === undefined)
    for await (const { id, createdAt } of listBackups(store)) found.push({ id, createdAt });
  const ids = request.ids ?? found.sort((a, b) => (a.createdAt < b.createdAt ? -1 : 1)).map(({ id }) => id);
  for (const id of ids) {
    const loaded = await loadManifest(store, id);
    if (loaded !== null) yield await mirror.backup(loaded);
    // one that was listed a moment ago has been pruned
    else if (request.ids !== undefined) throw noBackup(id, store);
  }
}

/** Yields what can be read, then throws `BACKUP_DAMAGED` when there were manifests that could not. */
async function* listBackups(store: BlobStore): AsyncIterable<BackupInfo> {
  const unreadable: string[] = [];
  for await (const loaded of allManifests(store, (key, problem) =>
    unreadable.push(`${idOfManifest(key)} (${key}: ${problem})`),
  )) {
    yield infoOf(loaded, store.name);
  }
  if (unreadable.length === 0) return;
  throw new CqlformError(
    'BACKUP_DAMAGED',
    `${store.name} has damaged backups, whose manifests cannot be read: ${unreadable.join(', ')}`,
    {
      next: 'Bring these objects back from a copy of the repository, or remove them when the backups are no longer wanted; the other backups are not concerned.',
      fields: { store: store.name, objects: unreadable },
      exitCode: exitCodes.integrity,
    },
  );
}

async function digestScope(
  rows: Rows,
  scope: TableScope,
  context: WorkContext,
): Promise<{ readonly rows: number; readonly digest: string }> {
  const layout = layoutOf(scope.table, scope.columns);
  const live = {
    keyspace: context.keyspace,
    table: scope.table,
    types: context.types,
    columns: [...layout.static, ...layout.regular],
    whole: scope.columns === null,
    countedAs: {},
    bounds: ringBounds,
    consistency: 'QUORUM' as const,
  };
  const found = await digestLive(rows, live, () => context.assertHeld());
  return { rows: found.rows, digest: found.digest.sum };
}

function noBackup(id: string, store: BlobStore): CqlformError {
  return new CqlformError('BACKUP_MISSING', `there is no backup ${id} in ${store.name}`, {
    next: 'Look at `cqlform backup list` for the backups that are there.',
    fields: { backup: id, store: store.name },
  });
}
