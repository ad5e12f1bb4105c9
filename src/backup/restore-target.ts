import { CqlformError, exitCodes } from '../kernel/errors.ts';
import { canonicalJson } from '../kernel/hash.ts';
import { own } from '../kernel/own.ts';
import type { StoredRow } from '../model/row.ts';
import type { Column, Table } from '../model/schema.ts';
import type { RestoreWay } from '../ports/engines.ts';
import { type ChunkLayout, cellKindOf } from './chunk-layout.ts';
import { type TypesOfBoth, typeDifference } from './same-type.ts';

/** The live columns that a backup's cells go to, in the order of the cells that are taken. */
export interface RestoreTarget {
  readonly static: readonly Column[];
  readonly regular: readonly Column[];
  /** Live name → backup name, where they differ. */
  readonly countedAs: Readonly<Record<string, string>>;
  /** Places of the cells that are taken out of a row of the backup; null: all of them. */
  readonly taken: Readonly<Record<StoredRow['kind'], readonly number[]>> | null;
}

interface TargetRequest extends TypesOfBoth {
  readonly layout: ChunkLayout;
  /** As it was. */
  readonly from: Table;
  readonly into: Table;
  readonly renamed: Readonly<Record<string, string>>;
  readonly leaveOut: readonly string[];
  readonly mode: RestoreWay;
}

/** Finds each column of a backup in the live table. Throws `RESTORE_MISFIT` when its rows cannot be written there as they are. */
export function restoreTarget(request: TargetRequest): RestoreTarget {
  const { layout, into, renamed, leaveOut } = request;
  const byName = new Map(into.columns.map((column) => [column.name, column]));
  for (const name of Object.keys(renamed)) {
    const known = [...layout.partitionKey, ...layout.clusteringKey, ...layout.static, ...layout.regular];
    if (!known.some((column) => column.name === name))
      throw misfit(into, name, 'it is to be renamed, but the backup has no such column');
  }
  const find = (column: Column, key = false): Column => {
    const name = own(renamed, column.name) ?? column.name;
    const live = byName.get(name);
    if (live === undefined) throw misfit(into, name, 'the table has no such column');
    const typeProblem = typeDifference(column.type, live.type, { ...request, key });
    if (typeProblem !== null) throw misfit(into, name, typeProblem);
    if (column.static !== live.static) throw misfit(into, name, 'it is static in one and not in the other');
    return live;
  };
  const sameKey = (backup: readonly Column[], live: readonly string[], what: string): void => {
    const names = backup.map((column) => find(column, true).name);
    if (canonicalJson(names) !== canonicalJson(live)) {
      throw misfit(into, live.join(', '), `the ${what} key of the backup is ${names.join(', ') || 'empty'}`);
    }
  };
  sameKey(layout.partitionKey, into.partitionKey, 'partition');
  const clusteringKey = into.clusteringKey.map(({ column }) => column);
  sameKey(layout.clusteringKey, clusteringKey, 'clustering');
  for (const name of leaveOut) {
    if (![...layout.static, ...layout.regular].some((column) => column.name === name))
      throw misfit(into, name, 'it is to be left out, but the backup has no such column besides its key');
  }
  const wanted = (columns: readonly Column[]): readonly Column[] =>
    columns.filter(({ name }) => !leaveOut.includes(name));
  const target = {
    static: wanted(layout.static).map((one) => find(one)),
    regular: wanted(layout.regular).map((one) => find(one)),
  };
  const counters = [...target.static, ...target.regular].filter(({ type }) => cellKindOf(type) === 'counter');
  const [counter] = counters;
  if (counter !== undefined && request.mode !== 'new-table') {
    throw misfit(into, counter.name, 'counters can only be restored into a new table');
  }
  const countedAs = Object.fromEntries(Object.entries(renamed).map(([backup, live]) => [live, backup]));
  const orders = ({ clusteringKey: parts }: Table): string => parts.map(({ order }) => order).join(', ');
  if ((request.mode !== 'new-table' || counter !== undefined) && orders(into) !== orders(request.from)) {
    const who = counter === undefined ? 'only an empty table can take them' : 'its counters cannot be added to';
    throw misfit(into, clusteringKey.join(', '), `its rows are ordered otherwise (${orders(request.from)}), so ${who}`);
  }
  const placesIn = (columns: readonly Column[]): readonly number[] =>
    wanted(columns).map((column) => columns.indexOf(column));
  const taken = leaveOut.length === 0 ? null : { static: placesIn(layout.static), row: placesIn(layout.regular) };
  return { ...target, countedAs, taken };
}

function misfit(into: Table, column: string, why: string): CqlformError {
  return new CqlformError('RESTORE_MISFIT', `the backup does not fit ${into.name}.${column}: ${why}`, {
    next: 'Bring the table back to the definition that `cqlform backup show` prints, restore into another one with --into, or leave columns out by their names with --leave-out.',
    fields: { table: into.name, column },
    exitCode: exitCodes.blocked,
  });
}
