import { isUtf8 } from 'node:buffer';
import { canonicalDuration, canonicalInet, canonicalTime, canonicalUuid } from '../../model/canonical.ts';
import type { ForeignColumn, ForeignSource } from '../../model/data.ts';
import { type FieldReader, misfit } from '../files/misfit.ts';
import { bigintOf, dateOf, decimalOf } from '../files/text-values.ts';
import { localTimestamp } from '../sql/zone.ts';

/** Makes the reader of a column from what it and its source declare. */
type Factory = (column: ForeignColumn, settings: ForeignSource['settings']) => FieldReader<Buffer>;

/** Values come as the bytes of the text protocol: text in UTF-8, everything else but bytes and bits in ASCII. */
const ascii =
  (read: FieldReader<string>): Factory =>
  () =>
  (raw) =>
    read(raw.toString('latin1'));

const whole = (least: number, greatest: number): Factory =>
  ascii((text) => {
    const value = Number(text);
    if (!Number.isInteger(value)) return misfit(text, 'an integer');
    return value >= least && value <= greatest ? value : misfit(text, `a whole number from ${least} to ${greatest}`);
  });
const signed = (bits: number): Factory => whole(-(2 ** (bits - 1)), 2 ** (bits - 1) - 1);
const unsigned = (bits: number): Factory => whole(0, 2 ** bits - 1);

const number: Factory = ascii((text) => {
  const value = Number(text);
  return text !== '' && Number.isFinite(value) ? value : misfit(text, 'a number');
});
/** The server prints as many digits as the type has. */
const single: Factory = ascii((text) => {
  const value = Math.fround(Number(text));
  return text !== '' && Number.isFinite(value) ? value : misfit(text, 'a number of 32 bits');
});

const text: Factory = () => (raw) =>
  isUtf8(raw) ? raw.toString('utf8') : misfit(raw.toString('latin1'), 'text in UTF-8');

const bytes: Factory = () => (raw) => new Uint8Array(raw);

const bits: Factory = () => (raw) => (raw.length === 0 ? 0n : BigInt(`0x${raw.toString('hex')}`));

/** `bit(1)` comes as a byte, `tinyint(1)` as a digit. */
const boolean: Factory = () => (raw) => {
  if (raw.length === 1 && (raw[0] === 0 || raw[0] === 0x30)) return false;
  if (raw.length === 1 && (raw[0] === 1 || raw[0] === 0x31)) return true;
  return misfit(raw.toString('latin1'), 'a boolean (0 or 1)');
};

const labelled: Factory = ({ labels = [] }) => {
  const known = new Set(labels);
  return (raw) => {
    const label = raw.toString('utf8');
    return known.has(label) ? label : misfit(label, `one of ${labels.join(', ')}`);
  };
};
const labelledSet: Factory = ({ labels = [] }) => {
  const known = new Set(labels);
  return (raw) => {
    const value = raw.toString('utf8');
    const found = value === '' ? [] : value.split(',');
    const stranger = found.find((label) => !known.has(label));
    return stranger === undefined ? new Set(found) : misfit(stranger, `one of ${labels.join(', ')}`);
  };
};

/** The server stores dates that do not exist: all zeros, or a month or day of zero. */
const zeroDate = /^\d{4}-(?:00-\d{2}|\d{2}-00)/;
function dated(read: FieldReader<string>, settings: ForeignSource['settings']): FieldReader<Buffer> {
  const asNull = settings['zeroDates'] === 'null';
  return (raw) => {
    const value = raw.toString('latin1');
    if (!zeroDate.test(value)) return read(value);
    return asNull ? null : misfit(value, "a day that exists (`zeroDates: 'null'` reads it as null)");
  };
}

const timePattern = /^(-?)(\d{2,3}):(\d{2}):(\d{2})(?:\.(\d{1,6}))?$/;
const time: Factory = ascii(
  (value) => canonicalTime(value) ?? misfit(value, 'a time of day (declare a span of time as mysql.duration())'),
);
const duration: Factory = ascii((value) => {
  const [matched, sign = '', hours, minutes, seconds, fraction = ''] = timePattern.exec(value) ?? [];
  if (matched === undefined) return misfit(value, 'a span of time');
  const text = `${sign}${Number(hours)}h${Number(minutes)}m${Number(seconds)}s${Number(fraction.padEnd(6, '0'))}us`;
  return canonicalDuration(text) ?? misfit(value, 'a span of time');
});

/** MariaDB's own type as text, or 16 bytes in the order in which they are written. */
const uuid: Factory = () => (raw) => {
  const value = raw.length === 16 ? hyphened(raw.toString('hex')) : raw.toString('latin1');
  return canonicalUuid(value) ?? misfit(value, 'a UUID');
};
function hyphened(hex: string): string {
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-${hex.slice(12, 16)}-${hex.slice(16, 20)}-${hex.slice(20)}`;
}

/** By the type's name in a declaration. */
export const mysqlReaders: Readonly<Record<string, Factory>> = {
  'mysql.tinyint': signed(8),
  'mysql.tinyint unsigned': unsigned(8),
  'mysql.smallint': signed(16),
  'mysql.smallint unsigned': unsigned(16),
  'mysql.mediumint': signed(24),
  'mysql.mediumint unsigned': unsigned(24),
  'mysql.int': signed(32),
  'mysql.int unsigned': unsigned(32),
  'mysql.bigint': ascii((value) => ranged(value, BigInt.asIntN)),
  'mysql.bigint unsigned': ascii((value) => ranged(value, BigInt.asUintN)),
  'mysql.bit': bits,
  'mysql.boolean': boolean,
  'mysql.decimal': ascii(decimalOf),
  'mysql.float': single,
  'mysql.double': number,
  'mysql.char': text,
  'mysql.varchar': text,
  'mysql.text': text,
  'mysql.enum': labelled,
  'mysql.set': labelledSet,
  'mysql.json': text,
  'mysql.date': (_, settings) => dated(dateOf, settings),
  'mysql.time': time,
  'mysql.duration': duration,
  'mysql.datetime': (_, settings) => dated(localTimestamp(zoneOf(settings)), settings),
  'mysql.timestamp': (_, settings) => dated(localTimestamp({ ...zoneOf(settings), zone: 'UTC' }), settings),
  'mysql.year': whole(0, 2155),
  'mysql.binary': bytes,
  'mysql.varbinary': bytes,
  'mysql.blob': bytes,
  'mysql.uuid': uuid,
  'mysql.inet': ascii((value) => canonicalInet(value) ?? misfit(value, 'an IP address')),
};

function ranged(value: string, limit: (bits: number, value: bigint) => bigint): unknown {
  const read = bigintOf(value);
  return typeof read !== 'bigint' || limit(64, read) === read ? read : misfit(value, 'a whole number of 64 bits');
}

function zoneOf(settings: ForeignSource['settings']): { readonly zone: string; readonly truncate: boolean } {
  return { zone: String(settings['zone'] ?? 'UTC'), truncate: settings['fractions'] === 'truncate' };
}

/** How a value that does not fit is shown: its text where it is text. */
export function shownBytes(raw: Buffer): unknown {
  return isUtf8(raw) ? raw.toString('utf8', 0, Math.min(raw.length, 1000)) : new Uint8Array(raw);
}
