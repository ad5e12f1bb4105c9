import { randomBytes } from 'node:crypto';
import { z } from 'zod';
import { canonicalJson } from '../kernel/hash.ts';
import type { BlobStore } from '../ports/blobs.ts';
import { shortKey } from './repository.ts';
import { timeName } from './time-name.ts';

/** Records of a job that are kept, where anything may be deleted. */
const most = 20;

const shape = z.object({
  due: z.iso.datetime(),
  startedAt: z.iso.datetime(),
  finishedAt: z.iso.datetime(),
  outcome: z.enum(['done', 'failed']),
  /** The error's, where it failed. */
  code: z.string().nullable(),
  by: z.string(),
});

/** A run of a scheduled job that came to its end. */
export type RunRecord = z.infer<typeof shape>;

/** Whose runs. Several projects and environments may keep their backups in one place. */
export interface RunsOf {
  readonly keyspace: string;
  readonly environment: string | null;
  readonly job: string;
}

/**
 * What became of a job's runs, kept beside its backups: what is due is told by it, whoever ran the last one. Each run has
 * an object of its own, named by the time that it was due at, so that no record is ever replaced.
 */
export class RunRecords {
  readonly #store: BlobStore;
  readonly #folder: string;

  constructor(store: BlobStore, { keyspace, environment, job }: RunsOf) {
    this.#store = store;
    this.#folder = `runs/${shortKey(keyspace)}/${environment === null ? '-' : shortKey(environment)}/${shortKey(job)}/`;
  }

  /** When the newest run was due; null: there was none. */
  async lastDue(): Promise<Date | null> {
    const newest = (await this.#keys()).at(-1);
    return newest === undefined ? null : new Date(Number(newest.slice(this.#folder.length).split('-')[0]));
  }

  /** Null: there was none, or its record is damaged. */
  async last(): Promise<RunRecord | null> {
    const newest = (await this.#keys()).at(-1);
    const bytes = newest === undefined ? null : await this.#store.get(newest);
    try {
      return shape.parse(JSON.parse(Buffer.from(bytes ?? []).toString('utf8')));
    } catch {
      return null;
    }
  }

  async add(record: RunRecord): Promise<void> {
    const due = timeName(Date.parse(record.due));
    const key = `${this.#folder}${due}-${randomBytes(4).toString('hex')}.json`;
    await this.#store.put(key, Buffer.from(`${canonicalJson(record)}\n`));
    if (this.#store.appendOnly === true) return;
    for (const old of (await this.#keys()).slice(0, -most)) await this.#store.delete(old);
  }

  /** The oldest first. */
  async #keys(): Promise<readonly string[]> {
    const keys: string[] = [];
    for await (const { key } of this.#store.list(this.#folder)) keys.push(key);
    return keys.filter((key) => /^\d{15}-[0-9a-f]{8}\.json$/.test(key.slice(this.#folder.length))).sort();
  }
}
