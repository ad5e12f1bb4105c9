const reserved = new Set(
  'abstract await boolean break case catch class const continue debugger default delete do else enum export extends false finally for function if implements import in instanceof interface let new null package private protected public return static super switch this throw true try type typeof undefined var void while with yield'.split(
    ' ',
  ),
);
/** What migration files import from `cqlform`: constants must not hide it. */
export const imported = [
  'aggregate',
  'alter',
  'alterType',
  'asc',
  'backfill',
  'copy',
  'desc',
  'dualWrite',
  'drop',
  'existing',
  'fn',
  'index',
  'keyspace',
  'migration',
  'reject',
  'skip',
  't',
  'table',
  'to',
  'transform',
  'udt',
  'unset',
  'view',
  'RowOf',
  'InsertOf',
  'env',
];

/** Gives each object its constant's name, `movies_by_genre` → `moviesByGenre`; no two the same. */
export class Names {
  readonly #taken = new Set<string>([...reserved, ...imported]);
  readonly #given = new Map<string, string>();

  /** `kind` tells objects of one name apart: a table and a type may share it. */
  of(kind: string, name: string): string {
    const key = `${kind} ${name}`;
    const known = this.#given.get(key);
    if (known !== undefined) return known;
    // Functions come with their arguments: `plus(int, int)`.
    const wanted = camel(name.replace(/\(.*$/, ''));
    const candidates = [wanted, `${wanted}${kind.charAt(0).toUpperCase()}${kind.slice(1)}`, camel(name)];
    for (let count = 2; candidates.every((one) => this.#taken.has(one)); count += 1)
      candidates.push(`${wanted}${count}`);
    const chosen = candidates.find((one) => !this.#taken.has(one)) ?? wanted;
    this.#taken.add(chosen);
    this.#given.set(key, chosen);
    return chosen;
  }
}

function camel(name: string): string {
  const words = name.split(/[^A-Za-z0-9]+/).filter((word) => word !== '');
  const joined = words
    .map((word, index) => (index === 0 ? word.charAt(0).toLowerCase() : word.charAt(0).toUpperCase()) + word.slice(1))
    .join('');
  return /^[A-Za-z]/.test(joined) ? joined : `object${joined}`;
}

/** `movies_by_genre` → `MoviesByGenre`. */
export function pascal(constant: string): string {
  return constant.charAt(0).toUpperCase() + constant.slice(1);
}
