import type { ForeignSource } from '../../model/data.ts';
import type {
  ChangedRows,
  Source,
  SourceChanges,
  SourceFacts,
  SourceNote,
  SourceRow,
  Split,
} from '../../ports/source.ts';
import { ColumnChanges, columnOf, type SqlTimes } from './changes.ts';
import { conditionOf, type KeyColumn, type KeyRange, rangeOf, splitOf, wholeTable } from './key-range.ts';
import { missingNotes, refuseMissing } from './notes.ts';
import { isLost, type PieceReading, piecePages, tries } from './piece-reader.ts';
import { keyRanges } from './ranges.ts';
import { type SqlColumn, TableRows } from './rows.ts';

/** A row as the driver gives it, in the order of the SELECT. */
export type RawRow<Raw> = readonly (Raw | null)[];

/** A connection, lent to one work at a time. `values` are those of a statement's parameters. */
export interface SqlSession<Raw> {
  /** All rows of a statement, for small answers. */
  rows(sql: string, values?: readonly string[]): Promise<readonly RawRow<Raw>[]>;
  /** Rows as they come; no more is held than a page. */
  pages(sql: string, size: number, values?: readonly string[]): AsyncIterable<readonly RawRow<Raw>[]>;
}
/** Connections that all see the rows as they were at one moment. */
export interface SqlReaders<Raw> {
  take(): Promise<SqlSession<Raw>>;
  give(session: SqlSession<Raw>): void;
  /** A session's connection broke: another with the same view takes its place where that can be; throws when none is left. */
  replace(session: SqlSession<Raw>, why: unknown): Promise<void>;
  close(): Promise<void>;
}

/** A declared table or query, as the catalogue has it. */
export interface SqlTable<Raw> {
  readonly declared: ForeignSource;
  /** What stands after FROM. */
  readonly from: string;
  /** All its columns. */
  readonly fields: readonly string[];
  readonly columns: readonly SqlColumn<Raw>[];
  /** What is selected for a column. */
  readonly expression: (column: SqlColumn<Raw>) => string;
  /** The key by whose ranges it can be cut; null: it is read in one piece. */
  readonly key: readonly KeyColumn[] | null;
  /** What is selected for a part of the key, so that `keyText` can make text of it. */
  readonly keyExpression: (column: KeyColumn) => string;
  readonly keyText: (raw: Raw, part: number) => string;
  /** Whether the key is one whole number. */
  readonly wholeKey: boolean;
  /** Whether no two rows have the same declared key. */
  readonly distinct: boolean;
  /** An estimate. */
  readonly rows: number | null;
  readonly bytes: number | null;
  readonly identity: string;
  readonly notes: readonly SourceNote[];
  readonly times: SqlTimes<Raw>;
  /** Whether an index begins with a column of the table; null for queries and views, of which nobody knows. */
  readonly isIndexed: (field: string) => Promise<boolean | null>;
}

export interface SqlConnections<Raw> {
  /** Looks at the catalogue; rows of a copy come over `readers`. */
  readonly session: SqlSession<Raw>;
  readonly openReaders: () => Promise<SqlReaders<Raw>>;
  readonly close: () => Promise<void>;
}

const pageRows = 500;
/** Of wide rows a page has fewer. */
const pageBytes = 4 * 1024 * 1024;
/** Half of what a sample may hold. */
const sampleBytes = 16 * 1024 * 1024;
/** Up to so many rows, by the server's estimate, they are counted. */
const countedRows = 5_000_000;

/** Up to so many changed rows are read in one piece. */
const fewChanges = 20_000;

interface Condition {
  readonly sql: string;
  readonly value: string;
}

function changedCondition<Raw>(table: SqlTable<Raw>, { column, from }: ChangedRows): Condition {
  const { times } = table;
  const found = columnOf(table, column);
  const bound = times.bound(found, 'from', from);
  return { sql: `${times.compared(found)} >= ${times.parameter(found, 1)}`, value: bound };
}

/** A table or a query of a database. */
export class SqlSource<Raw> implements Source {
  readonly #table: SqlTable<Raw>;
  readonly #connections: SqlConnections<Raw>;
  readonly #rows: TableRows<Raw>;
  /** Of the rows that are wanted; null: all are. */
  readonly #changed: Condition | null;
  #readers: Promise<SqlReaders<Raw>> | null = null;
  #counted: Promise<number> | null = null;

  constructor(table: SqlTable<Raw>, connections: SqlConnections<Raw>, changed?: ChangedRows) {
    this.#table = table;
    this.#connections = connections;
    this.#changed = changed === undefined ? null : changedCondition(table, changed);
    this.#rows = new TableRows(table.declared.place, table.columns, table.declared.key);
  }

  async facts(): Promise<SourceFacts> {
    const { declared, rows, bytes, identity, notes, fields, distinct } = this.#table;
    const counted = this.#changed !== null || (rows !== null && rows <= countedRows) ? await this.#count() : null;
    const told = [...missingNotes(declared, fields), ...notes];
    return { rows: counted, bytes, missing: [], distinct, identity, notes: told };
  }

  /** Rows of both ends of the key, because old and new ones differ most; none of them twice. */
  async sample(wanted: number): Promise<readonly SourceRow[]> {
    const { session } = this.#connections;
    const half = Math.min(Math.ceil(wanted / 2), this.#rowsIn(sampleBytes));
    const { key } = this.#table;
    const values = this.#values;
    const found = [...(await session.rows(`${this.#select(wholeTable)} LIMIT ${half}`, values))];
    if (key !== null && found.length === half) {
      const order = key.map(({ name }) => `${name} DESC`).join(', ');
      const { keyOf } = this.#selected;
      const keyText = (row: RawRow<Raw>): string | null => JSON.stringify(keyOf?.(row) ?? null);
      // told apart by the whole key: what is read of it may be alike, as times without their fractions are
      const seen = new Set(found.map(keyText));
      const others = await session.rows(`${this.#select(wholeTable)} ORDER BY ${order} LIMIT ${half}`, values);
      found.push(...others.filter((row) => !seen.has(keyText(row))));
    }
    return found.map((row, at) => this.#rows.row(row, at + 1));
  }

  changes(column: string): SourceChanges {
    const { from, times, isIndexed } = this.#table;
    const of = { from, times, isIndexed, column: columnOf(this.#table, column) };
    return new ColumnChanges(this.#connections.session, of);
  }

  async splits(wanted: number): Promise<readonly Split[]> {
    const { declared, key } = this.#table;
    // Few changed rows are found by the index of their column, which pieces of the key would keep from being used.
    if (this.#changed !== null && (await this.#count()) < fewChanges) return [splitOf(declared.place, wholeTable)];
    const ranges = key === null ? [wholeTable] : await this.#lent((session) => this.#ranges(session, key, wanted));
    return ranges.map((range) => splitOf(declared.place, range));
  }

  async *read(split: Split): AsyncIterable<readonly SourceRow[]> {
    // Of rows that have one key, those behind the last one that came could not be told from those before it.
    const keyOf = this.#table.distinct ? this.#selected.keyOf : null;
    const sql = (range: KeyRange): string => this.#select(range, { ordered: true });
    const reading = { range: rangeOf(split), sql, values: this.#values, size: this.#pageRows, keyOf };
    let number = 0;
    for await (const page of piecePages(await this.#reading(), reading)) {
      yield page.map((raw) => {
        number += 1;
        return this.#rows.row(raw, number);
      });
    }
  }

  async close(): Promise<void> {
    const readers = await this.#readers?.catch(() => null);
    await readers?.close();
    await this.#connections.close();
  }

  get #pageRows(): number {
    return Math.min(pageRows, this.#rowsIn(pageBytes));
  }

  /** By the average row; never fewer than ten. */
  #rowsIn(size: number): number {
    const { rows, bytes } = this.#table;
    const average = rows === null || bytes === null || rows === 0 ? 0 : bytes / rows;
    return Math.max(10, Math.floor(size / Math.max(average, 1)));
  }

  #reading(): Promise<SqlReaders<Raw>> {
    this.#readers ??= this.#connections.openReaders();
    return this.#readers;
  }

  /** Does work that can be done again from its beginning. */
  async #lent<T>(work: (session: SqlSession<Raw>) => Promise<T>): Promise<T> {
    const readers = await this.#reading();
    for (let failures = 1; ; failures += 1) {
      const session = await readers.take();
      try {
        const done = await work(session);
        readers.give(session);
        return done;
      } catch (thrown) {
        if (!isLost(thrown)) {
          readers.give(session);
          throw thrown;
        }
        await readers.replace(session, thrown);
        if (failures === tries) throw thrown;
      }
    }
  }

  /** The columns of a SELECT: what is declared, and what the key needs besides. */
  get #selected(): { readonly items: readonly string[]; readonly keyOf: PieceReading<Raw>['keyOf'] } {
    const { columns, expression, key, keyExpression } = this.#table;
    const items = columns.map(expression);
    if (key === null) return { items, keyOf: null };
    const places = key.map((column) => {
      const wanted = keyExpression(column);
      const at = items.indexOf(wanted);
      return at >= 0 ? at : items.push(wanted) - 1;
    });
    return { items, keyOf: (row) => this.#keyTexts(places.map((at) => row[at] ?? null)) };
  }

  /** Null where a part of the key is. */
  #keyTexts(parts: RawRow<Raw>): readonly string[] | null {
    const texts = parts.map((raw, part) => (raw === null ? null : this.#table.keyText(raw, part)));
    return texts.every((text) => text !== null) ? texts : null;
  }

  #select(range: KeyRange, { ordered = false }: { readonly ordered?: boolean } = {}): string {
    const { declared, fields, from, key } = this.#table;
    refuseMissing(declared, fields);
    const conditions = [this.#changed?.sql ?? null, conditionOf(range, key ?? [])].filter((one) => one !== null);
    const where = conditions.length === 0 ? '' : ` WHERE ${conditions.join(' AND ')}`;
    const order = ordered && key !== null ? ` ORDER BY ${key.map(({ name }) => name).join(', ')}` : '';
    return `SELECT ${this.#selected.items.join(', ')} FROM ${from}${where}${order}`;
  }

  get #values(): readonly string[] {
    return this.#changed === null ? [] : [this.#changed.value];
  }

  #count(): Promise<number> {
    const where = this.#changed === null ? '' : ` WHERE ${this.#changed.sql}`;
    this.#counted ??= this.#connections.session
      .rows(`SELECT COUNT(*) FROM ${this.#table.from}${where}`, this.#values)
      .then(([row]) => Number(String(row?.[0] ?? 0)));
    return this.#counted;
  }

  #ranges(session: SqlSession<Raw>, key: readonly KeyColumn[], wanted: number): Promise<readonly KeyRange[]> {
    const { from, rows, wholeKey, keyExpression } = this.#table;
    const names = key.map(({ name }) => name).join(', ');
    const list = key.map(keyExpression).join(', ');
    const extremes = async (): Promise<{ least: bigint; greatest: bigint } | null> => {
      if (!wholeKey) return null;
      const [row = []] = await session.rows(`SELECT MIN(${names}), MAX(${names}) FROM ${from}`);
      const [least, greatest] = row.map((raw) => (raw === null ? null : String(raw)));
      return typeof least === 'string' && typeof greatest === 'string'
        ? { least: BigInt(least), greatest: BigInt(greatest) }
        : null;
    };
    const step = async (after: readonly string[] | null, stride: number): Promise<readonly string[] | null> => {
      const condition = conditionOf({ after, upTo: null }, key);
      const where = condition === null ? '' : ` WHERE ${condition}`;
      const [row] = await session.rows(
        `SELECT ${list} FROM ${from}${where} ORDER BY ${names} LIMIT 1 OFFSET ${stride - 1}`,
      );
      return row === undefined ? null : this.#keyTexts(row);
    };
    return keyRanges({ rows: rows ?? 0, extremes, step }, wanted);
  }
}
