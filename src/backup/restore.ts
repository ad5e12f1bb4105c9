import { createDigest, type DigestState } from '../cql/digest.ts';
import { CqlformError, exitCodes } from '../kernel/errors.ts';
import type { StoredRow } from '../model/row.ts';
import type { BlobStore } from '../ports/blobs.ts';
import type { Clock } from '../ports/clock.ts';
import type { Rows, TableWriter } from '../ports/cluster.ts';
import type { RestoreReport, RestoreRequest, WorkContext } from '../ports/engines.ts';
import type { ChunkRow } from './chunk-layout.ts';
import { cellBounds, rangeBetween, ringBounds } from './grid.ts';
import type { ChunkEntry } from './index-segment.ts';
import { joinRows } from './join.ts';
import { comparePositions } from './key-order.ts';
import { digestLive } from './live-digest.ts';
import type { Manifest } from './manifest.ts';
import { damaged, loadManifest, manifestKey, TableReader } from './repository.ts';
import { type RestorePlan, workOf } from './restore-rows.ts';
import { restoreTarget } from './restore-target.ts';
import { checkStored } from './verify.ts';

/** Chunks per checkpoint: about four megabytes of rows. */
const chunksPerGroup = 64;
/** QUORUM for what is read and written, so that one sees the other with a replica down. */
const consistency = 'QUORUM';

export interface RestoreDependencies {
  readonly rows: Rows;
  readonly store: BlobStore;
  readonly clock: Clock;
}

/** Consecutive chunks and the tokens that they answer for; together the groups cover the ring. */
interface Group {
  readonly first: bigint;
  readonly last: bigint;
  readonly entries: readonly ChunkEntry[];
}

interface Totals {
  readonly rows: number;
  readonly expired: number;
  /** Digest over the rows that were written, and over those left alone because they were deleted since. */
  readonly kept: DigestState;
  readonly left: DigestState;
}

/**
 * Brings the rows of one table of a backup back. Every byte is checked before the first row is written; then group after
 * group of chunks is written and checkpointed, so that a killed restore goes on where it was; then the live table is read
 * and compared.
 */
export async function restoreBackup(
  request: RestoreRequest,
  context: WorkContext,
  dependencies: RestoreDependencies,
): Promise<RestoreReport> {
  const { manifest, reader } = await open(request, dependencies.store);
  const { entry, layout } = reader;
  const target = restoreTarget({
    layout,
    backupTypes: manifest.types,
    into: request.into,
    types: context.types,
    renamed: request.renamed,
    mode: request.mode,
  });
  const entries = await checkEverything(reader, dependencies.store, context);
  const plan: RestorePlan = {
    mode: request.mode,
    whole: entry.columns === null,
    into: request.into,
    types: context.types,
    target,
    timestamp: request.timestamp,
    attempt: context.attempt,
  };
  const restore = new TableRestore(reader, plan, { context, dependencies });
  const totals = await restore.run(groupsOf(entries));
  checkAgainstManifest(request, reader, totals);
  const live = await digestLive(
    dependencies.rows,
    {
      keyspace: context.keyspace,
      table: request.into,
      types: context.types,
      columns: [...target.static, ...target.regular],
      whole: plan.whole,
      countedAs: target.countedAs,
      consistency,
    },
    () => context.assertHeld(),
  );
  return { rows: totals.rows, expired: totals.expired, digest: live.digest, expected: totals.kept.sum };
}

async function open(
  { backup }: RestoreRequest,
  store: BlobStore,
): Promise<{ readonly manifest: Manifest; readonly reader: TableReader }> {
  const loaded = await loadManifest(store, backup.id);
  if (loaded === null) throw missing(backup.id, store);
  const all = { table: backup.table, range: 'all', object: manifestKey(backup.id) };
  if (loaded.hash !== backup.manifestHash) {
    const problem = 'this is not the manifest that the ledger knows';
    throw damaged(backup.id, { ...all, problem }, 'nothing was written');
  }
  const entry = loaded.manifest.tables.find(({ table }) => table.name === backup.table);
  if (entry === undefined) throw damaged(backup.id, { ...all, problem: 'it has no such table' }, 'nothing was written');
  return { manifest: loaded.manifest, reader: new TableReader(store, backup.id, entry) };
}

/** The chunk list, once every stored byte of the table was hashed. */
async function checkEverything(
  reader: TableReader,
  store: BlobStore,
  context: WorkContext,
): Promise<readonly ChunkEntry[]> {
  const entries: ChunkEntry[] = [];
  const damage = await checkStored(reader, store, (segment, done) => {
    context.assertHeld();
    if (segment !== null) entries.push(...segment);
    context.onProgress({ unit: 'bytes', done, total: reader.entry.bytes });
  });
  const [first] = damage;
  if (first === undefined) return entries;
  const whole = reader.entry.chunks - damage.length;
  throw reader.fail(first, `nothing was written; ${Math.max(0, whole)} of ${reader.entry.chunks} chunks are whole`);
}

function groupsOf(entries: readonly ChunkEntry[]): readonly Group[] {
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

class TableRestore {
  readonly #reader: TableReader;
  readonly #plan: RestorePlan;
  readonly #context: WorkContext;
  readonly #dependencies: RestoreDependencies;
  readonly #writer: TableWriter;
  #rows = 0;

  constructor(
    reader: TableReader,
    plan: RestorePlan,
    around: { readonly context: WorkContext; readonly dependencies: RestoreDependencies },
  ) {
    this.#reader = reader;
    this.#plan = plan;
    this.#context = around.context;
    this.#dependencies = around.dependencies;
    const { keyspace, types } = this.#context;
    this.#writer = this.#dependencies.rows.write({ keyspace, table: plan.into, types, consistency });
  }

  async run(groups: readonly Group[]): Promise<Totals> {
    const kept = createDigest(this.#columns());
    const left = createDigest(this.#columns());
    let [rows, expired] = [0, 0];
    for (const group of groups) {
      const totals = this.#finished(group) ?? (await this.#restore(group));
      rows += totals.rows;
      expired += totals.expired;
      kept.merge(totals.kept);
      left.merge(totals.left);
      this.#rows = rows;
    }
    return { rows, expired, kept: kept.state(), left: left.state() };
  }

  /** The digest is over the backup's own names. */
  #columns() {
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
    const { context } = this;
    await context.checkpoint(this.#name(group), 'started', { accounts: null, detail: {} });
    const kept = createDigest(this.#columns());
    const left = createDigest(this.#columns());
    let [rows, expired] = [0, 0];
    for await (const joined of this.#joined(group)) {
      const { backup } = joined;
      const work = workOf(joined, this.#plan, this.#nowSeconds());
      expired += work.expired;
      if (backup !== null) (work.fate === 'deleted-since' ? left : kept).add(backup.row);
      if (work.fate === 'kept' && backup?.row.kind === 'row') rows += 1;
      for (const mutation of work.mutations) {
        context.assertHeld();
        await this.#writer.write(mutation);
      }
      if (rows % 1000 === 0) this.#tell(rows);
    }
    await this.#writer.flush();
    this.#tell(rows);
    const totals = { rows, expired, kept: kept.state(), left: left.state() };
    await context.checkpoint(this.#name(group), 'done', { accounts: null, detail: detailOf(totals) });
    return totals;
  }

  get context(): WorkContext {
    return this.#context;
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

  /** What of the live table has to be known: nothing in a new table, keys for a column, values where they are replaced. */
  async *#liveRows(group: Group): AsyncGenerator<readonly StoredRow[]> {
    const { mode, into, target, types } = this.#plan;
    const all = [...target.static, ...target.regular];
    const counters = all.some(({ type }) => type.kind === 'scalar' && type.name === 'counter');
    if (mode === 'new-table' && !counters) return;
    const statics = target.static.length > 0 ? into.columns.filter((column) => column.static) : [];
    const columns = mode === 're-added' ? statics : all;
    yield* this.#dependencies.rows.scan({
      keyspace: this.#context.keyspace,
      table: into,
      types,
      columns: columns.map(({ name }) => name),
      range: rangeBetween(group.first, group.last),
      times: false,
      consistency,
    });
  }
}

function detailOf({ rows, expired, kept, left }: Totals): Record<string, string | number> {
  const flat = (name: string, state: DigestState): [string, string | number][] =>
    Object.entries(state).map(([key, value]) => [`${name}.${key}`, value]);
  return { rows, expired, ...Object.fromEntries([...flat('kept', kept), ...flat('left', left)]) };
}

function totalsIn(detail: Readonly<Record<string, string | number>>): Totals {
  const state = (name: string): DigestState => ({
    sum: String(detail[`${name}.sum`]),
    rows: Number(detail[`${name}.rows`]),
    expiringRows: Number(detail[`${name}.expiringRows`]),
    expiringCells: Number(detail[`${name}.expiringCells`]),
  });
  return { rows: Number(detail['rows']), expired: Number(detail['expired']), kept: state('kept'), left: state('left') };
}

/** What was written and what was left out must together be the whole backup. */
function checkAgainstManifest({ backup }: RestoreRequest, reader: TableReader, totals: Totals): void {
  const all = createDigest([]);
  all.merge(totals.kept);
  all.merge(totals.left);
  if (all.hex() === reader.entry.valueDigest && all.hex() === backup.valueDigest) return;
  const problem = 'its rows do not add up to the digest that was taken when it was made';
  throw reader.fail(
    { table: backup.table, range: 'all', object: manifestKey(backup.id), problem },
    'its chunks are whole',
  );
}

function missing(id: string, store: BlobStore): CqlformError {
  return new CqlformError('BACKUP_MISSING', `there is no backup ${id} in ${store.name}`, {
    next: 'Look at `cqlform backup list`, and check that the configuration names the store the backup was made in.',
    fields: { backup: id, store: store.name },
    exitCode: exitCodes.integrity,
  });
}
