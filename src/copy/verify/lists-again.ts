import { isMultiCell } from '../../cql/select.ts';
import type { Cell, Mutation, StoredRow } from '../../model/row.ts';
import type { Column } from '../../model/schema.ts';
import { recordOf } from './endings.ts';
import { newestTime } from './newest-time.ts';
import type { Said, SaidRow } from './said-row.ts';

/** Later than a list that is there, so that it is replaced: at its own time it would be doubled. */
const later = 2n;

/** What is to become of a list that a row is to have, and of which the target has something. */
export type ListAgain = 'left' | 'replaced';

/**
 * By column, the lists that a row has in the target. One that is as it should be, or newer, is left; any other is written
 * again somewhat later. Those that are not named here are not there, and are written as they were.
 */
export function listsAgain(
  expected: SaidRow,
  stored: StoredRow | null,
  shape: readonly Column[],
): ReadonlyMap<string, ListAgain> {
  const lists = new Map<string, ListAgain>();
  if (stored === null) return lists;
  const columns = shape.filter((column) => column.static === (stored.kind === 'static'));
  for (const [index, { name, type }] of columns.entries()) {
    const cell = stored.cells[index] ?? null;
    if (type.kind !== 'list' || !isMultiCell(type) || cell === null) continue;
    lists.set(name, isLeft(expected.columns.get(name), cell) ? 'left' : 'replaced');
  }
  return lists;
}

function isLeft(said: Said | undefined, stored: Cell): boolean {
  if (said?.kind !== 'said' || (newestTime(stored) ?? 0n) > said.writeTime) return true;
  const [wanted, there] = [recordOf(said.cell), recordOf(stored)];
  return wanted !== null && there !== null && wanted.equals(there);
}

/** A write of a row once more; null: it is of a list that is left. Lists have writes of their own. */
export function mutationAgain(mutation: Mutation, lists: ReadonlyMap<string, ListAgain>): Mutation | null {
  if (mutation.kind !== 'update' || mutation.timestamp === null) return mutation;
  const [list] = [...Object.keys(mutation.cells), ...Object.keys(mutation.add)].flatMap(
    (name) => lists.get(name) ?? [],
  );
  if (list === undefined) return mutation;
  return list === 'left' ? null : { ...mutation, timestamp: mutation.timestamp + later };
}

/** The writes of the row itself, and not those of its partition's static cells; of static cells, these alone. */
export function writesOfRow(row: Pick<SaidRow, 'kind'>, mutations: readonly Mutation[]): readonly Mutation[] {
  return mutations.filter(
    (one) =>
      (one.kind === 'insert' || one.kind === 'update') && (one.clusteringKey === null) === (row.kind === 'static'),
  );
}
