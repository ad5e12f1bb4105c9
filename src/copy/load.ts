import { RowBlock } from '../cql/row-block.ts';
import { CqlformError, exitCodes } from '../kernel/errors.ts';
import type { DataSpec, JsRow } from '../model/data.ts';
import { type ByName, type Column, keyColumns, type Table, type UserType } from '../model/schema.ts';
import type { Clock } from '../ports/clock.ts';
import type { Rows } from '../ports/cluster.ts';
import type { BlockColumn, BlockSource, BlockTarget, Source, SourceRow } from '../ports/source.ts';
import { type LoadState, loadValues } from './load-values.ts';
import { type Rate, RateLimit } from './rate.ts';
import { RejectLimit, RejectsExhausted } from './reject-limit.ts';
import type { RejectedRow } from './rejected-row.ts';
import { RejectsFile } from './rejects-file.ts';
import { copyConsistency } from './table-pieces.ts';

/** Where rows come from: straight in wire form, or as JavaScript values by column that `valuesOf` makes fit. */
export type LoadSource =
  | { readonly kind: 'blocks'; readonly source: BlockSource; readonly columns: readonly BlockColumn[] }
  | {
      readonly kind: 'values';
      readonly source: Source;
      /** True: no two of its rows meet in the target, so that they may come in any order. Left out: they may. */
      readonly inPieces?: boolean;
      valuesOf(row: JsRow): JsRow;
      /** Microseconds: the row's own write time; null: that of its place in this load. Throws `RowRejected`. */
      timeOf?(row: SourceRow): bigint | null;
      /** Seconds that the row lives; null: as long as the others. Throws `RowRejected`. */
      ttlOf?(row: SourceRow): number | null;
    };

export interface LoadRequest {
  readonly keyspace: string;
  readonly into: Table;
  readonly types: ByName<UserType>;
  readonly from: LoadSource;
  /** Microseconds: of the first row; each row is a microsecond later than the one before, so the last of a key wins. */
  readonly timestamp: bigint;
  /** Seconds; 0: for ever. */
  readonly ttl: number;
  /** Rows at the beginning that are passed over and not counted, and the most that are read then. Not for blocks. */
  readonly some: { readonly skip: number; readonly most: number } | null;
  readonly rate: Rate | null;
  readonly maxRejects: DataSpec['maxRejects'];
  readonly rejectsFile: string;
  /** Everything but the writing. */
  readonly dryRun: boolean;
  readonly signal: AbortSignal;
  readonly onProgress: (progress: LoadProgress) => void;
}

export interface LoadProgress {
  readonly read: number;
  readonly written: number;
  readonly rejected: number;
  /** Of the source. */
  readonly bytes: number;
  readonly totalBytes: number | null;
  /** About how many rows there are to read; null: nobody knows. */
  readonly totalRows?: number | null;
}

export interface LoadAccounts {
  readonly read: number;
  /** Rows that the cluster acknowledged. */
  readonly written: number;
  readonly rejected: number;
  /** Null when nothing was rejected. */
  readonly rejectsFile: string | null;
}

/**
 * Loads a source into a table. Every row that is read is written and acknowledged, or rejected with its reason. Throws
 * `TOO_MANY_REJECTS`, `INTERRUPTED`, and what the source and the writer throw, when all that was sent has been answered.
 */
export async function loadRows(
  request: LoadRequest,
  dependencies: { readonly rows: Rows; readonly clock: Clock },
): Promise<LoadAccounts> {
  const load = new Load(request, dependencies);
  return load.run();
}

const advice = 'mend the rows there and --replay them, or allow more with --max-rejects';

class Load {
  readonly #request: LoadRequest;
  readonly #rows: Rows;
  readonly #rejects: RejectLimit;
  readonly #rejectsFile: RejectsFile;
  readonly #rate: RateLimit | null;
  #rejected = 0;

  constructor(request: LoadRequest, { rows, clock }: { readonly rows: Rows; readonly clock: Clock }) {
    this.#request = request;
    this.#rows = rows;
    this.#rejects = new RejectLimit(request.dryRun ? Number.MAX_SAFE_INTEGER : request.maxRejects, null);
    this.#rejectsFile = new RejectsFile(request.rejectsFile);
    this.#rate = request.rate === null ? null : new RateLimit(request.rate, clock, request.signal);
  }

  async run(): Promise<LoadAccounts> {
    const { from, into, rejectsFile } = this.#request;
    await this.#rejectsFile.begin();
    const state = { read: 0, written: 0 };
    try {
      if (from.kind === 'blocks') await this.#blocks(from, state);
      else {
        await loadValues({
          request: this.#request,
          from,
          rows: this.#rows,
          rate: this.#rate,
          state,
          reject: (row) => this.#reject(row),
          told: (progress) => this.#told(progress),
        });
      }
    } catch (thrown) {
      if (!(thrown instanceof RejectsExhausted)) throw thrown;
      this.#rejects.judge(state.read, { rejectsFile, what: `load into ${into.name}`, advice });
      throw thrown;
    } finally {
      await this.#rejectsFile.close();
    }
    this.#rejects.judge(state.read, { rejectsFile, what: `load into ${into.name}`, advice });
    const accounts = { ...state, rejected: this.#rejected };
    assertAddUp(accounts, this.#request);
    return { ...accounts, rejectsFile: this.#rejected === 0 ? null : rejectsFile };
  }

  async #blocks({ source, columns }: Extract<LoadSource, { kind: 'blocks' }>, state: LoadState): Promise<void> {
    const { keyspace, into, types, timestamp, ttl, dryRun } = this.#request;
    const statements = statementsOf(into, columns);
    const rate = this.#rate;
    const writer = this.#rows.writeBlocks({
      keyspace,
      table: into,
      types,
      consistency: copyConsistency,
      statements: statements.map((bound) => bound.map(({ name }) => name)),
      ...(rate === null ? {} : { admit: (rows: number, bytes: number) => rate.admit(rows, bytes) }),
    });
    let dry = 0;
    const unsent = new RowBlock();
    const start = Number(timestamp);
    const target: BlockTarget = {
      table: into,
      types,
      statements,
      ttl,
      get filling() {
        return dryRun ? unsent : writer.filling;
      },
      room: () => (dryRun ? Promise.resolve(unsent) : writer.room()),
      filled: () => {
        if (!dryRun) return writer.filled();
        dry += 1;
        unsent.clear();
      },
      timeOf: (number) => start + number,
      reject: async ({ place, reason, raw, cut, read }) => {
        state.read = read;
        const writeTime = String(timestamp + BigInt(read - 1));
        await this.#reject({ place, reason, row: raw, writeTime, ...(cut ? { cut } : {}) });
      },
      onProgress: ({ rows, bytes }) => {
        state.read = rows;
        this.#told({ read: rows, written: dryRun ? dry : writer.acknowledged, bytes, totalBytes: source.bytes });
      },
    };
    try {
      state.read = await source.read(target);
    } finally {
      // Whatever stopped it: nothing may land after the end is told.
      if (!dryRun) await writer.flush();
      state.written = dryRun ? dry : writer.acknowledged;
    }
  }

  async #reject(row: RejectedRow): Promise<void> {
    this.#rejected += 1;
    await this.#rejectsFile.add(row);
    this.#rejects.add(row.reason, row.place);
  }

  #told(progress: Omit<LoadProgress, 'rejected'>): void {
    const { signal, onProgress, into } = this.#request;
    onProgress({ ...progress, rejected: this.#rejected });
    if (!signal.aborted) return;
    throw new CqlformError('INTERRUPTED', `the load into ${into.name} was stopped after ${progress.read} rows`, {
      next: 'Run it again: it writes the same rows again, later, and so leaves the same table.',
      fields: { table: into.name, read: progress.read },
      exitCode: exitCodes.interrupted,
    });
  }
}

/** What a row sets, its key first; with static columns also what a row without clustering key sets. */
function statementsOf(into: Table, columns: readonly BlockColumn[]): readonly (readonly BlockColumn[])[] {
  const keys = keyColumns(into);
  const byName = new Map(columns.map((column) => [column.name, column]));
  const named = (names: readonly string[]): BlockColumn[] =>
    names.flatMap((name) => {
      const column = byName.get(name);
      return column === undefined ? [] : [column];
    });
  const others = into.columns.filter(({ name }) => !keys.includes(name) && byName.has(name));
  const nameOf = ({ name }: Column): string => name;
  const whole = named([...keys, ...others.map(nameOf)]);
  const statics = others.filter((column) => column.static);
  if (statics.length === 0 || into.clusteringKey.length === 0) return [whole];
  return [whole, named([...into.partitionKey, ...statics.map(nameOf)])];
}

function assertAddUp({ read, written, rejected }: Omit<LoadAccounts, 'rejectsFile'>, { into }: LoadRequest): void {
  if (read === written + rejected) return;
  throw new CqlformError(
    'ACCOUNTS_DO_NOT_ADD_UP',
    `load into ${into.name}: ${read} read, ${written} written, ${rejected} rejected`,
    {
      next: 'Do not rely on the table; load again and report this, it is a fault of cqlform.',
      fields: { read, written, rejected },
      exitCode: exitCodes.integrity,
    },
  );
}
