import { basename } from 'node:path';

/** What a file of the migrations folder is for. */
export function isMigrationPath(path: string): boolean {
  return /^\d{14}_[a-z0-9][a-z0-9_]*\.ts$/.test(basename(path));
}

export const schemaFileName = 'schema.ts';

export function isSchemaPath(path: string): boolean {
  return basename(path) === schemaFileName;
}
