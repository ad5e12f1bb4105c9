import { moveBytes, type ViewedBytes, viewOf } from '../cql/codec/move-bytes.ts';
import { Sink } from '../cql/codec/sink.ts';
import { putValue, type RowSink } from '../cql/row-sink.ts';

/** Rows of one partition that travel as one request, in the order they came. */
export interface RowGroup {
  readonly hash: number;
  /** Of the first row. */
  readonly statement: number;
  /** Of the partition; null where nobody asks for it. */
  readonly routing: Buffer | null;
  rows: number;
  bytes: number;
  /** Bytes as the server counts them. */
  cost: number;
  /** More rows may join it. */
  open: boolean;
  /** Its memory when it is not of the pieces that all groups share. */
  own: Buffer | null;
  /** The first and the last of its pieces. */
  first: number;
  last: number;
  /** Its neighbours among open groups, by age. */
  earlier: RowGroup | null;
  later: RowGroup | null;
}

export interface HeldRowsOptions {
  /** What is held at most, but for rows longer than 64 KiB. */
  readonly bytes: number;
  /** What stands before a row's values, and what the server counts for them besides. */
  readonly headOf: (statement: number) => RowHead;
  readonly routingOf: (row: {
    readonly bytes: Buffer;
    readonly at: number;
    readonly statement: number;
  }) => Buffer | null;
}

export interface RowHead {
  readonly bytes: Buffer;
  readonly cost: number;
}

/** Of one request: beyond this the server gains little. */
const mostRows = 128;
/** As the server counts; it refuses batches of 50 KiB by default. */
const firstGroupBytes = 40 * 1024;
const leastGroupBytes = 512;
const pieceBytes = 512;
const none = -1;
/** Where values begin in the row that is being written; what stands before them ends there. */
const valuesAt = 512;
const scratchBytes = 8 * 1024;
/** Longer rows are kept apart. */
const longRow = 64 * 1024;
/** Where, of so many rows, fewer than this part has met another of its partition, holding many is for nothing. */
const judgedRows = 20_000;
const worthHolding = 1 / 20;
const heldForNothing = 1 / 8;

/**
 * Rows in wire form, gathered by partition as they come: each is written once and copied into the memory of its group,
 * which is made of small pieces that are used again as soon as a group is given back. So all of the memory works for
 * rows that still wait, and a group has as many rows as can be had in it.
 */
export class HeldRows implements RowSink {
  readonly sink: Sink = new Sink(scratchBytes);
  readonly #options: HeldRowsOptions;
  readonly #memory: ViewedBytes;
  readonly #next: Int32Array;
  readonly #groups = new Map<number, RowGroup>();
  readonly #full: RowGroup[] = [];
  #oldest: RowGroup | null = null;
  #newest: RowGroup | null = null;
  /** The first piece that was given back; and the first that was never used. */
  #free = none;
  #fresh = 0;
  #used = 0;
  #apart = 0;
  #head: RowHead | null = null;
  /** Rows since holding was judged last, and those among them that met another. */
  #judged = 0;
  #met = 0;
  #capacity: number;
  #groupBytes = firstGroupBytes;

  constructor(options: HeldRowsOptions) {
    this.#options = options;
    this.#capacity = options.bytes;
    const pieces = Math.ceil((options.bytes + longRow) / pieceBytes);
    const memory = Buffer.allocUnsafeSlow(pieces * pieceBytes);
    this.#memory = { bytes: memory, view: viewOf(memory) };
    this.#next = new Int32Array(pieces);
  }

  /** Bytes in use. */
  get used(): number {
    return this.#used * pieceBytes + this.#apart;
  }

  /** Whether there is room for a row, however long. */
  get hasRoom(): boolean {
    return this.used <= this.#capacity;
  }

  /** Bytes that are to be held at most: less than there could be where hardly any row meets another. */
  get capacity(): number {
    return this.#capacity;
  }

  get hasFull(): boolean {
    return this.#full.length > 0;
  }

  begin(): void {
    this.sink.length = valuesAt;
  }

  value(value: Uint8Array | null | undefined): number {
    return putValue(this.sink, value);
  }

  discard(): void {
    this.sink.length = valuesAt;
  }

  commit(hash: number, statement: number): void {
    const head = this.#options.headOf(statement);
    const { sink } = this;
    const from = valuesAt - head.bytes.length;
    if (this.#head !== head) {
      head.bytes.copy(sink.bytes, from);
      this.#head = head;
    }
    const length = sink.length - from;
    const cost = length + head.cost;
    let group = this.#groups.get(hash | 0);
    if (group !== undefined && (group.cost + cost > this.#groupBytes || length > longRow)) {
      this.#close(group);
      group = undefined;
    }
    if (group !== undefined) this.#met += 1;
    this.#judged += 1;
    if (this.#judged === judgedRows) this.#judge();
    group ??= this.#open(hash, statement);
    group.rows += 1;
    group.cost += cost;
    if (length > longRow) this.#keepApart(group, from, length);
    else this.#append(group, from, length);
    if (group.rows >= mostRows || group.own !== null) this.#close(group);
  }

  /** A group that has all the rows it can have, else null. */
  takeFull(): RowGroup | null {
    return this.#full.shift() ?? null;
  }

  /** The group that has waited longest for more rows; null when there is none. */
  takeOldest(): RowGroup | null {
    const group = this.#oldest;
    if (group !== null) this.#unlink(group);
    return group;
  }

  /** Copies a group's rows, each after what stands before its values; gives where they end. */
  copy(group: RowGroup, target: Buffer, at: number): number {
    if (group.own !== null) return at + group.own.copy(target, at);
    let to = at;
    const end = at + group.bytes;
    for (let piece = group.first; to < end; piece = this.#next[piece] ?? none) {
      const start = piece * pieceBytes;
      to += this.#memory.bytes.copy(target, to, start, start + Math.min(pieceBytes, end - to));
    }
    return end;
  }

  /** Its memory is used again. */
  giveBack(group: RowGroup): void {
    if (group.own !== null) {
      this.#apart -= group.own.length;
      return;
    }
    this.#next[group.last] = this.#free;
    this.#free = group.first;
    this.#used -= Math.ceil(group.bytes / pieceBytes);
  }

  /** The server takes less at once: groups to come have no more than so many bytes. */
  shrink(bytes: number): void {
    this.#groupBytes = Math.max(leastGroupBytes, Math.min(this.#groupBytes, bytes));
  }

  #judge(): void {
    const { bytes } = this.#options;
    this.#capacity = this.#met < worthHolding * judgedRows ? bytes * heldForNothing : bytes;
    this.#judged = 0;
    this.#met = 0;
  }

  #open(hash: number, statement: number): RowGroup {
    const routing = this.#options.routingOf({ bytes: this.sink.bytes, at: valuesAt, statement });
    const counts = { rows: 0, bytes: 0, cost: 0, open: true, own: null, first: none, last: none };
    const group: RowGroup = { hash, statement, routing, ...counts, earlier: this.#newest, later: null };
    if (this.#newest === null) this.#oldest = group;
    else this.#newest.later = group;
    this.#newest = group;
    this.#groups.set(hash | 0, group);
    return group;
  }

  #close(group: RowGroup): void {
    this.#unlink(group);
    this.#full.push(group);
  }

  #unlink(group: RowGroup): void {
    const { earlier, later } = group;
    if (earlier === null) this.#oldest = later;
    else earlier.later = later;
    if (later === null) this.#newest = earlier;
    else later.earlier = earlier;
    group.earlier = null;
    group.later = null;
    group.open = false;
    this.#groups.delete(group.hash | 0);
  }

  #keepApart(group: RowGroup, from: number, length: number): void {
    group.own = Buffer.from(this.sink.bytes.subarray(from, from + length));
    group.bytes = length;
    this.#apart += length;
    // one long row shall not hold its memory for ever
    this.sink.shrink(scratchBytes);
    this.#head = null;
  }

  #append(group: RowGroup, from: number, length: number): void {
    let [at, left] = [from, length];
    while (left > 0) {
      const taken = group.bytes % pieceBytes;
      if (taken === 0) this.#extend(group);
      const size = Math.min(left, pieceBytes - taken);
      moveBytes(this.sink, at, size, this.#memory, group.last * pieceBytes + taken);
      group.bytes += size;
      at += size;
      left -= size;
    }
  }

  #extend(group: RowGroup): void {
    let piece = this.#free;
    if (piece === none) {
      piece = this.#fresh;
      this.#fresh += 1;
      if (piece >= this.#next.length) throw new RangeError('a row was added where there was no room');
    } else this.#free = this.#next[piece] ?? none;
    this.#used += 1;
    if (group.first === none) group.first = piece;
    else this.#next[group.last] = piece;
    group.last = piece;
  }
}
