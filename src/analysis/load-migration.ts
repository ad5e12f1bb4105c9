import { readFile } from 'node:fs/promises';
import { stripTypeScriptTypes } from 'node:module';
import { compileMigration, schemaHashOf } from '../dsl/compile.ts';
import { CqlformError, exitCodes, reasonOf } from '../kernel/errors.ts';
import { sha256 } from '../kernel/hash.ts';
import type { Migration } from '../model/migration.ts';
import { importModule } from './import-module.ts';

/** Imports a migration file and compiles what it exports. `folder` is the migrations folder, whose code counts for the code hash. */
export async function loadMigration(
  file: { readonly id: string; readonly path: string },
  folder: string,
): Promise<Migration> {
  const module = await imported(file.path);
  const compiled = compileMigration(file.id, module['default']);
  const codeHash = compiled.data.length === 0 ? null : await codeHashOf(file.path, folder);
  return { ...compiled, schemaHash: schemaHashOf(compiled), codeHash };
}

async function imported(path: string): Promise<Readonly<Record<string, unknown>>> {
  try {
    return await importModule(path);
  } catch (cause) {
    if (cause instanceof CqlformError) throw cause;
    throw new CqlformError('MIGRATION_UNREADABLE', `${path}: ${reasonOf(cause)}`, {
      next: 'Mend the file; `cqlform check` says more.',
      where: { path },
      cause,
      exitCode: exitCodes.usage,
    });
  }
}

async function codeHashOf(path: string, _folder: string): Promise<string> {
  return sha256(stripTypeScriptTypes(await readFile(path, 'utf8')));
}
