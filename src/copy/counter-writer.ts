import { setTimeout as sleep } from 'node:timers/promises';
import { CqlformError, exitCodes } from '../kernel/errors.ts';
import { own, setOwn } from '../kernel/own.ts';
import type { Mutation, StoredRow } from '../model/row.ts';
import type { Table } from '../model/schema.ts';
import type { RowAddress, Rows, TableWriter, WriterRequest } from '../ports/cluster.ts';
import type { WorkContext } from '../ports/engines.ts';
import { hashOfRow } from './bucketed-digest.ts';

/*
 * Counters take no times and count twice when they are written twice. So a row says what its counters are to be: the
 * target is read, the difference is added, and the target is read again. A write whose outcome is unknown is not sent
 * again before it has landed or never will: the server gives a count up after its time-out, of five seconds unless
 * somebody raised it. This holds while nobody else counts there.
 */

const rowsAtOnce = 500;
const tries = 4;
/** Longer than a count may be under way in the servers. */
export const settleMs = 10_000;

interface Wanted {
  readonly address: RowAddress;
  readonly counters: ReadonlyMap<string, bigint>;
}

interface Found extends Wanted {
  readonly there: StoredRow | null;
}

/** Sets counters, for all that write to the table at once. */
export class CounterWriter implements TableWriter {
  readonly #rows: Rows;
  readonly #request: WriterRequest;
  readonly #context: Pick<WorkContext, 'assertHeld'>;
  readonly #columns: readonly string[];
  #held = new Map<string, Wanted>();
  #turn: Promise<void> = Promise.resolve();

  constructor(rows: Rows, request: WriterRequest, context: Pick<WorkContext, 'assertHeld'>) {
    this.#rows = rows;
    this.#request = request;
    this.#context = context;
    this.#columns = counterColumns(request.table);
  }

  async write(mutation: Mutation): Promise<void> {
    if (mutation.kind !== 'insert' && mutation.kind !== 'update')
      throw new TypeError(`a copy makes no ${mutation.kind}`);
    const { partitionKey, clusteringKey } = mutation;
    const counters = new Map<string, bigint>();
    for (const name of this.#columns) {
      const bytes = own(mutation.cells, name);
      if (bytes !== undefined && bytes !== null) counters.set(name, Buffer.from(bytes).readBigInt64BE());
    }
    if (counters.size === 0) return;
    const address: RowAddress =
      clusteringKey === null ? { kind: 'static', partitionKey } : { kind: 'row', partitionKey, clusteringKey };
    // of two rows of one key, the later one says what is to be
    const name = `${address.kind} ${hashOfRow(address).toString('latin1')}`;
    const before = this.#held.get(name)?.counters ?? [];
    this.#held.set(name, { address, counters: new Map([...before, ...counters]) });
    if (this.#held.size >= rowsAtOnce) await this.flush();
  }

  async flush(): Promise<void> {
    const wanted = [...this.#held.values()];
    this.#held = new Map();
    const done = this.#turn.then(() => this.#settle(wanted));
    this.#turn = done.catch(() => undefined);
    await done;
  }

  async #settle(all: readonly Wanted[]): Promise<void> {
    let wanted = all;
    for (let attempt = 1; wanted.length > 0; attempt += 1) {
      const left = await this.#differing(wanted);
      if (left.length > 0 && attempt > tries) throw this.#counted(left.length);
      await this.#add(left);
      wanted = left;
    }
  }

  async #differing(wanted: readonly Wanted[]): Promise<readonly Found[]> {
    const { keyspace, table, types, consistency } = this.#request;
    const request = { keyspace, table, types, columns: this.#columns, consistency };
    const stored = await this.#rows.read(
      request,
      wanted.map(({ address }) => address),
    );
    return wanted.flatMap((one, index) => {
      const there = stored[index] ?? null;
      return Object.keys(this.#differences(one, there)).length === 0 ? [] : [{ ...one, there }];
    });
  }

  #differences({ address, counters }: Wanted, there: StoredRow | null): Readonly<Record<string, bigint>> {
    const { table } = this.#request;
    const shape = this.#columns.filter(
      (name) => table.columns.find((column) => column.name === name)?.static === (address.kind === 'static'),
    );
    const add: Record<string, bigint> = {};
    shape.forEach((name, index) => {
      const wanted = counters.get(name);
      const cell = there?.cells[index] ?? null;
      if (wanted === undefined) return;
      const difference = wanted - (cell?.kind === 'counter' ? cell.value : 0n);
      // a counter that is 0 is there, and one that was never counted is not
      if (difference !== 0n || cell === null) setOwn(add, name, difference);
    });
    return add;
  }

  async #add(left: readonly Found[]): Promise<void> {
    const writer = this.#rows.write(this.#request);
    try {
      for (const one of left) {
        const { address, there } = one;
        this.#context.assertHeld();
        await writer.write({
          kind: 'count',
          partitionKey: address.partitionKey,
          clusteringKey: address.kind === 'static' ? null : address.clusteringKey,
          add: this.#differences(one, there),
        });
      }
      await writer.flush();
    } catch (thrown) {
      // the others are under way still, and are waited for
      await writer.flush().catch(() => undefined);
      if (!(thrown instanceof CqlformError) || thrown.code !== 'WRITE_UNKNOWN') throw thrown;
      await sleep(settleMs);
    }
  }

  #counted(rows: number): CqlformError {
    const { table } = this.#request;
    return new CqlformError(
      'COUNTERS_MOVE',
      `${rows} rows of ${table.name} do not come to the counts that were copied: somebody else counts there`,
      {
        next: 'Let nobody count in the new table until the copy is done, then apply again: it adds what is missing.',
        fields: { table: table.name, rows },
        exitCode: exitCodes.integrity,
      },
    );
  }
}

export function counterColumns(table: Table): readonly string[] {
  return table.columns.filter(({ type }) => type.kind === 'scalar' && type.name === 'counter').map(({ name }) => name);
}
