import { own } from '../kernel/own.ts';
import type { Index, View } from '../model/schema.ts';
import { breaksReaders, indexBuild, viewRebuild } from './hazards.ts';
import { indexesOn, viewsOn } from './references.ts';
import type { SectionContext } from './section-context.ts';
import { renamedIndex, renamedView } from './world.ts';
import type { SectionWriter } from './writer.ts';

/** Why an index or view goes or comes, where its own change is not the reason. */
export interface Because {
  readonly why: string;
  /** True when it comes back in this section, so that its readers only have to wait. */
  readonly comesBack: boolean;
}

const itself: Because = { why: '', comesBack: false };

export function createIndex(writer: SectionWriter, index: Index, because: Because = itself): void {
  writer.ddl(
    { kind: 'create-index', index },
    {
      object: index.name,
      title: `create index ${index.name} on ${index.table} (${index.column})`,
      why: because.why,
      hazards: [indexBuild(writer.address(index.name))],
    },
  );
}

export function dropIndex(writer: SectionWriter, index: Index, because: Because = itself): void {
  writer.ddl(
    { kind: 'drop-index', name: index.name },
    {
      object: index.name,
      title: `drop index ${index.name}`,
      why: because.why,
      hazards: because.comesBack
        ? [indexBuild(writer.address(index.name))]
        : [breaksReaders(writer.address(index.name), `a condition on ${index.table}.${index.column}`)],
    },
  );
}

export function createView(writer: SectionWriter, view: View, because: Because = itself): void {
  writer.ddl(
    { kind: 'create-view', view },
    {
      object: view.name,
      title: `create materialized view ${view.name} on ${view.table}`,
      why: because.why,
      hazards: because.comesBack ? [viewRebuild(writer.address(view.name), view.name)] : [],
    },
  );
}

export function dropView(writer: SectionWriter, view: View, because: Because = itself): void {
  writer.ddl(
    { kind: 'drop-view', name: view.name },
    {
      object: view.name,
      title: `drop materialized view ${view.name}`,
      why: because.why,
      hazards: because.comesBack
        ? [viewRebuild(writer.address(view.name), view.name)]
        : [breaksReaders(writer.address(view.name), view.name)],
    },
  );
}

/** Views and indexes that were taken off a table, to be put back on it. */
export interface TakenOff {
  readonly views: readonly View[];
  readonly indexes: readonly Index[];
}

/** Takes the views, and with `indexes` also the indexes, off a table. */
export function takeOff(
  writer: SectionWriter,
  table: string,
  { because, indexes }: { readonly because: Because; readonly indexes: boolean },
): TakenOff {
  const { schema } = writer.world;
  const taken: TakenOff = { views: viewsOn(schema, table), indexes: indexes ? indexesOn(schema, table) : [] };
  for (const view of taken.views) dropView(writer, view, because);
  for (const index of taken.indexes) dropIndex(writer, index, because);
  return taken;
}

/** Puts back what was taken off, in the form that the migration gives it; what no migration names follows renames. */
export function putBack(
  { writer, after }: Pick<SectionContext, 'writer' | 'after'>,
  taken: TakenOff,
  { because, renamed }: { readonly because: Because; readonly renamed: Readonly<Record<string, string>> },
): void {
  for (const view of taken.views) {
    const wanted = own(after.views, view.name) ?? renamedView(view, renamed);
    createView(writer, { ...wanted, options: { ...view.options, ...wanted.options } }, because);
  }
  for (const index of taken.indexes)
    createIndex(writer, own(after.indexes, index.name) ?? renamedIndex(index, renamed), because);
}
