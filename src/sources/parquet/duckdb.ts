import { createRequire } from 'node:module';
import type { DuckDBConnection, DuckDBInstance, DuckDBResult, DuckDBType, DuckDBValue } from '@duckdb/node-api';
import { CqlformError, reasonOf } from '../../kernel/errors.ts';
import type { SourceFile } from '../files/locate.ts';
import { loadDriver } from '../sql/driver.ts';
import { Lending } from '../sql/lending.ts';

/** Before it, times of day in nanoseconds lose their last digits without a word. */
const firstExact = [1, 5, 6] as const;

function assertKeepsDigits(version: string): void {
  const parts = (/(\d+)\.(\d+)\.(\d+)/.exec(version) ?? []).slice(1).map(Number);
  const at = firstExact.findIndex((wanted, index) => parts[index] !== wanted);
  if (at === -1 || (parts[at] ?? 0) > (firstExact[at] ?? 0)) return;
  throw new CqlformError(
    'SOURCE_DRIVER_OLD',
    `DuckDB ${version} cuts digits off times; ${firstExact.join('.')} is the first that does not`,
    {
      next: 'Install a newer one in the project: `npm install --save-dev @duckdb/node-api@latest`.',
      fields: { package: '@duckdb/node-api', version },
    },
  );
}

/**
 * The driver's own decoder takes U+FEFF from the beginning of every text. It is looked up for each text, so that one in
 * its place is used.
 */
function keepFirstCharacters(): void {
  const vectors: unknown = createRequire(import.meta.url)('@duckdb/node-api/lib/vectors/dataAccessors.js');
  if (typeof vectors !== 'object' || vectors === null || !('textDecoder' in vectors)) return;
  vectors.textDecoder = new TextDecoder('utf-8', { ignoreBOM: true });
}

async function assertKeepsFirstCharacters(instance: DuckDBInstance): Promise<void> {
  const connection = await instance.connect();
  const [row] = await (await connection.run("SELECT chr(65279) || 'x'")).getRows();
  connection.closeSync();
  if (row?.[0] === '\ufeffx') return;
  throw new CqlformError('SOURCE_DRIVER_UNFIT', 'this version of @duckdb/node-api loses the first character of texts', {
    next: 'Install 1.5.6-r.1 in the project: `npm install --save-dev @duckdb/node-api@1.5.6-r.1`.',
    fields: { package: '@duckdb/node-api' },
  });
}

/** Reads Parquet files; nothing is fetched, and no file is touched but those that are named. */
export class ParquetReader {
  readonly #instance: DuckDBInstance;
  /** An open row group takes memory, and one is read faster than rows can be written: there is one at a time. */
  readonly #turns = new Lending([true]);

  private constructor(instance: DuckDBInstance) {
    this.#instance = instance;
  }

  static async open(): Promise<ParquetReader> {
    const { DuckDBInstance, version } = await loadDriver('@duckdb/node-api', () => import('@duckdb/node-api'));
    assertKeepsDigits(version());
    keepFirstCharacters();
    const instance = await DuckDBInstance.create(':memory:', {
      threads: '1',
      memory_limit: '1GB',
      temp_directory: '',
      // Rows carry their numbers.
      preserve_insertion_order: 'false',
      autoinstall_known_extensions: 'false',
      autoload_known_extensions: 'false',
    });
    await assertKeepsFirstCharacters(instance);
    return new ParquetReader(instance);
  }

  /** All rows; for small answers. */
  async rows(file: SourceFile, sql: string): Promise<readonly (readonly DuckDBValue[])[]> {
    return this.#with(file, async (connection) => (await connection.run(sql)).getRows());
  }

  /** The types of a statement's columns, by name. */
  async types(file: SourceFile, sql: string): Promise<ReadonlyMap<string, DuckDBType>> {
    return this.#with(file, async (connection) => {
      const result = await connection.stream(sql);
      return new Map(result.columnNames().map((name, at) => [name, result.columnType(at)]));
    });
  }

  /**
   * Rows as they are read; no more is read ahead than a small buffer holds. The library does not always tell an error that
   * comes up on the way: who reads has to count.
   */
  async *pages(file: SourceFile, sql: string): AsyncGenerator<readonly (readonly DuckDBValue[])[]> {
    const connection = await this.#instance.connect();
    const turn = await this.#turns.take();
    try {
      const result = await this.#said(file, () => connection.stream(sql));
      for (;;) {
        const chunk = await this.#said(file, () => next(result));
        if (chunk === null) return;
        yield chunk;
      }
    } finally {
      connection.closeSync();
      this.#turns.give(turn);
    }
  }

  close(): void {
    this.#instance.closeSync();
  }

  async #with<T>(file: SourceFile, work: (connection: DuckDBConnection) => Promise<T>): Promise<T> {
    const connection = await this.#instance.connect();
    try {
      return await this.#said(file, () => work(connection));
    } finally {
      connection.closeSync();
    }
  }

  async #said<T>(file: SourceFile, work: () => Promise<T>): Promise<T> {
    try {
      return await work();
    } catch (thrown) {
      const [reason = ''] = reasonOf(thrown).split('\n');
      throw new CqlformError('SOURCE_MALFORMED', `${file.name} cannot be read as Parquet: ${reason}`, {
        next: 'Check that the file is whole, really Parquet and not encrypted, or write it anew.',
        fields: { file: file.name },
        cause: thrown,
      });
    }
  }
}

async function next(result: DuckDBResult): Promise<readonly (readonly DuckDBValue[])[] | null> {
  const chunk = await result.fetchChunk();
  return chunk === null || chunk.rowCount === 0 ? null : chunk.getRows();
}

/** A call that reads one file, whatever characters its name has. */
export function callOn(name: 'read_parquet' | 'parquet_metadata' | 'parquet_schema', file: SourceFile): string {
  const path = file.path.replaceAll(/[[*?]/g, '[$&]').replaceAll("'", "''");
  return `${name}('${path}'${name === 'read_parquet' ? ', file_row_number = true' : ''})`;
}
export function quoted(name: string): string {
  return `"${name.replaceAll('"', '""')}"`;
}
