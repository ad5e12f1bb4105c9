import { isUniform, type UniformRow } from '../cql/insert-block.ts';
import type { StoredRow } from '../model/row.ts';
import type { BlobStore } from '../ports/blobs.ts';
import type { Clock } from '../ports/clock.ts';
import type { Consistency, Rows } from '../ports/cluster.ts';
import type { WorkContext } from '../ports/engines.ts';
import type { ChunkRow } from './chunk-layout.ts';
import { cellBounds, rangeBetween, type TokenBounds } from './grid.ts';
import type { ChunkEntry } from './index-segment.ts';
import { type Joined, joinRows } from './join.ts';
import { comparePositions } from './key-order.ts';
import type { TableReader } from './repository.ts';
import { hasCounters, type RestorePlan, type RowWork, workOf } from './restore-rows.ts';
import { detailOf, Sum, type Totals, totalsIn } from './restore-totals.ts';
import { RestoreWriter } from './restore-writer.ts';

/** Of a row that is one insert: the totals ask only whether anything was written. */
const oneInsert: RowWork = {
  mutations: [{ kind: 'delete-row', partitionKey: [], clusteringKey: [], timestamp: null }],
  expired: 0,
  fate: 'kept',
  after: null,
};
/** Chunks per checkpoint: about four megabytes of rows. */
const chunksPerGroup = 64;
export interface RestoreDependencies {
  readonly rows: Rows;
  readonly store: BlobStore;
  readonly clock: Clock;
}

/** Consecutive chunks and the tokens that they answer for; together the groups cover the ring, or the part that was backed up. */
export interface Group {
  readonly first: bigint;
  readonly last: bigint;
  readonly entries: readonly ChunkEntry[];
}

/** The chunk list in pieces to be restored one after another. */
export async function* groupsOf(
  segments: AsyncIterable<readonly ChunkEntry[]>,
  bounds: TokenBounds,
): AsyncGenerator<Group> {
  let { first } = bounds;
  let held: ChunkEntry[] = [];
  for await (const entries of segments) {
    for (const entry of entries) {
      const before = held.at(-1);
      // the pieces of one partition stay together, because live rows are read by token
      if (before !== undefined && held.length >= chunksPerGroup && entry.part === 0) {
        const { last } = cellBounds(before.cell);
        yield { first, last, entries: held };
        first = last + 1n;
        held = [];
      }
      held.push(entry);
    }
  }
  yield { first, last: bounds.last, entries: held };
}

/** Writes the rows of one table, group by group, each with its checkpoint. */
export class TableRestore {
  readonly #reader: TableReader;
  readonly #plan: RestorePlan;
  readonly #context: WorkContext;
  readonly #dependencies: RestoreDependencies;
  readonly #consistency: Consistency;
  readonly #writer: RestoreWriter;
  /** For rows that are one insert each, of whole rows that go back into a new table as they were; null elsewhere. */
  readonly #straight: ((row: UniformRow) => Promise<void> | null) | null;
  #rows = 0;

  constructor(
    reader: TableReader,
    plan: RestorePlan,
    around: {
      readonly context: WorkContext;
      readonly dependencies: RestoreDependencies;
      /** At which the backup was read. */
      readonly consistency: Consistency;
    },
  ) {
    this.#consistency = around.consistency;
    this.#reader = reader;
    this.#plan = plan;
    this.#context = around.context;
    this.#dependencies = around.dependencies;
    const { keyspace, types } = this.#context;
    this.#writer = new RestoreWriter(this.#dependencies.rows, { keyspace, types, table: plan.into });
    const { mode, whole, target, floors, dryRun } = plan;
    const asTheyWere = mode === 'new-table' && whole && !dryRun && target.taken === null;
    this.#straight =
      asTheyWere && Object.keys(floors).length === 0
        ? this.#writer.straight(
            target.regular.map(({ name }) => name),
            plan.timestamp,
          )
        : null;
  }

  async run(groups: AsyncIterable<Group>): Promise<Totals> {
    const sum = new Sum(this.#reader.layout, this.#plan);
    for await (const group of groups) {
      sum.merge(this.#finished(group) ?? (await this.#restore(group)));
      this.#rows = sum.rows;
    }
    return sum.totals();
  }

  #name(group: Group): string {
    return `restore ${this.#plan.into.name} ${group.first}..${group.last}`;
  }

  #finished(group: Group): Totals | null {
    const name = this.#name(group);
    const done = this.#context.finished.find(({ range, state }) => range === name && state === 'done');
    return done === undefined ? null : totalsIn(done.detail);
  }

  async #restore(group: Group): Promise<Totals> {
    const context = this.#context;
    await context.checkpoint(this.#name(group), 'started', { accounts: null, detail: {} });
    const sum = new Sum(this.#reader.layout, this.#plan);
    for await (const page of this.#pages(group)) {
      for (const joined of page) {
        context.assertHeld();
        for (const writing of this.#written(joined, sum)) if (writing !== null) await writing;
        if (sum.rows % 1000 === 0) this.#tell(sum.rows);
      }
    }
    await this.#writer.flush();
    this.#tell(sum.rows);
    const totals = sum.totals();
    await context.checkpoint(this.#name(group), 'done', { accounts: null, detail: detailOf(totals) });
    return totals;
  }

  #tell(rows: number): void {
    this.#context.onProgress({ unit: 'rows', done: this.#rows + rows, total: this.#reader.entry.counts.rows });
  }

  #nowSeconds(): number {
    return Math.floor(this.#dependencies.clock.now().getTime() / 1000);
  }

  /** What is waited for, write by write. */
  *#written(joined: Joined, sum: Sum): Generator<Promise<void> | null> {
    const straight = this.#straight;
    if (straight !== null && joined.backup !== null && isUniform(joined.backup.row)) {
      sum.add(joined, oneInsert);
      yield straight(joined.backup.row);
      return;
    }
    const work = workOf(joined, this.#plan, this.#nowSeconds());
    sum.add(joined, work);
    for (const mutation of work.mutations) if (!this.#plan.dryRun) yield this.#writer.write(mutation);
  }

  /** Rows of the backup beside those that are there; where none can be, in the order of the backup. */
  async *#pages(group: Group): AsyncGenerator<Iterable<Joined>> {
    const { into, types } = this.#plan;
    const backup = this.#chunkRows(group.entries);
    if (!this.#readsLive) {
      for await (const page of backup) yield page.map((row) => ({ backup: row, live: null }));
      return;
    }
    const compare = comparePositions(into, types);
    for await (const joined of joinRows({ backup, live: this.#liveRows(group), compare, table: into.name }))
      yield [joined];
  }

  /** Decodes the next chunk while this one is written. */
  async *#chunkRows(entries: readonly ChunkEntry[]): AsyncGenerator<readonly ChunkRow[]> {
    const read = (index: number): ReturnType<TableReader['rows']> | null => {
      const entry = entries[index];
      const reading = entry === undefined ? null : this.#reader.rows(entry);
      reading?.catch(() => undefined);
      return reading;
    };
    let pending = read(0);
    for (let index = 1; pending !== null; index += 1) {
      const chunk = await pending;
      pending = read(index);
      if ('damage' in chunk) {
        throw this.#reader.fail(chunk.damage, 'its rows were not written; the object changed while it was restored');
      }
      yield chunk.rows;
    }
  }

  /** Nothing is in a new table; but counters are added to, also by a restore that goes on. */
  get #readsLive(): boolean {
    return this.#plan.mode !== 'new-table' || hasCounters(this.#plan);
  }

  /**
   * What of the live table has to be known: keys for a column, values where they are replaced.
   * Read as strictly as the backup was: a row that one of the two readings misses would be taken for a change.
   */
  async *#liveRows(group: Group): AsyncGenerator<readonly StoredRow[]> {
    const { mode, into, target, types } = this.#plan;
    const all = [...target.static, ...target.regular];
    const statics = target.static.length > 0 ? into.columns.filter((column) => column.static) : [];
    const columns = mode === 're-added' ? statics : all;
    // Where live cells stay, they count in what is expected, and those that expire do not.
    const times = mode === 'missing' || mode === 'overwrite';
    const pages = this.#dependencies.rows.scan({
      keyspace: this.#context.keyspace,
      table: into,
      types,
      columns: columns.map(({ name }) => name),
      range: rangeBetween(group.first, group.last),
      times,
      consistency: this.#consistency,
    });
    yield* statics.length === 0 ? pages : withStaticRows(pages, statics.length);
  }
}

/** A partition that has rows has a static row, though all its cells may be empty, which a scan leaves out. */
async function* withStaticRows(
  pages: AsyncIterable<readonly StoredRow[]>,
  cells: number,
): AsyncGenerator<readonly StoredRow[]> {
  const empty = Array.from({ length: cells }, () => null);
  let last: StoredRow['partitionKey'] | null = null;
  for await (const page of pages) {
    const rows: StoredRow[] = [];
    for (const row of page) {
      const { partitionKey } = row;
      const begins = last?.every((part, at) => Buffer.compare(part, partitionKey[at] ?? part) === 0) !== true;
      if (begins && row.kind === 'row') rows.push({ kind: 'static', partitionKey, cells: empty });
      rows.push(row);
      last = partitionKey;
    }
    yield rows;
  }
}
