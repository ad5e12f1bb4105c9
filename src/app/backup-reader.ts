import { existsSync } from 'node:fs';
import { createBackupReader } from '../backup/backups.ts';
import { systemClock } from '../cassandra/system-clock.ts';
import type { BackupReader } from '../ports/engines.ts';
import { storeMissing } from './backup.ts';
import { repositoryStore } from './engines.ts';
import type { Project } from './project.ts';
import { withSession } from './session.ts';
import { chooseStore, parseStore } from './store.ts';

/**
 * The backups of a place, the project's unless one is named, for what only reads them: no cluster is connected to, but
 * for a place that lies in one. Throws `STORE_UNKNOWN` and `STORE_MISSING`.
 */
export async function withBackupReader<T>(
  project: Project,
  store: string | undefined,
  work: (backups: BackupReader) => Promise<T>,
): Promise<T> {
  const { name } = chooseStore(project, store);
  const place = parseStore(name, project);
  if (place.kind === 'cluster')
    return withSession(project, (session) => work(createBackupReader(repositoryStore(name, session))));
  if (place.kind === 'local' && store !== undefined && !existsSync(place.folder)) throw storeMissing(store, place);
  const clusterStore = (): never => {
    throw new TypeError(`${name} lies in no cluster`);
  };
  return work(createBackupReader(repositoryStore(name, { project, clock: systemClock, clusterStore })));
}
