import { own } from '../kernel/own.ts';
import type { Index, Schema, Table } from '../model/schema.ts';
import { addColumns, alterOptions, copyRenamed, dropColumns, refuseMasks, renameKeys } from './column-steps.ts';
import { type DataContext, planData } from './data-steps.ts';
import { createIndex, createView, dropIndex, dropView, putBack, takeOff } from './dependents.ts';
import { addFunctions, dropFunctions } from './function-steps.ts';
import { alterKeyspace } from './keyspace-steps.ts';
import { differenceInWords, sameView } from './matches.ts';
import { optionsThatDiffer, optionsToSend, optionText } from './options.ts';
import { beginRebuild, endRebuild, type Rebuild, swap } from './rebuild.ts';
import { changesOf, type SectionContext } from './section-context.ts';
import { type TablePlan, tablePlans } from './table-plan.ts';
import { createTable, dropTable } from './table-steps.ts';
import { addTypes, dropTypes } from './type-steps.ts';
import { renameColumns } from './world.ts';

/** Writes the steps of one migration: what is added, then data in order, then what is taken away. */
export function planSection(context: SectionContext): void {
  const base = context.writer.world.schema;
  const plans = tablePlans(context);
  add(context, plans);
  const rebuilds = fill(context, plans, base);
  takeAway(context, plans, rebuilds);
}

function add(context: SectionContext, plans: readonly TablePlan[]): void {
  const { writer, changes } = context;
  for (const change of changes) if (change.kind === 'keyspace') alterKeyspace(writer, change.after);
  addTypes(context);
  addFunctions(context);
  for (const { after, before } of changesOf(changes, 'table'))
    if (before === null && after !== null) createTable(writer, after);
  clearTheWay(context, plans);
  const inPlace = plans.filter((plan) => plan.rebuild.length === 0);
  for (const plan of inPlace) {
    refuseMasks(writer, plan);
    addColumns(writer, plan);
    alterOptions(writer, plan);
    if (!renamesLate(context, plan)) renameKeys(writer, plan);
  }
  for (const plan of inPlace) copyRenamed(writer, plan);
  putUp(context, plansWithMore(context, plans));
}

/** Key columns keep their old name until the data steps that state it are through. */
function renamesLate({ migration }: SectionContext, { before, renamedKeys }: TablePlan): boolean {
  const old = Object.keys(renamedKeys);
  const states = (table: Pick<Table, 'name' | 'columns'>): boolean =>
    table.name === before.name && table.columns.some((column) => old.includes(column.name));
  return migration.data.some(
    (spec) =>
      (spec.from.kind === 'table' && states(spec.from.table)) || (spec.kind !== 'backfill' && states(spec.into)),
  );
}

/** Tables that are not in their last shape before the data steps are through. */
function plansWithMore(context: SectionContext, plans: readonly TablePlan[]): readonly TablePlan[] {
  return plans.filter((plan) => plan.loses || renamesLate(context, plan));
}

/** Indexes and views that change come off first: they hold their name, and some stand in the way of an alteration. */
function clearTheWay(context: SectionContext, plans: readonly TablePlan[]): void {
  const { writer, changes } = context;
  const { schema } = writer.world;
  const rebuilt = new Set(plans.filter((plan) => plan.rebuild.length > 0).map((plan) => plan.before.name));
  const losing = new Set(plans.filter((plan) => plan.loses).map((plan) => plan.before.name));
  for (const { name, after } of changesOf(changes, 'view')) {
    const live = own(schema.views, name);
    if (live === undefined || after === null || losing.has(live.table)) continue;
    if (!sameView(after, followed(live, plans, schema))) dropView(writer, live, replaced);
  }
  for (const { name, after } of changesOf(changes, 'index')) {
    const live = own(schema.indexes, name);
    if (live === undefined || rebuilt.has(live.table)) continue;
    if (after === null && isInTheWay(context, live, plans)) dropIndex(writer, live, withTable(context, live.table));
    if (after !== null && differenceInWords(after, live) !== null) dropIndex(writer, live, replaced);
  }
}

/** An index that goes away would keep its column from being renamed, or another like it from being made. */
function isInTheWay({ changes }: SectionContext, index: Index, plans: readonly TablePlan[]): boolean {
  const renames = plans.find((plan) => plan.before.name === index.table)?.renamedKeys ?? {};
  const like = changesOf(changes, 'index').some(
    ({ after }) => after !== null && after.table === index.table && after.column === index.column,
  );
  return like || own(renames, index.column) !== undefined;
}

const replaced = { why: 'it is replaced', comesBack: true } as const;

/** A view as the server makes it of itself when key columns of its table are renamed. */
function followed(view: Schema['views'][string], plans: readonly TablePlan[], schema: Schema): Schema['views'][string] {
  const plan = plans.find((one) => one.before.name === view.table);
  if (plan === undefined) return view;
  return own(renameColumns(schema, view.table, plan.renamedKeys).views, view.name) ?? view;
}

/** Indexes and views that are new or were cleared away, but none on tables that have more to come. */
function putUp({ writer, changes }: SectionContext, later: readonly TablePlan[]): void {
  const unready = later.filter((plan) => plan.rebuild.length > 0 || !plan.loses).map((plan) => plan.before.name);
  const losing = later.map((plan) => plan.before.name);
  for (const { name, after, before } of changesOf(changes, 'index'))
    if (after !== null && own(writer.world.schema.indexes, name) === undefined && !unready.includes(after.table))
      createIndex(writer, after, before === null ? undefined : replaced);
  for (const { name, after, before } of changesOf(changes, 'view')) {
    if (after === null || losing.includes(after.table)) continue;
    const live = own(writer.world.schema.views, name);
    if (live === undefined) createView(writer, after, before === null ? undefined : replaced);
    else alterViewOptions(writer, after);
  }
}

function alterViewOptions(writer: SectionContext['writer'], wanted: Schema['views'][string]): void {
  const live = own(writer.world.schema.views, wanted.name);
  if (live === undefined) return;
  const names = optionsThatDiffer(wanted.options, live.options);
  if (names.length === 0) return;
  const options = Object.fromEntries(Object.entries(wanted.options).filter(([name]) => names.includes(name)));
  writer.ddl(
    { kind: 'alter-options', of: 'view', name: wanted.name, options: optionsToSend(options, live.options) },
    {
      object: wanted.name,
      title: `set ${Object.entries(options)
        .map(([name, value]) => optionText(name, value))
        .join(', ')} on ${wanted.name}`,
    },
  );
}

/** Data in order. A table that is made anew is staged before the first step that writes into it. */
function fill(context: SectionContext, plans: readonly TablePlan[], base: Schema): readonly Rebuild[] {
  const { writer, migration } = context;
  const waiting = new Map(plans.filter((plan) => plan.rebuild.length > 0).map((plan) => [plan.before.name, plan]));
  const rebuilds: Rebuild[] = [];
  const staging = new Map<string, Table>();
  const begin = (name: string): void => {
    const plan = waiting.get(name);
    const rebuild = plan === undefined ? null : beginRebuild(context, plan);
    waiting.delete(name);
    if (rebuild === null) return;
    rebuilds.push(rebuild);
    staging.set(name, rebuild.staging);
  };
  const data: DataContext = { ...context, base, staging, covered: new Map() };
  for (const spec of writer.scope.input.options.schemaOnly ? [] : migration.data) {
    if (waiting.has(spec.into.name)) begin(spec.into.name);
    planData(data, spec);
  }
  for (const name of [...waiting.keys()]) begin(name);
  return rebuilds;
}

function takeAway(context: SectionContext, plans: readonly TablePlan[], rebuilds: readonly Rebuild[]): void {
  const { writer, changes } = context;
  for (const { name, after } of changesOf(changes, 'view')) {
    const live = own(writer.world.schema.views, name);
    if (after === null && live !== undefined) dropView(writer, live, withTable(context, live.table));
  }
  for (const { name, after } of changesOf(changes, 'index')) {
    const live = own(writer.world.schema.indexes, name);
    if (after === null && live !== undefined) dropIndex(writer, live, withTable(context, live.table));
  }
  for (const plan of plans.filter((one) => one.rebuild.length === 0)) {
    if (renamesLate(context, plan)) renameKeys(writer, plan);
    if (plan.loses) loseColumns(context, plan);
  }
  for (const rebuild of rebuilds) swap(context, rebuild);
  lateNew(context, plans);
  for (const { name, after } of changesOf(changes, 'table')) if (after === null) dropTable(writer, name);
  dropFunctions(context);
  dropTypes(context);
  for (const rebuild of rebuilds) endRebuild(writer, rebuild);
}

/** What goes away only because its table does says so. */
function withTable({ changes }: SectionContext, table: string): Parameters<typeof dropView>[2] {
  const goes = changesOf(changes, 'table').some((change) => change.name === table && change.after === null);
  return goes ? { why: `it stands on ${table}, which goes away`, comesBack: false } : undefined;
}

/** Views stand in the way of every column drop: they come off, and back again after. */
function loseColumns(context: SectionContext, plan: TablePlan): void {
  const { writer } = context;
  const because = { why: 'no column can be dropped while it stands', comesBack: true } as const;
  const taken = takeOff(writer, plan.before.name, { because, indexes: false });
  dropColumns(writer, plan);
  putBack(context, taken, { because, renamed: plan.renamedValues });
}

/** Views and indexes that waited for their table to be in its last shape. */
function lateNew(context: SectionContext, plans: readonly TablePlan[]): void {
  const { writer, changes } = context;
  const tables = plansWithMore(context, plans).map((plan) => plan.before.name);
  for (const { name, after } of changesOf(changes, 'index'))
    if (after !== null && tables.includes(after.table) && own(writer.world.schema.indexes, name) === undefined)
      createIndex(writer, after);
  for (const { name, after } of changesOf(changes, 'view')) {
    if (after === null || !tables.includes(after.table)) continue;
    if (own(writer.world.schema.views, name) === undefined) createView(writer, after);
    else alterViewOptions(writer, after);
  }
}
