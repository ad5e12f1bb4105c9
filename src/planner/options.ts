import { statedOptions } from '../cql/option.ts';
import { canonicalJson } from '../kernel/hash.ts';
import { own } from '../kernel/own.ts';
import type { Options, OptionValue } from '../model/schema.ts';

/** Options whose map may be given in part: the rest stays as the server has it. */
const mapOptions: ReadonlySet<string> = new Set(['compaction', 'compression', 'caching']);

/** True when the live value is what was wanted. Of a map only the entries given count; Java classes by their last name. */
export function optionHolds(name: string, wanted: OptionValue, live: OptionValue | undefined): boolean {
  if (live === undefined) return false;
  if (typeof wanted !== 'object')
    return typeof live !== 'object' && scalarText(name, wanted) === scalarText(name, live);
  if (typeof live !== 'object') return false;
  if (isOff(wanted)) return isOff(live);
  return Object.entries(wanted).every(([key, value]) => {
    const found = own(live, key);
    if (key === 'enabled' && found === undefined) return value === 'true';
    return found !== undefined && entryText(key, value) === entryText(key, found);
  });
}

/** Names of the wanted options that the live ones do not meet. */
export function optionsThatDiffer(wanted: Options, live: Options): readonly string[] {
  return Object.keys(wanted).filter((name) => !optionHolds(name, own(wanted, name) ?? '', own(live, name)));
}

/**
 * The wanted options as they have to be sent: the server replaces `compaction`, `compression` and `caching` as a whole,
 * so entries that are not given are taken over from the live map, unless the class changes and they would mean nothing.
 */
export function optionsToSend(wanted: Options, live: Options): Options {
  return Object.fromEntries(
    Object.entries(wanted).map(([name, value]) => [name, merged(name, value, own(live, name))]),
  );
}

function merged(name: string, wanted: OptionValue, live: OptionValue | undefined): OptionValue {
  if (!mapOptions.has(name) || typeof wanted !== 'object' || typeof live !== 'object') return wanted;
  if (isOff(wanted) || isOff(live)) return wanted;
  const { class: wantedClass } = wanted;
  const { class: liveClass } = live;
  const sameClass =
    wantedClass === undefined || entryText('class', wantedClass) === entryText('class', liveClass ?? '');
  return sameClass ? { ...live, ...wanted } : wanted;
}

function isOff(map: Readonly<Record<string, string>>): boolean {
  return map['enabled'] === 'false';
}

function entryText(key: string, value: string): string {
  return key === 'class' || key.endsWith('.class') ? (value.split('.').at(-1) ?? value) : String(value).toLowerCase();
}

/** `99.0PERCENTILE` and `99p`, `NONE` and `NEVER`, `BLOCKING` and `blocking`, `0.010` and `0.01` are the same to the server. */
function scalarText(name: string, value: string | number | boolean): string {
  if (name === 'comment') return String(value);
  const text = String(own(statedOptions({ [name]: value }), name)).trim();
  const number = Number(text);
  return text !== '' && Number.isFinite(number) ? String(number) : text;
}

/** An option for people: `comment = 'users'`. */
export function optionText(name: string, value: OptionValue | undefined): string {
  if (value === undefined) return `${name} not set`;
  return `${name} = ${typeof value === 'string' ? `'${value}'` : typeof value === 'object' ? canonicalJson(value) : value}`;
}

/**
 * True when live replication is what was wanted. Since Cassandra 4.0 the server spells `replication_factor` of
 * NetworkTopologyStrategy out to one entry per data centre.
 */
export function replicationHolds(
  wanted: Readonly<Record<string, string>>,
  live: Readonly<Record<string, string>> | undefined,
): boolean {
  if (live === undefined) return false;
  const factor = wanted['replication_factor'];
  const spelledOut = factor !== undefined && live['replication_factor'] === undefined;
  const others = Object.entries(live).filter(([key]) => key !== 'class' && own(wanted, key) === undefined);
  if (spelledOut ? !others.every(([, value]) => value === factor) : others.length > 0) return false;
  return Object.entries(wanted)
    .filter(([key]) => !(spelledOut && key === 'replication_factor'))
    .every(
      ([key, value]) => own(live, key) !== undefined && entryText(key, value) === entryText(key, own(live, key) ?? ''),
    );
}
