import { longestNames } from '../../model/identifier.ts';

/** Why the server would refuse an object as it is written. */
export interface Problem {
  /** Stable, SCREAMING_SNAKE_CASE. */
  readonly code: string;
  /** Names the object and the fact. */
  readonly message: string;
  readonly next: string;
  /** What the object needs and the schema has not. */
  readonly missing?: { readonly of: 'type' | 'function'; readonly name: string };
}

export function problem(code: string, message: string, next: string): Problem {
  return { code, message, next };
}

/** The first of several checks that finds something. */
export function firstOf(checks: readonly (() => Problem | null)[]): Problem | null {
  for (const check of checks) {
    const found = check();
    if (found !== null) return found;
  }
  return null;
}

/** Tables and views become folders on disk, which bounds their names; what older versions take less, their dialects say. */
export function nameProblem(kind: string, name: string): Problem | null {
  if (/^\w+$/.test(name) && name.length <= longestNames.table) return null;
  return problem(
    'NAME_INVALID',
    `${kind} ${JSON.stringify(name)}: Cassandra takes letters, digits and _ only, at most ${longestNames.table} of them`,
    'Choose another name.',
  );
}
