import type { RowSink } from '../cql/row-sink.ts';
import { BatchDelivery, type DeliveryOptions, type RowStatement, type SentRows } from './batch-delivery.ts';
import { HeldRows, type RowGroup } from './held-rows.ts';
import { Packs } from './packs.ts';

/**
 * Rows go before the memory is full only while fewer requests than this are in flight, so that the cluster always has
 * something to do; and once a part of the memory has filled, a larger one the more has come, so that little data is
 * sent soon and much in large batches.
 */
const busy = 64;
const filledFirst = { from: 1 / 12, to: 0.6, ofAll: 0.25 };
/** A writer that waits for room goes on when this much of the memory is free. */
const roomy = 0.98;

export interface SenderOptions extends DeliveryOptions {
  /** Bytes of rows that are held so that those of a partition meet. */
  readonly held: number;
  /** Resolves when that many more rows may be sent; throws when no more may. */
  readonly admit?: (rows: number, bytes: number) => Promise<void>;
}

/**
 * Gathers rows that may be sent twice, and sends them in unlogged batches of one partition, or of several with few
 * rows each that the same nodes hold; and again after time-outs. Their memory is used again only when they are acknowledged.
 */
export class BatchSender {
  readonly #options: SenderOptions;
  readonly #delivery: BatchDelivery;
  readonly #held: HeldRows;
  readonly #packs: Packs;
  readonly #underWay = new Set<Promise<void>>();
  #failure: unknown = null;
  #sending: Promise<void> | null = null;
  /** All that is held shall go: there is no room, or no more will come. */
  #pressing = false;
  /** Bytes of all groups that were sent. */
  #sentBytes = 0;
  #waiting: (() => void)[] = [];

  constructor(options: SenderOptions) {
    this.#options = options;
    const delivery = new BatchDelivery(options, (bytes) => this.#held.shrink(bytes));
    this.#delivery = delivery;
    this.#packs = new Packs(({ routing }) => delivery.placeOf(routing));
    this.#held = new HeldRows({
      bytes: options.held,
      headOf: (statement) => delivery.headOf(statement),
      routingOf: ({ bytes, at, statement }) => delivery.routingOf(bytes, at, statement),
    });
  }

  /** Rows that the server has acknowledged. */
  get acknowledged(): number {
    return this.#delivery.acknowledged;
  }

  /** What stopped the sending; null when nothing did. */
  get failure(): unknown {
    return this.#failure;
  }

  /** The number by which rows name the statement, which must be prepared before the first does. */
  add(statement: RowStatement): number {
    return this.#delivery.add(statement);
  }

  isPrepared(number: number): boolean {
    return this.#delivery.isPrepared(number);
  }

  /** Prepares all statements that were added. */
  prepare(): Promise<void> {
    return this.#delivery.prepare();
  }

  /** Takes a row; null while there is no room for one. */
  get filling(): RowSink | null {
    return this.#failure === null && this.#held.hasRoom ? this.#held : null;
  }

  /** Waits for room. Throws what stopped the sending. */
  async room(): Promise<RowSink> {
    for (;;) {
      if (this.#failure !== null) throw this.#failure;
      if (this.#held.hasRoom) return this.#held;
      this.#pressing = true;
      this.#send();
      await new Promise<void>((resolve) => this.#waiting.push(resolve));
    }
  }

  /** Rows were added. */
  filled(): void {
    if (this.#sending === null && this.#wants()) this.#send();
  }

  /** Sends what there is and waits until all is acknowledged. Throws what stopped the sending. */
  async flush(): Promise<void> {
    do {
      this.#pressing = true;
      this.#send();
      await this.#sending;
      await Promise.all(this.#underWay);
    } while (this.#failure === null && this.#held.used > 0);
    this.#pressing = false;
    if (this.#failure !== null) throw this.#failure;
  }

  /** Whether something is to be sent at once. */
  #wants(): boolean {
    if (this.#held.hasFull || this.#pressing) return true;
    if (this.#options.limit.inFlight >= busy) return false;
    const { used, capacity: held } = this.#held;
    const { from, to, ofAll } = filledFirst;
    return used >= Math.min(to * held, Math.max(from * held, ofAll * (this.#sentBytes + used)));
  }

  #send(): void {
    this.#sending ??= this.#sendWanted()
      .catch((thrown: unknown) => this.#fail(thrown))
      .finally(() => {
        this.#sending = null;
        if (this.#failure !== null) this.#wake();
      });
  }

  async #sendWanted(): Promise<void> {
    const { limit, admit } = this.#options;
    while (this.#failure === null && this.#wants()) {
      const groups = this.#next();
      if (groups === null) return;
      const batch = this.#framed(groups);
      const { bytes, rows } = batch;
      this.#sentBytes += bytes;
      await admit?.(rows, bytes);
      await limit.acquire(bytes);
      const sending = this.#delivery
        .deliver(batch)
        .then(
          () => {
            for (const group of groups) this.#held.giveBack(group);
          },
          (thrown: unknown) => this.#fail(thrown),
        )
        .finally(() => {
          limit.release(bytes);
          this.#underWay.delete(sending);
          this.#answered();
        });
      this.#underWay.add(sending);
    }
  }

  #answered(): void {
    if (this.#failure !== null || this.#held.used <= roomy * this.#held.capacity) this.#wake();
    this.filled();
  }

  /** Those who wait for room. */
  #wake(): void {
    if (this.#waiting.length === 0) return;
    this.#pressing = false;
    for (const wake of this.#waiting.splice(0)) wake();
  }

  #fail(thrown: unknown): void {
    this.#failure ??= thrown;
    this.#delivery.stop();
  }

  /** What travels next as one request; null: nothing is held. */
  #next(): readonly RowGroup[] | null {
    for (;;) {
      const group = this.#held.takeFull() ?? this.#held.takeOldest();
      if (group === null) return this.#packs.take();
      const groups = this.#packs.add(group);
      if (groups !== null) return groups;
    }
  }

  #framed(groups: readonly RowGroup[]): SentRows {
    const parts = groups.map((group): SentRows => {
      const { rows, bytes, routing, statement } = group;
      const copy = (target: Buffer, at: number): void => {
        this.#held.copy(group, target, at);
        this.#options.ends?.settle(target, at, rows);
      };
      return { rows, bytes, routing, statement, copy };
    });
    return joined(parts);
  }
}

/** Batches of several partitions as one. */
function joined(parts: readonly SentRows[]): SentRows {
  const [first] = parts;
  if (first === undefined) throw new TypeError('a batch has no rows');
  if (parts.length === 1) return first;
  let [rows, bytes] = [0, 0];
  for (const part of parts) {
    rows += part.rows;
    bytes += part.bytes;
  }
  const copy = (target: Buffer, at: number): void => {
    let to = at;
    for (const part of parts) {
      part.copy(target, to);
      to += part.bytes;
    }
  };
  return { rows, bytes, routing: first.routing, statement: first.statement, parts, copy };
}
