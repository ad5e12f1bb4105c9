import { own } from '../kernel/own.ts';
import { type Column, keyColumns, type OptionValue, type Table } from '../model/schema.ts';
import { typeText } from '../model/type-text.ts';
import { maskText, sameKey } from './matches.ts';
import { optionHolds } from './options.ts';
import { columnOf } from './schema-objects.ts';

/** What is different between two states of one table; names are those of the state after, unless said otherwise. */
export interface TableDifference {
  readonly table: string;
  readonly added: readonly Column[];
  /** By their names and types before. */
  readonly dropped: readonly Column[];
  /** Old name → new name. */
  readonly renamed: Readonly<Record<string, string>>;
  /** Columns of both, whether or not they changed. */
  readonly kept: readonly { readonly before: Column; readonly after: Column }[];
  /** Same column, another type or static-ness. */
  readonly retyped: readonly { readonly before: Column; readonly after: Column }[];
  readonly masked: readonly { readonly before: Column; readonly after: Column }[];
  /** Partition or clustering columns, or their order, are others; a mere rename of key columns is not. */
  readonly key: { readonly before: Table; readonly after: Table } | null;
  /** Options that `after` states and `before` has not so. */
  readonly options: Readonly<Record<string, { readonly before: OptionValue | null; readonly after: OptionValue }>>;
}

/** Compares what `after` manages: an option or a mask that it leaves out is not compared. */
export function tableDifference(
  before: Table,
  after: Table,
  renamed: Readonly<Record<string, string>> = {},
): TableDifference {
  const oldNames = new Map(Object.entries(renamed).map(([from, to]) => [to, from]));
  const source = (column: Column): Column | undefined => columnOf(before, oldNames.get(column.name) ?? column.name);
  const kept = after.columns.flatMap((column) => {
    const found = source(column);
    return found === undefined ? [] : [{ before: found, after: column }];
  });
  const keptNames = new Set(kept.map((pair) => pair.before.name));
  return {
    table: after.name,
    added: after.columns.filter((column) => source(column) === undefined),
    dropped: before.columns.filter((column) => !keptNames.has(column.name)),
    renamed: Object.fromEntries(
      kept.filter((pair) => pair.before.name !== pair.after.name).map((pair) => [pair.before.name, pair.after.name]),
    ),
    kept,
    retyped: kept.filter((pair) => !sameShape(pair.before, pair.after)),
    masked: kept.filter(
      (pair) => pair.after.mask !== undefined && maskText(pair.after.mask) !== maskText(pair.before.mask),
    ),
    key: sameKey(withNewNames(before, renamed), after) ? null : { before, after },
    options: Object.fromEntries(
      Object.entries(after.options)
        .filter(([name, value]) => !optionHolds(name, value, own(before.options, name)))
        .map(([name, value]) => [name, { before: own(before.options, name) ?? null, after: value }]),
    ),
  };
}

export function isSame(difference: TableDifference): boolean {
  return (
    difference.key === null &&
    [difference.added, difference.dropped, difference.retyped, difference.masked].every((list) => list.length === 0) &&
    [difference.renamed, difference.options].every((map) => Object.keys(map).length === 0)
  );
}

/** What of the difference Cassandra cannot do in place, in words; empty: all of it can be done in place. */
export function reasonsToRebuild(difference: TableDifference): readonly string[] {
  const reasons = difference.retyped.map(({ before, after }) =>
    typeText(before.type) === typeText(after.type)
      ? `${after.name} becomes ${after.static ? 'static' : 'regular'}`
      : `type ${typeText(before.type)} → ${typeText(after.type)} of ${after.name}`,
  );
  if (difference.key !== null) reasons.push(keyReason(difference.key.before, difference.key.after));
  for (const column of difference.dropped) {
    if (column.type.kind === 'udt' && !column.type.frozen)
      reasons.push(`drop of ${column.name}, an unfrozen user-defined type`);
  }
  for (const { before, after } of difference.kept) {
    if (before.name !== after.name && before.type.kind === 'udt' && !before.type.frozen)
      reasons.push(`rename of ${before.name}, an unfrozen user-defined type`);
  }
  return reasons;
}

/** Renamed columns outside the key: Cassandra can rename key columns only. Old name → new name. */
export function renamedValues(before: Table, difference: TableDifference): Readonly<Record<string, string>> {
  const key = keyColumns(before);
  return Object.fromEntries(Object.entries(difference.renamed).filter(([from]) => !key.includes(from)));
}

/** Renamed key columns. Old name → new name. */
export function renamedKeys(before: Table, difference: TableDifference): Readonly<Record<string, string>> {
  const key = keyColumns(before);
  return Object.fromEntries(Object.entries(difference.renamed).filter(([from]) => key.includes(from)));
}

function sameShape(a: Column, b: Column): boolean {
  return typeText(a.type) === typeText(b.type) && a.static === b.static;
}

function withNewNames(table: Table, renamed: Readonly<Record<string, string>>): Table {
  const name = (old: string): string => own(renamed, old) ?? old;
  return {
    ...table,
    partitionKey: table.partitionKey.map(name),
    clusteringKey: table.clusteringKey.map((part) => ({ ...part, column: name(part.column) })),
  };
}

function keyReason(before: Table, after: Table): string {
  const partition = before.partitionKey.join(', ') !== after.partitionKey.join(', ');
  const text = (table: Table): string =>
    `(${partition ? [...table.partitionKey] : table.clusteringKey.map((part) => `${part.column} ${part.order}`)})`.replaceAll(
      ',',
      ', ',
    );
  return `${partition ? 'partition' : 'clustering'} key ${text(before)} → ${text(after)}`;
}
