import { Worker } from 'node:worker_threads';
import { CqlformError, reasonOf } from '../../kernel/errors.ts';
import type { Table } from '../../model/schema.ts';
import type { InputRow, Outcome } from '../input.ts';
import type { Write } from '../piece-run.ts';
import { type FromThread, type RowsMessage, type ThreadData, type ToThread, thrownAgain } from './messages.ts';
import { unpackOutcomes } from './packed-outcomes.ts';

/** Of a thread's memory; more for what lives long than functions of rows need, less for what does not than Node takes. */
const resourceLimits = { maxOldGenerationSizeMb: 256, maxYoungGenerationSizeMb: 16 };
/** For a function that is at work when the copy stops. */
const endTimeoutMs = 1_000;
/** V8 cuts off nearly every loop at once. */
const cutOffTimeoutMs = 5_000;

/** What became of a batch. */
export interface Worked {
  readonly outcomes: readonly Outcome<Write>[];
  /** What was thrown at the row after them; null: nothing. */
  readonly failure: Error | null;
}

interface Batch {
  readonly number: number;
  readonly rows: readonly InputRow[];
  readonly done: PromiseWithResolvers<Worked>;
}

export interface RowThreadOptions {
  readonly module: URL;
  readonly data: Omit<ThreadData, 'progress'>;
  readonly into: Table;
  /** How long one row may take. */
  readonly rowTimeoutMs: number;
}

/** One thread that works on batches of rows, one after another. */
export class RowThread {
  /** Rejects when it cannot load what it needs, or ends before it has. */
  readonly ready: Promise<void>;
  readonly #options: RowThreadOptions;
  readonly #worker: Worker;
  readonly #progress = new Int32Array(new SharedArrayBuffer(8));
  readonly #loaded = Promise.withResolvers<void>();
  readonly #exited: Promise<void>;
  readonly #batches: Batch[] = [];
  #isReady = false;
  #ending = false;
  #lost: Error | null = null;
  #seen = { batch: 0, row: 0, since: performance.now() };

  constructor(options: RowThreadOptions) {
    this.#options = options;
    const { module, data } = options;
    const workerData: ThreadData = { ...data, progress: this.#progress.buffer as SharedArrayBuffer };
    this.#worker = new Worker(module, { workerData, name: 'cqlform rows', resourceLimits });
    this.ready = this.#loaded.promise;
    // whoever does not wait for it hears of it from the next batch
    this.ready.catch(() => undefined);
    this.#exited = new Promise((resolve) => {
      this.#worker.once('exit', (code) => {
        if (!this.#ending) this.#lose(this.#ended(`it ended with ${code}`));
        resolve();
      });
    });
    this.#worker.on('message', (message: FromThread) => this.#told(message));
    this.#worker.on('messageerror', (thrown) => this.#lose(this.#ended(reasonOf(thrown))));
    this.#worker.on('error', (thrown) => this.#lose(this.#ended(reasonOf(thrown))));
  }

  /** Rows that it has not answered for. */
  get waiting(): number {
    return this.#batches.length;
  }

  work(message: RowsMessage, rows: readonly InputRow[]): Promise<Worked> {
    if (this.#lost !== null) return Promise.reject(this.#lost);
    if (this.#batches.length === 0) this.#seen = { ...this.#seen, since: performance.now() };
    const done = Promise.withResolvers<Worked>();
    this.#batches.push({ number: message.batch, rows, done });
    this.#tell(message, message.rows.kind === 'stored' ? [message.rows.memory] : []);
    return done.promise;
  }

  /** Looks whether one row has been at work for too long. */
  watch(): void {
    if (this.#batches.length === 0) return;
    const [batch, row] = [Atomics.load(this.#progress, 0), Atomics.load(this.#progress, 1)];
    const now = performance.now();
    if (batch !== this.#seen.batch || row !== this.#seen.row) this.#seen = { batch, row, since: now };
    else if (now - this.#seen.since >= this.#options.rowTimeoutMs) this.#lose(this.#stuck());
  }

  /**
   * Waits until what it has printed is out; a function that does not come to an end is cut off. Where even that does not
   * help, the thread is left alone, and the process ends itself when everything else has ended.
   */
  async end(): Promise<void> {
    this.#ending = true;
    this.#tell({ kind: 'end' });
    const busy = !this.#isReady || this.#lost !== null;
    if (await this.#exitsWithin(busy ? 0 : endTimeoutMs)) return;
    void this.#worker.terminate();
    if (await this.#exitsWithin(cutOffTimeoutMs)) return;
    this.#worker.unref();
    const killed = (): void => void process.kill(process.pid, 'SIGKILL');
    process.once('exit', killed);
    void this.#exited.then(() => process.off('exit', killed));
  }

  async #exitsWithin(milliseconds: number): Promise<boolean> {
    const late = Promise.withResolvers<false>();
    const timer = setTimeout(() => late.resolve(false), milliseconds);
    const exited = await Promise.race([this.#exited.then(() => true), late.promise]);
    clearTimeout(timer);
    return exited;
  }

  #tell(message: ToThread, memory: readonly ArrayBuffer[] = []): void {
    this.#worker.postMessage(message, [...memory]);
  }

  #told(message: FromThread): void {
    switch (message.kind) {
      case 'ready':
        this.#isReady = true;
        this.#loaded.resolve();
        break;
      case 'failed':
        this.#lose(thrownAgain(message.error, ''));
        break;
      case 'worked':
        this.#worked(message);
    }
  }

  #worked({ memory, count, error }: Extract<FromThread, { kind: 'worked' }>): void {
    const batch = this.#batches.shift();
    if (batch === undefined) return;
    const outcomes = unpackOutcomes(memory, count, this.#options.into);
    const failure = error === null ? null : thrownAgain(error, batch.rows[count]?.place() ?? '');
    batch.done.resolve({ outcomes, failure });
  }

  #lose(thrown: Error): void {
    if (this.#lost !== null) return;
    this.#lost = thrown;
    this.#loaded.reject(thrown);
    for (const { done } of this.#batches.splice(0)) done.reject(thrown);
    void this.#worker.terminate();
  }

  /** The row that is at work, or would be next. */
  #place(): string | null {
    const [batch] = this.#batches;
    const row = Atomics.load(this.#progress, 0) === batch?.number ? Atomics.load(this.#progress, 1) : 0;
    return batch?.rows[row]?.place() ?? null;
  }

  #ended(reason: string): CqlformError {
    const place = this.#place();
    const at = place === null ? '' : ` at ${place}`;
    return new CqlformError('TRANSFORM_THREAD_ENDED', `a thread that ran the rows' function ended${at}: ${reason}`, {
      next: 'Look at what the function does with that row; then apply again: it goes on where it stopped. With `--threads 0` functions run in the main thread, which may take more memory.',
      fields: { place },
      retryable: true,
    });
  }

  #stuck(): CqlformError {
    const place = this.#place() ?? '';
    const seconds = Math.round(this.#options.rowTimeoutMs / 1000);
    return new CqlformError(
      'TRANSFORM_STUCK',
      `the row's function has not come to an end for ${seconds} s at ${place}`,
      {
        next: 'Mend the function: there is a loop in it that does not end for this row, or it takes very long.',
        fields: { place },
      },
    );
  }
}
