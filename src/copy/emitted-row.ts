import { CqlformError } from '../kernel/errors.ts';
import { own, setOwn } from '../kernel/own.ts';
import {
  type ColumnMapping,
  type CopySpec,
  type JsRow,
  RowRejected,
  type RunClock,
  type TransformSpec,
} from '../model/data.ts';
import type { InputRow, Outcome } from './input.ts';
import { signalOf } from './signals.ts';
import type { TargetEncoder, TargetRow } from './target-row.ts';
import { asyncTransform, callUserCode, transformFailed, withPlace } from './user-code.ts';

const nothingEmitted = 'nothing emitted';
/** Whoever asked has the rows. */
const taken: Outcome<never> = { kind: 'rows', rows: [] };

/** Runs a transform's function for a row and encodes what it emits. */
export function transformRow(
  input: InputRow,
  { spec, encoder, run }: { readonly spec: TransformSpec; readonly encoder: TargetEncoder; readonly run: RunClock },
): Outcome<TargetRow> {
  const rows: TargetRow[] = [];
  const outcome = emittedRows(input, { spec, run, take: (row) => void rows.push(encoder.encode(row)) });
  return outcome.kind === 'rows' ? { kind: 'rows', rows } : outcome;
}

/** As `transformRow`; `take` is given each row that is emitted, and throws as an encoder does. */
export function emittedRows(
  input: InputRow,
  { spec, run, take }: { readonly spec: TransformSpec; readonly run: RunClock; readonly take: (row: JsRow) => void },
): Outcome<never> {
  const emits = new Emits(input, take);
  const called = callUserCode(
    () => input.place(),
    () => spec.rows(input.values(), emits, run),
  );
  const { count, rejection } = emits.close();
  if (called.kind === 'reject') return called;
  const signal = called.value === undefined ? null : signalOf(called.value);
  if (signal === null && called.value !== undefined) {
    throw transformFailed(input.place(), new TypeError('it returned a value; rows are emitted with out.emit'));
  }
  if (signal?.kind === 'reject') return { kind: 'reject', reason: signal.reason };
  if (rejection !== null) return { kind: 'reject', reason: rejection };
  if (signal?.kind === 'skip') {
    if (count === 0) return { kind: 'skip', reason: signal.reason };
    throw transformFailed(input.place(), new TypeError(`it emitted ${count} rows and returned skip`));
  }
  return count === 0 ? { kind: 'skip', reason: nothingEmitted } : taken;
}

/**
 * What one call emits. Rows are encoded at once, so that a function may go on to change and emit the same object; what
 * goes wrong is kept until the function has ended, so that no catch in a migration swallows it.
 */
class Emits {
  readonly #input: InputRow;
  readonly #take: (row: JsRow) => void;
  #count = 0;
  #rejection: string | null = null;
  #failure: unknown = null;
  #open = true;

  constructor(input: InputRow, take: (row: JsRow) => void) {
    this.#input = input;
    this.#take = take;
  }

  emit(row: JsRow): void {
    if (!this.#open) throw asyncTransform(`a row was emitted after its function had ended (${this.#input.place()})`);
    if (typeof row !== 'object' || row === null) {
      this.#failure ??= transformFailed(this.#input.place(), new TypeError(`it emitted ${String(row)}, not a row`));
      return;
    }
    try {
      this.#take(row);
      this.#count += 1;
    } catch (thrown) {
      if (thrown instanceof RowRejected) this.#rejection ??= thrown.reason;
      else this.#failure ??= thrown;
    }
  }

  close(): { readonly count: number; readonly rejection: string | null } {
    this.#open = false;
    if (this.#failure !== null) throw placed(this.#failure, this.#input);
    return { count: this.#count, rejection: this.#rejection };
  }
}

export function placed(thrown: unknown, input: InputRow): unknown {
  return thrown instanceof CqlformError ? withPlace(thrown, input.place()) : thrown;
}

/**
 * A copy's row from a foreign source. Columns that are null there are left unset, because a null would make a tombstone;
 * with `deletes` they are null, because an earlier copy may have written something.
 */
export function copyForeignRow(
  input: InputRow,
  {
    spec,
    encoder,
    run,
    deletes,
  }: {
    readonly spec: CopySpec;
    readonly encoder: TargetEncoder;
    readonly run: RunClock;
    readonly deletes: boolean;
  },
): Outcome<TargetRow> {
  const row: Record<string, unknown> = {};
  const mapped: MappedForeign = {
    columns: Object.entries(spec.columns),
    run,
    deletes,
    set: (name, value) => setOwn(row, name, value),
  };
  const outcome = mapForeignRow(input, mapped);
  if (outcome !== null) return outcome;
  try {
    return { kind: 'rows', rows: [encoder.encode(row)] };
  } catch (thrown) {
    if (thrown instanceof RowRejected) return { kind: 'reject', reason: thrown.reason };
    throw placed(thrown, input);
  }
}

export interface MappedForeign {
  readonly columns: readonly (readonly [name: string, mapping: ColumnMapping])[];
  readonly run: RunClock;
  readonly deletes: boolean;
  /** `at`: which of the columns. */
  readonly set: (name: string, value: unknown, at: number) => void;
}

/** Hands out the value of each column; null: the row goes on. */
export function mapForeignRow(
  input: InputRow,
  { columns, run, deletes, set }: MappedForeign,
): Exclude<Outcome<never>, { kind: 'rows' }> | null {
  const nothing = deletes ? null : undefined;
  const source = input.values();
  for (let at = 0; at < columns.length; at += 1) {
    const [name, mapping] = columns[at] as MappedForeign['columns'][number];
    if (mapping.kind === 'column') set(name, own(source, mapping.from) ?? nothing, at);
    if (mapping.kind !== 'function') continue;
    const value = mappedValue(input, name, () => mapping.value(source, run));
    if (value.kind !== 'value') return value;
    set(name, value.value, at);
  }
  return null;
}

/** The value of a column's function: `undefined` for unset. */
export function mappedValue(
  input: Pick<InputRow, 'place'>,
  column: string,
  call: () => unknown,
): { readonly kind: 'value'; readonly value: unknown } | { readonly kind: 'skip' | 'reject'; readonly reason: string } {
  const called = callUserCode(() => `${input.place()}, column ${column}`, call);
  if (called.kind === 'reject') return { kind: 'reject', reason: `${column}: ${called.reason}` };
  const signal = signalOf(called.value);
  if (signal === null) return called;
  return signal.kind === 'unset' ? { kind: 'value', value: undefined } : { kind: signal.kind, reason: signal.reason };
}
