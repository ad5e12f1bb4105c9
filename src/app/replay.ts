import { stat } from 'node:fs/promises';
import { basename, dirname, resolve } from 'node:path';
import { loadMigration } from '../analysis/load-migration.ts';
import { CqlformError, exitCodes, reasonOf } from '../kernel/errors.ts';
import { own } from '../kernel/own.ts';
import type { Progress } from '../model/event.ts';
import type { CopyAccounts, MigrationEntry, ReplayEntry, StepEntry } from '../model/journal.ts';
import { rejectsName } from '../runner/rejects-name.ts';
import { newestAttempt, type Standing, standingOf } from '../runner/standing.ts';
import { actorOf, newRunId } from './actor.ts';
import { check, checkFailed, errorsAmong } from './check.ts';
import { recordMigrationSources } from './check-ledger.ts';
import { type Copied, copiesOf, copyAgain, goneColumns } from './copied-steps.ts';
import { enginesOf } from './engines.ts';
import { withLease } from './lease.ts';
import { migrationFile } from './migration-files.ts';
import type { Session } from './session.ts';
import { unfinishedError } from './unfinished.ts';
import { assertGoingOn, unrecorded } from './unrecorded.ts';

const whenStopped = {
  message: 'stopped at your request',
  next: 'Run the same `cqlform replay` again: it writes the same rows.',
};

export interface ReplayOptions {
  /** The rejects file of a data step, or of an earlier replay of it. */
  readonly file: string;
  /** Where the file's name does not tell the step: a migration with one data step, or the step's id. Null: by its name. */
  readonly migration: string | null;
  /** Goes through the migration's row functions as they are now, and records them as its code. */
  readonly amend: boolean;
  readonly leaseTimeoutMs: number;
  readonly onProgress: (progress: Progress) => void;
  readonly signal: AbortSignal;
}

export interface ReplayReport {
  readonly migration: string;
  readonly step: string;
  readonly replay: string;
  /** True when the migration's code was recorded anew. */
  readonly amended: boolean;
  readonly accounts: CopyAccounts;
}

/**
 * Takes rejected rows through the data step that rejected them, after it or they were mended. Written at the copy's own
 * times, so that what the application wrote since stays. Throws `REJECTS_UNKNOWN` for a file that no applied step left.
 */
export async function replay(session: Session, options: ReplayOptions): Promise<ReplayReport> {
  const file = resolve(options.file);
  await assertThere(file);
  const leased = { leaseTimeoutMs: options.leaseTimeoutMs, signal: options.signal, emit: () => undefined };
  return withLease(session, leased, async (lease) => {
    const standing = standingOf(await session.journal.entries());
    if (standing.unfinished !== null) throw unfinishedError(standing.unfinished);
    const found = await stepOf(session, standing, { file, named: options.migration });
    const { entry, amended } = await codeOf(session, found.migration, options.amend);
    const copied = { ...found.copied, section: { ...found.copied.section, ...codeIn(entry) } };
    const begun = beginning(copied, found.entry, { standing, codeHash: entry.codeHash, session });
    const assertHeld = (): void => {
      assertGoingOn(options.signal, whenStopped);
      lease.assertHeld();
    };
    const replaying = { standing, begun, file, entry: found.entry, assertHeld, onProgress: options.onProgress };
    const work = await workOf(session, copied, replaying);
    if (amended) await session.journal.write(entry);
    await session.journal.write(begun);
    const accounts = await recorded(session, begun, work);
    return { migration: entry.id, step: copied.step.id, replay: begun.id, amended, accounts };
  });
}

/** Whatever becomes of the work stands in the ledger. */
async function recorded(
  session: Session,
  begun: ReplayEntry,
  work: () => Promise<CopyAccounts>,
): Promise<CopyAccounts> {
  const ended = (): string => session.clock.now().toISOString();
  let accounts: CopyAccounts;
  try {
    accounts = await work();
  } catch (thrown) {
    const error = { code: thrown instanceof CqlformError ? thrown.code : 'UNEXPECTED', message: reasonOf(thrown) };
    // without the lease nothing can be recorded; the first error is the one to tell
    await session.journal.write({ ...begun, status: 'failed', finishedAt: ended(), error }).catch(() => undefined);
    throw thrown;
  }
  await session.journal.write({ ...begun, status: 'done', finishedAt: ended(), accounts });
  return accounts;
}

interface Replaying {
  readonly standing: Standing;
  readonly begun: ReplayEntry;
  readonly file: string;
  readonly entry: StepEntry;
  readonly assertHeld: () => void;
  readonly onProgress: (progress: Progress) => void;
}

async function workOf(
  session: Session,
  { section, step }: Copied,
  { standing, begun, file, entry, assertHeld, onProgress }: Replaying,
): Promise<() => Promise<CopyAccounts>> {
  const { project, cluster } = session;
  const live = await cluster.describe(project.keyspace);
  const into = own(live.schema.tables, step.work.into.name);
  const from = step.work.from === null ? null : own(live.schema.tables, step.work.from.name);
  if (into === undefined || from === undefined) {
    throw notAsItWas(step.id, into === undefined ? step.work.into.name : (step.work.from?.name ?? ''));
  }
  const again = await copyAgain(session, { section, step, from, into, entry, standing, live });
  const gone = goneColumns(again);
  if (gone.length > 0) throw notAsItWas(step.id, gone.join(', '));
  const context = {
    keyspace: live.name,
    types: live.schema.types,
    onProgress,
    assertHeld,
    ...unrecorded,
    attempt: begun.attempt,
  };
  const rejectsFile = rejectsName(project.stateFolder, { run: begun.id, step: step.id });
  return () => enginesOf(session).copier.replay({ ...again, replayed: file, rejectsFile }, context);
}

/** Its attempt is later than every earlier one, so that what is mended twice is as it was mended last. */
function beginning(
  { step, section }: Copied,
  entry: StepEntry,
  about: { readonly standing: Standing; readonly codeHash: string | null; readonly session: Session },
): ReplayEntry {
  return {
    kind: 'replay',
    id: newRunId(about.session.clock, about.standing),
    run: entry.run,
    step: step.id,
    migration: section.migration,
    codeHash: about.codeHash,
    attempt: newestAttempt(about.standing, entry) + 1,
    startedAt: about.session.clock.now().toISOString(),
    finishedAt: null,
    status: 'running',
    actor: actorOf(),
    accounts: null,
    error: null,
  };
}

interface Found {
  readonly migration: MigrationEntry;
  readonly copied: Copied;
  readonly entry: StepEntry;
}

/** The step that left the file: by the name that runs and replays give their rejects files, or by what the user says. */
async function stepOf(
  session: Session,
  standing: Standing,
  { file, named }: { readonly file: string; readonly named: string | null },
): Promise<Found> {
  const steps: Found[] = [];
  for (const migration of standing.applied) {
    if (migration.status !== 'applied') continue;
    for (const copied of await copiesOf(session, standing, migration)) {
      const { entry } = copied;
      if (entry?.result?.kind === 'data' && !entry.result.skipped) steps.push({ migration, copied, entry });
    }
  }
  const replays = new Map(standing.replays.map((one) => [one.id, one.run]));
  // A pass over changes leaves its rejects under the run's id and its own number.
  const left = basename(dirname(file)).replace(/\.\d+$/, '');
  const run = replays.get(left) ?? left;
  const chosen = steps.filter(({ migration, copied, entry }) =>
    named === null
      ? entry.run === run && basename(file) === basename(rejectsName('', { run, step: copied.step.id }))
      : migration.id === named || copied.step.id === named,
  );
  const [found, ...others] = chosen;
  if (found !== undefined && others.length === 0) return found;
  throw unknownRejects(
    file,
    named,
    (chosen.length > 0 ? chosen : steps).map(({ copied }) => copied.step.id),
  );
}

/** The migration's entry with the code that rows are to go through now. Throws `CODE_CHANGED` where that needs a word. */
async function codeOf(
  session: Session,
  entry: MigrationEntry,
  amend: boolean,
): Promise<{ readonly entry: MigrationEntry; readonly amended: boolean }> {
  const file = await migrationFile(session.project, entry.id);
  const now = await loadMigration(file);
  const edited = now.codeHash !== entry.codeHash;
  if (now.schemaHash !== entry.schemaHash || (edited && !amend)) throw codeChanged(entry.id, edited);
  if (!edited) return { entry, amended: false };
  const report = await check(session.project, { fix: true });
  const wrong = errorsAmong(report.diagnostics);
  if (wrong.length > 0) throw checkFailed(wrong, session.project);
  const { packages: _, sourceHash: __, ...rest } = entry;
  const { codeHash, sourceHash, packages } = now;
  await recordMigrationSources(session, file, now);
  const amended = {
    ...rest,
    codeHash,
    ...(sourceHash === undefined ? {} : { sourceHash }),
    ...(packages === undefined ? {} : { packages }),
  };
  return { entry: amended, amended: true };
}

function codeIn({ codeHash, packages }: MigrationEntry): Pick<MigrationEntry, 'codeHash' | 'packages'> {
  return { codeHash, ...(packages === undefined ? {} : { packages }) };
}

async function assertThere(file: string): Promise<void> {
  const there = await stat(file).then(
    (facts) => facts.isFile(),
    () => false,
  );
  if (there) return;
  throw new CqlformError('REJECTS_UNREADABLE', `there is no rejects file ${file}`, {
    next: 'Name the file that the run told of; by default it is in .cqlform/rejects.',
    fields: { file },
    exitCode: exitCodes.usage,
  });
}

function unknownRejects(file: string, named: string | null, steps: readonly string[]): CqlformError {
  const what =
    named === null
      ? `${file} is not the rejects file of an applied data step`
      : `${named} is not one applied data step`;
  return new CqlformError('REJECTS_UNKNOWN', what, {
    next:
      steps.length === 0
        ? 'No applied migration has moved data; rows that a load rejected go through `cqlform load … --replay FILE`.'
        : `Say which with --migration: ${steps.join(', ')}. Rows that a load rejected go through \`cqlform load … --replay FILE\`.`,
    fields: { file, steps },
    exitCode: exitCodes.usage,
  });
}

function codeChanged(id: string, edited: boolean): CqlformError {
  const message = edited
    ? `the row functions of ${id} are not those that rejected the rows`
    : `${id} is not the file that was applied: what it declares has changed`;
  return new CqlformError('CODE_CHANGED', message, {
    next: edited
      ? 'If that is the fix, say --amend: the rows go through the functions as they are now, and the ledger records them.'
      : 'Take the edit back: a replay may mend row functions only.',
    fields: { migration: id },
    exitCode: exitCodes.stalePlan,
  });
}

function notAsItWas(step: string, gone: string): CqlformError {
  return new CqlformError(
    'REPLAY_IMPOSSIBLE',
    `${step} cannot be run for its rejected rows: ${gone} is not there any more`,
    {
      next: 'A later change took it away: write the rows with a new migration, or with `cqlform load`.',
      fields: { step },
      exitCode: exitCodes.blocked,
    },
  );
}
