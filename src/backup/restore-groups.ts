import { createDigest, type DigestState } from '../cql/digest.ts';
import { own } from '../kernel/own.ts';
import type { StoredRow } from '../model/row.ts';
import type { Column } from '../model/schema.ts';
import type { BlobStore } from '../ports/blobs.ts';
import type { Clock } from '../ports/clock.ts';
import type { Consistency, Rows, TableWriter } from '../ports/cluster.ts';
import type { WorkContext } from '../ports/engines.ts';
import type { ChunkRow } from './chunk-layout.ts';
import { cellBounds, rangeBetween, ringBounds } from './grid.ts';
import type { ChunkEntry } from './index-segment.ts';
import { joinRows } from './join.ts';
import { comparePositions } from './key-order.ts';
import type { TableReader } from './repository.ts';
import { type RestorePlan, workOf } from './restore-rows.ts';

/** Chunks per checkpoint: about four megabytes of rows. */
const chunksPerGroup = 64;
/** Of what is written, and of the reading afterwards that proves it. */
export const restoreConsistency = 'QUORUM';

export interface RestoreDependencies {
  readonly rows: Rows;
  readonly store: BlobStore;
  readonly clock: Clock;
}

/** Consecutive chunks and the tokens that they answer for; together the groups cover the ring. */
export interface Group {
  readonly first: bigint;
  readonly last: bigint;
  readonly entries: readonly ChunkEntry[];
}

export interface Totals {
  readonly rows: number;
  readonly staticRows: number;
  readonly expired: number;
  /** Digest over the rows that were written, and over those left alone because they were deleted since. */
  readonly kept: DigestState;
  readonly left: DigestState;
}

/** The chunk list in pieces to be restored one after another. */
export function groupsOf(entries: readonly ChunkEntry[]): readonly Group[] {
  const groups: Group[] = [];
  let first = ringBounds.first;
  let at = 0;
  do {
    let end = Math.min(at + chunksPerGroup, entries.length);
    // the pieces of one partition stay together, because live rows are read by token
    while (end < entries.length && (entries[end]?.part ?? 0) > 0) end += 1;
    const lastEntry = entries[end - 1];
    const last = end >= entries.length || lastEntry === undefined ? ringBounds.last : cellBounds(lastEntry.cell).last;
    groups.push({ first, last, entries: entries.slice(at, end) });
    first = last + 1n;
    at = end;
  } while (at < entries.length);
  return groups;
}

/** Writes the rows of one table, group by group, each with its checkpoint. */
export class TableRestore {
  readonly #reader: TableReader;
  readonly #plan: RestorePlan;
  readonly #context: WorkContext;
  readonly #dependencies: RestoreDependencies;
  readonly #consistency: Consistency;
  readonly #writer: TableWriter;
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
    this.#writer = this.#dependencies.rows.write({
      keyspace,
      table: plan.into,
      types,
      consistency: restoreConsistency,
    });
  }

  async run(groups: readonly Group[]): Promise<Totals> {
    const kept = createDigest(this.#columns());
    const left = createDigest(this.#columns());
    let [rows, staticRows, expired] = [0, 0, 0];
    for (const group of groups) {
      const totals = this.#finished(group) ?? (await this.#restore(group));
      rows += totals.rows;
      staticRows += totals.staticRows;
      expired += totals.expired;
      kept.merge(totals.kept);
      left.merge(totals.left);
      this.#rows = rows;
    }
    return { rows, staticRows, expired, kept: kept.state(), left: left.state() };
  }

  /** The digest is over the backup's own names. */
  #columns(): readonly Column[] {
    const { layout } = this.#reader;
    return [...layout.static, ...layout.regular];
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
    const kept = createDigest(this.#columns());
    const left = createDigest(this.#columns());
    let [rows, staticRows, expired] = [0, 0, 0];
    for await (const joined of this.#joined(group)) {
      const { backup } = joined;
      const work = workOf(joined, this.#plan, this.#nowSeconds());
      expired += work.expired;
      if (backup !== null) (work.fate === 'deleted-since' ? left : kept).add(backup.row);
      if (work.fate === 'kept' && backup?.row.kind === 'row') rows += 1;
      if (work.fate === 'kept' && backup?.row.kind === 'static') staticRows += 1;
      for (const mutation of work.mutations) {
        context.assertHeld();
        await this.#writer.write(mutation);
      }
      if (rows % 1000 === 0) this.#tell(rows);
    }
    await this.#writer.flush();
    this.#tell(rows);
    const totals = { rows, staticRows, expired, kept: kept.state(), left: left.state() };
    await context.checkpoint(this.#name(group), 'done', { accounts: null, detail: detailOf(totals) });
    return totals;
  }

  #tell(rows: number): void {
    this.#context.onProgress({ unit: 'rows', done: this.#rows + rows, total: this.#reader.entry.counts.rows });
  }

  #nowSeconds(): number {
    return Math.floor(this.#dependencies.clock.now().getTime() / 1000);
  }

  #joined(group: Group): ReturnType<typeof joinRows> {
    const { into, types } = this.#plan;
    return joinRows({
      backup: this.#chunkRows(group.entries),
      live: this.#liveRows(group),
      compare: comparePositions(into, types),
      table: into.name,
    });
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

  /**
   * What of the live table has to be known: nothing in a new table, keys for a column, values where they are replaced.
   * Read as strictly as the backup was: a row that one of the two readings misses would be taken for a change.
   */
  async *#liveRows(group: Group): AsyncGenerator<readonly StoredRow[]> {
    const { mode, into, target, types } = this.#plan;
    const all = [...target.static, ...target.regular];
    const counters = all.some(({ type }) => type.kind === 'scalar' && type.name === 'counter');
    if (mode === 'new-table' && !counters) return;
    const statics = target.static.length > 0 ? into.columns.filter((column) => column.static) : [];
    const columns = mode === 're-added' ? statics : all;
    const pages = this.#dependencies.rows.scan({
      keyspace: this.#context.keyspace,
      table: into,
      types,
      columns: columns.map(({ name }) => name),
      range: rangeBetween(group.first, group.last),
      times: false,
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

function detailOf({ rows, staticRows, expired, kept, left }: Totals): Record<string, string | number> {
  const flat = (name: string, state: DigestState): [string, string | number][] =>
    Object.entries(state).map(([key, value]) => [`${name}.${key}`, value]);
  return { rows, staticRows, expired, ...Object.fromEntries([...flat('kept', kept), ...flat('left', left)]) };
}

function totalsIn(detail: Readonly<Record<string, string | number>>): Totals {
  const state = (name: string): DigestState => ({
    sum: String(own(detail, `${name}.sum`)),
    rows: Number(own(detail, `${name}.rows`)),
    expiringRows: Number(own(detail, `${name}.expiringRows`)),
    expiringCells: Number(own(detail, `${name}.expiringCells`)),
  });
  return {
    rows: Number(detail['rows']),
    // A checkpoint of an older version has none.
    staticRows: Number(detail['staticRows'] ?? 0),
    expired: Number(detail['expired']),
    kept: state('kept'),
    left: state('left'),
  };
}
