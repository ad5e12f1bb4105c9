import type { ClusteringColumn, Table as ModelTable } from '../model/schema.ts';
import { columnsOf, inOrder, modelColumn } from './column.ts';
import type { Columns } from './cql-type.ts';
import { listOf, mistake, propertiesOf, shown } from './mistake.ts';
import { nameOf, refuseTwice } from './name.ts';
import { withOrigin } from './origin.ts';
import { modelOptions, type TableOptions } from './table-options.ts';
import type { KeyPart, NameOf, Ordered, SoundColumns, Table } from './table-type.ts';

/**
 * Descending order of a clustering column.
 *
 * @example
 * import { desc, t, table } from 'cqlform';
 *
 * const visits = table('visits', {
 *   columns: { page: t.text(), at: t.timestamp() },
 *   partitionKey: ['page'],
 *   clusteringKey: [desc('at')],
 * });
 */
export function desc<const N extends string>(column: N): Ordered<N> {
  return Object.freeze({ column, order: 'desc' });
}

/**
 * Ascending order of a clustering column: what a bare name means, too.
 *
 * @example
 * import { asc, desc, t, table } from 'cqlform';
 *
 * const visits = table('visits', {
 *   columns: { page: t.text(), day: t.date(), at: t.timestamp() },
 *   partitionKey: ['page'],
 *   clusteringKey: [asc('day'), desc('at')],
 * });
 */
export function asc<const N extends string>(column: N): Ordered<N> {
  return Object.freeze({ column, order: 'asc' });
}

/**
 * A table that this migration creates, when it stands in `schema`. An equal table that nobody manages yet is adopted.
 *
 * @example
 * import { desc, migration, t, table } from 'cqlform';
 *
 * const moviesByGenre = table('movies_by_genre', {
 *   columns: { genre: t.text(), released: t.date(), id: t.uuid(), title: t.text() },
 *   partitionKey: ['genre'],
 *   clusteringKey: [desc('released'), 'id'],
 *   options: { comment: 'Movies of a genre, newest first' },
 * });
 *
 * export default migration({ description: 'List movies by genre', schema: [moviesByGenre] });
 */
export function table<
  const N extends string,
  C extends Columns,
  const P extends keyof C & string,
  const K extends KeyPart<C> = never,
>(
  name: N,
  definition: {
    readonly columns: C & SoundColumns<C, P, NameOf<K> & keyof C>;
    readonly partitionKey: readonly [P, ...P[]];
    readonly clusteringKey?: readonly K[];
    readonly options?: TableOptions;
  },
): Table<N, C, P, NameOf<K>> {
  propertiesOf(`table ${shown(name)}`, definition, ['columns', 'partitionKey', 'clusteringKey', 'options']);
  return declared(name, definition, 'created') as Table<N, C, P, NameOf<K>>;
}

/**
 * A table as this migration expects to find it: the columns it reads, alters or drops, and the whole key. `check`
 * compares it with the state before this file, `plan` with the live table.
 *
 * @example
 * import { alter, existing, migration, t } from 'cqlform';
 *
 * const movies = existing('movies', { columns: { id: t.uuid() }, partitionKey: ['id'] });
 *
 * export default migration({
 *   description: 'Movies get a rating',
 *   schema: [alter(movies, { add: { rating: t.int() } })],
 * });
 */
export function existing<
  const N extends string,
  C extends Columns,
  const P extends keyof C & string,
  const K extends KeyPart<C> = never,
>(
  name: N,
  definition: {
    readonly columns: C & SoundColumns<C, P, NameOf<K> & keyof C>;
    readonly partitionKey: readonly [P, ...P[]];
    readonly clusteringKey?: readonly K[];
  },
): Table<N, C, P, NameOf<K>> {
  propertiesOf(`table ${shown(name)}`, definition, ['columns', 'partitionKey', 'clusteringKey']);
  return declared(name, definition, 'existing') as Table<N, C, P, NameOf<K>>;
}

interface Definition {
  readonly columns: unknown;
  readonly partitionKey: unknown;
  readonly clusteringKey?: unknown;
  readonly options?: unknown;
}

function declared(given: unknown, definition: Definition, how: 'created' | 'existing'): Table {
  const name = nameOf('a table', given);
  const subject = `table ${name}`;
  const types = columnsOf(subject, definition.columns);
  const model = modelTable(name, types, {
    ...keyOf(subject, types, definition),
    options: modelOptions('table', subject, definition.options),
  });
  return tableValue(model, types, (shape) => withOrigin(shape, { kind: 'table', how, table: model, types }));
}

/** What users see of a table. */
export function tableValue(model: ModelTable, types: Columns, sealed: (shape: Table) => Table): Table {
  const { name } = model;
  const partitionKey = Object.freeze([...model.partitionKey]);
  const clusteringKey = Object.freeze(model.clusteringKey.map((part) => Object.freeze({ ...part })));
  return sealed({ kind: 'table', name, columns: types, partitionKey, clusteringKey });
}

/** The key as the model has it; throws when it names no column, one twice, or none at all. */
export function keyOf(
  subject: string,
  columns: Columns,
  given: { readonly partitionKey: unknown; readonly clusteringKey?: unknown },
): Pick<ModelTable, 'partitionKey' | 'clusteringKey'> {
  const partitionKey = listOf(`the partition key of ${subject}`, given.partitionKey).map((part) =>
    keyColumn(subject, columns, part),
  );
  if (partitionKey.length === 0) {
    throw mistake('NO_PARTITION_KEY', {
      message: `${subject} has no partition key`,
      next: 'Name at least one column in `partitionKey`.',
    });
  }
  const clusteringKey = listOf(`the clustering key of ${subject}`, given.clusteringKey ?? []).map(
    (part): ClusteringColumn =>
      typeof part === 'string'
        ? { column: keyColumn(subject, columns, part), order: 'asc' }
        : orderedColumn(subject, columns, part),
  );
  refuseTwice(`the key of ${subject}`, [...partitionKey, ...clusteringKey.map(({ column }) => column)]);
  return { partitionKey, clusteringKey };
}

function orderedColumn(subject: string, columns: Columns, part: unknown): ClusteringColumn {
  const { column, order } = propertiesOf(`the clustering key of ${subject}`, part, ['column', 'order']);
  if (order === 'asc' || order === 'desc') return { column: keyColumn(subject, columns, column), order };
  throw mistake('CLUSTERING_ORDER', {
    message: `${subject} orders ${shown(column)} by ${shown(order)}`,
    next: `Use \`asc(${shown(column)})\` or \`desc(${shown(column)})\`.`,
  });
}

function keyColumn(subject: string, columns: Columns, name: unknown): string {
  if (typeof name === 'string' && Object.hasOwn(columns, name)) return name;
  throw mistake('KEY_NOT_A_COLUMN', {
    message: `${subject} has no column ${shown(name)}, which its key names`,
    next: `Add the column, or name one of: ${Object.keys(columns).join(', ')}.`,
  });
}

/** The table in the model's canonical form, its columns checked against each other. */
export function modelTable(
  name: string,
  types: Columns,
  rest: Pick<ModelTable, 'partitionKey' | 'clusteringKey' | 'options'>,
): ModelTable {
  const subject = `table ${name}`;
  const keys = [...rest.partitionKey, ...rest.clusteringKey.map(({ column }) => column)];
  const columns = Object.entries(types).map(([column, type]) =>
    modelColumn(subject, column, { type, key: keys.includes(column) }),
  );
  const model: ModelTable = { kind: 'table', name, columns: inOrder(columns, rest), ...rest };
  refuseLoneStatic(model);
  refuseMixedCounters(model, keys);
  return model;
}

function refuseLoneStatic(table: ModelTable): void {
  const found = table.columns.find((column) => column.static);
  if (found === undefined || table.clusteringKey.length > 0) return;
  throw mistake('STATIC_WITHOUT_CLUSTERING', {
    message: `column ${found.name} of table ${table.name} is static, but the table has no clustering key`,
    next: 'Give the table a clustering key, or take `t.static` off.',
  });
}

function refuseMixedCounters(table: ModelTable, keys: readonly string[]): void {
  const others = table.columns.filter(({ name }) => !keys.includes(name));
  const isCounter = ({ type }: (typeof others)[number]): boolean => type.kind === 'scalar' && type.name === 'counter';
  const other = others.find((column) => !isCounter(column));
  if (other === undefined || !others.some(isCounter)) return;
  throw mistake('COUNTER_MIXED', {
    message: `table ${table.name} has counters and the column ${other.name}, which is none`,
    next: 'Keep counters in a table of their own: beside its key it can hold nothing else.',
  });
}
