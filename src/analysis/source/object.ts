import { whereRelations } from '../../cql/where.ts';
import { match } from '../../kernel/match.ts';
import { quoted } from '../../model/identifier.ts';
import type {
  Aggregate,
  ClusteringColumn,
  Column,
  Index,
  Options,
  SchemaObject,
  Table,
  UserFunction,
  UserType,
  View,
} from '../../model/schema.ts';
import { keyColumns } from '../../model/schema.ts';
import { keyOf } from '../../planner/names.ts';
import { block, call, laidOut, list, object, type Piece, text } from './layout.ts';
import type { Names } from './names.ts';
import { columnType, type TypeConst, typeSource } from './type.ts';

/** An object of a schema as the constant that a person would write: `const movies = table('movies', { … });` */
export function objectSource(one: SchemaObject, names: Names): string {
  const head = `const ${names.of(one.kind, keyOf(one))} = `;
  return `${head}${laidOut(objectPiece(one, names), 0, head.length + 1)};`;
}

function objectPiece(one: SchemaObject, names: Names): Piece {
  return match(one, {
    type: (type) => typePiece(type, names),
    table: (table) => tablePiece('table', table, constOf(names)),
    index: (index) => indexPiece(index, names),
    view: (view) => viewPiece(view, names),
    function: (fn) => functionPiece(fn, names),
    aggregate: (aggregate) => aggregatePiece(aggregate, names),
  });
}

function typePiece(type: UserType, names: Names): Piece {
  const fields = type.fields.map((field) => [field.name, typeSource(field.type, false, constOf(names))] as const);
  return call('udt', [text(type.name), object(Object.fromEntries(fields))]);
}

/** `table(…)` or, for what a file expects to find, `existing(…)`, which has no options. */
export function tablePiece(verb: 'table' | 'existing', table: Table, typeConst: TypeConst): Piece {
  return tableWith(verb, table, (column, inKey) => columnType(column, inKey, typeConst));
}

/** The same with columns as `textOf` writes them. */
export function tableWith(
  verb: 'table' | 'existing',
  table: Table,
  textOf: (column: Column, inKey: boolean) => string,
): Piece {
  const key = new Set(keyColumns(table));
  const columns = table.columns.map((column) => [column.name, textOf(column, key.has(column.name))] as const);
  return call(verb, [
    text(table.name),
    object({
      columns: object(Object.fromEntries(columns)),
      partitionKey: list(table.partitionKey.map(text)),
      clusteringKey: table.clusteringKey.length === 0 ? null : clusteringPiece(table.clusteringKey),
      options: verb === 'existing' ? null : optionsPiece(table.options),
    }),
  ]);
}

function clusteringPiece(key: readonly ClusteringColumn[]): Piece {
  return list(key.map(({ column, order }) => (order === 'desc' ? `desc(${text(column)})` : text(column))));
}

function optionsPiece(options: Options): Piece | null {
  const members = Object.entries(options).map(([name, value]) => [camel(name), optionPiece(value)] as const);
  return members.length === 0 ? null : object(Object.fromEntries(members));
}

function optionPiece(value: Options[string]): Piece {
  if (typeof value === 'string') return text(value);
  if (typeof value !== 'object') return String(value);
  const sub = Object.entries(value).map(([key, one]) => [camel(key), subOption(one)] as const);
  return object(Object.fromEntries(sub));
}

/** Sub-options are texts for the server; numbers and booleans read better as what they are. */
function subOption(value: string): string {
  return /^(-?(0|[1-9]\d{0,14})(\.\d+)?|true|false)$/.test(value) ? value : text(value);
}

function camel(name: string): string {
  return name.replaceAll(/_([a-z])/g, (_, letter: string) => letter.toUpperCase());
}

function indexPiece(index: Index, names: Names): Piece {
  const { using } = index;
  const kind =
    typeof using === 'string'
      ? using === 'secondary'
        ? null
        : text(using)
      : object({ className: text(using.className) });
  const options = Object.entries(index.options).map(
    ([name, value]) =>
      [using === 'sai' ? camel(name) : name, using === 'sai' ? subOption(value) : text(value)] as const,
  );
  return call('index', [
    text(index.name),
    object({
      on: names.of('table', index.table),
      column: text(index.column),
      form: index.form === 'values' ? null : text(index.form),
      using: kind,
      options: options.length === 0 ? null : object(Object.fromEntries(options)),
    }),
  ]);
}

function viewPiece(view: View, names: Names): Piece {
  const key = keyColumns(view);
  const where = extraWhere(view);
  const columns = view.columns === '*' ? text('*') : list(view.columns.filter((name) => !key.includes(name)).map(text));
  return call('view', [
    text(view.name),
    object({
      from: names.of('table', view.table),
      columns,
      partitionKey: list(view.partitionKey.map(text)),
      clusteringKey: view.clusteringKey.length === 0 ? null : clusteringPiece(view.clusteringKey),
      where: where === '' ? null : text(where),
      options: optionsPiece(view.options),
    }),
  ]);
}

/** What the view restricts beside the `IS NOT NULL` of its key, which the DSL writes by itself. */
function extraWhere(view: View): string {
  const own = new Set(keyColumns(view).map((name) => `${quoted(name)} IS NOT NULL`));
  return whereRelations(view.where)
    .filter((one) => !own.has(one))
    .join(' AND ');
}

function functionPiece(fn: UserFunction, names: Names): Piece {
  const parameters = fn.arguments.map((one) => [one.name, typeSource(one.type, true, constOf(names))] as const);
  return call('fn', [
    text(fn.name),
    object({
      arguments: object(Object.fromEntries(parameters)),
      returns: typeSource(fn.returns, true, constOf(names)),
      language: text(fn.language),
      body: block(fn.body),
      calledOnNull: fn.calledOnNull ? 'true' : null,
    }),
  ]);
}

function aggregatePiece(aggregate: Aggregate, names: Names): Piece {
  return call('aggregate', [
    text(aggregate.name),
    object({
      arguments: list(aggregate.arguments.map((type) => typeSource(type, true, constOf(names)))),
      stateFunction: text(aggregate.stateFunction),
      stateType: typeSource(aggregate.stateType, true, constOf(names)),
      finalFunction: aggregate.finalFunction === null ? null : text(aggregate.finalFunction),
      initialState: aggregate.initialState === null ? null : text(aggregate.initialState),
    }),
  ]);
}

/** Gives the constants of user-defined types. */
export function constOf(names: Names): TypeConst {
  return (udt) => names.of('type', udt);
}
