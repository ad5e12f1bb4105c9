import { type DataSpec, RowRejected, type RunClock } from '../model/data.ts';
import type { ByName, UserType } from '../model/schema.ts';
import type { SourceRow } from '../ports/source.ts';
import { counterColumns } from './counter-writer.ts';
import { copyForeignRow, transformRow } from './emitted-row.ts';
import type { InputRow, Outcome } from './input.ts';
import { StoredMapper } from './stored-mapper.ts';
import type { TableInput } from './table-pieces.ts';
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

interface Trying {
  readonly spec: DataSpec;
  /** Of the target's keyspace. */
  readonly types: ByName<UserType>;
  readonly run: RunClock;
  readonly from: Pick<TableInput, 'table' | 'types' | 'columns'>;
}

/** The same for rows of a table, whose bytes go on as they are where no function looks at them. */
export function tryStoredRows(rows: readonly InputRow[], trying: Trying): readonly TriedReject[] {
  const trial = trialOf(trying);
  return rows.flatMap((row) => {
    const outcome = rejectedOr(() => trial(row));
    return outcome.kind === 'reject' ? [{ place: row.place(), reason: outcome.reason }] : [];
  });
}

function trialOf({ spec, types, run, from }: Trying): (row: InputRow) => Outcome<unknown> {
  const encoder = new TargetEncoder(spec.into, types);
  if (spec.kind === 'transform') return (row) => transformRow(row, { spec, encoder, run });
  // counters have no cells that could be carried over
  if (spec.kind === 'copy' && counterColumns(spec.into).length > 0) {
    return (row) => copyForeignRow(row, { spec, encoder, run, deletes: false });
  }
  const { table, types: own, columns } = from;
  const of = { from: table, types: own, columns, mappings: spec.columns, sameKey: spec.kind === 'backfill' };
  const mapper = new StoredMapper({ ...of, encoder, run, timestamp: 0n });
  return (row) => mapper.map(row);
}

function rejectedOr(trial: () => Outcome<unknown>): Outcome<unknown> {
  try {
    return trial();
  } catch (thrown) {
    if (thrown instanceof RowRejected) return { kind: 'reject', reason: thrown.reason };
    throw thrown;
  }
}
