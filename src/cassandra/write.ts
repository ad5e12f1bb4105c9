import { type Client, policies, type QueryOptions, types } from 'cassandra-driver';
import { type Bound, type BoundStatement, MutationStatements, unset } from '../cql/mutation.ts';
import type { Bytes, Mutation } from '../model/row.ts';
import type { TableWriter, WriterRequest } from '../ports/cluster.ts';
import { driverConsistency, pause } from './scan.ts';
import { troubleOf } from './scan-errors.ts';
import { writeError } from './write-errors.ts';
import { WriteLimit } from './write-limit.ts';

/** What is held back so that rows of one partition can go together. */
const heldMutations = 16_384;
const heldBytes = 16 * 1024 * 1024;
/** Size of one batch of one partition: beyond this the server gains little. */
const batchStatements = 64;
const batchBytes = 48 * 1024;
const defaultDeadlineMs = 120_000;
const mostFailures = 4;

/** What is sent as one request: one mutation, or repeatable ones of one partition. */
interface Unit {
  readonly first: Mutation;
  readonly repeatable: boolean;
  readonly statements: BoundStatement[];
  bytes: number;
}

/**
 * Writes mutations with bounded, adaptive concurrency. Those that may be sent twice are held back a little and sent in
 * unlogged batches of one partition, and sent again after time-outs for up to two minutes. Lists, counters and writes
 * without a timestamp are sent once, alone; those that touch lists of one row in the order they were handed in.
 */
export class Writer implements TableWriter {
  readonly #client: Client;
  readonly #request: WriterRequest;
  readonly #deadlineMs: number;
  readonly #statements: MutationStatements;
  readonly #options: QueryOptions;
  readonly #limit = new WriteLimit();
  readonly #underWay = new Set<Promise<void>>();
  readonly #lists = new Map<string, Promise<void>>();
  #held = new Map<string, Unit>();
  #heldCount = 0;
  #heldBytes = 0;
  #failure: unknown = null;

  /** `deadlineMs`: how long a write is sent again before it is given up. */
  constructor(client: Client, request: WriterRequest, deadlineMs: number = defaultDeadlineMs) {
    this.#client = client;
    this.#request = request;
    this.#deadlineMs = deadlineMs;
    this.#statements = new MutationStatements(request.keyspace, request.table);
    this.#options = {
      prepare: true,
      consistency: driverConsistency(request.consistency),
      isIdempotent: false,
      retry: new policies.retry.FallthroughRetryPolicy(),
    };
  }

  async write(mutation: Mutation): Promise<void> {
    this.#throwFailure();
    const statement = this.#statements.of(mutation);
    const repeatable = this.#statements.isRepeatable(mutation);
    const unit: Unit = { first: mutation, repeatable, statements: [statement], bytes: sizeOf(statement) };
    if (unit.repeatable) return this.#hold(unit, statement);
    await this.#limit.acquire(unit.bytes);
    this.#start(unit, this.#statements.touchesList(mutation) ? rowKeyOf(mutation) : null);
  }

  async flush(): Promise<void> {
    await this.#sendHeld();
    while (this.#underWay.size > 0) await Promise.all(this.#underWay);
    this.#throwFailure();
  }

  async #hold(unit: Unit, statement: BoundStatement): Promise<void> {
    const key = joined(unit.first.partitionKey);
    const held = this.#held.get(key);
    this.#heldCount++;
    this.#heldBytes += unit.bytes;
    if (held === undefined) this.#held.set(key, unit);
    else if (held.statements.length < batchStatements && held.bytes + unit.bytes <= batchBytes) {
      held.statements.push(statement);
      held.bytes += unit.bytes;
    } else {
      this.#held.set(key, unit);
      this.#heldCount -= held.statements.length;
      this.#heldBytes -= held.bytes;
      await this.#send(held);
    }
    if (this.#heldCount >= heldMutations || this.#heldBytes >= heldBytes) await this.#sendHeld();
  }

  async #sendHeld(): Promise<void> {
    const units = this.#held;
    this.#held = new Map();
    this.#heldCount = 0;
    this.#heldBytes = 0;
    for (const unit of units.values()) await this.#send(unit);
  }

  async #send(unit: Unit): Promise<void> {
    await this.#limit.acquire(unit.bytes);
    this.#start(unit, null);
  }

  /** Sends in the background; the caller has acquired a place. Units of one row with lists wait for one another. */
  #start(unit: Unit, row: string | null): void {
    const before = row === null ? undefined : this.#lists.get(row);
    const sending = (before ?? Promise.resolve())
      .then(() => this.#deliver(unit))
      .catch((thrown: unknown) => {
        this.#failure ??= thrown;
      })
      .finally(() => {
        this.#limit.release(unit.bytes);
        this.#underWay.delete(sending);
        if (row !== null && this.#lists.get(row) === sending) this.#lists.delete(row);
      });
    this.#underWay.add(sending);
    if (row !== null) this.#lists.set(row, sending);
  }

  async #deliver(unit: Unit): Promise<void> {
    const started = performance.now();
    for (let attempt = 1; ; attempt++) {
      if (this.#failure !== null) return;
      try {
        await this.#execute(unit);
        this.#limit.wentWell();
        return;
      } catch (thrown) {
        const trouble = troubleOf(thrown);
        if (trouble !== 'refused') this.#limit.wasTroubled();
        const givenUp =
          !unit.repeatable ||
          trouble === 'refused' ||
          (trouble === 'failure' && attempt >= mostFailures) ||
          performance.now() - started > this.#deadlineMs;
        if (givenUp) throw writeError(thrown, unit.first, { request: this.#request, repeatable: unit.repeatable });
        await pause(Math.min(5000, 25 * 2 ** attempt) * (0.5 + Math.random() / 2));
      }
    }
  }

  async #execute(unit: Unit): Promise<void> {
    const queries = unit.statements.map(({ text, values }) => ({ query: text, params: values.map(driverValue) }));
    const [only, ...others] = queries;
    if (only === undefined) return;
    if (others.length === 0) await this.#client.execute(only.query, only.params, this.#options);
    else await this.#client.batch(queries, { ...this.#options, logged: false });
  }

  #throwFailure(): void {
    if (this.#failure !== null) throw this.#failure;
  }
}

function driverValue(value: Bound): Buffer | null | typeof types.unset {
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
