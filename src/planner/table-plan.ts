import { own } from '../kernel/own.ts';
import type { Table } from '../model/schema.ts';
import { reasonsToRebuild, renamedKeys, renamedValues, type TableDifference, tableDifference } from './difference.ts';
import { changesOf, type SectionContext } from './section-context.ts';

/** How one table, live, becomes what a migration wants of it. */
export interface TablePlan {
  /** As it is in the cluster, whole. */
  readonly before: Table;
  /** As the migration wants it; options and masks that it leaves out stay. */
  readonly after: Table;
  readonly difference: TableDifference;
  /** Why it has to be made anew; empty: it is altered in place. */
  readonly rebuild: readonly string[];
  readonly renamedKeys: Readonly<Record<string, string>>;
  readonly renamedValues: Readonly<Record<string, string>>;
  /** Columns go away, so that views and indexes on it come last. */
  readonly loses: boolean;
}

/** The tables that are there and stay, but change. */
export function tablePlans({ writer, changes }: SectionContext): readonly TablePlan[] {
  return changesOf(changes, 'table').flatMap(({ name, after, renamed }) => {
    const before = own(writer.world.schema.tables, name);
    return before === undefined || after === null ? [] : [tablePlan(before, after, renamed)];
  });
}

/** `renamed` may name columns that `before` does not have. */
export function tablePlan(before: Table, after: Table, renamed: Readonly<Record<string, string>>): TablePlan {
  const mine = Object.fromEntries(
    Object.entries(renamed).filter(([from]) => before.columns.some((one) => one.name === from)),
  );
  const difference = tableDifference(before, after, mine);
  const rebuild = reasonsToRebuild(difference);
  const values = renamedValues(before, difference);
  return {
    before,
    after,
    difference,
    rebuild,
    renamedKeys: renamedKeys(before, difference),
    renamedValues: values,
    loses: rebuild.length > 0 || difference.dropped.length > 0 || Object.keys(values).length > 0,
  };
}
