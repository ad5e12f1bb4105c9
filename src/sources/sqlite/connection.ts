import type { DatabaseSync } from 'node:sqlite';
import { CqlformError, reasonOf } from '../../kernel/errors.ts';
import type { RawRow, SqlReaders, SqlSession } from '../sql/source.ts';
import type { SqliteRaw } from './values.ts';

type SqliteRow = RawRow<SqliteRaw>;

/** A database file, opened for reading. Its work is done in this thread; pages give way to others in between. */
export class SqliteSession implements SqlSession<SqliteRaw>, SqlReaders<SqliteRaw> {
  readonly #database: DatabaseSync;
  readonly #name: string;

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
      const statement = this.#database.prepare(sql);
      statement.setReadBigInts(true);
      statement.setReturnArrays(true);
      for (const row of statement.iterate(...values)) yield row as unknown as SqliteRow;
    } catch (thrown) {
      throw this.#failed(thrown);
    }
  }

  #failed(thrown: unknown): CqlformError {
    return new CqlformError('SOURCE_QUERY_FAILED', `source ${this.#name} refused a query: ${reasonOf(thrown)}`, {
      next: 'Correct the declaration of the table or the query; where the file is damaged, mend it first.',
      fields: { connection: this.#name },
      cause: thrown,
    });
  }
}
