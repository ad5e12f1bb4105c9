import type { Table } from '../../model/schema.ts';
import type { Clock } from '../../ports/clock.ts';
import type { RowThreads } from '../../ports/engines.ts';
import type { RowPool } from './row-pool.ts';
import { WorkMeter } from './work-meter.ts';
import type { WorkOrder } from './work-order.ts';

const rowTimeoutMs = 60_000;

export interface ThreadedRowsOptions {
  readonly threads: RowThreads;
  readonly order: WorkOrder;
  readonly into: Table;
  readonly clock: Pick<Clock, 'now'>;
}

/** Threads for the functions of one copy, from when they are worth it. */
export class ThreadedRows {
  /** Tells how much time functions take here; null: it is not asked. */
  readonly meter: WorkMeter | null;
  readonly #options: ThreadedRowsOptions;
  #pool: Promise<RowPool> | null = null;
  #ready: RowPool | null = null;
  #starting: Promise<void> | null = null;

  constructor(options: ThreadedRowsOptions) {
    this.#options = options;
    this.meter = options.threads.wanted === 'auto' ? new WorkMeter() : null;
  }

  /** The threads that rows go to now; null: they are worked on here. */
  get pool(): RowPool | null {
    return this.#ready;
  }

  /** Starts as many as were asked for; throws what keeps one from loading. */
  async begin(): Promise<void> {
    const { wanted } = this.#options.threads;
    if (wanted !== 'auto') await this.#start(wanted);
  }

  /** To be called now and then: starts threads when they are worth it. Rows stay here until they are ready. */
  consider(): void {
    if (this.#starting !== null || this.meter === null) return;
    const count = this.meter.judge();
    if (count > 0) void this.#start(count);
  }

  async end(): Promise<void> {
    this.#ready = null;
    await (await this.#pool?.catch(() => null))?.end();
  }

  #start(count: number): Promise<void> {
    this.#pool = this.#started(count);
    this.#starting = this.#pool.then(({ ready }) => ready);
    // where threads that nobody asked for cannot be had, rows stay here
    this.#starting.catch(() => undefined);
    return this.#starting;
  }

  async #started(count: number): Promise<RowPool> {
    // a copy that needs no thread does not load what makes them
    const { RowPool } = await import('./row-pool.ts');
    const { threads, order, into, clock } = this.#options;
    const { module, code } = threads;
    const limit = threads.rowTimeoutMs ?? rowTimeoutMs;
    const pool = new RowPool({ module, data: { order, code }, into, count, clock, rowTimeoutMs: limit });
    pool.ready.then(
      () => {
        this.#ready = pool;
      },
      () => undefined,
    );
    return pool;
  }
}
