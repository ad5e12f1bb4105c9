import type {
  DuckDBBlobValue,
  DuckDBDateValue,
  DuckDBDecimalValue,
  DuckDBListType,
  DuckDBListValue,
  DuckDBMapType,
  DuckDBMapValue,
  DuckDBStructType,
  DuckDBStructValue,
  DuckDBTimeNSValue,
  DuckDBTimestampMillisecondsValue,
  DuckDBTimestampNanosecondsValue,
  DuckDBTimestampSecondsValue,
  DuckDBTimestampTZValue,
  DuckDBTimestampValue,
  DuckDBTimeTZValue,
  DuckDBTimeValue,
  DuckDBType,
  DuckDBValue,
} from '@duckdb/node-api';
import { own } from '../../kernel/own.ts';
import { dateOfDays, timeOfNanoseconds } from '../../model/calendar.ts';
import { canonicalUuid, textOfDecimal } from '../../model/canonical.ts';
import type { ForeignType } from '../../model/data.ts';
import { type FieldReader, Misfit, misfit, shown } from '../files/misfit.ts';
import { localTimestamp } from '../sql/zone.ts';

export interface ValueSettings {
  readonly zone: string;
  /** Take away what is below the millisecond. */
  readonly truncate: boolean;
}
export type ValueReader = FieldReader<DuckDBValue>;
/** Makes the reader for values of a file's type; null: it does not read them. */
type Factory = (declared: ForeignType, real: DuckDBType, settings: ValueSettings) => ValueReader | null;

/** The names of DuckDB's types, without what stands in brackets. */
export function nameOf(type: DuckDBType): string {
  const text = type.toString();
  return text.endsWith(']') ? 'LIST' : text.replace(/\(.*$/s, '');
}

const integers: Readonly<Record<string, readonly [least: bigint, greatest: bigint]>> = Object.fromEntries(
  [8n, 16n, 32n, 64n].flatMap((bits) => {
    const name = { 8: 'TINYINT', 16: 'SMALLINT', 32: 'INTEGER', 64: 'BIGINT' }[Number(bits)] ?? '';
    return [
      [name, [-(2n ** (bits - 1n)), 2n ** (bits - 1n) - 1n]],
      [`U${name}`, [0n, 2n ** bits - 1n]],
    ];
  }),
);

/** Narrower integers are read as well. */
function whole(widest: string): Factory {
  const [least = 0n, greatest = 0n] = own(integers, widest) ?? [];
  const large = widest.endsWith('BIGINT');
  return (_declared, real) => {
    const range = own(integers, nameOf(real));
    if (range === undefined || range[0] < least || range[1] > greatest) return null;
    return large ? (value) => BigInt(value as bigint | number) : (value) => value;
  };
}

const only =
  (names: readonly string[], read: ValueReader): Factory =>
  (_declared, real) =>
    names.includes(nameOf(real)) ? read : null;

const same: ValueReader = (value) => value;
const bytesOf = (value: DuckDBValue): Uint8Array => Uint8Array.from((value as DuckDBBlobValue).bytes);

const uuid: Factory = (_declared, real) => {
  const checked = (text: string): unknown => canonicalUuid(text) ?? misfit(text, 'a UUID');
  switch (nameOf(real)) {
    case 'UUID':
    case 'VARCHAR':
      return (value) => checked(String(value));
    case 'BLOB':
      return (value) => {
        const hex = Buffer.from(bytesOf(value)).toString('hex');
        return checked(hex.replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5'));
      };
    default:
      return null;
  }
};

const decimal: Factory = (_declared, real) => {
  const name = nameOf(real);
  if (Object.hasOwn(integers, name)) return (value) => String(value);
  if (name !== 'DECIMAL') return null;
  return (value) => {
    const { value: unscaled, scale } = value as DuckDBDecimalValue;
    return textOfDecimal({ unscaled, scale });
  };
};

const labelled: Factory = ({ labels = [] }, real) => {
  if (nameOf(real) !== 'VARCHAR' && nameOf(real) !== 'ENUM') return null;
  const known = new Set(labels);
  return (value) => (known.has(String(value)) ? value : misfit(value, `one of ${labels.join(', ')}`));
};

/** Nanoseconds since 1970, or since midnight. */
const nanoseconds: Readonly<Record<string, (value: DuckDBValue) => bigint>> = {
  TIMESTAMP_S: (value) => (value as DuckDBTimestampSecondsValue).seconds * 1_000_000_000n,
  TIMESTAMP_MS: (value) => (value as DuckDBTimestampMillisecondsValue).millis * 1_000_000n,
  TIMESTAMP: (value) => (value as DuckDBTimestampValue).micros * 1000n,
  TIMESTAMP_NS: (value) => (value as DuckDBTimestampNanosecondsValue).nanos,
  'TIMESTAMP WITH TIME ZONE': (value) => (value as DuckDBTimestampTZValue).micros * 1000n,
  TIME: (value) => (value as DuckDBTimeValue).micros * 1000n,
  'TIME WITH TIME ZONE': (value) => (value as DuckDBTimeTZValue).micros * 1000n,
  TIME_NS: (value) => (value as DuckDBTimeNSValue).nanos,
};

/** Makes the reader of one of some types that count nanoseconds. */
function counted(names: readonly string[], real: DuckDBType, read: (count: bigint) => unknown): ValueReader | null {
  const count = names.includes(nameOf(real)) ? own(nanoseconds, nameOf(real)) : undefined;
  return count === undefined ? null : (value) => read(count(value));
}

/** `YYYY-MM-DD HH:MM:SS.fffffffff`, in a calendar without zones. */
function textOfMoment(nanoseconds: bigint): string {
  const day = nanoseconds / dayNanoseconds - (nanoseconds % dayNanoseconds < 0n ? 1n : 0n);
  return `${dateOfDays(Number(day))} ${timeOfNanoseconds(nanoseconds - day * dayNanoseconds)}`;
}
const dayNanoseconds = 86_400_000_000_000n;

function moment(value: bigint, truncate: boolean): unknown {
  const rest = ((value % 1_000_000n) + 1_000_000n) % 1_000_000n;
  if (rest !== 0n && !truncate) {
    return misfit(textOfMoment(value), "a time of whole milliseconds (`fractions: 'truncate'` takes the rest away)");
  }
  const date = new Date(Number((value - rest) / 1_000_000n));
  return Number.isNaN(date.getTime()) ? misfit(value, 'a moment that JavaScript can hold') : date;
}

const timestamp: Factory = (_declared, real, { truncate }) =>
  counted(['TIMESTAMP WITH TIME ZONE'], real, (count) => moment(count, truncate));

const local: Factory = (_declared, real, settings) => {
  const inZone = settings.zone === 'UTC' ? null : localTimestamp(settings);
  return counted(['TIMESTAMP', 'TIMESTAMP_S', 'TIMESTAMP_MS', 'TIMESTAMP_NS'], real, (count) =>
    inZone === null ? moment(count, settings.truncate) : inZone(textOfMoment(count)),
  );
};

const time: Factory = (_declared, real) => counted(['TIME', 'TIME_NS', 'TIME WITH TIME ZONE'], real, timeOfNanoseconds);

function inside(where: string, read: ValueReader | null): ValueReader | null {
  if (read === null) return null;
  return (value) => {
    if (value === null) return new Misfit(`${where} is null, which no collection of CQL holds`);
    return read(value);
  };
}

const list: Factory = ({ element }, real, settings) => {
  if (element === undefined || nameOf(real) !== 'LIST') return null;
  const read = inside('an element', valueReader(element, (real as DuckDBListType).valueType, settings));
  if (read === null) return null;
  return (value) => {
    const items = (value as DuckDBListValue).items.map(read);
    return items.find((item) => item instanceof Misfit) ?? items;
  };
};
const map: Factory = ({ key, element }, real, settings) => {
  if (key === undefined || element === undefined || nameOf(real) !== 'MAP') return null;
  const { keyType, valueType } = real as DuckDBMapType;
  const readKey = inside('a key', valueReader(key, keyType, settings));
  const readValue = inside('a value', valueReader(element, valueType, settings));
  if (readKey === null || readValue === null) return null;
  return (value) => {
    const entries = (value as DuckDBMapValue).entries.map((one) => [readKey(one.key), readValue(one.value)] as const);
    const bad = entries.flat().find((item) => item instanceof Misfit);
    if (bad !== undefined) return bad;
    const map = new Map(entries);
    return map.size < entries.length ? misfit(String(value), 'a map: two of its keys are the same') : map;
  };
};
const struct: Factory = ({ fields = {} }, real, settings) => {
  if (nameOf(real) !== 'STRUCT') return null;
  const { entryNames, entryTypes } = real as DuckDBStructType;
  const readers = Object.entries(fields).map(([name, declared]) => {
    const type = entryTypes[entryNames.indexOf(name)];
    return [name, type === undefined ? null : valueReader(declared, type, settings)] as const;
  });
  if (readers.some(([, read]) => read === null)) return null;
  return (value) => {
    const { entries } = value as DuckDBStructValue;
    const read = readers.map(([name, one]) => [name, orNull(one, own(entries, name) ?? null)] as const);
    return read.find(([, item]) => item instanceof Misfit)?.[1] ?? Object.fromEntries(read);
  };
};
const orNull = (read: ValueReader | null, value: DuckDBValue): unknown =>
  value === null || read === null ? null : read(value);

const factories: Readonly<Record<string, Factory>> = {
  int8: whole('TINYINT'),
  int16: whole('SMALLINT'),
  int32: whole('INTEGER'),
  int64: whole('BIGINT'),
  uint8: whole('UTINYINT'),
  uint16: whole('USMALLINT'),
  uint32: whole('UINTEGER'),
  uint64: whole('UBIGINT'),
  float: only(['FLOAT'], same),
  double: only(['DOUBLE', 'FLOAT'], same),
  decimal,
  boolean: only(['BOOLEAN'], same),
  string: only(['VARCHAR', 'ENUM', 'UUID', 'JSON'], String),
  enum: labelled,
  json: only(['VARCHAR', 'JSON'], String),
  binary: only(['BLOB'], bytesOf),
  fixed: only(['BLOB'], bytesOf),
  uuid,
  date: only(['DATE'], (value) => dateOfDays((value as DuckDBDateValue).days)),
  time,
  timestamp,
  localTimestamp: local,
  list,
  map,
  struct,
};

export function isParquetType(type: string): boolean {
  return Object.hasOwn(factories, type.replace('parquet.', ''));
}

/** How values of a file's type are read as they are declared; null when they are not. */
export function valueReader(declared: ForeignType, real: DuckDBType, settings: ValueSettings): ValueReader | null {
  return own(factories, declared.type.replace('parquet.', ''))?.(declared, real, settings) ?? null;
}

/** A value that did not fit, for a reject. */
export function shownValue(value: DuckDBValue): unknown {
  if (value === null || ['string', 'number', 'boolean', 'bigint'].includes(typeof value)) return value;
  return shown(String(value));
}
