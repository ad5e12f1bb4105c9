import { mutationsOf } from '../cql/timing.ts';
import type { Bytes, Cell, Mutation } from '../model/row.ts';
import type { ByName, Table, UserType } from '../model/schema.ts';
import { sameKey } from './joined-row.ts';
import type { MappedRow, StoredMapper } from './stored-mapper.ts';
import { writesOf } from './target-row.ts';

export interface StoredWritesOptions {
  readonly into: Table;
  readonly types: ByName<UserType>;
  readonly timestamp: bigint;
  readonly floor: bigint | null;
  readonly attempt: number;
  /** False: only cells of rows that are there are written. */
  readonly markers: boolean;
  readonly nowSeconds: () => number;
}

/** The writes of mapped rows, in the order they come; static cells once per partition as long as they stay the same. */
export class StoredWrites {
  readonly #mapper: StoredMapper;
  readonly #options: StoredWritesOptions;
  #lastPartition: readonly Bytes[] = [];
  #lastStatics: readonly (Cell | null)[] = [];

  constructor(mapper: StoredMapper, options: StoredWritesOptions) {
    this.#mapper = mapper;
    this.#options = options;
  }

  of(row: MappedRow): readonly Mutation[] {
    const { timestamp, floor, attempt, nowSeconds, markers, into } = this.#options;
    const now = nowSeconds();
    const base = row.times.newest ?? timestamp;
    const timing = {
      table: into,
      types: this.#options.types,
      policy: { kind: 'original', floor, keyOnly: base } as const,
      attempt,
      nowSeconds: now,
      markers,
    };
    const writes: Mutation[] = [];
    const { partitionKey, clusteringKey } = row;
    if (this.#staticsChanged(row)) {
      const stored = { kind: 'static', partitionKey, cells: row.statics } as const;
      writes.push(...mutationsOf(stored, { ...timing, columns: this.#mapper.statics }).mutations);
    }
    const { expiresAt } = row.times;
    const left = expiresAt === null ? 0 : expiresAt - now;
    if (expiresAt !== null && left <= 0) return writes;
    const end = expiresAt === null ? { ttl: 0 } : { ttl: left, expiresAt };
    if (clusteringKey !== null) {
      const stored = { kind: 'row', partitionKey, clusteringKey, cells: row.cells } as const;
      const { mutations } = mutationsOf(stored, { ...timing, columns: this.#mapper.regulars });
      const keyOnly = row.cells.every((cell) => cell === null);
      // The marker of a row of which only the key is copied ends with the row that it comes from.
      writes.push(...(keyOnly ? mutations.map((mutation) => withEnd(mutation, end)) : mutations));
    }
    const raised = floor !== null && floor > base ? floor : base;
    if (Object.keys(row.whole).length > 0) {
      const whole = { partitionKey, clusteringKey, cells: row.whole };
      writes.push(...writesOf(whole, into, { timestamp: raised, ...end, attempt, marker: false }));
    }
    return writes;
  }

  #staticsChanged({ partitionKey, statics }: MappedRow): boolean {
    if (statics.every((cell) => cell === null)) return false;
    const same =
      sameKey(this.#lastPartition, partitionKey) && statics.every((cell, index) => cell === this.#lastStatics[index]);
    this.#lastPartition = partitionKey;
    this.#lastStatics = statics;
    return !same;
  }
}

function withEnd(mutation: Mutation, end: { readonly ttl: number; readonly expiresAt?: number }): Mutation {
  return mutation.kind === 'insert' ? { ...mutation, ...end } : mutation;
}
