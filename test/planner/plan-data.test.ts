import { describe, expect, it } from 'vitest';
import { planApply } from '../../src/planner/plan-apply.ts';
import {
  alter,
  applyInput,
  backfill,
  copy,
  create,
  index,
  live,
  load,
  migration,
  outline,
  plan,
  schema,
  table,
  transform,
  view,
} from './build.ts';

const movies = table('movies', {
  columns: { id: 'uuid', title: 'text', rating_text: 'text', votes: 'int' },
  key: 'id',
});
const rated = table('movies', { columns: { id: 'uuid', title: 'text', rating: 'int' }, key: 'id' });
const byTitle = table('movies_by_title', { columns: { title: 'text', id: 'uuid', votes: 'int' }, key: 'title, id' });
const counts = table('counts', { columns: { id: 'uuid', hits: 'counter' }, key: 'id' });
const codes = (planned: ReturnType<typeof plan>): readonly string[] => planned.notices.map((one) => one.code);

describe('data steps', () => {
  it('stand after what is added and before what is taken away', () => {
    const change = migration('1_rate', [alter('movies', { add: { rating: 'int' }, drop: ['rating_text'] })], {
      data: [backfill(table('movies', { columns: { id: 'uuid', rating_text: 'text' }, key: 'id' }), rated, ['rating'])],
      expects: [table('movies', { columns: { id: 'uuid', rating_text: 'text' }, key: 'id' })],
    });
    expect(outline(plan(schema(movies), [change]))).toMatchInlineSnapshot(`
      "# 1_rate
      01 in-place: ALTER TABLE shop.movies ADD rating int
           ⟲ backup (before-undo, 1_rate-undo-movies-rating) · drop-columns
      02 copy: backfill movies.rating
           ⟲ none: the columns it fills are dropped, which this migration added
      03 backup: back up movies.rating_text (before-loss, 1_rate-movies-rating-text) — the next steps take it away
           ⟲ none: a backup changes nothing; it is kept
      04 in-place: ALTER TABLE shop.movies DROP rating_text USING TIMESTAMP /* set when applied */ !shop.movies.rating_text [DATA_LOSS BREAKS_READERS]
           ⟲ add-columns · restore (re-added, 1_rate-movies-rating-text)"
    `);
  });

  it('need no backup in a table that the migration makes', () => {
    const change = migration('1_titles', [create(byTitle)], {
      data: [copy(movies, byTitle), transform(movies, byTitle)],
    });
    expect(outline(plan(schema(movies), [change]))).toMatchInlineSnapshot(`
      "# 1_titles
      01 in-place: CREATE TABLE shop.movies_by_title ( title text, id uuid, votes int, PRIMARY KEY (title, id) )
           ⟲ backup (before-undo, 1_titles-undo-movies-by-title) · drop-table
      02 copy: copy movies → movies_by_title
           ⟲ none: movies_by_title is dropped, which this migration made
      03 copy: transform movies → movies_by_title
           ⟲ none: movies_by_title is dropped, which this migration made"
    `);
  });

  it('back up what they write over, once', () => {
    const change = migration('1_again', [], {
      data: [copy(movies, byTitle), copy(movies, byTitle), transform(movies, byTitle)],
    });
    const planned = plan(schema(movies, byTitle), [change]);
    expect(outline(planned)).toMatchInlineSnapshot(`
      "# 1_again
      01 backup: back up movies_by_title (before-overwrite, 1_again-movies-by-title) [MARKER_INFERRED] — the next step writes over rows that are there
           ⟲ none: a backup changes nothing; it is kept
      02 copy: copy movies → movies_by_title !shop.movies_by_title [OVERWRITES_ROWS LWT_TIMESTAMPS]
           ⟲ backup (before-undo, 1_again-undo-movies-by-title) · restore (exact, 1_again-movies-by-title)
      03 copy: copy movies → movies_by_title
           ⟲ none: the rows come back with those of the earlier step
      04 copy: transform movies → movies_by_title
           ⟲ none: the rows come back with those of the earlier step"
    `);
    expect(planned.sections[0]?.steps.map((step) => step.consent)).toContain('shop.movies_by_title');
  });

  it('ask for no consent where the table is known to be empty', () => {
    const change = migration('1_again', [], { data: [copy(movies, byTitle)] });
    const planned = plan(schema(movies, byTitle), [change], { emptyTables: ['movies_by_title'] });
    expect(outline(planned)).toMatchInlineSnapshot(`
      "# 1_again
      01 backup: back up movies_by_title (before-overwrite, 1_again-movies-by-title) [MARKER_INFERRED] — the next step writes over rows that are there
           ⟲ none: a backup changes nothing; it is kept
      02 copy: copy movies → movies_by_title
           ⟲ backup (before-undo, 1_again-undo-movies-by-title) · restore (exact, 1_again-movies-by-title)"
    `);
  });

  it('know by their own plan what an earlier migration filled', () => {
    const first = migration('1_first', [create(byTitle)]);
    const second = migration('2_second', [], { data: [copy(movies, byTitle)] });
    const third = migration('3_third', [], { data: [copy(movies, byTitle)] });
    const consents = plan(schema(movies), [first, second, third]).sections.map((one) =>
      one.steps.map((step) => step.consent),
    );
    expect(consents).toEqual([[null], [null, null], [null, 'shop.movies_by_title']]);
  });

  it('write over columns only with a backup of these', () => {
    const own = table('movies', { columns: { id: 'uuid', votes: 'int' }, key: 'id' });
    const change = migration('1_votes', [], {
      data: [backfill(table('movies', { columns: { id: 'uuid', title: 'text' }, key: 'id' }), own, ['votes'])],
    });
    expect(outline(plan(schema(movies), [change]))).toMatchInlineSnapshot(`
      "# 1_votes
      01 backup: back up movies.votes (before-overwrite, 1_votes-movies-votes) — the next step writes over rows that are there
           ⟲ none: a backup changes nothing; it is kept
      02 copy: backfill movies.votes !shop.movies [OVERWRITES_ROWS LWT_TIMESTAMPS]
           ⟲ backup (before-undo, 1_votes-undo-movies) · restore (exact, 1_votes-movies-votes)"
    `);
  });

  it('are refused where a resumed run would change values twice', () => {
    const change = migration('1_votes', [], { data: [backfill(movies, movies, ['votes'])] });
    const planned = plan(schema(movies), [change]);
    expect(codes(planned)).toEqual(['BACKFILL_READS_WHAT_IT_WRITES']);
    expect(planned.notices[0]?.message).toContain('movies.votes');
  });

  it('are refused into counters, into their own source, and from what is not there', () => {
    const hits = table('hits', { columns: { id: 'uuid' }, key: 'id' });
    const refused = (data: Parameters<typeof migration>[2]): readonly string[] =>
      codes(plan(schema(movies, counts), [migration('1_x', [], data)]));
    expect(refused({ data: [copy(movies, counts)] })).toEqual(['COUNTER_TARGET']);
    expect(refused({ data: [copy(movies, movies)] })).toEqual(['COPY_INTO_ITSELF']);
    expect(refused({ data: [copy(hits, movies)] })).toEqual(['OBJECT_MISSING']);
    expect(refused({ data: [copy(rated, counts)] })).toEqual(['COUNTER_TARGET']);
    expect(refused({ data: [backfill(movies, rated, ['rating'])] })).toEqual(['TARGET_COLUMNS']);
    // nobody counts yet in a table that is made
    const fresh = table('fresh', { columns: { id: 'uuid', n: 'counter' }, key: 'id' });
    const making = migration('1_x', [create(fresh)], { data: [transform(movies, fresh)] });
    expect(codes(plan(schema(movies), [making]))).toEqual([]);
  });

  it('are named where they are left out', () => {
    const change = migration('1_load', [create(movies)], { data: [load('movies.json', movies)] });
    const planned = plan(null, [change], { options: { schemaOnly: true, noBackup: [] } });
    expect(planned.sections[0]?.skippedData).toEqual(['transform movies.json → movies']);
    expect(planned.sections[0]?.steps.map((step) => step.work.kind)).toEqual(['ddl', 'ddl']);
  });

  it('say how much they go through, and how long that may take', () => {
    const change = migration('1_titles', [create(byTitle)], { data: [copy(movies, byTitle)] });
    const estimates = { movies: { rows: 80_000, bytes: 4_000_000 } };
    const planned = planApply({ ...applyInput(schema(movies), [change]), live: live(schema(movies), { estimates }) });
    expect(planned.sections[0]?.steps.map((step) => step.estimate)).toEqual([
      { rows: null, bytes: null, seconds: null },
      { rows: 80_000, bytes: 4_000_000, seconds: 10 },
    ]);
  });
});

describe('key columns that are renamed', () => {
  const byUser = table('by_user', { columns: { user: 'uuid', note: 'text' }, key: 'user' });
  const renamed = table('by_user', { columns: { person: 'uuid', note: 'text' }, key: 'person' });
  const other = table('other', { columns: { user: 'uuid', note: 'text' }, key: 'user' });
  const kinds = (data: Parameters<typeof migration>[2]): readonly string[] =>
    plan(schema(byUser, other), [migration('1_x', [alter('by_user', { rename: { user: 'person' } })], data)], {
      emptyTables: ['by_user', 'other'],
    }).sections.flatMap((section) => section.steps.map((step) => step.title));

  it('keep their name until the data steps that state it are through', () => {
    expect(kinds({ data: [copy(byUser, other)] }).at(-1)).toBe('rename user to person in by_user');
  });

  it('are indexed once they are renamed', () => {
    const state = schema(
      table('days', { columns: { user: 'uuid', day: 'date', note: 'text' }, key: 'user, day' }),
      index('by_day', 'days.day'),
      other,
    );
    const from = table('days', { columns: { user: 'uuid', day: 'date', note: 'text' }, key: 'user, day' });
    const change = migration('1_x', [alter('days', { rename: { day: 'date' } })], { data: [copy(from, other)] });
    const planned = plan(state, [change], { emptyTables: ['other'] });
    expect(planned.notices).toEqual([]);
    expect(planned.sections[0]?.steps.map((step) => step.title)).toEqual([
      'drop index by_day',
      'back up other',
      'copy days → other',
      'rename day to date in days',
      'create index by_day on days (date)',
      'wait until index by_day is built',
    ]);
  });

  it('have their new name for the data steps that state that', () => {
    expect(kinds({ data: [copy(other, renamed, { person: 'user' })] })[0]).toBe('rename user to person in by_user');
  });
});

describe('a table made anew', () => {
  const text = table('movies', {
    columns: { id: 'uuid', title: 'text', rating_text: 'text', votes: 'text' },
    key: 'id',
  });

  it('takes its rows along where nothing but the key changes, and proves it', () => {
    const visits = table('visits', { columns: { user: 'uuid', day: 'date', note: 'text' }, key: 'user, day' });
    const state = schema(visits, index('by_note', 'visits.note'), view('by_day', 'visits', { key: 'day, user' }));
    const planned = plan(state, [migration('1_key', [alter('visits', { key: 'day, user' })])]);
    expect(outline(planned)).toMatchInlineSnapshot(`
      "# 1_key
      01 backup: back up visits (before-rebuild, 1_key-visits) [MARKER_INFERRED] — the table is made anew
           ⟲ none: a backup changes nothing; it is kept
      02 rebuild: CREATE TABLE shop.visits__rebuild ( day date, user uuid, note text, PRIMARY KEY (day, user) ) [DISK_SPACE] — forces rebuild: partition key (user) → (day)
           ⟲ drop-table
      03 rebuild: copy visits to visits__rebuild [QUIESCE_WRITERS LWT_TIMESTAMPS] — forces rebuild: partition key (user) → (day)
           ⟲ none: visits__rebuild is dropped
      04 verify: compare visits with visits__rebuild — forces rebuild: partition key (user) → (day)
           ⟲ none: it only reads
      05 in-place: DROP MATERIALIZED VIEW shop.by_day [VIEW_REBUILD] — visits is made anew
           ⟲ create-view
      06 in-place: DROP INDEX shop.by_note [INDEX_BUILD] — visits is made anew
           ⟲ create-index · wait
      07 rebuild: DROP TABLE shop.visits !shop.visits [DATA_LOSS QUIESCE_WRITERS BREAKS_READERS GRANTS_LOST KEY_COLLISIONS] — forces rebuild: partition key (user) → (day)
           ⟲ create-table · restore (new-table, 1_key-visits)
      08 rebuild: CREATE TABLE shop.visits ( day date, user uuid, note text, PRIMARY KEY (day, user) ) — forces rebuild: partition key (user) → (day)
           ⟲ backup (before-undo, 1_key-undo-visits) · drop-table
      09 rebuild: copy visits__rebuild to visits [QUIESCE_WRITERS LWT_TIMESTAMPS] — forces rebuild: partition key (user) → (day)
           ⟲ none: visits is dropped
      10 verify: compare visits__rebuild with visits — forces rebuild: partition key (user) → (day)
           ⟲ none: it only reads
      11 in-place: CREATE MATERIALIZED VIEW shop.by_day AS SELECT * FROM shop.visits WHERE day IS NOT NULL AND user IS NOT NULL PRIMARY KEY (day, user) WITH CLUSTERING ORDER BY (user ASC) [VIEW_REBUILD] — visits is made anew
           ⟲ drop-view
      12 in-place: CREATE INDEX by_note ON shop.visits (note) [INDEX_BUILD] — visits is made anew
           ⟲ drop-index
      13 wait: wait until index by_note is built
           ⟲ none: waiting changes nothing
      14 rebuild: DROP TABLE shop.visits__rebuild — forces rebuild: partition key (user) → (day)
           ⟲ create-table"
    `);
    expect(planned.summary).toMatchObject({ rebuild: 1, change: 1 });
  });

  it('is filled by the data function that reads and writes it', () => {
    const change = migration('1_votes', [alter('movies', { retype: { votes: 'text' } })], {
      data: [copy(movies, text, { votes: null })],
    });
    expect(outline(plan(schema(movies), [change]))).toMatchInlineSnapshot(`
      "# 1_votes
      01 backup: back up movies (before-rebuild, 1_votes-movies) [MARKER_INFERRED] — the table is made anew
           ⟲ none: a backup changes nothing; it is kept
      02 rebuild: CREATE TABLE shop.movies__rebuild ( id uuid, rating_text text, title text, votes text, PRIMARY KEY (id) ) [DISK_SPACE] — forces rebuild: type int → text of votes
           ⟲ drop-table
      03 copy: copy movies → movies
           ⟲ none: movies__rebuild is dropped
      04 rebuild: DROP TABLE shop.movies !shop.movies [DATA_LOSS QUIESCE_WRITERS BREAKS_READERS GRANTS_LOST] — forces rebuild: type int → text of votes
           ⟲ create-table · restore (new-table, 1_votes-movies)
      05 rebuild: CREATE TABLE shop.movies ( id uuid, rating_text text, title text, votes text, PRIMARY KEY (id) ) — forces rebuild: type int → text of votes
           ⟲ backup (before-undo, 1_votes-undo-movies) · drop-table
      06 rebuild: copy movies__rebuild to movies [QUIESCE_WRITERS LWT_TIMESTAMPS] — forces rebuild: type int → text of votes
           ⟲ none: movies is dropped
      07 verify: compare movies__rebuild with movies — forces rebuild: type int → text of votes
           ⟲ none: it only reads
      08 rebuild: DROP TABLE shop.movies__rebuild — forces rebuild: type int → text of votes
           ⟲ create-table"
    `);
  });

  it('is refused where nothing says what becomes of its rows', () => {
    const planned = plan(schema(movies), [migration('1_votes', [alter('movies', { retype: { votes: 'text' } })])]);
    expect(planned.applyable).toBe(false);
    expect(planned.notices).toMatchInlineSnapshot(`
      [
        {
          "address": "shop.movies",
          "code": "REBUILD_NEEDS_COPY",
          "message": "1_votes: table movies has to be made anew (type int → text of votes), and nothing says what becomes of its rows: votes changes from int to text",
          "next": "Add copy({ from: existing('movies', …), into: <what alter() gave>, columns: { … } }) to the migration's data.",
          "severity": "error",
        },
      ]
    `);
  });

  it('needs no copy where it is known to be empty', () => {
    const change = migration('1_votes', [alter('movies', { retype: { votes: 'text' } })]);
    expect(outline(plan(schema(movies), [change], { emptyTables: ['movies'] }))).toMatchInlineSnapshot(`
      "# 1_votes
      01 backup: back up movies (before-rebuild, 1_votes-movies) [MARKER_INFERRED] — the table is made anew
           ⟲ none: a backup changes nothing; it is kept
      02 rebuild: DROP TABLE shop.movies !shop.movies [DATA_LOSS QUIESCE_WRITERS BREAKS_READERS GRANTS_LOST] — forces rebuild: type int → text of votes
           ⟲ create-table · restore (new-table, 1_votes-movies)
      03 rebuild: CREATE TABLE shop.movies ( id uuid, rating_text text, title text, votes text, PRIMARY KEY (id) ) — forces rebuild: type int → text of votes
           ⟲ backup (before-undo, 1_votes-undo-movies) · drop-table"
    `);
  });

  it('is not left without its rows by --schema-only', () => {
    const change = migration('1_votes', [alter('movies', { retype: { votes: 'text' } })], {
      data: [copy(movies, text, { votes: null })],
    });
    const planned = plan(schema(movies), [change], { options: { schemaOnly: true, noBackup: [] } });
    expect(codes(planned)).toEqual(['REBUILD_NEEDS_COPY']);
  });

  it('is refused with counters', () => {
    const planned = plan(schema(counts), [migration('1_key', [alter('counts', { rename: { hits: 'visits' } })])]);
    expect(codes(planned)).toEqual(['COUNTER_RENAME']);
    const days = table('days', { columns: { id: 'uuid', day: 'date', hits: 'counter' }, key: 'id, day' });
    expect(codes(plan(schema(days), [migration('1_key', [alter('days', { key: 'day, id' })])]))).toEqual([
      'COUNTER_REBUILD',
    ]);
  });

  it('has room for a regular column under another name', () => {
    const state = schema(
      movies,
      index('by_votes', 'movies.votes'),
      view('movies_view', 'movies', { key: 'title, id', columns: ['id', 'title', 'votes'] }),
    );
    const planned = plan(state, [migration('1_rename', [alter('movies', { rename: { votes: 'points' } })])]);
    expect(outline(planned)).toMatchInlineSnapshot(`
      "# 1_rename
      01 in-place: DROP INDEX shop.by_votes [INDEX_BUILD] — it is replaced
           ⟲ create-index · wait
      02 rebuild: ALTER TABLE shop.movies ADD points int — rename of a regular column: Cassandra can rename key columns only
           ⟲ drop-view · backup (before-undo, 1_rename-undo-movies-points) · drop-columns · create-view
      03 rebuild: copy votes to points in movies [QUIESCE_WRITERS LWT_TIMESTAMPS] — rename of a regular column: Cassandra can rename key columns only
           ⟲ none: the columns it fills are dropped again
      04 in-place: CREATE INDEX by_votes ON shop.movies (points) [INDEX_BUILD] — it is replaced
           ⟲ drop-index
      05 wait: wait until index by_votes is built
           ⟲ none: waiting changes nothing
      06 in-place: DROP MATERIALIZED VIEW shop.movies_view [VIEW_REBUILD] — no column can be dropped while it stands
           ⟲ create-view
      07 backup: back up movies.votes (before-loss, 1_rename-movies-votes) — the next steps take it away
           ⟲ none: a backup changes nothing; it is kept
      08 rebuild: ALTER TABLE shop.movies DROP votes USING TIMESTAMP /* set when applied */ !shop.movies.votes [DATA_LOSS BREAKS_READERS] — rename of a regular column: Cassandra can rename key columns only
           ⟲ add-columns · restore (re-added, 1_rename-movies-votes)
      09 in-place: CREATE MATERIALIZED VIEW shop.movies_view AS SELECT id, title, points FROM shop.movies WHERE title IS NOT NULL AND id IS NOT NULL PRIMARY KEY (title, id) WITH CLUSTERING ORDER BY (id ASC) [VIEW_REBUILD] — no column can be dropped while it stands
           ⟲ drop-view"
    `);
    expect(planned.summary.rebuild).toBe(1);
  });
});
