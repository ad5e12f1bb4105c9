import { Worker } from 'node:worker_threads';
import { reasonOf } from '../kernel/errors.ts';
import type { LeaseSettings } from './lease.ts';
import type { BeatMessage, BeatOrder } from './lease-beat.ts';
import type { LeaseDeadline } from './lease-deadline.ts';

const file = new URL(import.meta.url.endsWith('.ts') ? './lease-beat.ts' : './lease-beat.js', import.meta.url);
const stopTimeoutMs = 2_000;

/** The thread that renews a lease. It never keeps the process alive. */
export class Heartbeat {
  /** Why the thread died, if it did. */
  failure: string | undefined;
  readonly #worker: Worker;
  readonly #exited: Promise<unknown>;

  constructor({ place, timings, options }: LeaseSettings, deadline: LeaseDeadline) {
    const order: BeatOrder = {
      options,
      ledgerKeyspace: place.ledgerKeyspace,
      keyspace: place.keyspace,
      deadline: deadline.buffer,
      beatMs: timings.beatMs,
      takeoverMs: timings.takeoverMs,
    };
    this.#worker = new Worker(file, { workerData: order, name: 'cqlform lease' });
    this.#worker.on('error', (thrown) => {
      this.failure = reasonOf(thrown);
    });
    this.#exited = new Promise((resolve) => this.#worker.once('exit', resolve));
    this.#worker.unref();
  }

  start(fence: bigint): void {
    this.#tell({ kind: 'held', fence });
  }

  async stop(): Promise<void> {
    this.#tell({ kind: 'stop' });
    const late = setTimeout(() => void this.#worker.terminate(), stopTimeoutMs);
    await this.#exited;
    clearTimeout(late);
  }

  #tell(message: BeatMessage): void {
    this.#worker.postMessage(message);
  }
}
