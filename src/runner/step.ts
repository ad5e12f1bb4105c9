import { CqlformError, exitCodes, reasonOf } from '../kernel/errors.ts';
import { match } from '../kernel/match.ts';
import type { StepDecisions, StepEntry, StepResult } from '../model/journal.ts';
import type { LiveKeyspace } from '../model/live.ts';
import type { Section } from '../model/plan.ts';
import type { Step, Work } from '../model/step.ts';
import type { WorkContext } from '../ports/engines.ts';
import { decide } from './decide.ts';
import type { RunnerDeps, RunRequest, WorkInput } from './deps.ts';
import { runDdl } from './work/ddl.ts';
import { runBackup, runCompare, runCopyTable, runData, runRestore } from './work/rows.ts';
import { runWait } from './work/wait.ts';

export interface StepInput {
  readonly step: Step;
  readonly section: Section;
  readonly request: RunRequest;
  readonly deps: RunnerDeps;
  readonly earlier: StepEntry | undefined;
}

/** What a finished step leaves to be recorded as done. */
export interface FinishedStep {
  readonly entry: StepEntry;
  readonly milliseconds: number;
}

/** Runs one step: its decisions and `started` are recorded first, so a run that dies at any point knows where it was. */
export async function runStep(input: StepInput): Promise<FinishedStep> {
  const { step, deps, request } = input;
  const begun = deps.clock.monotonic();
  const live = await deps.cluster.describe(request.plan.target.keyspace);
  const decisions = await decide({ step, request, deps, live }, input.earlier);
  const started = startedEntry(input, decisions);
  await deps.journal.write(started);
  try {
    const result = await work(input, await workInput(input, decisions, live));
    const finishedAt = deps.clock.now().toISOString();
    const milliseconds = Math.round(deps.clock.monotonic() - begun);
    return { entry: { ...started, state: 'done', finishedAt, result }, milliseconds };
  } catch (thrown) {
    await recordFailure(input, started, thrown);
    throw thrown;
  }
}

function startedEntry({ step, section, request }: StepInput, decisions: StepDecisions): StepEntry {
  return {
    kind: 'step',
    run: request.run,
    step: step.id,
    migration: section.migration,
    state: 'started',
    decisions,
    finishedAt: null,
    result: null,
    error: null,
  };
}

async function recordFailure({ deps }: StepInput, started: StepEntry, thrown: unknown): Promise<void> {
  const code = thrown instanceof CqlformError ? thrown.code : 'UNEXPECTED';
  const finishedAt = deps.clock.now().toISOString();
  const error = { code, message: reasonOf(thrown) };
  try {
    await deps.journal.write({ ...started, state: 'failed', finishedAt, error });
  } catch (second) {
    // The step stays `started` in the journal, which a later run treats alike.
    const lost = second instanceof CqlformError && second.code === 'LEASE_LOST';
    deps.emit({ kind: 'warning', code: 'NOT_RECORDED', message: reasonOf(lost ? thrown : second), step: started.step });
    // Without the lease, whatever went wrong may be another run's doing; else the first error is the one to tell.
    if (lost) throw second;
  }
}

function work(input: StepInput, given: WorkInput): Promise<StepResult> {
  const narrow = <K extends Work['kind']>(kind: Extract<Work, { kind: K }>): WorkInput<K> => ({ ...given, work: kind });
  return match(input.step.work, {
    ddl: (one) => runDdl(narrow<'ddl'>(one)),
    backup: (one) => runBackup(narrow<'backup'>(one)),
    restore: (one) => runRestore(narrow<'restore'>(one)),
    data: (one) => runData(narrow<'data'>(one)),
    'copy-table': (one) => runCopyTable(narrow<'copy-table'>(one)),
    compare: (one) => runCompare(narrow<'compare'>(one)),
    wait: (one) => runWait(narrow<'wait'>(one)),
  });
}

async function workInput(input: StepInput, decisions: StepDecisions, live: LiveKeyspace): Promise<WorkInput> {
  const { step, section, request, deps, earlier } = input;
  const again = earlier !== undefined;
  const context = await workContext(input, decisions, live);
  return { work: step.work, step, section, request, deps, decisions, live, context, again };
}

async function workContext(input: StepInput, decisions: StepDecisions, live: LiveKeyspace): Promise<WorkContext> {
  const { step, request, deps, earlier } = input;
  const { run } = request;
  const { attempt } = decisions;
  return {
    keyspace: request.plan.target.keyspace,
    types: live.schema.types,
    attempt,
    onProgress: (progress) => deps.emit({ kind: 'progress', step: step.id, progress }),
    assertHeld: () => assertMayGoOn(request),
    finished: earlier === undefined ? [] : await deps.journal.checkpoints(run, step.id),
    checkpoint: (range, state, more) =>
      deps.journal.writeCheckpoint({ run, step: step.id, attempt, range, state, ...more }),
  };
}

/** Throws when the lease is lost or the user interrupted. */
export function assertMayGoOn(request: RunRequest): void {
  request.lease.assertHeld();
  if (!request.signal.aborted) return;
  throw new CqlformError('INTERRUPTED', 'stopped at your request, between two statements', {
    next: 'Run `cqlform apply` to go on from here, or `cqlform rollback` to take it back.',
    exitCode: exitCodes.interrupted,
  });
}
