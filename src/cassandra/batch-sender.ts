import { type Client, policies, type QueryOptions } from 'cassandra-driver';
import type { RowBlock } from '../cql/row-block.ts';
import { routingKey } from '../cql/token.ts';
import { reasonOf } from '../kernel/errors.ts';
import type { Bytes } from '../model/row.ts';
import type { WriterRequest } from '../ports/cluster.ts';
import { type OwnRequests, ownRequests } from './own-requests.ts';
import { driverConsistency, pause } from './scan.ts';
import { troubleOf } from './scan-errors.ts';
import { writeError } from './write-errors.ts';
import { type Rows, writeFrame } from './write-frame.ts';
import type { WriteLimit } from './write-limit.ts';

/** Of one batch of one partition: beyond this the server gains little. */
const batchRows = 128;
/** As the server counts; it refuses batches of 50 KiB by default. */
const firstBatchBytes = 40 * 1024;
const leastBatchBytes = 512;
/** What the server counts for a cell besides its value. */
const cellBytes = 24;
const mostFailures = 4;

/** A statement that rows of blocks are bound to. */
export interface RowStatement {
  readonly text: string;
  /** How many values a row binds. */
  readonly values: number;
  /** Which value is the first of the key; its parts follow one another, the partition's first. */
  readonly keyAt: number;
  readonly keyParts: number;
}

export interface SenderOptions {
  readonly client: Client;
  readonly request: WriterRequest;
  readonly limit: WriteLimit;
  /** How long a batch is sent again before it is given up. */
  readonly deadlineMs: number;
  /** Resolves when that many more rows may be sent; throws when no more may. */
  readonly admit?: (rows: number, bytes: number) => Promise<void>;
}

/**
 * Sends blocks of rows that may be sent twice, in unlogged batches of one partition, and again after time-outs. A block
 * must not change until its `send` has ended.
 */
export class BatchSender {
  readonly #options: SenderOptions;
  readonly #requests: OwnRequests;
  readonly #consistency: number;
  readonly #query: QueryOptions;
  readonly #statements: RowStatement[] = [];
  readonly #ids: Buffer[] = [];
  #batchBytes = firstBatchBytes;
  #failure: unknown = null;
  #acknowledged = 0;
  #ready: Promise<void> | null = null;

  constructor(options: SenderOptions) {
    this.#options = options;
    this.#requests = ownRequests(options.client);
    this.#consistency = driverConsistency(options.request.consistency);
    this.#query = {
      consistency: this.#consistency,
      keyspace: options.request.keyspace,
      isIdempotent: false,
      retry: new policies.retry.FallthroughRetryPolicy(),
    };
  }

  /** Rows that the server has acknowledged. */
  get acknowledged(): number {
    return this.#acknowledged;
  }

  /** The number by which rows name the statement. */
  add(statement: RowStatement): number {
    return this.#statements.push(statement) - 1;
  }

  /** Ends when every row is acknowledged; throws the first failure, when nothing is under way any more. */
  async send(block: RowBlock): Promise<void> {
    await this.#prepare();
    const order = block.byPartition();
    const underWay = new Set<Promise<void>>();
    for (let from = 0; from < order.length && this.#failure === null; ) {
      const rows = { block, order, from, to: this.#endOfBatch(block, order, from) };
      const bytes = sizeOf(rows);
      try {
        await this.#options.admit?.(rows.to - from, bytes);
      } catch (thrown) {
        this.#failure ??= thrown;
        break;
      }
      await this.#options.limit.acquire(bytes);
      const sending = this.#deliver(rows)
        .catch((thrown: unknown) => {
          this.#failure ??= thrown;
        })
        .finally(() => {
          this.#options.limit.release(bytes);
          underWay.delete(sending);
        });
      underWay.add(sending);
      from = rows.to;
    }
    await Promise.all(underWay);
    if (this.#failure !== null) throw this.#failure;
  }

  #endOfBatch(block: RowBlock, order: Uint32Array, from: number): number {
    const first = order[from] ?? 0;
    const partition = block.hash(first);
    let size = this.#serverSize(block, first);
    let to = from + 1;
    while (to < order.length && to - from < batchRows) {
      const row = order[to] ?? 0;
      if (block.hash(row) !== partition) break;
      size += this.#serverSize(block, row);
      if (size > this.#batchBytes) break;
      to += 1;
    }
    return to;
  }

  #serverSize(block: RowBlock, row: number): number {
    return block.end(row) - block.start(row) + cellBytes * this.#statementOf(block, row).values;
  }

  #statementOf(block: RowBlock, row: number): RowStatement {
    const statement = this.#statements[block.statement(row)];
    if (statement === undefined) throw new RangeError(`a row names statement ${block.statement(row)}, which is none`);
    return statement;
  }

  async #deliver(rows: Rows): Promise<void> {
    const started = performance.now();
    for (let attempt = 1; ; attempt++) {
      if (this.#failure !== null) return;
      const sent = performance.now();
      try {
        await this.#sendOnce(rows);
        this.#acknowledged += rows.to - rows.from;
        this.#options.limit.wentWell(performance.now() - sent);
        return;
      } catch (thrown) {
        if (isTooLarge(thrown) && rows.to - rows.from > 1) return this.#deliverHalves(rows);
        const trouble = troubleOf(thrown);
        if (trouble !== 'refused') this.#options.limit.wasTroubled();
        const givenUp =
          trouble === 'refused' ||
          (trouble === 'failure' && attempt >= mostFailures) ||
          performance.now() - started > this.#options.deadlineMs;
        if (givenUp) throw writeError(thrown, this.#keyOf(rows), { request: this.#options.request, repeatable: true });
        await pause(Math.min(5000, 25 * 2 ** attempt) * (0.5 + Math.random() / 2));
      }
    }
  }

  /** The server takes less at once than it does by default; the batches after this one are smaller too. */
  async #deliverHalves({ block, order, from, to }: Rows): Promise<void> {
    this.#batchBytes = Math.max(leastBatchBytes, Math.min(this.#batchBytes, sizeOf({ block, order, from, to }) >> 1));
    const middle = (from + to) >> 1;
    await this.#deliver({ block, order, from, to: middle });
    await this.#deliver({ block, order, from: middle, to });
  }

  async #sendOnce(rows: Rows): Promise<void> {
    const frame = writeFrame(rows, this.#prepared, this.#consistency);
    // one node holds every partition; hashing the key would be for nothing
    const alone = this.#options.client.hosts.length === 1;
    const query = alone
      ? this.#query
      : { ...this.#query, routingKey: Buffer.from(routingKey(this.#keyOf(rows).partitionKey)) };
    await this.#requests.send(frame, query);
  }

  readonly #prepared = (number: number): { readonly id: Buffer; readonly values: number } => {
    const [id, statement] = [this.#ids[number], this.#statements[number]];
    if (id === undefined || statement === undefined) throw new RangeError(`statement ${number} is not prepared`);
    return { id, values: statement.values };
  };

  async #prepare(): Promise<void> {
    const { client, request } = this.#options;
    // Without the keyspace's replication the driver cannot tell which nodes hold a partition.
    this.#ready ??= client.metadata.refreshKeyspace(request.keyspace).then(
      () => undefined,
      () => undefined,
    );
    await this.#ready;
    for (const [number, { text }] of this.#statements.entries()) this.#ids[number] ??= await this.#prepareOne(text);
  }

  async #prepareOne(text: string): Promise<Buffer> {
    const started = performance.now();
    for (let attempt = 1; ; attempt++) {
      try {
        return await this.#requests.prepare(text);
      } catch (thrown) {
        if (troubleOf(thrown) === 'refused' || performance.now() - started > this.#options.deadlineMs) throw thrown;
        this.#options.limit.wasTroubled();
        await pause(Math.min(5000, 25 * 2 ** attempt));
      }
    }
  }

  /** The key of the first of the rows. */
  #keyOf({ block, order, from }: Rows): { readonly partitionKey: Bytes[]; readonly clusteringKey: Bytes[] } {
    const row = order[from] ?? 0;
    const { keyAt, keyParts } = this.#statementOf(block, row);
    const source = block.sink.bytes;
    const parts: Bytes[] = [];
    let at = block.start(row);
    for (let value = 0; value < keyAt + keyParts; value += 1) {
      const length = Math.max(0, source.readInt32BE(at));
      at += 4 + length;
      if (value >= keyAt) parts.push(source.subarray(at - length, at));
    }
    const split = this.#options.request.table.partitionKey.length;
    return { partitionKey: parts.slice(0, split), clusteringKey: parts.slice(split) };
  }
}

function sizeOf({ block, order, from, to }: Rows): number {
  let size = 0;
  for (let index = from; index < to; index += 1) {
    const row = order[index] ?? 0;
    size += block.end(row) - block.start(row);
  }
  return size;
}

function isTooLarge(thrown: unknown): boolean {
  return /batch too large/i.test(reasonOf(thrown));
}
