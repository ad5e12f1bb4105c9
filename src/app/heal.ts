import { emitDdl } from '../cql/ddl.ts';
import { CqlformError, exitCodes } from '../kernel/errors.ts';
import type { Ddl } from '../model/ddl.ts';
import type { LiveKeyspace } from '../model/live.ts';
import type { Column } from '../model/schema.ts';
import type { HeldLease } from '../ports/journal.ts';
import { dropTime } from '../runner/decide.ts';
import { type LeaseOptions, withLease } from './lease.ts';
import type { Session } from './session.ts';

const agreementTimeoutMs = 60_000;

/**
 * Makes a table readable again whose column was dropped while somebody wrote it: adds the column in its old shape and
 * drops it with a time after every cell that is there. `address` is `keyspace.table.column`.
 */
export async function healTable(session: Session, address: string, options: LeaseOptions): Promise<void> {
  await withLease(session, options, async (lease) => {
    const live = await session.cluster.describe(session.project.keyspace);
    const { table, column } = droppedColumn(address, live);
    await send(session, { kind: 'add-columns', table, columns: [column] }, { lease, dropTimestamp: null });
    const now = await session.cluster.describe(live.name);
    const whole = now.schema.tables[table];
    if (whole === undefined) throw notDropped(address);
    const newest = await session.rows.newestWriteTime({
      keyspace: live.name,
      table: whole,
      types: now.schema.types,
      columns: [column.name],
    });
    const dropTimestamp = String(dropTime(newest, session.clock.micros(), address));
    await send(session, { kind: 'drop-columns', table, columns: [column] }, { lease, dropTimestamp });
  });
}

function droppedColumn(address: string, live: LiveKeyspace): { readonly table: string; readonly column: Column } {
  const [keyspace, table = '', name = ''] = address.split('.');
  const dropped = live.facts[table]?.dropped.filter((one) => one.name === name).at(-1);
  const there = live.schema.tables[table]?.columns.some((column) => column.name === name);
  if (keyspace !== live.name || dropped === undefined || there === true) throw notDropped(address);
  return { table, column: { name, type: dropped.type, static: dropped.static } };
}

interface Sending {
  readonly lease: HeldLease;
  readonly dropTimestamp: string | null;
}

async function send({ cluster, project }: Session, ddl: Ddl, { lease, dropTimestamp }: Sending): Promise<void> {
  lease.assertHeld();
  const outcome = await cluster.execute(emitDdl(ddl, { keyspace: project.keyspace, tableId: null, dropTimestamp }));
  if (outcome.kind === 'unknown') await cluster.barrier();
  await cluster.agree(agreementTimeoutMs);
}

function notDropped(address: string): CqlformError {
  return new CqlformError('COLUMN_NOT_DROPPED', `${address} is not a column that was dropped`, {
    next: 'Give the address of a dropped column: keyspace.table.column.',
    exitCode: exitCodes.usage,
  });
}
