import { untimedColumns } from '../cql/select.ts';
import type { SimplePage } from '../cql/simple-cells.ts';
import { qualified } from '../model/identifier.ts';
import type { StoredRow, TokenRange } from '../model/row.ts';
import type { Table } from '../model/schema.ts';
import type {
  BlockWriter,
  BlockWriterRequest,
  PassedPage,
  PassThrough,
  RawRows,
  RawScanRequest,
  RowAddress,
  Rows,
  ScanRequest,
  TableWriter,
  WriterRequest,
} from '../ports/cluster.ts';
import { Brake } from './brake.ts';
import type { Connection } from './connect.ts';
import { readsMasked } from './masked.ts';
import { type NewestRequest, newestWriteTime, readThrough } from './newest.ts';
import { scanThrough } from './pass-through.ts';
import { installRawRows } from './raw.ts';
import { type ReadRequest, readRows } from './read-rows.ts';
import { driverConsistency, PageSize, scanPages, scanParsed, scanRawPages } from './scan.ts';
import { parseSimplePage } from './simple-pages.ts';
import { isSmall } from './small.ts';
import { splitRing } from './split.ts';
import { Writer } from './write.ts';
import { createBlockWriter } from './write-blocks.ts';

/** Rows of the cluster behind a connection. Closing the connection is its owner's. */
export function createRows(
  connection: Pick<Connection, 'client' | 'options' | 'clock'>,
  /** `source`: what the configuration calls the cluster, when it is another than the own. */
  { source = null }: { readonly source?: string | null } = {},
): Rows {
  const { client, clock } = connection;
  const nowSeconds = (): number => Math.floor(clock.now().getTime() / 1000);
  installRawRows();
  const brake = new Brake(client);
  const unpaused = (): Promise<void> => brake.unpaused();
  const pageSizes = new Map<string, PageSize>();
  // told by every host once it is connected to, so it is looked at when needed; the oldest release decides
  const elementTimes = (): boolean =>
    client.hosts.values().every((host) => {
      const [major] = host.getCassandraVersion();
      return major !== undefined && major >= 5;
    });
  const pageSizeOf = (request: ScanRequest): PageSize => {
    if (request.pageRows !== undefined) return new PageSize(request.pageRows);
    const key = JSON.stringify([request.keyspace, request.table.name, request.columns, request.times]);
    const size = pageSizes.get(key) ?? new PageSize();
    pageSizes.set(key, size);
    return size;
  };
  return {
    flow: brake,
    // the driver has no id of a node that it has not asked for yet
    hostIds: () => client.hosts.values().flatMap(({ hostId }) => (hostId ? [hostId.toString()] : [])),
    split: splitRing,
    splitFor: async (keyspace: string, table: Table, parts: number): Promise<readonly TokenRange[]> =>
      splitRing((await isSmall(client, keyspace, table)) ? 1 : parts),
    scan: (request: ScanRequest): AsyncIterable<readonly StoredRow[]> =>
      scanPages(request, { client, source, pageSize: pageSizeOf(request), elementTimes: elementTimes(), unpaused }),
    read: (request: ReadRequest, addresses: readonly RowAddress[]): Promise<readonly (StoredRow | null)[]> =>
      readRows(request, addresses, { client, source, elementTimes: elementTimes(), unpaused }),
    scanRaw: (request: RawScanRequest): AsyncIterable<RawRows> =>
      scanRawPages(request, {
        client,
        source,
        pageSize: pageSizeOf({ ...request, times: false }),
        elementTimes: false,
        unpaused,
      }),
    scanThrough: (request: RawScanRequest, through: PassThrough): AsyncIterable<PassedPage> => {
      const timed = { ...request, times: true };
      return scanThrough(timed, through, {
        client,
        source,
        pageSize: pageSizeOf(timed),
        elementTimes: elementTimes(),
        unpaused,
      });
    },
    scanSimple: (request: ScanRequest): AsyncIterable<SimplePage> => {
      const reading = { client, source, pageSize: pageSizeOf(request), elementTimes: elementTimes(), unpaused };
      return scanParsed(request, reading, parseSimplePage);
    },
    untimedColumns: (table: Table): readonly string[] => untimedColumns(table, elementTimes()),
    newestWriteTime: (request: NewestRequest): Promise<bigint | null> =>
      newestWriteTime(client, request, elementTimes()),
    readThrough: (keyspace: string, table: Table): Promise<void> => readThrough(client, { keyspace, table }),
    readsMasked: (keyspace: string, table: Table): Promise<boolean> =>
      readsMasked(client, { keyspace, table }, connection.options.credentials?.username ?? null),
    write: (request: WriterRequest): TableWriter => new Writer(client, request, { bound: brake, nowSeconds }),
    writeBlocks: (request: BlockWriterRequest): BlockWriter => createBlockWriter(client, request, { bound: brake }),
    isEmpty: async (keyspace: string, table: string): Promise<boolean> => {
      // QUORUM: a row that one replica lags behind with must not make a table look empty
      const result = await client.execute(`SELECT * FROM ${qualified(keyspace, table)} LIMIT 1`, [], {
        consistency: driverConsistency('QUORUM'),
        isIdempotent: true,
      });
      return result.rows.length === 0;
    },
  };
}
