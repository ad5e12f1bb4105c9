import { own } from '../kernel/own.ts';
import type { Declaration, Migration } from '../model/migration.ts';
import { emptySchema, type ObjectKind, type Options, type Schema, type SchemaObject } from '../model/schema.ts';
import { differenceInWords } from './matches.ts';
import { keyOf } from './names.ts';
import { columnOf, objectKinds, objectOf, objectsOf, withAll, withObject } from './schema-objects.ts';

/** The live objects that are recorded, each seen as far as it is managed: options and masks that are not recorded are left out. */
export function managedLive(recorded: Schema, live: Schema): Schema {
  let base: Schema = { ...emptySchema, keyspace: recorded.keyspace };
  for (const of of objectKinds) {
    const seen = objectsOf(recorded, of).flatMap(([name, object]): readonly (readonly [string, SchemaObject])[] => {
      const found = objectOf(live, of, name);
      return found === null ? [] : [[name, seenAs(object, found)]];
    });
    base = withAll(base, of, seen);
  }
  return base;
}

/**
 * Live objects that no one recorded and the migration stands on: those that it alters, drops, replaces or reads, and all
 * types and functions, which anything may use.
 */
export function withTouched(base: Schema, live: Schema, migration: Migration): Schema {
  let schema = base;
  for (const [of, name] of [...groundOf(live, migration), ...touchedBy(migration), ...replacedBy(live, migration)]) {
    const found = objectOf(live, of, name);
    if (objectOf(schema, of, name) === null && found !== null) schema = withObject(schema, unmanagedParts(found));
  }
  return schema;
}

type Named = readonly [ObjectKind, string];

function groundOf(live: Schema, migration: Migration): readonly Named[] {
  const created = createdBy(migration);
  return (['type', 'function'] as const)
    .flatMap((of) => objectsOf(live, of).map(([name]): Named => [of, name]))
    .filter(([of, name]) => !created.has(`${of} ${name}`));
}

/** What is created under a name that is taken, where creating replaces. */
function replacedBy(live: Schema, migration: Migration): readonly Named[] {
  return migration.declarations.flatMap((declaration): readonly Named[] => {
    if (declaration.kind !== 'create') return [];
    const { object } = declaration;
    if (object.kind === 'table' || object.kind === 'type') return [];
    const found = objectOf(live, object.kind, keyOf(object));
    return found === null || differenceInWords(object, found) === null ? [] : [[object.kind, keyOf(object)]];
  });
}

function createdBy(migration: Migration): ReadonlySet<string> {
  return new Set(
    migration.declarations.flatMap((one) => (one.kind === 'create' ? [`${one.object.kind} ${keyOf(one.object)}`] : [])),
  );
}

/** A created object that is in the cluster, but not recorded: equal, it is adopted; else it stands in the way. */
export interface Found {
  readonly object: SchemaObject;
  /** Null: it is what the migration wants. */
  readonly difference: string | null;
}

export function foundLive(base: Schema, live: Schema, migration: Migration): readonly Found[] {
  return migration.declarations.flatMap((declaration) => {
    if (declaration.kind !== 'create') return [];
    const { object } = declaration;
    const found = objectOf(live, object.kind, keyOf(object));
    if (found === null || objectOf(base, object.kind, keyOf(object)) !== null) return [];
    return [{ object, difference: differenceInWords(object, found) }];
  });
}

function touchedBy(migration: Migration): readonly Named[] {
  const named = migration.declarations.flatMap(touchedByDeclaration);
  const read = migration.expects.map((expected) => ['table', expected.table] as const);
  const data = migration.data.flatMap((spec) => [
    ['table', spec.into.name] as const,
    ...(spec.from.kind === 'table' ? [['table', spec.from.table.name] as const] : []),
  ]);
  const created = createdBy(migration);
  return [...named, ...read, ...data].filter(([of, name]) => !created.has(`${of} ${name}`));
}

function touchedByDeclaration(declaration: Declaration): readonly Named[] {
  switch (declaration.kind) {
    case 'alter-table':
      return [['table', declaration.table]];
    case 'alter-type':
      return [['type', declaration.type]];
    case 'drop':
      return [[declaration.of, declaration.name]];
    case 'create': {
      const { object } = declaration;
      return object.kind === 'index' || object.kind === 'view' ? [['table', object.table]] : [];
    }
    case 'alter-keyspace':
      return [];
  }
}

function seenAs(recorded: SchemaObject, live: SchemaObject): SchemaObject {
  if (recorded.kind === 'view' && live.kind === 'view')
    return { ...live, options: onlyNamed(live.options, recorded.options) };
  if (recorded.kind !== 'table' || live.kind !== 'table') return live;
  const columns = live.columns.map(({ mask, ...column }) => {
    const managed = columnOf(recorded, column.name)?.mask !== undefined && mask !== undefined;
    return managed ? { ...column, mask } : column;
  });
  return { ...live, columns, options: onlyNamed(live.options, recorded.options) };
}

function onlyNamed(live: Options, recorded: Options): Options {
  return Object.fromEntries(Object.entries(live).filter(([name]) => own(recorded, name) !== undefined));
}

function unmanagedParts(object: SchemaObject): SchemaObject {
  if (object.kind === 'view') return { ...object, options: {} };
  if (object.kind !== 'table') return object;
  return { ...object, columns: object.columns.map(({ mask: _, ...column }) => column), options: {} };
}
