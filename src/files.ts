/** Sources that are files: `cqlform/files`. */
export { csv, json, ndjson, tsv } from './dsl/file-source.ts';
export type * from './dsl/file-type.ts';
export { parquet } from './dsl/parquet-source.ts';
export type * from './dsl/parquet-type.ts';
