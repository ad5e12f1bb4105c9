import { readdir } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { CqlformError, exitCodes } from '../kernel/errors.ts';
import { nearNames } from '../kernel/near.ts';
import { isStamp } from './migration-id.ts';
import type { Project } from './project.ts';

export interface MigrationFile {
  /** The stem of its name. */
  readonly id: string;
  readonly path: string;
}

type Folder = Pick<Project, 'migrationsFolder'>;

const migrationName = /^(\d{14}_[a-z0-9][a-z0-9_]*)\.ts$/;
/** Files of the folder that are no migrations. */
const otherNames = /^(schema\.ts|cqlform\.sum|tsconfig\.json|.*\.md|\..*)$/;

/** The migration files in order. A file that is neither a migration nor known is an error: it would never run. */
export async function migrationFiles({ migrationsFolder }: Folder): Promise<readonly MigrationFile[]> {
  const entries = await readdir(migrationsFolder, { withFileTypes: true }).catch((cause: unknown) => {
    throw new CqlformError('MIGRATIONS_MISSING', `there is no folder ${migrationsFolder}`, {
      next: 'Make it with `cqlform init`, or correct `migrations` in the configuration.',
      cause,
      exitCode: exitCodes.usage,
    });
  });
  const files = entries
    .filter((entry) => entry.isFile())
    .map((entry) => entry.name)
    .sort();
  const odd = files.find((name) => !migrationName.test(name) && !otherNames.test(name));
  if (odd !== undefined) throw oddName(join(migrationsFolder, odd));
  const timeless = files.find((name) => migrationName.test(name) && !isStamp(name.slice(0, 14)));
  if (timeless !== undefined) throw noTime(join(migrationsFolder, timeless));
  return files.flatMap((name) => {
    const id = migrationName.exec(name)?.[1];
    return id === undefined ? [] : [{ id, path: join(migrationsFolder, name) }];
  });
}

/** By its id. Throws `MIGRATION_UNKNOWN`, with names that are near. */
export function fileNamed(id: string, files: readonly MigrationFile[]): MigrationFile {
  const found = files.find((file) => file.id === id);
  if (found !== undefined) return found;
  const near = nearNames(
    id,
    files.map((file) => file.id),
  );
  throw new CqlformError('MIGRATION_UNKNOWN', `there is no migration ${id}`, {
    next: near.length > 0 ? `Did you mean ${near.join(' or ')}?` : 'See `cqlform status` for their names.',
    exitCode: exitCodes.usage,
  });
}

export async function migrationFile(project: Folder, id: string): Promise<MigrationFile> {
  const found = (await migrationFiles(project)).find((file) => file.id === id);
  if (found !== undefined) return found;
  throw new CqlformError('MIGRATION_FILE_MISSING', `${id}.ts is not in ${project.migrationsFolder}`, {
    next: 'Check out the commit that has it; to take it back no file is needed: `cqlform rollback`.',
    fields: { migration: id },
  });
}

function oddName(path: string): CqlformError {
  return new CqlformError('MIGRATION_NAME', `${path} is not named like a migration`, {
    next: 'Name it YYYYMMDDHHMMSS_slug.ts (lower case, digits, underscores), or move code that migrations share into lib/.',
    where: { path },
    exitCode: exitCodes.usage,
  });
}

function noTime(path: string): CqlformError {
  return new CqlformError('MIGRATION_TIME', `${path}: there is no such time as ${basename(path).slice(0, 14)}`, {
    next: 'Begin its name with a time in UTC, YYYYMMDDHHMMSS, as `cqlform new` does.',
    where: { path },
    exitCode: exitCodes.usage,
  });
}
