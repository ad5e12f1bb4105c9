import { Umzug } from 'umzug';
import { CqlformError, type ExitCode, exitCodes, reasonOf } from '../kernel/errors.ts';
import { canonicalJson, sha256 } from '../kernel/hash.ts';
import { own } from '../kernel/own.ts';
import type { Emit } from '../model/event.ts';
import type { MigrationEntry, RunEntry, StepEntry } from '../model/journal.ts';
import type { Section } from '../model/plan.ts';
import { emptySchema } from '../model/schema.ts';
import { applyChanges } from '../planner/apply-changes.ts';
import type { StateDocument } from '../ports/journal.ts';
import type { RunnerDeps, RunRequest } from './deps.ts';
import { laterThan, noState, standingOf } from './standing.ts';
import { assertMayGoOn, type FinishedStep, runStep } from './step.ts';
import { journalStorage } from './storage.ts';

/** Runs a plan that is already stored and whose lease is held. Safe to call again with the same run after any death. */
export async function runPlan(request: RunRequest, given: RunnerDeps): Promise<void> {
  const { plan, run } = request;
  let done = [...request.earlier.values()].filter((step) => step.state === 'done').length;
  const emit: Emit = (event) => {
    if (event.kind === 'step-done') done += 1;
    given.emit(event);
  };
  const deps = { ...given, emit };
  const begun = deps.clock.monotonic();
  const entry = await openRun(request, deps);
  const steps = plan.sections.reduce((sum, section) => sum + section.steps.length, 0);
  const resumed = request.earlier.size > 0;
  deps.emit({ kind: 'run-start', run, plan: plan.hash, direction: plan.kind, steps, resumed });
  try {
    for (const section of plan.sections) await runSection(section, request, deps);
  } catch (thrown) {
    const error = partly(innermost(thrown), done);
    await closeRun(entry, deps, error);
    throw error;
  }
  await closeRun(entry, deps, null);
  deps.emit({ kind: 'run-done', run, milliseconds: Math.round(deps.clock.monotonic() - begun) });
}

const plainEnds: readonly ExitCode[] = [exitCodes.error, exitCodes.consentMissing, exitCodes.blocked];

/** A run that stops after something was done ends otherwise than one that did nothing. */
function partly(thrown: unknown, done: number): unknown {
  if (!(thrown instanceof CqlformError) || done === 0 || !plainEnds.includes(thrown.exitCode)) return thrown;
  const { code, message, fields, where, retryable, cause } = thrown;
  const steps = done === 1 ? '1 step is' : `${done} steps are`;
  return new CqlformError(code, message, {
    next: `${thrown.next} ${steps} done: \`cqlform rollback\` takes back what the migration did.`,
    fields,
    ...(where === undefined ? {} : { where }),
    retryable,
    cause,
    exitCode: exitCodes.partlyApplied,
  });
}

async function openRun({ plan, run, actor }: RunRequest, deps: RunnerDeps): Promise<RunEntry> {
  const known = (await deps.journal.entries()).find((one) => one.kind === 'run' && one.id === run);
  const planHash = await deps.journal.putDocument(plan);
  const entry: RunEntry = {
    kind: 'run',
    id: run,
    direction: plan.kind,
    planHash,
    migrations: plan.sections.map((section) => section.migration),
    startedAt: known?.kind === 'run' ? known.startedAt : deps.clock.now().toISOString(),
    finishedAt: null,
    status: 'running',
    actor,
    error: null,
  };
  await deps.journal.write(entry);
  return entry;
}

async function closeRun(entry: RunEntry, deps: RunnerDeps, thrown: unknown): Promise<void> {
  const finishedAt = deps.clock.now().toISOString();
  if (thrown === null) return deps.journal.write({ ...entry, status: 'done', finishedAt });
  const code = thrown instanceof CqlformError ? thrown.code : 'UNEXPECTED';
  const step = thrown instanceof CqlformError ? String(thrown.fields['step'] ?? '') || null : null;
  const error = { code, message: reasonOf(thrown), step };
  try {
    await deps.journal.write({ ...entry, status: 'failed', finishedAt, error });
  } catch (second) {
    // Without the lease nothing can be recorded; the run stays `running`, which the next one treats as unfinished.
    deps.emit({ kind: 'warning', code: 'NOT_RECORDED', message: reasonOf(second), step: null });
  }
}

/** umzug wraps what a step throws. */
function innermost(thrown: unknown): unknown {
  return thrown instanceof Error && !(thrown instanceof CqlformError) && thrown.cause !== undefined
    ? innermost(thrown.cause)
    : thrown;
}

async function runSection(section: Section, request: RunRequest, deps: RunnerDeps): Promise<void> {
  const standing = standingOf(await deps.journal.entries());
  const known = standing.migrations.find((entry) => entry.id === section.migration);
  const target = request.plan.kind === 'apply' ? 'applied' : 'rolled-back';
  if (known?.run === request.run && known.status === target) return;
  const begun = await beginMigration(section, request, deps);
  await runSteps(section, request, deps);
  await settle(section, begun, { request, deps });
  deps.emit({ kind: 'migration-done', migration: section.migration, status: target });
}

async function runSteps(section: Section, request: RunRequest, deps: RunnerDeps): Promise<void> {
  const all = request.plan.sections.flatMap((one) => one.steps);
  const done = new Set([...request.earlier].filter(([, entry]) => entry.state === 'done').map(([step]) => step));
  const finished = new Map<string, FinishedStep>();
  const umzug = new Umzug({
    migrations: section.steps.map((step) => ({
      name: step.id,
      up: async () => {
        assertMayGoOn(request);
        deps.emit({ kind: 'step-start', step, number: all.indexOf(step) + 1, of: all.length });
        finished.set(step.id, await runStep({ step, section, request, deps, earlier: request.earlier.get(step.id) }));
      },
    })),
    storage: journalStorage(done, finished, async ({ entry, milliseconds }) => {
      await deps.journal.write(entry);
      tellDone(entry, milliseconds, deps);
    }),
    context: {},
    logger: undefined,
  });
  await umzug.up();
}

function tellDone(entry: StepEntry, milliseconds: number, deps: RunnerDeps): void {
  if (entry.result === null) return;
  const already = entry.result.kind === 'ddl' && entry.result.alreadyDone;
  deps.emit({ kind: 'step-done', step: entry.step, result: entry.result, milliseconds, already });
}

/** Marks the migration as half-way. Of a rollback the entry keeps what it was rolled back from. */
async function beginMigration(section: Section, request: RunRequest, deps: RunnerDeps): Promise<MigrationEntry> {
  const standing = standingOf(await deps.journal.entries());
  const known = standing.migrations.find((entry) => entry.id === section.migration);
  if (known?.status === 'partial' && known.run === request.run) return known;
  const stateBefore = standing.head === noState ? await emptyState(deps) : standing.head;
  const partialBefore = known?.status === 'partial';
  const entry: MigrationEntry = {
    kind: 'migration',
    id: section.migration,
    description: section.description,
    status: 'partial',
    schemaHash: section.schemaHash,
    codeHash: section.codeHash,
    ...(section.packages === undefined ? {} : { packages: section.packages }),
    ...(section.keys === undefined ? {} : { keys: section.keys }),
    ...(section.sourceHash === undefined ? {} : { sourceHash: section.sourceHash }),
    stateBefore,
    // Taking back what never became part of the recorded state leaves that state as it is.
    stateAfter: request.plan.kind === 'rollback' && partialBefore ? stateBefore : noState,
    run: request.run,
    planHash: sha256(canonicalJson(request.plan)),
    at: laterThan(standing, deps.clock.now()),
  };
  await deps.journal.write(entry);
  return entry;
}

async function settle(
  section: Section,
  begun: MigrationEntry,
  { request, deps }: { readonly request: RunRequest; readonly deps: RunnerDeps },
): Promise<void> {
  const before = (await deps.journal.getDocument(begun.stateBefore)) as StateDocument;
  const schema = begun.stateAfter === noState ? applyChanges(before.schema, section.changes) : before.schema;
  const live = await deps.cluster.describe(request.plan.target.keyspace);
  const managed = Object.keys(schema.tables);
  const tableIds = Object.fromEntries(managed.map((table) => [table, own(live.facts, table)?.id ?? 'absent']));
  const state: StateDocument = { kind: 'state', schema, tableIds };
  const standing = standingOf(await deps.journal.entries());
  await deps.journal.write({
    ...begun,
    status: request.plan.kind === 'apply' ? 'applied' : 'rolled-back',
    stateAfter: await deps.journal.putDocument(state),
    at: laterThan(standing, deps.clock.now()),
  });
}

function emptyState(deps: RunnerDeps): Promise<string> {
  const state: StateDocument = { kind: 'state', schema: emptySchema, tableIds: {} };
  return deps.journal.putDocument(state);
}
