import { InsertBlock } from '../cql/insert-block.ts';
import { areSimple } from '../cql/simple-cells.ts';
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

  /** Null: there is nothing to wait for. */
  write(mutation: Mutation): Promise<void> | null {
    const [inserts, blocks] = [this.#inserts, this.#blocks];
    if (inserts === null || blocks === null || !inserts.takes(mutation)) return this.#single.write(mutation);
    const { filling } = blocks;
    if (filling === null) {
      return blocks.room().then((room) => {
        inserts.append(mutation, room);
        blocks.filled();
      });
    }
    inserts.append(mutation, filling);
    blocks.filled();
    return null;
  }

  /** All that was written is acknowledged when it resolves, or it throws. */
  async flush(): Promise<void> {
    await Promise.all([this.#single.flush(), this.#blocks?.flush()]);
  }
}
