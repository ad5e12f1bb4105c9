import { type Client, policies } from 'cassandra-driver';
import { int64Bytes } from '../cql/int64.ts';
import { newestExpressions, tokenOf } from '../cql/select.ts';
import { qualified } from '../model/identifier.ts';
import type { TokenRange } from '../model/row.ts';
import type { Consistency, ScanRequest } from '../ports/cluster.ts';
import { CellReader, rawMark, readRawPage } from './raw.ts';
import { driverConsistency, pause } from './scan.ts';
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
  const search = new WholeRead(client, request, {
    ranges,
    text: `SELECT ${list} FROM ${qualified(request.keyspace, request.table.name)} WHERE ${token} > ? AND ${token} <= ?`,
    columns: expressions.length,
    mostRefusals: mostFailures,
  });
  return await search.newest();
}

/** Has every row read once by the servers, which send none; throws `READ_FAILED` where they cannot. Read as `newestWriteTime` reads. */
export async function readThrough(client: Client, subject: Subject): Promise<void> {
  const token = tokenOf(subject.table);
  const read = new WholeRead(client, subject, {
    ranges: splitRing((await isSmall(client, subject.keyspace, subject.table)) ? 1 : startingRanges),
    text: `SELECT count(*) AS "${rawMark}" FROM ${qualified(subject.keyspace, subject.table.name)} WHERE ${token} > ? AND ${token} <= ?`,
    columns: 1,
    mostRefusals: 3,
  });
  await read.newest();
}

type Subject = Pick<NewestRequest, 'keyspace' | 'table'>;

interface Statement {
  readonly text: string;
  readonly columns: number;
  /** How often a replica may say that it cannot read, which waiting seldom mends, before it is believed. */
  readonly mostRefusals: number;
  /** To begin with. */
  readonly ranges: readonly TokenRange[];
}

class WholeRead {
  readonly #client: Client;
  readonly #request: Subject;
  readonly #statement: Statement;
  readonly #pending: TokenRange[];
  #consistency: Consistency = 'ALL';
  #newest: bigint | null = null;
  #failures = 0;

  constructor(client: Client, request: Subject, statement: Statement) {
    this.#client = client;
    this.#request = request;
    this.#statement = statement;
    this.#pending = [...statement.ranges];
  }

  /** Reads all ranges; gives the greatest number that any of them answered. */
  async newest(): Promise<bigint | null> {
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
      { text: this.#statement.text, values: [int64Bytes(range.start), int64Bytes(range.end)] },
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
    const most = trouble === 'failure' ? this.#statement.mostRefusals : mostFailures;
    if (trouble === 'refused' || trouble === 'unavailable' || this.#failures > most) {
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
