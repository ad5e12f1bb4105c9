import { hashOfBytes, putTimes, type RowSink } from '../cql/row-sink.ts';
import { own } from '../kernel/own.ts';
import type { Bytes, Mutation } from '../model/row.ts';
import { keyColumns, type Table } from '../model/schema.ts';
import type { BlockWriter } from '../ports/cluster.ts';
import { insertColumns } from './encoded-rows.ts';
import { defaultTtlOf } from './target-row.ts';

type Insert = Extract<Mutation, { readonly kind: 'insert' }> & {
  readonly timestamp: bigint;
  readonly clusteringKey: readonly Bytes[];
};

/** Hands inserts to a writer of blocks, which sends those of a partition together. */
export class InsertBlock {
  /** The columns of the writer's statement. */
  readonly columns: readonly string[];
  readonly #others: readonly string[];
  readonly #defaultTtl: number;
  readonly #statement: number;

  /** `statement`: which one of the writer's it is. */
  constructor(table: Table, statement = 0) {
    this.#statement = statement;
    this.columns = insertColumns(table);
    this.#others = this.columns.slice(keyColumns(table).length);
    this.#defaultTtl = defaultTtlOf(table);
  }

  /** A row whose end is near is not held back. */
  takes(mutation: Mutation): mutation is Insert {
    if (mutation.kind !== 'insert' || mutation.timestamp === null || mutation.clusteringKey === null) return false;
    return mutation.ttl === 0 || mutation.ttl === this.#defaultTtl;
  }

  async write(row: Insert, into: BlockWriter): Promise<void> {
    this.#append(row, into.filling ?? (await into.room()));
    into.filled();
  }

  #append({ partitionKey, clusteringKey, cells, timestamp, ttl }: Insert, block: RowSink): void {
    const { sink } = block;
    block.begin();
    const from = sink.length;
    for (const part of partitionKey) block.value(part);
    const hash = hashOfBytes(sink.bytes, from, sink.length);
    for (const part of clusteringKey) block.value(part);
    for (const name of this.#others) block.value(own(cells, name));
    putTimes(sink, timestamp, ttl);
    block.commit(hash, this.#statement);
  }
}
