import { keepsNothing, type Retention, retain } from '../backup/retention.ts';
import { CqlformError, exitCodes } from '../kernel/errors.ts';
import type { BackupInfo } from '../model/backup.ts';
import type { PruneReport } from '../ports/engines.ts';
import { type Standing, standingOf } from '../runner/standing.ts';
import { actorOf } from './actor.ts';
import { contentsNamed, listBackups, repositoryOf } from './backup.ts';
import type { Session } from './session.ts';
import { assertGoingOn } from './unrecorded.ts';

/** From the first listing of what nothing needs to its deletion. */
const graceMs = 24 * 60 * 60 * 1000;

export interface PruneInput {
  readonly store: string | undefined;
  readonly policy: Retention;
  /** Backups that go whatever the policy says; never those that a rollback needs. */
  readonly forget: readonly string[];
  readonly dryRun: boolean;
  /** Only backups that this scheduled job has made are looked at. Left out: all. */
  readonly schedule?: string;
  readonly signal: AbortSignal;
}

export interface PrunedBackup {
  readonly id: string;
  readonly createdAt: string;
  /** Why it stays; empty: it goes. */
  readonly reasons: readonly string[];
}

export interface Pruned extends PruneReport {
  readonly dryRun: boolean;
  /** The newest first; those of other keyspaces and clusters are left alone, and left out. */
  readonly backups: readonly PrunedBackup[];
}

/** Throws `RETENTION_EMPTY`, `BACKUP_NEEDED` and `BACKUP_UNKNOWN`. */
export async function pruneBackups(session: Session, input: PruneInput): Promise<Pruned> {
  const { project, cluster, clock } = session;
  if (input.forget.length === 0 && keepsNothing(input.policy)) throw emptyPolicy();
  const repository = await repositoryOf(session, input.store);
  const { found, damage } = await listBackups(repository, project.keyspace);
  if (damage !== null) throw damage;
  // What it is a backup of is told by its cluster, too.
  await cluster.describe(project.keyspace);
  const own = found
    .filter((one) => one.cluster === session.identity.name)
    .filter((one) => input.schedule === undefined || one.schedule === input.schedule);
  const needed = neededBy(standingOf(await session.journal.entries()));
  const backups = verdicts(own, { ...input, needed });
  const forget = backups.filter(({ reasons }) => reasons.length === 0).map(({ id }) => id);
  const report = await repository.prune({
    forget,
    now: clock.now(),
    graceMs,
    dryRun: input.dryRun,
    assertHeld: () =>
      assertGoingOn(input.signal, {
        message: `${actorOf()} stopped the pruning`,
        next: 'Run it again: it goes on with what is left.',
      }),
  });
  return { ...report, dryRun: input.dryRun, backups };
}

function verdicts(
  found: readonly BackupInfo[],
  { policy, forget, needed }: PruneInput & { readonly needed: ReadonlyMap<string, string> },
): readonly PrunedBackup[] {
  const unknown = forget.find((id) => found.every((one) => one.id !== id));
  if (unknown !== undefined) throw unknownBackup(unknown);
  const refused = forget.find((id) => needed.has(id));
  if (refused !== undefined) throw stillNeeded(refused, needed.get(refused) ?? '');
  const competing = found.map((one) => ({
    ...{ id: one.id, createdAt: one.createdAt, label: one.label },
    of: contentsNamed(one),
  }));
  const kept = keepsNothing(policy) ? null : new Map(retain(competing, policy).map(({ id, reasons }) => [id, reasons]));
  return found
    .map(({ id, createdAt }): PrunedBackup => {
      if (forget.includes(id)) return { id, createdAt, reasons: [] };
      const migration = needed.get(id);
      const asked = migration === undefined ? [] : [`rollback of ${migration} needs it`];
      return {
        id,
        createdAt,
        reasons: [...(kept?.get(id) ?? (kept === null ? ['no policy was given'] : [])), ...asked],
      };
    })
    .toSorted((a, b) => (a.createdAt < b.createdAt ? 1 : -1));
}

/** Backup → migration, for all that a rollback may restore: of every migration that has not been taken back whole. */
function neededBy({ steps, migrations }: Standing): ReadonlyMap<string, string> {
  const takenBack = new Set(migrations.filter(({ status }) => status === 'rolled-back').map(({ id }) => id));
  return new Map(
    steps.flatMap(({ migration, result }) =>
      result?.kind === 'backup' && !takenBack.has(migration) ? [[result.backup.id, migration] as const] : [],
    ),
  );
}

function emptyPolicy(): CqlformError {
  return new CqlformError('RETENTION_EMPTY', 'nothing says which backups are to be kept, so all of them would go', {
    next: 'Say it with --keep-last, --keep-daily and so on, or in the configuration (`backup.retention`); labels alone do not count, or whatever has none would go; --forget ID takes one away.',
    exitCode: exitCodes.usage,
  });
}

function unknownBackup(id: string): CqlformError {
  return new CqlformError('BACKUP_UNKNOWN', `there is no backup ${id} of this keyspace in this store`, {
    next: 'See `cqlform backup list`; --store names another store.',
    exitCode: exitCodes.usage,
  });
}

function stillNeeded(id: string, migration: string): CqlformError {
  return new CqlformError('BACKUP_NEEDED', `${id} is what a rollback of ${migration} restores`, {
    next: 'Keep it as long as that migration may be taken back.',
    fields: { backup: id, migration },
    exitCode: exitCodes.blocked,
  });
}
