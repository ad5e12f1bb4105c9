/** What becomes of fields that no declaration names, in rows that each have fields of their own: their row has a problem. */
export interface Strangers {
  /** Fields that rows may have besides. */
  readonly allowed: ReadonlySet<string>;
  readonly reason: (field: string) => string;
}

/** Says what is wrong with the fields of a row; null: nothing. */
export function strangerCheck(
  declared: readonly string[],
  strangers: Strangers | undefined,
): (fields: Readonly<Record<string, unknown>>) => string | null {
  if (strangers === undefined) return () => null;
  const known = new Set([...declared, ...strangers.allowed]);
  return (fields) => {
    for (const field in fields) if (!known.has(field)) return strangers.reason(field);
    return null;
  };
}
