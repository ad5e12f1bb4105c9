import { type Client, type Host, policies, type QueryOptions } from 'cassandra-driver';
import { routingKey } from '../cql/token.ts';
import { reasonOf } from '../kernel/errors.ts';
import type { Bytes } from '../model/row.ts';
import type { WriterRequest } from '../ports/cluster.ts';
import type { HeldEnds } from './held-ends.ts';
import type { RowHead } from './held-rows.ts';
import { type OwnRequests, ownRequests } from './own-requests.ts';
import { driverConsistency, pause } from './scan.ts';
import { troubleOf } from './scan-errors.ts';
import { writeError } from './write-errors.ts';
import { endOfRow, type FramedRows, rowHead, valuesOf, writeFrame } from './write-frame.ts';
import type { WriteLimit } from './write-limit.ts';

/** What the server counts for a cell besides its value. */
const cellBytes = 24;
const mostFailures = 4;

/** A statement that rows are bound to. */
export interface RowStatement {
  readonly text: string;
  /** How many values a row binds. */
  readonly values: number;
  /** Which value is the first of the key; its parts follow one another, the partition's first. */
  readonly keyAt: number;
  readonly keyParts: number;
  /** Which value is the TTL; left out: none is, or it is said once and for all. */
  readonly ttlAt?: number;
}

export interface DeliveryOptions {
  readonly client: Client;
  readonly request: WriterRequest;
  readonly limit: WriteLimit;
  /** How long a batch is sent again before it is given up. */
  readonly deadlineMs: number;
  /** Told where TTLs stand; left out: no rows end at moments of their own. */
  readonly ends?: HeldEnds;
}

/** A batch of rows. */
export interface SentRows extends FramedRows {
  /** Of the first row. */
  readonly statement: number;
  readonly routing: Buffer | null;
  /** Those of each partition; left out: all are of one. */
  readonly parts?: readonly SentRows[];
}

interface RowKey {
  readonly partitionKey: readonly Bytes[];
  readonly clusteringKey: readonly Bytes[];
}

/** Prepares statements, and brings batches of rows that may be sent twice to the server: again after time-outs, in halves when they are too large. */
export class BatchDelivery {
  readonly #options: DeliveryOptions;
  readonly #requests: OwnRequests;
  readonly #consistency: number;
  readonly #query: QueryOptions;
  readonly #statements: RowStatement[] = [];
  readonly #heads: RowHead[] = [];
  /** Of lists of nodes, and of their names. */
  readonly #places = new WeakMap<readonly Host[], number>();
  readonly #placesByName = new Map<string, number>();
  readonly #onTooLarge: (bytes: number) => void;
  #ready: Promise<void> | null = null;
  #stopped = false;
  #acknowledged = 0;

  /** `onTooLarge`: told of so many bytes that the server may take at once when it has refused twice as many. */
  constructor(options: DeliveryOptions, onTooLarge: (bytes: number) => void) {
    this.#options = options;
    this.#onTooLarge = onTooLarge;
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

  /** Nothing is sent any more, not even again. */
  stop(): void {
    this.#stopped = true;
  }

  /** The number by which rows name the statement. */
  add(statement: RowStatement): number {
    return this.#statements.push(statement) - 1;
  }

  isPrepared(number: number): boolean {
    return this.#heads[number] !== undefined;
  }

  /** What stands before the values of a row of the statement. */
  headOf(number: number): RowHead {
    const head = this.#heads[number];
    if (head === undefined) throw new RangeError(`statement ${number} is not prepared`);
    return head;
  }

  async prepare(): Promise<void> {
    const { client, request } = this.#options;
    // Without the keyspace's replication the driver cannot tell which nodes hold a partition.
    this.#ready ??= client.metadata.refreshKeyspace(request.keyspace).then(
      () => undefined,
      () => undefined,
    );
    await this.#ready;
    for (const [number, { text, values, ttlAt }] of this.#statements.entries()) {
      if (this.#heads[number] !== undefined) continue;
      const id = await this.#prepareOne(text);
      if (ttlAt !== undefined) this.#options.ends?.prepared(id, ttlAt);
      this.#heads[number] = { bytes: rowHead(id, values), cost: cellBytes * values };
    }
  }

  /** Ends when every row is acknowledged, or nothing is to be sent any more. */
  async deliver(rows: SentRows): Promise<void> {
    const { limit, deadlineMs, request } = this.#options;
    const started = performance.now();
    for (let attempt = 1; ; attempt++) {
      if (this.#stopped) return;
      const sent = performance.now();
      try {
        await this.#requests.send(writeFrame(rows, this.#consistency), this.#queryOf(rows));
        this.#acknowledged += rows.rows;
        limit.wentWell(performance.now() - sent);
        return;
      } catch (thrown) {
        if (isTooLarge(thrown) && rows.rows > 1) return this.#deliverHalves(rows);
        const trouble = troubleOf(thrown);
        // by itself each partition shows whether it is the one that is refused
        if (trouble === 'refused' && rows.parts !== undefined) return this.#deliverEach(rows.parts);
        if (trouble !== 'refused') limit.wasTroubled();
        const givenUp =
          trouble === 'refused' ||
          (trouble === 'failure' && attempt >= mostFailures) ||
          performance.now() - started > deadlineMs;
        if (givenUp) throw writeError(thrown, this.#keyOf(rows), { request, repeatable: true });
        await pause(Math.min(5000, 25 * 2 ** attempt) * (0.5 + Math.random() / 2));
      }
    }
  }

  async #deliverEach(parts: readonly SentRows[]): Promise<void> {
    for (const part of parts) await this.deliver(part);
  }

  /** The server takes less at once than it does by default; the batches after this one are smaller too. */
  async #deliverHalves(rows: SentRows): Promise<void> {
    this.#onTooLarge(rows.bytes >> 1);
    const bytes = bytesOf(rows);
    const first = rows.rows >> 1;
    let middle = 0;
    for (let row = 0; row < first; row += 1) middle = endOfRow(bytes, middle);
    const { routing, statement } = rows;
    const half = (count: number, part: Buffer): SentRows => ({
      routing,
      statement,
      rows: count,
      bytes: part.length,
      copy: (target, at) => void part.copy(target, at),
    });
    await this.deliver(half(first, bytes.subarray(0, middle)));
    await this.deliver(half(rows.rows - first, bytes.subarray(middle)));
  }

  #queryOf({ routing }: SentRows): QueryOptions {
    return routing === null ? this.#query : { ...this.#query, routingKey: routing };
  }

  /** For a row whose values begin there. */
  routingOf(bytes: Buffer, at: number, statement: number): Buffer | null {
    // one node holds every partition; hashing the key would be for nothing
    if (this.#options.client.hosts.length === 1) return null;
    return Buffer.from(routingKey(this.#keyAt(bytes, at, statement).partitionKey));
  }

  /** A number for the nodes that hold a partition; null: they are not known. */
  placeOf(routing: Buffer | null): number | null {
    if (routing === null) return 0;
    const { client, request } = this.#options;
    // the driver's own list, or nothing where it does not know the ring
    const hosts: readonly Host[] | null | undefined = client.getReplicas(request.keyspace, routing);
    if (hosts === null || hosts === undefined || hosts.length === 0) return null;
    const known = this.#places.get(hosts);
    if (known !== undefined) return known;
    const addresses = hosts.map(({ address }) => address).sort();
    const name = addresses.join(' ');
    const place = this.#placesByName.get(name) ?? this.#placesByName.size;
    this.#placesByName.set(name, place);
    this.#places.set(hosts, place);
    return place;
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
  #keyOf(rows: SentRows): RowKey {
    const bytes = bytesOf(rows);
    return this.#keyAt(bytes, valuesOf(bytes, 0), rows.statement);
  }

  /** The key of the row whose values begin there. */
  #keyAt(source: Buffer, values: number, number: number): RowKey {
    const statement = this.#statements[number];
    if (statement === undefined) throw new RangeError(`a row names statement ${number}, which is none`);
    const { keyAt, keyParts } = statement;
    const parts: Bytes[] = [];
    let at = values;
    for (let value = 0; value < keyAt + keyParts; value += 1) {
      const length = Math.max(0, source.readInt32BE(at));
      at += 4 + length;
      if (value >= keyAt) parts.push(source.subarray(at - length, at));
    }
    const split = this.#options.request.table.partitionKey.length;
    return { partitionKey: parts.slice(0, split), clusteringKey: parts.slice(split) };
  }
}

function bytesOf(rows: FramedRows): Buffer {
  const bytes = Buffer.allocUnsafe(rows.bytes);
  rows.copy(bytes, 0);
  return bytes;
}

function isTooLarge(thrown: unknown): boolean {
  return /batch too large/i.test(reasonOf(thrown));
}
