import type { InsertBlock } from '../cql/insert-block.ts';
import { allEnded } from '../kernel/all-ended.ts';
import { type JsRow, RowRejected } from '../model/data.ts';
import { withoutValues } from '../model/privacy.ts';
import type { Bytes, Mutation } from '../model/row.ts';
import type { BlockWriter, TableWriter } from '../ports/cluster.ts';
import { emptyTally, type Tally } from './accounts.ts';
import { keyHash } from './collisions.ts';
import type { EncodedRows } from './encoded-rows.ts';
import type { InputPage, InputRow, Outcome, Piece } from './input.ts';
import { rejectedLine } from './rejected-row.ts';
import type { PieceSpool } from './spool.ts';
import { bytesOf } from './target-row.ts';
import type { Worked } from './threads/row-thread.ts';
import { timedEvery } from './threads/work-meter.ts';
import type { EngineOptions } from './write-engine.ts';

/** One emitted row. */
export interface Write {
  readonly mutations: readonly Mutation[];
  /** Its full primary key; null for static rows, and where keys cannot meet. */
  readonly key: readonly Bytes[] | null;
  /** Of that key, where it was made already; then the key is null. */
  readonly keyHash?: Buffer | null;
}

/** What is done to the rows of one piece, in their order; made anew for each piece. */
export type RowWork = (row: InputRow) => Outcome<Write>;

/** All that a row becomes is in the rows that were handed in with the work. */
export const encoded = { kind: 'encoded' } as const;

/** As `RowWork`, but with rows that are encoded at once; those that cannot be are given as writes. */
export interface EncodingWork {
  readonly rows: EncodedRows;
  readonly work: (row: InputRow) => Outcome<Write> | typeof encoded;
}

export interface Writers {
  readonly mutations: TableWriter;
  /** For rows that go on as they are, or else for inserts. */
  readonly blocks: BlockWriter | null;
}

/** Both come to rest, whatever becomes of one of them. */
export async function flushAll({ mutations, blocks }: Writers): Promise<void> {
  await allEnded([mutations.flush(), blocks?.flush()]);
}

/** The rows of one piece on their way. */
export class PieceRun {
  readonly tally: Tally = emptyTally();
  readonly #options: EngineOptions;
  readonly #piece: Piece;
  readonly #writers: Writers;
  readonly #inserts: InsertBlock | null;
  readonly #spool: PieceSpool | null;
  readonly #work: RowWork;
  readonly #encoding: EncodingWork | null;
  #started = false;

  constructor(
    options: EngineOptions,
    {
      piece,
      writers,
      inserts,
      spool,
    }: {
      readonly piece: Piece;
      readonly writers: Writers;
      readonly inserts: InsertBlock | null;
      readonly spool: PieceSpool | null;
    },
  ) {
    this.#options = options;
    this.#piece = piece;
    this.#writers = writers;
    this.#inserts = inserts;
    this.#spool = spool;
    this.#work = options.work();
    this.#encoding = options.encoding?.() ?? null;
  }

  /** Takes rows to where they go; `worked`: what became of those without a problem, null: that is still to be found. */
  async page(page: readonly InputRow[], worked: Worked | null): Promise<void> {
    const outcomes = worked?.outcomes.values();
    for (const row of page) {
      const found = row.problem === null ? outcomes?.next() : undefined;
      if (found?.done === true) throw worked?.failure ?? new TypeError('a row was left out by a thread');
      const waiting = this.#row(row, found?.value ?? null);
      if (waiting !== null) await waiting;
    }
  }

  /** Null: there is nothing to wait for. */
  #row(row: InputRow, found: Outcome<Write> | null): Promise<void> | null {
    this.tally.read += 1;
    const outcome = found ?? this.#outcomeOf(row);
    switch (outcome.kind) {
      case 'skip':
        this.tally.skipped += 1;
        return null;
      case 'reject':
        return this.#reject(row, outcome.reason);
      case 'encoded':
        this.tally.transformed += 1;
        return this.#handOn();
      case 'rows':
        this.tally.transformed += 1;
        return this.#writeAll(outcome.rows);
    }
  }

  #outcomeOf(row: InputRow): Outcome<Write> | typeof encoded {
    if (row.problem === null) return this.#timed(row);
    return this.#options.problemOf?.(row) ?? { kind: 'reject', reason: row.problem };
  }

  #timed(row: InputRow): Outcome<Write> | typeof encoded {
    const meter = this.#options.threads?.meter ?? null;
    if (meter === null || this.tally.read % timedEvery !== 0) return this.#worked(row);
    const begun = performance.now();
    const outcome = this.#worked(row);
    meter.took(performance.now() - begun);
    return outcome;
  }

  #worked(row: InputRow): Outcome<Write> | typeof encoded {
    return this.#encoding === null ? this.#work(row) : this.#encoding.work(row);
  }

  /** Counts rows that were written as they are. */
  passed({ passed, bytes }: InputPage): void {
    this.tally.read += passed;
    this.tally.transformed += passed;
    this.tally.written += passed;
    this.tally.bytes += bytes;
  }

  /** Records the piece, before its first write. */
  async begin(): Promise<void> {
    if (this.#started) return;
    this.#started = true;
    const { context } = this.#options;
    context.assertHeld();
    const detail = { identity: this.#piece.identity };
    await context.checkpoint(this.#piece.id, 'started', { accounts: null, detail });
  }

  /** Hands on the encoded rows, while there is room. */
  #handOn(): Promise<void> | null {
    const { rows } = this.#encoding as EncodingWork;
    if (!this.#started || rows.apart.length > 0) return this.#handOnLater(rows);
    const { blocks } = this.#writers;
    for (let row = 0; row < rows.count; row += 1) {
      const sink = blocks?.filling ?? null;
      if (sink === null) return this.#handOnLater(rows, row);
      rows.handTo(sink, row);
      const waiting = this.#handed(rows, row);
      if (waiting !== null) return waiting.then(() => this.#handOnLater(rows, row + 1));
    }
    return null;
  }

  async #handOnLater(rows: EncodedRows, from: number = 0): Promise<void> {
    if (!this.#started) await this.begin();
    const { blocks } = this.#writers;
    if (blocks === null) throw new TypeError('rows were encoded, and nothing takes them');
    for (let row = from; row < rows.count; row += 1) {
      rows.handTo(blocks.filling ?? (await blocks.room()), row);
      await this.#handed(rows, row);
    }
    for (const mutations of rows.apart.splice(0)) await this.#write({ mutations, key: null });
  }

  #handed(rows: EncodedRows, row: number): Promise<void> | null {
    this.#writers.blocks?.filled();
    this.tally.bytes += rows.bytesOf(row);
    this.tally.written += 1;
    if (this.#spool === null || this.#options.tracked === false) return null;
    return this.#keepKey(rows.keyHash(row), () => rows.mutationsOf(row));
  }

  async #writeAll(writes: readonly Write[]): Promise<void> {
    for (const write of writes) await this.#write(write);
  }

  async #write({ mutations, key, keyHash: made = null }: Write): Promise<void> {
    const { context } = this.#options;
    if (!this.#started) await this.begin();
    for (const mutation of mutations) {
      context.assertHeld();
      this.tally.bytes += bytesOf(mutation);
      const { mutations: single, blocks } = this.#writers;
      if (blocks !== null && this.#inserts?.takes(mutation) === true) {
        this.#inserts.append(mutation, blocks.filling ?? (await blocks.room()));
        blocks.filled();
      } else await single.write(mutation);
    }
    this.tally.written += 1;
    const hash = key === null ? made : keyHash(key);
    if (hash !== null) await this.#keepKey(hash, () => mutations);
  }

  /** So that rows of one key are counted, and some looked for afterwards. */
  #keepKey(hash: Buffer, mutations: () => readonly Mutation[]): Promise<void> | null {
    const spool = this.#spool;
    if (spool === null) return null;
    const record = this.#options.sample?.offer(hash, mutations) ?? null;
    const kept = spool.key(hash);
    if (record === null) return kept;
    const sampled = spool.sample(record);
    return kept === null ? sampled : kept.then(() => sampled ?? undefined);
  }

  async #reject(row: InputRow, found: string): Promise<void> {
    const { withheld = false } = this.#options;
    const reason = withheld ? withoutValues(found) : found;
    this.tally.rejected += 1;
    await this.#spool?.reject(row.line?.(reason) ?? lineOf(row, reason, withheld));
    this.#options.onReject(reason, row);
  }
}

function lineOf(row: InputRow, reason: string, withheld: boolean): string {
  const values = withheld ? null : shownValues(row);
  return rejectedLine({ place: row.place(), reason, values, stored: row.stored !== null });
}

/** The row as far as it can be decoded: what was rejected may be bytes that are no value. */
function shownValues(row: InputRow): JsRow | null {
  try {
    // all of them are looked at
    return { ...row.values() };
  } catch (thrown) {
    if (thrown instanceof RowRejected) return null;
    throw thrown;
  }
}
