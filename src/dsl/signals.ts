import type { RejectSignal, SkipSignal, UnsetSignal } from '../model/data.ts';
import { textOf } from './mistake.ts';

export type Skip = SkipSignal;
export type Reject = RejectSignal;
export type Unset = UnsetSignal;

/** The signals that we made: a user's value that happens to look like one is not one. */
const made = new WeakSet<object>();

function signal<S extends Skip | Reject | Unset>(value: S): S {
  made.add(value);
  return Object.freeze(value);
}

export function isSignal(value: unknown): value is Skip | Reject | Unset {
  return typeof value === 'object' && value !== null && made.has(value);
}

/**
 * Returned by a row's function: leaves the row out, which is counted and no fault of the row's.
 *
 * @example
 * import { copy, existing, skip, t, table } from 'cqlform';
 *
 * const movies = existing('movies', { columns: { id: t.uuid(), released: t.date() }, partitionKey: ['id'] });
 * const byDay = table('movies_by_day', {
 *   columns: { released: t.date(), id: t.uuid() },
 *   partitionKey: ['released'],
 *   clusteringKey: ['id'],
 * });
 *
 * copy({ from: movies, into: byDay, columns: { released: (movie) => movie.released ?? skip('not out yet') } });
 */
export function skip(reason: string): Skip {
  return signal({ kind: 'skip', reason: textOf('the reason of skip', reason) });
}

/**
 * Returned by a row's function: the row is wrong. It goes to the rejects file with the reason; too many fail the step.
 *
 * @example
 * import { existing, reject, t, table, transform } from 'cqlform';
 *
 * const movies = existing('movies', { columns: { id: t.uuid(), title: t.text() }, partitionKey: ['id'] });
 * const byTitle = table('movies_by_title', {
 *   columns: { title: t.text(), id: t.uuid() },
 *   partitionKey: ['title'],
 *   clusteringKey: ['id'],
 * });
 *
 * transform({
 *   from: movies,
 *   into: byTitle,
 *   rows: ({ id, title }, out) => {
 *     if (title === null) return reject('no title');
 *     out.emit({ title, id });
 *   },
 * });
 */
export function reject(reason: string): Reject {
  return signal({ kind: 'reject', reason: textOf('the reason of reject', reason) });
}

/** In place of a column's value: the cell stays as it is. */
export const unset: Unset = signal({ kind: 'unset' });
