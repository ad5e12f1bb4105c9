import { own, setOwn } from '../../kernel/own.ts';
import type { JsRow } from '../../model/data.ts';
import type { SourceRow } from '../../ports/source.ts';
import { type FieldReader, Misfit } from '../files/misfit.ts';

/** A declared column, and how its values are read from what the driver gives. */
export interface SqlColumn<Raw> {
  readonly column: string;
  readonly field: string;
  readonly required: boolean;
  readonly read: FieldReader<Raw>;
  /** What a value that does not fit is shown as. */
  readonly show: (raw: Raw) => unknown;
}

interface Places {
  placeOf(values: JsRow, number: number): string;
}

/** Rows of a table; their place is put together only when somebody asks. */
class SqlRow implements SourceRow {
  readonly values: JsRow;
  readonly problem: string | null;
  readonly #table: Places;
  readonly #number: number;

  constructor(values: JsRow, problem: string | null, of: { readonly table: Places; readonly number: number }) {
    this.values = values;
    this.problem = problem;
    this.#table = of.table;
    this.#number = of.number;
  }

  get place(): string {
    return this.#table.placeOf(this.values, this.#number);
  }
}

/** Turns rows as lists of raw values into rows of the declared columns. */
export class TableRows<Raw> {
  readonly #place: string;
  readonly #columns: readonly SqlColumn<Raw>[];
  readonly #key: readonly string[];

  constructor(place: string, columns: readonly SqlColumn<Raw>[], key: readonly string[]) {
    this.#place = place;
    this.#columns = columns;
    this.#key = key;
  }

  /** `number` counts from 1 within what is read. */
  row(raw: readonly (Raw | null)[], number: number): SourceRow {
    const values: Record<string, unknown> = {};
    let problem: string | null = null;
    for (let at = 0; at < this.#columns.length; at += 1) {
      const column = this.#columns[at] as SqlColumn<Raw>;
      const value = raw[at] ?? null;
      if (value === null) {
        setOwn(values, column.column, null);
        if (column.required) problem = joined(problem, `${column.column}: is missing`);
        continue;
      }
      const read = column.read(value);
      if (read instanceof Misfit) {
        problem = joined(problem, `${column.column}: ${read.reason}`);
        setOwn(values, column.column, column.show(value));
      } else setOwn(values, column.column, read);
    }
    return new SqlRow(values, problem, { table: this, number });
  }

  placeOf(values: JsRow, number: number): string {
    if (this.#key.length === 0) return `${this.#place}#${number}`;
    return `${this.#place}(${this.#key.map((name) => `${name}=${shownKey(own(values, name))}`).join(', ')})`;
  }
}

function joined(before: string | null, reason: string): string {
  return before === null ? reason : `${before}; ${reason}`;
}

function shownKey(value: unknown): string {
  if (value instanceof Date) return value.toISOString();
  if (value instanceof Uint8Array) return Buffer.from(value).toString('hex');
  return String(value);
}
