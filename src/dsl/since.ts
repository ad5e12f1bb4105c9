import { own } from '../kernel/own.ts';
import type { Since } from '../model/since.ts';
import type { ClusterTable } from './cluster-type.ts';
import type { FromOrigin } from './data-spec.ts';
import { mistake, propertiesOf, shown } from './mistake.ts';
import type { Source } from './source.ts';
import type { Table } from './table-type.ts';

/** Types of source columns that can hold the time of a row's last change. */
const timeKinds = [
  'mysql.timestamp',
  'mysql.datetime',
  'postgres.timestamptz',
  'postgres.timestamp',
  'sqlite.timestamp',
  'sqlite.unixepoch',
  'mongo.date',
] as const;
/** Types of source columns that can hold a number which grows with every change of the table. */
const numberKinds = [
  'mysql.int',
  'mysql.int unsigned',
  'mysql.bigint',
  'mysql.bigint unsigned',
  'postgres.int',
  'postgres.bigint',
  'sqlite.int',
  'sqlite.integer',
  'mongo.int',
  'mongo.long',
] as const;
type TimeKind = (typeof timeKinds)[number];
type NumberKind = (typeof numberKinds)[number];

/** How far behind a watermark a pass begins, for transactions that commit late and clocks that differ: `'90s'`, `'5m'`, `'1h'`. */
export type Overlap = `${number}${'s' | 'm' | 'h'}`;

type ColumnsOfKind<F, K> =
  F extends Source<infer C>
    ? { [X in keyof C & string]: C[X] extends { readonly kind: infer T } ? (T extends K ? X : never) : never }[keyof C &
        string]
    : never;
type SourceSince<F> =
  | ColumnsOfKind<F, TimeKind | NumberKind>
  | { readonly column: ColumnsOfKind<F, TimeKind>; readonly overlap?: Overlap }
  | { readonly column: ColumnsOfKind<F, NumberKind>; readonly overlap?: number };
type TableSince = 'writetime' | { readonly by: 'writetime'; readonly overlap?: Overlap };
/**
 * By what changes of the source are told, so that `catch-up` can copy them: a column of times or of numbers that grow
 * with each change; of tables of Cassandra the write time of their cells. Files have none.
 */
export type SinceOf<F> = F extends Table | ClusterTable
  ? { readonly since?: TableSince }
  : [ColumnsOfKind<F, TimeKind | NumberKind>] extends [never]
    ? { readonly since?: never }
    : { readonly since?: SourceSince<F> };

const defaultSpan = 60_000_000;
const defaultNumbers = 1000;
const micros: Readonly<Record<string, number>> = { s: 1_000_000, m: 60_000_000, h: 3_600_000_000 };

/** Null where changes are not told. */
export function sinceFrom(subject: string, from: FromOrigin, given: unknown): Since | null {
  if (given === undefined) return null;
  if (from.kind !== 'source') return tableSince(subject, given);
  const { system, columns, connection } = from.source;
  if (connection === null) {
    throw mistake('SINCE_OF_FILE', {
      message: `${subject}: since is given, and a file does not tell which of its rows changed since it was read`,
      next: 'Leave `since` out, and copy the new file in a migration of its own, or with `cqlform load`.',
      fields: { system },
    });
  }
  const spec =
    typeof given === 'string' ? { column: given } : propertiesOf(`since of ${subject}`, given, ['column', 'overlap']);
  const { column, overlap } = spec as { readonly column?: unknown; readonly overlap?: unknown };
  const declared = typeof column === 'string' ? own(columns, column) : undefined;
  const fitting = Object.entries(columns).flatMap(([name, one]) => (unitOf(one.type) === null ? [] : [name]));
  const unit = declared === undefined ? null : unitOf(declared.type);
  if (typeof column !== 'string' || unit === null) {
    throw mistake('SINCE_COLUMN', {
      message: `since of ${subject} is ${shown(column)}${declared === undefined ? ', which is no column of the source' : ` of type ${declared.type}, which does not tell when a row changed`}`,
      next:
        fitting.length === 0
          ? 'Declare the column that holds the time of a row’s last change, or a number that grows with every change.'
          : `Name a column of times or of numbers that grow with each change: ${fitting.join(', ')}.`,
      fields: { column: typeof column === 'string' ? column : null },
    });
  }
  return unit === 'time'
    ? { by: 'time', column, overlap: spanOf(subject, overlap) }
    : { by: 'number', column, overlap: numbersOf(subject, overlap) };
}

function unitOf(type: string): 'time' | 'number' | null {
  const kinds: { readonly time: readonly string[]; readonly number: readonly string[] } = {
    time: timeKinds,
    number: numberKinds,
  };
  if (kinds.time.includes(type)) return 'time';
  return kinds.number.includes(type) ? 'number' : null;
}

function tableSince(subject: string, given: unknown): Since {
  if (given === 'writetime') return { by: 'writetime', overlap: defaultSpan };
  if (typeof given === 'object' && given !== null) {
    const { by, overlap } = propertiesOf(`since of ${subject}`, given, ['by', 'overlap']);
    if (by === 'writetime') return { by: 'writetime', overlap: spanOf(subject, overlap) };
  }
  throw mistake('SINCE_COLUMN', {
    message: `since of ${subject} is ${shown(given)}`,
    next: "Write `since: 'writetime'`: of tables of Cassandra, cells tell themselves when they were written.",
  });
}

function spanOf(subject: string, given: unknown): number {
  if (given === undefined) return defaultSpan;
  const parts = typeof given === 'string' ? /^(\d+(?:\.\d+)?)([smh])$/.exec(given) : null;
  const span = Math.round(Number(parts?.[1]) * (micros[parts?.[2] ?? ''] ?? Number.NaN));
  if (Number.isSafeInteger(span)) return span;
  throw badOverlap(subject, given, "Give a span such as '90s', '5m' or '1h'.");
}

function numbersOf(subject: string, given: unknown): number {
  if (given === undefined) return defaultNumbers;
  if (typeof given === 'number' && Number.isSafeInteger(given) && given >= 0) return given;
  throw badOverlap(subject, given, 'Give how many numbers back a pass begins, as a whole number.');
}

function badOverlap(subject: string, given: unknown, next: string): Error {
  return mistake('SINCE_OVERLAP', { message: `the overlap of ${subject} is ${shown(given)}`, next });
}
