import { own, setOwn } from '../kernel/own.ts';
import { type CopySpec, type JsRow, RowRejected, type TransformSpec } from '../model/data.ts';
import { dataOf, listsOf } from './compile-lists.ts';
import type { Run } from './data.ts';
import { turned, turnsOf } from './json-value.ts';
import type { Migration } from './migration.ts';
import { mistake, type Properties, shown } from './mistake.ts';
import { originOf } from './origin.ts';
import { isPromise } from './promise.ts';
import { isSignal, type Reject, type Skip, type Unset } from './signals.ts';

/** What becomes of a row of the source in the target. */
export type TargetRows<T> =
  /** A column that is null has to be deleted, one that is left out stays as it is. */
  | { readonly kind: 'rows'; readonly rows: readonly T[] }
  /** It has no row there. */
  | { readonly kind: 'skip'; readonly reason: string }
  /** It cannot have one: a copy puts it among its rejects. */
  | { readonly kind: 'reject'; readonly reason: string };

/** A copy of a migration, for an application that writes to its source and to its target. */
export interface DualWrite<S, T> {
  /** The target table. */
  readonly table: string;
  /**
   * Takes a row through the functions of the copy. `run` is for functions that ask when the copy began; now unless said
   * otherwise.
   */
  toTarget(row: S, run?: Run): TargetRows<T>;
}

/**
 * The functions of a migration's copy for an application, so that what it writes to the target is what the copy would
 * write. `cqlform dual-write` writes the call, with the types of both rows. `data` counts from 0.
 *
 * @example
 * import { copy, dualWrite, migration, t, table } from 'cqlform';
 * import { mysql } from 'cqlform/mysql';
 *
 * const film = mysql.table('film', {
 *   connection: 'sakila',
 *   columns: { film_id: mysql.int(), title: mysql.varchar(), last_update: mysql.timestamp() },
 *   key: ['film_id'],
 * });
 * const films = table('films', { columns: { id: t.int(), title: t.text() }, partitionKey: ['id'] });
 * const brought = migration({
 *   description: 'Films',
 *   schema: [films],
 *   data: [copy({ from: film, into: films, since: 'last_update', columns: { id: 'film_id' } })],
 * });
 *
 * const written = dualWrite<{ film_id: number; title: string | null }, { id: number; title?: string | null }>(brought, 0);
 * written.toTarget({ film_id: 1, title: 'Metropolis' });
 */
export function dualWrite<S, T>(migration: Migration, data: number): DualWrite<S, T> {
  const origin = originOf(migration);
  const found =
    origin?.kind === 'migration' ? dataOf('the migration', listsOf('the migration', origin.definition).data) : [];
  const step = found[data];
  const spec = step?.spec(data);
  if (step === undefined || spec === undefined || spec.kind === 'backfill') {
    throw mistake('NO_DUAL_WRITE', {
      message: `dualWrite was given ${shown(migration)} and ${data}, which is no copy or transform of it`,
      next: 'Let `cqlform dual-write` write the file anew.',
    });
  }
  // Tables of Cassandra have JSON as text already.
  const raw = step.from.kind === 'source' ? turnsOf(step.from.types as unknown as Properties, 'write') : null;
  const made = (row: JsRow, run: Run): TargetRows<JsRow> =>
    spec.kind === 'copy' ? copied(spec, row, run) : transformed(spec, row, run);
  return Object.freeze({
    table: spec.into.name,
    toTarget: (row: S, run: Run = { startedAt: new Date() }): TargetRows<T> => {
      try {
        const given = row as JsRow;
        return made(raw === null ? given : turned(given, raw), run) as TargetRows<T>;
      } catch (thrown) {
        if (thrown instanceof RowRejected) return { kind: 'reject', reason: thrown.reason };
        throw thrown;
      }
    },
  });
}

function copied(spec: CopySpec, row: JsRow, run: Run): TargetRows<JsRow> {
  const made: Record<string, unknown> = {};
  for (const [name, mapping] of Object.entries(spec.columns)) {
    if (mapping.kind === 'unset') continue;
    const value = mapping.kind === 'column' ? (own(row, mapping.from) ?? null) : mapping.value(row, run);
    const signal = signalOf(value);
    if (signal?.kind === 'unset') continue;
    if (signal !== null) return signal;
    if (value !== undefined) setOwn(made, name, value);
  }
  return { kind: 'rows', rows: [made] };
}

function transformed(spec: TransformSpec, row: JsRow, run: Run): TargetRows<JsRow> {
  const rows: JsRow[] = [];
  const result: unknown = spec.rows(row, { emit: (one) => void rows.push({ ...one }) }, run);
  if (isPromise(result)) throw new TypeError('the function of a transform may not wait');
  const signal = signalOf(result);
  if (signal !== null && signal.kind !== 'unset') return signal;
  return rows.length === 0 ? { kind: 'skip', reason: 'nothing emitted' } : { kind: 'rows', rows };
}

function signalOf(value: unknown): Skip | Reject | Unset | null {
  return isSignal(value) ? value : null;
}
