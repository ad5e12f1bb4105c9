import { type Client, policies } from 'cassandra-driver';
import { newestExpressions, tokenOf } from '../cql/select.ts';
import { qualified } from '../model/identifier.ts';
import type { TokenRange } from '../model/row.ts';
import type { Consistency, ScanRequest } from '../ports/cluster.ts';
import { CellReader, rawMark, readRawPage } from './raw.ts';
import { bigintBytes, driverConsistency, pause } from './scan.ts';
import { readError, troubleOf } from './scan-errors.ts';
import { isSmall } from './small.ts';
import { halves, splitRing } from './split.ts';

export type NewestRequest = Omit<ScanRequest, 'range' | 'times' | 'consistency'>;

const startingRanges = 16;
const inFlight = 4;
const mostFailures = 8;

/**
 * The newest write time of the columns. The server takes the maximum of a token range itself; a range that takes too
 * long is halved. Read at ALL, because a cell that only one replica has counts; where a replica is down, at QUORUM:
 * that nodes are missing is the preflight's to report.
 */
export async function newestWriteTime(
  client: Client,
  request: NewestRequest,
  elementTimes: boolean,
): Promise<bigint | null> {
  const expressions = newestExpressions({ ...request, elementTimes });
  if (expressions.length === 0) return null;
  const [first, ...others] = expressions;
  const list = [`${first} AS "${rawMark}"`, ...others].join(', ');
  const token = tokenOf(request.table);
  const ranges = splitRing((await isSmall(client, request.keyspace, request.table)) ? 1 : startingRanges);
  const search = new NewestSearch(client, request, {
    ranges,
    text: `SELECT ${list} FROM ${qualified(request.keyspace, request.table.name)} WHERE ${token} > ? AND ${token} <= ?`,
    columns: expressions.length,
  });
  return await search.run();
}

interface Statement {
  readonly text: string;
  readonly columns: number;
  /** To begin with. */
  readonly ranges: readonly TokenRange[];
}

class NewestSearch {
  readonly #client: Client;
  readonly #request: NewestRequest;
  readonly #statement: Statement;
  readonly #pending: TokenRange[];
  #consistency: Consistency = 'ALL';
  #newest: bigint | null = null;
  #failures = 0;

  constructor(client: Client, request: NewestRequest, statement: Statement) {
    this.#client = client;
    this.#request = request;
    this.#statement = statement;
    this.#pending = [...statement.ranges];
  }

  async run(): Promise<bigint | null> {
    await Promise.all(Array.from({ length: inFlight }, () => this.#work()));
    return this.#newest;
  }

  async #work(): Promise<void> {
    for (let range = this.#pending.pop(); range !== undefined; range = this.#pending.pop()) {
      try {
        await this.#read(range);
      } catch (thrown) {
        await this.#afterTrouble(thrown, range);
      }
    }
  }

  async #read(range: TokenRange): Promise<void> {
    const page = await readRawPage(
      this.#client,
      { text: this.#statement.text, values: [bigintBytes(range.start), bigintBytes(range.end)] },
      {
        consistency: driverConsistency(this.#consistency),
        fetchSize: 5000,
        isIdempotent: true,
        retry: new policies.retry.FallthroughRetryPolicy(),
      },
    );
    const cells = new CellReader(page.bytes);
    for (let index = 0; index < page.count * this.#statement.columns; index++) {
      const time = cells.next()?.readBigInt64BE();
      if (time !== undefined && (this.#newest === null || time > this.#newest)) this.#newest = time;
    }
  }

  async #afterTrouble(thrown: unknown, range: TokenRange): Promise<void> {
    const trouble = troubleOf(thrown);
    if (trouble === 'unavailable' && this.#consistency === 'ALL') {
      this.#consistency = 'QUORUM';
      this.#pending.push(range);
      return;
    }
    const smaller = trouble === 'timeout' || trouble === 'failure' ? halves(range) : null;
    this.#failures++;
    if (trouble === 'refused' || trouble === 'unavailable' || this.#failures > mostFailures) {
      throw readError(thrown, {
        keyspace: this.#request.keyspace,
        table: this.#request.table.name,
        range,
        consistency: this.#consistency,
        source: null,
      });
    }
    this.#pending.push(...(smaller ?? [range]));
    await pause(100 * this.#failures);
  }
}
