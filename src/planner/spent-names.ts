import type { CqlformError } from '../kernel/errors.ts';
import { own, setOwn } from '../kernel/own.ts';
import type { Schema } from '../model/schema.ts';
import type { Composition } from './compose.ts';
import { mistake } from './mistakes.ts';
import { spentName } from './rules/spent-name.ts';
import { changesOf } from './section-context.ts';
import { type TablePlan, tablePlan } from './table-plan.ts';
import { columnsNamed, type GoneColumn, goneAs } from './world.ts';

/** By table, the columns that migrations have dropped from it. */
export type GoneColumns = Readonly<Record<string, readonly GoneColumn[]>>;

interface Composed {
  readonly migration: string;
  readonly before: Schema;
  readonly composition: Composition;
}

/**
 * Columns of a composed migration that come back under a dropped name in a shape that Cassandra refuses, and what is
 * gone after it. The plan says the same of the live keyspace; this is what the files alone show.
 */
export function spentNames(
  gone: GoneColumns,
  { migration, before, composition: { changes, schema } }: Composed,
): { readonly found: readonly CqlformError[]; readonly gone: GoneColumns } {
  const next: Record<string, readonly GoneColumn[]> = { ...gone };
  const found: CqlformError[] = [];
  // Types are added to before columns are dropped, and dropped after.
  const types = { ...schema, types: { ...before.types, ...schema.types } };
  for (const change of changesOf(changes, 'table')) {
    const was = own(gone, change.name) ?? [];
    const plan =
      change.before === null || change.after === null ? null : tablePlan(change.before, change.after, change.renamed);
    if (plan === null || plan.rebuild.length > 0) {
      // A table of another id remembers nothing.
      setOwn(next, change.name, []);
      continue;
    }
    found.push(...refused(plan, was, migration));
    const lost = [...plan.difference.dropped, ...columnsNamed(plan.before, Object.keys(plan.renamedValues))];
    setOwn(next, change.name, [...was, ...lost.map((column) => goneAs(column, types))]);
  }
  return { found, gone: next };
}

/** A renamed column that stands in no key is added under its new name. */
function refused(plan: TablePlan, gone: readonly GoneColumn[], migration: string): readonly CqlformError[] {
  const { before, after, difference, renamedValues } = plan;
  const added = [...difference.added, ...columnsNamed(after, Object.values(renamedValues))];
  return added.flatMap((column) => {
    const spent = spentName(before, column, gone);
    const object = `${before.name}.${column.name}`;
    return spent === null ? [] : [mistake(spent.code, { migration, object }, spent)];
  });
}
