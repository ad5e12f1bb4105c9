import type { Client, ClientConfig } from 'pg';
import { CqlformError, reasonOf } from '../../kernel/errors.ts';
import type { ServerLogin } from '../sql/address.ts';
import { loadDriver, quietMs } from '../sql/driver.ts';
import type { RawRow, SqlSession } from '../sql/source.ts';

type PostgresRow = RawRow<string>;

/** What every session is told, so that a value has one text. */
const settings = [
  "SET timezone = 'UTC'",
  "SET datestyle = 'ISO, YMD'",
  "SET intervalstyle = 'iso_8601'",
  "SET bytea_output = 'hex'",
  'SET extra_float_digits = 1',
  'SET standard_conforming_strings = on',
  'SET statement_timeout = 0',
  // a cursor is read to its end: plans that are fast for its first rows only are of no use
  'SET cursor_tuple_fraction = 1.0',
  'SET idle_in_transaction_session_timeout = 0',
].join('; ');

/** A connection whose rows are lists of the texts that the server sent. */
export class PostgresSession implements SqlSession<string> {
  readonly #client: Client;
  readonly #name: string;
  #lost: Error | null = null;
  #last: Promise<unknown> = Promise.resolve();

  private constructor(client: Client, name: string) {
    this.#client = client;
    this.#name = name;
    client.on('error', (error) => {
      this.#lost = error;
    });
  }

  static async open(name: string, login: ServerLogin): Promise<PostgresSession> {
    const { default: pg } = await loadDriver('pg', () => import('pg'));
    const { host, port, database, user, password, tls } = login;
    const config: ClientConfig = {
      host,
      port,
      database,
      user: user ?? 'postgres',
      password: password ?? '',
      client_encoding: 'UTF8',
      connectionTimeoutMillis: 20_000,
      keepAlive: true,
      keepAliveInitialDelayMillis: quietMs,
      ...(tls === null ? {} : { ssl: { ...tls } }),
    };
    const session = new PostgresSession(new pg.Client(config), name);
    try {
      await session.#client.connect();
    } catch (thrown) {
      throw new CqlformError('SOURCE_UNREACHABLE', `source ${name} cannot be reached: ${reasonOf(thrown)}`, {
        next: 'Check its address and credentials under `sources` in the configuration, and whether the server runs.',
        fields: { connection: name, code: codeOf(thrown) },
        retryable: true,
        cause: thrown,
      });
    }
    await session.rows(settings);
    return session;
  }

  /** One statement after another, whoever asks. */
  rows(sql: string, values: readonly string[] = []): Promise<readonly PostgresRow[]> {
    const answer = this.#last.then(() => this.#ask(sql, values));
    this.#last = answer.catch(() => undefined);
    return answer;
  }

  async #ask(sql: string, values: readonly string[]): Promise<readonly PostgresRow[]> {
    try {
      const text = (value: string): string => value;
      const types = { getTypeParser: () => text } as unknown as NonNullable<ClientConfig['types']>;
      const result = await this.#client.query<(string | null)[]>({
        text: sql,
        rowMode: 'array',
        types,
        // Without any, several statements may stand in one text.
        ...(values.length === 0 ? {} : { values: [...values] }),
      });
      return result.rows ?? [];
    } catch (thrown) {
      throw this.#failed(thrown);
    }
  }

  /** Column names of a query. */
  async fields(sql: string): Promise<readonly string[]> {
    try {
      const { fields } = await this.#client.query({ text: sql, rowMode: 'array' });
      return fields.map(({ name }) => name);
    } catch (thrown) {
      throw this.#failed(thrown);
    }
  }

  /** By a cursor, inside the transaction that the session has open. */
  async *pages(sql: string, size: number, values: readonly string[] = []): AsyncGenerator<readonly PostgresRow[]> {
    await this.rows(`DECLARE pages NO SCROLL CURSOR FOR ${sql}`, values);
    const fetch = (): Promise<readonly PostgresRow[]> => {
      const fetched = this.rows(`FETCH FORWARD ${size} FROM pages`);
      // where nobody waits for it any more, its failure is none
      fetched.catch(() => undefined);
      return fetched;
    };
    try {
      for (let next = fetch(); ; ) {
        const page = await next;
        // one page is on its way while the one before it is worked on
        if (page.length === size) next = fetch();
        if (page.length > 0) yield page;
        if (page.length < size) break;
      }
    } finally {
      // Where that fails, the transaction has failed already, and its cursors are gone with it.
      await this.rows('CLOSE pages').catch(() => undefined);
    }
  }

  async close(): Promise<void> {
    await this.#client.end().catch(() => undefined);
  }

  #failed(thrown: unknown): CqlformError {
    const code = codeOf(thrown);
    const fields = { connection: this.#name, code };
    const lost = this.#lost !== null || code === null || /^(?:08|57P|E[A-Z]+$)/.test(code);
    if (lost) {
      const reason = reasonOf(this.#lost ?? thrown);
      return new CqlformError('SOURCE_CONNECTION_LOST', `the connection to source ${this.#name} broke: ${reason}`, {
        next: 'Apply again: it goes on with the pieces that are not finished.',
        fields,
        retryable: true,
        cause: thrown,
      });
    }
    return new CqlformError('SOURCE_QUERY_FAILED', `source ${this.#name} refused a query: ${reasonOf(thrown)}`, {
      next: 'Correct the declaration of the table or the query, or grant the right to read it.',
      fields,
      cause: thrown,
    });
  }
}

function codeOf(thrown: unknown): string | null {
  return thrown instanceof Error && 'code' in thrown && typeof thrown.code === 'string' ? thrown.code : null;
}
