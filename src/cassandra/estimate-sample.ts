import { type Client, types } from 'cassandra-driver';

/** A table whose rows are looked at; names are as CQL writes them. */
export interface SampledTable {
  readonly client: Client;
  readonly name: string;
  readonly from: string;
  readonly partitionKey: readonly string[];
}

const headRows = 4_096;
const longHeadRows = 65_536;
const fewestPartitions = 8;
const probes = 16;
const probePartitions = 32;
const jsonRows = 20;
const ring = 2 ** 64;
const smallestToken = -(2n ** 63n);
const largestToken = 2n ** 63n - 1n;

const how = { isIdempotent: true, prepare: true, consistency: types.consistencies.localOne } as const;

export interface Head {
  readonly rows: number;
  readonly partitions: number;
  /** True when these are all the rows there are. */
  readonly whole: boolean;
}

/** The table's first rows in token order: all of a small one. More of them where the first partitions are large. */
export async function sampleHead(table: SampledTable): Promise<Head> {
  const head = await headOf(table, headRows);
  return head.whole || tellsPartitionSize(head) ? head : headOf(table, longHeadRows);
}

/** Whether enough partitions were seen whole to say how many rows one has. */
export function tellsPartitionSize(head: Head): boolean {
  return head.partitions >= fewestPartitions;
}

async function headOf(table: SampledTable, limit: number): Promise<Head> {
  const tokens = await tokensOf(table, `LIMIT ${limit}`, []);
  const partitions = new Set(tokens).size;
  return { rows: tokens.length, partitions: Math.max(1, partitions), whole: tokens.length < limit };
}

/** From how densely partitions lie behind a few places that are spread evenly over the ring. */
export async function partitionsBySample(table: SampledTable): Promise<number> {
  const starts = Array.from(
    { length: probes },
    (_none, index) => smallestToken + (2n ** 64n / BigInt(probes)) * BigInt(index),
  );
  const found = await Promise.all(starts.map((start) => probe(table, start)));
  const partitions = found.reduce((sum, one) => sum + one.partitions, 0);
  const span = found.reduce((sum, one) => sum + one.span, 0);
  return span === 0 ? partitions : (partitions / span) * ring;
}

async function probe(
  table: SampledTable,
  start: bigint,
): Promise<{ readonly partitions: number; readonly span: number }> {
  const where = `WHERE token(${table.partitionKey.join(', ')}) > ? PER PARTITION LIMIT 1 LIMIT ${probePartitions}`;
  const tokens = await tokensOf(table, where, [start]);
  const end = tokens.length < probePartitions ? largestToken : (tokens.at(-1) ?? largestToken);
  return { partitions: tokens.length, span: Number(end - start) };
}

async function tokensOf(table: SampledTable, rest: string, params: readonly bigint[]): Promise<readonly bigint[]> {
  const token = `token(${table.partitionKey.join(', ')})`;
  const result = await table.client.execute(`SELECT ${token} AS place FROM ${table.from} ${rest}`, [...params], {
    ...how,
    fetchSize: headRows,
  });
  const tokens: bigint[] = [];
  for await (const row of result) tokens.push(BigInt(String(row.get('place'))));
  return tokens;
}

/** Bytes of a few rows as JSON: near enough to what they take before compression. 0 for an empty table. */
export async function bytesPerRow(table: SampledTable): Promise<number> {
  const result = await table.client.execute(`SELECT JSON * FROM ${table.from} LIMIT ${jsonRows}`, [], {
    ...how,
    prepare: false,
  });
  const lengths = result.rows.map((row) => Buffer.byteLength(String(row.get('[json]'))));
  return lengths.reduce((sum, length) => sum + length, 0) / Math.max(1, lengths.length);
}
