import { match } from '../kernel/match.ts';
import { own } from '../kernel/own.ts';
import {
  type Column,
  keyColumns,
  type ObjectKind,
  type Schema,
  type SchemaObject,
  type Table,
} from '../model/schema.ts';
import { keyOf } from './names.ts';

const collections = {
  table: 'tables',
  type: 'types',
  index: 'indexes',
  view: 'views',
  function: 'functions',
  aggregate: 'aggregates',
} as const satisfies Readonly<Record<ObjectKind, Exclude<keyof Schema, 'keyspace'>>>;

export const objectKinds: readonly ObjectKind[] = ['type', 'function', 'aggregate', 'table', 'index', 'view'];

export function objectOf(schema: Schema, of: ObjectKind, name: string): SchemaObject | null {
  const objects: Readonly<Record<string, SchemaObject>> = schema[collections[of]];
  return own(objects, name) ?? null;
}

/** The objects of one kind, by name. */
export function objectsOf(schema: Schema, of: ObjectKind): readonly (readonly [string, SchemaObject])[] {
  const objects: Readonly<Record<string, SchemaObject>> = schema[collections[of]];
  return Object.entries(objects);
}

/** The schema with the object in it, in the place of one of the same key. */
export function withObject(schema: Schema, object: SchemaObject): Schema {
  const key = keyOf(object);
  return match(object, {
    table: (table) => ({ ...schema, tables: { ...schema.tables, [key]: inServerOrder(table) } }),
    type: (type) => ({ ...schema, types: { ...schema.types, [key]: type } }),
    index: (index) => ({ ...schema, indexes: { ...schema.indexes, [key]: index } }),
    view: (view) => ({ ...schema, views: { ...schema.views, [key]: view } }),
    function: (fn) => ({ ...schema, functions: { ...schema.functions, [key]: fn } }),
    aggregate: (aggregate) => ({ ...schema, aggregates: { ...schema.aggregates, [key]: aggregate } }),
  });
}

/** The schema with these objects, by name, as all that it has of one kind. */
export function withAll(schema: Schema, of: ObjectKind, objects: readonly (readonly [string, SchemaObject])[]): Schema {
  return { ...schema, [collections[of]]: Object.fromEntries(objects) };
}

export function withoutObject(schema: Schema, of: ObjectKind, name: string): Schema {
  const part = collections[of];
  const objects: Readonly<Record<string, SchemaObject>> = schema[part];
  if (!Object.hasOwn(objects, name)) return schema;
  return { ...schema, [part]: Object.fromEntries(Object.entries(objects).filter(([key]) => key !== name)) };
}

/** Columns as the server states them: partition key, clustering key, static, regular; the last two by name. */
export function inServerOrder(table: Table): Table {
  const byName = new Map(table.columns.map((column) => [column.name, column]));
  const key = keyColumns(table);
  const keys = key.map((name) => byName.get(name)).filter((column) => column !== undefined);
  const rest = table.columns.filter((column) => !key.includes(column.name)).sort(byPlace);
  return { ...table, columns: [...keys, ...rest] };
}

function byPlace(a: Column, b: Column): number {
  if (a.static !== b.static) return a.static ? -1 : 1;
  return a.name < b.name ? -1 : a.name > b.name ? 1 : 0;
}

export function columnOf(table: Pick<Table, 'columns'>, name: string): Column | undefined {
  return table.columns.find((column) => column.name === name);
}

/** Columns outside the key. */
export function valueColumns(table: Table): readonly Column[] {
  const key = keyColumns(table);
  return table.columns.filter((column) => !key.includes(column.name));
}

export function isCounterTable(table: Pick<Table, 'columns'>): boolean {
  return table.columns.some((column) => column.type.kind === 'scalar' && column.type.name === 'counter');
}
