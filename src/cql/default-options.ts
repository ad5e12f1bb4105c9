import { canonicalJson } from '../kernel/hash.ts';
import { own } from '../kernel/own.ts';
import type { Options, OptionValue, Schema } from '../model/schema.ts';
import { optionRules, statedOptions } from './option.ts';

/** What CREATE TABLE and CREATE MATERIALIZED VIEW choose when nothing is said, from 4.0 to 5.0, as servers state it. */
const defaults: Options = {
  additional_write_policy: '99p',
  allow_auto_snapshot: true,
  bloom_filter_fp_chance: 0.01,
  caching: { keys: 'ALL', rows_per_partition: 'NONE' },
  cdc: false,
  comment: '',
  compaction: { class: 'SizeTieredCompactionStrategy' },
  compression: { class: 'LZ4Compressor' },
  crc_check_chance: 1,
  default_time_to_live: 0,
  gc_grace_seconds: 864_000,
  incremental_backups: true,
  max_index_interval: 2048,
  memtable: 'default',
  memtable_flush_period_in_ms: 0,
  min_index_interval: 128,
  read_repair: 'BLOCKING',
  speculative_retry: '99p',
};

/** The options that somebody chose, as a person writes them: without what the server fills in by itself. */
export function chosenOptions(options: Options): Options {
  const usual: Options = { ...defaults, ...(isLeveled(options) ? { bloom_filter_fp_chance: 0.1 } : {}) };
  const chosen = Object.entries(options).filter(
    ([name, value]) => stated(name, value) !== stated(name, own(usual, name)),
  );
  return Object.fromEntries(chosen.map(([name, value]) => [name, shortened(name, value)]));
}

/** LeveledCompactionStrategy comes with another bloom filter. */
function isLeveled({ compaction }: Options): boolean {
  return typeof compaction === 'object' && (compaction['class'] ?? '').endsWith('LeveledCompactionStrategy');
}

function stated(name: string, value: OptionValue | undefined): string {
  return value === undefined ? '' : canonicalJson(own(statedOptions({ [name]: value }), name));
}

/** A map without the entries that the server adds, and with the last name of its class. */
function shortened(name: string, value: OptionValue): OptionValue {
  if (typeof value !== 'object' || name === 'caching') return value;
  const full = stated(name, value);
  if (value['class'] === undefined) return value;
  let map: Readonly<Record<string, string>> = value;
  for (const key of Object.keys(value)) {
    const { [key]: entry = '', ...without } = map;
    const shorter = key === 'class' ? { class: entry.split('.').at(-1) ?? entry, ...without } : without;
    if (stated(name, shorter) === full) map = shorter;
  }
  return map;
}

/** A schema in which tables and views have only the options that somebody chose. */
export function withChosenOptions(schema: Schema): Schema {
  const bare = <T extends { readonly options: Options }>(
    room: Readonly<Record<string, T>>,
  ): Readonly<Record<string, T>> =>
    Object.fromEntries(
      Object.entries(room).map(([key, one]) => [key, { ...one, options: chosenOptions(one.options) }]),
    );
  return { ...schema, tables: bare(schema.tables), views: bare(schema.views) };
}

/** True of options as a server states them: every one is there, whoever chose it. */
export function isWholeStatement(options: Options): boolean {
  return Object.entries(optionRules).every(([name, { since, whenNull }]) => {
    return since !== '4.0' || whenNull !== undefined || options[name] !== undefined;
  });
}
