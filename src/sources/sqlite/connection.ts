import type { DatabaseSync } from 'node:sqlite';
import { CqlformError, reasonOf } from '../../kernel/errors.ts';
import type { RawRow, SqlReaders, SqlSession } from '../sql/source.ts';
import type { SqliteRaw } from './values.ts';

type SqliteRow = RawRow<SqliteRaw>;

interface Texts {
  readonly sql: string;
  readonly values: readonly string[];
  /** Rows that are left out. */
  readonly before: number;
}

/** The driver gives this sign for bytes that are no text, and for itself. */
function isDoubtful(value: SqliteRow[number]): boolean {
  return typeof value === 'string' && value.includes('\ufffd');
}

/** A database file, opened for reading. Its work is done in this thread; pages give way to others in between. */
export class SqliteSession implements SqlSession<SqliteRaw>, SqlReaders<SqliteRaw> {
  readonly #database: DatabaseSync;
  readonly #name: string;
  #decoder: InstanceType<typeof TextDecoder> | null = null;

  private constructor(database: DatabaseSync, name: string) {
    this.#database = database;
    this.#name = name;
  }

  static async open(name: string, path: string): Promise<SqliteSession> {
    const { DatabaseSync } = await import('node:sqlite');
    try {
      const session = new SqliteSession(new DatabaseSync(path, { readOnly: true, timeout: 10_000 }), name);
      await session.rows('SELECT count(*) FROM sqlite_schema');
      return session;
    } catch (thrown) {
      throw new CqlformError('SOURCE_UNREACHABLE', `source ${name} cannot be opened at ${path}: ${reasonOf(thrown)}`, {
        next: 'Check its `file` under `sources` in the configuration, and that it is an SQLite database.',
        fields: { connection: name, path },
        cause: thrown,
      });
    }
  }

  /** One transaction: everything is read as it was at one moment. */
  async begin(): Promise<this> {
    await this.rows('BEGIN');
    // The view begins with the first row that is read.
    await this.rows('SELECT count(*) FROM sqlite_schema');
    return this;
  }

  async rows(sql: string, values: readonly string[] = []): Promise<readonly SqliteRow[]> {
    return [...this.#iterate(sql, values)];
  }

  /** The names of a query's columns. */
  fields(sql: string): readonly string[] {
    try {
      return this.#database
        .prepare(sql)
        .columns()
        .map(({ name }) => name ?? '');
    } catch (thrown) {
      throw this.#failed(thrown);
    }
  }

  async *pages(sql: string, size: number, values: readonly string[] = []): AsyncGenerator<readonly SqliteRow[]> {
    let page: SqliteRow[] = [];
    for (const row of this.#iterate(sql, values)) {
      page.push(row);
      if (page.length < size) continue;
      yield page;
      page = [];
    }
    if (page.length > 0) yield page;
  }

  /** Statements of one connection share its transaction, and many may be under way. */
  async take(): Promise<SqlSession<SqliteRaw>> {
    return this;
  }

  give(): void {
    // It was not taken from anybody.
  }

  async replace(_session: unknown, why: unknown): Promise<void> {
    throw why;
  }

  async close(): Promise<void> {
    this.#database.close();
  }

  *#iterate(sql: string, values: readonly string[]): Generator<SqliteRow> {
    try {
      let texts: Generator<SqliteRow> | null = null;
      let before = 0;
      for (const row of this.#plain(sql, values)) {
        if (texts === null && row.some(isDoubtful)) texts = this.#texts({ sql, values, before });
        before += 1;
        yield texts === null ? row : this.#exact(row, texts.next().value ?? []);
      }
    } catch (thrown) {
      throw this.#failed(thrown);
    }
  }

  *#plain(sql: string, values: readonly string[]): Generator<SqliteRow> {
    const statement = this.#database.prepare(sql);
    statement.setReadBigInts(true);
    statement.setReturnArrays(true);
    for (const row of statement.iterate(...values)) yield row as unknown as SqliteRow;
  }

  /** The bytes of a query's texts, but for those that `quote` made: row by row, without the first ones. */
  *#texts({ sql, values, before }: Texts): Generator<SqliteRow> {
    const columns = this.#database.prepare(sql).columns();
    const names = columns.map((_, at) => `c${at}`).join(', ');
    const items = columns.map(({ name }, at) =>
      name?.startsWith('quote(') ? 'NULL' : `CASE typeof(c${at}) WHEN 'text' THEN CAST(c${at} AS BLOB) END`,
    );
    let left = before;
    for (const row of this.#plain(`WITH asked(${names}) AS (${sql}) SELECT ${items.join(', ')} FROM asked`, values)) {
      if (left > 0) left -= 1;
      else yield row;
    }
  }

  /** A row with the bytes of what is no text, though SQLite calls it one. */
  #exact(row: SqliteRow, texts: SqliteRow): SqliteRow {
    if (!row.some(isDoubtful)) return row;
    return row.map((value, at) => {
      const bytes = texts[at];
      return isDoubtful(value) && bytes instanceof Uint8Array && !this.#isText(bytes) ? bytes : value;
    });
  }

  #isText(bytes: Uint8Array): boolean {
    this.#decoder ??= new TextDecoder(this.#encoding(), { fatal: true });
    try {
      this.#decoder.decode(bytes);
      return true;
    } catch {
      return false;
    }
  }

  #encoding(): string {
    const [[encoding] = []] = this.#plain('PRAGMA encoding', []);
    return String(encoding);
  }

  #failed(thrown: unknown): CqlformError {
    return new CqlformError('SOURCE_QUERY_FAILED', `source ${this.#name} refused a query: ${reasonOf(thrown)}`, {
      next: 'Correct the declaration of the table or the query; where the file is damaged, mend it first.',
      fields: { connection: this.#name },
      cause: thrown,
    });
  }
}
