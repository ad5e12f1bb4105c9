import type { RestoreDifference } from '../backup/restore-differences.ts';
import { own } from '../kernel/own.ts';
import type { BackupInfo } from '../model/backup.ts';
import type { LiveKeyspace } from '../model/live.ts';
import { keyColumns } from '../model/schema.ts';
import type { Backups } from '../ports/engines.ts';
import { type BackupChoice, chooseBackup } from './backup-choice.ts';
import { assertWaived, piiTags, type Waivers } from './privacy.ts';
import type { Project } from './project.ts';
import { ensureKeyspace } from './restore-create.ts';
import { type PlannedRestore, planRestore, type RestoreWishes } from './restore-plan.ts';
import { type RestoredTable, type RestoreHow, TableRestoring } from './restore-table.ts';
import type { Session } from './session.ts';

export interface RestoreInput extends RestoreWishes, RestoreHow {
  readonly choice: BackupChoice;
  /** Told before anything is written. */
  readonly onPlan: (plan: RestorePreview) => void;
  /** The environment of whose repository the backup is; null: the session's own. */
  readonly fromEnvironment: string | null;
  /** Personal column → why it may come as it is into a lower environment. */
  readonly waivers: Waivers;
}

/** What is about to be restored. */
export interface RestorePreview {
  readonly backup: BackupInfo;
  /** Of the cluster that is written to. */
  readonly cluster: string;
  readonly keyspace: string;
  readonly tables: readonly {
    readonly table: string;
    readonly into: string;
    readonly create: boolean;
    readonly differences: readonly RestoreDifference[];
    readonly leaveOut: readonly string[];
    readonly rows: number;
    readonly staticRows: number;
  }[];
}

export interface Restored {
  readonly backup: string;
  readonly createdAt: string;
  readonly cluster: string;
  readonly keyspace: string;
  readonly dryRun: boolean;
  readonly tables: readonly RestoredTable[];
  /** Stored bytes of the whole backup. */
  readonly bytes: number;
}

/** True when every table holds what it has to. */
export function isAsExpected({ tables }: Restored): boolean {
  return tables.every(({ digest, expected }) => digest === expected);
}

/**
 * Writes tables of a backup into the session's keyspace. An empty table gets the original write times; one with rows
 * only what `way` says, at the present time. `backups` is the repository, bound to the session's cluster.
 */
export async function restoreTables(session: Session, backups: Backups, input: RestoreInput): Promise<Restored> {
  const { cluster, project } = session;
  let live = await cluster.describe(project.keyspace);
  const info = await chooseBackup(backups, input.choice, live.cluster);
  const contents = await backups.contents(info.id);
  if (contents === null) throw new TypeError(`backup ${info.id} vanished`);
  const planned = planRestore({ info, contents }, live, input);
  await assertMayReturn(project, { info, live, planned }, input);
  input.onPlan(previewOf(info, { cluster: live.cluster, keyspace: live.name }, planned));
  if (input.create && !input.dryRun && !live.exists) live = await ensureKeyspace(session);
  const restoring = planned.map((one) => new TableRestoring(session, backups, { how: input, one }));
  for (const one of restoring) await one.assertMayBegin();
  const tables: RestoredTable[] = [];
  for (const one of restoring) tables.push(await one.run());
  for (const one of restoring) await one.forget();
  const { id, createdAt, bytes } = info;
  const { dryRun } = input;
  return { backup: id, createdAt, cluster: live.cluster, keyspace: live.name, dryRun, tables, bytes };
}

/**
 * Throws `PII_UNWAIVED` for personal data of elsewhere that would come into a lower environment as it is. What was taken
 * from the very tables of this environment comes back.
 */
export async function assertMayReturn(
  project: Project,
  of: {
    readonly info: BackupInfo;
    readonly live: LiveKeyspace;
    readonly planned: readonly Pick<PlannedRestore, 'backup' | 'from' | 'into' | 'leaveOut' | 'renamed'>[];
  },
  { waivers, fromEnvironment }: Pick<RestoreInput, 'waivers' | 'fromEnvironment'>,
): Promise<void> {
  if (!project.lower) return;
  const { info, live, planned } = of;
  const same = fromEnvironment === null || fromEnvironment === project.environment;
  if (same && project.ownPlace && info.cluster === live.cluster && info.keyspace === live.name) return;
  const tags = await piiTags(project, 'ever');
  const what = `${project.environment ?? project.keyspace} is a lower environment, to which a restore brings it as it is`;
  for (const { backup, from, into, leaveOut, renamed } of planned) {
    const keys = keyColumns(from);
    const columns = from.columns
      .map(({ name }) => name)
      .filter((name) => keys.includes(name) || (backup.columns?.includes(name) ?? true))
      .filter((name) => !leaveOut.includes(name));
    assertWaived({ table: backup.table, columns, what }, tags, waivers);
    const written = columns.map((name) => own(renamed, name) ?? name);
    assertWaived({ table: into.name, columns: written, what }, tags, waivers);
  }
}

function previewOf(
  backup: BackupInfo,
  place: Pick<RestorePreview, 'cluster' | 'keyspace'>,
  planned: readonly PlannedRestore[],
): RestorePreview {
  return {
    backup,
    ...place,
    tables: planned.map(({ backup: { table, rows, staticRows = 0 }, into, create, differences, leaveOut }) => ({
      ...{ table, into: into.name, create, differences, leaveOut, rows, staticRows },
    })),
  };
}
