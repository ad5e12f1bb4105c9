import { type FileHandle, mkdir, open, rm } from 'node:fs/promises';
import { dirname } from 'node:path';
import { CqlformError, reasonOf } from '../kernel/errors.ts';
import type { RejectedRow } from './rejected-row.ts';

/** Rejected rows as NDJSON; the file is there once something is rejected, and an older one of its name is not. */
export class RejectsFile {
  readonly path: string;
  #handle: FileHandle | null = null;
  #begun = false;
  #adding: Promise<void> = Promise.resolve();

  constructor(path: string) {
    this.path = path;
  }

  async begin(): Promise<void> {
    await rm(this.path, { force: true });
  }

  /** Lines are added one after another, whoever adds them. */
  add(row: RejectedRow): Promise<void> {
    const added = this.#adding.then(() => this.#append(row));
    this.#adding = added.catch(() => undefined);
    return added;
  }

  async #append(row: RejectedRow): Promise<void> {
    try {
      if (!this.#begun) {
        this.#begun = true;
        await mkdir(dirname(this.path), { recursive: true });
        this.#handle = await open(this.path, 'w');
      }
      await this.#handle?.appendFile(`${JSON.stringify(row)}\n`);
    } catch (thrown) {
      throw new CqlformError('REJECTS_UNWRITABLE', `${this.path} cannot be written: ${reasonOf(thrown)}`, {
        next: 'Make room, or give the right to write there; or name another file.',
        fields: { path: this.path },
        cause: thrown,
      });
    }
  }

  async close(): Promise<void> {
    await this.#handle?.close();
    this.#handle = null;
  }
}
