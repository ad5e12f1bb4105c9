import { hashOfBytes, type RowSink, unsetLength } from '../cql/row-sink.ts';
import type { ScanStatement } from '../cql/select.ts';
import type { Bytes } from '../model/row.ts';
import type { PassedPage, PassingRow, PassThrough, ScanRequest } from '../ports/cluster.ts';
import type { RawPage } from './raw.ts';
import { type ScanContext, scanParsed } from './scan.ts';
import { PageParser, type ResultRow } from './scan-rows.ts';

/** A page with its rows told apart: those that go on as they are, by where they begin, and the others. */
interface SortedPage {
  readonly bytes: Buffer;
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
  for await (const { bytes, starts, others, rowAt } of scanParsed(request, context, sortPage)) {
    let [sum, passed] = [0, 0];
    const apart: ResultRow[] = [];
    for (const start of starts) {
      if (!appender.take(bytes, start)) {
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
function sortPage(page: RawPage, statement: ScanStatement, second: number): SortedPage {
  const { bytes, count } = page;
  const starts: number[] = [];
  const others: ResultRow[] = [];
  let expiring = false;
  let at = 0;
  for (let row = 0; row < count; row += 1) {
    const plain = endOfPlainRow(bytes, at, statement);
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
  return { bytes, starts, others, rowAt, size: at, expiring };
}

/** Where a row ends whose cells all have one write time and no TTL; null for every other row. */
function endOfPlainRow(bytes: Buffer, start: number, statement: ScanStatement): number | null {
  // the clock
  let at = start + 4 + bytes.readInt32BE(start);
  for (let part = statement.partitionKey + statement.clusteringKey; part > 0; part -= 1) {
    const length = bytes.readInt32BE(at);
    if (length < 0) return null;
    at += 4 + length;
  }
  let time = -1;
  for (let column = 0; column < statement.regulars.length; column += 1) {
    const value = bytes.readInt32BE(at);
    at += 4 + Math.max(0, value);
    const told = bytes.readInt32BE(at);
    if (value >= 0 !== told >= 0) return null;
    if (told >= 0) {
      if (time === -1) time = at + 4;
      else if (bytes.compare(bytes, time, time + 8, at + 4, at + 12) !== 0) return null;
    }
    at += 4 + Math.max(0, told);
    // a TTL
    if (bytes.readInt32BE(at) >= 0) return null;
    at += 4;
  }
  return time === -1 ? null : at;
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
  readonly #floor: Buffer | null;
  #bytes: Buffer = Buffer.alloc(0);
  /** Where the row's write time stands. */
  #time = 0;

  constructor(through: PassThrough, { key, columns }: { readonly key: number; readonly columns: number }) {
    this.#through = through;
    this.#keyAt = new Int32Array(key);
    this.#valueAt = new Int32Array(columns);
    this.#made = through.values.map(() => undefined);
    this.#makes = through.values.some(({ kind }) => kind === 'made');
    this.#floor = through.floor === null ? null : Buffer.alloc(8);
    this.#floor?.writeBigInt64BE(through.floor ?? 0n);
  }

  key(index: number): Bytes {
    return this.#cell(this.#keyAt[index] ?? 0) ?? Buffer.alloc(0);
  }

  regular(index: number): Bytes | null {
    return this.#cell(this.#valueAt[index] ?? 0);
  }

  #cell(at: number): Bytes | null {
    const length = this.#bytes.readInt32BE(at);
    return length < 0 ? null : this.#bytes.subarray(at + 4, at + 4 + length);
  }

  /** Makes what is to be made of a row; false when the row cannot go on as it is. */
  take(bytes: Buffer, start: number): boolean {
    this.#bytes = bytes;
    this.#time = this.#locate(bytes, start);
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
    const length = this.#bytes.readInt32BE(at);
    const to = sink.reserve(4 + Math.max(0, length));
    if (length < 0) {
      sink.bytes.writeInt32BE(unsetLength, to);
      return 0;
    }
    copied(this.#bytes, at, at + 4 + length, sink.bytes, to);
    return length;
  }

  #appendTimes({ sink }: RowSink): void {
    const [bytes, time] = [this.#bytes, this.#time];
    const end = sink.reserve(20);
    const target = sink.bytes;
    target.writeInt32BE(8, end);
    if (this.#floor !== null && bytes.readBigInt64BE(time) < this.#floor.readBigInt64BE()) {
      copied(this.#floor, 0, 8, target, end + 4);
    } else copied(bytes, time, time + 8, target, end + 4);
    target.writeInt32BE(4, end + 12);
    target.writeInt32BE(0, end + 16);
  }

  /** Finds the row's cells; gives where its write time stands. */
  #locate(bytes: Buffer, start: number): number {
    let at = start + 4 + bytes.readInt32BE(start);
    for (let part = 0; part < this.#keyAt.length; part += 1) {
      this.#keyAt[part] = at;
      at += 4 + bytes.readInt32BE(at);
    }
    let time = 0;
    for (let column = 0; column < this.#valueAt.length; column += 1) {
      this.#valueAt[column] = at;
      at += 4 + Math.max(0, bytes.readInt32BE(at));
      const told = bytes.readInt32BE(at);
      if (told >= 0) time = at + 4;
      at += 4 + Math.max(0, told) + 4;
    }
    return time;
  }
}

/** A call out of JavaScript costs more than a few bytes do. */
const copiedByHand = 24;

function copied(source: Buffer, start: number, end: number, target: Buffer, at: number): void {
  if (end - start > copiedByHand) source.copy(target, at, start, end);
  else for (let index = start; index < end; index += 1) target[at + index - start] = source[index] ?? 0;
}
