import type { DataSpec, RunClock } from '../model/data.ts';
import type { ByName, UserType } from '../model/schema.ts';
import type { SourceRow } from '../ports/source.ts';
import { copyForeignRow, transformRow } from './emitted-row.ts';
import type { InputRow } from './input.ts';
import { TargetEncoder } from './target-row.ts';

/** A row of a sample that would be rejected. */
export interface TriedReject {
  readonly place: string;
  readonly reason: string;
}

/**
 * Takes sampled rows through a data spec without writing them. Throws what a function of the migration throws, as a copy
 * would.
 */
export function tryRows(
  rows: readonly SourceRow[],
  { spec, types, run }: { readonly spec: DataSpec; readonly types: ByName<UserType>; readonly run: RunClock },
): readonly TriedReject[] {
  const encoder = new TargetEncoder(spec.into, types);
  return rows.flatMap((row) => {
    if (row.problem !== null) return [{ place: row.place, reason: row.problem }];
    const input: InputRow = { values: () => row.values, place: () => row.place, problem: null, stored: null };
    if (spec.kind === 'backfill') return [];
    const outcome =
      spec.kind === 'copy'
        ? copyForeignRow(input, { spec, encoder, run, deletes: false })
        : transformRow(input, { spec, encoder, run });
    return outcome.kind === 'reject' ? [{ place: row.place, reason: outcome.reason }] : [];
  });
}
