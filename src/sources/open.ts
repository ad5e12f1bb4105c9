import { CqlformError } from '../kernel/errors.ts';
import type { OpenSource } from '../ports/source.ts';
import { openCsv } from './csv/source.ts';
import { type FileSourceOptions, openJson } from './json/source.ts';

/** The longest row of a file, unless said otherwise: 16 MiB, Cassandra's own limit of a mutation. */
const defaultRowLimit = 16 * 1024 * 1024;

/** Opens declared sources; places of files are relative to the project folder. Rows over `rowLimit` bytes are problems. */
export function createOpenSource(options: { readonly projectFolder: string; readonly rowLimit?: number }): OpenSource {
  const fileOptions: FileSourceOptions = {
    projectFolder: options.projectFolder,
    rowLimit: options.rowLimit ?? defaultRowLimit,
  };
  return async (source) => {
    switch (source.system) {
      case 'json':
      case 'ndjson':
        return openJson(source, fileOptions);
      case 'csv':
        return openCsv(source, fileOptions);
      default:
        throw new CqlformError('UNKNOWN_SOURCE', `no reader for the system ${source.system} (${source.place})`, {
          next: 'Use json, ndjson or csv files, or a table of the keyspace.',
          fields: { system: source.system, place: source.place },
        });
    }
  };
}
