import { match } from '../kernel/match.ts';
import type { Ddl } from '../model/ddl.ts';
import type { Section } from '../model/plan.ts';
import type { Work } from '../model/step.ts';
import { addressOf, keyOf } from './names.ts';

/** The objects that work is about, without their keyspace; `''` is the keyspace itself. */
export function workTouches(work: Work): readonly string[] {
  return match(work, {
    ddl: ({ ddl }) => ddlTouches(ddl),
    backup: ({ scope }) => [scope.table.name],
    restore: ({ scope }) => [scope.table.name],
    data: ({ from, into }) => [...(from === null ? [] : [from.name]), into.name],
    'copy-table': ({ from, into }) => [from.name, into.name],
    compare: ({ from, into }) => [from.name, into.name],
    wait: (wait) => [wait.for.index],
  });
}

/** Every object that a plan's sections change, read or write, by address. */
export function touchedAddresses(sections: readonly Section[], keyspace: string): ReadonlySet<string> {
  const found = new Set<string>();
  const add = (name: string): unknown => found.add(name === '' ? keyspace : addressOf(keyspace, name));
  for (const { changes, steps } of sections) {
    for (const change of changes) add(change.kind === 'keyspace' ? '' : change.name);
    for (const step of steps) for (const name of workTouches(step.work)) add(name);
  }
  return found;
}

function ddlTouches(ddl: Ddl): readonly string[] {
  return match(ddl, {
    'create-keyspace': () => [''],
    'alter-keyspace': () => [''],
    'create-type': ({ type }) => [type.name],
    'add-field': ({ type }) => [type],
    'rename-fields': ({ type }) => [type],
    'drop-type': ({ name }) => [name],
    'create-table': ({ table }) => [table.name],
    'add-columns': ({ table }) => [table],
    'drop-columns': ({ table }) => [table],
    'rename-columns': ({ table }) => [table],
    'alter-options': ({ name }) => [name],
    'drop-table': ({ name }) => [name],
    'create-index': ({ index }) => [index.name, index.table],
    'drop-index': ({ name }) => [name],
    'create-view': ({ view }) => [view.name, view.table],
    'drop-view': ({ name }) => [name],
    'create-function': (statement) => [keyOf(statement.function)],
    'drop-function': ({ signature }) => [signature],
    'create-aggregate': ({ aggregate }) => [keyOf(aggregate)],
    'drop-aggregate': ({ signature }) => [signature],
  });
}
