import { describe, expect, it } from 'vitest';
import { parseType } from '../../src/cql/type-text.ts';
import type { Migration } from '../../src/model/migration.ts';
import type { Aggregate, UserFunction } from '../../src/model/schema.ts';
import { applyChanges } from '../../src/planner/apply-changes.ts';
import { planApply } from '../../src/planner/plan-apply.ts';
import {
  alter,
  applyInput,
  create,
  drop,
  index,
  live,
  migration,
  outline,
  plan,
  recorded,
  schema,
  table,
  userType,
  view,
} from './build.ts';

const users = table('users', {
  columns: { id: 'uuid', name: 'text', nickname: 'text', tags: 'set<text>' },
  key: 'id',
  options: {
    comment: 'people',
    default_time_to_live: 0,
    compaction: {
      class: 'org.apache.cassandra.db.compaction.LeveledCompactionStrategy',
      max_threshold: '32',
      min_threshold: '4',
    },
  },
});
const visits = table('visits', {
  columns: { user: 'uuid', day: 'date', note: 'text', total: 'int static' },
  key: 'user, day desc',
});
const counts = table('counts', { columns: { id: 'uuid', hits: 'counter', misses: 'counter' }, key: 'id' });
const byName = view('users_by_name', 'users', { key: 'name, id' });
const address = userType('address', { street: 'text', zip: 'int' });
const fn = (name: string, returns: string, body: string): UserFunction => ({
  kind: 'function',
  name,
  arguments: [
    { name: 'state', type: parseType('int') },
    { name: 'value', type: parseType('int') },
  ],
  returns: parseType(returns),
  language: 'java',
  calledOnNull: true,
  body,
});
const total: Aggregate = {
  kind: 'aggregate',
  name: 'total',
  arguments: [parseType('int')],
  stateFunction: 'plus',
  stateType: parseType('int'),
  finalFunction: null,
  initialState: '0',
};

describe('what Cassandra changes in place', () => {
  it('creates a keyspace, types, tables, indexes and views in the order of their dependence', () => {
    const person = userType('person', { name: 'text', home: 'frozen<address>' });
    const people = table('people', { columns: { id: 'uuid', who: 'frozen<person>', age: 'int' }, key: 'id' });
    const first = migration('1_first', [
      create(view('people_by_age', 'people', { key: 'age, id' })),
      create(index('by_who', 'people.who')),
      create(people),
      create(person),
      create(address),
    ]);
    expect(outline(plan(null, [first]))).toMatchInlineSnapshot(`
      "# 1_first
      01 in-place: CREATE KEYSPACE shop WITH replication = {'class': 'SimpleStrategy', 'replication_factor': '1'} — it does not exist yet
           ⟲ none: the keyspace is kept: something else may live in it by now
      02 in-place: CREATE TYPE shop.address ( street text, zip int )
           ⟲ drop-type
      03 in-place: CREATE TYPE shop.person ( name text, home frozen<address> )
           ⟲ drop-type
      04 in-place: CREATE TABLE shop.people ( id uuid, age int, who frozen<person>, PRIMARY KEY (id) )
           ⟲ backup (before-undo, 1_first-undo-people) · drop-table
      05 in-place: CREATE INDEX by_who ON shop.people (who) [INDEX_BUILD]
           ⟲ drop-index
      06 wait: wait until index by_who is built
           ⟲ none: waiting changes nothing
      07 in-place: CREATE MATERIALIZED VIEW shop.people_by_age AS SELECT * FROM shop.people WHERE age IS NOT NULL AND id IS NOT NULL PRIMARY KEY (age, id) WITH CLUSTERING ORDER BY (id ASC)
           ⟲ drop-view"
    `);
  });

  it('needs to know how a new keyspace is replicated', () => {
    const planned = plan(null, [migration('1_first', [create(users)])], { replication: null });
    expect(planned.applyable).toBe(false);
    expect(planned.notices[0]).toMatchObject({ code: 'REPLICATION_MISSING', severity: 'error', address: 'shop' });
  });

  it('adds columns of one table in one statement, and takes them back by a drop after a backup', () => {
    const add = migration('1_add', [
      alter('users', { add: { rating: 'int', extra: 'map<text, int>' } }),
      alter('visits', { add: { sum: 'int static' } }),
    ]);
    expect(outline(plan(schema(users, visits), [add]))).toMatchInlineSnapshot(`
      "# 1_add
      01 in-place: ALTER TABLE shop.users ADD (extra map<text, int>, rating int)
           ⟲ backup (before-undo, 1_add-undo-users-extra-rating) · drop-columns
      02 in-place: ALTER TABLE shop.visits ADD sum int static
           ⟲ backup (before-undo, 1_add-undo-visits-sum) · drop-columns"
    `);
  });

  it('adds a column under a view, which comes off when the column is taken back', () => {
    expect(
      outline(plan(schema(users, byName), [migration('1_add', [alter('users', { add: { rating: 'int' } })])])),
    ).toMatchInlineSnapshot(`
      "# 1_add
      01 in-place: ALTER TABLE shop.users ADD rating int
           ⟲ drop-view · backup (before-undo, 1_add-undo-users-rating) · drop-columns · create-view"
    `);
  });

  it('drops a column under a view, after a backup', () => {
    expect(
      outline(plan(schema(users, byName), [migration('1_drop', [alter('users', { drop: ['nickname', 'tags'] })])])),
    ).toMatchInlineSnapshot(`
      "# 1_drop
      01 in-place: DROP MATERIALIZED VIEW shop.users_by_name [VIEW_REBUILD] — no column can be dropped while it stands
           ⟲ create-view
      02 backup: back up users.nickname and users.tags (before-loss, 1_drop-users-nickname-users-tags) — the next steps take it away
           ⟲ none: a backup changes nothing; it is kept
      03 in-place: ALTER TABLE shop.users DROP (nickname, tags) USING TIMESTAMP /* set when applied */ !shop.users.nickname [DATA_LOSS BREAKS_READERS DATA_LOSS BREAKS_READERS]
           ⟲ add-columns · restore (re-added, 1_drop-users-nickname-users-tags)
      04 in-place: CREATE MATERIALIZED VIEW shop.users_by_name AS SELECT * FROM shop.users WHERE name IS NOT NULL AND id IS NOT NULL PRIMARY KEY (name, id) WITH CLUSTERING ORDER BY (id ASC) [VIEW_REBUILD] — no column can be dropped while it stands
           ⟲ drop-view"
    `);
  });

  it('drops a column with its index', () => {
    const drops = migration('1_drop', [
      alter('users', { drop: ['nickname'] }),
      drop(index('by_nickname', 'users.nickname')),
    ]);
    expect(outline(plan(schema(users, index('by_nickname', 'users.nickname')), [drops]))).toMatchInlineSnapshot(`
      "# 1_drop
      01 in-place: DROP INDEX shop.by_nickname [BREAKS_READERS]
           ⟲ create-index · wait
      02 backup: back up users.nickname (before-loss, 1_drop-users-nickname) — the next steps take it away
           ⟲ none: a backup changes nothing; it is kept
      03 in-place: ALTER TABLE shop.users DROP nickname USING TIMESTAMP /* set when applied */ !shop.users.nickname [DATA_LOSS BREAKS_READERS]
           ⟲ add-columns · restore (re-added, 1_drop-users-nickname)"
    `);
  });

  it('says that a dropped counter does not come back', () => {
    expect(
      outline(plan(schema(counts), [migration('1_drop', [alter('counts', { drop: ['misses'] })])])),
    ).toMatchInlineSnapshot(`
      "# 1_drop
      01 backup: back up counts.misses (before-loss, 1_drop-counts-misses) [COUNTER_QUIESCE] — the next steps take it away
           ⟲ none: a backup changes nothing; it is kept
      02 in-place: ALTER TABLE shop.counts DROP misses USING TIMESTAMP /* set when applied */ !shop.counts.misses [DATA_LOSS BREAKS_READERS IRREVERSIBLE]
           ⟲ irreversible: Cassandra does not let a dropped counter come back"
    `);
  });

  it('drops a table with what stands on it', () => {
    const state = schema(users, byName, index('by_nickname', 'users.nickname'));
    expect(outline(plan(state, [migration('1_drop', [drop('users')])]))).toMatchInlineSnapshot(`
      "# 1_drop
      01 in-place: DROP MATERIALIZED VIEW shop.users_by_name [BREAKS_READERS] — it stands on users, which goes away
           ⟲ create-view
      02 in-place: DROP INDEX shop.by_nickname [BREAKS_READERS] — it stands on users, which goes away
           ⟲ create-index · wait
      03 backup: back up users (before-loss, 1_drop-users) [MARKER_INFERRED] — the next steps take it away
           ⟲ none: a backup changes nothing; it is kept
      04 in-place: DROP TABLE shop.users !shop.users [DATA_LOSS BREAKS_READERS GRANTS_LOST]
           ⟲ create-table · restore (new-table, 1_drop-users)"
    `);
  });

  it('drops without a backup where the user says so', () => {
    const options = { schemaOnly: false, noBackup: ['shop.users.nickname', 'shop.visits'] };
    const drops = migration('1_drop', [alter('users', { drop: ['nickname'] }), drop('visits')]);
    expect(outline(plan(schema(users, visits), [drops], { options }))).toMatchInlineSnapshot(`
      "# 1_drop
      01 in-place: ALTER TABLE shop.users DROP nickname USING TIMESTAMP /* set when applied */ !shop.users.nickname [DATA_LOSS BREAKS_READERS NO_BACKUP IRREVERSIBLE]
           ⟲ irreversible: no backup was taken, as --no-backup=shop.users.nickname asked
      02 in-place: DROP TABLE shop.visits !shop.visits [DATA_LOSS BREAKS_READERS GRANTS_LOST NO_BACKUP IRREVERSIBLE]
           ⟲ irreversible: no backup was taken, as --no-backup=shop.visits asked"
    `);
  });

  it('merges maps of options over what the server has', () => {
    const change = migration('1_options', [
      alter('users', {
        options: {
          compaction: { class: 'LeveledCompactionStrategy', sstable_size_in_mb: '64' },
          default_time_to_live: 60,
        },
      }),
    ]);
    expect(outline(plan(schema(users), [change]))).toMatchInlineSnapshot(`
      "# 1_options
      01 in-place: ALTER TABLE shop.users WITH compaction = {'class': 'LeveledCompactionStrategy', 'max_threshold': '32', 'min_threshold': '4', 'sstable_size_in_mb': '64'} AND default_time_to_live = 60 [TTL_NOT_RETROACTIVE]
           ⟲ alter-options"
    `);
  });

  it('does not carry options of one compaction over to another', () => {
    const change = migration('1_options', [
      alter('users', { options: { compaction: { class: 'UnifiedCompactionStrategy' } } }),
    ]);
    const [step] = plan(schema(users), [change]).sections[0]?.steps ?? [];
    expect(step?.cql).toContain("compaction = {'class': 'UnifiedCompactionStrategy'}");
  });

  it('renames key columns, and what stands on them follows', () => {
    const state = schema(
      visits,
      index('by_day', 'visits.day'),
      view('by_note', 'visits', { key: 'note, user, day', columns: ['note', 'user', 'day'] }),
    );
    expect(
      outline(plan(state, [migration('1_rename', [alter('visits', { rename: { day: 'date', user: 'person' } })])])),
    ).toMatchInlineSnapshot(`
      "# 1_rename
      01 in-place: DROP INDEX shop.by_day [INDEX_BUILD] — it is replaced
           ⟲ create-index · wait
      02 in-place: ALTER TABLE shop.visits RENAME user TO person AND day TO date [BREAKS_READERS]
           ⟲ rename-columns
      03 in-place: CREATE INDEX by_day ON shop.visits (date) [INDEX_BUILD] — it is replaced
           ⟲ drop-index
      04 wait: wait until index by_day is built
           ⟲ none: waiting changes nothing"
    `);
  });

  it('replaces an index and a view by name', () => {
    const state = schema(users, byName, index('by_x', 'users.name'));
    const change = migration('1_replace', [
      create(index('by_x', 'users.nickname')),
      create({ ...byName, columns: ['id', 'name'] }),
    ]);
    expect(outline(plan(state, [change]))).toMatchInlineSnapshot(`
      "# 1_replace
      01 in-place: DROP MATERIALIZED VIEW shop.users_by_name [VIEW_REBUILD] — it is replaced
           ⟲ create-view
      02 in-place: DROP INDEX shop.by_x [INDEX_BUILD] — it is replaced
           ⟲ create-index · wait
      03 in-place: CREATE INDEX by_x ON shop.users (nickname) [INDEX_BUILD] — it is replaced
           ⟲ drop-index
      04 wait: wait until index by_x is built
           ⟲ none: waiting changes nothing
      05 in-place: CREATE MATERIALIZED VIEW shop.users_by_name AS SELECT id, name FROM shop.users WHERE name IS NOT NULL AND id IS NOT NULL PRIMARY KEY (name, id) WITH CLUSTERING ORDER BY (id ASC) [VIEW_REBUILD] — it is replaced
           ⟲ drop-view"
    `);
  });

  it('takes an index off before another like it comes, and before its column is renamed', () => {
    const state = schema(users, visits, index('old', 'users.name'), index('by_day', 'visits.day'));
    const change = migration('1_x', [
      drop('old', 'index'),
      create(index('new', 'users.name', { using: 'sai' })),
      drop('by_day', 'index'),
      alter('visits', { rename: { day: 'date' } }),
    ]);
    const planned = plan(state, [change]);
    expect(planned.notices).toEqual([]);
    expect(planned.sections[0]?.steps.map((step) => step.title)).toEqual([
      'drop index old',
      'drop index by_day',
      'rename day to date in visits',
      'create index new on users (name)',
      'wait until index new is built',
    ]);
  });

  it('grows and renames in types, and says what cannot be undone', () => {
    const change = migration('1_type', [
      {
        kind: 'alter-type',
        type: 'address',
        add: [{ name: 'city', type: parseType('text') }],
        rename: { zip: 'post_code' },
      },
    ]);
    expect(outline(plan(schema(address), [change]))).toMatchInlineSnapshot(`
      "# 1_type
      01 in-place: ALTER TYPE shop.address ADD city text [IRREVERSIBLE]
           ⟲ irreversible: Cassandra cannot remove a field from a type
      02 in-place: ALTER TYPE shop.address RENAME zip TO post_code [BREAKS_READERS]
           ⟲ rename-fields"
    `);
  });

  it('replaces functions in place where the result stays, else with what stands on them', () => {
    const state = schema(fn('plus', 'int', 'return state + value;'), total);
    const body = migration('1_body', [create(fn('plus', 'int', 'return value + state;'))]);
    const result = migration('2_null', [
      create({ ...fn('plus', 'int', 'return value + state;'), calledOnNull: false }),
    ]);
    const gone = migration('3_gone', [drop('plus(int, int)', 'function'), drop('total(int)', 'aggregate')]);
    expect(outline(plan(state, [body, result, gone]))).toMatchInlineSnapshot(`
      "# 1_body
      01 in-place: CREATE OR REPLACE FUNCTION shop.plus (state int, value int) CALLED ON NULL INPUT RETURNS int LANGUAGE java AS $$return value + state;$$
           ⟲ create-function
      # 2_null
      01 in-place: DROP AGGREGATE shop.total(int) [BREAKS_READERS GRANTS_LOST] — it cannot be replaced while its result or its function changes
           ⟲ create-aggregate
      02 in-place: DROP FUNCTION shop.plus(int, int) [BREAKS_READERS GRANTS_LOST] — it cannot be replaced while its result or its function changes
           ⟲ create-function
      03 in-place: CREATE FUNCTION shop.plus (state int, value int) RETURNS NULL ON NULL INPUT RETURNS int LANGUAGE java AS $$return value + state;$$
           ⟲ drop-function
      04 in-place: CREATE AGGREGATE shop.total(int) SFUNC plus STYPE int INITCOND 0
           ⟲ drop-aggregate
      # 3_gone
      01 in-place: DROP AGGREGATE shop.total(int) [BREAKS_READERS]
           ⟲ create-aggregate
      02 in-place: DROP FUNCTION shop.plus(int, int) [BREAKS_READERS]
           ⟲ create-function"
    `);
  });

  it('changes how the keyspace is replicated', () => {
    const change = migration('1_keyspace', [
      {
        kind: 'alter-keyspace',
        settings: {
          kind: 'keyspace',
          replication: { class: 'NetworkTopologyStrategy', dc1: '3' },
          durableWrites: true,
        },
      },
    ]);
    const state = {
      ...schema(),
      keyspace: {
        kind: 'keyspace',
        replication: { class: 'org.apache.cassandra.locator.NetworkTopologyStrategy', dc1: '1' },
        durableWrites: true,
      } as const,
    };
    expect(outline(plan(state, [change]))).toMatchInlineSnapshot(`
      "# 1_keyspace
      01 in-place: ALTER KEYSPACE shop WITH replication = {'class': 'NetworkTopologyStrategy', 'dc1': '3'} [REPAIR_NEEDED]
           ⟲ alter-keyspace"
    `);
  });

  it('tells how replication that differs from the configuration is changed', () => {
    const keyspace = { kind: 'keyspace', replication: { class: 'SimpleStrategy', replication_factor: '1' } } as const;
    const replication = { class: 'NetworkTopologyStrategy', dc1: '3' };
    const [notice] = plan({ ...schema(users), keyspace }, [], { replication }).notices;
    expect(notice).toMatchObject({ code: 'REPLICATION_DIFFERS', severity: 'warning' });
    expect(notice?.next).toContain(
      "ALTER KEYSPACE shop WITH replication = {'class': 'NetworkTopologyStrategy', 'dc1': '3'} by hand",
    );
  });

  it('plans nothing where nothing is pending', () => {
    const planned = plan(schema(users), []);
    expect(planned).toMatchObject({ sections: [], notices: [], applyable: true, drift: [] });
  });

  it('adopts what is there as wanted', () => {
    const planned = planApply({
      ...applyInput(null, [migration('1_first', [create({ ...users, options: {} })])]),
      live: live(schema(users)),
      recorded: null,
    });
    expect(outline(planned)).toMatchInlineSnapshot(`
      "# 1_first
      info ADOPTED shop.users: 1_first: table users is in the cluster as wanted: it becomes managed"
    `);
    expect(planned.summary).toMatchObject({ add: 0, adopt: 1 });
    expect(planned.sections[0]?.changes).toMatchObject([{ name: 'users', before: null, adopted: true }]);
  });

  it('adopts what is said of the keyspace and holds already', () => {
    const settings = { kind: 'keyspace', durableWrites: false } as const;
    const said: Migration = migration('1_first', [
      { kind: 'alter-keyspace', settings },
      create({ ...users, options: {} }),
    ]);
    const adopted = planApply({
      ...applyInput(null, [said]),
      live: live({ ...schema(users), keyspace: settings }),
      recorded: null,
    });
    expect(adopted.sections[0]?.steps).toEqual([]);
    expect(adopted.summary).toMatchObject({ add: 0, change: 0, adopt: 2 });
    const altered = planApply({ ...applyInput(null, [said]), live: live(schema(users)), recorded: null });
    expect(altered.summary).toMatchObject({ add: 0, change: 1, adopt: 1 });
  });

  it('adopts a whole keyspace', () => {
    const state = schema(
      address,
      users,
      byName,
      index('by_nickname', 'users.nickname'),
      fn('plus', 'int', 'return 1;'),
      total,
    );
    const all = [address, users, byName, index('by_nickname', 'users.nickname'), fn('plus', 'int', 'return 1;'), total];
    const planned = planApply({
      ...applyInput(null, [migration('1_first', all.map(create))]),
      live: live(state),
      recorded: null,
    });
    expect(planned.sections[0]?.steps).toEqual([]);
    expect(planned).toMatchObject({ applyable: true, summary: { add: 0, change: 0, adopt: all.length } });
  });

  it('refuses what this version of Cassandra does not have', () => {
    const version = { text: '4.1.10', major: 4, minor: 1, patch: 10 };
    const vectors = table('vectors', { columns: { id: 'uuid', v: 'vector<float, 3>' }, key: 'id' });
    const planned = planApply({
      ...applyInput(null, [migration('1_first', [create(vectors)])]),
      live: live(schema(), { version }),
      recorded: null,
    });
    expect(planned.notices).toMatchObject([
      { code: 'NOT_IN_THIS_VERSION', severity: 'error', address: 'shop.vectors' },
    ]);
  });

  it('says what a backup cannot know, and when it is large', () => {
    const planned = planApply({
      ...applyInput(schema(users), [migration('1_drop', [drop('users')])]),
      live: live(schema(users), { estimates: { users: { rows: 5, bytes: 1_000 } } }),
      untimed: { users: ['tags'] },
      largeTableBytes: 1_000,
    });
    expect(planned.sections[0]?.steps[0]?.hazards.map((one) => one.code)).toEqual([
      'MARKER_INFERRED',
      'TIME_INFERRED',
      'LARGE_TABLE',
    ]);
    expect(planned.summary.backupBytes).toBe(1_000);
  });

  it('names a hand that changed what a migration needs', () => {
    const there = table('users', { columns: { id: 'uuid', name: 'text' }, key: 'id' });
    const change = migration('1_x', [alter('users', { rename: { nickname: 'nick' } })], {
      expects: [table('users', { columns: { id: 'uuid', nickname: 'text' }, key: 'id' })],
    });
    const planned = planApply({ ...applyInput(schema(users), [change]), live: live(schema(there)) });
    expect(planned.notices).toMatchObject([{ code: 'EXPECTATION_MISMATCH', severity: 'error', address: 'shop.users' }]);
    expect(planned.notices[0]?.message).toContain('changed by hand');
  });

  it('refuses what is there otherwise', () => {
    const wanted = table('users', { columns: { id: 'uuid', name: 'int' }, key: 'id' });
    const planned = planApply({
      ...applyInput(null, [migration('1_first', [create(wanted)]), migration('2_second', [])]),
      live: live(schema(users)),
      recorded: null,
    });
    expect(outline(planned)).toMatchInlineSnapshot(`
      "error LIVE_CONFLICT shop.users: 1_first: table users is recorded nowhere, but in the cluster, and not as wanted: column name: live text, wanted int
      info NOT_PLANNED shop: 2_second is not planned: 1_first comes first"
    `);
  });

  it('passes over what somebody did already by hand', () => {
    const there = table('users', { columns: { id: 'uuid', name: 'text', rating: 'int' }, key: 'id' });
    const known = table('users', { columns: { id: 'uuid', name: 'text', nickname: 'text' }, key: 'id' });
    const change = migration('1_change', [
      alter('users', { add: { rating: 'int' }, drop: ['nickname'] }),
      drop('gone'),
    ]);
    const planned = planApply({
      ...applyInput(null, [change]),
      live: live(schema(there)),
      recorded: recorded(schema(known, table('gone', { columns: { id: 'int' }, key: 'id' }))),
    });
    expect(outline(planned)).toMatchInlineSnapshot(`
      "# 1_change
      info ALREADY_SO shop.users.nickname: 1_change: users.nickname is gone already: nothing to do
      info ALREADY_SO shop.users.rating: 1_change: users.rating int is there already: nothing to do
      info ALREADY_SO shop.gone: 1_change: table gone is gone already: nothing to do"
    `);
    expect(planned.applyable).toBe(true);
    const caughtUp = applyChanges(
      schema(known, table('gone', { columns: { id: 'int' }, key: 'id' })),
      planned.sections[0]?.changes ?? [],
    );
    expect(caughtUp).toEqual(schema(there));
  });

  it('leaves alone what no migration names', () => {
    const planned = planApply({
      ...applyInput(null, [migration('1_add', [alter('users', { add: { rating: 'int' } })])]),
      live: live(schema(users, visits)),
      recorded: null,
    });
    expect(planned.sections[0]?.changes.map((change) => change.kind === 'object' && change.name)).toEqual(['users']);
  });

  it('does not make an aggregate again that the migration drops with a change of its function', () => {
    const base = schema(fn('plus', 'int', 'return state;'), total);
    const change = migration('1_x', [drop('total(int)', 'aggregate'), create(fn('plus', 'bigint', 'return 1L;'))]);
    const kinds = plan(base, [change]).sections.flatMap(({ steps }) =>
      steps.flatMap(({ work }) => (work.kind === 'ddl' ? [work.ddl.kind] : [])),
    );
    expect(kinds).toEqual(['drop-aggregate', 'drop-function', 'create-function']);
  });
});
