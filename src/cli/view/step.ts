import { match } from '../../kernel/match.ts';
import type { Ddl } from '../../model/ddl.ts';
import type { Reverse, Work } from '../../model/step.ts';
import type { Paint } from './paint.ts';

/** The sign before a step: `+` adds, `~` changes in place, `-` takes away, `>` moves rows, `@` backs up, `<` restores, `=` compares, `…` waits. */
export type Mark = '+' | '~' | '-' | '>' | '@' | '<' | '=' | '…';

export function markOf(work: Work): Mark {
  return match<Work, Mark>(work, {
    ddl: ({ ddl }) => markOfDdl(ddl),
    backup: () => '@',
    restore: () => '<',
    data: () => '>',
    'copy-table': () => '>',
    compare: () => '=',
    wait: () => '…',
  });
}

function markOfDdl(ddl: Ddl): Mark {
  const verb = ddl.kind.slice(0, ddl.kind.indexOf('-'));
  if (verb === 'create') return '+';
  if (verb === 'add') return '+';
  if (verb === 'drop') return '-';
  return '~';
}

export function paintMark(mark: Mark, paint: Paint): string {
  const painters: Record<Mark, (text: string) => string> = {
    '+': paint.add,
    '~': paint.change,
    '-': paint.drop,
    '>': paint.data,
    '@': paint.backup,
    '<': paint.backup,
    '=': paint.faint,
    '…': paint.faint,
  };
  return painters[mark](mark);
}

/** How a step is undone, in a few words. */
export function reverseText(reverse: Reverse): string {
  return match(reverse, {
    none: ({ why }) => why,
    steps: ({ steps }) => steps.map(workText).join(', then '),
    irreversible: ({ reason }) => `CANNOT BE UNDONE: ${reason}`,
  });
}

export function workText(work: Work): string {
  return match(work, {
    ddl: ({ ddl }) => ddlText(ddl),
    backup: ({ scope }) =>
      `back up ${scope.table.name}${scope.columns === null ? '' : ` (${scope.columns.join(', ')})`}`,
    restore: ({ scope }) =>
      `restore ${scope.table.name}${scope.columns === null ? '' : ` (${scope.columns.join(', ')})`}`,
    data: ({ data }) => `${data.kind} ${data.from.name} into ${data.into}`,
    'copy-table': ({ from, into }) => `copy ${from.name} into ${into.name}`,
    compare: ({ from, into }) => `compare ${from.name} with ${into.name}`,
    wait: (one) => `wait for index ${one.for.index}`,
  });
}

function ddlText(ddl: Ddl): string {
  return match(ddl, {
    'create-keyspace': () => 'create the keyspace',
    'alter-keyspace': () => 'alter the keyspace',
    'create-type': ({ type }) => `create type ${type.name}`,
    'add-field': ({ type, field }) => `add field ${field.name} to ${type}`,
    'rename-fields': ({ type, renames }) => `rename ${renamesText(renames)} of ${type}`,
    'drop-type': ({ name }) => `drop type ${name}`,
    'create-table': ({ table }) => `create table ${table.name}`,
    'add-columns': ({ table, columns }) => `add ${columns.map((column) => column.name).join(', ')} to ${table}`,
    'drop-columns': ({ table, columns }) => `drop ${columns.map((column) => column.name).join(', ')} of ${table}`,
    'rename-columns': ({ table, renames }) => `rename ${renamesText(renames)} of ${table}`,
    'alter-options': ({ name, options }) => `set ${Object.keys(options).join(', ')} of ${name}`,
    'drop-table': ({ name }) => `drop table ${name}`,
    'create-index': ({ index }) => `create index ${index.name}`,
    'drop-index': ({ name }) => `drop index ${name}`,
    'create-view': ({ view }) => `create view ${view.name}`,
    'drop-view': ({ name }) => `drop view ${name}`,
    'create-function': (one) => `create function ${one.function.name}`,
    'drop-function': ({ signature }) => `drop function ${signature}`,
    'create-aggregate': ({ aggregate }) => `create aggregate ${aggregate.name}`,
    'drop-aggregate': ({ signature }) => `drop aggregate ${signature}`,
  });
}

function renamesText(renames: Readonly<Record<string, string>>): string {
  return Object.entries(renames)
    .map(([from, to]) => `${from} to ${to}`)
    .join(', ');
}
