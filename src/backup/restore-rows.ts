import { mutationsOf, type TimingPolicy } from '../cql/timing.ts';
import { setOwn } from '../kernel/own.ts';
import type { Bytes, Cell, Mutation, StoredRow } from '../model/row.ts';
import type { ByName, Column, Table, UserType } from '../model/schema.ts';
import type { RestoreWay } from '../ports/engines.ts';
import { cellKindOf } from './chunk-layout.ts';
import type { Joined } from './join.ts';
import { onlyMissing, raised } from './restore-cells.ts';
import type { RestoreTarget } from './restore-target.ts';

export interface RestorePlan {
  readonly mode: RestoreWay;
  /** True for a backup of the whole table: then rows have markers, and rows that it lacks are deleted. */
  readonly whole: boolean;
  readonly into: Table;
  readonly types: ByName<UserType>;
  readonly target: RestoreTarget;
  readonly timestamp: bigint;
  readonly attempt: number;
  /** By live column: the least write time, where original ones are kept. */
  readonly floors: Readonly<Record<string, bigint>>;
  /** False: the backup has no write times, and everything is written at `timestamp`. */
  readonly timed: boolean;
  readonly dryRun: boolean;
}

/** True when the table may hold other rows afterwards than those of the backup that are restored. */
export function expectsOthers({ mode, target }: RestorePlan): boolean {
  return mode === 'missing' || mode === 'overwrite' || target.taken !== null;
}

export interface RowWork {
  readonly mutations: readonly Mutation[];
  readonly expired: number;
  /** `kept`: in the backup and written; `deleted-since`: left alone; `extra`: only in the live table. */
  readonly fate: 'kept' | 'deleted-since' | 'extra';
  /** The row as it has to be in the table then; null: there is none. */
  readonly after: StoredRow | null;
}

type Pruned = { readonly row: StoredRow; readonly expired: number; readonly gone: boolean };

/** What has to be written for one joined row. Pure: the same input gives the same mutations. */
export function workOf(joined: Joined, plan: RestorePlan, nowSeconds: number): RowWork {
  const { backup, live } = joined;
  if (backup === null) {
    const after = plan.mode === 'exact' ? null : live;
    return { mutations: removal(live, plan), expired: 0, fate: 'extra', after };
  }
  if (plan.mode !== 'new-table' && !plan.whole && live === null && backup.anchored)
    return { mutations: [], expired: 0, fate: 'deleted-since', after: null };
  const wanted = takenOf(backup.row, plan);
  if (plan.mode === 'new-table' && hasCounters(plan)) {
    return { mutations: counting(wanted, live, plan), expired: 0, fate: 'kept', after: wanted };
  }
  const { row, expired, gone } = withoutExpired(wanted, nowSeconds);
  if (gone) {
    const mutations = live === null ? [] : removal(live, plan);
    return { mutations, expired, fate: 'kept', after: plan.mode === 'exact' ? null : live };
  }
  return { ...written(row, live, { plan, nowSeconds }), expired, fate: 'kept' };
}

/** What brings a row that has something left to where it has to be. */
function written(
  row: StoredRow,
  live: StoredRow | null,
  { plan, nowSeconds }: { readonly plan: RestorePlan; readonly nowSeconds: number },
): Pick<RowWork, 'mutations' | 'after'> {
  const columns = columnsOf(plan, row.kind);
  const filled = plan.mode === 'missing' && live !== null ? onlyMissing(row, live, columns) : null;
  if (filled?.missing === null) return { mutations: [], after: filled.after };
  const { mutations } = mutationsOf(raised(filled?.missing ?? row, columns, plan.floors), {
    table: plan.into,
    types: plan.types,
    columns: [...plan.target.static, ...plan.target.regular].map(({ name }) => name),
    policy: policyOf(plan),
    attempt: plan.attempt,
    nowSeconds,
    markers: plan.whole && filled === null,
  });
  const replaced = (plan.mode === 'exact' || plan.mode === 'overwrite') && live !== null;
  return { mutations: [...(replaced ? clearing(row, live, plan) : []), ...mutations], after: filled?.after ?? row };
}

/** The cells that are restored. */
function takenOf(row: StoredRow, { target: { taken } }: RestorePlan): StoredRow {
  if (taken === null) return row;
  return { ...row, cells: taken[row.kind].map((place) => row.cells[place] ?? null) };
}

/** They are added to. */
export function hasCounters(plan: RestorePlan): boolean {
  return columnsOf(plan, 'row')
    .concat(columnsOf(plan, 'static'))
    .some(({ type }) => cellKindOf(type) === 'counter');
}

function policyOf({ mode, timed, timestamp }: RestorePlan): TimingPolicy {
  return mode === 'new-table' && timed
    ? { kind: 'original', floor: null, keyOnly: timestamp }
    : { kind: 'fixed', at: timestamp };
}

function columnsOf(plan: RestorePlan, kind: StoredRow['kind']): readonly Column[] {
  return kind === 'static' ? plan.target.static : plan.target.regular;
}

/** The row without what has run out; `gone` when nothing is left of a row that had cells. */
function withoutExpired(row: StoredRow, nowSeconds: number): Pruned {
  let expired = 0;
  const lives = (each: { readonly expiresAt: number | null }): boolean => {
    if (each.expiresAt === null || each.expiresAt > nowSeconds) return true;
    expired += 1;
    return false;
  };
  const cells = row.cells.map((cell): Cell | null => {
    if (cell === null || cell.kind === 'counter') return cell;
    if (cell.kind === 'value') return lives(cell) ? cell : null;
    const elements = cell.elements.filter(lives);
    return elements.length === 0 ? null : { kind: 'elements', elements };
  });
  const gone = row.cells.some((cell) => cell !== null) && cells.every((cell) => cell === null);
  return { row: { ...row, cells }, expired, gone };
}

/*
 * Mode `exact` deletes at R - 1 and writes at R, so that neither can hide the other, in whatever order they arrive and
 * however often they are sent. Everything that is there is older, or was written by the application after R, and stays.
 */

/** Deletes what the backup does not have: a row, or a row's cells in the scope. Nothing in the other modes. */
function removal(live: StoredRow, plan: RestorePlan): Mutation[] {
  if (plan.mode !== 'exact') return [];
  const { partitionKey } = live;
  if (plan.whole && live.kind === 'row') {
    return [{ kind: 'delete-row', partitionKey, clusteringKey: live.clusteringKey, timestamp: plan.timestamp - 1n }];
  }
  return clearing({ ...live, cells: live.cells.map(() => null) }, live, plan);
}

/** Deletes the live cells that the row lacks, and live sets, maps and UDTs before they are added to. */
function clearing(row: StoredRow, live: StoredRow, plan: RestorePlan): Mutation[] {
  const cells: Record<string, Bytes | null> = {};
  for (const [index, column] of columnsOf(plan, row.kind).entries()) {
    if ((live.cells[index] ?? null) === null) continue;
    const wanted = row.cells[index] ?? null;
    // a list is overwritten whole anyhow
    const addedTo = wanted?.kind === 'elements' && column.type.kind !== 'list';
    if (wanted === null || addedTo) setOwn(cells, column.name, null);
  }
  if (Object.keys(cells).length === 0) return [];
  const { partitionKey } = row;
  const clusteringKey = row.kind === 'row' ? row.clusteringKey : null;
  const timestamp = plan.timestamp - 1n;
  return [{ kind: 'update', partitionKey, clusteringKey, cells, add: {}, fields: {}, timestamp, ttl: 0 }];
}

/** Counters are brought to their value by adding what is missing. */
function counting(row: StoredRow, live: StoredRow | null, plan: RestorePlan): Mutation[] {
  const add: Record<string, bigint> = {};
  for (const [index, column] of columnsOf(plan, row.kind).entries()) {
    const [wanted, there] = [row.cells[index], live?.cells[index]];
    if (wanted?.kind !== 'counter') continue;
    const difference = wanted.value - (there?.kind === 'counter' ? there.value : 0n);
    if (difference !== 0n || there === null || there === undefined) setOwn(add, column.name, difference);
  }
  if (Object.keys(add).length === 0) return [];
  const clusteringKey = row.kind === 'row' ? row.clusteringKey : null;
  return [{ kind: 'count', partitionKey: row.partitionKey, clusteringKey, add }];
}
