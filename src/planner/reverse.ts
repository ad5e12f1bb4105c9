import { match } from '../kernel/match.ts';
import { own } from '../kernel/own.ts';
import type { Ddl } from '../model/ddl.ts';
import type { ObjectKind, Options, SchemaObject, Table } from '../model/schema.ts';
import type { Reverse, Work } from '../model/step.ts';
import { typesWithin } from '../model/type.ts';
import { chain } from './chain.ts';
import { ddlWork } from './conditions.ts';
import { keyOf } from './names.ts';
import { viewsOn } from './references.ts';
import { rebuildBack } from './reverse-rebuild.ts';
import { isCounterTable, objectOf } from './schema-objects.ts';
import { type World, withoutColumns } from './world.ts';

export interface ReverseContext {
  /** The keyspace before and after the statement. */
  readonly before: World;
  readonly after: World;
  /** The label of the backup taken before the statement; null with the reason why there is none. */
  readonly backup: { readonly label: string } | { readonly label: null; readonly reason: string };
  /** A label, unique in the plan, for a backup that the reverse itself takes. */
  readonly newLabel: (slug: string) => string;
}

/** How the statement is taken back, from the state after it. */
export function reverseOf(ddl: Ddl, context: ReverseContext): Reverse {
  const { before, after } = context;
  const undo = (...statements: readonly Ddl[]): Reverse => ({ kind: 'steps', steps: chain(after, statements) });
  const again = (of: ObjectKind, name: string): Reverse => undo(...creationOf(objectOf(before.schema, of, name)));
  return match(ddl, {
    'create-keyspace': () => none('the keyspace is kept: something else may live in it by now'),
    'alter-keyspace': (statement) => undoSettings(statement, context),
    'create-type': ({ type }) => undo({ kind: 'drop-type', name: type.name }),
    'add-field': () => irreversible('Cassandra cannot remove a field from a type'),
    'rename-fields': ({ type, renames }) => undo({ kind: 'rename-fields', type, renames: inverted(renames) }),
    'drop-type': ({ name }) => again('type', name),
    'create-table': ({ table }) => undoCreateTable(table, context),
    'add-columns': (statement) => undoAdd(statement, context),
    'drop-columns': (statement) => undoDrop(statement, context),
    'rename-columns': ({ table, renames }) => undo({ kind: 'rename-columns', table, renames: inverted(renames) }),
    'alter-options': (statement) => undoOptions(statement, context),
    'drop-table': ({ name }) => undoDropTable(name, context),
    'create-index': ({ index }) => undo({ kind: 'drop-index', name: index.name }),
    'drop-index': ({ name }) => again('index', name),
    'create-view': ({ view }) => undo({ kind: 'drop-view', name: view.name }),
    'drop-view': ({ name }) => again('view', name),
    'create-function': (statement) => {
      const was = own(before.schema.functions, keyOf(statement.function));
      return was === undefined
        ? undo({ kind: 'drop-function', signature: keyOf(statement.function) })
        : undo({ kind: 'create-function', function: was, replace: true });
    },
    'drop-function': ({ signature }) => again('function', signature),
    'create-aggregate': (statement) => {
      const was = own(before.schema.aggregates, keyOf(statement.aggregate));
      return was === undefined
        ? undo({ kind: 'drop-aggregate', signature: keyOf(statement.aggregate) })
        : undo({ kind: 'create-aggregate', aggregate: was, replace: true });
    },
    'drop-aggregate': ({ signature }) => again('aggregate', signature),
  });
}

export function none(why: string): Reverse {
  return { kind: 'none', why };
}

export function irreversible(reason: string): Reverse {
  return { kind: 'irreversible', reason };
}

function creationOf(object: SchemaObject | null): readonly Ddl[] {
  if (object === null) return [];
  return match(object, {
    table: (table): readonly Ddl[] => [{ kind: 'create-table', table }],
    type: (type) => [{ kind: 'create-type', type }],
    index: (index) => [{ kind: 'create-index', index }],
    view: (view) => [{ kind: 'create-view', view }],
    function: (fn) => [{ kind: 'create-function', function: fn, replace: false }],
    aggregate: (aggregate) => [{ kind: 'create-aggregate', aggregate, replace: false }],
  });
}

type DdlOf<K extends Ddl['kind']> = Extract<Ddl, { readonly kind: K }>;

function undoSettings({ settings }: DdlOf<'alter-keyspace'>, { before, after }: ReverseContext): Reverse {
  const { replication, durableWrites } = before.schema.keyspace;
  const old = {
    ...(settings.replication === undefined || replication === undefined ? {} : { replication }),
    ...(settings.durableWrites === undefined ? {} : { durableWrites: durableWrites ?? true }),
  };
  if (Object.keys(old).length === 0) return none('the settings before are not known');
  return { kind: 'steps', steps: chain(after, [{ kind: 'alter-keyspace', settings: { kind: 'keyspace', ...old } }]) };
}

/** The application may have written since, so the table is backed up before it goes. */
function undoCreateTable(table: Table, { after, newLabel }: ReverseContext): Reverse {
  const dropped = ddlWork({ kind: 'drop-table', name: table.name }, after);
  return {
    kind: 'steps',
    steps: [
      { kind: 'backup', scope: { table, columns: null }, label: newLabel(`undo-${table.name}`), why: 'before-undo' },
      { ...dropped, pre: keyStands(table) },
    ],
  };
}

/** A table that goes away by a rollback may have got columns or options since: its key tells that it is the one. */
function keyStands(table: Table): ReturnType<typeof ddlWork>['pre'] {
  return table.columns
    .filter((column) => table.partitionKey.includes(column.name))
    .map(({ mask: _, ...column }) => ({ kind: 'column-present', table: table.name, column }));
}

function undoAdd({ table: name, columns }: DdlOf<'add-columns'>, { after, newLabel }: ReverseContext): Reverse {
  const table = own(after.schema.tables, name);
  if (table === undefined) return none(`${name} is gone`);
  if (columns.some(({ type }) => typesWithin(type).length > 0)) {
    const [to, label] = [withoutColumns(table, columns), newLabel(`undo-${name}`)];
    return rebuildBack({ from: table, to, after, label, restore: [] });
  }
  const names = columns.map((column) => column.name);
  const views = viewsOn(after.schema, name);
  const backup: Work = {
    kind: 'backup',
    scope: { table, columns: names },
    label: newLabel(`undo-${name}-${names.join('-')}`),
    why: 'before-undo',
  };
  const works = chain(after, [
    ...views.map((view): Ddl => ({ kind: 'drop-view', name: view.name })),
    { kind: 'drop-columns', table: name, columns },
    ...views.map((view): Ddl => ({ kind: 'create-view', view })),
  ]);
  return { kind: 'steps', steps: [...works.slice(0, views.length), backup, ...works.slice(views.length)] };
}

function undoDrop(
  { table: name, columns }: DdlOf<'drop-columns'>,
  { before, after, backup, newLabel }: ReverseContext,
): Reverse {
  const table = own(before.schema.tables, name);
  if (table === undefined) return none(`${name} is gone`);
  if (isCounterTable(table)) return irreversible('Cassandra does not let a dropped counter come back');
  if (backup.label === null) return irreversible(backup.reason);
  const restore: Work = {
    kind: 'restore',
    scope: { table, columns: columns.map((column) => column.name) },
    label: backup.label,
    mode: 're-added',
    renamed: {},
  };
  const from = own(after.schema.tables, name);
  if (from !== undefined && columns.some(({ type }) => typesWithin(type).length > 0))
    return rebuildBack({ from, to: table, after, label: newLabel(`undo-${name}`), restore: [restore] });
  return { kind: 'steps', steps: [ddlWork({ kind: 'add-columns', table: name, columns }, after), restore] };
}

/** A table that the plan itself makes has stated none of its options yet; these have one default on every server. */
const defaults: Options = {
  additional_write_policy: '99p',
  caching: { keys: 'ALL', rows_per_partition: 'NONE' },
  cdc: false,
  comment: '',
  crc_check_chance: 1,
  default_time_to_live: 0,
  gc_grace_seconds: 864_000,
  max_index_interval: 2048,
  memtable_flush_period_in_ms: 0,
  min_index_interval: 128,
  read_repair: 'BLOCKING',
  speculative_retry: '99p',
};

function undoOptions({ of, name, options }: DdlOf<'alter-options'>, { before, after }: ReverseContext): Reverse {
  const object = of === 'table' ? own(before.schema.tables, name) : own(before.schema.views, name);
  const known = { ...defaults, ...object?.options };
  const old = Object.fromEntries(Object.entries(known).filter(([key]) => own(options, key) !== undefined));
  if (Object.keys(old).length === 0) return none('what the options were before is not known');
  return { kind: 'steps', steps: chain(after, [{ kind: 'alter-options', of, name, options: old }]) };
}

function undoDropTable(name: string, { before, after, backup }: ReverseContext): Reverse {
  const table = own(before.schema.tables, name);
  if (table === undefined) return none(`${name} is gone`);
  if (backup.label === null) return irreversible(backup.reason);
  return {
    kind: 'steps',
    steps: [
      ddlWork({ kind: 'create-table', table }, after),
      { kind: 'restore', scope: { table, columns: null }, label: backup.label, mode: 'new-table', renamed: {} },
    ],
  };
}

function inverted(map: Readonly<Record<string, string>>): Readonly<Record<string, string>> {
  return Object.fromEntries(Object.entries(map).map(([from, to]) => [to, from]));
}
