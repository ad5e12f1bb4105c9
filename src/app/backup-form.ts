import { existsSync, statSync } from 'node:fs';
import { CqlformError, exitCodes } from '../kernel/errors.ts';
import type { BackupFormat } from '../model/backup.ts';
import type { Compression } from '../ports/engines.ts';
import type { Project } from './project.ts';

/** Usual level, and the highest. */
const levels = { zstd: [3, 22], gzip: [6, 9] } as const;

/** `zstd`, `zstd:19`, `gzip`, `gzip:9`, `none`; null: none of these. */
export function compressionNamed(text: string): Compression | null {
  const [, algorithm, said] = /^(zstd|gzip)(?::(\d{1,2}))?$/.exec(text) ?? [];
  if (text === 'none') return { algorithm: 'none' };
  if (algorithm !== 'zstd' && algorithm !== 'gzip') return null;
  const [usual, highest] = levels[algorithm];
  const level = said === undefined ? usual : Number(said);
  return level >= 1 && level <= highest ? { algorithm, level } : null;
}

export const compressionWords = 'zstd (levels 1 to 22: zstd:19), gzip (levels 1 to 9: gzip:9)';

interface FormWish {
  readonly format: BackupFormat;
  /** Null: as the configuration says, gzip for plain files. */
  readonly compression: string | null;
}

/** How a backup is to be stored. Throws `USAGE`, and `PLAIN_ENCRYPTED` where plain files are to be encrypted. */
export function formOf(
  project: Project,
  { format, compression: said }: FormWish,
): { readonly format: BackupFormat; readonly compression?: Compression } {
  const compression = said === null ? null : compressionNamed(said);
  if (said !== null && compression === null)
    throw usage(`--compression ${said} is no way to compress`, `Say ${compressionWords}, or none for --format csv.`);
  if (format === 'chunks') {
    if (compression?.algorithm === 'none')
      throw usage('chunks are always compressed', 'Leave --compression out, or say --format csv for plain files.');
    return { format, ...(compression === null ? {} : { compression }) };
  }
  if (project.backupSecret !== null) throw plainEncrypted();
  return { format, compression: compression ?? project.compression ?? { algorithm: 'gzip', level: levels.gzip[0] } };
}

/** Tables as they are named: `movies`, or `shop.movies` of another keyspace. Throws `USAGE` for those of several. */
export function tablesNamed(
  names: readonly string[],
  keyspace: string,
): { readonly keyspace: string; readonly tables: readonly string[] } {
  const parts = names.map((name) => {
    const at = name.indexOf('.');
    return at === -1 ? { of: keyspace, table: name } : { of: name.slice(0, at), table: name.slice(at + 1) };
  });
  const keyspaces = [...new Set(parts.map(({ of }) => of))];
  if (keyspaces.length > 1)
    throw usage(`${names.join(', ')} are tables of several keyspaces`, 'Make a backup of each.');
  return { keyspace: keyspaces[0] ?? keyspace, tables: parts.map(({ table }) => table) };
}

/** A folder may be said as it is where plain files go: what no place is called is the path of one. */
export function placeForPlain(to: string | undefined, { stores }: Project): string | undefined {
  if (to === undefined || to.includes(':') || to === 'cluster' || stores.has(to)) return to;
  if (existsSync(to) && !statSync(to).isDirectory()) throw usage(`--to ${to} is a file`, 'Name a folder.');
  return `local:${to}`;
}

function plainEncrypted(): CqlformError {
  return new CqlformError(
    'PLAIN_ENCRYPTED',
    'plain files are not encrypted, and the configuration says that backups are',
    {
      next: 'Leave --format csv out for an encrypted backup, and make plain files of it where they are needed: `cqlform backup export`. Or run it with a configuration without `backup.encryption`.',
      exitCode: exitCodes.usage,
    },
  );
}

function usage(message: string, next: string): CqlformError {
  return new CqlformError('USAGE', message, { next, exitCode: exitCodes.usage });
}
