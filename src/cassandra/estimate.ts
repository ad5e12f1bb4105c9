import type { Client, Host } from 'cassandra-driver';
import { setOwn } from '../kernel/own.ts';
import { quoted } from '../model/identifier.ts';
import type { Estimate } from '../model/live.ts';
import type { ByName } from '../model/schema.ts';
import type { Connection } from './connect.ts';
import { type PartitionEstimate, partitionEstimates } from './estimate-partitions.ts';
import {
  bytesPerRow,
  partitionsBySample,
  type SampledTable,
  sampleHead,
  tellsPartitionSize,
} from './estimate-sample.ts';

/** Which tables to estimate, and the node that is asked for their keys. */
export interface EstimateRequest {
  readonly keyspace: string;
  readonly tables: readonly string[];
  readonly host: Host;
}

const tablesAtOnce = 4;

/**
 * See `Cluster.estimate`. The server counts partitions, and only what lies in SSTables: rows per partition, and tables
 * of which it says nothing, are sampled. A table that is not there, or cannot be read, is left out: unknown.
 */
export async function estimateTables(connection: Connection, request: EstimateRequest): Promise<ByName<Estimate>> {
  if (request.tables.length === 0) return {};
  const [known, tables] = await Promise.all([
    partitionEstimates(connection.client, request),
    sampledTables(connection.client, request),
  ]);
  const estimates: Record<string, Estimate> = {};
  const waiting = [...tables];
  const work = async (): Promise<void> => {
    for (let table = waiting.shift(); table !== undefined; table = waiting.shift()) {
      const estimate = await estimateTable(table, known.get(table.name));
      if (estimate !== null) setOwn(estimates, table.name, estimate);
    }
  };
  await Promise.all(Array.from({ length: tablesAtOnce }, work));
  return Object.fromEntries(Object.entries(estimates).sort(([a], [b]) => (a < b ? -1 : 1)));
}

async function estimateTable(table: SampledTable, known: PartitionEstimate | undefined): Promise<Estimate | null> {
  try {
    const head = await sampleHead(table);
    if (head.whole) return { rows: head.rows, bytes: Math.round(head.rows * (await bytesPerRow(table))) };
    if (!tellsPartitionSize(head)) return { rows: null, bytes: known === undefined ? null : Math.round(known.bytes) };
    const partitions = known?.partitions ?? (await partitionsBySample(table));
    const rows = Math.max(head.rows, Math.round(partitions * (head.rows / head.partitions)));
    return { rows, bytes: Math.round(known?.bytes ?? rows * (await bytesPerRow(table))) };
  } catch {
    // Tombstones, a node that does not answer, a role that may not read: nothing is known.
    return known === undefined ? null : { rows: null, bytes: Math.round(known.bytes) };
  }
}

async function sampledTables(client: Client, request: EstimateRequest): Promise<readonly SampledTable[]> {
  const result = await client.execute(
    'SELECT table_name, column_name, kind, position FROM system_schema.columns WHERE keyspace_name = ? AND table_name IN ?',
    [request.keyspace, request.tables],
    { host: request.host, isIdempotent: true, prepare: true },
  );
  const keys = new Map<string, { readonly name: string; readonly position: number }[]>();
  for await (const row of result) {
    if (row.get('kind') !== 'partition_key') continue;
    const table = String(row.get('table_name'));
    const key = keys.get(table) ?? [];
    key.push({ name: String(row.get('column_name')), position: Number(row.get('position')) });
    keys.set(table, key);
  }
  return [...keys].map(([name, key]) => ({
    client,
    name,
    from: `${quoted(request.keyspace)}.${quoted(name)}`,
    partitionKey: key.sort((a, b) => a.position - b.position).map((part) => quoted(part.name)),
  }));
}
