import { hash } from 'node:crypto';
import { moveBytes, type ViewedBytes } from './codec/move-bytes.ts';
import { Sink } from './codec/sink.ts';
import { type DigestState, rowTag, valueTag } from './digest.ts';
import type { PlainCells } from './plain-cells.ts';

/** The sum of hashes is kept in so many parts of 16 bits, each in a number that has room for billions of carries. */
const lanes = 16;
const laneBits = 16n;

/** The value digest of rows of plain columns, the same as `createDigest` gives, from their bytes. */
export class PlainDigest {
  readonly #cells: PlainCells;
  /** Columns in the order of their names: the place of the value, and what stands before it in a record. */
  readonly #columns: readonly { readonly value: number; readonly head: Buffer }[];
  readonly #record = new Sink(4096);
  readonly #sum = new Float64Array(lanes);
  #rows = 0;
  #expiringRows = 0;
  #expiringCells = 0;

  /** `names`: under which each column counts, in the order of the cells. */
  constructor(cells: PlainCells, names: readonly string[]) {
    this.#cells = cells;
    this.#columns = names
      .map((name, index) => ({ name: Buffer.from(name), value: cells.value(index) }))
      .sort((one, other) => Buffer.compare(one.name, other.name))
      .map(({ name, value }) => ({ value, head: headOf(name) }));
  }

  /** Adds the row of that number of the cells; the page is its own. */
  add(page: ViewedBytes, row: number): void {
    const { at, width } = this.#cells;
    const record = this.#record;
    record.length = 0;
    this.#key(page, row);
    const base = row * width;
    let [present, permanent] = [false, false];
    for (const { value, head } of this.#columns) {
      const place = at[base + value] ?? 0;
      const length = page.view.getInt32(place);
      if (length < 0) continue;
      present = true;
      if (page.view.getInt32(at[base + value + 2] ?? 0) >= 0) {
        this.#expiringCells += 1;
        continue;
      }
      permanent = true;
      record.put(head);
      const to = record.reserve(4 + length);
      moveBytes(page, place, 4 + length, record, to);
    }
    if (present && !permanent) this.#expiringRows += 1;
    else this.#count();
  }

  state(): DigestState {
    let sum = 0n;
    for (const lane of this.#sum) sum = (sum << laneBits) + BigInt(lane);
    return {
      sum: (sum % 2n ** 256n).toString(16).padStart(64, '0'),
      rows: this.#rows,
      expiringRows: this.#expiringRows,
      expiringCells: this.#expiringCells,
    };
  }

  #key(page: ViewedBytes, row: number): void {
    const { at, width, shape } = this.#cells;
    const record = this.#record;
    const base = row * width;
    const tag = record.reserve(1);
    record.bytes[tag] = rowTag;
    const parts = this.#cells.clusteringParts(page.view, row);
    this.#parts(page, at[base] ?? 0, {
      parts: shape.partitionKey,
      end: this.#after(page, base + shape.partitionKey - 1),
    });
    const clustering = base + shape.partitionKey;
    const end = parts === 0 ? (at[clustering] ?? 0) : this.#after(page, clustering + parts - 1);
    this.#parts(page, at[clustering] ?? 0, { parts, end });
  }

  /** Where the cell of that place ends. */
  #after({ view }: ViewedBytes, place: number): number {
    const at = this.#cells.at[place] ?? 0;
    return at + 4 + Math.max(0, view.getInt32(at));
  }

  /** Parts of a key stand one after another with their lengths, as in a record. */
  #parts(page: ViewedBytes, from: number, { parts, end }: { readonly parts: number; readonly end: number }): void {
    const record = this.#record;
    const at = record.reserve(4 + (parts === 0 ? 0 : end - from));
    record.view.setUint32(at, parts);
    if (parts > 0) moveBytes(page, from, end - from, record, at + 4);
  }

  #count(): void {
    const { bytes, length } = this.#record;
    const sum = hash('sha256', bytes.subarray(0, length), 'buffer');
    for (let lane = 0; lane < lanes; lane += 1) {
      this.#sum[lane] = (this.#sum[lane] ?? 0) + (((sum[2 * lane] ?? 0) << 8) | (sum[2 * lane + 1] ?? 0));
    }
    this.#rows += 1;
  }
}

function headOf(name: Buffer): Buffer {
  const head = Buffer.alloc(4 + name.length + 1);
  head.writeUInt32BE(name.length);
  name.copy(head, 4);
  head[4 + name.length] = valueTag;
  return head;
}
