import { match } from '../kernel/match.ts';
import { own } from '../kernel/own.ts';
import type { Ddl } from '../model/ddl.ts';
import type { LiveKeyspace } from '../model/live.ts';
import type { Permission, Resource, Right } from '../model/right.ts';
import type { Work } from '../model/step.ts';

type Needs = (work: Work) => readonly Right[];

/**
 * The rights that these steps need, each once. Whoever creates an object holds every right on it, so nothing is needed
 * on what the steps themselves create.
 */
export function rightsFor(works: readonly Work[], live: LiveKeyspace): readonly Right[] {
  const found = new Map<string, Right>();
  const created = new Set<string>();
  const needs = needsIn(live);
  for (const work of works) {
    for (const right of needs(work)) {
      if (!isWithin(right.on, created)) found.set(JSON.stringify(right), right);
    }
    if (work.kind === 'ddl' && work.ddl.kind === 'create-table') created.add(work.ddl.table.name);
    if (work.kind === 'ddl' && work.ddl.kind === 'create-keyspace') created.add(wholeKeyspace);
  }
  return [...found.values()];
}

const wholeKeyspace = '';

function isWithin(on: Resource, created: ReadonlySet<string>): boolean {
  if (on.kind === 'all-keyspaces') return false;
  return created.has(wholeKeyspace) || (on.kind === 'table' && created.has(on.table));
}

function needsIn(live: LiveKeyspace): Needs {
  const keyspace = live.name;
  const onTable = (table: string, ...permissions: readonly Permission[]): readonly Right[] =>
    permissions.map((permission) => ({ permission, on: { kind: 'table', keyspace, table } }));
  return (work) =>
    match<Work, readonly Right[]>(work, {
      ddl: ({ ddl }) => ddlRights(ddl, live),
      backup: ({ scope }) => onTable(scope.table.name, 'SELECT'),
      restore: ({ scope }) => onTable(scope.table.name, 'SELECT', 'MODIFY'),
      data: ({ from, into }) => [
        ...(from === null ? [] : onTable(from.name, 'SELECT')),
        ...onTable(into.name, 'SELECT', 'MODIFY'),
      ],
      'copy-table': ({ from, into }) => [...onTable(from.name, 'SELECT'), ...onTable(into.name, 'SELECT', 'MODIFY')],
      compare: ({ from, into }) => [...onTable(from.name, 'SELECT'), ...onTable(into.name, 'SELECT')],
      wait: () => [],
    });
}

/** As Cassandra checks them: an index and a view are changes of their table. */
function ddlRights(ddl: Ddl, live: LiveKeyspace): readonly Right[] {
  const keyspace = live.name;
  const on = (permission: Permission): readonly Right[] => [{ permission, on: { kind: 'keyspace', keyspace } }];
  const table = (name: string | undefined, ...permissions: readonly Permission[]): readonly Right[] =>
    name === undefined
      ? []
      : permissions.map((permission) => ({ permission, on: { kind: 'table', keyspace, table: name } }));
  const functions = (permission: Permission): readonly Right[] => [{ permission, on: { kind: 'functions', keyspace } }];
  const { indexes, views } = live.schema;
  return match<Ddl, readonly Right[]>(ddl, {
    'create-keyspace': () => [{ permission: 'CREATE', on: { kind: 'all-keyspaces' } }],
    'alter-keyspace': () => on('ALTER'),
    'create-type': () => on('CREATE'),
    'add-field': () => on('ALTER'),
    'rename-fields': () => on('ALTER'),
    'drop-type': () => on('DROP'),
    'create-table': () => on('CREATE'),
    'add-columns': (one) => table(one.table, 'ALTER'),
    // The table is read before, for the newest cell, and after, to see that it still can be.
    'drop-columns': (one) => table(one.table, 'ALTER', 'SELECT'),
    'rename-columns': (one) => table(one.table, 'ALTER'),
    'alter-options': (one) => table(one.of === 'table' ? one.name : own(views, one.name)?.table, 'ALTER'),
    'drop-table': (one) => table(one.name, 'DROP'),
    'create-index': ({ index }) => table(index.table, 'ALTER'),
    'drop-index': (one) => table(own(indexes, one.name)?.table, 'ALTER'),
    'create-view': ({ view }) => table(view.table, 'ALTER'),
    'drop-view': (one) => table(own(views, one.name)?.table, 'ALTER'),
    'create-function': ({ replace }) => functions(replace ? 'ALTER' : 'CREATE'),
    'drop-function': () => functions('DROP'),
    'create-aggregate': ({ replace }) => functions(replace ? 'ALTER' : 'CREATE'),
    'drop-aggregate': () => functions('DROP'),
  });
}
