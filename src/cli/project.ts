import type { OpenStore } from '../app/backup.ts';
import type { Project } from '../app/project.ts';
import type { Session, SessionUse } from '../app/session.ts';
import { collectEarly } from './memory.ts';
import type { Output } from './output.ts';

export interface ProjectFlags {
  readonly config?: string | undefined;
  readonly env?: string | undefined;
  readonly keyspace?: string | undefined;
  readonly contactPoints?: string | undefined;
  readonly localDc?: string | undefined;
  readonly rate?: string | undefined;
}

/** The project that the flags mean. Loaded here, so that `--help` does not pay for it. */
export async function projectOf(flags: ProjectFlags): Promise<Project> {
  const { openProject } = await import('../app/config.ts');
  return openProject(flags);
}

/** The project and its cluster, closed at the end. */
export async function inSession<T>(
  flags: ProjectFlags,
  work: (session: Session) => Promise<T>,
  use?: SessionUse,
): Promise<T> {
  const [project, { withSession }] = await Promise.all([projectOf(flags), import('../app/session.ts')]);
  return withSession(project, work, use);
}

/** The project and places for backups: connects to the cluster only where one of them lies in it. */
export async function atStores<T>(
  flags: ProjectFlags,
  stores: readonly (string | undefined)[],
  work: (open: OpenStore) => Promise<T>,
): Promise<T> {
  const [project, { withStores }] = await Promise.all([projectOf(flags), import('../app/backup.ts')]);
  return withStores(project, stores, work);
}

/** The same for work that moves rows: it can be paused, and says why it is slow. `asBytes`: few of them become values, or not for long. */
export async function movingRows<T>(
  flags: ProjectFlags,
  shown: { readonly output: Output; readonly events: boolean; readonly asBytes?: boolean; readonly rowsOnly?: boolean },
  work: (session: Session) => Promise<T>,
): Promise<T> {
  const { withFlow } = await import('./flow.ts');
  const flowing = (session: Session): Promise<T> => {
    collectEarly(shown.asBytes ?? false);
    return withFlow(session.rows.flow, shown, () => work(session));
  };
  return inSession(flags, flowing, { rowsOnly: shown.rowsOnly ?? false });
}
