import { own } from '../kernel/own.ts';
import { qualified, quoted } from '../model/identifier.ts';
import type { Bytes, Mutation } from '../model/row.ts';
import type { Column, Table } from '../model/schema.ts';
import { columnOf, isMultiCell } from './select.ts';

/** A value to bind: bytes, null (deletes), or `unset` (leaves as it is). */
export const unset: unique symbol = Symbol('unset');
export type Bound = Bytes | null | typeof unset;

export interface BoundStatement {
  readonly text: string;
  readonly values: readonly Bound[];
  /** Which value is the first of the key; its parts follow one another, the partition's first. */
  readonly keyAt: number;
}

type Insert = Extract<Mutation, { readonly kind: 'insert' }>;
type Update = Extract<Mutation, { readonly kind: 'update' }>;

/** Of an insert or update: its text, and where the values of its cells begin and which columns they are. */
interface Shape {
  readonly text: string;
  readonly places: ReadonlyMap<string, number>;
}

/**
 * The statements that mutations of one table become, to be prepared. Plain columns that a mutation leaves out are bound
 * `unset`, so that all inserts of a table, and nearly all updates, share one statement; texts are made once.
 */
export class MutationStatements {
  readonly #name: string;
  readonly #table: Table;
  readonly #lists: ReadonlySet<string>;
  /** Columns that every statement binds: those that are neither key, nor counter, nor made of cells of their own. */
  readonly #statics: readonly string[];
  readonly #regulars: readonly string[];
  readonly #plain: ReadonlySet<string>;
  readonly #shapes = new Map<string, Shape>();

  constructor(keyspace: string, table: Table) {
    const keys = new Set([...table.partitionKey, ...table.clusteringKey.map((part) => part.column)]);
    const plain = table.columns.filter((column) => !keys.has(column.name) && isPlain(column));
    this.#name = qualified(keyspace, table.name);
    this.#table = table;
    this.#lists = new Set(table.columns.filter(isUnfrozenList).map((column) => column.name));
    this.#statics = plain.filter((column) => column.static).map((column) => column.name);
    this.#regulars = plain.filter((column) => !column.static).map((column) => column.name);
    this.#plain = new Set(this.#regulars);
  }

  /** The statement of a mutation and its values in wire form. Throws `UNKNOWN_COLUMN`. */
  of(mutation: Mutation): BoundStatement {
    switch (mutation.kind) {
      case 'insert':
        return this.#insert(mutation);
      case 'update':
        return this.#update(mutation);
      case 'delete-row':
        return {
          text: `DELETE FROM ${this.#name} USING TIMESTAMP ? WHERE ${this.#where(true)}`,
          values: [timestampOf(mutation.timestamp), ...mutation.partitionKey, ...mutation.clusteringKey],
          keyAt: 1,
        };
      case 'count': {
        const added = Object.entries(mutation.add);
        const sets = added.map(([name]) => `${this.#quoted(name)} = ${quoted(name)} + ?`);
        return {
          text: `UPDATE ${this.#name} SET ${sets.join(', ')} WHERE ${this.#where(mutation.clusteringKey !== null)}`,
          values: [
            ...added.map(([, value]) => int64(value)),
            ...mutation.partitionKey,
            ...(mutation.clusteringKey ?? []),
          ],
          keyAt: added.length,
        };
      }
    }
  }

  /**
   * True when sending the mutation twice leaves the same as sending it once. A list written twice at one timestamp
   * doubles, whether it is set or appended to; a counter counts twice; without a timestamp the second is a later write.
   */
  isRepeatable(mutation: Mutation): boolean {
    return mutation.kind !== 'count' && mutation.timestamp !== null && !this.touchesList(mutation);
  }

  /** True when the mutation sets or appends to an unfrozen list; such mutations of one row keep their order. */
  touchesList(mutation: Mutation): boolean {
    if (this.#lists.size === 0 || (mutation.kind !== 'insert' && mutation.kind !== 'update')) return false;
    for (const name of this.#lists) {
      if ((own(mutation.cells, name) ?? null) !== null) return true;
      if (mutation.kind === 'update' && Object.hasOwn(mutation.add, name)) return true;
    }
    return false;
  }

  #insert(insert: Insert): BoundStatement {
    const whole = insert.clusteringKey !== null;
    const names = Object.keys(insert.cells);
    const others = this.#others(names, whole);
    const shape = this.#shape(`insert ${whole} ${JSON.stringify(others)}`, () => {
      const keys = this.#keys(whole);
      const columns = [...keys, ...(whole ? this.#regulars : this.#statics), ...others];
      return {
        text: `INSERT INTO ${this.#name} (${columns.map((column) => this.#quoted(column)).join(', ')}) VALUES (${columns.map(() => '?').join(', ')}) USING TIMESTAMP ? AND TTL ?`,
        places: placesOf(columns, 0),
      };
    });
    const values: Bound[] = [...insert.partitionKey, ...(insert.clusteringKey ?? [])];
    this.#bind(insert.cells, names, { values, places: shape.places, count: shape.places.size });
    values.push(timestampOf(insert.timestamp), int32(insert.ttl));
    return { text: shape.text, values, keyAt: 0 };
  }

  #update(update: Update): BoundStatement {
    const whole = update.clusteringKey !== null;
    const names = Object.keys(update.cells);
    const added = Object.entries(update.add);
    const fields = Object.entries(update.fields).map(([name, values]) => [name, Object.entries(values)] as const);
    const others = this.#others(names, whole);
    const parts = [
      others,
      added.map(([name]) => name),
      fields.map(([name, list]) => [name, list.map(([field]) => field)]),
    ];
    const shape = this.#shape(`update ${whole} ${JSON.stringify(parts)}`, () => {
      const columns = [...(whole ? this.#regulars : this.#statics), ...others];
      const sets = [
        ...columns.map((column) => `${this.#quoted(column)} = ?`),
        ...added.map(([name]) => `${this.#quoted(name)} = ${quoted(name)} + ?`),
        ...fields.flatMap(([name, list]) => list.map(([field]) => `${this.#quoted(name)}.${quoted(field)} = ?`)),
      ];
      return {
        text: `UPDATE ${this.#name} USING TIMESTAMP ? AND TTL ? SET ${sets.join(', ')} WHERE ${this.#where(whole)}`,
        places: placesOf(columns, 2),
      };
    });
    const values: Bound[] = [timestampOf(update.timestamp), int32(update.ttl)];
    this.#bind(update.cells, names, { values, places: shape.places, count: 2 + shape.places.size });
    for (const [, value] of added) values.push(value);
    for (const [, list] of fields) for (const [, value] of list) values.push(value);
    const keyAt = values.length;
    values.push(...update.partitionKey, ...(update.clusteringKey ?? []));
    return { text: shape.text, values, keyAt };
  }

  #bind(
    cells: Insert['cells'],
    names: readonly string[],
    into: { readonly values: Bound[]; readonly places: ReadonlyMap<string, number>; readonly count: number },
  ): void {
    while (into.values.length < into.count) into.values.push(unset);
    for (const name of names) {
      const place = into.places.get(name);
      if (place !== undefined) into.values[place] = own(cells, name) ?? null;
    }
  }

  /** The columns set that not every statement binds. */
  #others(names: readonly string[], whole: boolean): string[] {
    return names.filter((name) => (whole ? !this.#plain.has(name) : !this.#statics.includes(name)));
  }

  #shape(key: string, make: () => Shape): Shape {
    const known = this.#shapes.get(key);
    if (known !== undefined) return known;
    const shape = make();
    this.#shapes.set(key, shape);
    return shape;
  }

  #keys(whole: boolean): string[] {
    const { partitionKey, clusteringKey } = this.#table;
    return [...partitionKey, ...(whole ? clusteringKey.map((part) => part.column) : [])];
  }

  #where(whole: boolean): string {
    return this.#keys(whole)
      .map((column) => `${quoted(column)} = ?`)
      .join(' AND ');
  }

  #quoted(name: string): string {
    return quoted(columnOf(this.#table, name).name);
  }
}

function isPlain({ type }: Column): boolean {
  return !isMultiCell(type) && !(type.kind === 'scalar' && type.name === 'counter');
}

function isUnfrozenList({ type }: Column): boolean {
  return type.kind === 'list' && !type.frozen;
}

function placesOf(columns: readonly string[], first: number): ReadonlyMap<string, number> {
  return new Map(columns.map((column, index) => [column, first + index]));
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
