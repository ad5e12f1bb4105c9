import type { CodeDocument } from '../analysis/code/parts.ts';
import { type Diagnostic, errorAt } from '../analysis/diagnostic.ts';
import { editedDeclarations, editedParts } from '../analysis/edited.ts';
import { codeOfFile, loadMigration } from '../analysis/load-migration.ts';
import { differenceOf, type SumLine } from '../analysis/sum-file.ts';
import { type SchemaDocument, schemaDocumentOf } from '../dsl/compile.ts';
import { CqlformError } from '../kernel/errors.ts';
import type { MigrationEntry } from '../model/journal.ts';
import type { Migration } from '../model/migration.ts';
import type { Plan } from '../model/plan.ts';
import { listed } from '../planner/names.ts';
import type { Standing } from '../runner/standing.ts';
import { type MigrationFile, migrationFile, migrationFiles } from './migration-files.ts';
import type { Project } from './project.ts';
import type { Session } from './session.ts';

/** Files of applied migrations that are not what was applied, with the declarations and functions that changed. */
export async function editedFindings(
  session: Session,
  standing: Standing,
  now: readonly SumLine[],
): Promise<readonly Diagnostic[]> {
  const files = new Map((await migrationFiles(session.project)).map((file) => [file.id, file]));
  const lines = new Map(now.map((line) => [line.id, line]));
  const found: Diagnostic[] = [];
  for (const entry of standing.applied) {
    const [file, line] = [files.get(entry.id), lines.get(entry.id)];
    if (file === undefined || line === undefined || differenceOf(entry, line) === null) continue;
    found.push(await editedFinding(session, entry, { file, line }));
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
      fix: 'Take the edit back (`git diff` shows it) and put new behaviour into a new migration, under new names; in development `cqlform redo` applies the edited file.',
    },
  );
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
  for (const { migration: id, schemaHash, codeHash } of plan.sections) {
    const source = await sourceOf(project, id);
    if (source === null) continue;
    const { migration, file } = source;
    if (migration.schemaHash === schemaHash) await journal.putDocument(schemaDocumentOf(migration));
    if (codeHash === null || migration.codeHash !== codeHash) continue;
    await journal.putDocument((await codeOfFile(file.path)).document);
  }
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
