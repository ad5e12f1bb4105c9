import { join } from 'node:path';
import { repositoryOf } from '../../src/app/backup.ts';
import { createBackupNow } from '../../src/app/backup-create.ts';
import { openProject } from '../../src/app/config.ts';
import { type Restored, type RestoreInput, restoreTables } from '../../src/app/restore.ts';
import { type Session, withSession } from '../../src/app/session.ts';
import type { BackupInfo } from '../../src/model/backup.ts';
import { cassandraAddress } from '../support/cassandra.ts';

/** A project without a configuration, whose backups lie in its folder. */
export interface Place {
  readonly folder: string;
  readonly keyspace: string;
}

const going = new AbortController().signal;

export async function inPlace<T>({ folder, keyspace }: Place, work: (session: Session) => Promise<T>): Promise<T> {
  const { host, port } = cassandraAddress();
  return withSession(await openProject({ contactPoints: `${host}:${port}`, keyspace }, folder), work);
}

export function storeOf({ folder }: Pick<Place, 'folder'>): string {
  return `local:${join(folder, 'store')}`;
}

export function backUp(place: Place, tables: readonly string[], label: string | null = null): Promise<BackupInfo> {
  return inPlace(place, async (session) => {
    const { id } = await createBackupNow(session, {
      ...{ tables, label, columns: null, to: storeOf(place), strategy: 'incremental', consistency: 'QUORUM' },
      onProgress: () => undefined,
      signal: going,
    });
    const info = await (await repositoryOf(session, storeOf(place))).find(id);
    if (info === null) throw new Error('no backup');
    return info;
  });
}

export type Wishes = Partial<RestoreInput> & { readonly id?: string };

export function inputOf({ id, ...wishes }: Wishes, keyspace: string): RestoreInput {
  return {
    choice: { id: id ?? null, label: null, at: null, tables: [], keyspace, cluster: null },
    ...{
      tables: [],
      into: null,
      leaveOut: [],
      renamed: {},
      create: false,
      way: 'empty',
      dryRun: false,
      skipDamaged: false,
      fromEnvironment: null,
      waivers: {},
    },
    ...{ onPlan: () => undefined, onProgress: () => undefined, signal: going },
    ...wishes,
  };
}

/** Restores into a keyspace out of the place's store. */
export function restore(place: Place, wishes: Wishes, keyspace: string = place.keyspace): Promise<Restored> {
  return inPlace({ ...place, keyspace }, async (session) =>
    restoreTables(session, await repositoryOf(session, storeOf(place)), inputOf(wishes, place.keyspace)),
  );
}
