import { CqlformError } from '../kernel/errors.ts';
import type { Bytes, Cell, CellElement, CellTime, Mutation, StoredRow } from '../model/row.ts';
import type { ByName, Column, Table, UserType } from '../model/schema.ts';
import { joinElements } from './elements.ts';
import { columnOf, fieldsOf } from './select.ts';

/** Which write times the cells of a restored or copied row get, in microseconds. */
export type TimingPolicy =
  | {
      /** The cells' own, raised to `floor`; rows without cells get `keyOnly`, as do cells of a row that has no time at all. */
      readonly kind: 'original';
      readonly floor: bigint | null;
      readonly keyOnly: bigint;
    }
  | { readonly kind: 'fixed'; readonly at: bigint };

export interface TimingOptions {
  readonly table: Table;
  readonly types: ByName<UserType>;
  /** Names of the columns in the order of the rows' cells: static rows hold the static ones among them, others the rest. */
  readonly columns: readonly string[];
  readonly policy: TimingPolicy;
  /** Counts the tries of one range; lists are written 2 µs later with each. */
  readonly attempt: number;
  readonly nowSeconds: number;
  /** False where only columns of rows that are there are written: no row markers, hence no key-only rows. Default true. */
  readonly markers?: boolean;
}

/** Microseconds; no server takes a later one. */
const lastTime = 2n ** 63n - 1n;

export interface TimedMutations {
  /** In the order that they must be handed to the writer. */
  readonly mutations: readonly Mutation[];
  /** Cells and elements whose time has run out; they are not written. */
  readonly expired: number;
}

/**
 * The writes that make a stored row again.
 *
 * - Plain cells, set and map elements and UDT fields each keep their own time and what is left of their TTL; those with
 *   the same are one write. Sets, maps and UDTs are added to, never overwritten: what the application added stays.
 * - A list is overwritten whole, at the newest time of its elements + 2 × `attempt`: written again at a time already
 *   used it would double. Elements that differ in expiry follow as appends, in their order.
 * - CQL does not tell a row marker's time: it is written at the oldest time of the row's cells, with the longest TTL
 *   left, none if any cell has none. A row all of whose cells have run out is not written.
 * - A TTL of 0 is always stated, so that the table's default does not apply to cells that never expire.
 * - Counters are left out: they are restored by adding the difference.
 */
export function mutationsOf(row: StoredRow, options: TimingOptions): TimedMutations {
  const timing = new RowTiming(row, options);
  row.cells.forEach((cell, index) => {
    const column = timing.columns[index];
    if (cell !== null && column !== undefined) timing.add(column, cell);
  });
  return { mutations: timing.mutations(), expired: timing.expired };
}

interface Group {
  readonly timestamp: bigint;
  readonly ttl: number;
  readonly cells: Map<string, Bytes>;
  readonly fields: Map<string, Map<string, Bytes>>;
  /** Elements to add by column; maps: keys and values taking turns. */
  readonly add: Map<string, { readonly width: 1 | 2; readonly parts: Bytes[] }>;
}

class RowTiming {
  readonly columns: readonly Column[];
  expired = 0;
  readonly #row: StoredRow;
  readonly #options: TimingOptions;
  readonly #fallback: bigint;
  readonly #groups = new Map<string, Group>();
  readonly #lists: Mutation[] = [];
  #cellsSeen = 0;
  #oldest: bigint | null = null;
  #longest: number | null = null;

  constructor(row: StoredRow, options: TimingOptions) {
    this.#row = row;
    this.#options = options;
    this.columns = options.columns
      .map((name) => columnOf(options.table, name))
      .filter((column) => column.static === (row.kind === 'static'));
    this.#fallback = options.policy.kind === 'fixed' ? options.policy.at : fallbackTime(row, options.policy.keyOnly);
  }

  add(column: Column, cell: Cell): void {
    if (cell.kind === 'counter') return;
    if (cell.kind === 'value') {
      const group = this.#groupOf(cell);
      if (group !== null) group.cells.set(column.name, cell.bytes);
      return;
    }
    if (column.type.kind === 'list') this.#addList(column.name, cell.elements);
    else for (const element of cell.elements) this.#addElement(column, element);
  }

  mutations(): Mutation[] {
    const mutations: Mutation[] = [];
    const marker = this.#marker();
    if (marker !== null && this.#row.kind === 'row') {
      const { partitionKey, clusteringKey } = this.#row;
      const group = this.#groups.get(`${marker.timestamp}/${marker.ttl}`);
      const cells = Object.fromEntries(group?.cells ?? []);
      group?.cells.clear();
      mutations.push({ kind: 'insert', partitionKey, clusteringKey, cells, ...marker, ...this.#end(marker.ttl) });
    }
    for (const { timestamp, ttl, ...group } of this.#groups.values()) {
      if (group.cells.size + group.add.size + group.fields.size === 0) continue;
      const add = Array.from(group.add, ([name, { parts, width }]) => [name, joinElements(parts, width)] as const);
      const fields = Array.from(group.fields, ([name, values]) => [name, Object.fromEntries(values)] as const);
      mutations.push({
        kind: 'update',
        ...this.#key(),
        cells: Object.fromEntries(group.cells),
        add: Object.fromEntries(add),
        fields: Object.fromEntries(fields),
        timestamp,
        ttl,
        ...this.#end(ttl),
      });
    }
    return mutations.concat(this.#lists);
  }

  #marker(): { readonly timestamp: bigint; readonly ttl: number } | null {
    if (this.#row.kind === 'static' || this.#options.markers === false) return null;
    // a counter table takes no insert
    if (this.#options.table.columns.some(({ type }) => type.kind === 'scalar' && type.name === 'counter')) return null;
    if (this.#cellsSeen === 0) return { timestamp: this.#fallback, ttl: 0 };
    if (this.#oldest === null) return null;
    return { timestamp: this.#oldest, ttl: this.#longest ?? 0 };
  }

  #addElement(column: Column, element: CellElement): void {
    const group = this.#groupOf(element);
    if (group === null) return;
    const { key, value } = element;
    if (column.type.kind === 'udt') {
      const field = new TextDecoder().decode(key ?? new Uint8Array());
      this.#checkField(column.type.name, field);
      const fields = group.fields.get(column.name) ?? new Map<string, Bytes>();
      group.fields.set(column.name, fields.set(field, value ?? new Uint8Array()));
      return;
    }
    const width = column.type.kind === 'map' ? 2 : 1;
    const added = group.add.get(column.name) ?? { width, parts: [] };
    group.add.set(column.name, added);
    added.parts.push(key ?? new Uint8Array());
    if (width === 2) added.parts.push(value ?? new Uint8Array());
  }

  #addList(name: string, elements: readonly CellElement[]): void {
    const timed = elements.map((element) => ({ element, time: this.#timeOf(element) }));
    const times = timed.flatMap(({ time }) => (time === null ? [] : [time.timestamp]));
    const [first, ...others] = times;
    if (first === undefined) return;
    const newest = others.reduce((newer, time) => (time > newer ? time : newer), first);
    const later = newest + 2n * BigInt(this.#options.attempt);
    const timestamp = later < lastTime ? later : lastTime;
    const runs: { readonly ttl: number; readonly parts: Bytes[] }[] = [];
    for (const { element, time } of timed) {
      if (time === null) continue;
      const run = runs.at(-1);
      const part = element.value ?? new Uint8Array();
      if (run?.ttl === time.ttl) run.parts.push(part);
      else runs.push({ ttl: time.ttl, parts: [part] });
    }
    runs.forEach(({ ttl, parts }, index) => {
      const written = { [name]: joinElements(parts) };
      const [cells, add] = index === 0 ? [written, {}] : [{}, written];
      this.#lists.push({ kind: 'update', ...this.#key(), cells, add, fields: {}, timestamp, ttl, ...this.#end(ttl) });
    });
  }

  #end(ttl: number): { readonly expiresAt?: number } {
    return ttl === 0 ? {} : { expiresAt: this.#options.nowSeconds + ttl };
  }

  #key(): Pick<Extract<Mutation, { kind: 'update' }>, 'partitionKey' | 'clusteringKey'> {
    const row = this.#row;
    return { partitionKey: row.partitionKey, clusteringKey: row.kind === 'row' ? row.clusteringKey : null };
  }

  #groupOf(cell: CellTime): Group | null {
    const time = this.#timeOf(cell);
    if (time === null) return null;
    const key = `${time.timestamp}/${time.ttl}`;
    const group = this.#groups.get(key) ?? { ...time, cells: new Map(), fields: new Map(), add: new Map() };
    this.#groups.set(key, group);
    return group;
  }

  /** The time a cell is written at and what is left of it; null when it has run out. */
  #timeOf(cell: CellTime): { readonly timestamp: bigint; readonly ttl: number } | null {
    const { policy, nowSeconds } = this.#options;
    this.#cellsSeen++;
    const ttl = cell.expiresAt === null ? 0 : cell.expiresAt - nowSeconds;
    if (cell.expiresAt !== null && ttl <= 0) {
      this.expired++;
      return null;
    }
    const timestamp = policy.kind === 'fixed' ? policy.at : raised(cell.writeTime ?? this.#fallback, policy.floor);
    if (this.#oldest === null || timestamp < this.#oldest) this.#oldest = timestamp;
    // 0 stands for "never" and outlasts every other
    if (this.#longest === null || ttl === 0 || (this.#longest !== 0 && ttl > this.#longest)) this.#longest = ttl;
    return { timestamp, ttl };
  }

  #checkField(type: string, field: string): void {
    if (fieldsOf(this.#options.types, type).includes(field)) return;
    throw new CqlformError('UNKNOWN_FIELD', `type ${type} has no field ${field}, which a row has`, {
      next: 'Give the field its old name back, write the rows, then rename it again.',
      fields: { type, field, table: this.#options.table.name },
    });
  }
}

function raised(time: bigint, floor: bigint | null): bigint {
  return floor !== null && time < floor ? floor : time;
}

/** Stands in where the server did not tell a time: the oldest that it told of the row, or else `keyOnly`. */
function fallbackTime(row: StoredRow, keyOnly: bigint): bigint {
  let oldest: bigint | null = null;
  for (const cell of row.cells) {
    if (cell === null || cell.kind === 'counter') continue;
    for (const { writeTime } of cell.kind === 'value' ? [cell] : cell.elements) {
      if (writeTime !== null && (oldest === null || writeTime < oldest)) oldest = writeTime;
    }
  }
  return oldest ?? keyOnly;
}
