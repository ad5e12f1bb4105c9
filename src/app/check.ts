import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { type Diagnostic, inOrder } from '../analysis/diagnostic.ts';
import { schemaFileName } from '../analysis/file-roles.ts';
import { writeSchemaFile } from '../analysis/schema-file.ts';
import { changedCode, readSum, writeSum } from '../analysis/sum-file.ts';
import { hasCompiler, typeCheck } from '../analysis/type-check.ts';
import { CqlformError, exitCodes } from '../kernel/errors.ts';
import type { Standing } from '../runner/standing.ts';
import { assertUnedited } from './check-ledger.ts';
import { rememberChecked, wasChecked } from './check-stamp.ts';
import { type Inspection, inspect } from './inspect.ts';
import { migrationFiles } from './migration-files.ts';
import type { Project } from './project.ts';
import type { Session } from './session.ts';

export interface CheckReport {
  readonly files: number;
  /** What is wrong now, after what was mended. */
  readonly diagnostics: readonly Diagnostic[];
  readonly fixed: readonly Diagnostic[];
}

/** Looks at the files: types, rules, composition, cqlform.sum, schema.ts. `fix` mends what is mechanical. */
export async function check(project: Project, options: { readonly fix: boolean }): Promise<CheckReport> {
  return (await checkFiles(project, options)).report;
}

async function checkFiles(
  project: Project,
  { fix }: { readonly fix: boolean },
): Promise<{ readonly report: CheckReport; readonly inspection: Inspection }> {
  const before = fix ? await inspect(project) : null;
  const fixed = before?.diagnostics.filter((one) => one.mechanical) ?? [];
  if (before !== null && fixed.length > 0) await mend(project, before);
  const { inspection, types } = await inspectWithTypes(project, fixed.length === 0 ? before : null);
  const diagnostics = inOrder([...inspection.diagnostics, ...types]);
  if (errorsAmong(diagnostics).length === 0) await rememberChecked(project);
  const left = new Set(diagnostics.map(keyOfDiagnostic));
  const report = {
    files: inspection.files.length,
    diagnostics,
    fixed: fixed.filter((one) => !left.has(keyOfDiagnostic(one))),
  };
  return { report, inspection };
}

function keyOfDiagnostic({ code, path, line, column }: Diagnostic): string {
  return JSON.stringify([code, path, line, column]);
}

/** Writes the missing `return`s and mends `existing` blocks, then writes what is generated. */
async function mend(project: Project, before: Inspection): Promise<void> {
  const { fixSignals } = await import('../analysis/fix-signals.ts');
  const mended = await fixSignals(before.diagnostics);
  let now = mended.length === 0 ? before : await inspect(project);
  // Behind one block that does not fit there may be others: composition stops at the first.
  for (let mends = 0; mends < now.files.length && (await mendExpectation(now)); mends += 1)
    now = await inspect(project);
  await writeGenerated(project, now);
}

async function mendExpectation({ expectation }: Inspection): Promise<boolean> {
  if (expectation === null) return false;
  const { fixExpectation } = await import('../analysis/fix-expectation.ts');
  return fixExpectation(expectation);
}

/** Brings cqlform.sum and schema.ts up to date, as far as the files load and compose. */
export async function writeGenerated(project: Project, { files, migrations, schema }: Inspection): Promise<void> {
  if (migrations.length !== files.length) return;
  await writeSum(project.migrationsFolder, migrations);
  if (schema !== null) await writeSchemaFile(project.migrationsFolder, schema);
}

/** The project's compiler is a process of its own: it works while the files are read here. */
async function inspectWithTypes(
  project: Project,
  known: Inspection | null,
): Promise<{ readonly inspection: Inspection; readonly types: readonly Diagnostic[] }> {
  const inspecting = (): Promise<Inspection> => (known === null ? inspect(project) : Promise.resolve(known));
  if (await hasCompiler(project.folder)) {
    const [inspection, types] = await Promise.all([inspecting(), typeFindings(project)]);
    return { inspection, types: isReadable(inspection) ? types : [] };
  }
  const inspection = await inspecting();
  return { inspection, types: isReadable(inspection) ? await typeFindings(project) : [] };
}

async function typeFindings(project: Project): Promise<readonly Diagnostic[]> {
  const files = await migrationFiles(project);
  return typeCheck({
    projectFolder: project.folder,
    migrationsFolder: project.migrationsFolder,
    stateFolder: project.stateFolder,
    files: [
      ...files.map((file) => file.path),
      ...schemaFile(project),
      ...(project.configFile === null ? [] : [project.configFile]),
    ],
  });
}

/** The compiler says little of use about a file that cannot even be read. */
function isReadable({ diagnostics }: Inspection): boolean {
  return !diagnostics.some((one) => unreadable.test(one.code));
}
const unreadable = /_SYNTAX$|_UNSUPPORTED$|^IMPORT_|^PATH_ALIAS$|^MIGRATION_IMPORTS_/;

function schemaFile({ migrationsFolder }: Project): readonly string[] {
  const path = join(migrationsFolder, schemaFileName);
  return existsSync(path) ? [path] : [];
}

/**
 * The same before a plan, and besides whether applied files are what was applied. Files that were checked as they are
 * now are not read again. Throws `MIGRATION_EDITED`, else `CHECK_FAILED` with everything that is wrong.
 */
export async function checkForPlan(session: Session, standing: Standing): Promise<void> {
  const { project } = session;
  const lines = (await wasChecked(project)) ? await readSum(project.migrationsFolder) : null;
  const checked = lines === null ? await checkFiles(project, { fix: false }) : null;
  await assertUnedited(session, standing, lines ?? checked?.inspection.migrations ?? []);
  const wrong = errorsAmong(checked?.report.diagnostics ?? []);
  if (wrong.length > 0) throw checkFailed(wrong, project);
}

export function errorsAmong(diagnostics: readonly Diagnostic[]): readonly Diagnostic[] {
  return diagnostics.filter((one) => one.severity === 'error');
}

/** How much of the findings goes into one message; the fields have all. */
const shown = { findings: 5, letters: 300 };

export function checkFailed(diagnostics: readonly Diagnostic[], project: Project): CqlformError {
  const [first] = diagnostics;
  const lines = diagnostics.map(({ code, reason, path, line }) => {
    const place = path.startsWith(project.folder) ? path.slice(project.folder.length + 1) : path;
    return `${code} ${place}${line === null ? '' : `:${line}`}: ${reason}`;
  });
  const some = lines.slice(0, shown.findings).map(shortened);
  const more = lines.length > some.length ? `; and ${lines.length - some.length} more` : '';
  const mechanical = diagnostics.every((one) => one.mechanical);
  const changed = diagnostics.find((one) => one.code === changedCode);
  return new CqlformError('CHECK_FAILED', `the migration files are not in order: ${some.join('; ')}${more}`, {
    next:
      mechanical && changed === undefined
        ? 'Run `cqlform check --fix` and commit what it writes.'
        : `${(changed ?? first)?.fix ?? ''} \`cqlform check\` shows all; --no-check plans all the same.`,
    fields: { codes: [...new Set(diagnostics.map((one) => one.code))], diagnostics: lines },
    ...(first === undefined ? {} : { where: placeOf(first) }),
    exitCode: exitCodes.blocked,
  });
}

function shortened(text: string): string {
  return text.length > shown.letters ? `${text.slice(0, shown.letters)}…` : text;
}

function placeOf({ path, line, column }: Diagnostic): CqlformError['where'] & object {
  return { path, ...(line === null ? {} : { line }), ...(column === null ? {} : { column }) };
}
