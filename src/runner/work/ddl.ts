import { emitDdl } from '../../cql/ddl.ts';
import { CqlformError, exitCodes } from '../../kernel/errors.ts';
import { own } from '../../kernel/own.ts';
import { shellWord } from '../../kernel/shell.ts';
import type { Ddl } from '../../model/ddl.ts';
import type { StepResult } from '../../model/journal.ts';
import type { LiveKeyspace } from '../../model/live.ts';
import { holds } from '../../planner/holds.ts';
import { newestDrop } from '../decide.ts';
import type { WorkInput } from '../deps.ts';
import { readBack } from '../readable.ts';
import { waitForOlderDrop } from './older-drop.ts';

/** How often a statement is sent again after a barrier proved that it never landed. */
const sends = 3;

/** One schema statement: sent once at a time, its outcome read back from the server, found again by identity after a crash. */
export async function runDdl(input: WorkInput<'ddl'>): Promise<StepResult> {
  if (input.again && (await landed(input))) {
    await assertReadable(input);
    return done([], true);
  }
  assertAll(input, input.live, 'pre');
  await waitForOlderDrop(input);
  const warnings = await send(input, sends);
  assertAll(input, await input.deps.cluster.describe(input.live.name), 'post');
  await assertReadable(input);
  return done(warnings, false);
}

/**
 * Part of a drop's postcondition, whoever sent it and when: a cell or a deletion of the column that is dated after the
 * drop makes whole tables unreadable. Better found now than by a user.
 */
async function assertReadable({ work, deps, step, live: { name: keyspace } }: WorkInput<'ddl'>): Promise<void> {
  if (work.ddl.kind !== 'drop-columns') return;
  const table = own((await deps.cluster.describe(keyspace)).schema.tables, work.ddl.table);
  const cause = table === undefined ? null : await readBack(deps, { keyspace, table });
  if (table === undefined || cause === null) return;
  const addresses = work.ddl.columns.map((column) => `${keyspace}.${table.name}.${column.name}`);
  const heal = `\`cqlform resolve${addresses.map((address) => ` --heal ${shellWord(address)}`).join('')}\``;
  throw new CqlformError(
    'TABLE_UNREADABLE',
    `${keyspace}.${table.name} cannot be read since ${addresses.join(', ')} was dropped: somebody still writes it, or wrote or deleted it dated in the future`,
    {
      next: `Stop these writers, then run ${heal}: it adds the column again, drops it with a later time and reads the table; or \`cqlform rollback\`, which brings the column back.`,
      fields: { step: step.id, addresses },
      cause,
      exitCode: exitCodes.integrity,
    },
  );
}

function done(warnings: readonly string[], alreadyDone: boolean): StepResult {
  return { kind: 'ddl', warnings, alreadyDone };
}

async function send(input: WorkInput<'ddl'>, left: number): Promise<readonly string[]> {
  const { deps, context, live, work, decisions, request, step } = input;
  const statement = emitDdl(work.ddl, {
    keyspace: live.name,
    tableId: decisions.tableId,
    dropTimestamp: decisions.dropTimestamp,
  });
  context.assertHeld();
  const outcome = await deps.cluster.execute(statement);
  if (outcome.kind === 'done') {
    const milliseconds = await deps.cluster.agree(request.settings.agreementTimeoutMs);
    deps.emit({ kind: 'schema-agreement', step: step.id, milliseconds });
    for (const message of outcome.warnings)
      deps.emit({ kind: 'warning', code: 'SERVER_WARNING', message, step: step.id });
    return outcome.warnings;
  }
  deps.emit({
    kind: 'warning',
    code: 'DDL_UNKNOWN',
    message: `${outcome.reason}: looking at what the cluster did`,
    step: step.id,
  });
  if (await landed(input)) return [];
  if (left > 1) return send(input, left - 1);
  throw new CqlformError('DDL_TIMED_OUT', `${step.address}: the statement timed out and did not take effect`, {
    next: 'Run `cqlform apply` again: it continues at this step.',
    fields: { step: step.id, statement },
    retryable: true,
    exitCode: exitCodes.partlyApplied,
  });
}

/** After a barrier nothing that was sent earlier can still land: what the server states now is the outcome. */
async function landed(input: WorkInput<'ddl'>): Promise<boolean> {
  await input.deps.cluster.barrier();
  await input.deps.cluster.agree(input.request.settings.agreementTimeoutMs);
  return isDone(input, await input.deps.cluster.describe(input.live.name));
}

/** Whether the statement took effect, told by identity where names could deceive: table ids and the time of a drop. */
export function isDone(input: Pick<WorkInput<'ddl'>, 'work' | 'decisions'>, live: LiveKeyspace): boolean {
  const { work, decisions } = input;
  const { ddl } = work;
  if (!work.post.every((condition) => holds(condition, live) === null)) return false;
  if (ddl.kind === 'create-table') return live.facts[ddl.table.name]?.id === decisions.tableId;
  if (ddl.kind === 'drop-columns') return droppedAt(ddl, live) >= BigInt(decisions.dropTimestamp ?? '0');
  return true;
}

function droppedAt(ddl: Extract<Ddl, { kind: 'drop-columns' }>, live: LiveKeyspace): bigint {
  const times = ddl.columns.map((column) => newestDrop([column.name], live, ddl.table));
  return times.reduce((least, at) => (at < least ? at : least));
}

function assertAll(input: WorkInput<'ddl'>, live: LiveKeyspace, when: 'pre' | 'post'): void {
  const { step, work } = input;
  const broken = work[when].map((condition) => holds(condition, live)).filter((reason) => reason !== null);
  if (broken.length === 0) return;
  if (when === 'pre') {
    throw new CqlformError(
      'STEP_BLOCKED',
      `${step.address}: the keyspace is not as the plan found it: ${broken.join('; ')}`,
      {
        next: 'Look at `cqlform drift`; undo the change by hand, or run `cqlform rollback` and plan again.',
        fields: { step: step.id },
        exitCode: exitCodes.stalePlan,
      },
    );
  }
  throw new CqlformError(
    'POSTCONDITION_FAILED',
    `${step.address}: the server accepted the statement, but ${broken.join('; ')}`,
    {
      next: 'See the server warnings above (a guardrail may have ignored a property), then run `cqlform rollback` or mend it and run `cqlform apply` again.',
      fields: { step: step.id },
      exitCode: exitCodes.partlyApplied,
    },
  );
}
