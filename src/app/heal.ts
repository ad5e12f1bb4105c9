import { emitDdl } from '../cql/ddl.ts';
import { CqlformError, exitCodes } from '../kernel/errors.ts';
import { own } from '../kernel/own.ts';
import { shellWord } from '../kernel/shell.ts';
import type { Ddl } from '../model/ddl.ts';
import type { StateEntry } from '../model/journal.ts';
import type { LiveKeyspace } from '../model/live.ts';
import type { Column, Table } from '../model/schema.ts';
import type { HeldLease } from '../ports/journal.ts';
import { dropTimeAfter, furthestFutureMicros, newestDrop } from '../runner/decide.ts';
import { readBack } from '../runner/readable.ts';
import { laterThan, standingOf } from '../runner/standing.ts';
import { actorOf, newRunId } from './actor.ts';
import { type LeaseOptions, withLease } from './lease.ts';
import type { Session } from './session.ts';

const agreementTimeoutMs = 60_000;
/** How far ahead of now the column is dropped at least, one after the other until the table can be read. */
const aheadMicros = [0n, 600_000_000n, furthestFutureMicros];

export interface HealOptions extends LeaseOptions {
  /** Drop the columns at this time, however far ahead; null: within the hour. */
  readonly after: Date | null;
}

export interface Healed {
  readonly addresses: readonly string[];
  /** Until then whatever is written to a column of that name is not seen. */
  readonly droppedAt: Date;
}

/** Columns of one table. */
interface Wound {
  readonly addresses: readonly string[];
  readonly table: string;
  readonly columns: readonly Column[];
}

/**
 * Makes a table readable again whose columns were dropped while somebody wrote them: adds them in their old shape, drops
 * them with a later time, and reads the whole table; where it still cannot be read, with later times up to an hour ahead.
 * `addresses` are `keyspace.table.column`. Can be called again after any death.
 *
 * Throws `COLUMN_NOT_DROPPED`, and `TABLE_STILL_UNREADABLE` when no time was late enough.
 */
export async function healTable(session: Session, addresses: readonly string[], options: HealOptions): Promise<Healed> {
  return withLease(session, options, async (lease) => {
    const begun = await markOf(session, addresses);
    const wound = woundOf(addresses, await describe(session), begun !== null);
    const mark = begun ?? (await newMark(session, addresses));
    await session.journal.write(mark);
    const outcome = await heal(session, { lease, wound, after: options.after });
    await session.journal.write({
      ...mark,
      reason: `${outcome.healed ? 'healed' : 'not healed'} ${addresses.join(', ')}`,
    });
    if (!outcome.healed) throw stillUnreadable(addresses, outcome);
    return { addresses, droppedAt: dateOf(outcome.dropTime) };
  });
}

interface Healing {
  readonly lease: HeldLease;
  readonly wound: Wound;
  readonly after: Date | null;
}

type Outcome = { readonly healed: true; readonly dropTime: bigint } | Failure;

/** Times are in microseconds. */
interface Failure {
  readonly healed: false;
  /** The latest that the columns were dropped at; null: at none. */
  readonly dropTime: bigint | null;
  /** Of the cells that can be seen. */
  readonly newest: bigint | null;
}

async function heal(session: Session, healing: Healing): Promise<Outcome> {
  const { wound, after } = healing;
  // A drop is dated by the node furthest ahead, as in a run.
  await session.cluster.clocks();
  let tried: Failure = { healed: false, dropTime: null, newest: null };
  const { dropMarginMicros } = session.project;
  for (const ahead of after === null ? aheadMicros : [0n]) {
    await addAgain(session, healing);
    const newest = await newestOf(session, wound);
    const now = session.clock.micros();
    const asked = after === null ? now + ahead : BigInt(after.getTime()) * 1000n;
    const latest = after === null ? now + furthestFutureMicros : asked;
    tried = { ...tried, newest };
    // Later than that is for a person to say.
    if (newest !== null && newest > latest) break;
    const earliest = now + dropMarginMicros;
    const dropTime = dropTimeAfter(newest, asked > earliest ? asked : earliest);
    if (await dropAndRead(session, healing, dropTime)) return { healed: true, dropTime };
    tried = { ...tried, dropTime };
  }
  // With an early time again: a rollback has to wait for it before it brings the columns back.
  await addAgain(session, healing);
  await drop(session, healing, dropTimeAfter(null, session.clock.micros() + dropMarginMicros));
  return tried;
}

async function addAgain(session: Session, { lease, wound }: Healing): Promise<void> {
  const there = columnsOf(await describe(session), wound.table);
  const columns = wound.columns.filter((column) => !there.includes(column.name));
  if (columns.length > 0)
    await send(session, { kind: 'add-columns', table: wound.table, columns }, { lease, dropTime: null });
}

async function newestOf(session: Session, { addresses, table: name, columns }: Wound): Promise<bigint | null> {
  const live = await describe(session);
  const table = own(live.schema.tables, name);
  if (table === undefined) throw notDropped(addresses[0] ?? name);
  const names = columns.map((column) => column.name);
  return session.rows.newestWriteTime({ keyspace: live.name, table, types: live.schema.types, columns: names });
}

async function drop(session: Session, { lease, wound }: Healing, dropTime: bigint): Promise<Table> {
  const { table: name, columns, addresses } = wound;
  await send(session, { kind: 'drop-columns', table: name, columns }, { lease, dropTime });
  const live = await describe(session);
  const there = columnsOf(live, name);
  const table = own(live.schema.tables, name);
  const landed = columns.every(
    (column) => !there.includes(column.name) && newestDrop([column.name], live, name) === dropTime,
  );
  if (table !== undefined && landed) return table;
  throw new CqlformError(
    'HEAL_UNFINISHED',
    `${addresses.join(', ')} was added again, and the drop did not take effect`,
    {
      next: 'Run the same command again: it goes on with the drop.',
      retryable: true,
    },
  );
}

async function dropAndRead(session: Session, healing: Healing, dropTime: bigint): Promise<boolean> {
  const table = await drop(session, healing, dropTime);
  return (await readBack(session, { keyspace: session.project.keyspace, table })) === null;
}

function describe({ cluster, project }: Session): Promise<LiveKeyspace> {
  return cluster.describe(project.keyspace);
}

function columnsOf(live: LiveKeyspace, table: string): readonly string[] {
  return own(live.schema.tables, table)?.columns.map((column) => column.name) ?? [];
}

/** A column that is there was added by somebody who wants it, unless a healing began and did not end. */
function woundOf(addresses: readonly string[], live: LiveKeyspace, begun: boolean): Wound {
  const [, table = ''] = addresses[0]?.split('.') ?? [];
  const there = columnsOf(live, table);
  const columns = addresses.map((address) => {
    const [keyspace, of, name = ''] = address.split('.');
    const dropped = own(live.facts, table)
      ?.dropped.filter((one) => one.name === name)
      .at(-1);
    if (keyspace !== live.name || of !== table || dropped === undefined) throw notDropped(address);
    if (there.includes(name) && !begun) throw notDropped(address);
    return { name, type: dropped.type, static: dropped.static };
  });
  return { addresses, table, columns };
}

const begunWord = 'healing ';

/** What an earlier healing of these columns left in the ledger when it did not end. */
async function markOf({ journal }: Session, addresses: readonly string[]): Promise<StateEntry | null> {
  const entries = await journal.entries();
  const covers = ({ reason }: StateEntry): boolean => {
    const begun = reason.startsWith(begunWord) ? reason.slice(begunWord.length).split(', ') : [];
    return addresses.every((address) => begun.includes(address));
  };
  return entries.find((entry): entry is StateEntry => entry.kind === 'state' && covers(entry)) ?? null;
}

/** Moves no state: it tells a column that a healing added from one that somebody wants. */
async function newMark({ journal, clock }: Session, addresses: readonly string[]): Promise<StateEntry> {
  const standing = standingOf(await journal.entries());
  return {
    kind: 'state',
    id: newRunId(clock, standing),
    stateBefore: standing.head,
    stateAfter: standing.head,
    reason: `${begunWord}${addresses.join(', ')}`,
    actor: actorOf(),
    at: laterThan(standing, clock.now()),
  };
}

interface Sending {
  readonly lease: HeldLease;
  readonly dropTime: bigint | null;
}

async function send({ cluster, project }: Session, ddl: Ddl, { lease, dropTime }: Sending): Promise<void> {
  const dropTimestamp = dropTime === null ? null : String(dropTime);
  lease.assertHeld();
  const outcome = await cluster.execute(emitDdl(ddl, { keyspace: project.keyspace, tableId: null, dropTimestamp }));
  if (outcome.kind === 'unknown') await cluster.barrier();
  await cluster.agree(agreementTimeoutMs);
}

function dateOf(micros: bigint): Date {
  return new Date(Number(micros / 1000n));
}

function stillUnreadable(addresses: readonly string[], { dropTime, newest }: Failure): CqlformError {
  const flags = addresses.map((address) => ` --heal ${shellWord(address)}`).join('');
  const columns = addresses.join(', ');
  const tooNew = newest !== null && (dropTime === null || newest > dropTime) ? dateOf(newest).toISOString() : null;
  const late = tooNew === null ? `after ${dateOf(dropTime ?? 0n).toISOString()}` : `${tooNew} or later`;
  return new CqlformError(
    'TABLE_STILL_UNREADABLE',
    `the table of ${columns} still cannot be read: it has cells or deletions of what was dropped that are dated ${late}`,
    {
      next: `Bring the columns back with \`cqlform rollback\`, which makes the table readable. Or find how late they are dated (\`sstablemetadata\` tells the newest time in the table's files) and run \`cqlform resolve${flags} --after TIME\`: until TIME nothing that is written to columns of these names will be seen.`,
      fields: { addresses, newest: tooNew },
      exitCode: exitCodes.integrity,
    },
  );
}

function notDropped(address: string): CqlformError {
  return new CqlformError('COLUMN_NOT_DROPPED', `${address} is not a column that was dropped`, {
    next: 'Give the address of a dropped column, keyspace.table.column; columns that are healed together are of one table.',
    exitCode: exitCodes.usage,
  });
}
