import { RunRecords } from '../backup/run-records.ts';
import { assertMayDelete } from '../backup/stores/append-only.ts';
import { takeTurn } from '../backup/turn.ts';
import { CqlformError, exitCodes } from '../kernel/errors.ts';
import type { BackupInfo } from '../model/backup.ts';
import type { Progress } from '../model/event.ts';
import type { BlobStore } from '../ports/blobs.ts';
import type { VerifyReport } from '../ports/engines.ts';
import { actorOf } from './actor.ts';
import { listBackups, type OpenStore, storedBackups, withStores } from './backup.ts';
import { type CreateReport, createBackupsNow, keyspacesToBackUp, strategyNamed } from './backup-create.ts';
import { type DrillReport, drillBackup } from './backup-drill.ts';
import { type Pruned, pruneBackups } from './backup-prune.ts';
import { enginesOf, repositoryStore } from './engines.ts';
import { type HookName, runHook } from './hooks.ts';
import type { Project } from './project.ts';
import type { ScheduledJob, ScheduledWork } from './schedule-settings.ts';
import { type Session, withSession } from './session.ts';
import { chooseStore } from './store.ts';
import { assertGoingOn } from './unrecorded.ts';

/** What a run tells while it goes on. */
export type JobEvent =
  | { readonly kind: 'waiting'; readonly for: string }
  | { readonly kind: 'begun'; readonly due: string }
  | { readonly kind: 'hook'; readonly hook: HookName; readonly line: string }
  | { readonly kind: 'backup'; readonly report: CreateReport }
  | { readonly kind: 'pruned'; readonly keyspace: string; readonly report: Pruned }
  | { readonly kind: 'verified'; readonly report: VerifyReport }
  | { readonly kind: 'drilled'; readonly report: DrillReport }
  /** Somebody else has run it for this time, or a later one. */
  | { readonly kind: 'elsewhere'; readonly due: string }
  | { readonly kind: 'done'; readonly milliseconds: number };

export interface JobRun {
  readonly job: ScheduledJob;
  readonly due: Date;
  /** True: it is not run when the repository says that this time was run for. */
  readonly onlyIfDue: boolean;
  readonly giveUpAt: Date;
  readonly onEvent: (event: JobEvent) => void;
  readonly onProgress: (progress: Progress) => void;
  readonly signal: AbortSignal;
}

/** The records of a job's runs, in its repository. */
export function recordsOf(open: OpenStore, { name, store }: ScheduledJob): RunRecords {
  return new RunRecords(repositoryAt(open, store), {
    ...{ keyspace: open.project.keyspace, environment: open.project.environment },
    job: name,
  });
}

function repositoryAt(open: OpenStore, store: string | undefined): BlobStore {
  return repositoryStore(chooseStore(open.project, store).name, open);
}

/**
 * Runs a scheduled job once, when no other scheduled run is at work in its repository. What becomes of it is recorded
 * there, unless it was stopped: then it counts as not run. Throws what made it fail.
 */
export async function runScheduledJob(project: Project, run: JobRun): Promise<void> {
  const { job } = run;
  await withStores(project, [job.store], async (open) => {
    const store = repositoryAt(open, job.store);
    assertMayPrune(store, job);
    const turn = await takeTurn(store, open.clock, {
      ...{ owner: actorOf(), job: job.name, giveUpAt: run.giveUpAt },
      assertGoingOn: () => assertRunning(run),
      onWait: (who) => run.onEvent({ kind: 'waiting', for: who }),
    });
    try {
      await runInTurn(open, run);
    } finally {
      await turn.end();
    }
  });
}

async function runInTurn(open: OpenStore, run: JobRun): Promise<void> {
  const { job, onEvent, signal } = run;
  const records = recordsOf(open, job);
  const due = run.due.toISOString();
  const lastDue = run.onlyIfDue ? await records.lastDue() : null;
  if (lastDue !== null && lastDue >= run.due) {
    onEvent({ kind: 'elsewhere', due: lastDue.toISOString() });
    return;
  }
  onEvent({ kind: 'begun', due });
  const begun = open.clock.monotonic();
  const startedAt = open.clock.now().toISOString();
  const facts: Record<string, string> = { CQLFORM_SCHEDULE: job.name, CQLFORM_DUE: due };
  const hook = (name: HookName, until: AbortSignal): Promise<void> =>
    runHook(job.hooks, name, {
      ...{ folder: open.project.folder, facts, signal: until },
      onLine: (which, line) => onEvent({ kind: 'hook', hook: which, line }),
    });
  const record = (outcome: 'done' | 'failed', code: string | null): Promise<void> => {
    const finishedAt = open.clock.now().toISOString();
    return records.add({ due, startedAt, finishedAt, outcome, code, by: actorOf() });
  };
  try {
    await hook('before', signal);
    const ids = await work(open, run);
    if (ids.length > 0) facts['CQLFORM_BACKUPS'] = ids.join(' ');
    await hook('after', signal);
  } catch (thrown) {
    const code = thrown instanceof CqlformError ? thrown.code : 'UNEXPECTED';
    facts['CQLFORM_ERROR'] = code;
    // one that was stopped counts as not run
    if (!signal.aborted) await record('failed', code);
    // what fails here must not hide what failed before
    await hook('failed', new AbortController().signal).catch((failed: unknown) =>
      onEvent({ kind: 'hook', hook: 'failed', line: failed instanceof Error ? failed.message : String(failed) }),
    );
    assertRunning(run);
    throw thrown;
  }
  await record('done', null);
  onEvent({ kind: 'done', milliseconds: Math.round(open.clock.monotonic() - begun) });
}

function assertRunning({ job, signal }: JobRun): void {
  assertGoingOn(signal, {
    message: `${actorOf()} stopped ${job.name}`,
    next: 'It counts as not run: `cqlform backup run` makes up for it, and uses what is stored already.',
  });
}

/** Ids of the backups that were made. */
async function work(open: OpenStore, run: JobRun): Promise<readonly string[]> {
  const { work: what } = run.job;
  if (what.kind === 'verify') {
    await verifyNewest(open, run, what.share);
    return [];
  }
  const inSession = <T>(todo: (session: Session) => Promise<T>): Promise<T> =>
    open.session === null ? withSession(open.project, todo) : todo(open.session);
  return inSession(async (session) => {
    if (what.kind === 'backup') return backUp(session, run, what);
    if (what.kind === 'drill') await drill(session, run, what.tables);
    else await pruneKept(session, run, { policy: what.retention ?? session.project.retention });
    return [];
  });
}

async function backUp(
  session: Session,
  run: JobRun,
  what: Extract<ScheduledWork, { kind: 'backup' }>,
): Promise<readonly string[]> {
  const { job, onEvent, onProgress, signal } = run;
  const { project } = session;
  const keyspaces =
    what.keyspaces === 'all' ? await keyspacesToBackUp(session) : (what.keyspaces ?? [project.keyspace]);
  const ids: string[] = [];
  for (const keyspace of keyspaces) {
    const [report] = await createBackupsNow(session, [keyspace], {
      ...{ tables: what.tables, columns: null, to: job.store, label: what.label ?? job.name, schedule: job.name },
      strategy: what.strategy ?? strategyNamed(project, undefined),
      ...{ consistency: what.consistency, writeTimes: what.writeTimes, onProgress, signal },
    });
    if (report === undefined) continue;
    ids.push(report.id);
    onEvent({ kind: 'backup', report });
    if (what.retention === null) continue;
    const there = { ...session, project: { ...project, keyspace } };
    await pruneKept(there, run, { policy: what.retention, schedule: job.name });
  }
  return ids;
}

async function pruneKept(
  session: Session,
  { job, onEvent, signal }: JobRun,
  how: Pick<Parameters<typeof pruneBackups>[1], 'policy' | 'schedule'>,
): Promise<void> {
  const report = await pruneBackups(session, { ...how, store: job.store, forget: [], dryRun: false, signal });
  onEvent({ kind: 'pruned', keyspace: session.project.keyspace, report });
}

async function verifyNewest(open: OpenStore, run: JobRun, share: number): Promise<void> {
  const repository = await storedBackups(open, run.job.store);
  const { id } = newest((await listBackups(repository, open.project.keyspace)).found, open.project);
  const report = await repository.verify(
    id,
    (progress) => {
      assertRunning(run);
      run.onProgress(progress);
    },
    { share },
  );
  run.onEvent({ kind: 'verified', report });
  const [first] = report.damage;
  if (first === undefined) return;
  throw new CqlformError(
    'BACKUP_DAMAGED',
    `backup ${id} is damaged in ${report.damage.length} places, the first: ${first.object}: ${first.problem}`,
    {
      next: `Run \`cqlform backup verify ${id}\` for the whole list, and bring the objects back from a copy of the repository.`,
      fields: { backup: id },
      exitCode: exitCodes.integrity,
    },
  );
}

function newest(found: readonly BackupInfo[], { keyspace }: Project): BackupInfo {
  const last = found.at(-1);
  if (last !== undefined) return last;
  throw new CqlformError('BACKUP_UNKNOWN', `there is no backup of keyspace ${keyspace} in this store yet`, {
    next: 'Make one with `cqlform backup create`, or name the place of the backups in the schedule (`store`).',
    exitCode: exitCodes.usage,
  });
}

async function drill(session: Session, run: JobRun, tables: readonly string[]): Promise<void> {
  const { job, onEvent, onProgress, signal } = run;
  const { project } = session;
  const backups = enginesOf(session).backupsAt(chooseStore(project, job.store).name);
  const report = await drillBackup(session, backups, {
    choice: { id: null, label: null, at: null, tables, keyspace: project.keyspace, cluster: null },
    ...{ tables, fromEnvironment: null, waivers: {}, onProgress, signal },
  });
  onEvent({ kind: 'drilled', report });
  if (report.matches) return;
  const wrong = report.tables.filter(({ matches }) => !matches).map(({ table, problem }) => `${table}: ${problem}`);
  throw new CqlformError(
    'DRILL_FAILED',
    `backup ${report.backup} does not restore to what it was: ${wrong.join('; ')}`,
    {
      next: `Run \`cqlform backup verify ${report.backup}\`, and make another backup.`,
      fields: { backup: report.backup },
      exitCode: exitCodes.integrity,
    },
  );
}

/** Throws `STORE_APPEND_ONLY` before anything is begun, rather than after a backup. */
function assertMayPrune(store: BlobStore, { name, work: what }: ScheduledJob): void {
  if (what.kind === 'prune' || (what.kind === 'backup' && what.retention !== null))
    assertMayDelete(store, `${name} would prune, which nobody may there`);
}
