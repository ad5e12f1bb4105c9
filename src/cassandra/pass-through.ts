import { moveBytes, type ViewedBytes, viewOf } from '../cql/codec/move-bytes.ts';
import { hashOfBytes, type RowSink, unsetLength } from '../cql/row-sink.ts';
import type { ScanStatement } from '../cql/select.ts';
import type { Bytes } from '../model/row.ts';
import type { PassedPage, PassingRow, PassThrough, ScanRequest } from '../ports/cluster.ts';
import type { RawPage } from './raw.ts';
import { type ScanContext, scanParsed } from './scan.ts';
import { PageParser, type ResultRow } from './scan-rows.ts';

/** A page with its rows told apart: those that go on as they are, by where they begin, and the others. */
interface SortedPage {
  readonly page: ViewedBytes;
  readonly starts: readonly number[];
  readonly others: readonly ResultRow[];
  /** The row that begins there. */
  readonly rowAt: (start: number) => ResultRow;
  readonly size: number;
  readonly expiring: boolean;
}

/** Reads a token range and hands on what can go as it is; see `Rows.scanThrough`. */
export async function* scanThrough(
  request: ScanRequest,
  through: PassThrough,
  context: ScanContext,
): AsyncGenerator<PassedPage> {
  const key = request.table.partitionKey.length + request.table.clusteringKey.length;
  const appender = new RowAppender(through, { key, columns: request.columns.length });
  let begun = false;
  for await (const { page, starts, others, rowAt } of scanParsed(request, context, sortPage)) {
    let [sum, passed] = [0, 0];
    const apart: ResultRow[] = [];
    for (const start of starts) {
      if (!appender.take(page, start)) {
        apart.push(rowAt(start));
        continue;
      }
      if (!begun) {
        begun = true;
        await through.begin();
      }
      const block = through.into.filling ?? (await through.into.room());
      sum += appender.append(block);
      passed += 1;
      through.into.filled();
    }
    const rows = [...others, ...apart].flatMap(({ partitionKey, clusteringKey, regulars }) =>
      clusteringKey === null ? [] : [{ kind: 'row' as const, partitionKey, clusteringKey, cells: regulars }],
    );
    if (passed > 0 || rows.length > 0) yield { passed, bytes: sum, rows };
  }
}

/** Only for statements with times and without static columns, all regular columns plain. */
function sortPage({ bytes, count }: RawPage, statement: ScanStatement, second: number): SortedPage {
  const view = viewOf(bytes);
  const starts: number[] = [];
  const others: ResultRow[] = [];
  let expiring = false;
  let at = 0;
  for (let row = 0; row < count; row += 1) {
    const plain = endOfPlainRow(view, at, statement);
    if (plain !== null) {
      starts.push(at);
      at = plain;
      continue;
    }
    const parser = new PageParser(bytes, second, at);
    others.push(parser.row(statement));
    expiring ||= parser.expiring;
    at = parser.size;
  }
  const rowAt = (start: number): ResultRow => new PageParser(bytes, second, start).row(statement);
  return { page: { bytes, view }, starts, others, rowAt, size: at, expiring };
}

/** Where a row ends whose cells all have one write time and no TTL; null for every other row. */
function endOfPlainRow(page: DataView, start: number, statement: ScanStatement): number | null {
  // the clock
  let at = start + 4 + page.getInt32(start);
  for (let part = statement.partitionKey + statement.clusteringKey; part > 0; part -= 1) {
    const length = page.getInt32(at);
    if (length < 0) return null;
    at += 4 + length;
  }
  let time = -1;
  for (let column = 0; column < statement.regulars.length; column += 1) {
    const value = page.getInt32(at);
    at += 4 + Math.max(0, value);
    const told = page.getInt32(at);
    if (value >= 0 !== told >= 0) return null;
    if (told >= 0) {
      if (time === -1) time = at + 4;
      else if (!sameTime(page, time, at + 4)) return null;
    }
    at += 4 + Math.max(0, told);
    // a TTL
    if (page.getInt32(at) >= 0) return null;
    at += 4;
  }
  return time === -1 ? null : at;
}

function sameTime(page: DataView, one: number, other: number): boolean {
  return page.getInt32(one + 4) === page.getInt32(other + 4) && page.getInt32(one) === page.getInt32(other);
}

/** Takes rows one by one from pages into blocks. */
class RowAppender implements PassingRow {
  readonly #through: PassThrough;
  /** Where each cell of the key and each value of a regular column stands in the row at hand. */
  readonly #keyAt: Int32Array;
  readonly #valueAt: Int32Array;
  /** What was made of the row at hand, by place. */
  readonly #made: (Bytes | undefined)[];
  readonly #makes: boolean;
  readonly #floor: bigint | null;
  #page: ViewedBytes = { bytes: Buffer.alloc(0), view: new DataView(new ArrayBuffer(0)) };
  /** Where the row's write time stands. */
  #time = 0;

  constructor(through: PassThrough, { key, columns }: { readonly key: number; readonly columns: number }) {
    this.#through = through;
    this.#keyAt = new Int32Array(key);
    this.#valueAt = new Int32Array(columns);
    this.#made = through.values.map(() => undefined);
    this.#makes = through.values.some(({ kind }) => kind === 'made');
    this.#floor = through.floor;
  }

  key(index: number): Bytes {
    return this.#cell(this.#keyAt[index] ?? 0) ?? Buffer.alloc(0);
  }

  regular(index: number): Bytes | null {
    return this.#cell(this.#valueAt[index] ?? 0);
  }

  #cell(at: number): Bytes | null {
    const length = this.#page.view.getInt32(at);
    return length < 0 ? null : this.#page.bytes.subarray(at + 4, at + 4 + length);
  }

  /** Makes what is to be made of a row; false when the row cannot go on as it is. */
  take(page: ViewedBytes, start: number): boolean {
    this.#page = page;
    this.#time = this.#locate(page.view, start);
    if (!this.#makes) return true;
    const { values, onRow } = this.#through;
    onRow?.(this);
    for (let place = 0; place < values.length; place += 1) {
      const value = values[place];
      if (value?.kind !== 'made') continue;
      const made = value.make(this);
      if (made === 'apart') return false;
      this.#made[place] = made === 'unset' ? undefined : made;
    }
    return true;
  }

  /** Adds the row that was taken; gives the bytes of its keys and values. */
  append(block: RowSink): number {
    const { values, partitionParts } = this.#through;
    const { sink } = block;
    block.begin();
    const from = sink.length;
    let [sum, hash] = [0, 0];
    for (let place = 0; place < values.length; place += 1) {
      const value = values[place];
      if (value === undefined) continue;
      if (value.kind === 'made') sum += block.value(this.#made[place]);
      else sum += this.#appendCell((value.kind === 'key' ? this.#keyAt : this.#valueAt)[value.index] ?? 0, block);
      if (place === partitionParts - 1) hash = hashOfBytes(sink.bytes, from, sink.length);
    }
    this.#appendTimes(block);
    block.commit(hash, 0);
    return sum;
  }

  #appendCell(at: number, { sink }: RowSink): number {
    const length = this.#page.view.getInt32(at);
    const to = sink.reserve(4 + Math.max(0, length));
    if (length < 0) {
      sink.view.setInt32(to, unsetLength);
      return 0;
    }
    moveBytes(this.#page, at, 4 + length, sink, to);
    return length;
  }

  #appendTimes({ sink }: RowSink): void {
    const { view } = this.#page;
    const end = sink.reserve(20);
    const time = view.getBigInt64(this.#time);
    sink.view.setInt32(end, 8);
    sink.view.setBigInt64(end + 4, this.#floor !== null && time < this.#floor ? this.#floor : time);
    sink.view.setInt32(end + 12, 4);
    sink.view.setInt32(end + 16, 0);
  }

  /** Finds the row's cells; gives where its write time stands. */
  #locate(page: DataView, start: number): number {
    let at = start + 4 + page.getInt32(start);
    for (let part = 0; part < this.#keyAt.length; part += 1) {
      this.#keyAt[part] = at;
      at += 4 + page.getInt32(at);
    }
    let time = 0;
    for (let column = 0; column < this.#valueAt.length; column += 1) {
      this.#valueAt[column] = at;
      at += 4 + Math.max(0, page.getInt32(at));
      const told = page.getInt32(at);
      if (told >= 0) time = at + 4;
      at += 4 + Math.max(0, told) + 4;
    }
    return time;
  }
}
