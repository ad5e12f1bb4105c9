/** Words that CQL refuses as a bare name: the whole list that Cassandra 4.0, 4.1 and 5.0 keep (it is the same in the three). */
export const reservedWords: ReadonlySet<string> = new Set(
  `add allow alter and apply asc authorize batch begin by columnfamily create delete desc describe drop entries execute
  from full grant if in index infinity insert into is keyspace limit materialized modify nan norecursive not null of on
  or order primary rename revoke schema select set table to token truncate unlogged update use using view where
  with`.split(/\s+/),
);

/** Bare where a column or table is named, but read as something else where a type or function is named. */
const wordsOfTypes: ReadonlySet<string> = new Set(
  `ascii bigint blob boolean cast count counter date decimal distinct double duration float frozen inet int json key list
  map maxwritetime smallint text time timestamp timeuuid tinyint ttl tuple uuid varchar varint vector writetime`.split(
    /\s+/,
  ),
);

const bareName = /^[a-z][a-z0-9_]*$/;

/**
 * How many characters names may have that folders and files on disk are named after. A StorageAttachedIndex has the
 * longest file names: with one of more characters Cassandra takes the index, and fails when it writes it.
 */
export const longestNames = { table: 222, tableBefore5: 48, index: 222, sai: 182 } as const;

/** A keyspace's, table's, column's, field's, index's or view's name as CQL writes it; in double quotes only when it must be. */
export function quoted(name: string): string {
  return bareName.test(name) && !reservedWords.has(name) ? name : inQuotes(name);
}

/** The name of a user-defined type or function: also quoted where it would be read as one of CQL's own types or functions. */
export function quotedType(name: string): string {
  return wordsOfTypes.has(name) ? inQuotes(name) : quoted(name);
}

/** `keyspace.name`, both quoted when they must be. */
export function qualified(keyspace: string, name: string): string {
  return `${quoted(keyspace)}.${quoted(name)}`;
}

/** A CQL string: in single quotes, those inside doubled. */
export function textLiteral(text: string): string {
  return `'${text.replaceAll("'", "''")}'`;
}

function inQuotes(name: string): string {
  return `"${name.replaceAll('"', '""')}"`;
}
