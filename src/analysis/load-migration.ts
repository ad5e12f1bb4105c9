import { readFile } from 'node:fs/promises';
import { type CompiledMigration, compileMigration, schemaHashOf } from '../dsl/compile.ts';
import { CqlformError } from '../kernel/errors.ts';
import { hashOf } from '../kernel/hash.ts';
import type { Migration } from '../model/migration.ts';
import type { CodeDocument } from './code/parts.ts';
import { importModule } from './import-module.ts';
import type { PackageVersions } from './installed.ts';
import { type SourceDocument, sourceDocument } from './source-document.ts';

interface MigrationFile {
  readonly id: string;
  readonly path: string;
}

/** Imports a migration file and compiles what it exports. Throws CqlformError with the place in the file. */
export async function loadMigration(file: MigrationFile): Promise<Migration> {
  const module = await importModule(file.path, 'MIGRATION');
  const compiled = compiledFrom(file, module['default']);
  const schemaHash = schemaHashOf(compiled);
  const sourceHash = hashOf(await sourceOfFile(file.path, compiled));
  if (compiled.data.length === 0) return { ...compiled, schemaHash, codeHash: null, sourceHash };
  const { hash: codeHash, packages } = await codeOfFile(file.path);
  return { ...compiled, schemaHash, codeHash, sourceHash, ...(Object.keys(packages).length === 0 ? {} : { packages }) };
}

interface FileCode {
  readonly document: CodeDocument;
  readonly hash: string;
  readonly packages: PackageVersions;
}

/** What a migration file exports, compiled, without the hashes: for what it declares. */
export async function compileFile(file: MigrationFile): Promise<CompiledMigration> {
  return compiledFrom(file, (await importModule(file.path, 'MIGRATION'))['default']);
}

/** The text of a migration file; where rows run code, of the files that it imports as well. */
export async function sourceOfFile(path: string, { data }: Pick<Migration, 'data'>): Promise<SourceDocument> {
  if (data.length === 0) return sourceDocument(path, [{ path, text: await readFile(path, 'utf8') }]);
  const { openProgram } = await import('./code/program.ts');
  return sourceDocument(
    path,
    openProgram(path).files.map(({ fileName, text }) => ({ path: fileName, text })),
  );
}

/** The code that a migration's data steps run, part by part, its hash, and the packages that it names. */
export async function codeOfFile(path: string): Promise<FileCode> {
  const [{ codeOf }, { packagesOf }, { openProgram }] = await Promise.all([
    import('./code/parts.ts'),
    import('./code/packages.ts'),
    import('./code/program.ts'),
  ]);
  const program = openProgram(path);
  return { ...codeOf(program), packages: packagesOf(program) };
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
