import type { CqlformError } from '../kernel/errors.ts';
import { canonicalJson } from '../kernel/hash.ts';
import { match } from '../kernel/match.ts';
import { own, setOwn } from '../kernel/own.ts';
import type { Change } from '../model/change.ts';
import type { Create, Declaration, Drop, Migration } from '../model/migration.ts';
import { emptySchema, type ObjectKind, type Schema, type SchemaObject } from '../model/schema.ts';
import { mergedSettings } from './apply-changes.ts';
import { composeTable, type DeltaContext, type PassOver } from './compose-table.ts';
import { composeType } from './compose-type.ts';
import { checkExpectations } from './expectations.ts';
import { mistake } from './mistakes.ts';
import { keyOf, nounOf } from './names.ts';
import { indexesOn, viewsOn } from './references.ts';
import { objectProblem } from './rules/object.ts';
import type { Problem } from './rules/problem.ts';
import { objectKinds, objectOf, objectsOf, withObject, withoutObject } from './schema-objects.ts';

export interface Composition {
  readonly schema: Schema;
  readonly changes: readonly Change[];
}

/**
 * Applies a migration's declarations to the state before it, as deltas. Throws CqlformError `OBJECT_EXISTS`,
 * `OBJECT_MISSING`, `COLUMN_EXISTS`, `COLUMN_MISSING`, `KEY_COLUMN`, `FIELD_EXISTS`, `FIELD_MISSING`, `TYPE_IN_USE`,
 * `EXPECTATION_MISMATCH` or the code of a rule of Cassandra that the result would break.
 */
export function compose(base: Schema, migration: Migration): Composition {
  return composeWith(base, migration, ({ error }) => {
    throw error;
  });
}

/** The state after all migrations, in order. */
export function composeAll(migrations: readonly Migration[], base: Schema = emptySchema): Schema {
  return migrations.reduce((state, migration) => compose(state, migration).schema, base);
}

/** Composes; what is so already is handed to `passOver`, which decides whether that is a mistake. */
export function composeWith(base: Schema, migration: Migration, passOver: PassOver): Composition {
  checkExpectations(base, migration);
  const context: DeltaContext = { migration: migration.id, passOver };
  const gone = new Set<string>();
  let schema = base;
  for (const declaration of migration.declarations) schema = declare(schema, declaration, { ...context, gone });
  const changes = changesBetween(base, schema, migration);
  checkResult(schema, changes, migration.id);
  return { schema, changes };
}

interface DeclareContext extends DeltaContext {
  /** Indexes and views that went away with their table. */
  readonly gone: Set<string>;
}

function declare(schema: Schema, declaration: Declaration, context: DeclareContext): Schema {
  return match(declaration, {
    create: (create) => declareCreate(schema, create, context),
    drop: (drop) => declareDrop(schema, drop, context),
    'alter-table': (delta) => {
      if (own(schema.tables, delta.table) === undefined) throw missingObject(context.migration, 'table', delta.table);
      return composeTable(schema, delta, context);
    },
    'alter-type': (delta) => {
      if (own(schema.types, delta.type) === undefined) throw missingObject(context.migration, 'type', delta.type);
      return composeType(schema, delta, context);
    },
    'alter-keyspace': ({ settings }) => ({ ...schema, keyspace: mergedSettings(schema.keyspace, settings) }),
  });
}

function declareCreate(schema: Schema, { object }: Create, { migration, gone }: DeclareContext): Schema {
  const key = keyOf(object);
  const dropped = gone.has(goneKey(object.kind, key));
  const replaceable = object.kind !== 'table' && object.kind !== 'type';
  if (!replaceable && (dropped || objectOf(schema, object.kind, key) !== null)) {
    const name = `${nounOf(object.kind)} ${key}`;
    throw mistake(
      'OBJECT_EXISTS',
      { migration, object: key },
      {
        message: dropped ? `${name} is dropped and created in one migration` : `${name} is there already`,
        next: dropped
          ? 'Split it into two migrations, or use alter(): that says what becomes of the rows.'
          : `Use existing('${key}', …) and ${object.kind === 'type' ? 'alterType' : 'alter'}() to change it, or choose another name.`,
      },
    );
  }
  return withObject(schema, object);
}

function declareDrop(schema: Schema, { of, name }: Drop, { migration, gone, passOver }: DeclareContext): Schema {
  if (objectOf(schema, of, name) === null) {
    if (gone.has(goneKey(of, name))) return schema;
    const error = missingObject(migration, of, name);
    passOver({ object: name, fact: `${nounOf(of)} ${name} is gone already`, error });
    return schema;
  }
  gone.add(goneKey(of, name));
  const without = withoutObject(schema, of, name);
  if (of !== 'table') return without;
  const dependents = [...indexesOn(schema, name), ...viewsOn(schema, name)];
  for (const dependent of dependents) gone.add(goneKey(dependent.kind, dependent.name));
  return dependents.reduce((state, dependent) => withoutObject(state, dependent.kind, dependent.name), without);
}

function goneKey(of: ObjectKind, name: string): string {
  return `${of} ${name}`;
}

function missingObject(migration: string, of: ObjectKind, name: string): ReturnType<typeof mistake> {
  return mistake(
    'OBJECT_MISSING',
    { migration, object: name },
    {
      message: `there is no ${nounOf(of)} ${name}`,
      next: 'Look at migrations/schema.ts for what is there before this migration.',
    },
  );
}

function changesBetween(before: Schema, after: Schema, migration: Migration): readonly Change[] {
  const keyspace: readonly Change[] =
    canonicalJson(before.keyspace) === canonicalJson(after.keyspace)
      ? []
      : [{ kind: 'keyspace', before: before.keyspace, after: after.keyspace }];
  const objects = objectKinds.flatMap((of) =>
    namesThatDiffer(before, after, of).map(
      (name): Change => ({
        kind: 'object',
        of,
        name,
        before: objectOf(before, of, name),
        after: objectOf(after, of, name),
        renamed: renamesIn(of, name, migration),
        adopted: false,
      }),
    ),
  );
  return [...keyspace, ...objects];
}

/** What no declaration touched is the very same value in both, so that most of a large schema is passed over at once. */
function namesThatDiffer(before: Schema, after: Schema, of: ObjectKind): readonly string[] {
  const gone = objectsOf(before, of).filter(([name]) => objectOf(after, of, name) === null);
  const others = objectsOf(after, of).filter(([name, object]) => {
    const was = objectOf(before, of, name);
    return was !== object && canonicalJson(was) !== canonicalJson(object);
  });
  return [...gone, ...others].map(([name]) => name);
}

/** The renames of all deltas to one object, the later ones upon the earlier. */
function renamesIn(of: ObjectKind, name: string, migration: Migration): Readonly<Record<string, string>> {
  const renames: Record<string, string> = {};
  for (const declaration of migration.declarations) {
    const mine =
      (declaration.kind === 'alter-table' && of === 'table' && declaration.table === name) ||
      (declaration.kind === 'alter-type' && of === 'type' && declaration.type === name);
    if (!mine || !('rename' in declaration)) continue;
    for (const [from, to] of Object.entries(declaration.rename)) {
      const first = Object.entries(renames).find(([, current]) => current === from)?.[0] ?? from;
      setOwn(renames, first, to);
    }
  }
  return renames;
}

/** What changed, and what stands on it, must be something that Cassandra takes. */
function checkResult(schema: Schema, changes: readonly Change[], migration: string): void {
  const touched = new Set<SchemaObject>();
  for (const change of changes) {
    if (change.kind !== 'object') continue;
    if (change.after !== null) touched.add(change.after);
    if (change.of === 'table')
      for (const one of [...indexesOn(schema, change.name), ...viewsOn(schema, change.name)]) touched.add(one);
    if (change.of === 'type' && change.after === null)
      for (const of of objectKinds) for (const [, one] of objectsOf(schema, of)) touched.add(one);
    if (change.of === 'function') for (const [, one] of objectsOf(schema, 'aggregate')) touched.add(one);
  }
  for (const object of touched) {
    const found = objectProblem(object, schema);
    if (found === null) continue;
    throw (
      inUse(found, { changes, migration, object }) ?? mistake(found.code, { migration, object: keyOf(object) }, found)
    );
  }
}

/** When what an object needs is missing because the migration drops it. */
function inUse(
  { missing }: Problem,
  {
    changes,
    migration,
    object,
  }: { readonly changes: readonly Change[]; readonly migration: string; readonly object: SchemaObject },
): CqlformError | null {
  if (missing === undefined) return null;
  const { of, name } = missing;
  if (!changes.some((one) => one.kind === 'object' && one.of === of && one.name === name && one.after === null))
    return null;
  const user = `${nounOf(object.kind)} ${keyOf(object)}`;
  return mistake(
    of === 'type' ? 'TYPE_IN_USE' : 'FUNCTION_IN_USE',
    { migration, object: name.replace(/\(.*$/s, '') },
    {
      message: `${nounOf(of)} ${name}, which this migration drops, is used by ${user}`,
      next: `Drop or change ${user} in the migration too, or keep ${name}.`,
    },
  );
}
