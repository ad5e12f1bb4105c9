import { own } from '../kernel/own.ts';
import type { Column, Table } from '../model/schema.ts';
import { typesWithin } from '../model/type.ts';
import { backUp } from './backups.ts';
import { breaksReaders, hazard, lwtTimestamps, quiesceWriters } from './hazards.ts';
import { columnText } from './matches.ts';
import { listed } from './names.ts';
import { optionsToSend, optionText } from './options.ts';
import { none } from './reverse.ts';
import { refusal } from './rules/refusal.ts';
import { columnOf, isCounterTable } from './schema-objects.ts';
import type { TablePlan } from './table-plan.ts';
import { columnsNamed } from './world.ts';
import type { SectionWriter } from './writer.ts';

const renameReason = 'rename of a regular column: Cassandra can rename key columns only';

/** New columns, also those that renamed ones will be, in one statement. */
export function addColumns(writer: SectionWriter, plan: TablePlan): void {
  const { before, after, difference } = plan;
  const renamed = columnsNamed(after, Object.values(plan.renamedValues));
  const columns = [...difference.added, ...renamed.map((column) => withLiveMask(column, plan))];
  if (columns.length === 0) return;
  const texts = columns.map((column) => `${column.name} ${columnText(column)}`);
  writer.ddl(
    { kind: 'add-columns', table: before.name, columns },
    {
      object: columns.length === 1 ? `${before.name}.${columns[0]?.name}` : before.name,
      title: `add ${columns.length === 1 ? 'column' : 'columns'} ${texts.join(', ')} to ${before.name}`,
      why: renamed.length > 0 ? renameReason : '',
      class: renamed.length > 0 ? 'rebuild' : 'in-place',
    },
  );
}

/** A renamed column keeps a mask that is not managed. */
function withLiveMask(column: Column, { before, renamedValues }: TablePlan): Column {
  const old = Object.entries(renamedValues).find(([, to]) => to === column.name)?.[0];
  const mask = column.mask ?? (old === undefined ? undefined : columnOf(before, old)?.mask);
  return mask === undefined ? column : { ...column, mask };
}

export function alterOptions(writer: SectionWriter, { before, difference }: TablePlan): void {
  const wanted = Object.fromEntries(Object.entries(difference.options).map(([name, { after }]) => [name, after]));
  if (Object.keys(wanted).length === 0) return;
  const texts = Object.entries(wanted).map(([name, value]) => optionText(name, value));
  const address = writer.address(before.name);
  writer.ddl(
    { kind: 'alter-options', of: 'table', name: before.name, options: optionsToSend(wanted, before.options) },
    {
      object: before.name,
      title: `set ${texts.join(', ')} on ${before.name}`,
      hazards:
        wanted['default_time_to_live'] === undefined
          ? []
          : [
              hazard(
                'TTL_NOT_RETROACTIVE',
                address,
                'Rows that are there keep the time to live that they were written with.',
              ),
            ],
    },
  );
}

/** Masks cannot be changed by a statement that a plan has. */
export function refuseMasks(writer: SectionWriter, { before, difference }: TablePlan): void {
  for (const { after } of difference.masked) {
    const object = `${before.name}.${after.name}`;
    writer.refuse('MASK_UNCHANGEABLE', object, {
      message: `the mask of ${object} is not ${after.mask}, and masks are set only when a column is made`,
      next: `Run ALTER TABLE ${before.name} ALTER ${after.name} MASKED WITH ${after.mask} by hand, then plan again.`,
    });
  }
}

export function renameKeys(writer: SectionWriter, { before, renamedKeys }: TablePlan): void {
  const pairs = Object.entries(renamedKeys);
  if (pairs.length === 0) return;
  const address = writer.address(before.name);
  writer.ddl(
    { kind: 'rename-columns', table: before.name, renames: renamedKeys },
    {
      object: before.name,
      title: `rename ${pairs.map(([from, to]) => `${from} to ${to}`).join(', ')} in ${before.name}`,
      hazards: [breaksReaders(address, listed(Object.keys(renamedKeys)))],
    },
  );
}

/** The values of renamed columns into the columns that take their place, row by row. */
export function copyRenamed(writer: SectionWriter, { before, renamedValues }: TablePlan): void {
  const pairs = Object.entries(renamedValues);
  const table = own(writer.world.schema.tables, before.name);
  if (pairs.length === 0 || table === undefined) return;
  const [address, [first]] = [writer.address(before.name), pairs];
  if (isCounterTable(before)) {
    writer.refuse('COUNTER_RENAME', `${before.name}.${first?.[0]}`, {
      message: `counter ${before.name}.${first?.[0]} cannot be renamed: counters cannot be copied`,
      next: 'Add a new counter, count into both, and drop the old one later.',
    });
    return;
  }
  writer.work(
    {
      kind: 'copy-table',
      from: table,
      into: table,
      columns: Object.fromEntries(pairs.map(([from, to]) => [to, from])),
    },
    {
      object: pairs.length === 1 ? `${before.name}.${first?.[1]}` : before.name,
      title: `copy ${pairs.map(([from, to]) => `${from} to ${to}`).join(', ')} in ${before.name}`,
      why: renameReason,
      class: 'rebuild',
      hazards: [quiesceWriters(address, 'the drop of the old column'), lwtTimestamps(address)],
      reverse: none('the columns it fills are dropped again'),
      rowsOf: before.name,
    },
  );
}

/**
 * Columns that need nothing of their own go together: one backup and one statement, so that the table is read once. Each
 * is consented to by itself.
 */
export function dropColumns(writer: SectionWriter, { before, difference, renamedValues }: TablePlan): void {
  const renamed = columnsNamed(before, Object.keys(renamedValues));
  const together = difference.dropped.filter((column) => goesWithOthers(writer, before, column));
  const alone = together.length < 2 ? difference.dropped : difference.dropped.filter((one) => !together.includes(one));
  const groups = [...(together.length < 2 ? [] : [together]), ...[...alone, ...renamed].map((column) => [column])];
  for (const group of groups) dropGroup(writer, group, { table: before.name, renamedValues });
}

/** Not so where the column goes without a backup, cannot come back by being added, or cannot be dropped. */
function goesWithOthers(writer: SectionWriter, { name }: Table, column: Column): boolean {
  const table = own(writer.world.schema.tables, name);
  if (table === undefined || isCounterTable(table) || typesWithin(column.type).length > 0) return false;
  const { noBackup } = writer.scope.input.options;
  if (noBackup.includes(writer.address(name)) || noBackup.includes(writer.address(`${name}.${column.name}`)))
    return false;
  return refusal(writer.world, { kind: 'drop-columns', table: name, columns: [column] }) === null;
}

function dropGroup(
  writer: SectionWriter,
  group: readonly Column[],
  { table: name, renamedValues }: { readonly table: string; readonly renamedValues: TablePlan['renamedValues'] },
): void {
  const table = own(writer.world.schema.tables, name);
  if (table === undefined) return;
  const names = group.map((column) => column.name);
  const objects = names.map((column) => `${name}.${column}`);
  const moved = Object.hasOwn(renamedValues, names[0] ?? '');
  const covered = backUp(writer, { table, columns: names, why: 'before-loss' });
  writer.ddl(
    { kind: 'drop-columns', table: name, columns: group.map((column) => columnOf(table, column.name) ?? column) },
    {
      object: objects.length === 1 ? (objects[0] ?? name) : name,
      title: `drop ${names.length === 1 ? 'column' : 'columns'} ${names.join(', ')} from ${name}`,
      why: moved ? renameReason : '',
      class: moved ? 'rebuild' : 'in-place',
      hazards: [
        ...names.flatMap((column) => {
          const address = writer.address(`${name}.${column}`);
          const loss = lossText(covered.backup, own(renamedValues, column));
          return [hazard('DATA_LOSS', address, loss), breaksReaders(address, column)];
        }),
        ...covered.hazards,
      ],
      destroys: objects,
      backup: covered.backup,
      noBackup: covered.noBackup,
    },
  );
}

function lossText(backup: string | null, moved: string | undefined): string {
  const kept = backup === null ? '' : ' The backup keeps them.';
  return moved === undefined ? `Its values go away.${kept}` : `Its values are in ${moved} by now.${kept}`;
}
