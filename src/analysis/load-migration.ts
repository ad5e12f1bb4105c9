import { compileMigration, schemaHashOf } from '../dsl/compile.ts';
import { CqlformError } from '../kernel/errors.ts';
import type { Migration } from '../model/migration.ts';
import type { CodeDocument } from './code/parts.ts';
import { importModule } from './import-module.ts';

interface MigrationFile {
  readonly id: string;
  readonly path: string;
}

/** Imports a migration file and compiles what it exports. Throws CqlformError with the place in the file. */
export async function loadMigration(file: MigrationFile): Promise<Migration> {
  const module = await importModule(file.path, 'MIGRATION');
  const compiled = compiledFrom(file, module['default']);
  const codeHash = compiled.data.length === 0 ? null : (await codeOfFile(file.path)).hash;
  return { ...compiled, schemaHash: schemaHashOf(compiled), codeHash };
}

/** The code that a migration's data steps run, part by part, and its hash. */
export async function codeOfFile(path: string): Promise<{ readonly document: CodeDocument; readonly hash: string }> {
  const [{ codeOf }, { openProgram }] = await Promise.all([import('./code/parts.ts'), import('./code/program.ts')]);
  return codeOf(openProgram(path));
}

function compiledFrom({ id, path }: MigrationFile, exported: unknown): ReturnType<typeof compileMigration> {
  try {
    return compileMigration(id, exported);
  } catch (thrown) {
    if (!(thrown instanceof CqlformError)) throw thrown;
    const { code, message, next, fields, exitCode } = thrown;
    throw new CqlformError(code, message, { next, fields, exitCode, where: { path }, cause: thrown });
  }
}
