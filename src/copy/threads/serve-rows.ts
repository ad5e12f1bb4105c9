import type { MessagePort } from 'node:worker_threads';
import type { DataSpec } from '../../model/data.ts';
import type { Clock } from '../../ports/clock.ts';
import type { InputRow, Outcome } from '../input.ts';
import type { RowWork, Write } from '../piece-run.ts';
import { rowWork } from '../row-work.ts';
import { RowDecoder } from '../table-pieces.ts';
import { type CarriedError, carried, type FromThread, placeOfRow, type ThreadData, type ToThread } from './messages.ts';
import { OutcomePack } from './packed-outcomes.ts';
import { unpackRows } from './packed-rows.ts';
import { type WorkOrder, withFunctions } from './work-order.ts';

/**
 * Does in this thread to batches of rows what the main thread would do: functions, checks, wire form. `load` gives the
 * spec with its functions. Ends when it is told to, or when the main thread is gone.
 */
export async function serveRows(
  port: MessagePort,
  { order, progress }: ThreadData,
  load: () => Promise<DataSpec | undefined>,
): Promise<void> {
  const tell = (message: FromThread, memory: readonly ArrayBuffer[] = []): void =>
    port.postMessage(message, [...memory]);
  let thread: RowThread;
  try {
    thread = new RowThread(order, withFunctions(order.spec, await load()), new Int32Array(progress));
  } catch (thrown) {
    tell({ kind: 'failed', error: carried(thrown) });
    port.close();
    return;
  }
  port.on('message', (message: ToThread) => {
    if (message.kind === 'end') return port.close();
    const worked = thread.work(message);
    tell(worked, [worked.memory]);
  });
  tell({ kind: 'ready' });
}

class RowThread {
  readonly #order: WorkOrder;
  readonly #progress: Int32Array;
  readonly #work: RowWork;
  readonly #decoder: RowDecoder | null;
  #now = 0;
  #size = 0;

  constructor(order: WorkOrder, spec: DataSpec, progress: Int32Array) {
    this.#order = order;
    this.#progress = progress;
    const { table, request, context, tracked } = order;
    const now = (): Date => new Date(this.#now);
    const clock: Pick<Clock, 'now'> = { now };
    const input =
      table === null ? ({ kind: 'source' } as const) : { kind: 'table' as const, table, columns: table.columns };
    this.#work = rowWork({ request: { ...request, spec }, context, input, clock, tracked })();
    this.#decoder = table === null ? null : new RowDecoder(table);
  }

  work({ batch, now, rows }: Extract<ToThread, { kind: 'rows' }>): Extract<FromThread, { kind: 'worked' }> {
    this.#now = now;
    const inputs = rows.kind === 'stored' ? this.#stored(rows.memory) : rows.values.map(foreignRow);
    const pack = new OutcomePack(this.#order.request.into, this.#size);
    Atomics.store(this.#progress, 0, batch);
    let count = 0;
    let error: CarriedError | null = null;
    for (const input of inputs) {
      Atomics.store(this.#progress, 1, count);
      const outcome = this.#outcomeOf(input);
      if (outcome.kind === 'failed') {
        error = outcome.error;
        break;
      }
      pack.add(outcome);
      count += 1;
    }
    this.#size = pack.size + (pack.size >> 3);
    return { kind: 'worked', batch, memory: pack.finish(), count, error };
  }

  #stored(memory: ArrayBuffer): readonly InputRow[] {
    const decoder = this.#decoder;
    if (decoder === null) throw new TypeError('rows of a table were sent to a thread that has none');
    return unpackRows(memory).map((row) => ({ ...decoder.inputRow(row), place: () => placeOfRow }));
  }

  #outcomeOf(input: InputRow): Outcome<Write> | { readonly kind: 'failed'; readonly error: CarriedError } {
    try {
      return this.#work(input);
    } catch (thrown) {
      return { kind: 'failed', error: carried(thrown) };
    }
  }
}

function foreignRow(values: InputRow['values'] extends () => infer Row ? Row : never): InputRow {
  return { values: () => values, place: () => placeOfRow, problem: null, stored: null };
}
