import { basename } from 'node:path';
import type { CodeDocument } from '../analysis/code/parts.ts';
import { type Diagnostic, errorAt } from '../analysis/diagnostic.ts';
import { editedDeclarations, editedParts } from '../analysis/edited.ts';
import { codeOfFile, loadMigration, sourceOfFile } from '../analysis/load-migration.ts';
import { sourceDifference } from '../analysis/source-difference.ts';
import type { SourceDocument } from '../analysis/source-document.ts';
import { differenceOf, readSum, type SumLine } from '../analysis/sum-file.ts';
import { type SchemaDocument, schemaDocumentOf } from '../dsl/compile.ts';
import { CqlformError, exitCodes } from '../kernel/errors.ts';
import type { MigrationEntry } from '../model/journal.ts';
import type { Migration } from '../model/migration.ts';
import type { Plan } from '../model/plan.ts';
import { listed } from '../planner/names.ts';
import type { Standing } from '../runner/standing.ts';
import { wasChecked } from './check-stamp.ts';
import { type MigrationFile, migrationFile, migrationFiles } from './migration-files.ts';
import type { Project } from './project.ts';
import type { Session } from './session.ts';

/** An applied migration whose file is no longer what was applied. */
interface Edited {
  readonly finding: Diagnostic;
  /** Lines of a unified diff of the sources; none where the ledger does not have them. */
  readonly diff: readonly string[];
}

/**
 * Throws `MIGRATION_EDITED` with the difference when files of applied migrations are not what was applied: new
 * migrations are never planned over them. `now` is what the files are, null where that has to be found out.
 */
export async function assertUnedited(
  session: Session,
  standing: Standing,
  now: readonly SumLine[] | null,
): Promise<void> {
  const edited = await editedMigrations(session, standing, now ?? (await appliedFiles(session.project, standing)));
  if (edited.length > 0) throw editedError(edited);
}

/** What the files of applied migrations are now: as the last good check saw them, where nothing has changed since. */
async function appliedFiles(project: Project, standing: Standing): Promise<readonly SumLine[]> {
  const known = (await wasChecked(project)) ? await readSum(project.migrationsFolder) : null;
  if (known !== null) return known;
  const applied = new Set(standing.applied.map((entry) => entry.id));
  const files = (await migrationFiles(project)).filter((file) => applied.has(file.id));
  return Promise.all(files.map(loadMigration));
}

function editedError(edited: readonly Edited[]): CqlformError {
  const [first] = edited;
  const { reason = '', fix = '', path = '' } = first?.finding ?? {};
  const more = edited.length > 1 ? `; and ${edited.length - 1} more` : '';
  return new CqlformError('MIGRATION_EDITED', `${reason}${more}`, {
    next: fix,
    where: { path },
    fields: {
      migrations: edited.map(({ finding }) => basename(finding.path, '.ts')),
      reasons: edited.map(({ finding }) => finding.reason),
      diff: edited.flatMap(({ diff }) => diff),
    },
    exitCode: exitCodes.blocked,
  });
}

async function editedMigrations(
  session: Session,
  standing: Standing,
  now: readonly SumLine[],
): Promise<readonly Edited[]> {
  const files = new Map((await migrationFiles(session.project)).map((file) => [file.id, file]));
  const lines = new Map(now.map((line) => [line.id, line]));
  const found: Edited[] = [];
  for (const entry of standing.applied) {
    const [file, line] = [files.get(entry.id), lines.get(entry.id)];
    if (file === undefined || line === undefined || differenceOf(entry, line) === null) continue;
    const finding = await editedFinding(session, entry, { file, line });
    found.push({ finding, diff: await changedLines(session, entry, file) });
  }
  return found;
}

async function editedFinding(
  session: Session,
  entry: MigrationEntry,
  { file, line }: { readonly file: MigrationFile; readonly line: SumLine },
): Promise<Diagnostic> {
  const changes = [
    ...(entry.schemaHash === line.schemaHash ? [] : await changedDeclarations(session, entry, file)),
    ...(entry.codeHash === line.codeHash ? [] : await changedCode(session, entry, file)),
  ];
  const what = changes.length === 0 ? (differenceOf(entry, line) ?? '') : `${listed(changes)}`;
  return errorAt(
    { path: file.path, line: null, column: null },
    {
      code: 'MIGRATION_EDITED',
      reason: `${entry.id} was applied on ${entry.at.slice(0, 10)} and has been edited since: ${what}${changes.length === 0 ? ' changed' : ''}`,
      fix: 'Take the edit back and put new behaviour into a new migration, under new names; in development `cqlform redo` applies the edited file.',
    },
  );
}

async function changedLines(session: Session, entry: MigrationEntry, file: MigrationFile): Promise<readonly string[]> {
  const { sourceHash } = entry;
  const before = sourceHash === undefined ? null : await documentOf<SourceDocument>(session, sourceHash);
  return before === null ? [] : sourceDifference(before, await sourceOfFile(file.path, await loadMigration(file)));
}

async function changedDeclarations(
  session: Session,
  entry: MigrationEntry,
  file: MigrationFile,
): Promise<readonly string[]> {
  const before = await documentOf<SchemaDocument>(session, entry.schemaHash);
  return before === null ? [] : editedDeclarations(before, schemaDocumentOf(await loadMigration(file)));
}

async function changedCode(session: Session, entry: MigrationEntry, file: MigrationFile): Promise<readonly string[]> {
  const before = entry.codeHash === null ? null : await documentOf<CodeDocument>(session, entry.codeHash);
  return before === null ? [] : editedParts(before, (await codeOfFile(file.path)).document);
}

/** Null for what was recorded by a version that did not keep it. */
async function documentOf<T>({ journal }: Session, hash: string): Promise<T | null> {
  try {
    return (await journal.getDocument(hash)) as T;
  } catch (thrown) {
    if (thrown instanceof CqlformError && thrown.code === 'DOCUMENT_MISSING') return null;
    throw thrown;
  }
}

/**
 * Keeps what the hashes of a plan's migrations stand for, so that a later edit can be told by its name. Files that are
 * not there, or not what was planned, are left out.
 */
export async function recordSources({ project, journal }: Session, plan: Plan): Promise<void> {
  if (plan.kind !== 'apply') return;
  for (const { migration: id, schemaHash, codeHash, sourceHash } of plan.sections) {
    const source = await sourceOf(project, id);
    if (source === null) continue;
    const { migration, file } = source;
    if (migration.schemaHash === schemaHash) await journal.putDocument(schemaDocumentOf(migration));
    if (sourceHash !== undefined && migration.sourceHash === sourceHash)
      await journal.putDocument(await sourceOfFile(file.path, migration));
    if (codeHash === null || migration.codeHash !== codeHash) continue;
    await journal.putDocument((await codeOfFile(file.path)).document);
  }
}

/** The same for one migration as its file is now. */
export async function recordMigrationSources(
  { journal }: Session,
  { path }: MigrationFile,
  migration: Migration,
): Promise<void> {
  await journal.putDocument(await sourceOfFile(path, migration));
  await journal.putDocument((await codeOfFile(path)).document);
}

async function sourceOf(
  project: Project,
  id: string,
): Promise<{ readonly file: MigrationFile; readonly migration: Migration } | null> {
  try {
    const file = await migrationFile(project, id);
    return { file, migration: await loadMigration(file) };
  } catch (thrown) {
    if (thrown instanceof CqlformError) return null;
    throw thrown;
  }
}
