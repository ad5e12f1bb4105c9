import { own } from '../kernel/own.ts';
import type { Ddl } from '../model/ddl.ts';
import { longestNames } from '../model/identifier.ts';
import type { Table } from '../model/schema.ts';
import type { Reverse, Work } from '../model/step.ts';
import { chain } from './chain.ts';
import { freeName } from './names.ts';
import { indexesOn, viewsOn } from './references.ts';
import { columnOf } from './schema-objects.ts';
import { afterDdl, type World } from './world.ts';

/** A name for the second table that holds a table's rows while it is made anew; every version takes it. */
export function stagingName(table: string, { schema }: World): string {
  const suffix = '__rebuild';
  return freeName(
    `${table.slice(0, longestNames.tableBefore5 - suffix.length - 3)}${suffix}`,
    (name) => own(schema.tables, name) !== undefined || own(schema.views, name) !== undefined,
  );
}

export interface ReverseRebuild {
  /** The table as it is, and as it has to be again. */
  readonly from: Table;
  readonly to: Table;
  readonly after: World;
  /** Of the backup that is taken first. */
  readonly label: string;
  /** What brings back the columns that `from` does not have, once the table is there. */
  readonly restore: readonly Work[];
}

/**
 * Makes a table anew where Cassandra does not take a column back or away: one that holds a user-defined type, which the
 * server remembers as a tuple once it is dropped, so that it can never come back under its name.
 */
export function rebuildBack({ from, to, after, label, restore }: ReverseRebuild): Reverse {
  const staging: Table = { ...to, name: stagingName(from.name, after) };
  const [views, indexes] = [viewsOn(after.schema, from.name), indexesOn(after.schema, from.name)];
  const both = to.columns.filter((column) => columnOf(from, column.name) !== undefined);
  const same = Object.fromEntries(both.map(({ name }) => [name, name]));
  let world = after;
  const run = (...statements: readonly Ddl[]): readonly Work[] => {
    const works = chain(world, statements);
    world = statements.reduce(afterDdl, world);
    return works;
  };
  const steps: readonly Work[] = [
    { kind: 'backup', scope: { table: from, columns: null }, label, why: 'before-undo' },
    ...run({ kind: 'create-table', table: staging }),
    { kind: 'copy-table', from, into: staging, columns: same },
    ...run(
      ...views.map((view): Ddl => ({ kind: 'drop-view', name: view.name })),
      ...indexes.map((index): Ddl => ({ kind: 'drop-index', name: index.name })),
      { kind: 'drop-table', name: from.name },
      { kind: 'create-table', table: to },
    ),
    { kind: 'copy-table', from: staging, into: to, columns: same },
    { kind: 'compare', from: staging, into: to, columns: same },
    ...restore,
    ...run(
      ...indexes.map((index): Ddl => ({ kind: 'create-index', index })),
      ...views.map((view): Ddl => ({ kind: 'create-view', view })),
      { kind: 'drop-table', name: staging.name },
    ),
  ];
  return { kind: 'steps', steps };
}
