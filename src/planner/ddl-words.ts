import { match } from '../kernel/match.ts';
import type { Ddl } from '../model/ddl.ts';
import { columnText } from './matches.ts';
import { keyOf, nounOf } from './names.ts';
import { optionText } from './options.ts';

/** A statement for people, in one line: `add column rating int to movies`. */
export function ddlTitle(ddl: Ddl): string {
  const pairs = (renames: Readonly<Record<string, string>>): string =>
    Object.entries(renames)
      .map(([from, to]) => `${from} to ${to}`)
      .join(', ');
  return match(ddl, {
    'create-keyspace': () => 'create the keyspace',
    'alter-keyspace': () => 'alter the keyspace',
    'create-type': ({ type }) => `create type ${type.name}`,
    'add-field': ({ type, field }) => `add field ${field.name} to type ${type}`,
    'rename-fields': ({ type, renames }) => `rename ${pairs(renames)} in type ${type}`,
    'drop-type': ({ name }) => `drop type ${name}`,
    'create-table': ({ table }) => `create table ${table.name}`,
    'add-columns': ({ table, columns }) =>
      `add ${columns.length === 1 ? 'column' : 'columns'} ${columns.map((one) => `${one.name} ${columnText(one)}`).join(', ')} to ${table}`,
    'drop-columns': ({ table, columns }) =>
      `drop ${columns.length === 1 ? 'column' : 'columns'} ${columns.map((one) => one.name).join(', ')} from ${table}`,
    'rename-columns': ({ table, renames }) => `rename ${pairs(renames)} in ${table}`,
    'alter-options': ({ name, options }) =>
      `set ${Object.entries(options)
        .map(([option, value]) => optionText(option, value))
        .join(', ')} on ${name}`,
    'drop-table': ({ name }) => `drop table ${name}`,
    'create-index': ({ index }) => `create index ${index.name} on ${index.table} (${index.column})`,
    'drop-index': ({ name }) => `drop index ${name}`,
    'create-view': ({ view }) => `create ${nounOf('view')} ${view.name} on ${view.table}`,
    'drop-view': ({ name }) => `drop ${nounOf('view')} ${name}`,
    'create-function': (statement) =>
      `${statement.replace ? 'replace' : 'create'} function ${keyOf(statement.function)}`,
    'drop-function': ({ signature }) => `drop function ${signature}`,
    'create-aggregate': (statement) =>
      `${statement.replace ? 'replace' : 'create'} aggregate ${keyOf(statement.aggregate)}`,
    'drop-aggregate': ({ signature }) => `drop aggregate ${signature}`,
  });
}

/** What a statement is about, without the keyspace: `users.email` where it is one column; empty: the keyspace. */
export function ddlObject(ddl: Ddl): string {
  const columnOrTable = (table: string, columns: readonly { readonly name: string }[]): string =>
    columns.length === 1 ? `${table}.${columns[0]?.name}` : table;
  return match(ddl, {
    'create-keyspace': () => '',
    'alter-keyspace': () => '',
    'create-type': ({ type }) => type.name,
    'add-field': ({ type, field }) => `${type}.${field.name}`,
    'rename-fields': ({ type }) => type,
    'drop-type': ({ name }) => name,
    'create-table': ({ table }) => table.name,
    'add-columns': ({ table, columns }) => columnOrTable(table, columns),
    'drop-columns': ({ table, columns }) => columnOrTable(table, columns),
    'rename-columns': ({ table }) => table,
    'alter-options': ({ name }) => name,
    'drop-table': ({ name }) => name,
    'create-index': ({ index }) => index.name,
    'drop-index': ({ name }) => name,
    'create-view': ({ view }) => view.name,
    'drop-view': ({ name }) => name,
    'create-function': (statement) => keyOf(statement.function),
    'drop-function': ({ signature }) => signature,
    'create-aggregate': ({ aggregate }) => keyOf(aggregate),
    'drop-aggregate': ({ signature }) => signature,
  });
}
