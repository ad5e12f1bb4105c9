import { splitElements, splitEntries } from '../../cql/elements.ts';
import { isMultiCell } from '../../cql/select.ts';
import type { Bytes, Cell, CellElement, CellTime, Mutation, StoredRow } from '../../model/row.ts';
import type { ByName, Column, Table, UserType } from '../../model/schema.ts';
import { cellOfType } from '../cell-of-type.ts';
import { type Ends, endOf, recordOf } from './endings.ts';
import { newestTime } from './newest-time.ts';

/** What the writes of a copy say of one stored row; columns that they leave alone are absent. */
export interface SaidRow {
  readonly kind: StoredRow['kind'];
  readonly partitionKey: readonly Bytes[];
  readonly clusteringKey: readonly Bytes[];
  readonly columns: ReadonlyMap<string, Said>;
  /** The row is there even without cells; null: it is not. */
  readonly marker: { readonly expiresAt: number | null } | null;
}

/** `cell` null: deleted. `unclear`: several rows wrote elements at one time, which the cluster joins in its own way. */
export type Said =
  | { readonly kind: 'said'; readonly cell: Cell | null; readonly writeTime: bigint }
  | { readonly kind: 'unclear' };

type Written = Extract<Mutation, { kind: 'insert' | 'update' }>;

/** Reads the writes of one emitted row as the rows that they make: its own, and its partition's static cells. */
export class SaidRows {
  readonly #columns: ReadonlyMap<string, Column>;
  readonly #types: ByName<UserType>;
  readonly #ends: Ends;
  readonly #inferred: boolean;

  constructor({
    table,
    types,
    ends,
    inferred,
  }: {
    readonly table: Table;
    readonly types: ByName<UserType>;
    readonly ends: Ends;
    /** Whether the ends of collections and types with parts of their own are only inferred. */
    readonly inferred: boolean;
  }) {
    this.#columns = new Map(table.columns.map((column) => [column.name, column]));
    this.#types = types;
    this.#ends = ends;
    this.#inferred = inferred;
  }

  of(mutations: readonly Mutation[]): readonly SaidRow[] {
    const rows = new Map<string, { first: Written; columns: Map<string, Said>; marker: SaidRow['marker'] }>();
    for (const mutation of mutations) {
      if (mutation.kind !== 'insert' && mutation.kind !== 'update') {
        throw new TypeError(`a copy writes no ${mutation.kind}`);
      }
      const name = mutation.clusteringKey === null ? 'static' : 'row';
      const row = rows.get(name) ?? { first: mutation, columns: new Map<string, Said>(), marker: null };
      rows.set(name, row);
      this.#take(mutation, row.columns);
      if (mutation.kind === 'insert') row.marker = { expiresAt: endOf(mutation, this.#ends) };
    }
    return [...rows.values()]
      .filter(
        ({ first, columns, marker }) =>
          marker !== null || first.clusteringKey === null || [...columns.values()].some(isThere),
      )
      .map(({ first: { partitionKey, clusteringKey }, columns, marker }) => ({
        kind: clusteringKey === null ? 'static' : 'row',
        partitionKey,
        clusteringKey: clusteringKey ?? [],
        columns,
        marker,
      }));
  }

  #take(mutation: Written, columns: Map<string, Said>): void {
    const writeTime = mutation.timestamp ?? 0n;
    const time: CellTime = { writeTime, expiresAt: endOf(mutation, this.#ends) };
    for (const [name, bytes] of Object.entries(mutation.cells)) {
      columns.set(name, { kind: 'said', cell: bytes === null ? null : this.#whole(name, bytes, time), writeTime });
    }
    if (mutation.kind === 'insert') return;
    for (const [name, bytes] of Object.entries(mutation.add)) {
      joinElements(
        columns,
        name,
        this.#parts(name, bytes).map((part) => ({ ...part, ...this.#timeOf(this.#columns.get(name)?.type, time) })),
      );
    }
    for (const [name, fields] of Object.entries(mutation.fields)) {
      const parts = Object.entries(fields).map(([field, value]) => ({
        key: Buffer.from(field),
        value,
        ...this.#timeOf(this.#columns.get(name)?.type, time),
      }));
      joinElements(columns, name, parts);
    }
  }

  #whole(name: string, bytes: Bytes, time: CellTime): Cell | null {
    const type = this.#columns.get(name)?.type;
    if (type === undefined) return null;
    const cell = cellOfType(bytes, type, { time: this.#timeOf(type, time), types: this.#types });
    return cell.kind === 'elements' && cell.elements.length === 0 ? null : cell;
  }

  /** An end that is only inferred is as good as past: nothing is expected of it. */
  #timeOf(type: Column['type'] | undefined, time: CellTime): CellTime {
    const unsure = this.#inferred && time.expiresAt !== null && type !== undefined && isMultiCell(type);
    return unsure ? { ...time, expiresAt: 0 } : time;
  }

  #parts(name: string, bytes: Bytes): readonly Omit<CellElement, keyof CellTime>[] {
    const none = new Uint8Array();
    const type = this.#columns.get(name)?.type;
    if (type?.kind === 'map') {
      const parts = splitEntries(bytes);
      return parts.flatMap((key, at) => (at % 2 === 0 ? [{ key: key ?? none, value: parts[at + 1] ?? none }] : []));
    }
    const elements = splitElements(bytes);
    if (type?.kind === 'set') return elements.map((key) => ({ key: key ?? none, value: null }));
    return elements.map((value) => ({ key: null, value: value ?? none }));
  }
}

function isThere(said: Said): boolean {
  return said.kind === 'unclear' || said.cell !== null;
}

function joinElements(columns: Map<string, Said>, name: string, elements: readonly CellElement[]): void {
  const before = columns.get(name);
  const held = before?.kind === 'said' && before.cell?.kind === 'elements' ? before.cell.elements : [];
  const cell: Cell = { kind: 'elements', elements: [...held, ...elements] };
  columns.set(name, { kind: 'said', cell, writeTime: newestTime(cell) ?? 0n });
}

/** The row in the shape of a scan of these columns. */
export function storedRowOf(row: SaidRow, shape: readonly Column[]): StoredRow {
  const { kind, partitionKey, clusteringKey } = row;
  const cells = shape
    .filter((column) => column.static === (kind === 'static'))
    .map(({ name }) => {
      const said = row.columns.get(name);
      return said?.kind === 'said' ? said.cell : null;
    });
  return kind === 'static' ? { kind, partitionKey, cells } : { kind, partitionKey, clusteringKey, cells };
}

/** Two rows of one key as the cluster settles them: the newer cell; of one age a deletion, then the greater bytes. */
export function settled(one: SaidRow, other: SaidRow, types: (column: string) => Column['type'] | undefined): SaidRow {
  const columns = new Map(one.columns);
  for (const [name, said] of other.columns) {
    const before = columns.get(name);
    columns.set(name, before === undefined ? said : settledCell(before, said, types(name)));
  }
  return { ...one, columns, marker: longer(one.marker, other.marker) };
}

function longer(one: SaidRow['marker'], other: SaidRow['marker']): SaidRow['marker'] {
  if (one === null || other === null) return one ?? other;
  if (one.expiresAt === null || other.expiresAt === null) return { expiresAt: null };
  return one.expiresAt > other.expiresAt ? one : other;
}

function settledCell(one: Said, other: Said, type: Column['type'] | undefined): Said {
  if (one.kind === 'unclear' || other.kind === 'unclear') return { kind: 'unclear' };
  if (one.writeTime !== other.writeTime) return one.writeTime > other.writeTime ? one : other;
  const [a, b] = [recordOf(one.cell), recordOf(other.cell)];
  if (a !== null && b !== null && a.equals(b)) return one;
  if (type !== undefined && isMultiCell(type)) return { kind: 'unclear' };
  if (one.cell === null || other.cell === null) return one.cell === null ? one : other;
  return valueBytes(one.cell).compare(valueBytes(other.cell)) > 0 ? one : other;
}

function valueBytes(cell: Cell): Buffer {
  return cell.kind === 'value' ? Buffer.from(cell.bytes) : Buffer.alloc(0);
}
