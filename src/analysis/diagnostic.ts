import type { CqlformError } from '../kernel/errors.ts';

/** One finding of `check`. Lines and columns count from 1; null where the whole file is meant. */
export interface Diagnostic {
  /** Stable SCREAMING_SNAKE_CASE; the compiler's own findings are `TS2322` and the like. */
  readonly code: string;
  readonly severity: 'error' | 'warning';
  readonly path: string;
  readonly line: number | null;
  readonly column: number | null;
  /** Names the subject and the fact. */
  readonly reason: string;
  /** What to do, as an imperative sentence. */
  readonly fix: string;
  /** True when `check --fix` mends it. */
  readonly mechanical: boolean;
}

/** A point in a file. */
export interface Spot {
  readonly path: string;
  readonly line: number | null;
  readonly column: number | null;
}

export function errorAt(
  spot: Spot,
  found: Pick<Diagnostic, 'code' | 'reason' | 'fix'>,
  mechanical = false,
): Diagnostic {
  return { ...found, severity: 'error', ...spot, mechanical };
}

/** A thrown error as a finding in a file; the error's own place is more exact where it has one. */
export function diagnosticOf(error: CqlformError, spot: Spot): Diagnostic {
  const { where } = error;
  const at = where?.line === undefined ? spot : { path: where.path, line: where.line, column: where.column ?? null };
  return errorAt(at, { code: error.code, reason: error.message, fix: error.next });
}

/** By file, then by line. */
export function inOrder(diagnostics: readonly Diagnostic[]): readonly Diagnostic[] {
  return [...diagnostics].sort(
    (a, b) =>
      (a.path < b.path ? -1 : a.path > b.path ? 1 : 0) ||
      (a.line ?? 0) - (b.line ?? 0) ||
      (a.column ?? 0) - (b.column ?? 0),
  );
}
