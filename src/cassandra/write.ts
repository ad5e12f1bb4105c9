import { type Client, policies, type QueryOptions, types } from 'cassandra-driver';
import { type BoundStatement, type Bound as BoundValue, MutationStatements, unset } from '../cql/mutation.ts';
import { hashOfBytes, type RowSink } from '../cql/row-sink.ts';
import type { Bytes, Mutation } from '../model/row.ts';
import type { TableWriter, WriterRequest } from '../ports/cluster.ts';
import { BatchSender } from './batch-sender.ts';
import { HeldEnds } from './held-ends.ts';
import { driverConsistency } from './scan.ts';
import { troubleOf } from './scan-errors.ts';
import { writeError } from './write-errors.ts';
import { type Bound, WriteLimit } from './write-limit.ts';

/** Bytes of rows that are held back, so that those of one partition can go together. */
const heldBytes = 16 * 1024 * 1024;
const defaultDeadlineMs = 120_000;

export interface WriterOptions {
  /** How long a write is sent again before it is given up; two minutes unless said otherwise. */
  readonly deadlineMs?: number;
  /** What bounds it besides; left out: nothing. */
  readonly bound?: Bound;
  /** The cluster's time; this machine's unless said otherwise. */
  readonly nowSeconds?: () => number;
}

/**
 * Writes mutations with bounded, adaptive concurrency. Those that may be sent twice are held back a little and sent in
 * unlogged batches of one partition, and sent again after time-outs for up to two minutes. Lists, counters and writes
 * without a timestamp are sent once, alone; those that touch lists of one row in the order they were handed in.
 */
export class Writer implements TableWriter {
  readonly #client: Client;
  readonly #request: WriterRequest;
  readonly #statements: MutationStatements;
  readonly #options: QueryOptions;
  readonly #limit: WriteLimit;
  readonly #sender: BatchSender;
  readonly #ends: HeldEnds;
  /** By text: the number under which the sender knows the statement. */
  readonly #numbers = new Map<string, number>();
  readonly #underWay = new Set<Promise<void>>();
  readonly #lists = new Map<string, Promise<void>>();
  #failure: unknown = null;

  constructor(
    client: Client,
    request: WriterRequest,
    { deadlineMs = defaultDeadlineMs, bound, nowSeconds = ownSeconds }: WriterOptions = {},
  ) {
    this.#client = client;
    this.#limit = new WriteLimit(bound);
    this.#request = request;
    this.#statements = new MutationStatements(request.keyspace, request.table);
    this.#options = {
      prepare: true,
      consistency: driverConsistency(request.consistency),
      isIdempotent: false,
      retry: new policies.retry.FallthroughRetryPolicy(),
    };
    const ends = new HeldEnds(nowSeconds);
    this.#ends = ends;
    this.#sender = new BatchSender({ client, request, limit: this.#limit, deadlineMs, held: heldBytes, ends });
  }

  async write(mutation: Mutation): Promise<void> {
    this.#throwFailure();
    const statement = this.#statements.of(mutation);
    if (this.#statements.isRepeatable(mutation)) {
      const number = this.#numberOf(mutation, statement);
      if (!this.#sender.isPrepared(number)) await this.#sender.prepare();
      const values = withEnd(mutation, statement.values, (at) => this.#ends.held(at));
      hold(this.#sender.filling ?? (await this.#sender.room()), { mutation, values, number });
      this.#sender.filled();
      return;
    }
    const bytes = sizeOf(statement);
    await this.#limit.acquire(bytes);
    this.#start(mutation, statement, {
      bytes,
      row: this.#statements.touchesList(mutation) ? rowKeyOf(mutation) : null,
    });
  }

  async flush(): Promise<void> {
    try {
      await this.#sender.flush();
    } catch (thrown) {
      this.#failure ??= thrown;
    }
    while (this.#underWay.size > 0) await Promise.all(this.#underWay);
    this.#throwFailure();
  }

  #numberOf(mutation: Mutation, { text, values, keyAt }: BoundStatement): number {
    let number = this.#numbers.get(text);
    if (number === undefined) {
      const { partitionKey, clusteringKey } = mutation;
      const keyParts = partitionKey.length + (clusteringKey?.length ?? 0);
      number = this.#sender.add({ text, values: values.length, keyAt, keyParts, ...ttlOf(mutation, values.length) });
      this.#numbers.set(text, number);
    }
    return number;
  }

  /** Sends a mutation once, in the background; the caller has acquired a place. Those of one row with lists wait for one another. */
  #start(
    mutation: Mutation,
    statement: BoundStatement,
    { bytes, row }: { readonly bytes: number; readonly row: string | null },
  ): void {
    const before = row === null ? undefined : this.#lists.get(row);
    const sending = (before ?? Promise.resolve())
      .then(() => this.#once(mutation, statement))
      .catch((thrown: unknown) => {
        this.#failure ??= thrown;
      })
      .finally(() => {
        this.#limit.release(bytes);
        this.#underWay.delete(sending);
        if (row !== null && this.#lists.get(row) === sending) this.#lists.delete(row);
      });
    this.#underWay.add(sending);
    if (row !== null) this.#lists.set(row, sending);
  }

  async #once(mutation: Mutation, { text, values: made }: BoundStatement): Promise<void> {
    if (this.#failure !== null) return;
    const sent = performance.now();
    const values = withEnd(mutation, made, (at) => int32(this.#ends.left(at)));
    try {
      await this.#client.execute(text, values.map(driverValue), this.#options);
      this.#limit.wentWell(performance.now() - sent);
    } catch (thrown) {
      if (troubleOf(thrown) !== 'refused') this.#limit.wasTroubled();
      throw writeError(thrown, mutation, { request: this.#request, repeatable: false });
    }
  }

  #throwFailure(): void {
    this.#failure ??= this.#sender.failure;
    if (this.#failure !== null) throw this.#failure;
  }
}

const ownSeconds = (): number => Math.floor(Date.now() / 1000);

/** Which value of its statement is the TTL; none of those that have none. */
function ttlOf({ kind }: Mutation, values: number): { readonly ttlAt?: number } {
  return kind === 'insert' ? { ttlAt: values - 1 } : kind === 'update' ? { ttlAt: 1 } : {};
}

/** The values with another TTL where the write has an end. */
function withEnd(
  mutation: Mutation,
  values: readonly BoundValue[],
  ttl: (expiresAt: number) => Bytes,
): readonly BoundValue[] {
  if (!('expiresAt' in mutation) || mutation.expiresAt === undefined) return values;
  const { ttlAt } = ttlOf(mutation, values.length);
  return ttlAt === undefined ? values : values.with(ttlAt, ttl(mutation.expiresAt));
}

function int32(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeInt32BE(value);
  return bytes;
}

function hold(
  into: RowSink,
  {
    mutation,
    values,
    number,
  }: { readonly mutation: Mutation; readonly values: readonly BoundValue[]; readonly number: number },
): void {
  into.begin();
  for (const value of values) into.value(value === unset ? undefined : value);
  let hash: number | undefined;
  for (const part of mutation.partitionKey) hash = hashOfBytes(part, 0, part.length, hash);
  into.commit(hash ?? 0, number);
}

function driverValue(value: BoundValue): Buffer | null | typeof types.unset {
  if (value === unset) return types.unset;
  if (value === null || Buffer.isBuffer(value)) return value;
  return Buffer.from(value.buffer, value.byteOffset, value.byteLength);
}

function sizeOf(statement: BoundStatement): number {
  let size = 0;
  for (const value of statement.values) size += 4 + (value === null || value === unset ? 0 : value.length);
  return size;
}

function rowKeyOf(mutation: Mutation): string {
  return `${joined(mutation.partitionKey)}/${mutation.clusteringKey === null ? '' : joined(mutation.clusteringKey)}`;
}

/** Parts of a key as one text that no other key has. */
function joined(parts: readonly Bytes[]): string {
  return parts
    .map((part) => `${part.length}:${Buffer.from(part.buffer, part.byteOffset, part.byteLength).toString('latin1')}`)
    .join('');
}
