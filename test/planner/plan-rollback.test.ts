import { describe, expect, it } from 'vitest';
import { paintFor } from '../../src/cli/view/paint.ts';
import { planMarkdown } from '../../src/cli/view/plan-markdown.ts';
import { planText } from '../../src/cli/view/plan-text.ts';
import { parseType } from '../../src/cql/type-text.ts';
import type { Plan } from '../../src/model/plan.ts';
import type { Schema } from '../../src/model/schema.ts';
import type { RollbackInput } from '../../src/planner/input.ts';
import { planRollback } from '../../src/planner/plan-rollback.ts';
import {
  alter,
  backfill,
  copy,
  create,
  drop,
  index,
  live,
  migration,
  outline,
  plan,
  recorded,
  rollbackInput,
  schema,
  table,
  userType,
  view,
  worldAfter,
} from './build.ts';

const users = table('users', { columns: { id: 'uuid', name: 'text', nickname: 'text' }, key: 'id' });
const byName = view('users_by_name', 'users', { key: 'name, id' });

function takenBack(applied: Plan, before: Schema, more: Partial<RollbackInput> = {}): Plan {
  const after = worldAfter(applied, live(before));
  return planRollback(rollbackInput(applied, live(after.schema), more));
}

describe('planRollback', () => {
  it('runs the reverses newest first, and names the backups that it reads', () => {
    const change = migration('1_change', [
      alter('users', { add: { rating: 'int' }, drop: ['nickname'] }),
      create(index('by_name', 'users.name')),
    ]);
    const applied = plan(schema(users, byName), [change]);
    const back = takenBack(applied, schema(users, byName));
    expect(outline(back)).toMatchInlineSnapshot(`
      "# 1_change
      undo-07 in-place: DROP MATERIALIZED VIEW shop.users_by_name [BREAKS_READERS] — takes back: create materialized view users_by_name on users
           ⟲ none: apply the migration again
      undo-06 in-place: ALTER TABLE shop.users ADD nickname text — takes back: drop column nickname from users
           ⟲ none: apply the migration again
      undo-06 copy: restore users.nickname (re-added, 1_change-users-nickname) — takes back: drop column nickname from users
           ⟲ none: apply the migration again
      undo-02 in-place: DROP INDEX shop.by_name [BREAKS_READERS] — takes back: create index by_name on users (name)
           ⟲ none: apply the migration again
      undo-01 backup: back up users.rating (before-undo, 1_change-undo-users-rating) — takes back: add column rating int to users
           ⟲ none: a backup changes nothing; it is kept
      undo-01 in-place: ALTER TABLE shop.users DROP rating USING TIMESTAMP /* set when applied */ [DATA_LOSS BREAKS_READERS] — takes back: add column rating int to users
           ⟲ none: apply the migration again; what was written since stays in the backup before (\`cqlform backup restore\`)
      undo-01 in-place: CREATE MATERIALIZED VIEW shop.users_by_name AS SELECT * FROM shop.users WHERE name IS NOT NULL AND id IS NOT NULL PRIMARY KEY (name, id) WITH CLUSTERING ORDER BY (id ASC) [VIEW_REBUILD] — takes back: add column rating int to users
           ⟲ none: apply the migration again"
    `);
    expect(Object.keys(back.backups)).toEqual(['1_change-users-nickname']);
    expect(back).toMatchObject({ kind: 'rollback', applyable: true });
  });

  it('shows of what a table is made again with only what differs from the defaults', () => {
    const stated = {
      additional_write_policy: '99p',
      allow_auto_snapshot: true,
      bloom_filter_fp_chance: 0.01,
      caching: { keys: 'ALL', rows_per_partition: 'NONE' },
      cdc: false,
      comment: 'people',
      compaction: {
        class: 'org.apache.cassandra.db.compaction.SizeTieredCompactionStrategy',
        max_threshold: '32',
        min_threshold: '4',
      },
      compression: { chunk_length_in_kb: '16', class: 'org.apache.cassandra.io.compress.LZ4Compressor' },
      crc_check_chance: 1,
      default_time_to_live: 0,
      gc_grace_seconds: 3600,
      max_index_interval: 2048,
      memtable_flush_period_in_ms: 0,
      min_index_interval: 128,
      read_repair: 'BLOCKING',
      speculative_retry: '99p',
    };
    const applied = plan(schema({ ...users, options: stated }), [migration('1_drop', [drop('users')])]);
    const back = takenBack(applied, schema({ ...users, options: stated }));
    const steps = back.sections.flatMap((section) => section.steps);
    const made = steps.find(({ work }) => work.kind === 'ddl' && work.ddl.kind === 'create-table');
    expect(made?.cql).toContain("AND read_repair = 'BLOCKING'");
    for (const text of [planText(back, paintFor(false)), planMarkdown(back)]) {
      expect(text).toMatch(/\) WITH comment = 'people'\n +AND gc_grace_seconds = 3600;?\n/);
      expect(text).toMatch(/^ +-- and 14 options at Cassandra's own default$/m);
    }
    // What a migration states is shown as it stands there, a default too.
    const few = plan(null, [migration('1_make', [create({ ...users, options: { gc_grace_seconds: 864_000 } })])]);
    expect(planText(few, paintFor(false))).toMatch(/WITH gc_grace_seconds = 864000\n +undo/);
  });

  it('takes several migrations back, newest first', () => {
    const applied = plan(schema(users), [
      migration('1_add', [alter('users', { add: { rating: 'int' } })]),
      migration('2_drop', [drop('users')]),
    ]);
    const back = takenBack(applied, schema(users));
    expect(back.sections.map((one) => one.migration)).toEqual(['2_drop', '1_add']);
    expect(back.sections[0]?.changes).toMatchObject([{ name: 'users', before: null, after: { kind: 'table' } }]);
    expect(outline(back)).toMatchInlineSnapshot(`
      "# 2_drop
      undo-02 in-place: CREATE TABLE shop.users ( id uuid, name text, nickname text, rating int, PRIMARY KEY (id) ) [GRANTS_LOST] — takes back: drop table users
           ⟲ none: apply the migration again
      undo-02 copy: restore users (new-table, 2_drop-users) [MARKER_INFERRED] — takes back: drop table users
           ⟲ none: apply the migration again
      # 1_add
      undo-01 backup: back up users.rating (before-undo, 1_add-undo-users-rating) — takes back: add column rating int to users
           ⟲ none: a backup changes nothing; it is kept
      undo-01 in-place: ALTER TABLE shop.users DROP rating USING TIMESTAMP /* set when applied */ [DATA_LOSS BREAKS_READERS] — takes back: add column rating int to users
           ⟲ none: apply the migration again; what was written since stays in the backup before (\`cqlform backup restore\`)"
    `);
  });

  it('leaves out what was never done', () => {
    const change = migration('1_change', [alter('users', { add: { rating: 'int' }, drop: ['nickname'] })]);
    const applied = plan(schema(users), [change]);
    const [section] = applied.sections;
    const [add] = section?.steps ?? [];
    if (section === undefined || add === undefined) throw new Error('nothing planned');
    const half = table('users', { columns: { id: 'uuid', name: 'text', nickname: 'text', rating: 'int' }, key: 'id' });
    const back = planRollback(
      rollbackInput(applied, live(schema(half)), { takeBack: [{ section, done: [add.id], backups: {} }] }),
    );
    expect(outline(back)).toMatchInlineSnapshot(`
      "# 1_change
      undo-01 backup: back up users.rating (before-undo, 1_change-undo-users-rating) — takes back: add column rating int to users
           ⟲ none: a backup changes nothing; it is kept
      undo-01 in-place: ALTER TABLE shop.users DROP rating USING TIMESTAMP /* set when applied */ [DATA_LOSS BREAKS_READERS] — takes back: add column rating int to users
           ⟲ none: apply the migration again; what was written since stays in the backup before (\`cqlform backup restore\`)"
    `);
  });

  it('puts rows back as they were', () => {
    const source = table('source', { columns: { id: 'uuid', name: 'text' }, key: 'id' });
    const change = migration('1_copy', [], { data: [copy(source, users)] });
    const applied = plan(schema(source, users), [change]);
    expect(outline(takenBack(applied, schema(source, users)))).toMatchInlineSnapshot(`
      "# 1_copy
      undo-02 backup: back up users (before-undo, 1_copy-undo-users) — takes back: copy source → users
           ⟲ none: a backup changes nothing; it is kept
      undo-02 copy: restore users (exact, 1_copy-users) [MARKER_INFERRED OVERWRITES_ROWS] — takes back: copy source → users
           ⟲ none: apply the migration again; what was written since stays in the backup before (\`cqlform backup restore\`)"
    `);
  });

  it('undoes a table made anew without making its staging table again', () => {
    const into = table('users', { columns: { id: 'uuid', name: 'int', nickname: 'text' }, key: 'id' });
    const change = migration('1_type', [alter('users', { retype: { name: 'int' } })], {
      data: [copy(users, into, { name: null })],
    });
    const back = takenBack(plan(schema(users), [change]), schema(users));
    expect(outline(back)).toMatchInlineSnapshot(`
      "# 1_type
      undo-05 backup: back up users (before-undo, 1_type-undo-users) — takes back: create table users anew
           ⟲ none: a backup changes nothing; it is kept
      undo-05 in-place: DROP TABLE shop.users [DATA_LOSS BREAKS_READERS] — takes back: create table users anew
           ⟲ none: apply the migration again; what was written since stays in the backup before (\`cqlform backup restore\`)
      undo-04 in-place: CREATE TABLE shop.users ( id uuid, name text, nickname text, PRIMARY KEY (id) ) [GRANTS_LOST] — takes back: drop table users, to make it anew
           ⟲ none: apply the migration again
      undo-04 copy: restore users (new-table, 1_type-users) [MARKER_INFERRED] — takes back: drop table users, to make it anew
           ⟲ none: apply the migration again"
    `);
  });

  it('drops the staging table of a rebuild that stopped half-way', () => {
    const into = table('users', { columns: { id: 'uuid', name: 'int', nickname: 'text' }, key: 'id' });
    const change = migration('1_type', [alter('users', { retype: { name: 'int' } })], {
      data: [copy(users, into, { name: null })],
    });
    const applied = plan(schema(users), [change]);
    const [section] = applied.sections;
    if (section === undefined) throw new Error('nothing planned');
    const done = section.steps.slice(0, 3).map((step) => step.id);
    const staging = { ...into, name: 'users__rebuild' };
    const back = planRollback(
      rollbackInput(applied, live(schema(users, staging)), { takeBack: [{ section, done, backups: {} }] }),
    );
    expect(outline(back)).toMatchInlineSnapshot(`
      "# 1_type
      undo-02 in-place: DROP TABLE shop.users__rebuild — takes back: create staging table users__rebuild
           ⟲ none: apply the migration again; what was written since stays in the backup before (\`cqlform backup restore\`)"
    `);
  });

  it('makes a table anew where a column of a user-defined type has to come back or go', () => {
    const address = userType('address', { street: 'text' });
    const people = table('people', { columns: { id: 'uuid', home: 'frozen<address>' }, key: 'id' });
    const state = schema(address, people, index('by_home', 'people.home'));
    const change = migration('1_x', [
      alter('people', { drop: ['home'], add: { work: 'address' } }),
      drop('by_home', 'index'),
    ]);
    const back = takenBack(plan(state, [change]), state);
    expect(back.applyable).toBe(true);
    expect(outline(back)).toMatchInlineSnapshot(`
      "# 1_x
      undo-04 backup: back up people (before-undo, 1_x-undo-people_2) — takes back: drop column home from people
           ⟲ none: a backup changes nothing; it is kept
      undo-04 in-place: CREATE TABLE shop.people__rebuild ( id uuid, home frozen<address>, work address, PRIMARY KEY (id) ) — takes back: drop column home from people
           ⟲ none: apply the migration again
      undo-04 copy: copy people to people__rebuild [QUIESCE_WRITERS] — takes back: drop column home from people
           ⟲ none: apply the migration again
      undo-04 in-place: DROP TABLE shop.people [DATA_LOSS BREAKS_READERS] — takes back: drop column home from people
           ⟲ none: apply the migration again; what was written since stays in the backup before (\`cqlform backup restore\`)
      undo-04 in-place: CREATE TABLE shop.people ( id uuid, home frozen<address>, work address, PRIMARY KEY (id) ) — takes back: drop column home from people
           ⟲ none: apply the migration again
      undo-04 copy: copy people__rebuild to people [QUIESCE_WRITERS] — takes back: drop column home from people
           ⟲ none: apply the migration again
      undo-04 verify: compare people__rebuild with people — takes back: drop column home from people
           ⟲ none: apply the migration again
      undo-04 copy: restore people.home (re-added, 1_x-people-home) — takes back: drop column home from people
           ⟲ none: apply the migration again
      undo-04 in-place: DROP TABLE shop.people__rebuild [DATA_LOSS BREAKS_READERS] — takes back: drop column home from people
           ⟲ none: apply the migration again; what was written since stays in the backup before (\`cqlform backup restore\`)
      undo-02 in-place: CREATE INDEX by_home ON shop.people (home) [INDEX_BUILD] — takes back: drop index by_home
           ⟲ none: apply the migration again
      undo-02 wait: wait until index by_home is built — takes back: drop index by_home
           ⟲ none: apply the migration again
      undo-01 backup: back up people (before-undo, 1_x-undo-people) — takes back: add column work address to people
           ⟲ none: a backup changes nothing; it is kept
      undo-01 in-place: CREATE TABLE shop.people__rebuild ( id uuid, home frozen<address>, PRIMARY KEY (id) ) — takes back: add column work address to people
           ⟲ none: apply the migration again
      undo-01 copy: copy people to people__rebuild [QUIESCE_WRITERS] — takes back: add column work address to people
           ⟲ none: apply the migration again
      undo-01 in-place: DROP INDEX shop.by_home [BREAKS_READERS] — takes back: add column work address to people
           ⟲ none: apply the migration again
      undo-01 in-place: DROP TABLE shop.people [DATA_LOSS BREAKS_READERS] — takes back: add column work address to people
           ⟲ none: apply the migration again; what was written since stays in the backup before (\`cqlform backup restore\`)
      undo-01 in-place: CREATE TABLE shop.people ( id uuid, home frozen<address>, PRIMARY KEY (id) ) — takes back: add column work address to people
           ⟲ none: apply the migration again
      undo-01 copy: copy people__rebuild to people [QUIESCE_WRITERS] — takes back: add column work address to people
           ⟲ none: apply the migration again
      undo-01 verify: compare people__rebuild with people — takes back: add column work address to people
           ⟲ none: apply the migration again
      undo-01 in-place: CREATE INDEX by_home ON shop.people (home) [INDEX_BUILD] — takes back: add column work address to people
           ⟲ none: apply the migration again
      undo-01 wait: wait until index by_home is built — takes back: add column work address to people
           ⟲ none: apply the migration again
      undo-01 in-place: DROP TABLE shop.people__rebuild [DATA_LOSS BREAKS_READERS] — takes back: add column work address to people
           ⟲ none: apply the migration again; what was written since stays in the backup before (\`cqlform backup restore\`)"
    `);
  });

  it('refuses what cannot be taken back, unless it may stay', () => {
    const address = userType('address', { street: 'text' });
    const grow = migration('1_grow', [
      { kind: 'alter-type', type: 'address', add: [{ name: 'zip', type: parseType('int') }], rename: {} },
    ]);
    const applied = plan(schema(address), [grow]);
    expect(takenBack(applied, schema(address)).notices).toMatchInlineSnapshot(`
      [
        {
          "address": "shop.address.zip",
          "code": "IRREVERSIBLE",
          "message": "add field zip int to type address cannot be taken back: Cassandra cannot remove a field from a type",
          "next": "Leave it as it is with --leave=shop.address.zip, and take back the rest.",
          "severity": "error",
        },
      ]
    `);
    const left = takenBack(applied, schema(address), { leave: ['shop.address.zip'] });
    expect(left).toMatchObject({ applyable: true, notices: [{ code: 'LEFT_IN_PLACE', severity: 'warning' }] });
  });

  it('says what is in the way', () => {
    const applied = plan(schema(users), [
      migration('1_add', [
        alter('users', { add: { rating: 'int' } }),
        create(table('other', { columns: { id: 'int' }, key: 'id' })),
      ]),
    ]);
    const world = worldAfter(applied, live(schema(users))).schema;
    const more = {
      ...world,
      indexes: { by_hand: index('by_hand', 'users.rating') },
      views: { v: view('v', 'other', { key: 'id' }) },
    };
    const back = planRollback(rollbackInput(applied, live(more)));
    expect(back.notices.map((one) => [one.code, one.severity, one.message])).toMatchInlineSnapshot(`
      [
        [
          "COLUMN_INDEXED",
          "error",
          "1_add/02-add-column-rating-int-to-users: drop column rating from users: column users.rating is indexed by by_hand",
        ],
        [
          "VIEWS_IN_THE_WAY",
          "error",
          "1_add/01-create-table-other: drop table other: table other cannot be dropped while v stands on it",
        ],
      ]
    `);
  });

  it('counts a table whose newer rows go away as destroyed, once', () => {
    const rekey = plan(schema(users), [migration('1_rekey', [alter('users', { key: 'id, name' })])], {
      emptyTables: ['users'],
    });
    expect(rekey.summary).toMatchObject({ rebuild: 1, destroy: 0 });
    expect(takenBack(rekey, schema(users)).summary).toMatchObject({ destroy: 1 });

    const typed = schema(
      userType('address', { street: 'text' }),
      table('people', { columns: { id: 'uuid' }, key: 'id' }),
    );
    const added = plan(typed, [migration('1_add', [alter('people', { add: { home: 'frozen<address>' } })])]);
    expect(takenBack(added, typed).summary).toMatchObject({ destroy: 1 });

    const into = table('users', { columns: { id: 'uuid', name: 'text' }, key: 'id' });
    const from = table('users', { columns: { id: 'uuid' }, key: 'id' });
    const filled = plan(schema(users), [migration('1_fill', [], { data: [backfill(from, into, ['name'])] })]);
    expect(takenBack(filled, schema(users)).summary).toMatchObject({ destroy: 1 });

    const made = plan(schema(users), [migration('1_new', [create(table('t', { columns: { id: 'int' }, key: 'id' }))])]);
    expect(takenBack(made, schema(users)).summary).toMatchObject({ destroy: 1, change: 0, adopt: 0 });
  });

  it('refuses to build on a table that was made anew by hand', () => {
    const before = schema(users, table('other', { columns: { id: 'int' }, key: 'id' }));
    const applied = plan(before, [
      migration('1_add', [alter('users', { add: { rating: 'int' } }), create(index('by_name', 'users.name'))]),
    ]);
    const after = live(worldAfter(applied, live(before)).schema);
    const byHand = (name: string): typeof after.facts => ({
      ...after.facts,
      [name]: { id: 'another', dropped: [], flags: ['compound'] },
    });
    const rollback = (name: string, done: readonly string[] | null = null): Plan => {
      const input = rollbackInput(applied, { ...after, facts: byHand(name) }, { recorded: recorded(after.schema) });
      return planRollback({ ...input, takeBack: input.takeBack.map((one) => ({ ...one, done: done ?? one.done })) });
    };
    const notice = {
      code: 'DRIFT_IN_THE_WAY',
      severity: 'error',
      address: 'shop.users',
      message: 'table users was dropped and created again by hand: its id is another, recorded is id-of-users',
    };
    expect(rollback('users')).toMatchObject({ applyable: false, notices: [notice] });
    const indexed = applied.sections[0]?.steps.filter(
      ({ work }) => work.kind === 'ddl' && work.ddl.kind === 'create-index',
    );
    expect(indexed).toHaveLength(1);
    expect(
      rollback(
        'users',
        indexed?.map((step) => step.id),
      ),
    ).toMatchObject({ applyable: false, notices: [notice] });
    expect(rollback('other')).toMatchObject({ applyable: true, notices: [], drift: [{ kind: 'recreated' }] });
  });

  it('passes over what is undone already', () => {
    const applied = plan(schema(users), [migration('1_add', [alter('users', { add: { rating: 'int' } })])]);
    const back = planRollback(rollbackInput(applied, live(schema(users))));
    expect(back.sections[0]?.steps).toEqual([]);
    expect(back).toMatchObject({ applyable: true, notices: [{ code: 'ALREADY_SO', severity: 'info' }] });
  });

  it('needs the backup', () => {
    const applied = plan(schema(users), [migration('1_drop', [alter('users', { drop: ['nickname'] })])]);
    const [section] = applied.sections;
    if (section === undefined) throw new Error('nothing planned');
    const done = section.steps.map((step) => step.id);
    const after = live(worldAfter(applied, live(schema(users))).schema);
    const back = planRollback(rollbackInput(applied, after, { takeBack: [{ section, done, backups: {} }] }));
    expect(back.notices).toMatchObject([{ code: 'BACKUP_MISSING', severity: 'error', address: 'shop.users.nickname' }]);
  });

  it('takes a backfill back with the columns that it filled', () => {
    const into = table('users', { columns: { id: 'uuid', rating: 'int' }, key: 'id' });
    const change = migration('1_fill', [alter('users', { add: { rating: 'int' } })], {
      data: [backfill(users, into, ['rating'])],
    });
    const back = takenBack(plan(schema(users), [change]), schema(users));
    expect(back.sections[0]?.steps.map((step) => step.title)).toEqual([
      'back up users.rating',
      'drop column rating from users',
    ]);
  });
});
