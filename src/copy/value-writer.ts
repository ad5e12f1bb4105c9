import { suitsInserts } from '../cql/insert-block.ts';
import { type JsRow, RowRejected } from '../model/data.ts';
import type { Mutation } from '../model/row.ts';
import type { BlockWriter, BlockWriterRequest, Rows, TableWriter } from '../ports/cluster.ts';
import type { SourceRow } from '../ports/source.ts';
import { bytesOfAll, EncodedRows } from './encoded-rows.ts';
import type { LoadRequest, LoadSource } from './load.ts';
import { timeOf } from './load-pages.ts';
import { flushAll } from './piece-run.ts';
import type { RateLimit } from './rate.ts';
import { copyConsistency } from './table-pieces.ts';
import { TargetEncoder, type TargetRow, writesOf } from './target-row.ts';

type Request = Pick<LoadRequest, 'keyspace' | 'into' | 'types' | 'ttl' | 'dryRun'> & {
  readonly from: Extract<LoadSource, { kind: 'values' }>;
  readonly held: BlockWriterRequest['held'];
};

/** Why a row was not taken, and the write time that it would have had. */
export interface NotTaken {
  readonly reason: string;
  readonly timestamp: bigint;
}

/** Writes rows of JavaScript values: encoded straight into what is sent where the table allows it, else one by one. */
export class ValueWriter {
  readonly #request: Request;
  readonly #encoder: TargetEncoder;
  /** Null: rows of the table have to be written one by one. */
  readonly #encoded: EncodedRows | null;
  readonly #blocks: BlockWriter | null;
  readonly #single: TableWriter;
  readonly #rate: RateLimit | null;
  /** Of rows that are written one by one, since a rate admitted them last. */
  #rows = 0;
  #bytes = 0;
  #apart = 0;

  constructor(rows: Rows, request: Request, rate: RateLimit | null) {
    const { keyspace, into, types, held = 'much' } = request;
    const target = { keyspace, table: into, types, consistency: copyConsistency };
    this.#request = request;
    this.#rate = rate;
    this.#encoder = new TargetEncoder(into, types);
    this.#encoded = suitsInserts(into) ? new EncodedRows(this.#encoder) : null;
    this.#single = rows.write(target);
    const admit = (count: number, bytes: number): Promise<void> => rate?.admit(count, bytes) ?? Promise.resolve();
    this.#blocks =
      this.#encoded === null ? null : rows.writeBlocks({ ...target, statements: [this.#encoded.columns], held, admit });
  }

  /** `inOrder`: the write time of a row that says none. Gives why the row is not taken, or null. */
  take(row: SourceRow, inOrder: bigint): NotTaken | null | Promise<NotTaken | null> {
    const time = timeOf(this.#request.from, row);
    const timestamp = typeof time === 'bigint' ? time : inOrder;
    const problem = row.problem ?? (typeof time === 'string' ? time : null);
    if (problem !== null) return { reason: problem, timestamp };
    try {
      const { from } = this.#request;
      const at = { timestamp, ttl: from.ttlOf?.(row) ?? this.#request.ttl };
      const values = from.valuesOf(row.values);
      return this.#encoded === null ? this.#one(values, at) : this.#encode(this.#encoded, values, at);
    } catch (thrown) {
      if (thrown instanceof RowRejected) return { reason: thrown.reason, timestamp };
      throw thrown;
    }
  }

  /** Rows that the cluster has acknowledged; of those that go one by one, those that were handed over. */
  get acknowledged(): number {
    return (this.#blocks?.acknowledged ?? 0) + this.#apart;
  }

  /** Waits until the rate lets more rows go. */
  async admitted(): Promise<void> {
    const [rows, bytes] = [this.#rows, this.#bytes];
    this.#rows = 0;
    this.#bytes = 0;
    if (rows > 0) await this.#rate?.admit(rows, bytes);
  }

  async flush(): Promise<void> {
    if (this.#request.dryRun) return;
    await flushAll({ mutations: this.#single, blocks: this.#blocks });
  }

  #encode(rows: EncodedRows, values: JsRow, at: Time): NotTaken | null | Promise<null> {
    rows.begin(at);
    rows.addRow(values);
    const [apart] = rows.apart;
    if (apart !== undefined) return this.#write(apart, at);
    const blocks = this.#blocks;
    if (this.#request.dryRun || blocks === null) return null;
    const sink = blocks.filling;
    if (sink === null) return this.#later(rows, blocks);
    rows.handTo(sink, 0);
    blocks.filled();
    return null;
  }

  async #later(rows: EncodedRows, blocks: BlockWriter): Promise<null> {
    rows.handTo(await blocks.room(), 0);
    blocks.filled();
    return null;
  }

  #one(values: JsRow, at: Time): NotTaken | null | Promise<null> {
    const row: TargetRow = this.#encoder.encode(values);
    return this.#write(writesOf(row, this.#request.into, { ...at, attempt: 0, marker: true }), at);
  }

  #write(mutations: readonly Mutation[], { timestamp }: Time): NotTaken | null | Promise<null> {
    const { into, dryRun } = this.#request;
    if (mutations.length === 0) {
      return { reason: `key column ${into.clusteringKey[0]?.column} is missing`, timestamp };
    }
    this.#rows += 1;
    this.#apart += 1;
    this.#bytes += bytesOfAll(mutations);
    return dryRun ? null : this.#writeAll(mutations);
  }

  async #writeAll(mutations: readonly Mutation[]): Promise<null> {
    for (const mutation of mutations) await this.#single.write(mutation);
    return null;
  }
}

interface Time {
  readonly timestamp: bigint;
  readonly ttl: number;
}
