import type { Expectation } from '../model/migration.ts';
import { type Column, keyColumns } from '../model/schema.ts';
import { inOrder } from './column.ts';
import type { SchemaList } from './compile-schema.ts';
import { mistake } from './mistake.ts';
import type { DataOrigin, TableOrigin, TypeOrigin } from './origin.ts';
import { userTypesIn } from './types-within.ts';

/** What the file says it will find: one entry per table declared with `existing` that its schema or data reach. */
export function expectationsOf(
  id: string,
  migration: { readonly schema: SchemaList; readonly data: readonly DataOrigin[] },
): readonly Expectation[] {
  const reached = reachedTables(migration);
  const roots = new Set<TableOrigin>();
  for (const origin of reached) roots.add(rootOf(id, migration.schema, origin));
  for (const type of userTypesIn(reached.flatMap(({ types }) => Object.values(types))))
    refuseUnlistedType(id, migration.schema, type);
  const expected = new Map<string, Expectation>();
  for (const root of roots) {
    if (root.how !== 'existing') continue;
    refuseOwn(id, roots, root);
    expected.set(root.table.name, merged(id, expected.get(root.table.name), root));
  }
  return [...expected.values()].sort((a, b) => (a.table < b.table ? -1 : 1));
}

function reachedTables({ schema, data }: Parameters<typeof expectationsOf>[1]): readonly TableOrigin[] {
  const ofSchema = schema.origins.flatMap((origin) => {
    if (origin.kind === 'table') return [origin];
    const table = origin.kind === 'object' ? origin.on : origin.kind === 'drop' ? origin.table : null;
    return table === null ? [] : [table];
  });
  return [...ofSchema, ...data.flatMap(({ tables }) => tables)];
}

/** The table that a chain of alters begins with; all that is made or changed on the way must be in `schema`. */
function rootOf(id: string, schema: SchemaList, origin: TableOrigin): TableOrigin {
  let at = origin;
  for (;;) {
    if (at.how !== 'existing' && !schema.has(at)) {
      throw mistake('NOT_IN_SCHEMA', {
        message: `${id}: table ${at.table.name} is used, but the ${at.how === 'created' ? 'table()' : 'alter()'} that makes it is not in schema`,
        next:
          at.how === 'created'
            ? 'List it in `schema` if this migration creates it; if it is there already, declare it with `existing(…)`.'
            : 'List it in `schema`.',
        fields: { migration: id, table: at.table.name },
      });
    }
    if (at.how !== 'altered') return at;
    at = at.base;
  }
}

function refuseOwn(id: string, roots: ReadonlySet<TableOrigin>, existing: TableOrigin): void {
  const { name } = existing.table;
  if (![...roots].some((root) => root.how === 'created' && root.table.name === name)) return;
  throw mistake('EXPECTS_ITS_OWN', {
    message: `${id} declares table ${name} with existing() and with table()`,
    next: 'Use one of them: `existing` for what is there before this migration, `table` for what it creates.',
    fields: { migration: id, table: name },
  });
}

function merged(id: string, before: Expectation | undefined, { table }: TableOrigin): Expectation {
  const { name, columns, partitionKey, clusteringKey } = table;
  if (before === undefined) return { table: name, columns, partitionKey, clusteringKey };
  const clash = columns.find((column) => {
    const other = before.columns.find((one) => one.name === column.name);
    return other !== undefined && JSON.stringify(other) !== JSON.stringify(column);
  });
  const key = JSON.stringify([partitionKey, clusteringKey]);
  if (clash === undefined && key === JSON.stringify([before.partitionKey, before.clusteringKey])) {
    const more = columns.filter((column) => !before.columns.some((one) => one.name === column.name));
    return { ...before, columns: inOrder([...before.columns, ...more] satisfies Column[], table) };
  }
  throw mistake('EXISTING_DIFFERS', {
    message: `${id} declares table ${name} twice with existing(), ${clash === undefined ? `with different keys` : `column ${clash.name} with different types`}`,
    next: 'Let both say the same, or use one for both.',
    fields: { migration: id, table: name, key: keyColumns(table) },
  });
}

function refuseUnlistedType(id: string, schema: SchemaList, origin: TypeOrigin): void {
  if (origin.alters === null || schema.has(origin)) return;
  throw mistake('NOT_IN_SCHEMA', {
    message: `${id}: type ${origin.type.name} is used as altered, but the alterType() is not in schema`,
    next: 'List it in `schema`; if it was altered earlier, declare it as it is with `udt(…)`.',
    fields: { migration: id, type: origin.type.name },
  });
}
