import { match } from '../kernel/match.ts';
import type { CqlType as ModelType } from '../model/type.ts';

const bareName = /^[a-z][a-z0-9_]*$/;
/** Words that CQL 3 reserves, in any version that is supported. */
const reserved: ReadonlySet<string> = new Set(
  `add allow alter and apply asc authorize batch begin by columnfamily create default delete desc describe drop entries
  execute from full grant if in index infinity insert into is keyspace limit materialized mbean mbeans modify nan
  norecursive not null of on or order primary rename replace revoke schema select set table to token truncate unlogged
  unset update use using view where with`.split(/\s+/),
);

/** The name as CQL writes it: in double quotes when it must be. */
export function quotedName(name: string): string {
  return bareName.test(name) && !reserved.has(name) ? name : `"${name.replaceAll('"', '""')}"`;
}

/** The type as the server states it. */
export function typeText(type: ModelType): string {
  const frozen = (text: string, isFrozen: boolean): string => (isFrozen ? `frozen<${text}>` : text);
  return match(type, {
    scalar: ({ name }) => name,
    list: (list) => frozen(`list<${typeText(list.element)}>`, list.frozen),
    set: (set) => frozen(`set<${typeText(set.element)}>`, set.frozen),
    map: (map) => frozen(`map<${typeText(map.key)}, ${typeText(map.value)}>`, map.frozen),
    tuple: ({ elements }) => frozen(`tuple<${elements.map(typeText).join(', ')}>`, true),
    udt: (udt) => frozen(quotedName(udt.name), udt.frozen),
    vector: ({ element, dimension }) => `vector<${typeText(element)}, ${dimension}>`,
    custom: ({ className }) => `'${className}'`,
  });
}

/** The key of a function or aggregate in a schema: `name(int, text)`. */
export function signatureOf(name: string, types: readonly ModelType[]): string {
  return `${quotedName(name)}(${types.map(typeText).join(', ')})`;
}
