import { InsertBlock, type UniformRow } from '../cql/insert-block.ts';
import type { RowSink } from '../cql/row-sink.ts';
import { areSimple } from '../cql/simple-cells.ts';
import { allEnded } from '../kernel/all-ended.ts';
import type { Mutation } from '../model/row.ts';
import { keyColumns } from '../model/schema.ts';
import type { BlockWriter, Rows, TableWriter, WriterRequest } from '../ports/cluster.ts';

/** Of what is written, and of the reading afterwards that proves it. */
export const restoreConsistency = 'QUORUM';

/** Writes what a restore has to write: rows of a partition together where their columns are simple, the rest one by one. */
export class RestoreWriter {
  readonly #single: TableWriter;
  readonly #inserts: InsertBlock | null;
  readonly #blocks: BlockWriter | null;

  constructor(rows: Rows, into: Omit<WriterRequest, 'consistency'>) {
    const { table } = into;
    const request = { ...into, consistency: restoreConsistency } as const;
    const keys = keyColumns(table);
    this.#single = rows.write(request);
    // what is written of one row comes in no certain order then: only writes that say their time may, and lists never
    const apart = areSimple(table.columns.filter(({ name }) => !keys.includes(name)));
    this.#inserts = apart ? new InsertBlock(table) : null;
    this.#blocks =
      this.#inserts === null
        ? null
        : rows.writeBlocks({ ...request, statements: [this.#inserts.columns], held: 'little' });
  }

  /**
   * How rows that are one insert each are written as they are; `columns`: those of the rows' cells; `untimed`: the time
   * of rows that have none. Null where the table is written one by one.
   */
  straight(columns: readonly string[], untimed: bigint): ((row: UniformRow) => Promise<void> | null) | null {
    const [inserts, blocks] = [this.#inserts, this.#blocks];
    if (inserts === null || blocks === null) return null;
    const places = inserts.others.map((name) => columns.indexOf(name));
    return (row) => handOn(blocks, (sink) => inserts.appendRow(row, { places, untimed }, sink));
  }

  /** Null: there is nothing to wait for. */
  write(mutation: Mutation): Promise<void> | null {
    const [inserts, blocks] = [this.#inserts, this.#blocks];
    if (inserts === null || blocks === null || !inserts.takes(mutation)) return this.#single.write(mutation);
    return handOn(blocks, (sink) => inserts.append(mutation, sink));
  }

  /** All that was written is acknowledged when it resolves, or it throws. */
  async flush(): Promise<void> {
    await allEnded([this.#single.flush(), this.#blocks?.flush()]);
  }
}

/** Null: there was room. */
function handOn(blocks: BlockWriter, append: (sink: RowSink) => void): Promise<void> | null {
  const { filling } = blocks;
  if (filling === null) {
    return blocks.room().then((room) => {
      append(room);
      blocks.filled();
    });
  }
  append(filling);
  blocks.filled();
  return null;
}
