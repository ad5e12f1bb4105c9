import { join } from 'node:path';
import { newMigrationSource } from '../analysis/source/migration.ts';
import { createFile } from '../analysis/write-file.ts';
import { CqlformError, exitCodes } from '../kernel/errors.ts';
import { nearNames } from '../kernel/near.ts';
import { own } from '../kernel/own.ts';
import type { Schema, Table } from '../model/schema.ts';
import { freeName } from '../planner/names.ts';
import { writeGenerated } from './check.ts';
import { inspect } from './inspect.ts';
import { descriptionOf, nextId, slugOf } from './migration-id.ts';
import type { Project } from './project.ts';

export interface NewOptions {
  readonly name: string;
  /** Tables whose rows the migration reads. */
  readonly from: readonly string[];
  /** Tables that the migration changes. */
  readonly alter: readonly string[];
}

export interface NewFile {
  readonly id: string;
  readonly path: string;
}

/** Writes the next migration file, with what is there by then as `existing` blocks, and brings cqlform.sum up to date. */
export async function newMigration(project: Project, options: NewOptions, now: Date): Promise<NewFile> {
  const before = await inspect(project);
  const { schema } = before;
  if (schema === null) throw notComposable(before.diagnostics.map((one) => `${one.code}: ${one.reason}`));
  const slug = slugOf(options.name);
  const id = nextId(
    slug,
    before.files.map((file) => file.id),
    now,
  );
  const source = newMigrationSource(
    {
      description: descriptionOf(slug),
      target: freeName(slug, (name) => own(schema.tables, name) !== undefined || own(schema.views, name) !== undefined),
      from: options.from.map((name) => tableOf(schema, name)),
      alter: options.alter.map((name) => tableOf(schema, name)),
    },
    schema,
  );
  const path = join(project.migrationsFolder, `${id}.ts`);
  await createFile(path, source);
  await writeGenerated(project, await inspect(project));
  return { id, path };
}

function tableOf(schema: Schema, name: string): Table {
  const table = own(schema.tables, name);
  if (table !== undefined) return table;
  const known = Object.keys(schema.tables);
  const near = nearNames(name, known);
  throw new CqlformError('TABLE_UNKNOWN', `the migrations make no table ${name}`, {
    next:
      near.length > 0
        ? `Did you mean ${near.join(' or ')}?`
        : `Name one of: ${known.join(', ') || '(there is none yet)'}.`,
    fields: { table: name, near },
    exitCode: exitCodes.usage,
  });
}

/** What a new migration would stand on is not known. */
export function notComposable(problems: readonly string[]): CqlformError {
  return new CqlformError('CHECK_FAILED', `the migration files are not in order: ${problems.slice(0, 5).join('; ')}`, {
    next: 'Mend them first: `cqlform check` shows what is wrong.',
    fields: { problems },
    exitCode: exitCodes.blocked,
  });
}
