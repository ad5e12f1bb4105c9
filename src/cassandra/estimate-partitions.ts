import type { Client, Host, types } from 'cassandra-driver';
import type { EstimateRequest } from './estimate.ts';
import { isInvalid, isUnauthorized } from './execute-errors.ts';

/** What `size_estimates` says of a table, for the whole ring. */
export interface PartitionEstimate {
  readonly partitions: number;
  readonly bytes: number;
}

const ring = 2 ** 64;

/**
 * Every node keeps estimates of its own ranges. Those of the nodes at hand are added up, and scaled by the share of the
 * ring that they cover. A sum of zero is no estimate: a table that was never flushed has it too.
 */
export async function partitionEstimates(
  client: Client,
  request: EstimateRequest,
): Promise<ReadonlyMap<string, PartitionEstimate>> {
  const hosts = client.getState().getConnectedHosts();
  const answers = await Promise.all(hosts.map((host) => rangesOf(client, host, request)));
  const ranges = new Map(answers.flat().map((range) => [`${range.table} ${range.start} ${range.end}`, range]));
  const estimates = new Map<string, PartitionEstimate>();
  for (const [table, parts] of Map.groupBy(ranges.values(), (range) => range.table)) {
    const covered = parts.reduce((sum, range) => sum + widthOf(range), 0) / ring;
    const partitions = parts.reduce((sum, range) => sum + range.partitions, 0);
    const bytes = parts.reduce((sum, range) => sum + range.partitions * range.meanBytes, 0);
    if (partitions > 0 && covered > 0) {
      estimates.set(table, { partitions: partitions / Math.min(1, covered), bytes: bytes / Math.min(1, covered) });
    }
  }
  return estimates;
}

interface EstimatedRange {
  readonly table: string;
  readonly start: string;
  readonly end: string;
  readonly partitions: number;
  readonly meanBytes: number;
}

async function rangesOf(client: Client, host: Host, request: EstimateRequest): Promise<readonly EstimatedRange[]> {
  try {
    const result = await client.execute(
      'SELECT table_name, range_start, range_end, partitions_count, mean_partition_size FROM system.size_estimates WHERE keyspace_name = ? AND table_name IN ?',
      [request.keyspace, request.tables],
      { host, isIdempotent: true, prepare: true },
    );
    const ranges: EstimatedRange[] = [];
    for await (const row of result) ranges.push(rangeOf(row));
    return ranges;
  } catch (thrown) {
    if (isInvalid(thrown) || isUnauthorized(thrown)) return [];
    throw thrown;
  }
}

function rangeOf(row: types.Row): EstimatedRange {
  return {
    table: String(row.get('table_name')),
    start: String(row.get('range_start')),
    end: String(row.get('range_end')),
    partitions: Number(row.get('partitions_count')),
    meanBytes: Number(row.get('mean_partition_size')),
  };
}

/** A range whose end is not above its start goes around; equal ends are the whole ring. */
function widthOf(range: EstimatedRange): number {
  const width = Number(range.end) - Number(range.start);
  return width > 0 ? width : width + ring;
}
