import { CqlformError, exitCodes } from '../../kernel/errors.ts';
import { furthestFutureMicros, newestDrop } from '../decide.ts';
import type { WorkInput } from '../deps.ts';
import { spreadOf } from '../preflight-clocks.ts';
import { pause } from './pause.ts';

/** A drop is dated an hour ahead at most, unless a person healed a table by a later time. */
const longestWaitMicros = 2n * furthestFutureMicros;
const tellEveryMs = 1_000;

/** A column that comes back must not be written before the time at which it was dropped has passed on every node. */
export async function waitForOlderDrop(input: WorkInput<'ddl'>): Promise<void> {
  const { work, live, deps, step } = input;
  if (work.ddl.kind !== 'add-columns') return;
  const { table, columns } = work.ddl;
  const names = columns.map((column) => column.name);
  const dropped = newestDrop(names, live, table);
  if (dropped === 0n) return;
  // The clock is that of the node furthest ahead.
  const until = dropped + BigInt(Math.ceil(spreadOf(await deps.cluster.clocks()))) * 1000n;
  const first = until - deps.clock.micros();
  if (first < 0n) return;
  if (first > longestWaitMicros) throw droppedFarAhead(`${live.name}.${table}`, names, until);
  const total = Number(first / 1000n) + 1;
  const reason = `${names.map((name) => `${live.name}.${table}.${name}`).join(', ')} was dropped as of then, and what is written to it earlier stays hidden`;
  deps.emit({ kind: 'waiting', step: step.id, reason, until: timeOf(until), milliseconds: total });
  for (let left = first; left >= 0n; left = until - deps.clock.micros()) {
    await pause(input, Math.min(Number(left / 1000n) + 1, tellEveryMs));
    const done = total - Number((until - deps.clock.micros()) / 1000n);
    deps.emit({ kind: 'progress', step: step.id, progress: { unit: 'milliseconds', done, total } });
  }
}

function timeOf(micros: bigint): string {
  return new Date(Number(micros / 1000n)).toISOString();
}

function droppedFarAhead(table: string, names: readonly string[], until: bigint): CqlformError {
  const time = timeOf(until);
  return new CqlformError(
    'COLUMN_DROPPED_AHEAD',
    `${names.join(', ')} of ${table} was dropped as of ${time}: until then nothing that is written to it can be seen`,
    {
      next: 'Add a column of another name instead; `cqlform backup restore` brings a backup of the old one back into a table of another name.',
      fields: { table, columns: names, until: time },
      exitCode: exitCodes.blocked,
    },
  );
}
