import { match } from '../../kernel/match.ts';
import { own } from '../../kernel/own.ts';
import type { Ddl } from '../../model/ddl.ts';
import { type Column, keyColumns, type ObjectKind, type SchemaObject, type Table } from '../../model/schema.ts';
import { typesWithin } from '../../model/type.ts';
import { keyOf, listed, nounOf } from '../names.ts';
import { aggregatesUsing, indexesOn, partitionKeysWithType, usersOfType, viewsOn } from '../references.ts';
import { columnOf, objectOf, withObject } from '../schema-objects.ts';
import { afterDdl, renamedTable, type World, withColumns } from '../world.ts';
import { objectProblem } from './object.ts';
import { firstOf, type Problem, problem } from './problem.ts';
import { spentName } from './spent-name.ts';

/** Why the server would refuse the statement in this state of the keyspace; null when it would take it. */
export function refusal(world: World, ddl: Ddl): Problem | null {
  if (ddl.kind === 'create-keyspace')
    return world.exists ? problem('OBJECT_EXISTS', 'the keyspace is there already', 'Plan again.') : null;
  if (!world.exists) return problem('OBJECT_MISSING', 'the keyspace does not exist', 'Create it first.');
  const { schema } = world;
  return match(ddl, {
    'alter-keyspace': () => null,
    'create-type': ({ type }) => creation(world, type),
    'add-field': ({ type, field }) => fieldRefusal(world, { type, ddl, fields: [field.name] }),
    'rename-fields': ({ type, renames }) =>
      fieldRefusal(world, { type, ddl, fields: Object.values(renames) }) ?? initialStates(world, type),
    'drop-type': ({ name }) => missing(world, 'type', name) ?? typeInUse(world, name),
    'create-table': ({ table }) => creation(world, table),
    'add-columns': (statement) =>
      withTableOf(world, statement.table, (table) => addRefusal(world, table, statement.columns)),
    'drop-columns': (statement) =>
      withTableOf(world, statement.table, (table) => dropRefusal(world, table, statement.columns)),
    'rename-columns': (statement) =>
      withTableOf(world, statement.table, (table) => renameRefusal(world, table, statement.renames)),
    'alter-options': ({ of, name }) => missing(world, of, name) ?? afterwards(world, ddl, { of, name }),
    'drop-table': ({ name }) => missing(world, 'table', name) ?? viewsInTheWay(world, name, 'dropped'),
    'create-index': ({ index }) => creation(world, index),
    'drop-index': ({ name }) => missing(world, 'index', name),
    'create-view': ({ view }) => creation(world, view),
    'drop-view': ({ name }) => missing(world, 'view', name),
    'create-function': (statement) =>
      statement.replace ? objectProblem(statement.function, schema) : creation(world, statement.function),
    'drop-function': ({ signature }) => missing(world, 'function', signature) ?? functionInUse(world, signature),
    'create-aggregate': (statement) =>
      statement.replace ? objectProblem(statement.aggregate, schema) : creation(world, statement.aggregate),
    'drop-aggregate': ({ signature }) => missing(world, 'aggregate', signature),
  });
}

function creation({ schema }: World, object: SchemaObject): Problem | null {
  if (objectOf(schema, object.kind, keyOf(object)) !== null)
    return problem(
      'OBJECT_EXISTS',
      `${nounOf(object.kind)} ${keyOf(object)} is there already`,
      'Look at `cqlform drift`; drop or rename one of the two.',
    );
  return objectProblem(object, withObject(schema, object));
}

function missing({ schema }: World, of: ObjectKind, name: string): Problem | null {
  return objectOf(schema, of, name) === null
    ? problem('OBJECT_MISSING', `${nounOf(of)} ${name} is not there`, 'Look at `cqlform drift`.')
    : null;
}

/** The object as the statement leaves it must be one that could be created. */
function afterwards(
  world: World,
  ddl: Ddl,
  { of, name }: { readonly of: ObjectKind; readonly name: string },
): Problem | null {
  const { schema } = afterDdl(world, ddl);
  const object = objectOf(schema, of, name);
  if (object === null) return null;
  const own = objectProblem(object, schema);
  return own ?? firstOf(viewsOn(schema, name).map((view) => () => objectProblem(view, schema)));
}

function fieldRefusal(
  world: World,
  { type, ddl, fields }: { readonly type: string; readonly ddl: Ddl; readonly fields: readonly string[] },
): Problem | null {
  const gone = missing(world, 'type', type);
  if (gone !== null) return gone;
  const there = fields.find((name) => own(world.schema.types, type)?.fields.some((field) => field.name === name));
  if (there !== undefined)
    return problem('FIELD_EXISTS', `type ${type} has a field ${there} already`, 'Choose another name.');
  const keys = ddl.kind === 'add-field' ? partitionKeysWithType(world.schema, type) : [];
  if (keys.length > 0)
    return problem(
      'TYPE_IN_PARTITION_KEY',
      `type ${type} stands in the partition key of ${listed(keys)}; Cassandra lets no field be added to it`,
      `Make a new type and a new table with it, and copy the rows.`,
    );
  return afterwards(world, ddl, { of: 'type', name: type });
}

function initialStates({ schema }: World, type: string): Problem | null {
  const users = Object.values(schema.aggregates).filter(
    (one) => one.initialState !== null && typesWithin(one.stateType).includes(type),
  );
  return users.length === 0
    ? null
    : problem(
        'TYPE_IN_USE',
        `fields of ${type} cannot be renamed while aggregate ${listed(users.map(keyOf))} begins with a value of it`,
        'Drop the aggregate first and create it again after.',
      );
}

function typeInUse({ schema }: World, name: string): Problem | null {
  const users = usersOfType(schema, name);
  return users.length === 0
    ? null
    : problem('TYPE_IN_USE', `type ${name} is used by ${listed(users)}`, 'Drop or change these first.');
}

function functionInUse({ schema }: World, key: string): Problem | null {
  const users = aggregatesUsing(schema, key);
  return users.length === 0
    ? null
    : problem(
        'FUNCTION_IN_USE',
        `function ${key} is used by aggregate ${listed(users.map(keyOf))}`,
        'Drop the aggregate too.',
      );
}

function withTableOf(world: World, name: string, check: (table: Table) => Problem | null): Problem | null {
  const table = own(world.schema.tables, name);
  if (table === undefined) return missing(world, 'table', name);
  if (!world.compact.has(name)) return check(table);
  return problem(
    'COMPACT_STORAGE',
    `table ${name} uses COMPACT STORAGE, whose columns cannot be changed`,
    `Run ALTER TABLE … DROP COMPACT STORAGE by hand (it cannot be undone), or copy the rows into a new table.`,
  );
}

function addRefusal(world: World, table: Table, columns: readonly Column[]): Problem | null {
  for (const column of columns) {
    const name = `${table.name}.${column.name}`;
    if (columnOf(table, column.name) !== undefined)
      return problem('COLUMN_EXISTS', `column ${name} is there already`, 'Choose another name.');
    const spent = spentName(table, column, own(world.gone, table.name) ?? []);
    if (spent !== null) return spent;
  }
  const wider = withColumns(table, columns);
  return objectProblem(wider, withObject(world.schema, wider));
}

function dropRefusal(world: World, table: Table, columns: readonly Column[]): Problem | null {
  for (const { name } of columns) {
    const column = columnOf(table, name);
    const address = `${table.name}.${name}`;
    if (column === undefined)
      return problem('COLUMN_MISSING', `column ${address} is not there`, 'Look at `cqlform drift`.');
    if (keyColumns(table).includes(name))
      return problem(
        'KEY_COLUMN',
        `column ${address} stands in the key`,
        'Give the table another key: that rebuilds it.',
      );
    if (column.type.kind === 'udt' && !column.type.frozen)
      return problem(
        'UDT_COLUMN',
        `column ${address} is of an unfrozen user-defined type, which cannot be dropped`,
        'Rebuild the table.',
      );
    const index = indexesOn(world.schema, table.name).find((one) => one.column === name);
    if (index !== undefined)
      return problem(
        'COLUMN_INDEXED',
        `column ${address} is indexed by ${index.name}`,
        `Drop the index ${index.name} too.`,
      );
  }
  return viewsInTheWay(world, table.name, 'altered so');
}

function viewsInTheWay({ schema }: World, table: string, what: string): Problem | null {
  const views = viewsOn(schema, table).map((view) => view.name);
  return views.length === 0
    ? null
    : problem(
        'VIEWS_IN_THE_WAY',
        `table ${table} cannot be ${what} while ${listed(views)} stands on it`,
        'Drop the view first.',
      );
}

function renameRefusal(world: World, table: Table, renames: Readonly<Record<string, string>>): Problem | null {
  for (const [from, to] of Object.entries(renames)) {
    const address = `${table.name}.${from}`;
    if (columnOf(table, from) === undefined)
      return problem('COLUMN_MISSING', `column ${address} is not there`, 'Look at `cqlform drift`.');
    if (columnOf(table, to) !== undefined)
      return problem('COLUMN_EXISTS', `column ${table.name}.${to} is there already`, 'Choose another name.');
    if (!keyColumns(table).includes(from))
      return problem(
        'RENAME_REFUSED',
        `column ${address} is no key column; only those can be renamed`,
        'Add a column, copy, drop the old one.',
      );
    const index = indexesOn(world.schema, table.name).find((one) => one.column === from);
    if (index !== undefined)
      return problem(
        'COLUMN_INDEXED',
        `column ${address} is indexed by ${index.name}`,
        `Drop the index ${index.name} first.`,
      );
  }
  const renamed = renamedTable(table, renames);
  return objectProblem(renamed, withObject(world.schema, renamed));
}
