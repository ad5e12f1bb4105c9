import type { Ddl } from '../model/ddl.ts';
import type { Column, Table } from '../model/schema.ts';
import type { Reverse, Work } from '../model/step.ts';
import { chain } from './chain.ts';
import { freeName } from './names.ts';
import { indexesOn, viewsOn } from './references.ts';
import { afterDdl, type World, withoutColumns } from './world.ts';

/** Names of tables end after 48 characters. */
const longestName = 48;

/** A name for the second table that holds a table's rows while it is made anew. */
export function stagingName(table: string, { schema }: World): string {
  const suffix = '__rebuild';
  return freeName(
    `${table.slice(0, longestName - suffix.length - 3)}${suffix}`,
    (name) => schema.tables[name] !== undefined || schema.views[name] !== undefined,
  );
}

/** Takes columns away that Cassandra does not drop, by making the table anew without them. */
export function rebuildWithout(
  table: Table,
  columns: readonly Column[],
  { after, label }: { readonly after: World; readonly label: string },
): Reverse {
  const target = withoutColumns(table, columns);
  const staging: Table = { ...target, name: stagingName(table.name, after) };
  const [views, indexes] = [viewsOn(after.schema, table.name), indexesOn(after.schema, table.name)];
  const same = Object.fromEntries(target.columns.map(({ name }) => [name, name]));
  let world = after;
  const run = (...statements: readonly Ddl[]): readonly Work[] => {
    const works = chain(world, statements);
    world = statements.reduce(afterDdl, world);
    return works;
  };
  const steps: readonly Work[] = [
    { kind: 'backup', scope: { table, columns: null }, label, why: 'before-undo' },
    ...run({ kind: 'create-table', table: staging }),
    { kind: 'copy-table', from: table, into: staging, columns: same },
    ...run(
      ...views.map((view): Ddl => ({ kind: 'drop-view', name: view.name })),
      ...indexes.map((index): Ddl => ({ kind: 'drop-index', name: index.name })),
      { kind: 'drop-table', name: table.name },
      { kind: 'create-table', table: target },
    ),
    { kind: 'copy-table', from: staging, into: target, columns: same },
    { kind: 'compare', from: staging, into: target, columns: same },
    ...run(
      ...indexes.map((index): Ddl => ({ kind: 'create-index', index })),
      ...views.map((view): Ddl => ({ kind: 'create-view', view })),
      { kind: 'drop-table', name: staging.name },
    ),
  ];
  return { kind: 'steps', steps };
}
