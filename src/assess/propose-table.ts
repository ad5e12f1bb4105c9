import { CqlformError, exitCodes } from '../kernel/errors.ts';
import { nearNames } from '../kernel/near.ts';
import { own } from '../kernel/own.ts';
import type { AssessedColumn, AssessedTable, ChildTable, ProposedKey } from '../model/assessment.ts';
import type { Table } from '../model/schema.ts';
import type { SurveyedTable } from '../ports/survey.ts';
import { type ArraysAs, childTable, isTableOfItsOwn } from './children.ts';
import { type ColumnTypes, nullWordOf, type ProposedColumn, proposedColumn } from './columns.ts';
import { keyCandidates, keyOfCandidates } from './keys.ts';
import type { KeyColumns } from './partitions.ts';
import type { ReadRows } from './read-rows.ts';
import { StructureTypes } from './structure.ts';

/** A key that somebody asked for, in the names of columns; each may be said by its field too. Throws `ASSESS_KEY_UNKNOWN`. */
export function askedKey(asked: KeyColumns, names: ReadonlyMap<string, string>): KeyColumns {
  const columns = [...names.values()];
  const known = (name: string): string => {
    const column = names.get(name) ?? (columns.includes(name) ? name : undefined);
    if (column !== undefined) return column;
    const near = nearNames(name, [...names.keys(), ...columns]);
    throw new CqlformError('ASSESS_KEY_UNKNOWN', `the source has no field ${name} to make a key of`, {
      next: near.length > 0 ? `Did you mean ${near.join(' or ')}?` : `Name one of: ${[...names.keys()].join(', ')}.`,
      fields: { field: name, near },
      exitCode: exitCodes.usage,
    });
  };
  return { partition: asked.partition.map(known), clustering: asked.clustering.map(known) };
}

/** The key whose partitions are worth counting before anything is known of the rows; null: none. */
export function keyBefore(surveyed: SurveyedTable, names: ReadonlyMap<string, string>): KeyColumns | null {
  const [first, ...rest] = surveyed.key.map((field) => names.get(field) ?? field);
  return first === undefined ? null : { partition: [first], clustering: rest };
}

export interface Proposing {
  readonly names: ReadonlyMap<string, string>;
  /** Null: choose one. */
  readonly asked: KeyColumns | null;
  /** The name of the table proposed. */
  readonly target: string;
  /** Names of tables and types that are taken; those of what is proposed are added. */
  readonly taken: Set<string>;
  /** What arrays of documents become; null: by their length. */
  readonly arrays: ArraysAs | null;
}

/** What was found in a table, and the table that takes its rows. */
export function proposedTable(surveyed: SurveyedTable, seen: ReadRows, proposing: Proposing): AssessedTable {
  const { read, whole, rows, unreadable, partitions } = seen;
  const { system, connection, place, settings } = surveyed;
  const nullWord =
    system === 'csv' && settings['nullText'] === undefined ? nullWordOf(Object.values(seen.profiles)) : null;
  const types = new StructureTypes(proposing.taken);
  const apart = new Set(
    surveyed.columns.flatMap((one) => (isTableOfItsOwn(one, proposing.arrays) ? [proposing.names.get(one.field)] : [])),
  );
  const named: ColumnTypes = {
    targetOf: (one, column) =>
      apart.has(column) ? { kind: 'scalar', name: 'text' } : types.targetOf(one, `${proposing.target}_${column}`),
  };
  const columns = columnsOf(surveyed, seen, { names: proposing.names, nullWord, types: named });
  const typed = columns.map((one) => one.assessed);
  const good = read - unreadable.count;
  const keys = keyCandidates(surveyed, typed, { read: good, whole });
  const key = keyOf(
    proposing,
    keys,
    typed.map(({ column }) => column),
  );
  const assessed = typed.map((one) => withEmptyKey(one, key));
  const proposed = tableOf(columns, key, proposing.target);
  const children = childrenOf(surveyed, { proposing, key, target: proposed, types });
  const gone = new Set(children.map(({ column }) => column));
  const sizes = partitions?.sizes(rows ?? surveyed.rows) ?? null;
  const unfit = assessed.reduce((sum, one) => sum + one.unfit.reduce((so, { count }) => so + count, 0), 0);
  return {
    name: surveyed.name,
    source: {
      system,
      connection,
      place,
      settings: nullWord === null ? settings : { ...settings, nullText: nullWord },
    },
    rows: rows ?? surveyed.rows,
    bytes: surveyed.bytes,
    read,
    whole,
    columns: assessed.map((one) => (gone.has(one.column) ? ofChild(one, children) : one)),
    refused: surveyed.columns.flatMap(({ field, declared, refused }) =>
      refused === null ? [] : [{ field, type: declared, reason: refused }],
    ),
    unreadable,
    keys,
    key,
    partitions: sizes,
    target: { ...proposed, columns: proposed.columns.filter(({ name }) => !gone.has(name)) },
    types: types.made,
    children,
    origin: null,
    maxRejects: maxRejectsOf(unfit + unreadable.count + (sizes?.nullKeys ?? 0), { read, whole }),
    notes: [...surveyed.notes, ...seen.notes],
  };
}

/** A partition key of one column is never empty. */
function withEmptyKey(column: AssessedColumn, { partition }: ProposedKey): AssessedColumn {
  const { empty } = column.found;
  if (empty === undefined || partition.length !== 1 || partition[0] !== column.column) return column;
  const reason = 'empty, which Cassandra refuses in a partition key of one column';
  return { ...column, unfit: [...column.unfit, { ...empty, reason }] };
}

interface ColumnContext {
  readonly nullWord: string | null;
  readonly types: ColumnTypes;
}

function columnsOf(
  surveyed: SurveyedTable,
  { profiles, whole }: ReadRows,
  { names, ...context }: ColumnContext & { readonly names: ReadonlyMap<string, string> },
): readonly ProposedColumn[] {
  return surveyed.columns.flatMap((one) => {
    const column = names.get(one.field) ?? one.field;
    const found = own(profiles, column);
    return found === undefined ? [] : [proposedColumn({ surveyed: one, column, found }, { whole, ...context })];
  });
}

/** A table for each array of documents that becomes one. */
function childrenOf(
  surveyed: SurveyedTable,
  {
    proposing,
    key,
    target,
    types,
  }: {
    readonly proposing: Proposing;
    readonly key: ProposedKey;
    readonly target: Table;
    readonly types: ColumnTypes;
  },
): readonly ChildTable[] {
  const { names, arrays, taken } = proposing;
  const made: ChildTable[] = [];
  for (const one of surveyed.columns) {
    const column = names.get(one.field);
    if (column === undefined || !isTableOfItsOwn(one, arrays)) continue;
    const named: ColumnTypes = { targetOf: (read, name) => types.targetOf(read, `${proposing.target}_${name}`) };
    const child = childTable({ target, key, column, surveyed: one }, named, (name) => taken.has(name));
    taken.add(child.target.name);
    made.push(child);
  }
  return made;
}

function ofChild(column: AssessedColumn, children: readonly ChildTable[]): AssessedColumn {
  const child = children.find((one) => one.column === column.column);
  return { ...column, type: `table ${child?.target.name}`, verdict: 'function' };
}

function keyOf({ asked, names }: Proposing, keys: AssessedTable['keys'], taken: readonly string[]): ProposedKey {
  if (asked !== null) return { ...asked, by: 'asked' };
  const chosen = keyOfCandidates(keys, (field) => names.get(field) ?? field);
  if (chosen !== null) return chosen;
  const free = ['id', 'row_id', 'row_uuid'].find((name) => !taken.includes(name)) ?? 'cqlform_row_id';
  return { partition: [free], clustering: [], by: 'row' };
}

function tableOf(columns: readonly ProposedColumn[], key: ProposedKey, name: string): Table {
  const made = key.by === 'row' ? key.partition : [];
  return {
    kind: 'table',
    name,
    columns: [
      ...made.map((id) => ({ name: id, type: { kind: 'scalar', name: 'uuid' } as const, static: false })),
      ...columns.map(({ assessed, type }) => ({ name: assessed.column, type, static: false })),
    ],
    partitionKey: key.partition,
    clusteringKey: key.clustering.map((column) => ({ column, order: 'asc' })),
    options: {},
  };
}

/** As many as were met where all rows were read; of a sample twice their share. */
function maxRejectsOf(
  count: number,
  { read, whole }: { readonly read: number; readonly whole: boolean },
): AssessedTable['maxRejects'] {
  if (count === 0) return null;
  return whole ? count : `${Math.max(1, Math.min(100, Math.ceil((200 * count) / Math.max(read, 1))))}%`;
}
