import { type FileHandle, mkdir, open, readFile, rename, rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { z } from 'zod';
import { withLock } from '../devcluster/lock.ts';
import { CqlformError, exitCodes, reasonOf } from '../kernel/errors.ts';
import { canonicalJson, sha256 } from '../kernel/hash.ts';
import type { RestoreReport, RestoreWay, WorkContext } from '../ports/engines.ts';
import type { Checkpoint } from '../ports/journal.ts';

/** A restore that nobody has gone on with for so long begins anew. */
const forgottenAfterMs = 7 * 24 * 60 * 60 * 1000;

/** What came of a table whose restore has ended; `hidden`: see `RestoredTable`. */
export interface EndedRestore extends RestoreReport {
  readonly hidden: number;
}

const count = z.int().nonnegative();
const endedShape: z.ZodType<EndedRestore> = z.object({
  ...{ rows: count, staticRows: count, expired: count, written: count, deleted: count, skippedChunks: count },
  ...{ digest: z.string(), expected: z.string(), hidden: count },
  expiring: z.object({ restored: count, found: count }),
});

const line = z.discriminatedUnion('kind', [
  z.object({
    kind: z.literal('begun'),
    format: z.literal(1),
    at: z.iso.datetime(),
    mode: z.enum(['new-table', 're-added', 'exact', 'overwrite', 'missing']),
    timestamp: z.string().regex(/^\d+$/),
  }),
  z.object({ kind: z.literal('try'), attempt: z.int().positive() }),
  z.object({
    kind: z.literal('done'),
    range: z.string(),
    detail: z.record(z.string(), z.union([z.string(), z.number()])),
  }),
  z.object({ kind: z.literal('ended'), ended: endedShape }),
]);
type Line = z.infer<typeof line>;

/** What was decided when a restore began. */
export interface Begun {
  readonly mode: RestoreWay;
  /** Microseconds. */
  readonly timestamp: bigint;
}

export interface RestoreRecord extends Begun, Pick<WorkContext, 'attempt' | 'finished' | 'checkpoint'> {
  /** The table has what it has to; the record stays until it is forgotten, for other tables of the same command. */
  end(ended: EndedRestore): Promise<void>;
  close(): Promise<void>;
}

/** What an earlier try has left. */
export interface LeftRestore extends Begun {
  /** Null: the table was not finished. */
  readonly ended: EndedRestore | null;
  /** True when pieces of it are done, with rows in them. */
  readonly hasRows: boolean;
  goOn(): Promise<RestoreRecord>;
}

/**
 * A file in the project's folder by which a restore that was killed goes on where it was: what it decided, how often it
 * was tried, and which pieces are done, each line on the disk before what follows from it.
 */
export class RestoreRecords {
  readonly #folder: string;

  constructor(stateFolder: string) {
    this.#folder = join(stateFolder, 'restores');
  }

  /**
   * Works while nobody else restores into the same table from this folder: two that go on from one record would each take
   * the other's pieces for done. Throws `RESTORE_RUNNING`; a process that died holds nothing.
   */
  async exclusively<T>(into: Readonly<Record<string, string>>, work: () => Promise<T>): Promise<T> {
    const lock = join(this.#folder, `${sha256(canonicalJson(into)).slice(0, 32)}.lock`);
    let begun = false;
    try {
      return await withLock(lock, { waitMs: 0 }, () => {
        begun = true;
        return work();
      });
    } catch (thrown) {
      if (begun) throw thrown;
      if (thrown instanceof CqlformError && thrown.code === 'LOCK_HELD') throw running(into, thrown);
      throw unusable(lock, thrown);
    }
  }

  /** Null: there is none of this kind that can be gone on with. Writes nothing. */
  async find(identity: Readonly<Record<string, unknown>>, now: Date): Promise<LeftRestore | null> {
    const path = this.#path(identity);
    const bytes = await readFile(path).catch((thrown: NodeJS.ErrnoException) => {
      if (thrown.code === 'ENOENT') return null;
      throw unusable(path, thrown);
    });
    const [begun, ...rest] = bytes === null ? [] : linesOf(bytes);
    if (begun?.kind !== 'begun' || now.getTime() - Date.parse(begun.at) > forgottenAfterMs) return null;
    const done = rest.flatMap((one) => (one.kind === 'done' ? [one.detail] : []));
    return {
      mode: begun.mode,
      timestamp: BigInt(begun.timestamp),
      ended: rest.flatMap((one) => (one.kind === 'ended' ? [one.ended] : [])).at(-1) ?? null,
      hasRows: done.some((detail) => Number(detail['rows'] ?? 0) + Number(detail['staticRows'] ?? 0) > 0),
      goOn: () => this.#open(path, { begun, rest, keep: true }),
    };
  }

  /** The next restore of this kind begins anew. */
  async forget(identity: Readonly<Record<string, unknown>>): Promise<void> {
    await rm(this.#path(identity), { force: true });
  }

  async begin(
    identity: Readonly<Record<string, unknown>>,
    { mode, timestamp }: Begun,
    now: Date,
  ): Promise<RestoreRecord> {
    const begun = { kind: 'begun', format: 1, at: now.toISOString(), mode, timestamp: String(timestamp) } as const;
    return this.#open(this.#path(identity), { begun, rest: [], keep: false });
  }

  #path(identity: Readonly<Record<string, unknown>>): string {
    return join(this.#folder, `${sha256(canonicalJson(identity)).slice(0, 32)}.ndjson`);
  }

  async #open(
    path: string,
    { begun, rest, keep }: { begun: Extract<Line, { kind: 'begun' }>; rest: readonly Line[]; keep: boolean },
  ): Promise<RestoreRecord> {
    const attempt = 1 + Math.max(0, ...rest.flatMap((one) => (one.kind === 'try' ? [one.attempt] : [])));
    const finished = rest.flatMap((one): Checkpoint[] =>
      one.kind === 'done'
        ? [
            {
              run: 'restore',
              step: 'restore',
              attempt,
              state: 'done',
              accounts: null,
              range: one.range,
              detail: one.detail,
            },
          ]
        : [],
    );
    let file: FileHandle;
    try {
      await mkdir(dirname(path), { recursive: true });
      file = await open(`${path}.new`, 'w');
    } catch (thrown) {
      throw unusable(path, thrown);
    }
    const write = async (...lines: readonly Line[]): Promise<void> => {
      await file.appendFile(lines.map((one) => `${JSON.stringify(one)}\n`).join(''));
      await file.sync();
    };
    // Written anew, because a line that a kill cut off must not stand before another.
    await write(begun, ...(keep ? rest : []), { kind: 'try', attempt });
    await rename(`${path}.new`, path);
    return {
      mode: begun.mode,
      timestamp: BigInt(begun.timestamp),
      attempt,
      finished,
      checkpoint: async (range, state, { detail }) => {
        if (state === 'done') await write({ kind: 'done', range, detail });
      },
      end: ({ rows, staticRows, expired, written, deleted, skippedChunks, ...said }) => {
        const { digest, expected, hidden, expiring } = said;
        const counts = { rows, staticRows, expired, written, deleted, skippedChunks, hidden };
        return write({ kind: 'ended', ended: { ...counts, digest, expected, expiring } });
      },
      close: () => file.close(),
    };
  }
}

/** Up to the first that is not whole. */
function linesOf(bytes: Uint8Array): readonly Line[] {
  const lines: Line[] = [];
  for (const text of Buffer.from(bytes).toString('utf8').split('\n').slice(0, -1)) {
    try {
      lines.push(line.parse(JSON.parse(text)));
    } catch {
      break;
    }
  }
  return lines;
}

function running(into: Readonly<Record<string, string>>, held: CqlformError): CqlformError {
  const what = Object.values(into).join('.');
  return new CqlformError('RESTORE_RUNNING', `a restore into ${what} is at work already, begun in this folder`, {
    next: 'Wait until it has ended, or stop it and run the same command again: it goes on where that one was.',
    fields: held.fields,
    retryable: true,
    exitCode: exitCodes.leaseHeld,
  });
}

function unusable(path: string, thrown: unknown): CqlformError {
  return new CqlformError(
    'RESTORE_RECORD',
    `${path}, by which a restore can go on, cannot be used: ${reasonOf(thrown)}`,
    {
      next: 'Let this user write there; nothing was restored yet.',
      fields: { path },
      exitCode: exitCodes.usage,
    },
  );
}
