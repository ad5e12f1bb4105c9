import type { Client, Host } from 'cassandra-driver';

/** One of a node's thread pools, as `system_views.thread_pools` has it. */
export interface Pool {
  readonly name: string;
  readonly limit: number;
  readonly pending: number;
  readonly blocked: number;
}

/** What a node says of itself. */
export interface ServerLoad {
  readonly address: string;
  readonly pools: readonly Pool[];
  /** Bytes that running compactions still have to read. */
  readonly compacting: number;
}

/** What it asks of those who write: `factor` of their usual concurrency, from 0 (none) to 1. */
export interface Pressure {
  readonly factor: number;
  readonly why: string;
}

/** Tasks that wait for each thread of a pool, from which on writers are slowed down, and held. */
export interface PressureLimits {
  readonly slow: number;
  readonly hold: number;
}

/** Requests and mutations wait in short queues all the time; a compaction that waits, waits long. */
const requestPools: ReadonlySet<string> = new Set([
  'MutationStage',
  'Native-Transport-Requests',
  'CounterMutationStage',
]);
const diskPools: ReadonlySet<string> = new Set(['CompactionExecutor', 'MemtableFlushWriter']);
export const usualLimits: { readonly requests: PressureLimits; readonly disk: PressureLimits } = {
  requests: { slow: 8, hold: Number.POSITIVE_INFINITY },
  disk: { slow: 4, hold: 32 },
};

const none: Pressure = { factor: 1, why: '' };

/** The strongest pressure of all nodes. */
export function pressureOf(loads: readonly ServerLoad[], limits: typeof usualLimits = usualLimits): Pressure {
  let strongest = none;
  for (const load of loads) {
    for (const pool of load.pools) {
      const found = ofPool(pool, load, limits);
      if (found.factor < strongest.factor) strongest = found;
    }
  }
  return strongest;
}

function ofPool({ name, limit, pending, blocked }: Pool, load: ServerLoad, limits: typeof usualLimits): Pressure {
  const disk = diskPools.has(name);
  if (!disk && !requestPools.has(name)) return none;
  const { slow, hold } = disk ? limits.disk : limits.requests;
  const queue = pending / Math.max(1, limit);
  const running =
    name === 'CompactionExecutor' && load.compacting > 0 ? `, ${mebibytes(load.compacting)} MiB being compacted` : '';
  const why = `${load.address}: ${pending} tasks wait in ${name}${running}`;
  if (queue >= hold) return { factor: 0, why };
  if (blocked > 0) return { factor: 0.25, why: `${load.address}: ${blocked} requests are blocked in ${name}` };
  if (queue >= slow * 4) return { factor: 0.25, why };
  return queue >= slow ? { factor: 0.5, why } : none;
}

function mebibytes(bytes: number): number {
  return Math.round(bytes / 1024 ** 2);
}

const poolsQuery = 'SELECT name, active_tasks_limit, pending_tasks, blocked_tasks FROM system_views.thread_pools';
const tasksQuery = 'SELECT kind, progress, total, unit FROM system_views.sstable_tasks';
const readTimeout = 2_000;

/** Asks one node. Throws what the driver throws; servers before 4.0 have no such tables. */
export async function serverLoad(client: Client, host: Host): Promise<ServerLoad> {
  const options = { host, isIdempotent: true, readTimeout };
  const [pools, tasks] = await Promise.all([
    client.execute(poolsQuery, [], options),
    client.execute(tasksQuery, [], options),
  ]);
  return {
    address: host.address,
    pools: pools.rows.map((row) => ({
      name: String(row.get('name')),
      limit: Number(row.get('active_tasks_limit')),
      pending: Number(row.get('pending_tasks')),
      blocked: Number(row.get('blocked_tasks')),
    })),
    compacting: tasks.rows
      .filter((row) => /^compaction$/i.test(String(row.get('kind'))) && String(row.get('unit')) === 'bytes')
      .reduce((sum, row) => sum + Math.max(0, Number(row.get('total')) - Number(row.get('progress'))), 0),
  };
}
