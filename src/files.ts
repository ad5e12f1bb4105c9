/** Sources that are files: `cqlform/files`. */
export {
  type CsvFiles,
  type CsvSettings,
  csv,
  type FileDefinition,
  type JsonFiles,
  type JsonTypes,
  json,
  ndjson,
} from './dsl/file-source.ts';
