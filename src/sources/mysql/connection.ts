import type { Readable } from 'node:stream';
import type { Connection, FieldPacket, QueryError } from 'mysql2';
import { CqlformError, reasonOf } from '../../kernel/errors.ts';
import type { ServerLogin } from '../sql/address.ts';
import { Arrivals } from '../sql/arrivals.ts';
import { loadDriver, quietMs } from '../sql/driver.ts';
import type { RawRow, SqlSession } from '../sql/source.ts';

type MysqlRow = RawRow<Buffer>;

/** A connection whose rows are lists of the bytes that the server sent, in UTF-8 and times in UTC. */
export class MysqlSession implements SqlSession<Buffer> {
  readonly #connection: Connection;
  readonly #name: string;
  #lost: Error | null = null;
  #stream: Readable | null = null;

  private constructor(connection: Connection, name: string) {
    this.#connection = connection;
    this.#name = name;
    // The driver tells a broken connection to the connection, not to the rows that are on their way.
    const lose = (error: Error): void => {
      this.#lost ??= error;
      this.#stream?.destroy(error);
    };
    connection.on('error', lose);
    connection.on('end', () => lose(new Error('the server closed the connection')));
  }

  static async open(name: string, login: ServerLogin): Promise<MysqlSession> {
    const { createConnection } = await loadDriver('mysql2', () => import('mysql2'));
    const { host, port, database, user, password, tls } = login;
    const connection = createConnection({
      host,
      port,
      database,
      ...(user === null ? {} : { user }),
      ...(password === null ? {} : { password }),
      ...(tls === null ? {} : { ssl: { ...tls, verifyIdentity: tls.rejectUnauthorized } }),
      charset: 'utf8mb4',
      connectTimeout: 20_000,
      enableKeepAlive: true,
      keepAliveInitialDelay: quietMs,
    });
    const session = new MysqlSession(connection, name);
    await new Promise<void>((resolve, reject) => {
      connection.connect((error) => (error === null ? resolve() : reject(session.#failed(error, 'connecting'))));
    });
    await session.rows(
      "SET SESSION time_zone = '+00:00', sql_mode = '', net_write_timeout = 3600, wait_timeout = 86400",
    );
    return session;
  }

  /** All rows of a statement; for small answers. */
  async rows(sql: string, values: readonly string[] = []): Promise<readonly MysqlRow[]> {
    return (await this.answer(sql, values)).rows;
  }

  async answer(
    sql: string,
    values: readonly string[] = [],
  ): Promise<{ readonly rows: readonly MysqlRow[]; readonly fields: readonly FieldPacket[] }> {
    return new Promise((resolve, reject) => {
      this.#connection.query(
        { sql, values: [...values], rowsAsArray: true, typeCast: false },
        (error, rows, fields) => {
          if (error !== null) reject(this.#failed(error, sql));
          else resolve({ rows: Array.isArray(rows) ? (rows as unknown as MysqlRow[]) : [], fields: fields ?? [] });
        },
      );
    });
  }

  /** Rows as they come, in pages; no more is read from the server than is taken. Left early, the connection is closed. */
  async *pages(sql: string, size: number, values: readonly string[] = []): AsyncGenerator<readonly MysqlRow[]> {
    const stream = this.#connection
      .query({ sql, values: [...values], rowsAsArray: true, typeCast: false })
      .stream({ highWaterMark: size, objectMode: true });
    this.#stream = stream;
    if (this.#lost !== null) stream.destroy(this.#lost);
    let ended = false;
    try {
      const reading = new Arrivals<MysqlRow>(stream);
      for (let page = await reading.page(size); page !== null; page = await reading.page(size)) yield page;
      ended = true;
    } catch (thrown) {
      throw thrown instanceof CqlformError ? thrown : this.#failed(thrown, sql);
    } finally {
      this.#stream = null;
      if (!ended) this.#abandon();
    }
  }

  async close(): Promise<void> {
    if (this.#lost !== null) return this.#connection.destroy();
    await new Promise<void>((resolve) => this.#connection.end(() => resolve()));
  }

  /** A SELECT that is not read to its end cannot be taken back. */
  #abandon(): void {
    this.#lost ??= new Error('it was left in the middle of its rows');
    this.#connection.destroy();
  }

  /** The server's own words; they name no password. */
  #failed(thrown: unknown, what: string): CqlformError {
    const error = thrown as Partial<QueryError>;
    // the driver has no place for columns of some names, such as __proto__, and leaves the connection then
    const unnamable = /^The field name \(.*\) can't be/.test(reasonOf(thrown));
    const lost =
      (!unnamable && this.#lost !== null) ||
      (!unnamable && error.fatal === true) ||
      error.code === 'PROTOCOL_CONNECTION_LOST' ||
      error.code === 'ECONNRESET';
    const fields = { connection: this.#name, code: error.code ?? null };
    if (what === 'connecting') {
      return new CqlformError('SOURCE_UNREACHABLE', `source ${this.#name} cannot be reached: ${reasonOf(thrown)}`, {
        next: 'Check its address and credentials under `sources` in the configuration, and whether the server runs.',
        fields,
        retryable: true,
        cause: thrown,
      });
    }
    if (lost) {
      return new CqlformError(
        'SOURCE_CONNECTION_LOST',
        `the connection to source ${this.#name} broke: ${reasonOf(thrown)}`,
        {
          next: 'Apply again: it goes on with the pieces that are not finished.',
          fields,
          retryable: true,
          cause: thrown,
        },
      );
    }
    return new CqlformError('SOURCE_QUERY_FAILED', `source ${this.#name} refused a query: ${reasonOf(thrown)}`, {
      next: 'Correct the declaration of the table or the query, or grant the right to read it.',
      fields,
      cause: thrown,
    });
  }
}
