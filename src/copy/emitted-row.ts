import { CqlformError } from '../kernel/errors.ts';
import { own, setOwn } from '../kernel/own.ts';
import { type CopySpec, type JsRow, RowRejected, type RunClock, type TransformSpec } from '../model/data.ts';
import type { InputRow, Outcome } from './input.ts';
import { signalOf } from './signals.ts';
import type { TargetEncoder, TargetRow } from './target-row.ts';
import { asyncTransform, callUserCode, transformFailed, withPlace } from './user-code.ts';

const nothingEmitted = 'nothing emitted';

/** Runs a transform's function for a row and encodes what it emits. */
export function transformRow(
  input: InputRow,
  { spec, encoder, run }: { readonly spec: TransformSpec; readonly encoder: TargetEncoder; readonly run: RunClock },
): Outcome<TargetRow> {
  const emits = new Emits(input, encoder);
  const called = callUserCode(input.place, () => spec.rows(input.values(), emits, run));
  const { rows, rejection } = emits.close();
  if (called.kind === 'reject') return called;
  const signal = called.value === undefined ? null : signalOf(called.value);
  if (signal === null && called.value !== undefined) {
    throw transformFailed(input.place(), new TypeError('it returned a value; rows are emitted with out.emit'));
  }
  if (signal?.kind === 'reject') return { kind: 'reject', reason: signal.reason };
  if (rejection !== null) return { kind: 'reject', reason: rejection };
  if (signal?.kind === 'skip') {
    if (rows.length === 0) return { kind: 'skip', reason: signal.reason };
    throw transformFailed(input.place(), new TypeError(`it emitted ${rows.length} rows and returned skip`));
  }
  return rows.length === 0 ? { kind: 'skip', reason: nothingEmitted } : { kind: 'rows', rows };
}

/**
 * What one call emits. Rows are encoded at once, so that a function may go on to change and emit the same object; what
 * goes wrong is kept until the function has ended, so that no catch in a migration swallows it.
 */
class Emits {
  readonly #input: InputRow;
  readonly #encoder: TargetEncoder;
  readonly #rows: TargetRow[] = [];
  #rejection: string | null = null;
  #failure: unknown = null;
  #open = true;

  constructor(input: InputRow, encoder: TargetEncoder) {
    this.#input = input;
    this.#encoder = encoder;
  }

  emit(row: JsRow): void {
    if (!this.#open) throw asyncTransform(`a row was emitted after its function had ended (${this.#input.place()})`);
    if (typeof row !== 'object' || row === null) {
      this.#failure ??= transformFailed(this.#input.place(), new TypeError(`it emitted ${String(row)}, not a row`));
      return;
    }
    try {
      this.#rows.push(this.#encoder.encode(row));
    } catch (thrown) {
      if (thrown instanceof RowRejected) this.#rejection ??= thrown.reason;
      else this.#failure ??= thrown;
    }
  }

  close(): { readonly rows: readonly TargetRow[]; readonly rejection: string | null } {
    this.#open = false;
    if (this.#failure !== null) throw placed(this.#failure, this.#input);
    return { rows: this.#rows, rejection: this.#rejection };
  }
}

function placed(thrown: unknown, input: InputRow): unknown {
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
  const nothing = deletes ? null : undefined;
  const source = input.values();
  const row: Record<string, unknown> = {};
  for (const [name, mapping] of Object.entries(spec.columns)) {
    if (mapping.kind === 'column') setOwn(row, name, own(source, mapping.from) ?? nothing);
    if (mapping.kind !== 'function') continue;
    const value = mappedValue(input, name, () => mapping.value(source, run));
    if (value.kind !== 'value') return value;
    setOwn(row, name, value.value);
  }
  try {
    return { kind: 'rows', rows: [encoder.encode(row)] };
  } catch (thrown) {
    if (thrown instanceof RowRejected) return { kind: 'reject', reason: thrown.reason };
    throw placed(thrown, input);
  }
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
