import { match } from '../kernel/match.ts';
import { own } from '../kernel/own.ts';
import type { Ddl } from '../model/ddl.ts';
import { quoted } from '../model/identifier.ts';
import type { LiveKeyspace, ServerVersion, TableFacts } from '../model/live.ts';
import type { Column, Index, Schema, Table, View } from '../model/schema.ts';
import type { CqlType } from '../model/type.ts';
import { mergedSettings } from './apply-changes.ts';
import { spelledOut } from './references.ts';
import { columnOf, withObject, withoutObject } from './schema-objects.ts';

/** A column that was dropped from the table of this name; it can come back only in a like shape. */
export interface GoneColumn {
  readonly name: string;
  readonly type: CqlType;
  readonly static: boolean;
}

/** The keyspace as it is at one point of a plan: live at first, then changed by each statement in turn. */
export interface World {
  readonly exists: boolean;
  readonly version: ServerVersion;
  readonly schema: Schema;
  /** By table. */
  readonly gone: Readonly<Record<string, readonly GoneColumn[]>>;
  /** Tables of the old COMPACT STORAGE form, whose columns cannot be altered. */
  readonly compact: ReadonlySet<string>;
}

export function worldOf(live: LiveKeyspace): World {
  const facts = Object.entries(live.facts);
  return {
    exists: live.exists,
    version: live.version,
    schema: live.schema,
    gone: Object.fromEntries(facts.map(([table, { dropped }]) => [table, dropped])),
    compact: new Set(facts.filter(([, fact]) => isCompact(fact)).map(([table]) => table)),
  };
}

function isCompact({ flags }: TableFacts): boolean {
  return flags.includes('dense') || flags.includes('super') || !flags.includes('compound');
}

/** What the statement makes of the keyspace, as the server would; it must be one that the server accepts (see `refusal`). */
export function afterDdl(world: World, ddl: Ddl): World {
  const { schema } = world;
  const be = (next: Schema): World => ({ ...world, schema: next });
  return match(ddl, {
    'create-keyspace': ({ settings }) => ({ ...world, exists: true, schema: { ...schema, keyspace: settings } }),
    'alter-keyspace': ({ settings }) => be({ ...schema, keyspace: mergedSettings(schema.keyspace, settings) }),
    'create-type': ({ type }) => be(withObject(schema, type)),
    'add-field': ({ type, field }) => be(withFields(schema, type, (fields) => [...fields, field])),
    'rename-fields': ({ type, renames }) =>
      be(
        withFields(schema, type, (fields) =>
          fields.map((one) => ({ ...one, name: own(renames, one.name) ?? one.name })),
        ),
      ),
    'drop-type': ({ name }) => be(withoutObject(schema, 'type', name)),
    'create-table': ({ table }) => ({ ...be(withObject(schema, table)), gone: { ...world.gone, [table.name]: [] } }),
    'add-columns': ({ table, columns }) => be(withTable(schema, table, (one) => withColumns(one, columns))),
    'drop-columns': ({ table, columns }) => ({
      ...be(withTable(schema, table, (one) => withoutColumns(one, columns))),
      gone: {
        ...world.gone,
        [table]: [...(own(world.gone, table) ?? []), ...columns.map((one) => goneAs(one, schema))],
      },
    }),
    'rename-columns': ({ table, renames }) => be(renameColumns(schema, table, renames)),
    'alter-options': ({ of, name, options }) => {
      const object = of === 'table' ? own(schema.tables, name) : own(schema.views, name);
      return object === undefined
        ? world
        : be(withObject(schema, { ...object, options: { ...object.options, ...options } }));
    },
    'drop-table': ({ name }) => ({ ...be(withoutTable(schema, name)), gone: { ...world.gone, [name]: [] } }),
    'create-index': ({ index }) => be(withObject(schema, index)),
    'drop-index': ({ name }) => be(withoutObject(schema, 'index', name)),
    'create-view': ({ view }) => be(withObject(schema, view)),
    'drop-view': ({ name }) => be(withoutObject(schema, 'view', name)),
    'create-function': (statement) => be(withObject(schema, statement.function)),
    'drop-function': ({ signature }) => be(withoutObject(schema, 'function', signature)),
    'create-aggregate': ({ aggregate }) => be(withObject(schema, aggregate)),
    'drop-aggregate': ({ signature }) => be(withoutObject(schema, 'aggregate', signature)),
  });
}

/** A type's later fields do not change the shape under which a column was dropped. */
export function goneAs(column: Column, schema: Schema): GoneColumn {
  return { name: column.name, type: spelledOut(column.type, schema), static: column.static };
}

function withFields(
  schema: Schema,
  name: string,
  change: (fields: Schema['types'][string]['fields']) => Schema['types'][string]['fields'],
): Schema {
  const type = own(schema.types, name);
  return type === undefined ? schema : withObject(schema, { ...type, fields: change(type.fields) });
}

function withTable(schema: Schema, name: string, change: (table: Table) => Table): Schema {
  const table = own(schema.tables, name);
  return table === undefined ? schema : withObject(schema, change(table));
}

export function withColumns(table: Table, columns: readonly Column[]): Table {
  return { ...table, columns: [...table.columns, ...columns] };
}

export function withoutColumns(table: Table, columns: readonly Pick<Column, 'name'>[]): Table {
  const names = columns.map((column) => column.name);
  return { ...table, columns: table.columns.filter((column) => !names.includes(column.name)) };
}

/** Dropping a table drops its indexes; the server refuses while a view is on it. */
function withoutTable(schema: Schema, name: string): Schema {
  const indexes = Object.entries(schema.indexes).filter(([, index]) => index.table !== name);
  return withoutObject({ ...schema, indexes: Object.fromEntries(indexes) }, 'table', name);
}

/** Renames columns of a table, and in the indexes and views that state them, as the server does for key columns. */
export function renameColumns(schema: Schema, table: string, renames: Readonly<Record<string, string>>): Schema {
  const found = own(schema.tables, table);
  if (found === undefined) return schema;
  const renamed = withObject(schema, renamedTable(found, renames));
  const indexes = Object.values(schema.indexes).filter((index) => index.table === table);
  const views = Object.values(schema.views).filter((view) => view.table === table);
  return [...indexes.map((one) => renamedIndex(one, renames)), ...views.map((one) => renamedView(one, renames))].reduce(
    withObject,
    renamed,
  );
}

export function renamedTable(table: Table, renames: Readonly<Record<string, string>>): Table {
  const name = (old: string): string => own(renames, old) ?? old;
  return {
    ...table,
    columns: table.columns.map((column) => ({ ...column, name: name(column.name) })),
    partitionKey: table.partitionKey.map(name),
    clusteringKey: table.clusteringKey.map((part) => ({ ...part, column: name(part.column) })),
  };
}

export function renamedIndex(index: Index, renames: Readonly<Record<string, string>>): Index {
  return { ...index, column: own(renames, index.column) ?? index.column };
}

export function renamedView(view: View, renames: Readonly<Record<string, string>>): View {
  const name = (old: string): string => own(renames, old) ?? old;
  return {
    ...view,
    columns: view.columns === '*' ? '*' : view.columns.map(name),
    partitionKey: view.partitionKey.map(name),
    clusteringKey: view.clusteringKey.map((part) => ({ ...part, column: name(part.column) })),
    where: renamedWhere(view.where, renames),
  };
}

/** Names in a condition, bare or quoted, but not inside texts. */
function renamedWhere(where: string, renames: Readonly<Record<string, string>>): string {
  return where.replaceAll(/'(?:[^']|'')*'|"((?:[^"]|"")+)"|[A-Za-z_][A-Za-z0-9_]*/g, (found, inQuotes: string) => {
    if (found.startsWith("'")) return found;
    const old = inQuotes === undefined ? found.toLowerCase() : inQuotes.replaceAll('""', '"');
    const name = own(renames, old);
    return name === undefined ? found : quoted(name);
  });
}

/** The table's columns of these names. */
export function columnsNamed(table: Table, names: readonly string[]): readonly Column[] {
  return names.map((name) => columnOf(table, name)).filter((column) => column !== undefined);
}
