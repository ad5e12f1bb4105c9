import { rename, rm, stat } from 'node:fs/promises';
import type { DuckDBAppender, DuckDBConnection, DuckDBInstance, DuckDBType, DuckDBValue } from '@duckdb/node-api';
import { CqlformError, reasonOf } from '../../kernel/errors.ts';
import type { Column } from '../../model/schema.ts';
import type { OpenTypedFile, TypedFile } from '../../ports/typed-file.ts';
import { loadDriver } from '../sql/driver.ts';
import { type ParquetColumn, parquetColumn } from './column-types.ts';
import { quoted } from './duckdb.ts';

type Api = typeof import('@duckdb/node-api');

/** DuckDB takes so many at once. */
const chunkRows = 2048;

/**
 * Writes a Parquet file. The rows are gathered in a file beside it first, as large as they are, because a row group is
 * written column by column.
 */
export const openParquetFile: OpenTypedFile = async (path, columns, types) => {
  const api = await loadDriver('@duckdb/node-api', () => import('@duckdb/node-api'));
  const gathered = `${path}.rows`;
  await rm(gathered, { force: true });
  try {
    const instance = await api.DuckDBInstance.create(gathered, {
      threads: '1',
      memory_limit: '512MB',
      preserve_insertion_order: 'false',
      autoinstall_known_extensions: 'false',
      autoload_known_extensions: 'false',
    });
    const connection = await instance.connect();
    const written = columns.map(({ type }) => parquetColumn(type, types, api));
    await connection.run(
      `CREATE TABLE rows (${columns.map(({ name }, at) => `${quoted(name)} ${written[at]?.sql}`).join(', ')})`,
    );
    const found = (await connection.run('SELECT * FROM rows LIMIT 0')).columnTypes();
    const appender = await connection.createAppender('rows');
    return new ParquetFile({ api, path, gathered, instance, connection, appender, found, written, columns });
  } catch (thrown) {
    await rm(gathered, { force: true });
    throw unwritable(path, thrown);
  }
};

interface Opened {
  readonly api: Api;
  readonly path: string;
  readonly gathered: string;
  readonly instance: DuckDBInstance;
  readonly connection: DuckDBConnection;
  readonly appender: DuckDBAppender;
  readonly found: readonly DuckDBType[];
  readonly written: readonly ParquetColumn[];
  readonly columns: readonly Column[];
}

class ParquetFile implements TypedFile {
  readonly #opened: Opened;
  #rows: (readonly DuckDBValue[])[] = [];
  #closed = false;

  constructor(opened: Opened) {
    this.#opened = opened;
  }

  row(values: readonly unknown[]): void {
    const { written } = this.#opened;
    this.#rows.push(
      written.map(({ value }, at) => (values[at] === null || values[at] === undefined ? null : value(values[at]))),
    );
    if (this.#rows.length === chunkRows) this.#append();
  }

  async finish(): Promise<number> {
    const { path, gathered, connection, appender } = this.#opened;
    const partial = `${path}.partial`;
    try {
      this.#append();
      appender.flushSync();
      appender.closeSync();
      await connection.run(`COPY rows TO '${partial.replaceAll("'", "''")}' (FORMAT parquet, COMPRESSION zstd)`);
      this.#close();
      await rename(partial, path);
      await rm(gathered, { force: true });
      return (await stat(path)).size;
    } catch (thrown) {
      throw unwritable(path, thrown);
    }
  }

  async discard(): Promise<void> {
    this.#close();
    const { path, gathered } = this.#opened;
    for (const one of [gathered, `${gathered}.wal`, `${path}.partial`]) await rm(one, { force: true });
  }

  #append(): void {
    const { api, path, appender, found } = this.#opened;
    if (this.#rows.length === 0) return;
    try {
      const chunk = api.DuckDBDataChunk.create(found, this.#rows.length);
      chunk.setRows(this.#rows);
      appender.appendDataChunk(chunk);
    } catch (thrown) {
      throw unwritable(path, thrown);
    }
    this.#rows = [];
  }

  #close(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#opened.connection.closeSync();
    this.#opened.instance.closeSync();
  }
}

function unwritable(path: string, cause: unknown): CqlformError {
  if (cause instanceof CqlformError) return cause;
  const [reason = ''] = reasonOf(cause).split('\n');
  return new CqlformError('FILE_UNWRITABLE', `${path} cannot be written: ${reason}`, {
    next: 'Make room, or give the right to write there; or name another file.',
    fields: { file: path },
    cause,
  });
}
