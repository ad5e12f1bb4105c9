import { own, setOwn } from '../../src/kernel/own.ts';
import type { DataSpec } from '../../src/model/data.ts';
import type { Declaration, Migration } from '../../src/model/migration.ts';
import { keyColumns, type Schema, type SchemaObject, type Table } from '../../src/model/schema.ts';
import { applyChanges } from '../../src/planner/apply-changes.ts';
import { compose } from '../../src/planner/compose.ts';
import { valueColumns } from '../../src/planner/schema-objects.ts';
import { alter, copy, create, drop, index, migration, schema, table, userType, view } from './build.ts';

/** The same seed gives the same choices. */
export interface Dice {
  /** From 0 to below `sides`. */
  roll(sides: number): number;
  one<T>(of: readonly T[]): T | undefined;
}

export function diceOf(seed: number): Dice {
  let state = seed >>> 0;
  const next = (): number => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4294967296;
  };
  const roll = (sides: number): number => Math.floor(next() * sides);
  return { roll, one: (of) => of[roll(of.length)] };
}

const valueTypes = [
  'int',
  'text',
  'uuid',
  'date',
  'set<text>',
  'list<int>',
  'map<text, int>',
  'frozen<list<int>>',
  'frozen<map<int, text>>',
  'tuple<int, text>',
  'vector<float, 3>',
  'frozen<place>',
  'place',
  'set<frozen<place>>',
  'boolean',
  'blob',
] as const;
const keyTypes = ['int', 'text', 'uuid', 'date', 'frozen<list<int>>', 'frozen<place>'] as const;
/** Also names that every object inherits: a look-up by name must not find those. */
const names = ['a', 'b', 'constructor', '__proto__', 'toString', 'f', 'valueOf', 'h'] as const;

/** Two or three tables, a type, an index or two, perhaps a view. */
export function randomSchema(dice: Dice): Schema {
  const objects: SchemaObject[] = [userType('place', { street: 'text', zip: 'int' })];
  const tables = ['users', 'constructor', 'hits'].slice(0, 2 + dice.roll(2)).map((name) => randomTable(dice, name));
  objects.push(...tables);
  let state = schema(...objects);
  for (let count = dice.roll(3); count > 0; count -= 1) state = taken(state, randomIndex(dice, state));
  if (dice.roll(2) === 0) state = taken(state, randomView(dice, state));
  return state;
}

function randomTable(dice: Dice, name: string): Table {
  const options = { comment: '', default_time_to_live: 0, gc_grace_seconds: 864_000 };
  if (dice.roll(8) === 0)
    return table(name, { columns: { k: 'uuid', s: 'int', a: 'counter', b: 'counter static' }, key: 'k, s', options });
  const clustered = dice.roll(2) === 0;
  const columns: Record<string, string> = { k: dice.one(keyTypes) ?? 'int' };
  if (clustered) columns['s'] = dice.one(['int', 'text', 'date']) ?? 'int';
  for (const column of names.slice(0, 1 + dice.roll(5))) {
    const isStatic = clustered && dice.roll(6) === 0;
    setOwn(columns, column, `${dice.one(valueTypes) ?? 'int'}${isStatic ? ' static' : ''}`);
  }
  const comment = dice.roll(3) === 0 ? `about ${name}` : '';
  return table(name, {
    columns,
    key: clustered ? `k, s${dice.roll(2) === 0 ? ' desc' : ''}` : 'k',
    options: { ...options, comment },
  });
}

function randomIndex(dice: Dice, state: Schema): Declaration[] {
  const on = dice.one(Object.values(state.tables));
  const column = on === undefined ? undefined : dice.one(valueColumns(on));
  const using = dice.roll(3) === 0 ? 'sai' : 'secondary';
  return on === undefined || column === undefined
    ? []
    : [create(index(`${on.name}_by_${column.name}`, `${on.name}.${column.name}`, { using }))];
}

function randomView(dice: Dice, state: Schema): Declaration[] {
  const on = dice.one(Object.values(state.tables));
  if (on === undefined) return [];
  const extra = dice.one(valueColumns(on));
  // The order of the table's own clustering columns is stated: a view that states none takes it over.
  const key = [...on.partitionKey, ...on.clusteringKey.map((part) => `${part.column} ${part.order}`)].join(', ');
  return [create(view(`${on.name}_view`, on.name, { key: extra === undefined ? key : `${extra.name}, ${key}` }))];
}

type Move = (
  dice: Dice,
  state: Schema,
) => { readonly declarations: readonly Declaration[]; readonly data?: (after: Schema) => readonly DataSpec[] };

/** What somebody may write into a migration; not all of it is possible in every state. */
const moves: readonly Move[] = [
  (dice, state) => changed(dice, state, () => ({ add: { [dice.one(names) ?? 'a']: dice.one(valueTypes) ?? 'int' } })),
  (dice, state) => changed(dice, state, () => ({ add: { x: 'int', y: 'set<text>' }, options: { comment: 'changed' } })),
  (dice, state) => changed(dice, state, (on) => ({ drop: [dice.one(valueColumns(on))?.name ?? 'none'] })),
  (dice, state) =>
    changed(dice, state, (on) => ({ rename: { [dice.one(valueColumns(on))?.name ?? 'none']: 'renamed' } })),
  (dice, state) => changed(dice, state, (on) => ({ rename: { [dice.one(keyColumns(on)) ?? 'none']: 'key2' } })),
  (dice, state) => changed(dice, state, () => ({ options: { default_time_to_live: 3600, gc_grace_seconds: 7200 } })),
  (dice, state) =>
    changed(dice, state, (on) => ({
      key: on.clusteringKey.length === 0 ? 'a' : dice.roll(2) === 0 ? 's, k' : '(k, s)',
    })),
  (dice, state) => {
    const on = dice.one(Object.values(state.tables));
    const column = on === undefined ? undefined : dice.one(valueColumns(on));
    if (on === undefined || column === undefined) return { declarations: [] };
    const type = dice.one(['text', 'int', 'set<text>', 'frozen<place>', 'bigint']) ?? 'text';
    return {
      declarations: [alter(on.name, { retype: { [column.name]: type } })],
      data: (after) => {
        const into = own(after.tables, on.name);
        return into === undefined
          ? []
          : [copy(on, into, Object.fromEntries(into.columns.map(({ name }) => [name, null])))];
      },
    };
  },
  (dice, state) => ({ declarations: [drop(dice.one(Object.keys(state.tables)) ?? 'none')] }),
  (dice, state) => ({ declarations: [drop(dice.one(Object.keys(state.indexes)) ?? 'none', 'index')] }),
  (dice, state) => ({ declarations: [drop(dice.one(Object.keys(state.views)) ?? 'none', 'view')] }),
  (dice) => ({ declarations: [create(randomTable(dice, 'fresh'))] }),
  (dice, state) => ({ declarations: randomIndex(dice, state) }),
  (dice, state) => ({ declarations: randomView(dice, state) }),
  () => ({ declarations: [{ kind: 'alter-type', type: 'place', add: [], rename: { zip: 'post_code' } }] }),
  () => ({
    declarations: [
      create(userType('person', { name: 'text', home: 'frozen<place>' })),
      create(table('people', { columns: { id: 'uuid', who: 'frozen<person>' }, key: 'id' })),
    ],
  }),
];

function changed(dice: Dice, state: Schema, change: (on: Table) => Parameters<typeof alter>[1]): ReturnType<Move> {
  const on = dice.one(Object.values(state.tables));
  return { declarations: on === undefined ? [] : [alter(on.name, change(on))] };
}

/** A migration of one to three moves that composes onto the state. */
export function randomMigration(
  dice: Dice,
  state: Schema,
  id: string,
): { readonly migration: Migration; readonly after: Schema } {
  let declarations: readonly Declaration[] = [];
  let data: readonly DataSpec[] = [];
  let after = state;
  for (let count = 1 + dice.roll(3); count > 0; count -= 1) {
    const move = dice.one(moves);
    if (move === undefined) continue;
    const made = move(dice, after);
    const next = tried(state, migration(id, [...declarations, ...made.declarations]));
    if (next === null) continue;
    declarations = [...declarations, ...made.declarations];
    after = next;
    data = [...data, ...(made.data?.(after) ?? [])];
  }
  return { migration: migration(id, declarations, { data }), after };
}

function taken(state: Schema, declarations: readonly Declaration[]): Schema {
  return tried(state, migration('0_base', declarations)) ?? state;
}

function tried(state: Schema, one: Migration): Schema | null {
  try {
    return applyChanges(state, compose(state, one).changes);
  } catch {
    return null;
  }
}
