import { own } from '../kernel/own.ts';
import type { DataSpec } from '../model/data.ts';
import { keyColumns, type Table } from '../model/schema.ts';
import { typeText } from '../model/type-text.ts';
import { backUp, type Covered } from './backups.ts';
import { bareTable, ddlWork } from './conditions.ts';
import { putBack, takeOff } from './dependents.ts';
import {
  breaksReaders,
  diskSpace,
  grantsLost,
  hazard,
  keyCollisions,
  lwtTimestamps,
  quiesceWriters,
} from './hazards.ts';
import { listed } from './names.ts';
import { optionsToSend } from './options.ts';
import { none } from './reverse.ts';
import { stagingName } from './reverse-rebuild.ts';
import { columnOf, isCounterTable } from './schema-objects.ts';
import type { SectionContext } from './section-context.ts';
import type { TablePlan } from './table-plan.ts';
import type { SectionWriter } from './writer.ts';

/** A table that is made anew under its name: its rows are staged in a second table until the end. */
export interface Rebuild {
  readonly plan: TablePlan;
  readonly staging: Table;
  /** The new shape, with what the live table has and the migration leaves alone. */
  readonly target: Table;
  /** `user`: a data function fills the staging table; `none`: there are no rows. */
  readonly rows: 'identity' | 'user' | 'none';
  readonly covered: Covered;
  readonly why: string;
}

/** Backs the table up and stages its rows; null when the rebuild is refused, for which a notice is left. */
export function beginRebuild({ writer, migration }: SectionContext, plan: TablePlan): Rebuild | null {
  const { before } = plan;
  const rows = rowsOf(writer, plan, migration.data);
  if (rows === null) return null;
  const target = targetOf(plan);
  const staging: Table = { ...target, name: stagingName(before.name, writer.world) };
  const why = `forces rebuild: ${plan.rebuild.join('; ')}`;
  const covered = backUp(writer, { table: before, columns: null, why: 'before-rebuild' });
  const rebuild: Rebuild = { plan, staging, target, rows, covered, why };
  if (rows === 'none') return rebuild;
  createStaging(writer, rebuild);
  if (rows === 'identity') copyRows(writer, rebuild, { from: before, into: staging, columns: oldColumns(plan) });
  return rebuild;
}

/** The table in its new shape, filled from the staging table; what stood on it is put back. */
export function swap(context: SectionContext, rebuild: Rebuild): void {
  const { writer } = context;
  const { plan, target, staging, rows, covered, why } = rebuild;
  const name = plan.before.name;
  const because = { why: `${name} is made anew`, comesBack: true } as const;
  const taken = takeOff(writer, name, { because, indexes: true });
  const address = writer.address(name);
  const collisions = plan.difference.key === null ? [] : [keyCollisions(address)];
  writer.ddl(
    { kind: 'drop-table', name },
    {
      object: name,
      title: `drop table ${name}, to make it anew`,
      why,
      class: 'rebuild',
      hazards: [
        hazard('DATA_LOSS', address, lossText(rebuild)),
        quiesceWriters(address, 'the new table'),
        breaksReaders(address, `what changes in ${name}`),
        grantsLost(address),
        ...collisions,
        ...covered.hazards,
      ],
      destroys: true,
      backup: covered.backup,
      noBackup: covered.noBackup,
    },
  );
  writer.ddl(
    { kind: 'create-table', table: target },
    { object: name, title: `create table ${name} anew`, why, class: 'rebuild' },
  );
  if (rows !== 'none') copyRows(writer, rebuild, { from: staging, into: target, columns: sameColumns(target) });
  putBack(context, taken, { because, renamed: plan.difference.renamed });
}

/** The staging table goes last: until then the backup is not the only copy. */
export function endRebuild(writer: SectionWriter, { plan, staging, rows, why }: Rebuild): void {
  if (rows === 'none') return;
  const again = ddlWork({ kind: 'create-table', table: staging }, withoutTable(writer, staging.name));
  writer.ddl(
    { kind: 'drop-table', name: staging.name },
    {
      object: plan.before.name,
      title: `drop staging table ${staging.name}`,
      why,
      class: 'rebuild',
      reverse: { kind: 'steps', steps: [again] },
    },
  );
}

function withoutTable({ world }: SectionWriter, name: string): SectionWriter['world'] {
  const { [name]: _, ...tables } = world.schema.tables;
  return { ...world, schema: { ...world.schema, tables } };
}

function createStaging(writer: SectionWriter, { plan, staging, why }: Rebuild): void {
  const dropped = ddlWork(
    { kind: 'drop-table', name: staging.name },
    {
      ...writer.world,
      schema: { ...writer.world.schema, tables: { ...writer.world.schema.tables, [staging.name]: bareTable(staging) } },
    },
  );
  writer.ddl(
    { kind: 'create-table', table: staging },
    {
      object: plan.before.name,
      title: `create staging table ${staging.name}`,
      why,
      class: 'rebuild',
      hazards: [diskSpace(writer.address(plan.before.name))],
      reverse: { kind: 'steps', steps: [dropped] },
    },
  );
}

interface Rows {
  readonly from: Table;
  readonly into: Table;
  readonly columns: Readonly<Record<string, string>>;
}

/** Rows with their write times, then the proof that they are the same. */
function copyRows(writer: SectionWriter, { plan, why }: Rebuild, rows: Rows): void {
  const { from, into } = rows;
  const about = { object: plan.before.name, why, rowsOf: plan.before.name } as const;
  const address = writer.address(plan.before.name);
  writer.work(
    { kind: 'copy-table', ...rows },
    {
      ...about,
      title: `copy ${from.name} to ${into.name}`,
      class: 'rebuild',
      hazards: [quiesceWriters(address, 'the new table'), lwtTimestamps(address)],
      reverse: none(`${into.name} is dropped`),
    },
  );
  writer.work(
    { kind: 'compare', ...rows },
    { ...about, title: `compare ${from.name} with ${into.name}`, class: 'verify', reverse: none('it only reads') },
  );
}

function lossText({ rows, covered }: Rebuild): string {
  const kept = covered.backup === null ? '' : ' The backup keeps them as they were.';
  return rows === 'none' ? 'The table holds no rows.' : `Its rows are in the staging table by now.${kept}`;
}

/** How the rows come over; null with a notice when nothing says it. */
function rowsOf(writer: SectionWriter, plan: TablePlan, data: readonly DataSpec[]): Rebuild['rows'] | null {
  const { name } = plan.before;
  const { input, filled } = writer.scope;
  if (isCounterTable(plan.before)) {
    writer.refuse('COUNTER_REBUILD', name, {
      message: `table ${name} holds counters, which cannot be copied into a new table (${plan.rebuild.join('; ')})`,
      next: 'Make a new table, count into both, and drop the old one later.',
    });
    return null;
  }
  const byUser = data.some((spec) => isOwnCopy(spec, name));
  const isEmpty = (input.emptyTables.includes(name) || madeHere(writer, name)) && !filled.has(name);
  if (byUser && !input.options.schemaOnly) return leavesOut(writer, plan, data) ? null : 'user';
  if (isEmpty) return 'none';
  const obstacle = byUser ? 'its data step is left out by --schema-only' : obstacleToIdentity(plan);
  if (obstacle === null) return 'identity';
  writer.refuse('REBUILD_NEEDS_COPY', name, {
    message: `table ${name} has to be made anew (${plan.rebuild.join('; ')}), and nothing says what becomes of its rows: ${obstacle}`,
    next: byUser
      ? 'Apply without --schema-only, or empty the table first.'
      : `Add copy({ from: existing('${name}', …), into: <what alter() gave>, columns: { … } }) to the migration's data.`,
  });
  return null;
}

/**
 * A `copy` carries the columns that it does not name as they are; a `transform` emits whole rows, so what it does not
 * read would be lost: that is refused.
 */
function leavesOut(writer: SectionWriter, { before, after }: TablePlan, data: readonly DataSpec[]): boolean {
  const transforms = data.filter((spec) => spec.kind === 'transform' && isOwnCopy(spec, before.name));
  const [lost] = transforms.flatMap(({ from }) => {
    const read = from.kind === 'table' ? from.table.columns.map((column) => column.name) : [];
    const kept = before.columns.filter(({ name }) => after.columns.some((column) => column.name === name));
    const names = kept.map((column) => column.name).filter((name) => !read.includes(name));
    return names.length === 0 ? [] : [names];
  });
  if (lost === undefined) return false;
  writer.refuse('REBUILD_LEAVES_OUT', before.name, {
    message: `table ${before.name} has to be made anew, and the transform of its rows does not read ${listed(lost)}: their values would be lost`,
    next: `Name ${listed(lost)} in existing('${before.name}', …) and emit what becomes of them; or use copy, which carries columns that it does not name.`,
  });
  return true;
}

function madeHere(writer: SectionWriter, name: string): boolean {
  return writer.scope.made.has(name);
}

/** A data function that reads the table and writes it: it moves the rows into the new shape. */
export function isOwnCopy(spec: DataSpec, table: string): boolean {
  return (
    spec.kind !== 'backfill' && spec.from.kind === 'table' && spec.from.table.name === table && spec.into.name === table
  );
}

/** Why the rows cannot be taken over as they are; null: they can. */
function obstacleToIdentity({ before, after, difference, renamedKeys }: TablePlan): string | null {
  const [retyped] = difference.retyped;
  if (retyped !== undefined)
    return `${retyped.after.name} changes from ${shape(retyped.before)} to ${shape(retyped.after)}`;
  if (difference.key === null) return null;
  const oldKey = keyColumns(before).map((name) => own(renamedKeys, name) ?? name);
  const fresh = keyColumns(after).find((name) => !oldKey.includes(name));
  if (fresh !== undefined) return `${fresh} becomes a key column, and may be null or missing in a row`;
  const samePartition =
    before.partitionKey.map((name) => own(renamedKeys, name) ?? name).join() === after.partitionKey.join();
  return before.columns.some((column) => column.static) && !samePartition
    ? 'its static columns belong to the old partitions'
    : null;
}

function shape(column: Table['columns'][number]): string {
  return `${typeText(column.type)}${column.static ? ' static' : ''}`;
}

function targetOf({ before, after, difference }: TablePlan): Table {
  const oldName = new Map(Object.entries(difference.renamed).map(([from, to]) => [to, from]));
  const columns = after.columns.map((column) => {
    const mask = column.mask ?? columnOf(before, oldName.get(column.name) ?? column.name)?.mask;
    return mask === undefined ? column : { ...column, mask };
  });
  return { ...after, columns, options: { ...before.options, ...optionsToSend(after.options, before.options) } };
}

/** Target column → column of the table as it was. */
function oldColumns({ after, difference }: TablePlan): Readonly<Record<string, string>> {
  const oldName = new Map(Object.entries(difference.renamed).map(([from, to]) => [to, from]));
  const added = difference.added.map((column) => column.name);
  const kept = after.columns.filter((column) => !added.includes(column.name));
  return Object.fromEntries(kept.map(({ name }) => [name, oldName.get(name) ?? name]));
}

function sameColumns(table: Table): Readonly<Record<string, string>> {
  return Object.fromEntries(table.columns.map(({ name }) => [name, name]));
}
