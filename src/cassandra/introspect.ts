import { optionRules } from '../cql/option.ts';
import { frozenType, parseType } from '../cql/type-text.ts';
import { own, setOwn } from '../kernel/own.ts';
import type { DroppedColumn, TableFacts } from '../model/live.ts';
import type {
  Aggregate,
  ByName,
  ClusteringColumn,
  Column,
  KeyspaceSettings,
  Options,
  OptionValue,
  Schema,
  Table,
  UserFunction,
  UserType,
  View,
} from '../model/schema.ts';
import { signatureOf } from '../model/signature.ts';
import type { CqlType } from '../model/type.ts';
import { indexOf } from './introspect-index.ts';
import { maskText } from './introspect-mask.ts';
import type { SchemaRow, SchemaRows } from './introspect-rows.ts';
import { listField, numberField, optionalTextField, textField, textMapField } from './introspect-value.ts';

/** The keyspace's schema in canonical form. */
export function schemaOf(rows: SchemaRows): Schema {
  const columns = Map.groupBy(rows.columns, (row) => textField(row, 'table_name'));
  const types = byName(rows.types.map(typeOf));
  const masks = new Map(
    rows.columnMasks.map((row) => [
      `${textField(row, 'table_name')} ${textField(row, 'column_name')}`,
      maskText(row, types),
    ]),
  );
  const columnsOf = (name: string): TableColumns => tableColumns(columns.get(name) ?? [], masks);
  return {
    keyspace: rows.keyspace === undefined ? { kind: 'keyspace' } : keyspaceOf(rows.keyspace),
    types,
    tables: byName(rows.tables.map((row) => tableOf(row, columnsOf(textField(row, 'table_name'))))),
    indexes: byName(rows.indexes.map(indexOf)),
    views: byName(rows.views.map((row) => viewOf(row, columnsOf(textField(row, 'view_name'))))),
    functions: byKey(rows.functions.map(functionOf), signatureOf),
    aggregates: byKey(rows.aggregates.map(aggregateOf), signatureOf),
  };
}

/** What else is known of the keyspace's tables, by name. */
export function factsOf(rows: SchemaRows): ByName<TableFacts> {
  const dropped = Map.groupBy(rows.droppedColumns, (row) => textField(row, 'table_name'));
  const triggers = Map.groupBy(rows.triggers, (row) => textField(row, 'table_name'));
  const triggerFlags = (table: string): readonly string[] =>
    (triggers.get(table) ?? []).map((row) => `trigger ${textField(row, 'trigger_name')}`);
  return Object.fromEntries(
    rows.tables
      .map((row): [string, TableFacts] => {
        const name = textField(row, 'table_name');
        return [
          name,
          {
            id: textField(row, 'id'),
            flags: [...flagsOf(row), ...triggerFlags(name)],
            dropped: (dropped.get(name) ?? []).map(droppedColumnOf),
          },
        ];
      })
      .sort(([a], [b]) => compare(a, b)),
  );
}

/** `compact` is added to the server's own flags for a table WITH COMPACT STORAGE, whichever of its forms it has. */
function flagsOf(row: SchemaRow): readonly string[] {
  const flags = listField(row, 'flags');
  const compact = !flags.includes('compound') || flags.includes('dense') || flags.includes('super');
  return compact ? ['compact', ...flags] : flags;
}

function keyspaceOf(row: SchemaRow): KeyspaceSettings {
  return {
    kind: 'keyspace',
    replication: textMapField(row, 'replication'),
    durableWrites: row['durable_writes'] !== false,
  };
}

function tableOf(row: SchemaRow, columns: TableColumns): Table {
  return {
    kind: 'table',
    name: textField(row, 'table_name'),
    columns: columns.all,
    partitionKey: columns.partitionKey,
    clusteringKey: columns.clusteringKey,
    options: optionsOf(row),
  };
}

function viewOf(row: SchemaRow, columns: TableColumns): View {
  const { default_time_to_live: _, cdc: __, ...options } = optionsOf(row);
  return {
    kind: 'view',
    name: textField(row, 'view_name'),
    table: textField(row, 'base_table_name'),
    columns: row['include_all_columns'] === true ? '*' : columns.all.map((column) => column.name),
    partitionKey: columns.partitionKey,
    clusteringKey: columns.clusteringKey,
    where: textField(row, 'where_clause'),
    options,
  };
}

interface TableColumns {
  readonly all: readonly Column[];
  readonly partitionKey: readonly string[];
  readonly clusteringKey: readonly ClusteringColumn[];
}

const kinds = ['partition_key', 'clustering', 'static', 'regular'];

function tableColumns(rows: readonly SchemaRow[], masks: ReadonlyMap<string, string>): TableColumns {
  const sorted = [...rows].sort(
    (a, b) =>
      kinds.indexOf(textField(a, 'kind')) - kinds.indexOf(textField(b, 'kind')) ||
      numberField(a, 'position') - numberField(b, 'position') ||
      compare(textField(a, 'column_name'), textField(b, 'column_name')),
  );
  const ofKind = (kind: string): readonly SchemaRow[] => sorted.filter((row) => row['kind'] === kind);
  return {
    all: sorted.map((row) =>
      columnOf(row, masks.get(`${textField(row, 'table_name')} ${textField(row, 'column_name')}`)),
    ),
    partitionKey: ofKind('partition_key').map((row) => textField(row, 'column_name')),
    clusteringKey: ofKind('clustering').map((row) => ({
      column: textField(row, 'column_name'),
      order: row['clustering_order'] === 'desc' ? 'desc' : 'asc',
    })),
  };
}

function columnOf(row: SchemaRow, mask: string | undefined): Column {
  const type = typeField(row, 'type');
  const isKey = row['kind'] === 'partition_key' || row['kind'] === 'clustering';
  return {
    name: textField(row, 'column_name'),
    type: isKey ? frozenType(type) : type,
    static: row['kind'] === 'static',
    ...(mask === undefined ? {} : { mask }),
  };
}

function droppedColumnOf(row: SchemaRow): DroppedColumn {
  const at = row['dropped_time'];
  return {
    name: textField(row, 'column_name'),
    type: typeField(row, 'type'),
    static: row['kind'] === 'static',
    droppedAt: String(BigInt(at instanceof Date ? at.getTime() : 0) * 1000n),
  };
}

function optionsOf(row: SchemaRow): Options {
  const options: Record<string, OptionValue> = {};
  for (const [name, rule] of Object.entries(optionRules)) {
    const stated = own(row, name);
    // A server that does not know the option has no such column.
    if (stated === undefined) continue;
    const value = rule.takes === 'map' ? textMapField(row, name) : stated;
    if (isOptionValue(value)) setOwn(options, name, value);
    else if (rule.whenNull !== undefined) setOwn(options, name, rule.whenNull);
  }
  return options;
}

function isOptionValue(value: unknown): value is OptionValue {
  return (
    typeof value === 'string' ||
    typeof value === 'number' ||
    typeof value === 'boolean' ||
    (typeof value === 'object' && value !== null)
  );
}

function typeOf(row: SchemaRow): UserType {
  const types = listField(row, 'field_types');
  return {
    kind: 'type',
    name: textField(row, 'type_name'),
    fields: listField(row, 'field_names').map((name, index) => ({ name, type: readType(types[index] ?? '') })),
  };
}

function functionOf(row: SchemaRow): UserFunction {
  const types = listField(row, 'argument_types');
  return {
    kind: 'function',
    name: textField(row, 'function_name'),
    arguments: listField(row, 'argument_names').map((name, index) => ({ name, type: readType(types[index] ?? '') })),
    returns: typeField(row, 'return_type'),
    language: textField(row, 'language'),
    calledOnNull: row['called_on_null_input'] === true,
    body: textField(row, 'body'),
  };
}

function aggregateOf(row: SchemaRow): Aggregate {
  return {
    kind: 'aggregate',
    name: textField(row, 'aggregate_name'),
    arguments: listField(row, 'argument_types').map(readType),
    stateFunction: textField(row, 'state_func'),
    stateType: typeField(row, 'state_type'),
    finalFunction: optionalTextField(row, 'final_func'),
    initialState: optionalTextField(row, 'initcond'),
  };
}

function typeField(row: SchemaRow, name: string): CqlType {
  return readType(textField(row, name));
}

/** A keyspace has few types and many columns. */
const knownTypes = new Map<string, CqlType>();

/** `empty` stands for the value that a compact table does not have; it is no type of CQL. */
function readType(text: string): CqlType {
  const known = knownTypes.get(text);
  if (known !== undefined) return known;
  const type: CqlType =
    text === 'empty' ? { kind: 'custom', className: 'org.apache.cassandra.db.marshal.EmptyType' } : parseType(text);
  knownTypes.set(text, type);
  return type;
}

function byName<T extends { readonly name: string }>(objects: readonly T[]): ByName<T> {
  return byKey(objects, (object) => object.name);
}

function byKey<T>(objects: readonly T[], key: (object: T) => string): ByName<T> {
  return Object.fromEntries(
    objects.map((object): [string, T] => [key(object), object]).sort(([a], [b]) => compare(a, b)),
  );
}

function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
