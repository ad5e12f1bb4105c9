import { match } from '../kernel/match.ts';
import type { Bytes, Mutation } from '../model/row.ts';
import type { Column, Table } from '../model/schema.ts';
import { qualified, quoted } from './identifier.ts';
import { columnOf, isMultiCell } from './select.ts';

/** A value to bind: bytes, null (deletes), or `unset` (leaves as it is). */
export const unset: unique symbol = Symbol('unset');
export type Bound = Bytes | null | typeof unset;

export interface BoundStatement {
  readonly text: string;
  readonly values: readonly Bound[];
}

/**
 * A mutation as a statement to prepare and its values in wire form. Plain columns that the mutation leaves out are
 * bound `unset`, so that all inserts of a table, and nearly all updates, share one statement.
 */
export function statementOf(keyspace: string, table: Table, mutation: Mutation): BoundStatement {
  const target = { name: qualified(keyspace, table.name), table };
  return match(mutation, {
    insert: (insert) => insertStatement(target, insert),
    update: (update) => updateStatement(target, update),
    'delete-row': (row): BoundStatement => {
      const where = keyOf(table, row.partitionKey, row.clusteringKey);
      return {
        text: `DELETE FROM ${target.name} USING TIMESTAMP ? WHERE ${where.text}`,
        values: [timestampOf(row.timestamp), ...where.values],
      };
    },
    count: (count): BoundStatement => {
      const where = keyOf(table, count.partitionKey, count.clusteringKey);
      const added = Object.entries(count.add);
      const sets = added.map(([name]) => `${quoted(columnOf(table, name).name)} = ${quoted(name)} + ?`);
      return {
        text: `UPDATE ${target.name} SET ${sets.join(', ')} WHERE ${where.text}`,
        values: [...added.map(([, value]) => int64(value)), ...where.values],
      };
    },
  });
}

/**
 * True when sending the mutation twice leaves the same as sending it once. A list written twice at one timestamp
 * doubles, whether it is set or appended to; a counter counts twice; without a timestamp the second is a later write.
 */
export function isRepeatable(table: Table, mutation: Mutation): boolean {
  if (mutation.kind === 'count' || mutation.timestamp === null) return false;
  return !touchesList(table, mutation);
}

/** True when the mutation sets or appends to an unfrozen list; such mutations of one row keep their order. */
export function touchesList(table: Table, mutation: Mutation): boolean {
  if (mutation.kind !== 'insert' && mutation.kind !== 'update') return false;
  const isList = (name: string): boolean => {
    const { type } = columnOf(table, name);
    return type.kind === 'list' && !type.frozen;
  };
  if (Object.entries(mutation.cells).some(([name, value]) => value !== null && isList(name))) return true;
  return mutation.kind === 'update' && Object.keys(mutation.add).some(isList);
}

interface Target {
  readonly name: string;
  readonly table: Table;
}
type Insert = Extract<Mutation, { readonly kind: 'insert' }>;
type Update = Extract<Mutation, { readonly kind: 'update' }>;

function insertStatement({ name, table }: Target, insert: Insert): BoundStatement {
  const cells = plainCells(table, insert);
  const keys = table.partitionKey.concat(
    insert.clusteringKey === null ? [] : table.clusteringKey.map((part) => part.column),
  );
  const columns = [...keys, ...cells.map((cell) => cell.column)].map(quoted);
  return {
    text: `INSERT INTO ${name} (${columns.join(', ')}) VALUES (${columns.map(() => '?').join(', ')}) USING TIMESTAMP ? AND TTL ?`,
    values: [
      ...insert.partitionKey,
      ...(insert.clusteringKey ?? []),
      ...cells.map((cell) => cell.value),
      timestampOf(insert.timestamp),
      int32(insert.ttl),
    ],
  };
}

function updateStatement({ name, table }: Target, update: Update): BoundStatement {
  const where = keyOf(table, update.partitionKey, update.clusteringKey);
  const sets: string[] = [];
  const values: Bound[] = [];
  for (const { column, value } of plainCells(table, update)) {
    sets.push(`${quoted(column)} = ?`);
    values.push(value);
  }
  for (const [column, value] of Object.entries(update.add)) {
    sets.push(`${quoted(columnOf(table, column).name)} = ${quoted(column)} + ?`);
    values.push(value);
  }
  for (const [column, fields] of Object.entries(update.fields)) {
    columnOf(table, column);
    for (const [field, value] of Object.entries(fields)) {
      sets.push(`${quoted(column)}.${quoted(field)} = ?`);
      values.push(value);
    }
  }
  return {
    text: `UPDATE ${name} USING TIMESTAMP ? AND TTL ? SET ${sets.join(', ')} WHERE ${where.text}`,
    values: [timestampOf(update.timestamp), int32(update.ttl), ...values, ...where.values],
  };
}

/** Every plain column that a row of this kind can have, `unset` where it is left out, and the other columns set. */
function plainCells(table: Table, mutation: Insert | Update): { readonly column: string; readonly value: Bound }[] {
  const keys = new Set([...table.partitionKey, ...table.clusteringKey.map((part) => part.column)]);
  const { cells } = mutation;
  for (const name of Object.keys(cells)) columnOf(table, name);
  const inReach = (column: Column): boolean =>
    !keys.has(column.name) &&
    !isMultiCell(column.type) &&
    column.static === (mutation.clusteringKey === null) &&
    !(column.type.kind === 'scalar' && column.type.name === 'counter');
  return table.columns
    .filter((column) => inReach(column) || Object.hasOwn(cells, column.name))
    .map((column) => {
      const value = Object.hasOwn(cells, column.name) ? cells[column.name] : undefined;
      return { column: column.name, value: value === undefined ? unset : value };
    });
}

/** `clusteringKey` null: the partition's static columns. */
function keyOf(table: Table, partitionKey: readonly Bytes[], clusteringKey: readonly Bytes[] | null): BoundStatement {
  const columns = table.partitionKey.concat(
    clusteringKey === null ? [] : table.clusteringKey.map((part) => part.column),
  );
  return {
    text: columns.map((column) => `${quoted(column)} = ?`).join(' AND '),
    values: [...partitionKey, ...(clusteringKey ?? [])],
  };
}

/** Null leaves the timestamp to the coordinator. */
function timestampOf(timestamp: bigint | null): Bound {
  return timestamp === null ? unset : int64(timestamp);
}

function int64(value: bigint): Bytes {
  const bytes = new Uint8Array(8);
  new DataView(bytes.buffer).setBigInt64(0, value);
  return bytes;
}

function int32(value: number): Bytes {
  const bytes = new Uint8Array(4);
  new DataView(bytes.buffer).setInt32(0, value);
  return bytes;
}
