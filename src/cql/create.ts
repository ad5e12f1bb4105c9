import { CqlformError } from '../kernel/errors.ts';
import { match } from '../kernel/match.ts';
import { qualified, quoted, quotedType, textLiteral } from '../model/identifier.ts';
import type {
  Aggregate,
  ClusteringColumn,
  Column,
  Index,
  SchemaObject,
  Table,
  UserFunction,
  UserType,
  View,
} from '../model/schema.ts';
import { argumentText } from '../model/signature.ts';
import { scalarNames } from '../model/type.ts';
import { typeText } from '../model/type-text.ts';
import { mapText, optionTexts, unknownOption } from './option.ts';
import { whereRelations } from './where.ts';

/** The statement that creates the object, over several lines, for diffs and people; names are qualified unless `keyspace` is null. */
export function createText(object: SchemaObject, keyspace: string | null): string {
  return match(object, {
    table: (table) => createTable(table, { keyspace, id: null }),
    type: (type) => createType(type, keyspace),
    index: (index) => createIndex(index, keyspace),
    view: (view) => createView(view, keyspace),
    function: (fn) => createFunction(fn, { keyspace, replace: false }),
    aggregate: (aggregate) => createAggregate(aggregate, { keyspace, replace: false }),
  });
}

export function createTable(table: Table, place: { keyspace: string | null; id: string | null }): string {
  const lines = [
    ...table.columns.map(columnText),
    `PRIMARY KEY (${keyText(table.partitionKey, table.clusteringKey)})`,
  ].map((line) => `    ${line}`);
  const id = place.id === null ? [] : [`ID = ${place.id}`];
  const properties = [...id, ...orderTexts(table.clusteringKey, 'table'), ...optionTexts(table.options)];
  const head = `CREATE TABLE ${nameIn(place.keyspace, table.name)} (\n${lines.join(',\n')}\n)`;
  return properties.length === 0 ? head : `${head} WITH ${properties.join('\n    AND ')}`;
}

export function createType(type: UserType, keyspace: string | null): string {
  if (nativeNames.has(type.name)) {
    throw new CqlformError('TYPE_NAME_RESERVED', `a user-defined type cannot be named ${type.name}`, {
      next: 'Choose a name that is none of CQL’s own types: Cassandra states such a name without quotes and cannot read its own schema back.',
      fields: { type: type.name },
    });
  }
  const fields = type.fields.map((field) => `    ${quoted(field.name)} ${typeText(field.type)}`);
  return `CREATE TYPE ${typeNameIn(keyspace, type.name)} (\n${fields.join(',\n')}\n)`;
}

export function createIndex(index: Index, keyspace: string | null): string {
  const column = quoted(index.column);
  const target = index.form === 'values' ? column : `${index.form}(${column})`;
  const on = `INDEX ${quoted(index.name)} ON ${nameIn(keyspace, index.table)} (${target})`;
  const [option] = Object.keys(index.options);
  if (index.using === 'secondary') {
    if (option !== undefined)
      throw unknownOption(option, `${index.name} is a secondary index, which takes none`, ['none']);
    return `CREATE ${on}`;
  }
  const className = index.using === 'sai' ? 'StorageAttachedIndex' : index.using.className;
  const options = option === undefined ? '' : ` WITH OPTIONS = ${mapText(index.options)}`;
  return `CREATE CUSTOM ${on} USING ${textLiteral(className)}${options}`;
}

export function createView(view: View, keyspace: string | null): string {
  const properties = [...orderTexts(view.clusteringKey, 'view'), ...optionTexts(view.options)];
  const lines = [
    `CREATE MATERIALIZED VIEW ${nameIn(keyspace, view.name)} AS`,
    `    SELECT ${view.columns === '*' ? '*' : view.columns.map(quoted).join(', ')}`,
    `    FROM ${nameIn(keyspace, view.table)}`,
    `    WHERE ${whereRelations(view.where).join('\n      AND ')}`,
    `    PRIMARY KEY (${keyText(view.partitionKey, view.clusteringKey)})`,
  ];
  const head = lines.join('\n');
  return properties.length === 0 ? head : `${head}\n    WITH ${properties.join('\n    AND ')}`;
}

export function createFunction(fn: UserFunction, how: { keyspace: string | null; replace: boolean }): string {
  const parameters = fn.arguments.map(({ name, type }) => `${quoted(name)} ${argumentText(type)}`);
  return [
    `CREATE ${how.replace ? 'OR REPLACE ' : ''}FUNCTION ${typeNameIn(how.keyspace, fn.name)} (${parameters.join(', ')})`,
    `    ${fn.calledOnNull ? 'CALLED' : 'RETURNS NULL'} ON NULL INPUT`,
    `    RETURNS ${argumentText(fn.returns)}`,
    `    LANGUAGE ${quoted(fn.language)}`,
    `    AS ${bodyText(fn.body)}`,
  ].join('\n');
}

export function createAggregate(aggregate: Aggregate, how: { keyspace: string | null; replace: boolean }): string {
  const name = typeNameIn(how.keyspace, aggregate.name);
  return [
    `CREATE ${how.replace ? 'OR REPLACE ' : ''}AGGREGATE ${name}(${aggregate.arguments.map(argumentText).join(', ')})`,
    `    SFUNC ${quotedType(aggregate.stateFunction)}`,
    `    STYPE ${argumentText(aggregate.stateType)}`,
    ...(aggregate.finalFunction === null ? [] : [`    FINALFUNC ${quotedType(aggregate.finalFunction)}`]),
    ...(aggregate.initialState === null ? [] : [`    INITCOND ${aggregate.initialState}`]),
  ].join('\n');
}

/** `name type static MASKED WITH …`, as CREATE and ADD take it. */
export function columnText(column: Column): string {
  const mask = column.mask === undefined ? '' : ` MASKED WITH ${column.mask}`;
  return `${quoted(column.name)} ${typeText(column.type)}${column.static ? ' static' : ''}${mask}`;
}

const nativeNames: ReadonlySet<string> = new Set([...scalarNames, 'varchar']);

function nameIn(keyspace: string | null, name: string): string {
  return keyspace === null ? quoted(name) : qualified(keyspace, name);
}

function typeNameIn(keyspace: string | null, name: string): string {
  return keyspace === null ? quotedType(name) : `${quoted(keyspace)}.${quotedType(name)}`;
}

function keyText(partitionKey: readonly string[], clusteringKey: readonly ClusteringColumn[]): string {
  const partition = partitionKey.map(quoted).join(', ');
  const first = partitionKey.length === 1 ? partition : `(${partition})`;
  return [first, ...clusteringKey.map(({ column }) => quoted(column))].join(', ');
}

/**
 * The server wants every clustering column named as soon as one is. For a table all ascending is the same as none
 * named; a view without an order takes over its table's.
 */
function orderTexts(clusteringKey: readonly ClusteringColumn[], of: 'table' | 'view'): readonly string[] {
  const plain = of === 'table' && clusteringKey.every(({ order }) => order === 'asc');
  if (plain || clusteringKey.length === 0) return [];
  const columns = clusteringKey.map(({ column, order }) => `${quoted(column)} ${order.toUpperCase()}`);
  return [`CLUSTERING ORDER BY (${columns.join(', ')})`];
}

/** A body that holds `$$`, or ends in `$`, would end its own dollar quotes. */
function bodyText(body: string): string {
  return body.includes('$$') || body.endsWith('$') ? textLiteral(body) : `$$${body}$$`;
}
