import { codecOf } from '../cql/codec/codec.ts';
import { isMultiCell } from '../cql/select.ts';
import { own, setOwn } from '../kernel/own.ts';
import { type ColumnMapping, RowRejected, type RunClock } from '../model/data.ts';
import type { Bytes, Cell, CellTime } from '../model/row.ts';
import { type ByName, keyColumns, type Table, type UserType } from '../model/schema.ts';
import type { CqlType } from '../model/type.ts';
import { cellConverter } from './cell-conversion.ts';
import { mappedValue } from './emitted-row.ts';
import type { InputRow, Outcome } from './input.ts';
import { type Access, accessOf, cellAt, type JoinedRow, keyAt, type RowTimes, timesOf } from './joined-row.ts';
import { fitsAsItIs, type TypedTable } from './same-type.ts';
import type { TargetEncoder, TargetRow } from './target-row.ts';

/** A stored row in the shape of another table, its cells with their times. */
export interface MappedRow {
  readonly partitionKey: readonly Bytes[];
  readonly clusteringKey: readonly Bytes[] | null;
  /** In the order of `StoredMapper.statics` and `StoredMapper.regulars`. */
  readonly statics: readonly (Cell | null)[];
  readonly cells: readonly (Cell | null)[];
  /** Values of functions that replace what is there: collections and UDTs as a whole, and null, which deletes. */
  readonly whole: TargetRow['cells'];
  readonly times: RowTimes;
}

export interface MapperOptions {
  readonly from: Table;
  /** Of the keyspace of `from`. */
  readonly types: ByName<UserType>;
  /** The columns that were read, besides the key. */
  readonly columns: readonly string[];
  readonly mappings: Readonly<Record<string, ColumnMapping>>;
  /** True: the key is the source row's own. */
  readonly sameKey: boolean;
  readonly encoder: TargetEncoder;
  readonly run: RunClock;
  /** Microseconds: of what is derived from a row without cells. */
  readonly timestamp: bigint;
}

type Deriver = (input: InputRow) => ReturnType<typeof mappedValue>;
type Source =
  | { readonly kind: 'cell'; readonly access: Access; convert(cell: Cell): Cell | null }
  | { readonly kind: 'key'; readonly access: Access; convert(bytes: Bytes): Bytes | null }
  | { readonly kind: 'function'; readonly derive: Deriver };

/** Maps rows of one table to another, bytes as they are wherever the types are equal. */
export class StoredMapper {
  /** Target columns, besides the key, that rows may have. */
  readonly statics: readonly string[];
  readonly regulars: readonly string[];
  readonly #options: MapperOptions;
  readonly #sources: ReadonlyMap<string, Source>;

  constructor(options: MapperOptions) {
    this.#options = options;
    const access = accessOf(options.from, options.columns);
    const sources = new Map<string, Source>();
    for (const [name, mapping] of Object.entries(keyMappings(options))) {
      if (mapping.kind !== 'unset') sources.set(name, sourceOf(options, { name, mapping, access }));
    }
    this.#sources = sources;
    const { table } = options.encoder;
    const keys = new Set(keyColumns(table));
    const written = table.columns.filter(({ name }) => sources.has(name) && !keys.has(name));
    this.statics = written.filter((column) => column.static).map(({ name }) => name);
    this.regulars = written.filter((column) => !column.static).map(({ name }) => name);
  }

  /** The table that rows are mapped to. */
  get target(): Table {
    return this.#options.encoder.table;
  }

  map(input: InputRow): Outcome<MappedRow> {
    const row = input.stored;
    if (row === null) throw new TypeError('a row of a foreign source has no cells');
    const times = timesOf(row);
    const derived: CellTime = { writeTime: times.newest ?? this.#options.timestamp, expiresAt: times.expiresAt };
    const whole: Record<string, Bytes | null> = {};
    const values = new Map<string, unknown>();
    for (const [name, source] of this.#sources) {
      if (source.kind !== 'function') continue;
      const value = source.derive(input);
      if (value.kind !== 'value') return value;
      values.set(name, value.value);
    }
    const cellOf = (name: string): Cell | null => {
      const source = this.#sources.get(name);
      if (source === undefined) return null;
      if (source.kind === 'function') return this.#derivedCell(name, values.get(name), { derived, whole });
      if (source.kind === 'cell') {
        const cell = cellAt(row, source.access);
        return cell === null ? null : source.convert(cell);
      }
      const bytes = keyAt(row, source.access);
      // A key has no time of its own: it takes the row marker's, which is inferred.
      const converted = bytes && source.convert(bytes);
      return converted && { kind: 'value', bytes: converted, writeTime: null, expiresAt: times.expiresAt };
    };
    try {
      const key = this.#options.encoder.keyFrom((name) => this.#keyBytes(row, name, values));
      const statics = this.statics.map(cellOf);
      const cells = key.clusteringKey === null ? [] : this.regulars.map(cellOf);
      return { kind: 'rows', rows: [{ ...key, statics, cells, whole, times }] };
    } catch (thrown) {
      if (thrown instanceof RowRejected) return { kind: 'reject', reason: thrown.reason };
      throw thrown;
    }
  }

  #keyBytes(row: JoinedRow, name: string, values: ReadonlyMap<string, unknown>): Bytes | null {
    const source = this.#sources.get(name);
    if (source === undefined) return null;
    if (source.kind === 'function') {
      const value = values.get(name);
      return value === undefined || value === null ? null : this.#options.encoder.value(name, value);
    }
    if (source.kind === 'key') {
      const bytes = keyAt(row, source.access);
      return bytes && source.convert(bytes);
    }
    const cell = cellAt(row, source.access);
    const converted = cell && source.convert(cell);
    return converted?.kind === 'value' ? converted.bytes : null;
  }

  #derivedCell(
    name: string,
    value: unknown,
    { derived, whole }: { readonly derived: CellTime; readonly whole: Record<string, Bytes | null> },
  ): Cell | null {
    if (value === undefined) return null;
    const { encoder } = this.#options;
    if (value === null || isMultiCell(encoder.column(name).type)) {
      setOwn(whole, name, value === null ? null : encoder.value(name, value));
      return null;
    }
    return { kind: 'value', bytes: encoder.value(name, value), ...derived };
  }
}

/** The mappings with those of the key where a row keeps its own. */
function keyMappings({ mappings, sameKey, encoder }: MapperOptions): Readonly<Record<string, ColumnMapping>> {
  if (!sameKey) return mappings;
  const own = keyColumns(encoder.table).map((name) => [name, { kind: 'column', from: name }] as const);
  return { ...mappings, ...Object.fromEntries(own) };
}

function sourceOf(
  { from, types, encoder, run }: MapperOptions,
  {
    name,
    mapping,
    access,
  }: {
    readonly name: string;
    readonly mapping: Exclude<ColumnMapping, { kind: 'unset' }>;
    readonly access: ReadonlyMap<string, Access>;
  },
): Source {
  if (mapping.kind === 'function') {
    return { kind: 'function', derive: (input) => mappedValue(input, name, () => mapping.value(input.values(), run)) };
  }
  const at = access.get(mapping.from);
  const type = typeOfColumn(from, mapping.from);
  if (at === undefined || type === null) throw new TypeError(`column ${mapping.from} was not read`);
  const target = encoder.column(name).type;
  if (at.kind === 'partition' || at.kind === 'clustering') {
    const same = fitsAsItIs({ type, types }, { type: target, types: encoder.types });
    const { decode } = codecOf(type, types);
    const converted = (value: unknown): Bytes | null => (value === null ? null : encoder.value(name, value));
    return { kind: 'key', access: at, convert: (bytes) => (same ? bytes : converted(decode(bytes))) };
  }
  const convert = cellConverter({ type, types }, { type: target, types: encoder.types }, (value) =>
    encoder.value(name, value),
  );
  return { kind: 'cell', access: at, convert };
}

function typeOfColumn(table: Table, name: string): CqlType | null {
  return table.columns.find((column) => column.name === name)?.type ?? null;
}

/** True for mappings under which different rows always have different keys: every key column goes into the key byte by byte. */
export function keepsKeys(
  from: TypedTable,
  into: TypedTable,
  mappings: Readonly<Record<string, ColumnMapping>>,
): boolean {
  const carried = new Set(
    keyColumns(into.table).flatMap((name) => {
      const mapping = own(mappings, name);
      if (mapping?.kind !== 'column') return [];
      const [source, target] = [typeOfColumn(from.table, mapping.from), typeOfColumn(into.table, name)];
      if (source === null || target === null) return [];
      return fitsAsItIs({ type: source, types: from.types }, { type: target, types: into.types }) ? [mapping.from] : [];
    }),
  );
  return keyColumns(from.table).every((name) => carried.has(name));
}
