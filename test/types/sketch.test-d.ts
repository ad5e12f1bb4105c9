import { alter, alterType, backfill, copy, desc, drop, existing, migration, reject, skip, t, table, to, transform, udt, unset } from '../../src/index.ts';
import { csv } from '../../src/files.ts';
import type { Decimal, InsertOf, LocalDate, RowOf, Uuid } from '../../src/index.ts';

type Equal<A, B> = (<T>() => T extends A ? 1 : 2) extends (<T>() => T extends B ? 1 : 2) ? true : false;
const same = <A, B>(_: Equal<A, B>): void => {};

// 1 create
export const movies = table('movies', {
  columns: { id: t.uuid(), title: t.text(), genres: t.set(t.text()), released: t.date(), rating_text: t.text(), votes: t.bigint(), extra: t.json<{ imdb: string }>() },
  partitionKey: ['id'],
});
same<RowOf<typeof movies>['id'], Uuid>(true);
same<RowOf<typeof movies>['title'], string | null>(true);
same<RowOf<typeof movies>['genres'], ReadonlySet<string>>(true);
same<RowOf<typeof movies>['votes'], bigint | null>(true);

// 2 fan-out
export const moviesByGenre = table('movies_by_genre', {
  columns: { genre: t.text(), released: t.date(), id: t.uuid(), title: t.text(), tags: t.set(t.text()) },
  partitionKey: ['genre'],
  clusteringKey: [desc('released'), 'id'],
});
const fan = transform({
  from: movies, into: moviesByGenre,
  rows: (movie, out) => {
    const { released } = movie;
    if (released !== null) for (const genre of movie.genres) out.emit({ genre, released, id: movie.id, title: movie.title, tags: ['a'] });
    return released === null ? reject('no release date') : undefined;
  },
});
transform({ from: movies, into: moviesByGenre, rows: (m, out) => {
  if (m.released === null) throw new Error('x');
  const row = { genre: 'x', released: m.released, id: m.id };
  out.emit(row);
  // @ts-expect-error titel is not a column
  out.emit({ ...row, titel: m.title });
  // @ts-expect-error id is missing
  out.emit({ genre: 'x', released: m.released });
  // @ts-expect-error a key is not null
  out.emit({ genre: null, released: m.released, id: m.id });
  // @ts-expect-error a plain string is not a uuid
  out.emit({ genre: 'x', released: m.released, id: 'abc' });
  // @ts-expect-error a plain string is not a date
  out.emit({ genre: 'x', released: '2026-11-22', id: m.id });
  // @ts-expect-error no such source column
  out.emit({ ...row, title: m.name });
} });
// @ts-expect-error rows are emitted, not returned
transform({ from: movies, into: moviesByGenre, rows: (m) => ({ genre: 'x', released: m.released!, id: m.id }) });
// @ts-expect-error nothing to wait for in a transform
transform({ from: movies, into: moviesByGenre, rows: async () => skip('x') });

// 3 add + backfill + drop of the column that is read
export const movies2 = alter(movies, { add: { rating: t.int() }, drop: ['rating_text'] });
same<RowOf<typeof movies2>['rating'], number | null>(true);
// @ts-expect-error gone
type Gone = RowOf<typeof movies2>['rating_text'];
const fill = backfill({ from: movies, into: movies2, columns: { rating: (m) => m.rating_text === null ? null : Number(m.rating_text) } });
backfill({ from: movies, into: movies2, columns: {
  // @ts-expect-error text into an int
  rating: (m) => m.rating_text } });
backfill({ from: movies, into: movies2, columns: {
  // @ts-expect-error a key column cannot be backfilled
  id: (m) => m.id } });
export default migration({ description: 'numeric ratings', schema: [movies2, moviesByGenre], data: [fan, fill] });

// 4 keys survive rename, drop and another alter
export const movies3 = alter(movies2, { rename: { id: 'movie_id', title: 'name' } });
same<keyof InsertOf<typeof movies3> & string, 'movie_id' | 'name' | 'genres' | 'released' | 'votes' | 'extra' | 'rating'>(true);
same<RowOf<typeof movies3>['movie_id'], Uuid>(true);
same<RowOf<typeof movies3>['name'], string | null>(true);
// @ts-expect-error a key column cannot be dropped
alter(movies3, { drop: ['movie_id'] });
// @ts-expect-error no such column
alter(movies3, { drop: ['nope'] });
// @ts-expect-error no such column to rename
alter(movies3, { rename: { nope: 'x' } });
// 5 another primary key
export const movies4 = alter(movies3, { partitionKey: ['released'], clusteringKey: [desc('movie_id')] });
same<RowOf<typeof movies4>['released'], LocalDate>(true);
same<RowOf<typeof movies4>['movie_id'], Uuid>(true);
// @ts-expect-error not a column
alter(movies3, { partitionKey: ['nope'] });
// @ts-expect-error released may be null in the old table: it must be said
copy({ from: movies3, into: movies4 });
copy({ from: movies3, into: movies4, columns: { released: (m) => m.released ?? skip('no date') } });
// 6 a UDT grows; a table that uses it says so
const address = udt('address', { street: t.text(), zip: t.text() });
const customers = table('customers', { columns: { id: t.uuid(), home: t.frozen(address), region: t.static(t.text()), at: t.timestamp() }, partitionKey: ['id'], clusteringKey: ['at'] });
const address2 = alterType(address, { add: { country: t.text() } });
const customers2 = alter(customers, { retype: { home: t.frozen(address2) } });
const country: NonNullable<RowOf<typeof customers2>['home']>['country'] = 'NO' as string | null;
same<RowOf<typeof customers2>['at'], Date | null>(true); // static-only rows
// 7 MySQL
const film = csv.file('film.csv', { columns: { film_id: csv.int(), title: csv.text(), rate: csv.decimal(), last_update: csv.timestamp(), length: csv.int() }, key: ['film_id'], required: ['title'] });
const films = table('films', { columns: { id: t.int(), title: t.text(), rate: t.decimal(), length: t.bigint(), note: t.text() }, partitionKey: ['id'] });
copy({ from: film, into: films, columns: { id: 'film_id' }, maxRejects: '0.1%' });
copy({ from: film, into: films, columns: { id: 'film_id', note: (f) => `${f.title} ${f.rate ?? ''}` } });
// @ts-expect-error id has no namesake
copy({ from: film, into: films });
// @ts-expect-error id has no namesake
copy({ from: film, into: films, columns: {} });
copy({ from: film, into: films, columns: {
  // @ts-expect-error text into an int key
  id: 'title' } });
copy({ from: film, into: films, columns: {
  id: 'film_id',
  // @ts-expect-error not a column of films
  nope: 'title' } });
const odd = table('odd', { columns: { film_id: t.int(), title: t.int() }, partitionKey: ['film_id'] });
// @ts-expect-error same name, other type: must be said
copy({ from: film, into: odd });
copy({ from: film, into: odd, columns: { title: unset } });
copy({ from: film, into: odd, columns: { title: (f) => f.title.length } });
copy({ from: film, into: odd, columns: { title: (f) => f.length ?? reject('no length') } });
// 8 a later file says what it expects, not where it was declared
const before = existing('movies', { columns: { id: t.uuid(), rating_text: t.text() }, partitionKey: ['id'] });
const after = alter(before, { add: { rating: t.int() }, drop: ['rating_text'] });
backfill({ from: before, into: after, columns: { rating: (m) => (m.rating_text === null ? unset : Number(m.rating_text)) } });
// @ts-expect-error not declared here
alter(before, { drop: ['title'] });
// 9 tables
// @ts-expect-error not a column
table('x', { columns: { a: t.int() }, partitionKey: ['b'] });
// @ts-expect-error a table needs a partition key
table('x', { columns: { a: t.int() }, partitionKey: [] });
// @ts-expect-error not a column
table('x', { columns: { a: t.int(), b: t.int() }, partitionKey: ['a'], clusteringKey: [desc('c')] });
const row: InsertOf<typeof movies> = { id: to.uuid('x'), genres: ['a'], votes: 3, title: undefined };
migration({ description: 'x', schema: [drop(movies)] });
export { address2, country, customers2, row }; export type { Decimal, Gone };
