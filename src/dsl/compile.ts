import { hashOf } from '../kernel/hash.ts';
import { own, setOwn } from '../kernel/own.ts';
import type { DataSpec } from '../model/data.ts';
import type { Migration } from '../model/migration.ts';
import { piiOf } from './column.ts';
import { dataOf, listsOf } from './compile-lists.ts';
import { SchemaList } from './compile-schema.ts';
import { expectationsOf } from './expectation.ts';
import { mistake, type Properties, shown } from './mistake.ts';
import { type MigrationOrigin, originOf, type TableOrigin } from './origin.ts';

/** A migration without the hashes, of which the code hash needs the file's text. */
export type CompiledMigration = Omit<Migration, 'schemaHash' | 'codeHash'>;

/**
 * The model of a migration file's default export. `id` is the stem of the file's name.
 * Throws CqlformError `MIGRATION_…`, one code per mistake; what single objects get wrong is thrown when they are made.
 */
export function compileMigration(id: string, value: unknown): CompiledMigration {
  const lists = listsOf(id, migrationOf(id, value).definition);
  const schema = new SchemaList(id, lists.schema);
  const data = dataOf(id, lists.data);
  const expects = expectationsOf(id, { schema, data });
  return Object.freeze({
    id,
    description: lists.description,
    declarations: Object.freeze(schema.declarations),
    expects: Object.freeze(expects),
    data: Object.freeze(data.map(({ spec }, index) => spec(index))),
    replaces: lists.replaces,
    ...piiOfTables([
      ...schema.origins.flatMap((origin) => (origin.kind === 'table' ? [origin] : [])),
      ...data.flatMap(({ tables }) => tables),
    ]),
  });
}

function piiOfTables(tables: readonly TableOrigin[]): Pick<CompiledMigration, 'pii'> {
  const pii: Record<string, Readonly<Record<string, string>>> = {};
  for (const { table, types } of tables) {
    const columns = piiOf(types as unknown as Properties);
    if (Object.keys(columns).length > 0) setOwn(pii, table.name, { ...own(pii, table.name), ...columns });
  }
  return Object.keys(pii).length === 0 ? {} : { pii };
}

function migrationOf(id: string, value: unknown): MigrationOrigin {
  const origin = originOf(value);
  if (origin?.kind === 'migration') return origin;
  const what = value === undefined ? 'nothing' : origin === undefined ? shown(value) : `a ${shown(value)}`;
  throw mistake('NOT_A_MIGRATION', {
    message: `the default export of ${id} is ${what}, not a migration`,
    next: "End the file with `export default migration({ description: '…', schema: […] });`.",
    fields: { migration: id },
  });
}

/**
 * SHA-256 of what a migration declares: objects, changes, expectations and where data comes from and goes. Left out are
 * the description, how many rows may be rejected, and functions, which the code hash covers.
 */
export function schemaHashOf(migration: CompiledMigration): string {
  return hashOf(schemaDocumentOf(migration));
}

/** What the schema hash is the hash of; the ledger keeps it, so that an edit can be told by its object. */
export interface SchemaDocument {
  readonly declarations: CompiledMigration['declarations'];
  readonly expects: CompiledMigration['expects'];
  readonly replaces: readonly string[];
  readonly data: readonly unknown[];
}

export function schemaDocumentOf(migration: CompiledMigration): SchemaDocument {
  const { declarations, expects, replaces } = migration;
  return { declarations, expects, replaces, data: migration.data.map(declaredOf) };
}

/** What becomes of personal data is part of what is declared; how a column is marked is not. */
function loweredOf({ privacy }: DataSpec): { readonly lower?: Readonly<Record<string, string>> } {
  const lower = Object.entries(privacy?.lower ?? {}).map(([name, one]) => [
    name,
    one.kind === 'waived' ? one.reason : one.words,
  ]);
  return lower.length === 0 ? {} : { lower: Object.fromEntries(lower) };
}

/** How far a pass overlaps the one before may be changed later. */
function sinceOf({ since }: DataSpec): { readonly since?: string } {
  if (since === undefined) return {};
  return { since: since.by === 'writetime' ? since.by : since.column };
}

function declaredOf(spec: DataSpec): unknown {
  const { kind, from, into } = spec;
  if (spec.kind === 'transform') return { kind, from, into, ...loweredOf(spec), ...sinceOf(spec) };
  const columns = Object.entries(spec.columns).map(([name, mapping]) => [
    name,
    mapping.kind === 'column' ? mapping : { kind: mapping.kind },
  ]);
  return { kind, from, into, columns: Object.fromEntries(columns), ...loweredOf(spec), ...sinceOf(spec) };
}
