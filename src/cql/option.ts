import { CqlformError } from '../kernel/errors.ts';
import { own } from '../kernel/own.ts';
import { textLiteral } from '../model/identifier.ts';
import type { Options, OptionValue } from '../model/schema.ts';

/** An option of tables and views as CQL knows it. */
export interface OptionRule {
  readonly takes: 'text' | 'number' | 'whole number' | 'boolean' | 'map';
  /** The oldest Cassandra that knows it. */
  readonly since: '4.0' | '4.1' | '5.0';
  /** What `system_schema.tables` means when it states null for the option; left out where it never does. */
  readonly whenNull?: OptionValue;
}

/**
 * Every option of CREATE TABLE. `extensions` is left out: the server accepts it and forgets it. `cdc` is stated as null
 * by nodes on which CDC is switched off, whatever was asked for.
 */
export const optionRules: Readonly<Record<string, OptionRule>> = {
  additional_write_policy: { takes: 'text', since: '4.0' },
  allow_auto_snapshot: { takes: 'boolean', since: '5.0', whenNull: true },
  bloom_filter_fp_chance: { takes: 'number', since: '4.0' },
  caching: { takes: 'map', since: '4.0' },
  cdc: { takes: 'boolean', since: '4.0', whenNull: false },
  comment: { takes: 'text', since: '4.0' },
  compaction: { takes: 'map', since: '4.0' },
  compression: { takes: 'map', since: '4.0' },
  crc_check_chance: { takes: 'number', since: '4.0' },
  default_time_to_live: { takes: 'whole number', since: '4.0' },
  gc_grace_seconds: { takes: 'whole number', since: '4.0' },
  incremental_backups: { takes: 'boolean', since: '5.0', whenNull: true },
  max_index_interval: { takes: 'whole number', since: '4.0' },
  memtable: { takes: 'text', since: '4.1', whenNull: 'default' },
  memtable_flush_period_in_ms: { takes: 'whole number', since: '4.0' },
  min_index_interval: { takes: 'whole number', since: '4.0' },
  read_repair: { takes: 'text', since: '4.0' },
  speculative_retry: { takes: 'text', since: '4.0' },
};

/**
 * `name = value` for each option, in the order of their names. Throws CqlformError `UNKNOWN_OPTION` or, for a value of
 * the wrong shape, `OPTION_INVALID`.
 */
export function optionTexts(options: Options): readonly string[] {
  return sortedEntries(options).map(([name, value]) => {
    const rule = own(optionRules, name);
    if (rule === undefined)
      throw unknownOption(name, 'no Cassandra that is supported has it', Object.keys(optionRules));
    if (!fits[rule.takes](value)) {
      throw new CqlformError('OPTION_INVALID', `option ${name} takes a ${rule.takes}, not ${JSON.stringify(value)}`, {
        next: `Give ${name} a ${rule.takes}.`,
        fields: { option: name },
      });
    }
    return `${name} = ${valueText(value)}`;
  });
}

/** A map as CQL writes it, its keys in order: `{'class': 'SimpleStrategy', 'replication_factor': '1'}`. */
export function mapText(map: Readonly<Record<string, string>>): string {
  const entries = sortedEntries(map).map(([key, value]) => `${textLiteral(key)}: ${textLiteral(String(value))}`);
  return `{${entries.join(', ')}}`;
}

export function unknownOption(name: string, why: string, known: readonly string[]): CqlformError {
  return new CqlformError('UNKNOWN_OPTION', `option ${name} is unknown: ${why}`, {
    next: `Use one of: ${known.join(', ')}.`,
    fields: { option: name },
  });
}

/**
 * The options as the server will state them once they are set, so that what is wanted can be compared with what is
 * live: full class names, filled-in defaults of maps, normalised policies.
 */
export function statedOptions(options: Options): Options {
  return Object.fromEntries(Object.entries(options).map(([name, value]) => [name, statedOption(name, value)]));
}

function statedOption(name: string, value: OptionValue): OptionValue {
  if (typeof value === 'object') {
    const map = Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, String(inner)]));
    if (name === 'compaction') return statedCompaction(map);
    if (name === 'compression') return statedCompression(map);
    if (name === 'caching') return statedCaching(map);
    return map;
  }
  if (typeof value !== 'string') return value;
  if (name === 'speculative_retry' || name === 'additional_write_policy') return statedRetry(value);
  return name === 'read_repair' ? value.toUpperCase() : value;
}

function statedCompaction(map: Record<string, string>): Record<string, string> {
  const className = fullName(map['class'] ?? '', 'org.apache.cassandra.db.compaction.');
  const thresholds = className.endsWith('.UnifiedCompactionStrategy')
    ? {}
    : { max_threshold: '32', min_threshold: '4' };
  return { ...thresholds, ...map, class: className };
}

function statedCompression(map: Record<string, string>): Record<string, string> {
  if (map['class'] === undefined || map['enabled'] === 'false') return { enabled: 'false' };
  const { enabled: _, ...rest } = map;
  return { chunk_length_in_kb: '16', ...rest, class: fullName(map['class'], 'org.apache.cassandra.io.compress.') };
}

/** A caching map that leaves `keys` out switches key caching off: the server's own default holds only for the whole option. */
function statedCaching(map: Record<string, string>): Record<string, string> {
  const caching = { keys: 'NONE', rows_per_partition: 'NONE', ...map };
  return Object.fromEntries(Object.entries(caching).map(([key, value]) => [key, value.toUpperCase()]));
}

function statedRetry(text: string): string {
  const upper = text.toUpperCase().replaceAll(' ', '');
  const [, hybrid, first = '', second = ''] = /^(MIN|MAX)\(([^,]*),([^,]*)\)$/.exec(upper) ?? [];
  if (hybrid !== undefined) return `${hybrid}(${statedRetry(first)},${statedRetry(second)})`;
  if (upper === 'NONE') return 'NEVER';
  const [, number = '', unit = ''] = /^([0-9.]+)(P|PERCENTILE|MS)$/.exec(upper) ?? [];
  if (number === '') return upper;
  return unit === 'MS' ? `${Math.trunc(Number(number))}ms` : `${Number(number)}p`;
}

function fullName(className: string, prefix: string): string {
  return className === '' || className.includes('.') ? className : `${prefix}${className}`;
}

const fits: Readonly<Record<OptionRule['takes'], (value: OptionValue) => boolean>> = {
  text: (value) => typeof value === 'string',
  number: (value) => typeof value === 'number' && Number.isFinite(value),
  'whole number': (value) => Number.isSafeInteger(value),
  boolean: (value) => typeof value === 'boolean',
  map: (value) => typeof value === 'object',
};

function valueText(value: OptionValue): string {
  if (typeof value === 'string') return textLiteral(value);
  return typeof value === 'object' ? mapText(value) : String(value);
}

function sortedEntries<V>(record: Readonly<Record<string, V>>): [string, V][] {
  return Object.entries(record).sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0));
}
