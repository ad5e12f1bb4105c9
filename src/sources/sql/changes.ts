import { own } from '../../kernel/own.ts';
import type { SourceLag, SourceMark } from '../../model/since.ts';
import type { SourceChanges } from '../../ports/source.ts';
import type { SqlSession, SqlTable } from './source.ts';

/** The column by which changes of a table are told. */
export interface ChangeColumn {
  readonly field: string;
  /** As the declaration names it: `mysql.datetime`. */
  readonly type: string;
  /** Else its values are numbers. */
  readonly isTime: boolean;
  /** Of times that have none of their own. */
  readonly zone: string;
}

/** How a system compares a column with a watermark: microseconds of a time, else a number. */
export interface SqlTimes<Raw> {
  /** Gives the server's clock in microseconds. */
  readonly clock: string;
  /** What is compared; the column itself wherever an index shall be of use. */
  compared(column: ChangeColumn): string;
  /** What stands for the value of the parameter that is the `number`th, counted from 1. */
  parameter(column: ChangeColumn, number: number): string;
  /** The value of a parameter that no row lies beyond on the wrong side. */
  bound(column: ChangeColumn, side: 'from' | 'upTo', value: bigint): string;
  /** Of an expression of the column's type: what can be selected and read by `valueOf`. */
  selected(column: ChangeColumn, expression: string): string;
  valueOf(column: ChangeColumn, raw: Raw): bigint;
}

export function columnOf<Raw>({ declared }: SqlTable<Raw>, name: string): ChangeColumn {
  const column = own(declared.columns, name);
  if (column === undefined) throw new TypeError(`${declared.place} declares no column ${name}`);
  const { field, type } = column;
  const isTime = /\.(?:timestamp|timestamptz|datetime|unixepoch)$/.test(type);
  return { field, type, isTime, zone: String(declared.settings['zone'] ?? 'UTC') };
}

/** What a table tells of its changes; each question goes by the column's index where it has one. */
export class ColumnChanges<Raw> implements SourceChanges {
  readonly #session: SqlSession<Raw>;
  readonly #of: ChangesOf<Raw>;

  constructor(session: SqlSession<Raw>, of: ChangesOf<Raw>) {
    this.#session = session;
    this.#of = of;
  }

  async mark(): Promise<SourceMark> {
    const { times, column, from } = this.#of;
    const now = await this.#clock();
    const greatest = times.selected(column, `MAX(${times.compared(column)})`);
    const { where, values } = this.#condition([['<=', now]]);
    const [row] = await this.#session.rows(`SELECT ${greatest} FROM ${from}${where}`, values);
    const raw = row?.[0] ?? null;
    return { now, newest: raw === null ? null : times.valueOf(column, raw) };
  }

  async lag(after: bigint): Promise<SourceLag> {
    const { times, column } = this.#of;
    const mark = await this.mark();
    const without = await this.#count(` WHERE ${times.compared(column)} IS NULL`, []);
    const above = this.#condition([
      ['>', after],
      ['<=', mark.now],
    ]);
    const pending = await this.#count(above.where, above.values);
    if (!this.#isTime) return { ...mark, pending, without, ahead: 0 };
    const later = this.#condition([['>', mark.now]]);
    return { ...mark, pending, without, ahead: await this.#count(later.where, later.values) };
  }

  isIndexed(): Promise<boolean | null> {
    return this.#of.isIndexed(this.#of.column.field);
  }

  get #isTime(): boolean {
    return this.#of.column.isTime;
  }

  /** Numbers have no clock, so nothing of them is ahead of it. */
  #condition(bounds: readonly (readonly ['>' | '<=', bigint])[]): {
    readonly where: string;
    readonly values: readonly string[];
  } {
    const { times, column } = this.#of;
    const used = bounds.filter(([sign]) => this.#isTime || sign === '>');
    const parts = used.map(([sign], at) => `${times.compared(column)} ${sign} ${times.parameter(column, at + 1)}`);
    return {
      where: parts.length === 0 ? '' : ` WHERE ${parts.join(' AND ')}`,
      values: used.map(([sign, value]) => times.bound(column, sign === '>' ? 'from' : 'upTo', value)),
    };
  }

  async #clock(): Promise<bigint> {
    const [row] = await this.#session.rows(this.#of.times.clock);
    return BigInt(String(row?.[0] ?? 0));
  }

  async #count(where: string, values: readonly string[]): Promise<number> {
    const [row] = await this.#session.rows(`SELECT COUNT(*) FROM ${this.#of.from}${where}`, values);
    return Number(String(row?.[0] ?? 0));
  }
}

interface ChangesOf<Raw> {
  readonly from: string;
  readonly isIndexed: SqlTable<Raw>['isIndexed'];
  readonly times: SqlTimes<Raw>;
  readonly column: ChangeColumn;
}
