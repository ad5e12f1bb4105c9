import { match } from '../kernel/match.ts';
import type { Migration } from '../model/migration.ts';
import type { ObjectKind, SchemaObject } from '../model/schema.ts';
import { typesWithin } from '../model/type.ts';
import { keyOf, nounOf } from './names.ts';
import { functionsOf, typesStated } from './references.ts';

/** The objects that a migration is about, as `table users`, `index by_email`. */
export interface Footprint {
  readonly writes: readonly string[];
  readonly reads: readonly string[];
}

/** What a migration changes and what it stands on. */
export function footprintOf(migration: Migration): Footprint {
  const writes = new Set<string>();
  const reads = new Set(migration.expects.map((expected) => named('table', expected.table)));
  for (const declaration of migration.declarations) {
    match(declaration, {
      create: ({ object }) => {
        writes.add(named(object.kind, keyOf(object)));
        for (const name of ground(object)) reads.add(name);
      },
      drop: ({ of, name }) => writes.add(named(of, name)),
      'alter-table': ({ table }) => writes.add(named('table', table)),
      'alter-type': ({ type }) => writes.add(named('type', type)),
      'alter-keyspace': () => writes.add('keyspace'),
    });
  }
  for (const spec of migration.data) {
    writes.add(named('table', spec.into.name));
    if (spec.from.kind === 'table') reads.add(named('table', spec.from.table.name));
  }
  return { writes: [...writes].sort(), reads: [...reads].filter((name) => !writes.has(name)).sort() };
}

/** Objects that both are about, at least one of them changing it. */
export function overlap(a: Footprint, b: Footprint): readonly string[] {
  const touchedByB = new Set([...b.writes, ...b.reads]);
  const writtenByB = new Set(b.writes);
  return [...a.writes.filter((name) => touchedByB.has(name)), ...a.reads.filter((name) => writtenByB.has(name))];
}

function named(of: ObjectKind, name: string): string {
  return `${nounOf(of)} ${name}`;
}

function ground(object: SchemaObject): readonly string[] {
  const types = typesStated(object).flatMap(typesWithin);
  return [
    ...types.map((name) => named('type', name)),
    ...(object.kind === 'index' || object.kind === 'view' ? [named('table', object.table)] : []),
    ...(object.kind === 'aggregate' ? functionsOf(object).map((key) => named('function', key)) : []),
  ];
}
