import { moveBytes, type ViewedBytes, viewOf } from './codec/move-bytes.ts';
import { Sink } from './codec/sink.ts';
import { type DigestState, rowTag, valueTag } from './digest.ts';
import { DigestSum, sumText } from './digest-sum.ts';
import type { SimpleCells } from './simple-cells.ts';

/** Longer records are looked at anew each. */
const mostViewed = 4096;

/** The value digest of rows of simple columns, the same as `createDigest` gives, from their bytes. */
export class SimpleDigest {
  readonly #cells: SimpleCells;
  /** Columns in the order of their names: the place of the value, and what stands before it in a record. */
  readonly #columns: readonly { readonly value: number; readonly head: ViewedBytes }[];
  readonly #record = new Sink(4096);
  readonly #sum = new DigestSum();
  /** Looks at the record by their lengths, which many rows have in common; of these bytes. */
  readonly #views = new Map<number, Buffer>();
  #viewed: Buffer | null = null;
  #rows = 0;
  #expiringRows = 0;
  #expiringCells = 0;

  /** `names`: under which each column counts, in the order of the cells. */
  constructor(cells: SimpleCells, names: readonly string[]) {
    this.#cells = cells;
    this.#columns = names
      .map((name, index) => ({ name: Buffer.from(name), value: cells.value(index) }))
      .sort((one, other) => Buffer.compare(one.name, other.name))
      .map(({ name, value }) => ({ value, head: headOf(name) }));
  }

  /** Adds the row of that number of the cells; the page is its own. */
  add(page: ViewedBytes, row: number): void {
    const { at, width, shape } = this.#cells;
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
      if (shape.timed && page.view.getInt32(at[base + value + 2] ?? 0) >= 0) {
        this.#expiringCells += 1;
        continue;
      }
      permanent = true;
      const before = head.bytes.length;
      const to = record.reserve(before + 4 + length);
      moveBytes(head, 0, before, record, to);
      moveBytes(page, place, 4 + length, record, to + before);
    }
    if (present && !permanent) this.#expiringRows += 1;
    else this.#count();
  }

  state(): DigestState {
    return {
      sum: sumText(this.#sum.value()),
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
    if (this.#viewed !== bytes) {
      this.#viewed = bytes;
      this.#views.clear();
    }
    let view = this.#views.get(length);
    if (view === undefined) {
      view = bytes.subarray(0, length);
      if (length <= mostViewed) this.#views.set(length, view);
    }
    this.#sum.add(view);
    this.#rows += 1;
  }
}

function headOf(name: Buffer): ViewedBytes {
  const head = Buffer.alloc(4 + name.length + 1);
  head.writeUInt32BE(name.length);
  name.copy(head, 4);
  head[4 + name.length] = valueTag;
  return { bytes: head, view: viewOf(head) };
}
