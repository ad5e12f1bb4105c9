import { InsertBlock, suitsInserts } from '../cql/insert-block.ts';
import { allEnded } from '../kernel/all-ended.ts';
import type { Table } from '../model/schema.ts';
import type { Clock } from '../ports/clock.ts';
import type { BlockWriter, Rows, WriterRequest } from '../ports/cluster.ts';
import type { WorkContext } from '../ports/engines.ts';
import type { Checkpoint } from '../ports/journal.ts';
import { addTally, assertAddUp, emptyTally, type Tally } from './accounts.ts';
import { CounterWriter, counterColumns } from './counter-writer.ts';
import type { InputPage, InputRow, Outcome, Piece } from './input.ts';
import { type EncodingWork, flushAll, PieceRun, type RowWork, type Writers } from './piece-run.ts';
import { admitted, type RateLimit } from './rate.ts';
import type { Spool, SpoolSizes } from './spool.ts';
import type { StraightCopy } from './straight.ts';
import { copyConsistency } from './table-pieces.ts';
import type { Worked } from './threads/row-thread.ts';
import type { ThreadedRows } from './threads/threaded-rows.ts';
import { workedPages } from './threads/worked-pages.ts';
import type { RowSample } from './verify/row-sample.ts';

export interface EngineOptions {
  readonly rows: Rows;
  readonly clock: Clock;
  readonly context: WorkContext;
  readonly into: Table;
  /** Where rejected rows and key hashes are kept; null: nowhere. */
  readonly spool: Spool | null;
  /** Told of each rejected row; throws to end the copy. */
  readonly onReject: (reason: string, row: InputRow) => void;
  readonly work: () => RowWork;
  /** In place of `work`, where rows can be encoded at once; left out or null: they cannot. */
  readonly encoding?: (() => EncodingWork) | null;
  /** False: keys of encoded rows cannot meet, and are not kept. Left out: they can. */
  readonly tracked?: boolean;
  /** What becomes of a row with a problem; left out or null: it is rejected. */
  readonly problemOf?: (row: InputRow) => Outcome<never> | null;
  readonly totalRows: number | null;
  /** True: what is told of rejected rows has none of their values. Left out: all. */
  readonly withheld?: boolean;
  /** Takes some of the rows with a key, to be looked for afterwards; left out or null: none. */
  readonly sample?: RowSample | null;
  /** How rows go on that need no work; left out or null: none do. */
  readonly straight?: StraightCopy | null;
  /** Where rows may be worked on besides here; left out or null: nowhere. */
  readonly threads?: ThreadedRows | null;
  /** How fast rows may go; left out or null: as fast as the cluster takes them. */
  readonly limit?: RateLimit | null;
}

/** Pieces under way at once; each has a writer of its own, whose concurrency adapts by itself. */
export const piecesAtOnce = 4;
const progressEveryMs = 200;

/** Reads, works and writes pieces, and records each before its first write and after its last one is acknowledged. */
export class WriteEngine {
  readonly #options: EngineOptions;
  readonly #total: Tally = emptyTally();
  readonly #underWay = new Set<PieceRun>();
  #stopped = false;
  #lastProgress = Number.NEGATIVE_INFINITY;
  /** Null where all rows go straight, or are not such that a block may hold them. */
  readonly #inserts: InsertBlock | null;
  /** Of a table of counters: one for all pieces, so that no two read and add at once. */
  readonly #counters: CounterWriter | null;

  constructor(options: EngineOptions) {
    this.#options = options;
    const { straight = null, threads = null, into } = options;
    const { keyspace, types } = options.context;
    const request = { keyspace, table: into, types, consistency: copyConsistency };
    this.#counters =
      counterColumns(into).length === 0 ? null : new CounterWriter(options.rows, request, options.context);
    const blocks = suitsInserts(into);
    if (straight === null) this.#inserts = blocks ? new InsertBlock(into) : null;
    else this.#inserts = blocks && threads !== null ? new InsertBlock(into, 1) : null;
  }

  get total(): Tally {
    return this.#total;
  }

  /** Counts what an earlier attempt did. */
  resume(finished: readonly Checkpoint[]): void {
    for (const { accounts } of finished) if (accounts !== null) addTally(this.#total, accounts);
  }

  /** Stops at the first failure, when all that was under way has come to rest. */
  async run(pieces: readonly Piece[]): Promise<void> {
    const queue = pieces.values();
    const worker = async (): Promise<void> => {
      const { rows, context, into } = this.#options;
      const { keyspace, types } = context;
      const request = { keyspace, table: into, types, consistency: copyConsistency };
      const writer: Writers = { mutations: this.#counters ?? rows.write(request), blocks: this.#blockWriter(request) };
      try {
        for (const piece of queue) {
          if (this.#stopped) break;
          await this.#piece(piece, writer);
        }
      } catch (thrown) {
        this.#stopped = true;
        throw thrown;
      } finally {
        if (this.#stopped) await this.#settle(writer);
      }
    };
    const workers = Array.from({ length: Math.min(piecesAtOnce, pieces.length) }, worker);
    await allEnded(workers);
    this.#progress(true);
  }

  /** Waits for what is under way, so that nothing lands after the failure is told. Without the lease nothing more is sent. */
  async #settle(writers: Writers): Promise<void> {
    try {
      this.#options.context.assertHeld();
      await flushAll(writers);
    } catch {
      // The failure that stopped the copy is the one that is told.
    }
  }

  #blockWriter(request: WriterRequest): BlockWriter | null {
    const { rows, straight, context } = this.#options;
    const admit = async (): Promise<void> => context.assertHeld();
    const inserts = this.#inserts === null ? [] : [this.#inserts.columns];
    if (straight !== undefined && straight !== null) {
      return rows.writeBlocks({ ...request, statements: [straight.columns, ...inserts], held: 'little', admit });
    }
    return inserts.length === 0 ? null : rows.writeBlocks({ ...request, statements: inserts, held: 'some', admit });
  }

  async *#pages(piece: Piece, { blocks }: Writers, begin: () => Promise<void>): AsyncGenerator<InputPage> {
    const { straight, threads, into } = this.#options;
    const here = (threads?.pool ?? null) === null;
    if (blocks === null || straight === undefined || straight === null || piece.through === undefined || !here) {
      for await (const rows of piece.rows()) yield { rows, passed: 0, bytes: 0 };
      return;
    }
    const { values, floor, onRow } = straight;
    yield* piece.through({ into: blocks, values, onRow, floor, partitionParts: into.partitionKey.length, begin });
  }

  async *#worked(pages: AsyncIterable<InputPage>): AsyncGenerator<InputPage & { readonly worked: Worked | null }> {
    const { threads } = this.#options;
    if (threads !== undefined && threads !== null) yield* workedPages(pages, threads, this.#underWay.size);
    else for await (const page of pages) yield { ...page, worked: null };
  }

  async #piece(piece: Piece, writers: Writers): Promise<void> {
    const { context, spool } = this.#options;
    const own = spool?.begin(piece.id) ?? null;
    const run = new PieceRun(this.#options, { piece, writers, inserts: this.#inserts, spool: own });
    let sizes: SpoolSizes | null = null;
    this.#underWay.add(run);
    try {
      for await (const { worked, ...page } of this.#worked(this.#pages(piece, writers, () => run.begin()))) {
        context.assertHeld();
        const before = { ...run.tally };
        try {
          run.passed(page);
          await run.page(page.rows, worked);
        } finally {
          this.#total.read += run.tally.read - before.read;
        }
        this.#progress(false);
        if (this.#stopped) return;
        const { limit = null } = this.#options;
        const moved = { rows: run.tally.read - before.read, bytes: run.tally.bytes - before.bytes };
        if (limit !== null) await admitted(limit, moved, () => context.assertHeld());
      }
      await flushAll(writers);
    } finally {
      sizes = (await own?.close()) ?? null;
      this.#underWay.delete(run);
    }
    assertAddUp(run.tally, `${piece.id} of ${this.#options.into.name}`);
    addTally(this.#total, { ...run.tally, read: 0 });
    if (run.tally.read === 0) return;
    await context.checkpoint(piece.id, 'done', {
      accounts: { ...run.tally, rejectsFile: null },
      detail: { identity: piece.identity, ...sizes },
    });
  }

  /** With the pieces that are under way, of which only the rows read are in the total. */
  #soFar(): Pick<Tally, 'read' | 'bytes' | 'rejected'> {
    let { bytes, rejected } = this.#total;
    for (const { tally } of this.#underWay) {
      bytes += tally.bytes;
      rejected += tally.rejected;
    }
    return { read: this.#total.read, bytes, rejected };
  }

  #progress(last: boolean): void {
    const now = this.#options.clock.monotonic();
    if (!last && now - this.#lastProgress < progressEveryMs) return;
    this.#lastProgress = now;
    const { context, into, totalRows } = this.#options;
    const { read, bytes, rejected } = this.#soFar();
    context.onProgress({ unit: 'rows', done: read, total: totalRows, table: into.name, bytes, rejected });
  }
}
