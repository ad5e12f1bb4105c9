import { policies, type QueryOptions } from 'cassandra-driver';
import { rowStatement, type ScanStatement } from '../cql/select.ts';
import { tokenOf } from '../cql/token.ts';
import { eachAtATime } from '../kernel/each-at-a-time.ts';
import type { StoredRow } from '../model/row.ts';
import type { RowAddress, ScanRequest } from '../ports/cluster.ts';
import { type RawPage, rawMark, readRawPage } from './raw.ts';
import { driverConsistency, pause, type ScanContext } from './scan.ts';
import { readError, troubleOf } from './scan-errors.ts';
import { clockOf, parsePage, RowAssembler } from './scan-rows.ts';

const readAtOnce = 64;
const mostAttempts = 6;

export type ReadRequest = Omit<ScanRequest, 'range' | 'times'>;

/** See `Rows.read`. */
export async function readRows(
  request: ReadRequest,
  addresses: readonly RowAddress[],
  context: Omit<ScanContext, 'pageSize'>,
): Promise<readonly (StoredRow | null)[]> {
  const shape = { ...request, times: true, elementTimes: context.elementTimes };
  const statements = {
    row: rowStatement(shape, { mark: rawMark, kind: 'row' }),
    static: rowStatement(shape, { mark: rawMark, kind: 'static' }),
  };
  const found: (StoredRow | null)[] = addresses.map(() => null);
  await eachAtATime(addresses.entries(), readAtOnce, async ([index, address]) => {
    const statement = statements[address.kind];
    const page = await patiently(address, { request, statement, context });
    const second = Math.floor((clockOf(page.bytes, page.count) ?? 0) / 1000);
    const rows = new RowAssembler(statement).add(parsePage(page, statement, second).rows);
    found[index] = rows.find(({ kind }) => kind === address.kind) ?? null;
  });
  return found;
}

/** One row; what times out or finds no node is asked for again, after a pause that doubles. */
async function patiently(
  address: RowAddress,
  {
    request,
    statement,
    context,
  }: {
    readonly request: ReadRequest;
    readonly statement: ScanStatement;
    readonly context: Omit<ScanContext, 'pageSize'>;
  },
): Promise<RawPage> {
  const values = [...address.partitionKey, ...(address.kind === 'row' ? address.clusteringKey : [])].map((part) =>
    Buffer.from(part.buffer, part.byteOffset, part.byteLength),
  );
  const options: QueryOptions = {
    consistency: driverConsistency(request.consistency),
    isIdempotent: true,
    retry: new policies.retry.FallthroughRetryPolicy(),
  };
  await context.unpaused?.();
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await readRawPage(context.client, { text: statement.text, values }, options);
    } catch (thrown) {
      const trouble = troubleOf(thrown);
      if (trouble === 'refused' || trouble === 'unavailable' || attempt >= mostAttempts) {
        const token = tokenOf(address.partitionKey);
        const range = { start: token - 1n, end: token };
        throw readError(thrown, { ...request, table: request.table.name, range, source: context.source });
      }
      await pause(Math.min(5000, 50 * 2 ** attempt) * (0.5 + Math.random() / 2));
    }
  }
}
