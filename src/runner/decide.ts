import { CqlformError, exitCodes } from '../kernel/errors.ts';
import { hashOf, uuidV5 } from '../kernel/hash.ts';
import { own } from '../kernel/own.ts';
import type { StepDecisions, StepEntry } from '../model/journal.ts';
import type { LiveKeyspace } from '../model/live.ts';
import { keyColumns } from '../model/schema.ts';
import type { Step, Work } from '../model/step.ts';
import type { RunnerDeps, RunRequest } from './deps.ts';

const microsPerMilli = 1_000n;
/** A clock may be this much ahead; a time beyond it is a mistake of units or a trick to win every conflict. */
export const furthestFutureMicros = 3_600_000_000n;
const tableIdNamespace = '6f2c1f0e-6a5e-5b1c-9c0a-2f6f7d0a51c3';

interface DecideInput {
  readonly step: Step;
  readonly request: RunRequest;
  readonly deps: RunnerDeps;
  readonly live: LiveKeyspace;
}

/**
 * What a step must not decide twice. An earlier attempt's decisions stand; only the attempt counts up. A drop that took
 * effect and was undone since is decided anew: repeated at its old time it would leave the table unreadable.
 */
export async function decide(input: DecideInput, earlier: StepEntry | undefined): Promise<StepDecisions> {
  if (earlier !== undefined) {
    const decisions = { ...earlier.decisions, attempt: earlier.decisions.attempt + 1 };
    return isUndone(input, earlier.decisions) ? { ...decisions, dropTimestamp: await dropTimestamp(input) } : decisions;
  }
  const { step, request, live, deps } = input;
  return {
    tableId: newTableId(step.work, `${request.run}/${step.id}`),
    dropTimestamp: await dropTimestamp(input),
    writeTimestamp: await writeTimestamp(input),
    tableIds: Object.fromEntries(Object.entries(live.facts).map(([table, facts]) => [table, facts.id])),
    attempt: 1,
    startedAt: deps.clock.now().toISOString(),
  };
}

/** True of a column that is there although it was dropped at the decided time or later. */
function isUndone({ step: { work }, live }: DecideInput, { dropTimestamp: decided }: StepDecisions): boolean {
  if (work.kind !== 'ddl' || work.ddl.kind !== 'drop-columns' || decided === null) return false;
  const { table, columns } = work.ddl;
  const there = own(live.schema.tables, table)?.columns.map((column) => column.name) ?? [];
  return columns.some(({ name }) => there.includes(name) && newestDrop([name], live, table) >= BigInt(decided));
}

function newTableId(work: Work, identity: string): string | null {
  if (work.kind !== 'ddl' || work.ddl.kind !== 'create-table') return null;
  return uuidV5(tableIdNamespace, hashOf([identity, work.ddl.table.name]));
}

async function dropTimestamp({ step, request, deps, live }: DecideInput): Promise<string | null> {
  const { work } = step;
  if (work.kind !== 'ddl' || work.ddl.kind !== 'drop-columns') return null;
  const table = own(live.schema.tables, work.ddl.table);
  if (table === undefined) return null;
  const there = new Set(table.columns.map((column) => column.name));
  const newest = await deps.rows.newestWriteTime({
    keyspace: live.name,
    table,
    types: live.schema.types,
    columns: work.ddl.columns.map((column) => column.name).filter((name) => there.has(name)),
  });
  const now = deps.clock.micros();
  assertNotInTheFuture(newest, now, `${live.name}.${table.name}`);
  return String(dropTimeAfter(newest, now + request.settings.dropMarginMicros));
}

/** The first whole millisecond that is not before `earliest` and after the newest cell. Microseconds. */
export function dropTimeAfter(newest: bigint | null, earliest: bigint): bigint {
  return wholeMilliseconds(newest === null || newest < earliest ? earliest : newest + 1n);
}

/** Throws `FUTURE_WRITE_TIMES` when the newest cell of the columns is more than an hour ahead. Microseconds. */
export function assertNotInTheFuture(newest: bigint | null, now: bigint, address: string): void {
  if (newest !== null && newest > now + furthestFutureMicros) throw writtenInTheFuture(newest, address);
}

function writtenInTheFuture(newest: bigint, address: string): CqlformError {
  const date = new Date(Number(newest / 1000n));
  const when = Number.isNaN(date.getTime()) ? `${newest} microseconds` : date.toISOString();
  return new CqlformError(
    'FUTURE_WRITE_TIMES',
    `${address} has cells of the column dated ${when}: dropping it after them would hide whatever is written to it again until then`,
    {
      next: 'Find who writes with such timestamps; copy the rows into a new table with present times, then drop the old one.',
      fields: { address, newest: String(newest) },
      exitCode: exitCodes.blocked,
    },
  );
}

/** Rounded up: the server keeps a drop's time in milliseconds and applies it in microseconds. */
function wholeMilliseconds(micros: bigint): bigint {
  return ((micros + microsPerMilli - 1n) / microsPerMilli) * microsPerMilli;
}

async function writeTimestamp({ step, deps, live }: DecideInput): Promise<string | null> {
  const { work } = step;
  if (work.kind === 'data' || work.kind === 'copy-table') return String(deps.clock.micros());
  if (work.kind !== 'restore') return null;
  if (work.mode === 're-added') return String(newestDrop(work.scope.columns ?? [], live, work.scope.table.name) + 1n);
  const table = own(live.schema.tables, work.scope.table.name);
  if (work.mode === 'new-table' || table === undefined) return String(deps.clock.micros());
  const columns = table.columns.map((column) => column.name).filter((name) => !keyColumns(table).includes(name));
  const newest = await deps.rows.newestWriteTime({ keyspace: live.name, table, types: live.schema.types, columns });
  const now = deps.clock.micros();
  return String(newest === null || newest < now ? now : newest + 1n);
}

/** The latest time at which one of the columns was dropped, in microseconds; 0 when none was. */
export function newestDrop(columns: readonly string[], live: LiveKeyspace, table: string): bigint {
  const dropped = own(live.facts, table)?.dropped ?? [];
  return dropped
    .filter((one) => columns.includes(one.name))
    .map((one) => BigInt(one.droppedAt))
    .reduce((latest, at) => (at > latest ? at : latest), 0n);
}
