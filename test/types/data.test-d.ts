import { csv, json } from '../../src/files.ts';
import type { Decimal, RowOf } from '../../src/index.ts';
import {
  alter,
  backfill,
  copy,
  desc,
  existing,
  migration,
  reject,
  skip,
  t,
  table,
  to,
  transform,
  unset,
} from '../../src/index.ts';
import { same } from './same.ts';

const movies = existing('movies', {
  columns: {
    id: t.uuid(),
    title: t.text(),
    genres: t.set(t.text()),
    released: t.date(),
    rating_text: t.text(),
    extra: t.json<{ imdb: string }>(),
  },
  partitionKey: ['id'],
});
const moviesByGenre = table('movies_by_genre', {
  columns: { genre: t.text(), released: t.date(), id: t.uuid(), title: t.text(), tags: t.set(t.text()) },
  partitionKey: ['genre'],
  clusteringKey: [desc('released'), 'id'],
});

// transform
transform({
  from: movies,
  into: moviesByGenre,
  maxRejects: '0.5%',
  rows: (movie, out, run) => {
    const { released } = movie;
    if (released !== null) {
      for (const genre of movie.genres) out.emit({ genre, released, id: movie.id, title: movie.title, tags: ['a'] });
    }
    same<typeof run.startedAt, Date>(true);
    return released === null ? reject('no release date') : undefined;
  },
});
transform({ from: movies, into: moviesByGenre, rows: (movie) => skip(movie.extra?.imdb ?? 'x') });
transform({
  from: movies,
  into: moviesByGenre,
  rows: (m, out) => {
    if (m.released === null) throw new Error('x');
    const row = { genre: 'x', released: m.released, id: m.id };
    out.emit(row);
    // @ts-expect-error titel is not a column
    out.emit({ ...row, titel: m.title });
    // @ts-expect-error id is missing
    out.emit({ genre: 'x', released: m.released });
    // @ts-expect-error a key is not null
    out.emit({ genre: null, released: m.released, id: m.id });
    // @ts-expect-error a key is not undefined
    out.emit({ genre: undefined, released: m.released, id: m.id });
    // @ts-expect-error a plain string is not a uuid
    out.emit({ genre: 'x', released: m.released, id: 'abc' });
    // @ts-expect-error a plain string is not a date
    out.emit({ genre: 'x', released: '2026-11-22', id: m.id });
    // @ts-expect-error no such source column
    out.emit({ ...row, title: m.name });
    // @ts-expect-error another type
    out.emit({ ...row, title: 3 });
    // @ts-expect-error one row at a time
    out.emit([row]);
    // @ts-expect-error no such part of the run
    out.emit({ ...row, title: m.run.now });
  },
});
// @ts-expect-error rows are emitted, not returned
transform({ from: movies, into: moviesByGenre, rows: (m) => ({ genre: 'x', released: m.released, id: m.id }) });
// @ts-expect-error nothing to wait for in a transform
transform({ from: movies, into: moviesByGenre, rows: async () => skip('x') });
// @ts-expect-error unset is for columns
transform({ from: movies, into: moviesByGenre, rows: () => unset });
// @ts-expect-error a reason is said
transform({ from: movies, into: moviesByGenre, rows: () => skip() });
// @ts-expect-error rows is a function
transform({ from: movies, into: moviesByGenre });
// @ts-expect-error into a table
transform({ from: movies, into: 'movies_by_genre', rows: () => undefined });
// @ts-expect-error a share ends in %
transform({ from: movies, into: moviesByGenre, maxRejects: '5', rows: () => undefined });
transform({ from: movies, into: moviesByGenre, maxCollisions: '2%', rows: () => undefined });
// @ts-expect-error a share ends in %
transform({ from: movies, into: moviesByGenre, maxCollisions: '5', rows: () => undefined });
// @ts-expect-error no such part
transform({ from: movies, into: moviesByGenre, columns: {}, rows: () => undefined });

// backfill
const rated = alter(movies, { add: { rating: t.int() }, drop: ['rating_text'] });
const fill = backfill({
  from: movies,
  into: rated,
  columns: { rating: (m) => (m.rating_text === null ? null : Number(m.rating_text)) },
});
backfill({
  from: movies,
  into: rated,
  columns: { rating: (m) => (m.rating_text === null ? unset : to.int(m.rating_text)) },
});
backfill({
  from: movies,
  into: rated,
  columns: {
    // @ts-expect-error text into an int
    rating: (m) => m.rating_text,
  },
});
backfill({
  from: movies,
  into: rated,
  columns: {
    // @ts-expect-error a key column cannot be backfilled
    id: (m) => m.id,
  },
});
backfill({
  from: movies,
  into: rated,
  columns: {
    // @ts-expect-error not a column
    raiting: () => 1,
  },
});
backfill({
  from: movies,
  into: rated,
  columns: {
    // @ts-expect-error not a column of the table before
    rating: (m) => m.rating,
  },
});
backfill({
  from: movies,
  into: rated,
  columns: {
    // @ts-expect-error no int to take it from
    rating: 'title',
  },
});
// @ts-expect-error a backfill names its columns
backfill({ from: movies, into: rated });
// @ts-expect-error another table
backfill({ from: movies, into: moviesByGenre, columns: { title: () => 'x' } });
migration({ description: 'x', schema: [rated], data: [fill] });

// copy from another key: what may be null has to be said
const byDay = table('movies_by_day', {
  columns: { released: t.date(), id: t.uuid(), title: t.text() },
  partitionKey: ['released'],
  clusteringKey: ['id'],
});
// @ts-expect-error released may be null in the source
copy({ from: movies, into: byDay });
copy({ from: movies, into: byDay, columns: { released: (m) => m.released ?? skip('no date') } });
copy({
  from: movies,
  into: byDay,
  columns: {
    // @ts-expect-error a key is not unset
    released: unset,
  },
});

// copy from files
const film = csv.file('film.csv', {
  columns: {
    film_id: csv.int(),
    title: csv.text(),
    rate: csv.decimal(),
    last_update: csv.timestamp(),
    length: csv.int(),
  },
  key: ['film_id'],
  required: ['title'],
  delimiter: ';',
});
same<RowOf<typeof film>['film_id'], number>(true);
same<RowOf<typeof film>['title'], string>(true);
same<RowOf<typeof film>['rate'], Decimal | null>(true);
const films = table('films', {
  columns: { id: t.int(), title: t.text(), rate: t.decimal(), length: t.bigint(), note: t.text() },
  partitionKey: ['id'],
});
copy({ from: film, into: films, columns: { id: 'film_id' }, maxRejects: '0.1%' });
copy({ from: film, into: films, columns: { id: 'film_id', note: (f) => `${f.title} ${f.rate ?? ''}` } });
// @ts-expect-error id has no namesake
copy({ from: film, into: films });
// @ts-expect-error id has no namesake
copy({ from: film, into: films, columns: {} });
copy({
  from: film,
  into: films,
  columns: {
    // @ts-expect-error text into an int key
    id: 'title',
  },
});
copy({
  from: film,
  into: films,
  columns: {
    // @ts-expect-error a key that may be null
    id: 'length',
  },
});
copy({
  from: film,
  into: films,
  columns: {
    id: 'film_id',
    // @ts-expect-error not a column of films
    nope: 'title',
  },
});
copy({
  from: film,
  into: films,
  columns: {
    id: 'film_id',
    // @ts-expect-error not a column of the file
    note: 'titel',
  },
});
// @ts-expect-error a function of the row is not async
copy({ from: film, into: films, columns: { id: 'film_id', note: async (f) => f.title } });
// @ts-expect-error a table reads a table or a source
copy({ from: 'film', into: films, columns: { id: 'film_id' } });
const odd = table('odd', { columns: { film_id: t.int(), title: t.int() }, partitionKey: ['film_id'] });
// @ts-expect-error same name, other type: must be said
copy({ from: film, into: odd });
copy({ from: film, into: odd, columns: { title: unset } });
copy({ from: film, into: odd, columns: { title: (f) => f.title.length } });
copy({ from: film, into: odd, columns: { title: (f) => f.length ?? reject('no length') } });

// declared files
const raw = json.file('movies.json', {
  columns: { title: json.any(), genre: json.text(), 'US Gross': json.bigint(), cast: json.array() },
  required: ['genre'],
  fields: { title: 'Title', genre: 'Major Genre' },
});
same<RowOf<typeof raw>['title'], unknown>(true);
same<RowOf<typeof raw>['genre'], string>(true);
same<RowOf<typeof raw>['US Gross'], bigint | null>(true);
same<RowOf<typeof raw>['cast'], readonly unknown[] | null>(true);
// @ts-expect-error not a column
csv.file('x', { columns: { a: csv.int() }, key: ['b'] });
// @ts-expect-error not a column
csv.file('x', { columns: { a: csv.int() }, required: ['b'] });
// @ts-expect-error not a column
json.file('x', { columns: { a: json.int() }, fields: { b: 'B' } });
// @ts-expect-error a field's name is a text
json.file('x', { columns: { a: json.int() }, fields: { a: 1 } });
// @ts-expect-error a type of another system
csv.file('x', { columns: { a: json.int() } });
// @ts-expect-error a type of CQL
json.file('x', { columns: { a: t.int() } });
// @ts-expect-error JSON has no delimiter
json.file('x', { columns: { a: json.int() }, delimiter: ';' });
// @ts-expect-error no such setting
csv.file('x', { columns: { a: csv.int() }, separator: ';' });
// @ts-expect-error true or false
csv.file('x', { columns: { a: csv.int() }, header: 'no' });
// @ts-expect-error a file has columns
csv.file('x', {});
// @ts-expect-error a file is read, not written
copy({ from: films, into: film });

// conversions
declare const maybe: string | null;
to.text(raw.columns.title as unknown);
// @ts-expect-error null is said
to.uuid(maybe);
// @ts-expect-error a number is no uuid
to.uuid(1);
// @ts-expect-error a boolean is no number
to.int(true);
// @ts-expect-error a number is no day
to.date(20261122);
// @ts-expect-error a name has a namespace
to.uuidV5('x');
// @ts-expect-error no such conversion
to.varchar('x');

// Names that every object has, e.g. `constructor`, are names of columns like any other.
const results = existing('results', {
  columns: { id: t.int(), constructor: t.int(), points: t.int() },
  partitionKey: ['id'],
});
const scores = table('constructor', {
  columns: { id: t.int(), constructor: t.int(), score: t.int() },
  partitionKey: ['id'],
});
const lines = csv.file('results.csv', {
  columns: { id: csv.int(), constructor: csv.int(), v: csv.int() },
  fields: { v: 'w' },
});
csv.file('results.csv', { columns: { constructor: csv.text() }, fields: { constructor: 'w' } });
copy({ from: results, into: scores, columns: { score: 'points' } });
copy({ from: results, into: scores, columns: { constructor: (row) => row.points } });
transform({
  from: lines,
  into: scores,
  rows: ({ v, ...row }, out) => {
    const id = v ?? 0;
    out.emit({ id, score: v });
    out.emit({ id, constructor: row.constructor });
    // @ts-expect-error no number
    out.emit({ id, constructor: 'Ferrari' });
  },
});
backfill({ from: results, into: results, columns: { points: (row) => row.constructor } });
// @ts-expect-error no such column
copy({ from: results, into: scores, columns: { scor: 'points' } });
// @ts-expect-error neither a column nor a function
copy({ from: results, into: scores, columns: { constructor: true } });
