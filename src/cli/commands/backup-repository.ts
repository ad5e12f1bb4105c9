import type { Session } from '../../app/session.ts';
import type { Backups } from '../../ports/engines.ts';
import { inSession, type ProjectFlags } from '../project.ts';

export const fromEnv = {
  type: 'string',
  describe: 'Environment in whose place the backup lies, when another one is restored into',
  defaultDescription: 'the same',
} as const;

interface RepositoryFlags extends ProjectFlags {
  readonly store?: string | undefined;
  readonly 'from-env'?: string | undefined;
}

/** The repository for restores into the session's cluster, and the keyspace whose backups are looked at. */
export async function withRepository<T>(
  session: Session,
  flags: RepositoryFlags,
  work: (backups: Backups, keyspace: string) => Promise<T>,
): Promise<T> {
  const { repositoryFor, repositoryOf } = await import('../../app/backup.ts');
  const env = flags['from-env'];
  if (env === undefined) return work(await repositoryOf(session, flags.store), session.project.keyspace);
  return inSession({ config: flags.config, env }, async (from) =>
    work(await repositoryFor(session, from, flags.store), from.project.keyspace),
  );
}
