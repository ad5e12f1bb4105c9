import { own } from '../../kernel/own.ts';
import { canonicalDate, canonicalDuration, canonicalInet, canonicalTime } from '../../model/canonical.ts';
import type { ForeignColumn, ForeignSource } from '../../model/data.ts';
import { type FieldReader, Misfit, misfit } from '../files/misfit.ts';
import { bigintOf, decimalOf, doubleOf, uuidOf } from '../files/text-values.ts';
import { localTimestamp } from '../sql/zone.ts';
import { type ArrayElement, arrayElements, rangeParts } from './literals.ts';

type Read = FieldReader<string>;
type Factory = (column: ForeignColumn, settings: ForeignSource['settings']) => Read;

const simple =
  (read: Read): Factory =>
  () =>
    read;
const text = simple((value) => value);

const whole = (bits: number): Factory =>
  simple((value) => {
    const number = Number(value);
    if (!/^-?\d+$/.test(value)) return misfit(value, 'an integer');
    const limit = 2 ** (bits - 1);
    return number >= -limit && number < limit ? number : misfit(value, `an integer of ${bits} bits`);
  });

const single: Read = (value) => {
  const read = doubleOf(value);
  return typeof read === 'number' ? Math.fround(read) : read;
};

const boolean: Read = (value) => (value === 't' ? true : value === 'f' ? false : misfit(value, 'a boolean'));

const bytes: Read = (value) =>
  value.startsWith('\\x') ? new Uint8Array(Buffer.from(value.slice(2), 'hex')) : misfit(value, 'bytes');

/** Year 44 before Christ is -43 where there is a year 0. */
const date: Read = (value) => {
  const [, year = '', rest = '', before] = /^(\d{4,7})(-\d{2}-\d{2})( BC)?$/.exec(value) ?? [];
  const number = before === undefined ? Number(year) : 1 - Number(year);
  const sign = number < 0 ? '-' : number > 9999 ? '+' : '';
  const day = canonicalDate(`${sign}${String(Math.abs(number)).padStart(4, '0')}${rest}`);
  return year === '' ? misfit(value, 'a day') : (day ?? misfit(value, 'a day'));
};

function timestamp(settings: ForeignSource['settings'], zone: string): Read {
  return localTimestamp({ zone, truncate: settings['fractions'] === 'truncate' });
}

/** The session's zone is UTC, so that is what every moment is written in. */
function moment(settings: ForeignSource['settings']): Read {
  const read = timestamp(settings, 'UTC');
  return (value) => {
    const [matched, local = '', before = ''] = /^(.*)\+00( BC)?$/.exec(value) ?? [];
    return matched === undefined ? misfit(value, 'a moment') : read(local + before);
  };
}

const intervalPattern =
  /^P(?:(-?\d+)Y)?(?:(-?\d+)M)?(?:(-?\d+)D)?(?:T(?:(-?\d+)H)?(?:(-?\d+)M)?(?:(-?)(\d+)(?:\.(\d{1,6}))?S)?)?$/;

const interval: Read = (value) => {
  const found = intervalPattern.exec(value);
  if (found === null) return misfit(value, 'an interval');
  const [, years = 0, months = 0, days = 0, hours = 0, minutes = 0, sign = '', seconds = 0, fraction = ''] = found;
  const micros = BigInt(seconds) * 1_000_000n + BigInt(fraction.padEnd(6, '0'));
  const time = (BigInt(hours) * 3600n + BigInt(minutes) * 60n) * 1_000_000n + (sign === '-' ? -micros : micros);
  const parts = [BigInt(years) * 12n + BigInt(months), BigInt(days), time] as const;
  const negative = parts.some((part) => part < 0n);
  if (negative && parts.some((part) => part > 0n)) {
    return misfit(value, 'a duration: the signs of its months, days and time differ');
  }
  const [mo, d, us] = parts.map((part) => (part < 0n ? -part : part));
  return canonicalDuration(`${negative ? '-' : ''}${mo}mo${d}d${us}us`) ?? misfit(value, 'a duration');
};

const labelled: Factory = ({ labels = [] }) => {
  const known = new Set(labels);
  return (value) => (known.has(value) ? value : misfit(value, `one of ${labels.join(', ')}`));
};

const factories: Readonly<Record<string, Factory>> = {
  'postgres.smallint': whole(16),
  'postgres.int': whole(32),
  'postgres.bigint': simple(bigintOf),
  'postgres.numeric': simple(decimalOf),
  'postgres.real': simple(single),
  'postgres.double': simple(doubleOf),
  'postgres.boolean': simple(boolean),
  'postgres.char': text,
  'postgres.varchar': text,
  'postgres.text': text,
  'postgres.enum': labelled,
  'postgres.bytea': simple(bytes),
  'postgres.uuid': simple(uuidOf),
  'postgres.date': simple(date),
  'postgres.time': simple((value) => canonicalTime(value) ?? misfit(value, 'a time of day')),
  'postgres.timestamp': (_, settings) => timestamp(settings, String(settings['zone'] ?? 'UTC')),
  'postgres.timestamptz': (_, settings) => moment(settings),
  'postgres.interval': simple(interval),
  'postgres.json': text,
  'postgres.jsonb': text,
  'postgres.inet': simple((value) => canonicalInet(value) ?? misfit(value, 'an address without a netmask')),
  'postgres.cidr': text,
  'postgres.macaddr': text,
};

/** The reader of a column; null: there is no such type. `[]` behind a type's name is a list of it, `~` a range. */
export function postgresReader(column: ForeignColumn, settings: ForeignSource['settings']): Read | null {
  const { type } = column;
  const inner = (length: number): Read | null => postgresReader({ ...column, type: type.slice(0, -length) }, settings);
  const depth = (/(?:\[\])+$/.exec(type)?.[0].length ?? 0) / 2;
  if (depth > 0) {
    const element = inner(depth * 2);
    return element === null ? null : arrayOf(depth, element);
  }
  if (type.endsWith('~')) {
    const element = inner(1);
    return element === null ? null : rangeOf(element);
  }
  const factory = own(factories, type);
  return factory?.(column, settings) ?? null;
}

/** `depth` lists inside each other. */
function arrayOf(depth: number, element: Read): Read {
  return (value) => {
    const elements = arrayElements(value);
    return elements === null ? misfit(value, 'an array') : listOf(elements, { value, depth, element });
  };
}

interface ListReading {
  readonly value: string;
  readonly depth: number;
  readonly element: Read;
}

function listOf(elements: readonly ArrayElement[], reading: ListReading): unknown {
  const { value, depth, element } = reading;
  const list: unknown[] = [];
  for (const one of elements) {
    if (one === null) return misfit(value, 'a list: an element is null');
    if ((typeof one === 'string') !== (depth === 1)) return misfit(value, `a list of ${depth} dimensions`);
    const read = typeof one === 'string' ? element(one) : listOf(one, { ...reading, depth: depth - 1 });
    if (read instanceof Misfit) return read;
    list.push(read);
  }
  return list;
}

function rangeOf(element: Read): Read {
  return (value) => {
    const parts = rangeParts(value);
    if (parts === null) return misfit(value, 'a range');
    const [lower, upper] = [parts.lower, parts.upper].map((bound) => (bound === null ? null : element(bound)));
    if (lower instanceof Misfit) return lower;
    return upper instanceof Misfit ? upper : { ...parts, lower, upper };
  };
}
