import { own, setOwn } from '../kernel/own.ts';
import type { Options, OptionValue } from '../model/schema.ts';
import { mistake, objectOf, propertiesOf, shown } from './mistake.ts';

/** Sub-options by their camelCase or CQL names, e.g. `{ class: 'LeveledCompactionStrategy', sstableSizeInMb: 160 }`. */
export interface ClassOptions<Known extends string> {
  /** The strategy's name; a class of another package by its whole name. */
  readonly class: Known | (string & {});
  readonly [option: string]: string | number | boolean;
}
export type Compaction = ClassOptions<
  | 'UnifiedCompactionStrategy'
  | 'SizeTieredCompactionStrategy'
  | 'LeveledCompactionStrategy'
  | 'TimeWindowCompactionStrategy'
>;
export type Compression =
  | ClassOptions<'LZ4Compressor' | 'ZstdCompressor' | 'SnappyCompressor' | 'DeflateCompressor' | 'NoopCompressor'>
  | { readonly enabled: false };
export interface Caching {
  readonly keys: 'ALL' | 'NONE';
  readonly rowsPerPartition: 'ALL' | 'NONE' | number;
}

/** Options of views: all of a table's but those that only a table has. */
export interface ViewOptions {
  readonly comment?: string;
  /** Seconds. */
  readonly gcGraceSeconds?: number;
  readonly compaction?: Compaction;
  readonly compression?: Compression;
  readonly caching?: Caching;
  /** Between 0 and 1. */
  readonly bloomFilterFpChance?: number;
  /** Between 0 and 1. */
  readonly crcCheckChance?: number;
  /** E.g. `99p`, `50ms`, `NEVER`. */
  readonly speculativeRetry?: string;
  readonly additionalWritePolicy?: string;
  /** The name of a memtable configuration in cassandra.yaml. */
  readonly memtable?: string;
  readonly memtableFlushPeriodInMs?: number;
  readonly minIndexInterval?: number;
  readonly maxIndexInterval?: number;
  readonly readRepair?: 'BLOCKING' | 'NONE';
  readonly allowAutoSnapshot?: boolean;
  readonly incrementalBackups?: boolean;
}
/** Options of tables; one that is left out is not managed and never reset. */
export interface TableOptions extends ViewOptions {
  /** Seconds; 0 is never. */
  readonly defaultTimeToLive?: number;
  /** Change data capture. */
  readonly cdc?: boolean;
}

type Reader = (where: string, value: unknown) => OptionValue;

function bad(where: string, value: unknown, wanted: string): Error {
  return mistake('OPTION_INVALID', {
    message: `${where} is ${shown(value)}`,
    next: `Give ${wanted}.`,
    fields: { option: where },
  });
}
const text: Reader = (where, value) => {
  if (typeof value === 'string') return value;
  throw bad(where, value, 'a text');
};
const flag: Reader = (where, value) => {
  if (typeof value === 'boolean') return value;
  throw bad(where, value, 'true or false');
};
const whole =
  (least: number): Reader =>
  (where, value) => {
    if (typeof value === 'number' && Number.isInteger(value) && value >= least && value < 2 ** 31) return value;
    throw bad(where, value, `a whole number from ${least} on`);
  };
const chance: Reader = (where, value) => {
  if (typeof value === 'number' && value >= 0 && value <= 1) return value;
  throw bad(where, value, 'a number between 0 and 1');
};
const oneOf =
  (...allowed: readonly string[]): Reader =>
  (where, value) => {
    if (typeof value === 'string' && allowed.includes(value)) return value;
    throw bad(where, value, allowed.map((one) => `'${one}'`).join(' or '));
  };

const snake = (name: string): string => name.replaceAll(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);

/** Sub-options as texts. */
const classMap: Reader = (where, value) => {
  const entries = Object.entries(objectOf(where, value)).map(([name, inner]) => {
    if (!['string', 'number', 'boolean'].includes(typeof inner) || inner === '') {
      throw bad(`${where}.${name}`, inner, 'a text, a number or a boolean');
    }
    return [snake(name), String(inner)] as const;
  });
  const options = Object.fromEntries(entries);
  if (options['class'] !== undefined || options['enabled'] === 'false') return options;
  throw bad(where, value, 'an object with `class`');
};
const caching: Reader = (where, value) => {
  const given = propertiesOf(where, value, ['keys', 'rowsPerPartition']);
  const rows = given['rowsPerPartition'];
  if (given['keys'] !== 'ALL' && given['keys'] !== 'NONE') throw bad(`${where}.keys`, given['keys'], "'ALL' or 'NONE'");
  if (rows !== 'ALL' && rows !== 'NONE' && !(Number.isInteger(rows) && (rows as number) > 0)) {
    throw bad(`${where}.rowsPerPartition`, rows, "'ALL', 'NONE' or a whole number");
  }
  return { keys: given['keys'], rows_per_partition: String(rows) };
};

const viewReaders: Readonly<Record<keyof ViewOptions, Reader>> = {
  comment: text,
  gcGraceSeconds: whole(0),
  compaction: classMap,
  compression: classMap,
  caching,
  bloomFilterFpChance: chance,
  crcCheckChance: chance,
  speculativeRetry: text,
  additionalWritePolicy: text,
  memtable: text,
  memtableFlushPeriodInMs: whole(0),
  minIndexInterval: whole(1),
  maxIndexInterval: whole(1),
  readRepair: oneOf('BLOCKING', 'NONE'),
  allowAutoSnapshot: flag,
  incrementalBackups: flag,
};
const readers = {
  table: { ...viewReaders, defaultTimeToLive: whole(0), cdc: flag } satisfies Record<keyof TableOptions, Reader>,
  view: viewReaders,
};

/** The options by the names that CQL uses; throws `MIGRATION_UNKNOWN_PROPERTY` and `MIGRATION_OPTION_INVALID`. */
export function modelOptions(of: 'table' | 'view', subject: string, given: unknown): Options {
  if (given === undefined) return {};
  const known: Readonly<Record<string, Reader>> = readers[of];
  const where = `the options of ${subject}`;
  const options: Record<string, OptionValue> = {};
  for (const [name, value] of Object.entries(propertiesOf(where, given, Object.keys(known)))) {
    const reader = own(known, name);
    if (reader === undefined || value === undefined) continue;
    setOwn(options, snake(name), reader(`${name} of ${subject}`, value));
  }
  return options;
}
