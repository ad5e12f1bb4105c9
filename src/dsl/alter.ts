import { own } from '../kernel/own.ts';
import type { TableDelta } from '../model/migration.ts';
import type { Table as ModelTable } from '../model/schema.ts';
import { columnsOf } from './column.ts';
import type { Columns, CqlType, Flat } from './cql-type.ts';
import type { Optionals } from './inherited.ts';
import { listOf, mistake, objectOf, propertiesOf, shown, textOf } from './mistake.ts';
import { memberNameOf, refuseTwice } from './name.ts';
import { originOf, type TableOrigin, withOrigin } from './origin.ts';
import { keyOf, modelTable, tableValue } from './table.ts';
import { modelOptions, type TableOptions } from './table-options.ts';
import type { KeyPart, NameOf, Table } from './table-type.ts';

/** What a change adds or retypes when it says nothing. */
export type NoColumns = Record<never, never>;
export type Renames<C> = Optionals<C, string>;
export type Texts<R> = { readonly [X in keyof R]: string };
export type NewName<X, R> = X extends keyof R ? (R[X] extends string ? R[X] : X) : X;
/** Columns after a change: D dropped, R renamed, A added, Y given another type. */
export type Altered<C, D, R, A, Y> = Flat<
  { [X in Exclude<keyof C, D | keyof Y> as NewName<X, R>]: C[X] } & A & { [X in keyof Y as NewName<X, R>]: Y[X] }
>;
/** Refuses what a generic parameter would otherwise let through. */
export type Only<Given, Allowed> = { readonly [X in Exclude<keyof Given, Allowed>]: never };

/**
 * A table with a change, applied to whatever the table is by then: two branches that each add a column both win.
 * `drop`, `rename` and `retype` name columns as they were, `add` and the keys as they will be.
 *
 * An alter of an alter stands for both: when only the last of a chain is in `schema`, all of the chain's changes are
 * made, in order, each once.
 *
 * @example
 * import { alter, existing, migration, t } from 'cqlform';
 *
 * const movies = existing('movies', { columns: { id: t.uuid(), rating_text: t.text() }, partitionKey: ['id'] });
 *
 * export default migration({
 *   description: 'Ratings are numbers',
 *   schema: [alter(movies, { add: { rating: t.int() }, drop: ['rating_text'] })],
 * });
 */
export function alter<
  N extends string,
  C extends Columns,
  P extends string,
  K extends string,
  A extends Columns = NoColumns,
  const D extends Exclude<keyof C & string, P | K> = never,
  const R extends Renames<C> = NoColumns,
  Y extends Optionals<C, CqlType> = NoColumns,
  const P2 extends keyof Altered<C, D, R, A, Y> & string = never,
  const K2 extends KeyPart<Altered<C, D, R, A, Y>> = never,
>(
  base: Table<N, C, P, K>,
  change: {
    readonly add?: A & { readonly [X in keyof A & keyof C]: 'there is a column of this name already' };
    readonly drop?: readonly D[];
    readonly rename?: R & Renames<C> & Texts<R> & Only<R, keyof C>;
    readonly retype?: Y & Only<Y, keyof C>;
    readonly partitionKey?: readonly [P2, ...P2[]];
    readonly clusteringKey?: readonly K2[];
    readonly options?: TableOptions;
  },
): Table<
  N,
  Altered<C, D, R, A, Y>,
  [P2] extends [never] ? NewName<P, R> & string : P2,
  [P2] extends [never] ? NewName<K, R> & string : NameOf<K2>
> {
  return altered(base, change) as never;
}

const parts = ['add', 'drop', 'rename', 'retype', 'partitionKey', 'clusteringKey', 'options'] as const;

function altered(base: unknown, given: unknown): Table {
  const origin = originOf(base);
  if (origin?.kind !== 'table') {
    throw mistake('ALTER_OF_NO_TABLE', {
      message: `alter was given ${shown(base)}, not a table`,
      next: 'Declare the table with `existing(name, …)` and give that.',
    });
  }
  const subject = `table ${origin.table.name}`;
  const change = propertiesOf(`the change of ${subject}`, given, parts);
  if (Object.values(change).every((part) => part === undefined)) {
    throw mistake('ALTER_EMPTY', {
      message: `the change of ${subject} is empty`,
      next: `Give one of: ${parts.join(', ')}.`,
    });
  }
  const named = {
    drop: droppedOf(origin.table, change['drop']),
    rename: renamedOf(`${subject}`, Object.keys(origin.types), change['rename']),
  };
  const added = columnsOf(`add of ${subject}`, change['add'] ?? {});
  const retyped = retypedOf(origin, change['retype'], named.drop);
  const types = typesAfter(origin, { ...named, added, retyped });
  const key = rekeyed(subject, types, change);
  const options = modelOptions('table', subject, change['options']);
  const table = modelTable(origin.table.name, types, {
    ...(key ?? renamedKey(origin.table, named.rename)),
    options: { ...origin.table.options, ...options },
  });
  const delta: TableDelta = {
    kind: 'alter-table',
    table: table.name,
    add: table.columns.filter(({ name }) => Object.hasOwn(added, name)),
    ...named,
    retype: typeChanges(origin.table, table, { names: Object.keys(retyped), rename: named.rename }),
    key,
    options,
  };
  return tableValue(table, types, (shape) =>
    withOrigin(shape, { kind: 'table', how: 'altered', table, types, base: origin, delta }),
  );
}

function droppedOf(table: ModelTable, given: unknown): readonly string[] {
  const subject = `table ${table.name}`;
  const names = listOf(`drop of ${subject}`, given ?? []).map((name) =>
    columnOf(
      subject,
      table.columns.map((column) => column.name),
      name,
    ),
  );
  refuseTwice(`drop of ${subject}`, names);
  const key = names.find(
    (name) => table.partitionKey.includes(name) || table.clusteringKey.some(({ column }) => column === name),
  );
  if (key === undefined) return names;
  throw mistake('DROP_OF_KEY', {
    message: `column ${key} of ${subject} stands in the key and cannot be dropped`,
    next: 'Give the table another key first, with `partitionKey` and `clusteringKey`, in an alter of its own.',
  });
}

/** Old name → new name; shared by tables and types. */
export function renamedOf(
  subject: string,
  columns: readonly string[],
  given: unknown,
): Readonly<Record<string, string>> {
  const renames = Object.entries(objectOf(`rename of ${subject}`, given ?? {})).filter(([, to]) => to !== undefined);
  const checked = renames.map(
    ([from, to]) => [columnOf(subject, columns, from), memberNameOf(`rename of ${from} of ${subject}`, to)] as const,
  );
  return Object.fromEntries(checked);
}

function retypedOf(origin: TableOrigin, given: unknown, dropped: readonly string[]): Columns {
  const subject = `table ${origin.table.name}`;
  const retyped = columnsOf(`retype of ${subject}`, given ?? {});
  for (const name of Object.keys(retyped)) {
    columnOf(subject, Object.keys(origin.types), name);
    if (!dropped.includes(name)) continue;
    throw mistake('DROPPED_AND_RETYPED', {
      message: `column ${name} of ${subject} is dropped and given another type in one change`,
      next: 'Do one of them.',
    });
  }
  return retyped;
}

interface ColumnChanges {
  readonly drop: readonly string[];
  readonly rename: Readonly<Record<string, string>>;
  readonly added: Columns;
  readonly retyped: Columns;
}

function typesAfter(origin: TableOrigin, { drop, rename, added, retyped }: ColumnChanges): Columns {
  const subject = `table ${origin.table.name}`;
  const both = drop.find((name) => Object.hasOwn(rename, name));
  if (both !== undefined) {
    throw mistake('DROPPED_AND_RENAMED', {
      message: `column ${both} of ${subject} is dropped and renamed in one change`,
      next: 'Do one of them.',
    });
  }
  const kept = Object.entries({ ...origin.types, ...retyped })
    .filter(([name]) => !drop.includes(name))
    .map(([name, type]) => [own(rename, name) ?? name, type] as const);
  const names = [...kept.map(([name]) => name), ...Object.keys(added)];
  const clash = names.find((name, index) => names.indexOf(name) !== index);
  if (clash !== undefined) {
    throw mistake('COLUMN_TWICE', {
      message: `${subject} would have two columns ${clash}`,
      next: 'Choose another name, or drop the old column in an earlier migration.',
      fields: { table: origin.table.name, column: clash },
    });
  }
  return Object.freeze(Object.fromEntries([...kept, ...Object.entries(added)]));
}

function rekeyed(subject: string, types: Columns, change: Readonly<Record<string, unknown>>): TableDelta['key'] {
  const { partitionKey, clusteringKey } = change;
  if (partitionKey !== undefined) return keyOf(subject, types, { partitionKey, clusteringKey });
  if (clusteringKey === undefined) return null;
  throw mistake('CLUSTERING_WITHOUT_PARTITION', {
    message: `the change of ${subject} gives a clustering key without a partition key`,
    next: 'Give the whole new key: `partitionKey` too, also when it stays the same.',
  });
}

function renamedKey(
  table: ModelTable,
  rename: Readonly<Record<string, string>>,
): Pick<ModelTable, 'partitionKey' | 'clusteringKey'> {
  return {
    partitionKey: table.partitionKey.map((name) => own(rename, name) ?? name),
    clusteringKey: table.clusteringKey.map(({ column, order }) => ({ column: own(rename, column) ?? column, order })),
  };
}

/** Only what differs: a table that names a grown user-defined type again has nothing to change. */
function typeChanges(
  before: ModelTable,
  after: ModelTable,
  { names, rename }: { readonly names: readonly string[]; readonly rename: Readonly<Record<string, string>> },
): TableDelta['retype'] {
  const changes = names.flatMap((name) => {
    const old = before.columns.find((column) => column.name === name);
    const now = after.columns.find((column) => column.name === (own(rename, name) ?? name));
    if (now === undefined || (old?.static === now.static && same(old.type, now.type))) return [];
    return [[name, { type: now.type, static: now.static }] as const];
  });
  return Object.fromEntries(changes);
}

/** Model types are built with their properties in one order. */
const same = (a: unknown, b: unknown): boolean => JSON.stringify(a) === JSON.stringify(b);

/** A column's name, sure to exist; throws `MIGRATION_NO_SUCH_COLUMN`. */
export function columnOf(subject: string, columns: readonly string[], name: unknown): string {
  if (typeof name === 'string' && columns.includes(name)) return name;
  throw mistake('NO_SUCH_COLUMN', {
    message: `${subject} is declared here without ${typeof name === 'string' ? name : shown(name)}`,
    next: `Declare it, or name one of: ${columns.join(', ')}.`,
    fields: { name: typeof name === 'string' ? name : textOf('name', shown(name)) },
  });
}
