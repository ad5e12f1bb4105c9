import { suitsInserts } from '../cql/insert-block.ts';
import { own } from '../kernel/own.ts';
import { type DataSpec, type JsRow, RowRejected, type RunClock, type TransformSpec } from '../model/data.ts';
import { defaultTtlOf } from '../model/schema.ts';
import type { Clock } from '../ports/clock.ts';
import type { CopyPass, CopyRequest, WorkContext } from '../ports/engines.ts';
import { counterColumns } from './counter-writer.ts';
import { copyForeignRow, emittedRows, mapForeignRow, placed, transformRow } from './emitted-row.ts';
import { EncodedRows } from './encoded-rows.ts';
import type { InputRow, Outcome } from './input.ts';
import { timesOf } from './joined-row.ts';
import { fullKey, mappedWork } from './mapped-work.ts';
import type { OpenedTableInput } from './opened-input.ts';
import { type EncodingWork, encoded, type RowWork, type Write } from './piece-run.ts';
import { TargetEncoder, type TargetRow, writesOf } from './target-row.ts';

interface WorkedTable extends Pick<OpenedTableInput, 'kind' | 'columns'> {
  readonly table: Pick<OpenedTableInput['table'], 'table' | 'types'>;
}

export interface RowWorkOptions {
  readonly request: Pick<CopyRequest, 'spec' | 'into' | 'startedAt' | 'timestamp' | 'floor' | 'pass'>;
  readonly context: Pick<WorkContext, 'types' | 'attempt'>;
  readonly input: WorkedTable | { readonly kind: 'source' };
  readonly clock: Pick<Clock, 'now'>;
  /** Whether keys are handed on, to be looked for again among all rows. */
  readonly tracked: boolean;
}

/** What a data spec does to each row; called anew for each piece. */
export function rowWork(options: RowWorkOptions): () => RowWork {
  const { request, context, input } = options;
  const { spec, into } = request;
  const encoder = new TargetEncoder(into, context.types);
  const run: RunClock = { startedAt: request.startedAt };
  if (spec.kind === 'transform') return () => emittedWork(options, transformed(spec, { encoder, run }));
  // counters have no times that could be carried over
  if (input.kind === 'source' || counterColumns(into).length > 0) {
    if (spec.kind === 'backfill') throw new TypeError('a backfill reads its own table');
    const deletes = request.pass?.deletes === true;
    return () => emittedWork(options, (row) => copyForeignRow(row, { spec, encoder, run, deletes }));
  }
  return () => storedWork(options, { spec, encoder, run, input });
}

/**
 * The same for rows that functions make, or that come from a foreign source: encoded at once. Null: the rows of this spec
 * have to be written one by one.
 */
export function encodingWork(options: RowWorkOptions): (() => EncodingWork) | null {
  const { request, context, input } = options;
  const { spec, into } = request;
  if (!suitsInserts(into) || (spec.kind !== 'transform' && input.kind !== 'source')) return null;
  const run: RunClock = { startedAt: request.startedAt };
  const apart = rowWork(options);
  return () => {
    const rows = new EncodedRows(new TargetEncoder(into, context.types));
    const fill = spec.kind === 'transform' ? emitting(spec, rows, run) : mapping(options, rows, run);
    const apartOf = apart();
    return {
      rows,
      work: (row) => {
        const time = writeTimeOf(row, request, context);
        // a row whose end is near is not held back
        if (time.expiresAt !== null) return apartOf(row);
        rows.begin({ timestamp: time.timestamp, ttl: time.defaultTtl });
        return fill(row) ?? encoded;
      },
    };
  };
}

/** Null: all that the row becomes is in the encoded rows. */
type Filling = (row: InputRow) => Exclude<Outcome<never>, { kind: 'rows' }> | null;

function emitting(spec: TransformSpec, rows: EncodedRows, run: RunClock): Filling {
  const take = (row: JsRow): void => rows.addRow(row);
  return (input) => {
    const outcome = emittedRows(input, { spec, run, take });
    return outcome.kind === 'rows' ? null : outcome;
  };
}

function mapping({ request: { spec, pass } }: RowWorkOptions, rows: EncodedRows, run: RunClock): Filling {
  if (spec.kind !== 'copy') throw new TypeError('a backfill reads its own table');
  const columns = Object.entries(spec.columns);
  const places = columns.map(([name]) => rows.placeOf(name));
  const values: unknown[] = rows.columns.map(() => undefined);
  const set = (_name: string, value: unknown, at: number): void => {
    values[places[at] ?? -1] = value;
  };
  const mapped = { columns, run, deletes: pass?.deletes === true, set };
  return (input) => {
    const outcome = mapForeignRow(input, mapped);
    if (outcome !== null) return outcome;
    try {
      rows.add(values);
      return null;
    } catch (thrown) {
      if (thrown instanceof RowRejected) return { kind: 'reject', reason: thrown.reason };
      throw placed(thrown, input);
    }
  };
}

type Emitted = (input: InputRow) => Outcome<TargetRow>;

function transformed(
  spec: TransformSpec,
  { encoder, run }: { readonly encoder: TargetEncoder; readonly run: RunClock },
): Emitted {
  return (input) => transformRow(input, { spec, encoder, run });
}

/** Rows that functions made: one write time for all cells of a row. */
function emittedWork({ request, context, clock, tracked }: RowWorkOptions, rows: Emitted): RowWork {
  const { into } = request;
  const nowSeconds = (): number => Math.floor(clock.now().getTime() / 1000);
  return (input) => {
    const outcome = rows(input);
    if (outcome.kind !== 'rows') return outcome;
    const time = writeTimeOf(input, request, context);
    const left = time.expiresAt === null ? time.defaultTtl : time.expiresAt - nowSeconds();
    if (time.expiresAt !== null && left <= 0) return { kind: 'skip', reason: 'expired while it was read' };
    const end = time.expiresAt === null ? {} : { expiresAt: time.expiresAt };
    const at = { timestamp: time.timestamp, ttl: left, ...end, attempt: context.attempt, marker: true };
    return {
      kind: 'rows',
      rows: outcome.rows.map(
        (row): Write => ({ mutations: writesOf(row, into, at), key: tracked ? fullKey(row) : null }),
      ),
    };
  };
}

/**
 * The newest write time of a stored row's cells. A foreign row has the time of its watermark, or else the step's recorded
 * time; 2 µs later with each attempt, so that what was read later wins over what was read before.
 */
function writeTimeOf(
  row: InputRow,
  { timestamp, floor, into, pass }: RowWorkOptions['request'],
  { attempt }: RowWorkOptions['context'],
): { readonly timestamp: bigint; readonly expiresAt: number | null; readonly defaultTtl: number } {
  const { stored } = row;
  const raised = (time: bigint): bigint => (floor !== null && floor > time ? floor : time);
  if (stored !== null) {
    const times = timesOf(stored);
    return { timestamp: raised(times.newest ?? timestamp), expiresAt: times.expiresAt, defaultTtl: 0 };
  }
  return {
    timestamp: raised(changeTime(row, pass) ?? timestamp) + 2n * BigInt(attempt - 1),
    expiresAt: null,
    defaultTtl: defaultTtlOf(into),
  };
}

/** When a row was changed, as its watermark says; null: when the pass began. Microseconds. */
function changeTime(row: InputRow, pass: CopyPass | undefined): bigint | null {
  if (pass === undefined || pass.since.by === 'writetime') return null;
  const value = own(row.values(), pass.since.column);
  if (pass.since.by === 'number') {
    const number = typeof value === 'bigint' || typeof value === 'number' ? BigInt(value) : null;
    const { earlier } = pass;
    return earlier === null || (number !== null && number > earlier.value) ? null : earlier.time;
  }
  if (!(value instanceof Date)) return pass.without;
  const time = BigInt(value.getTime()) * 1000n;
  return time < pass.now ? time : pass.now;
}

/** Rows of a table, column by column with their own times. */
function storedWork(
  { request, context, clock, tracked }: RowWorkOptions,
  {
    spec,
    encoder,
    run,
    input,
  }: {
    readonly spec: Exclude<DataSpec, TransformSpec>;
    readonly encoder: TargetEncoder;
    readonly run: RunClock;
    readonly input: WorkedTable;
  },
): RowWork {
  return mappedWork({
    from: input.table.table,
    types: input.table.types,
    columns: input.columns,
    mappings: spec.columns,
    inPlace: spec.kind === 'backfill',
    encoder,
    run,
    timestamp: request.timestamp,
    floor: request.floor,
    attempt: context.attempt,
    clock,
    tracked,
  });
}
