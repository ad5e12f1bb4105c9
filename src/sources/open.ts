import { CqlformError } from '../kernel/errors.ts';
import type { ForeignSource } from '../model/data.ts';
import type { BlockSource, OpenSource } from '../ports/source.ts';
import { openCsvBlocks } from './csv/blocks.ts';
import { openCsv } from './csv/source.ts';
import type { Strangers } from './files/strangers.ts';
import { type FileSourceOptions, openJson } from './json/source.ts';
import type { Addresses } from './sql/address.ts';

/** The longest row of a file, unless said otherwise: 16 MiB, Cassandra's own limit of a mutation. */
const defaultRowLimit = 16 * 1024 * 1024;

export interface OpenSourceOptions {
  /** Places of files are relative to it. */
  readonly projectFolder: string;
  /** By connection name, where databases are. */
  readonly addresses?: Addresses;
  /** Rows of files that are longer, in bytes, are problems. */
  readonly rowLimit?: number;
  /** Where rows have fields of their own: what is said of fields that nobody declared. Left out: nothing. */
  readonly strangers?: Strangers;
}

export function fileOptionsOf(options: OpenSourceOptions): FileSourceOptions {
  const { projectFolder, rowLimit = defaultRowLimit, strangers } = options;
  return { projectFolder, rowLimit, ...(strangers === undefined ? {} : { strangers }) };
}

/** Opens sources that can be read straight into wire form: CSV files. */
export function createOpenBlocks(options: OpenSourceOptions): (source: ForeignSource) => Promise<BlockSource> {
  return async (source) => {
    if (source.system === 'csv') return openCsvBlocks(source, fileOptionsOf(options));
    throw new TypeError(`${source.system} cannot be read into wire form`);
  };
}

/** Opens declared sources. */
export function createOpenSource(options: OpenSourceOptions): OpenSource {
  const addresses = options.addresses ?? {};
  const fileOptions = fileOptionsOf(options);
  return async (source, changed) => {
    switch (source.system) {
      case 'json':
      case 'ndjson':
        return openJson(source, fileOptions);
      case 'csv':
        return openCsv(source, fileOptions);
      case 'parquet': {
        const { openParquet } = await import('./parquet/source.ts');
        return openParquet(source, options.projectFolder);
      }
      case 'mongo': {
        const { openMongo } = await import('./mongodb/source.ts');
        return openMongo(source, addresses, { strangers: options.strangers, changed });
      }
      case 'mysql': {
        const { openMysql } = await import('./mysql/source.ts');
        return openMysql(source, addresses, changed);
      }
      case 'postgres': {
        const { openPostgres } = await import('./postgres/source.ts');
        return openPostgres(source, addresses, changed);
      }
      case 'sqlite': {
        const { openSqlite } = await import('./sqlite/source.ts');
        return openSqlite(source, addresses, changed);
      }
      default:
        throw new CqlformError('UNKNOWN_SOURCE', `no reader for the system ${source.system} (${source.place})`, {
          next: 'Use files, a database of a kind that cqlform has an import for, or a table of the keyspace.',
          fields: { system: source.system, place: source.place },
        });
    }
  };
}
