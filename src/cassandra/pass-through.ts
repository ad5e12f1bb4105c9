import { hashOfBytes, type RowBlock, unsetLength } from '../cql/row-block.ts';
import type { ScanStatement } from '../cql/select.ts';
import type { PassedPage, PassThrough, ScanRequest } from '../ports/cluster.ts';
import type { RawPage } from './raw.ts';
import { type ScanContext, scanParsed } from './scan.ts';
import { PageParser, type ResultRow } from './scan-rows.ts';

/** A page with its rows told apart: those that go on as they are, by where they begin, and the others. */
interface SortedPage {
  readonly bytes: Buffer;
  readonly starts: readonly number[];
  readonly others: readonly ResultRow[];
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
  const appender = new RowAppender(through, key);
  let begun = false;
  for await (const { bytes, starts, others } of scanParsed(request, context, sortPage)) {
    if (starts.length > 0 && !begun) {
      begun = true;
      await through.begin();
    }
    let sum = 0;
    for (const start of starts) {
      const block = through.into.filling ?? (await through.into.room());
      sum += appender.append(bytes, start, block);
      through.into.filled();
    }
    const rows = others.flatMap(({ partitionKey, clusteringKey, regulars }) =>
      clusteringKey === null ? [] : [{ kind: 'row' as const, partitionKey, clusteringKey, cells: regulars }],
    );
    if (starts.length > 0 || rows.length > 0) yield { passed: starts.length, bytes: sum, rows };
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
  return { bytes, starts, others, size: at, expiring };
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

class RowAppender {
  readonly #through: PassThrough;
  readonly #key: number;
  /** Where each cell of the key and each value of a regular column stands in the row at hand. */
  readonly #keyAt: Int32Array;
  readonly #valueAt: Int32Array;
  readonly #floor: Buffer | null;

  constructor(through: PassThrough, key: number) {
    this.#through = through;
    this.#key = key;
    this.#keyAt = new Int32Array(key);
    const regulars = through.values.filter(({ kind }) => kind === 'regular').map(({ index }) => index);
    this.#valueAt = new Int32Array(Math.max(-1, ...regulars) + 1);
    this.#floor = through.floor === null ? null : Buffer.alloc(8);
    this.#floor?.writeBigInt64BE(through.floor ?? 0n);
  }

  /** Gives the bytes of its keys and values. */
  append(bytes: Buffer, start: number, block: RowBlock): number {
    const time = this.#locate(bytes, start);
    const { values, partitionParts } = this.#through;
    const { sink } = block;
    block.begin();
    const from = sink.length;
    let [sum, hash] = [0, 0];
    for (let place = 0; place < values.length; place += 1) {
      const value = values[place];
      if (value === undefined) continue;
      const at = (value.kind === 'key' ? this.#keyAt : this.#valueAt)[value.index] ?? 0;
      const length = bytes.readInt32BE(at);
      const to = sink.reserve(4 + Math.max(0, length));
      if (length < 0) sink.bytes.writeInt32BE(unsetLength, to);
      else {
        copied(bytes, at, at + 4 + length, sink.bytes, to);
        sum += length;
      }
      if (place === partitionParts - 1) hash = hashOfBytes(sink.bytes, from, sink.length);
    }
    const end = sink.reserve(20);
    const target = sink.bytes;
    target.writeInt32BE(8, end);
    if (this.#floor !== null && bytes.readBigInt64BE(time) < this.#floor.readBigInt64BE()) {
      copied(this.#floor, 0, 8, target, end + 4);
    } else copied(bytes, time, time + 8, target, end + 4);
    target.writeInt32BE(4, end + 12);
    target.writeInt32BE(0, end + 16);
    block.commit(hash, 0);
    return sum;
  }

  /** Finds the row's cells; gives where its write time stands. */
  #locate(bytes: Buffer, start: number): number {
    let at = start + 4 + bytes.readInt32BE(start);
    for (let part = 0; part < this.#key; part += 1) {
      this.#keyAt[part] = at;
      at += 4 + bytes.readInt32BE(at);
    }
    let time = 0;
    for (let column = 0; column < this.#valueAt.length || time === 0; column += 1) {
      if (column < this.#valueAt.length) this.#valueAt[column] = at;
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
