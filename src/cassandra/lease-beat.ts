import { setTimeout as wait } from 'node:timers/promises';
import { parentPort, workerData } from 'node:worker_threads';
import { type Connection, type ConnectOptions, connect } from './connect.ts';
import { type CasOutcome, compareAndSet, journalTable } from './journal-row.ts';
import { LeaseDeadline, leaseEnds, moment } from './lease-deadline.ts';

/** What the heartbeat is told when it starts. */
export interface BeatOrder {
  readonly options: ConnectOptions;
  readonly ledgerKeyspace: string;
  readonly keyspace: string;
  readonly deadline: SharedArrayBuffer;
  readonly beatMs: number;
  readonly takeoverMs: number;
}

/** What it is told later: the lease is taken, or it is over. */
export type BeatMessage = { readonly kind: 'held'; readonly fence: bigint } | { readonly kind: 'stop' };

const retryMs = 200;

// The heartbeat of a lease, in a thread of its own, so that a main thread that computes for long keeps the lease, while
// a process that is stopped loses it.
if (parentPort !== null) {
  const port = parentPort;
  const order: BeatOrder = workerData;
  const stopped = new AbortController();
  const held = Promise.withResolvers<bigint>();
  port.on('message', (message: BeatMessage) => {
    if (message.kind === 'held') held.resolve(message.fence);
    else stopped.abort();
  });
  await run(order, held.promise, stopped.signal);
  port.close();
}

async function run(order: BeatOrder, held: Promise<bigint>, stopped: AbortSignal): Promise<void> {
  const connection = await connected(order, stopped);
  if (connection === null) return;
  try {
    const fence = await Promise.race([held, aborted(stopped)]);
    if (fence !== null) await beat(connection, { order, fence, stopped });
  } finally {
    await connection.shutdown();
  }
}

async function connected(order: BeatOrder, stopped: AbortSignal): Promise<Connection | null> {
  while (!stopped.aborted) {
    try {
      return await connect({ ...order.options, connectionsPerNode: 1 });
    } catch {
      // Tried again: the deadline tells the main thread when it is too late.
      await pause(retryMs, stopped);
    }
  }
  return null;
}

interface Beating {
  readonly order: BeatOrder;
  readonly fence: bigint;
  readonly stopped: AbortSignal;
}

async function beat(connection: Connection, { order, fence, stopped }: Beating): Promise<void> {
  const deadline = new LeaseDeadline(order.deadline);
  const table = journalTable({ client: connection.client, ...order });
  const statement = `UPDATE ${table} SET beat = ? WHERE keyspace_name = ? IF fence = ?`;
  const timeoutMs = Math.max(500, Math.floor(order.takeoverMs / 3));
  for (let count = 1n; !stopped.aborted; count++) {
    const sent = moment();
    const outcome = await compareAndSet(connection.client, statement, {
      params: [count, order.keyspace, fence],
      timeoutMs,
    }).catch((reason: unknown): CasOutcome => ({ kind: 'unknown', reason }));
    if (outcome.kind === 'refused') return deadline.end(leaseEnds.taken);
    if (outcome.kind === 'applied') deadline.renew(sent, order.takeoverMs);
    await pause(outcome.kind === 'applied' ? order.beatMs : retryMs, stopped);
  }
}

async function pause(milliseconds: number, signal: AbortSignal): Promise<void> {
  await wait(milliseconds, undefined, { signal }).catch(() => undefined);
}

function aborted(signal: AbortSignal): Promise<null> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve(null);
    signal.addEventListener('abort', () => resolve(null), { once: true });
  });
}
