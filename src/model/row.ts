/** A value in Cassandra's own wire form. */
export type Bytes = Uint8Array;

/** When a cell was written and when it ends. */
export interface CellTime {
  /** Microseconds since the epoch; null where the server does not tell (then it is inferred). */
  readonly writeTime: bigint | null;
  /** Absolute, whole seconds since the epoch; null: never. */
  readonly expiresAt: number | null;
}

/** One element of an unfrozen collection or one field of an unfrozen UDT. */
export interface CellElement extends CellTime {
  /** set: the element; map: the key; list: null (order is the array's); UDT: the field's name in UTF-8. */
  readonly key: Bytes | null;
  /** list, map, UDT: the value; set: null. */
  readonly value: Bytes | null;
}

/** A column's content in a row; a column without a cell is null in `cells`. */
export type Cell =
  | ({ readonly kind: 'value'; readonly bytes: Bytes } & CellTime)
  | { readonly kind: 'elements'; readonly elements: readonly CellElement[] }
  | { readonly kind: 'counter'; readonly value: bigint };

/**
 * A row as it is stored. The static columns of a partition come as one row of kind `static` before its other rows
 * (`cells` follows the static columns asked for); rows of kind `row` hold the regular columns asked for, in their order.
 * A row whose cells are all null is a key-only row, and counts.
 */
export type StoredRow =
  | { readonly kind: 'static'; readonly partitionKey: readonly Bytes[]; readonly cells: readonly (Cell | null)[] }
  | {
      readonly kind: 'row';
      readonly partitionKey: readonly Bytes[];
      readonly clusteringKey: readonly Bytes[];
      readonly cells: readonly (Cell | null)[];
    };

/** Tokens of the Murmur3 ring: `start` exclusive, `end` inclusive, start < end; the whole ring is (-2^63, 2^63-1], the smallest token never holds a row. */
export interface TokenRange {
  readonly start: bigint;
  readonly end: bigint;
}

/**
 * One write to one row. `cells` by column name: bytes set, null deletes, a column left out stays as it is.
 * `timestamp` in microseconds, null lets the coordinator choose; `ttl` in seconds, 0 never. `expiresAt`, where it is said, in
 * seconds since the epoch: the write ends then, however long it is held back; `ttl` is what is left when it is made.
 */
export type Mutation =
  | {
      /** Also makes the row's marker, so a row with only its key exists. */
      readonly kind: 'insert';
      readonly partitionKey: readonly Bytes[];
      readonly clusteringKey: readonly Bytes[] | null;
      readonly cells: Readonly<Record<string, Bytes | null>>;
      readonly timestamp: bigint | null;
      readonly ttl: number;
      readonly expiresAt?: number;
    }
  | {
      /** No marker. `cells` sets or deletes; `add` appends to sets, maps, lists; `fields` sets single fields of unfrozen UDTs. */
      readonly kind: 'update';
      readonly partitionKey: readonly Bytes[];
      readonly clusteringKey: readonly Bytes[] | null;
      readonly cells: Readonly<Record<string, Bytes | null>>;
      readonly add: Readonly<Record<string, Bytes>>;
      readonly fields: Readonly<Record<string, Readonly<Record<string, Bytes | null>>>>;
      readonly timestamp: bigint | null;
      readonly ttl: number;
      readonly expiresAt?: number;
    }
  | {
      readonly kind: 'delete-row';
      readonly partitionKey: readonly Bytes[];
      readonly clusteringKey: readonly Bytes[];
      readonly timestamp: bigint | null;
    }
  | {
      readonly kind: 'count';
      readonly partitionKey: readonly Bytes[];
      readonly clusteringKey: readonly Bytes[] | null;
      readonly add: Readonly<Record<string, bigint>>;
    };
