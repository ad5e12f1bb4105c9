import { quoted } from '../model/identifier.ts';
import { keyColumns, type Table as ModelTable, type View as ModelView } from '../model/schema.ts';
import { columnOf } from './alter.ts';
import type { Columns } from './cql-type.ts';
import { listOf, mistake, propertiesOf, shown, textOf } from './mistake.ts';
import { nameOf, refuseTwice } from './name.ts';
import { originOf, withOrigin } from './origin.ts';
import { keyOf } from './table.ts';
import { modelOptions, type ViewOptions } from './table-options.ts';
import type { KeyPart, NameOf, Table } from './table-type.ts';

/** A materialized view. */
export interface View<N extends string = string> {
  readonly kind: 'view';
  readonly name: N;
  readonly table: string;
}

/** Every key column of the table has to stand in the view's key. */
type WholeKey<Missing extends string> = [Missing] extends [never]
  ? unknown
  : { readonly clusteringKey: `the key of the view lacks ${Missing}, a key column of its table` };

/**
 * A materialized view. Its key holds every key column of the table and at most one other; key columns are selected
 * always, and restricted by `IS NOT NULL`. `where` adds to that.
 *
 * @example
 * import { desc, existing, migration, t, view } from 'cqlform';
 *
 * const movies = existing('movies', {
 *   columns: { id: t.uuid(), title: t.text(), released: t.date() },
 *   partitionKey: ['id'],
 * });
 *
 * export default migration({
 *   description: 'Movies by day of release',
 *   schema: [
 *     view('movies_by_release', {
 *       from: movies,
 *       columns: ['title'],
 *       partitionKey: ['released'],
 *       clusteringKey: [desc('id')],
 *     }),
 *   ],
 * });
 */
export function view<
  const N extends string,
  C extends Columns,
  P extends string,
  K extends string,
  const P2 extends keyof C & string,
  const K2 extends KeyPart<C> = never,
  const X extends keyof C & string = never,
>(
  name: N,
  definition: {
    readonly from: Table<string, C, P, K>;
    /** `*`: every column of the table, also those added later. */
    readonly columns: '*' | readonly X[];
    readonly partitionKey: readonly [P2, ...P2[]];
    readonly clusteringKey?: readonly K2[];
    /** CQL that restricts key columns of the table further, e.g. `at > '2000-01-01'`: servers refuse it for others. */
    readonly where?: string;
    readonly options?: ViewOptions;
  } & WholeKey<Exclude<P | K, P2 | NameOf<K2>>>,
): View<N> {
  const subject = `view ${nameOf('a view', name)}`;
  const given = propertiesOf(subject, definition, [
    'from',
    'columns',
    'partitionKey',
    'clusteringKey',
    'where',
    'options',
  ]);
  const from = originOf(given['from']);
  if (from?.kind !== 'table') {
    throw mistake('VIEW_FROM', {
      message: `${subject} is made from ${shown(given['from'])}`,
      next: 'Give `from` a table: `table(…)`, `alter(…)` or `existing(…)`.',
    });
  }
  const { table } = from;
  const key = keyOf(subject, from.types, {
    partitionKey: given['partitionKey'],
    clusteringKey: given['clusteringKey'],
  });
  refuseKey(subject, table, keyColumns(key));
  const object: ModelView = {
    kind: 'view',
    name,
    table: table.name,
    columns: selected(subject, table, { columns: given['columns'], key: keyColumns(key) }),
    ...key,
    where: whereOf(subject, keyColumns(key), given['where']),
    options: modelOptions('view', subject, given['options']),
  };
  return withOrigin({ kind: 'view', name, table: table.name }, { kind: 'object', object, on: from });
}

function refuseKey(subject: string, table: ModelTable, key: readonly string[]): void {
  const base = keyColumns(table);
  const missing = base.find((column) => !key.includes(column));
  if (missing !== undefined) {
    throw mistake('VIEW_KEY_LACKS', {
      message: `the key of ${subject} lacks ${missing}, a key column of table ${table.name}`,
      next: `Add ${missing} to the view's clusteringKey.`,
    });
  }
  const others = key.filter((column) => !base.includes(column));
  if (others.length > 1) {
    throw mistake('VIEW_KEY_TOO_MUCH', {
      message: `the key of ${subject} has ${others.length} columns outside the key of table ${table.name}: ${others.join(', ')}`,
      next: 'Keep at most one: Cassandra refuses more. A table of your own, filled by `copy`, has no such limit.',
    });
  }
  const bad = table.columns.find(
    (column) => key.includes(column.name) && (column.static || ('frozen' in column.type && !column.type.frozen)),
  );
  if (bad === undefined) return;
  throw mistake('VIEW_KEY_TYPE', {
    message: `column ${bad.name} cannot stand in the key of ${subject}: it is ${bad.static ? 'static' : 'a collection that is not frozen'}`,
    next: 'Choose another column.',
  });
}

function selected(
  subject: string,
  table: ModelTable,
  given: { readonly columns: unknown; readonly key: readonly string[] },
): ModelView['columns'] {
  const fixed = table.columns.find((column) => column.static);
  if (given.columns === '*' && fixed !== undefined) throw ofStatic(subject, fixed.name);
  if (given.columns === '*') return '*';
  const names = table.columns.map(({ name }) => name);
  const columns = listOf(`columns of ${subject}`, given.columns).map((name) =>
    columnOf(`table ${table.name}`, names, name),
  );
  refuseTwice(`columns of ${subject}`, columns);
  const named = columns.find((name) => table.columns.some((column) => column.name === name && column.static));
  if (named !== undefined) throw ofStatic(subject, named);
  return [...given.key, ...columns.filter((name) => !given.key.includes(name)).sort()];
}

function ofStatic(subject: string, column: string): Error {
  return mistake('VIEW_OF_STATIC', {
    message: `${subject} selects ${column}, a static column`,
    next: 'Name the columns in `columns`, without it: views hold no static columns.',
  });
}

function whereOf(subject: string, key: readonly string[], more: unknown): string {
  const restrictions = key.map((column) => `${quoted(column)} IS NOT NULL`);
  return [...restrictions, ...(more === undefined ? [] : [textOf(`where of ${subject}`, more).trim()])].join(' AND ');
}
