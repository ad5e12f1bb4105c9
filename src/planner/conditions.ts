import { match } from '../kernel/match.ts';
import { own } from '../kernel/own.ts';
import type { Condition, Ddl } from '../model/ddl.ts';
import type { ObjectKind, SchemaObject, Table } from '../model/schema.ts';
import type { Work } from '../model/step.ts';
import { keyOf } from './names.ts';
import { columnOf, objectOf } from './schema-objects.ts';
import { afterDdl, columnsNamed, type World } from './world.ts';

export type DdlWork = Extract<Work, { readonly kind: 'ddl' }>;

/** The statement with what must be true before and after it, in this state of the keyspace. */
export function ddlWork(ddl: Ddl, world: World): DdlWork {
  return { kind: 'ddl', ddl, ...conditionsOf(ddl, world) };
}

interface Conditions {
  readonly pre: readonly Condition[];
  readonly post: readonly Condition[];
}

function conditionsOf(ddl: Ddl, world: World): Conditions {
  return match(ddl, {
    'create-keyspace': ({ settings }) => ({
      pre: [],
      post: [keyspacePresent, { kind: 'keyspace-settings', settings }],
    }),
    'alter-keyspace': ({ settings }) => ({ pre: [keyspacePresent], post: [{ kind: 'keyspace-settings', settings }] }),
    'create-type': ({ type }) => creation(type),
    'add-field': ({ type, field }) => ({
      pre: [{ kind: 'field-absent', type, field: field.name }],
      post: [{ kind: 'field-present', type, field }],
    }),
    'rename-fields': ({ type, renames }) => fieldRenames(world, type, renames),
    'drop-type': ({ name }) => removal(world, 'type', name),
    'create-table': ({ table }) => creation(table),
    'add-columns': ({ table, columns }) => ({
      pre: columns.map((column) => ({ kind: 'column-absent', table, column: column.name })),
      post: columns.map((column) => ({ kind: 'column-present', table, column })),
    }),
    'drop-columns': ({ table, columns }) => ({
      pre: columns.map(({ mask: _, ...column }) => ({ kind: 'column-present', table, column })),
      post: columns.map((column) => ({ kind: 'column-absent', table, column: column.name })),
    }),
    'rename-columns': ({ table, renames }) => columnRenames(world, table, renames),
    'alter-options': ({ of, name, options }) => ({ pre: [], post: [{ kind: 'options', of, name, options }] }),
    'drop-table': ({ name }) => removal(world, 'table', name),
    'create-index': ({ index }) => creation(index),
    'drop-index': ({ name }) => removal(world, 'index', name),
    'create-view': ({ view }) => creation(view),
    'drop-view': ({ name }) => removal(world, 'view', name),
    'create-function': (statement) => replacement(statement.function, statement.replace),
    'drop-function': ({ signature }) => removal(world, 'function', signature),
    'create-aggregate': (statement) => replacement(statement.aggregate, statement.replace),
    'drop-aggregate': ({ signature }) => removal(world, 'aggregate', signature),
  });
}

const keyspacePresent: Condition = { kind: 'keyspace-present' };

function creation(object: SchemaObject): Conditions {
  return {
    pre: [{ kind: 'absent', of: object.kind, name: keyOf(object) }],
    post: [{ kind: 'present', object }],
  };
}

function replacement(object: SchemaObject, replace: boolean): Conditions {
  const conditions = creation(object);
  return replace ? { ...conditions, pre: [] } : conditions;
}

function removal(world: World, of: ObjectKind, name: string): Conditions {
  const object = objectOf(world.schema, of, name);
  return {
    pre: object === null ? [] : [{ kind: 'present', object: unoptioned(object) }],
    post: [{ kind: 'absent', of, name }],
  };
}

/** What goes away is told by its shape: options and masks may have been changed by hand since. */
function unoptioned(object: SchemaObject): SchemaObject {
  if (object.kind === 'view') return { ...object, options: {} };
  return object.kind === 'table' ? bareTable(object) : object;
}

export function bareTable(table: Table): Table {
  return { ...table, columns: table.columns.map(({ mask: _, ...column }) => column), options: {} };
}

function fieldRenames(world: World, type: string, renames: Readonly<Record<string, string>>): Conditions {
  const fields = own(world.schema.types, type)?.fields ?? [];
  const renamed = fields.filter((field) => own(renames, field.name) !== undefined);
  return {
    pre: renamed.map((field) => ({ kind: 'field-present', type, field })),
    post: renamed.map((field) => ({
      kind: 'field-present',
      type,
      field: { ...field, name: own(renames, field.name) ?? field.name },
    })),
  };
}

function columnRenames(world: World, table: string, renames: Readonly<Record<string, string>>): Conditions {
  const before = own(world.schema.tables, table);
  const after = own(afterDdl(world, { kind: 'rename-columns', table, renames }).schema.tables, table);
  if (before === undefined || after === undefined) return { pre: [], post: [] };
  return {
    pre: columnsNamed(before, Object.keys(renames)).map((column) => ({ kind: 'column-present', table, column })),
    post: Object.values(renames).flatMap((name) => {
      const column = columnOf(after, name);
      return column === undefined ? [] : [{ kind: 'column-present', table, column }];
    }),
  };
}
