import type { Clock } from '../../ports/clock.ts';
import type { InputRow } from '../input.ts';
import type { SentRows } from './messages.ts';
import { packRows } from './packed-rows.ts';
import { RowThread, type RowThreadOptions, type Worked } from './row-thread.ts';
import { travels } from './travels.ts';

const watchEveryMs = 1_000;

export interface RowPoolOptions extends RowThreadOptions {
  readonly count: number;
  readonly clock: Pick<Clock, 'now'>;
}

/** Threads that work on batches of rows side by side. */
export class RowPool {
  readonly count: number;
  /** Rejects when a thread cannot load what it needs. */
  readonly ready: Promise<void>;
  readonly #threads: readonly RowThread[];
  readonly #clock: Pick<Clock, 'now'>;
  readonly #watch: NodeJS.Timeout;
  #batches = 0;
  #size = 0;

  constructor(options: RowPoolOptions) {
    const { count, clock, rowTimeoutMs } = options;
    this.count = count;
    this.#clock = clock;
    this.#threads = Array.from({ length: count }, () => new RowThread(options));
    this.ready = Promise.all(this.#threads.map(({ ready }) => ready)).then(() => undefined);
    this.ready.catch(() => undefined);
    this.#watch = setInterval(
      () => {
        for (const thread of this.#threads) thread.watch();
      },
      Math.min(watchEveryMs, rowTimeoutMs / 2),
    ).unref();
  }

  /** What becomes of rows without a problem; null: they hold what does not travel. */
  work(rows: readonly InputRow[]): Promise<Worked> | null {
    const sent = this.#sent(rows);
    if (sent === null) return null;
    const thread = this.#threads.reduce((least, one) => (one.waiting < least.waiting ? one : least));
    this.#batches = (this.#batches + 1) | 0;
    const now = this.#clock.now().getTime();
    const worked = thread.work({ kind: 'rows', batch: this.#batches, now, rows: sent }, rows);
    // a copy that stops does not ask any more
    worked.catch(() => undefined);
    return worked;
  }

  async end(): Promise<void> {
    clearInterval(this.#watch);
    await Promise.all(this.#threads.map((thread) => thread.end()));
  }

  #sent(rows: readonly InputRow[]): SentRows | null {
    const stored = rows.flatMap((row) => (row.stored === null ? [] : [row.stored]));
    if (stored.length === rows.length) {
      const memory = packRows(stored, this.#size);
      this.#size = memory.byteLength;
      return { kind: 'stored', memory };
    }
    const values = rows.map((row) => row.values());
    return values.every(travels) ? { kind: 'values', values } : null;
  }
}
