import { readFile } from 'node:fs/promises';
import type { FileCheck } from '../analysis/check-file.ts';
import { type Diagnostic, diagnosticOf } from '../analysis/diagnostic.ts';
import type { ExpectationFix } from '../analysis/fix-expectation.ts';
import { loadMigration } from '../analysis/load-migration.ts';
import type { MadeDate } from '../analysis/rules/text-dates.ts';
import { schemaFileFindings } from '../analysis/schema-file.ts';
import { readSum, sumFindings } from '../analysis/sum-file.ts';
import { CqlformError } from '../kernel/errors.ts';
import { own } from '../kernel/own.ts';
import type { Migration } from '../model/migration.ts';
import { emptySchema, type Schema } from '../model/schema.ts';
import { compose } from '../planner/compose.ts';
import { ledgerTableProblem } from '../planner/ledger-names.ts';
import { columnText, keyText } from '../planner/matches.ts';
import { renamedFieldProblem } from '../planner/renamed-fields.ts';
import { type GoneColumns, spentNames } from '../planner/spent-names.ts';
import { ledgerIsInside } from './ledger-home.ts';
import { type MigrationFile, migrationFiles } from './migration-files.ts';
import type { Project } from './project.ts';

/** What the files of a project say, and what is wrong with them. */
export interface Inspection {
  readonly files: readonly MigrationFile[];
  /** In order; shorter than `files` when some cannot be loaded. */
  readonly migrations: readonly Migration[];
  /** The state after all of them; null when they cannot be composed. */
  readonly schema: Schema | null;
  /** Of a file that does not fit because of its `existing` block: what has to be written there. */
  readonly expectation: ExpectationFix | null;
  readonly diagnostics: readonly Diagnostic[];
}

/** Reads, loads and composes every migration file, and compares cqlform.sum and schema.ts with them. */
export async function inspect(project: Project): Promise<Inspection> {
  const files = await migrationFiles(project);
  const diagnostics: Diagnostic[] = [];
  const migrations: Migration[] = [];
  const dates: MadeDate[] = [];
  for (const file of files) {
    const { migration, found, dates: made } = await read(file);
    diagnostics.push(...found);
    dates.push(...made);
    if (migration !== null) migrations.push(migration);
  }
  if (dates.length > 0) diagnostics.push(...(await textDatesAmong(dates, project)));
  const whole = migrations.length === files.length;
  const composed = whole
    ? await composedFrom(files, migrations, ledgerIsInside(project))
    : { schema: null, expectation: null, found: [] };
  diagnostics.push(...composed.found);
  if (whole) diagnostics.push(...(await sumDiagnostics(project.migrationsFolder, migrations)));
  if (composed.schema !== null)
    diagnostics.push(...(await schemaFileFindings(project.migrationsFolder, composed.schema)));
  // A lib/ file that several migrations import is found wrong by each.
  const distinct = new Map(diagnostics.map((one) => [JSON.stringify([one.path, one.line, one.column, one.code]), one]));
  const { schema, expectation } = composed;
  return { files, migrations, schema, expectation, diagnostics: [...distinct.values()] };
}

interface Read {
  readonly migration: Migration | null;
  readonly found: readonly Diagnostic[];
  readonly dates: readonly MadeDate[];
}

/** Loads a file. Its source is parsed only where there is something to find: code for rows, imports, a failure. */
async function read(file: MigrationFile): Promise<Read> {
  try {
    const migration = await loadMigration(file);
    const plain = migration.data.length === 0 && !importsFiles.test(await readFile(file.path, 'utf8'));
    if (plain) return { migration, found: [], dates: [] };
    const { found, dates, loadable } = await findingsIn(file);
    return { migration: loadable ? migration : null, found, dates };
  } catch (thrown) {
    if (!(thrown instanceof CqlformError)) throw thrown;
    const { found, loadable } = await findingsIn(file);
    const why = diagnosticOf(thrown, { path: file.path, line: null, column: null });
    return { migration: null, found: loadable ? [...found, why] : found, dates: [] };
  }
}
const importsFiles = /\bfrom\s*['"]\.|\bimport\s*['"]\./;

/** Types are asked for only where something depends on them: that takes seconds. */
async function textDatesAmong(dates: readonly MadeDate[], project: Project): Promise<readonly Diagnostic[]> {
  const [{ textDates }, { writeConfig }] = await Promise.all([
    import('../analysis/text-dates.ts'),
    import('../analysis/type-check.ts'),
  ]);
  const { folder: projectFolder, migrationsFolder, stateFolder } = project;
  const files = [...new Set(dates.map(({ spot }) => spot.path))];
  return textDates(
    await writeConfig({ projectFolder, migrationsFolder, stateFolder, files }, 'tsconfig.dates.json'),
    dates,
  );
}

async function findingsIn(file: MigrationFile): Promise<FileCheck> {
  const [{ checkMigrationFile }, { ownExports }] = await Promise.all([
    import('../analysis/check-file.ts'),
    import('../analysis/own-exports.ts'),
  ]);
  return checkMigrationFile(file.path, await ownExports());
}

interface Composed {
  readonly schema: Schema | null;
  readonly expectation: ExpectationFix | null;
  readonly found: readonly Diagnostic[];
}

/** Stops at the first file that does not fit: what comes after stands on it. */
async function composedFrom(
  files: readonly MigrationFile[],
  migrations: readonly Migration[],
  ledgerInside: boolean,
): Promise<Composed> {
  let schema = emptySchema;
  let gone: GoneColumns = {};
  const found: Diagnostic[] = [];
  for (const [index, migration] of migrations.entries()) {
    const path = files[index]?.path ?? '';
    try {
      const reserved = ledgerInside ? ledgerTableProblem(migration) : null;
      if (reserved !== null) throw reserved;
      const before = schema;
      const composition = compose(before, migration);
      schema = composition.schema;
      const spent = spentNames(gone, { migration: migration.id, before, composition });
      gone = spent.gone;
      const renamed = renamedFieldProblem(migration, { types: { ...before.types, ...schema.types } });
      for (const error of [...spent.found, ...(renamed === null ? [] : [renamed])])
        found.push(await located(error, path));
    } catch (thrown) {
      if (!(thrown instanceof CqlformError)) throw thrown;
      const stopped = await misfit(thrown, { path, migration, before: schema });
      return { ...stopped, found: [...found, ...stopped.found] };
    }
  }
  return { schema, expectation: null, found };
}

/** A finding at the place where the file first speaks of what the error is about. */
async function located(error: CqlformError, path: string): Promise<Diagnostic> {
  const { spotOfObject } = await import('../analysis/locate.ts');
  return diagnosticOf(error, spotOfObject(path, String(error.fields['object'] ?? '')));
}

interface Misfit {
  readonly path: string;
  readonly migration: Migration;
  readonly before: Schema;
}

async function misfit(error: CqlformError, { path, migration, before }: Misfit): Promise<Composed> {
  if (error.code !== 'EXPECTATION_MISMATCH')
    return { schema: null, expectation: null, found: [await located(error, path)] };
  const { expectationBlocks } = await import('../analysis/fix-expectation.ts');
  const table = String(error.fields['object'] ?? '');
  const expected = migration.expects
    .filter((one) => one.table === table)
    .flatMap(({ columns }) => columns.map(({ name }) => name));
  const fix: ExpectationFix = { path, table, before, expected };
  const mechanical = expectationBlocks(fix) !== null;
  const found = await located(error, path);
  return mechanical
    ? { schema: null, expectation: fix, found: [{ ...found, mechanical }] }
    : { schema: null, expectation: null, found: [{ ...found, fix: byHand(table, before) }] };
}

/** What to write where `check --fix` cannot. */
function byHand(name: string, { tables }: Schema): string {
  const table = own(tables, name);
  if (table === undefined) {
    const there = Object.keys(tables);
    return there.length === 0
      ? `No earlier migration makes a table: take existing('${name}', …) out, or make it with table('${name}', …).`
      : `Correct the name; before this migration there are ${there.join(', ')}.`;
  }
  return `\`cqlform check --fix\` cannot write this block: correct it by hand, or take out what uses a column that is not there. Before this migration ${name} has ${table.columns.map((column) => `${column.name} ${columnText(column)}`).join(', ')}, and its key is ${keyText(table)}.`;
}

async function sumDiagnostics(folder: string, migrations: readonly Migration[]): Promise<readonly Diagnostic[]> {
  try {
    return sumFindings(folder, await readSum(folder), migrations);
  } catch (thrown) {
    if (!(thrown instanceof CqlformError)) throw thrown;
    const { path = folder, line = null } = thrown.where ?? {};
    return [{ ...diagnosticOf(thrown, { path, line, column: null }), mechanical: true }];
  }
}
