const longest = 48;

/** `Major Genre` → `major_genre`, `userId` → `user_id`; null where nothing is left of it. */
export function snakeName(name: string): string | null {
  const snake = name
    .normalize('NFKD')
    .replaceAll(/([a-z0-9])([A-Z])/g, '$1_$2')
    .toLowerCase()
    .replaceAll(/[\u0300-\u036f]/g, '')
    .replaceAll(/[^a-z0-9]+/g, '_')
    .replaceAll(/^_+|_+$/g, '')
    .slice(0, longest)
    .replace(/_+$/, '');
  if (snake === '') return null;
  return /^[a-z]/.test(snake) ? snake : `n_${snake}`;
}

/** A column's name for each field, no two the same; a name that Cassandra and JavaScript hold stays. */
export function columnNames(fields: readonly string[]): ReadonlyMap<string, string> {
  const taken = new Set<string>();
  const names = new Map<string, string>();
  for (const [at, field] of fields.entries()) {
    const wanted = snakeName(field) ?? `field_${at + 1}`;
    let name = wanted;
    for (let number = 2; taken.has(name); number += 1) name = `${wanted}_${number}`;
    taken.add(name);
    names.set(field, name);
  }
  return names;
}

/** The name of a table for files: `data/events-*.ndjson.gz` → `events`. */
export function tableNameOf(place: string): string {
  const parts = place.split(/[\\/]/).map((part) => part.replace(/\.(?:gz|zst)$/i, '').replace(/\.[a-z]+$/i, ''));
  return snakeName(parts.findLast((part) => snakeName(part) !== null) ?? '') ?? 'rows';
}
