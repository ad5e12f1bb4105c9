import { type ChildProcessWithoutNullStreams, spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { createInterface, type Interface } from 'node:readline';
import type { ProcessOrder } from './lease-process-order.ts';

const program = join(import.meta.dirname, 'lease-process.ts');

/** How a command to a ledger process ended. */
export type Answer = { readonly value: unknown } | { readonly code: string; readonly message: string };

/** A process that holds leases; ended when disposed. */
export class LedgerChild implements AsyncDisposable {
  readonly #process: ChildProcessWithoutNullStreams;
  readonly #lines: AsyncIterator<string>;
  readonly #reader: Interface;
  #errors = '';

  private constructor(process: ChildProcessWithoutNullStreams) {
    this.#process = process;
    this.#reader = createInterface({ input: process.stdout });
    this.#lines = this.#reader[Symbol.asyncIterator]();
    process.stderr.on('data', (chunk) => {
      this.#errors += String(chunk);
    });
  }

  static async start(order: ProcessOrder): Promise<LedgerChild> {
    const child = new LedgerChild(spawn(process.execPath, [program, JSON.stringify(order)]));
    await child.#next();
    return child;
  }

  async ask(verb: string, value = 0): Promise<Answer> {
    this.tell(verb, value);
    return this.#next();
  }

  /** Does not wait for the answer. */
  tell(verb: string, value = 0): void {
    this.#process.stdin.write(`${JSON.stringify([verb, value])}\n`);
  }

  answer(): Promise<Answer> {
    return this.#next();
  }

  signal(signal: NodeJS.Signals): void {
    this.#process.kill(signal);
  }

  /** Its exit code once it has ended. */
  async ended(): Promise<number | null> {
    if (this.#process.exitCode === null && this.#process.signalCode === null) await once(this.#process, 'exit');
    return this.#process.exitCode;
  }

  get errors(): string {
    return this.#errors;
  }

  async #next(): Promise<Answer> {
    const line = await this.#lines.next();
    if (line.done === true) throw new Error(`the process ended: ${this.#errors}`);
    return JSON.parse(line.value);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#process.kill('SIGKILL');
    await this.ended();
    this.#reader.close();
  }
}
