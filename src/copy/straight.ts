import { isMultiCell } from '../cql/select.ts';
import { own } from '../kernel/own.ts';
import type { ColumnMapping, RunClock } from '../model/data.ts';
import type { Bytes } from '../model/row.ts';
import { type Column, keyColumns, type Table } from '../model/schema.ts';
import type { PassingRow, PassThrough } from '../ports/cluster.ts';
import { mappedValue } from './emitted-row.ts';
import { PassingValues } from './passing-values.ts';
import { fitsAsItIs, type TypedTable } from './same-type.ts';
import type { TargetEncoder } from './target-row.ts';
import { timedEvery, type WorkMeter } from './threads/work-meter.ts';

/** A copy whose rows can go from one table to the other without being decoded. */
export interface StraightCopy {
  /** Columns that are written, the key first. */
  readonly columns: readonly string[];
  readonly values: PassThrough['values'];
  readonly onRow: (row: PassingRow) => void;
  readonly floor: bigint | null;
}

/** What functions of a mapping are called with. */
export interface StraightFunctions {
  readonly encoder: TargetEncoder;
  readonly run: RunClock;
  /** Told how long they take; left out or null: nobody asks. */
  readonly meter?: WorkMeter | null;
}

/**
 * Null where rows need more than to be carried over: other types, collections and types with parts of their own, static
 * columns, counters, or a key that is not made of the source's key. A function's value is made of the row's bytes, of
 * which only those are decoded that the function looks at.
 */
export function straightCopy({
  from,
  into,
  columns,
  mappings,
  floor,
  functions,
}: {
  readonly from: TypedTable;
  readonly into: TypedTable;
  /** Those that are read, besides the key. */
  readonly columns: readonly string[];
  readonly mappings: Readonly<Record<string, ColumnMapping>>;
  readonly floor: bigint | null;
  /** Null: there are none. */
  readonly functions: StraightFunctions | null;
}): StraightCopy | null {
  const columnOf = (table: Table, name: string): Column | undefined =>
    table.columns.find((column) => column.name === name);
  if (!columns.every((name) => isPlain(columnOf(from.table, name)))) return null;
  const keys = keyColumns(from.table);
  const targetKeys = keyColumns(into.table);
  const others = into.table.columns
    .map(({ name }) => name)
    .filter((name) => !targetKeys.includes(name) && Object.hasOwn(mappings, name));
  const passing = new PassingValues(from, columns);
  const written: string[] = [];
  const values: PassThrough['values'][number][] = [];
  for (const name of [...targetKeys, ...others]) {
    const mapping = own(mappings, name);
    if (mapping?.kind === 'unset' && !targetKeys.includes(name)) continue;
    if (mapping?.kind === 'function') {
      const target = columnOf(into.table, name);
      if (functions === null || targetKeys.includes(name) || !isPlain(target)) return null;
      written.push(name);
      values.push({ kind: 'made', make: maker(name, { mapping, passing, ...functions }) });
      continue;
    }
    if (mapping?.kind !== 'column') return null;
    const [source, target] = [columnOf(from.table, mapping.from), columnOf(into.table, name)];
    if (source === undefined || target === undefined || target.static) return null;
    const [read, wanted] = [
      { ...from, type: source.type },
      { ...into, type: target.type },
    ];
    if (!fitsAsItIs(read, wanted)) return null;
    const [key, regular] = [keys.indexOf(mapping.from), columns.indexOf(mapping.from)];
    // a key has no write time of its own, so it is not carried into a cell here
    if (targetKeys.includes(name) !== key >= 0) return null;
    written.push(name);
    values.push(key >= 0 ? { kind: 'key', index: key } : { kind: 'regular', index: regular });
  }
  if (values.every(({ kind }) => kind === 'key')) return null;
  return { columns: written, values, floor, onRow: (row) => passing.move(row) };
}

/** A value from a function. Whatever is not simply a value is left to the way that rows take one by one, where it is called again. */
function maker(
  name: string,
  {
    mapping,
    passing,
    encoder,
    run,
    meter = null,
  }: StraightFunctions & {
    readonly mapping: Extract<ColumnMapping, { readonly kind: 'function' }>;
    readonly passing: PassingValues;
  },
): () => Bytes | 'unset' | 'apart' {
  const call = (): unknown => mapping.value(passing.values, run);
  const make = (): Bytes | 'unset' | 'apart' => {
    try {
      const made = mappedValue({ place: () => name }, name, call);
      if (made.kind !== 'value' || made.value === null) return 'apart';
      return made.value === undefined ? 'unset' : encoder.value(name, made.value);
    } catch {
      return 'apart';
    }
  };
  return meter === null ? make : timed(make, meter);
}

function timed<T>(make: () => T, meter: WorkMeter): () => T {
  let calls = 0;
  return () => {
    calls += 1;
    if (calls % timedEvery !== 0) return make();
    const begun = performance.now();
    const made = make();
    meter.took(performance.now() - begun);
    return made;
  };
}

function isPlain(column: Column | undefined): boolean {
  if (column === undefined || column.static || isMultiCell(column.type)) return false;
  return !(column.type.kind === 'scalar' && column.type.name === 'counter');
}
