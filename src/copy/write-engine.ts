import { type JsRow, RowRejected } from '../model/data.ts';
import { withoutValues } from '../model/privacy.ts';
import type { Bytes, Mutation } from '../model/row.ts';
import type { Table } from '../model/schema.ts';
import type { Clock } from '../ports/clock.ts';
import type { BlockWriter, Rows, TableWriter, WriterRequest } from '../ports/cluster.ts';
import type { WorkContext } from '../ports/engines.ts';
import type { Checkpoint } from '../ports/journal.ts';
import { addTally, assertAddUp, emptyTally, type Tally } from './accounts.ts';
import { keyHash } from './collisions.ts';
import { CounterWriter, counterColumns } from './counter-writer.ts';
import type { InputPage, InputRow, Outcome, Piece } from './input.ts';
import { InsertBlock } from './insert-block.ts';
import { rejectedLine } from './rejected-row.ts';
import type { PieceSpool, Spool, SpoolSizes } from './spool.ts';
import type { StraightCopy } from './straight.ts';
import { copyConsistency } from './table-pieces.ts';
import { bytesOf } from './target-row.ts';
import type { Worked } from './threads/row-thread.ts';
import type { ThreadedRows } from './threads/threaded-rows.ts';
import { timedEvery } from './threads/work-meter.ts';
import { workedPages } from './threads/worked-pages.ts';
import type { RowSample } from './verify/row-sample.ts';

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
}

/** Pieces under way at once; each has a writer of its own, whose concurrency adapts by itself. */
const piecesAtOnce = 4;
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
    const blocks = this.#counters === null && InsertBlock.suits(into);
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
    for (const ended of await Promise.allSettled(workers)) if (ended.status === 'rejected') throw ended.reason;
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
        const before = run.tally.read;
        try {
          run.passed(page);
          await run.page(page.rows, worked);
        } finally {
          this.#total.read += run.tally.read - before;
        }
        this.#progress(false);
        if (this.#stopped) return;
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

interface Writers {
  readonly mutations: TableWriter;
  /** For rows that go on as they are, or else for inserts. */
  readonly blocks: BlockWriter | null;
}

/** Both come to rest, whatever becomes of one of them. */
async function flushAll({ mutations, blocks }: Writers): Promise<void> {
  const ends = await Promise.allSettled([mutations.flush(), blocks?.flush()]);
  for (const end of ends) if (end.status === 'rejected') throw end.reason;
}

class PieceRun {
  readonly tally: Tally = emptyTally();
  readonly #options: EngineOptions;
  readonly #piece: Piece;
  readonly #writers: Writers;
  readonly #inserts: InsertBlock | null;
  readonly #spool: PieceSpool | null;
  readonly #work: RowWork;
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
  }

  /** Takes rows to where they go; `worked`: what became of those without a problem, null: that is still to be found. */
  async page(page: readonly InputRow[], worked: Worked | null): Promise<void> {
    const outcomes = worked?.outcomes.values();
    for (const row of page) {
      this.tally.read += 1;
      const found = row.problem === null ? outcomes?.next() : undefined;
      if (found?.done === true) throw worked?.failure ?? new TypeError('a row was left out by a thread');
      const outcome = found?.value ?? this.#outcomeOf(row);
      switch (outcome.kind) {
        case 'skip':
          this.tally.skipped += 1;
          break;
        case 'reject':
          await this.#reject(row, outcome.reason);
          break;
        case 'rows':
          this.tally.transformed += 1;
          for (const write of outcome.rows) await this.#write(write);
      }
    }
  }

  #outcomeOf(row: InputRow): Outcome<Write> {
    if (row.problem === null) return this.#timed(row);
    return this.#options.problemOf?.(row) ?? { kind: 'reject', reason: row.problem };
  }

  #timed(row: InputRow): Outcome<Write> {
    const meter = this.#options.threads?.meter ?? null;
    if (meter === null || this.tally.read % timedEvery !== 0) return this.#work(row);
    const begun = performance.now();
    const outcome = this.#work(row);
    meter.took(performance.now() - begun);
    return outcome;
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

  async #write({ mutations, key, keyHash: made = null }: Write): Promise<void> {
    const { context } = this.#options;
    if (!this.#started) await this.begin();
    for (const mutation of mutations) {
      context.assertHeld();
      this.tally.bytes += bytesOf(mutation);
      const { mutations: single, blocks } = this.#writers;
      if (blocks !== null && this.#inserts?.takes(mutation) === true) await this.#inserts.write(mutation, blocks);
      else await single.write(mutation);
    }
    this.tally.written += 1;
    const hash = key === null ? made : keyHash(key);
    if (hash === null || this.#spool === null) return;
    await this.#spool.key(hash);
    const record = this.#options.sample?.offer(hash, mutations) ?? null;
    if (record !== null) await this.#spool.sample(record);
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
    return row.values();
  } catch (thrown) {
    if (thrown instanceof RowRejected) return null;
    throw thrown;
  }
}
