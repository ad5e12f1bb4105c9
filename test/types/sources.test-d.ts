import type { Decimal, Duration, InsertOf, LocalDate, LocalTime, RowOf, Uuid } from '../../src/index.ts';
import { copy, reject, t, table, to, transform } from '../../src/index.ts';
import { mysql } from '../../src/mysql.ts';
import type { Range } from '../../src/postgres.ts';
import { postgres } from '../../src/postgres.ts';
import { sqlite } from '../../src/sqlite.ts';
import { same } from './same.ts';

// MySQL: what is read
const film = mysql.table('film', {
  connection: 'sakila',
  columns: {
    film_id: mysql.int(),
    title: mysql.varchar(),
    rate: mysql.decimal(),
    size: mysql.bigintUnsigned(),
    rating: mysql.enum('G', 'PG'),
    features: mysql.set('trailers', 'scenes'),
    extra: mysql.json<{ readonly imdb: string }>(),
    released: mysql.date(),
    length: mysql.duration(),
    starts: mysql.time(),
    updated: mysql.datetime(),
    cover: mysql.blob(),
    hidden: mysql.boolean(),
  },
  key: ['film_id'],
  notNull: ['title'],
  zone: 'Europe/Oslo',
  zeroDates: 'null',
});
type Film = RowOf<typeof film>;
same<Film['film_id'], number>(true);
same<Film['title'], string>(true);
same<Film['rate'], Decimal | null>(true);
same<Film['size'], bigint | null>(true);
same<Film['rating'], 'G' | 'PG' | null>(true);
same<Film['features'], ReadonlySet<'trailers' | 'scenes'> | null>(true);
same<Film['extra'], { readonly imdb: string } | null>(true);
same<Film['released'], LocalDate | null>(true);
same<Film['length'], Duration | null>(true);
same<Film['starts'], LocalTime | null>(true);
same<Film['updated'], Date | null>(true);
same<Film['cover'], Uint8Array | null>(true);
same<Film['hidden'], boolean | null>(true);

// what maps itself: exact and lossless, by the conversion table
const films = table('films', {
  columns: {
    film_id: t.bigint(),
    title: t.text(),
    rate: t.decimal(),
    size: t.varint(),
    rating: t.text(),
    features: t.set(t.text()),
    extra: t.json<{ readonly imdb: string }>(),
    released: t.date(),
    length: t.duration(),
    starts: t.time(),
    updated: t.timestamp(),
    cover: t.blob(),
    hidden: t.boolean(),
  },
  partitionKey: ['film_id'],
});
copy({ from: film, into: films });
copy({ from: film, into: films, columns: { title: (f) => f.title.trim(), rate: 'size' } });
const small = table('small', { columns: { film_id: t.smallint(), size: t.bigint() }, partitionKey: ['film_id'] });
// @ts-expect-error an int may be too large for a smallint, an unsigned bigint for a bigint
copy({ from: film, into: small });
// @ts-expect-error size still has to be said
copy({ from: film, into: small, columns: { film_id: (f) => to.smallint(f.film_id) } });
copy({
  from: film,
  into: small,
  columns: {
    film_id: (f) => to.smallint(f.film_id),
    size: (f) => (f.size === null ? null : to.bigint(f.size)),
  },
});
copy({
  from: film,
  into: small,
  columns: {
    // @ts-expect-error an int that may be too large
    film_id: 'film_id',
    size: (f) => f.size,
  },
});
const lossy = table('lossy', { columns: { film_id: t.int(), size: t.double() }, partitionKey: ['film_id'] });
// @ts-expect-error 64 bits do not fit into a double
copy({ from: film, into: lossy });
const single = table('single', { columns: { film_id: t.float() }, partitionKey: ['film_id'] });
// @ts-expect-error 32 bits do not fit into a float
copy({ from: film, into: single });
const texts = table('texts', { columns: { film_id: t.text(), rate: t.text() }, partitionKey: ['film_id'] });
// @ts-expect-error a number is no text
copy({ from: film, into: texts });
copy({ from: film, into: texts, columns: { film_id: (f) => to.text(f.film_id), rate: 'rate' } });
const byTitle = table('by_title', {
  columns: { title: t.text(), rating: t.text() },
  partitionKey: ['title'],
  clusteringKey: ['rating'],
});
// @ts-expect-error rating may be null, and a key may not
copy({ from: film, into: byTitle });
copy({ from: film, into: byTitle, columns: { rating: (f) => f.rating ?? reject('no rating') } });

// declarations that are wrong
const columns = { id: mysql.int(), name: mysql.text() };
// @ts-expect-error a connection is named
mysql.table('x', { columns });
// @ts-expect-error not a column
mysql.table('x', { connection: 'shop', columns, key: ['ID'] });
// @ts-expect-error not a column
mysql.table('x', { connection: 'shop', columns, notNull: ['title'] });
// @ts-expect-error not a column
mysql.table('x', { connection: 'shop', columns, fields: { title: 'x' } });
// @ts-expect-error a type of another system
mysql.table('x', { connection: 'shop', columns: { id: postgres.int() } });
// @ts-expect-error a type of CQL
mysql.table('x', { connection: 'shop', columns: { id: t.int() } });
// @ts-expect-error no such setting
mysql.table('x', { connection: 'shop', columns, zerodates: 'null' });
// @ts-expect-error no such choice
mysql.table('x', { connection: 'shop', columns, zeroDates: 'now' });
// @ts-expect-error only MySQL has zero dates
postgres.table('x', { connection: 'shop', columns: { id: postgres.int() }, zeroDates: 'null' });
// @ts-expect-error a query is in no schema
mysql.query('SELECT 1 AS id', { connection: 'shop', columns, schema: 'other' });
// @ts-expect-error an enumeration has labels
mysql.enum();
// @ts-expect-error labels are texts
mysql.enum(1);
// @ts-expect-error there is no such type
mysql.geometry();
// @ts-expect-error a source is read, not written
copy({ from: films, into: film });
// @ts-expect-error not one of its labels
transform({ from: film, into: films, rows: (f) => (f.rating === 'R' ? reject('no') : undefined) });

// PostgreSQL
const users = postgres.table('users', {
  connection: 'crm',
  columns: {
    id: postgres.uuid(),
    tags: postgres.array(postgres.text()),
    grid: postgres.array(postgres.array(postgres.bigint())),
    valid: postgres.range(postgres.date()),
    seen: postgres.timestamptz(),
    ago: postgres.interval(),
    net: postgres.cidr(),
  },
  key: ['id'],
  notNull: ['tags'],
});
type User = RowOf<typeof users>;
same<User['id'], Uuid>(true);
same<User['tags'], readonly string[]>(true);
same<User['grid'], readonly (readonly bigint[])[] | null>(true);
same<User['valid'], Range<LocalDate> | null>(true);
same<User['ago'], Duration | null>(true);
const people = table('people', {
  columns: {
    id: t.uuid(),
    tags: t.set(t.text()),
    grid: t.list(t.frozen(t.list(t.bigint()))),
    seen: t.timestamp(),
    ago: t.duration(),
    net: t.text(),
  },
  partitionKey: ['id'],
});
copy({ from: users, into: people });
const wrong = table('wrong', { columns: { id: t.uuid(), tags: t.set(t.int()), net: t.inet() }, partitionKey: ['id'] });
// @ts-expect-error texts are no ints, a network is no address
copy({ from: users, into: wrong });
// @ts-expect-error an element of another system
postgres.array(mysql.int());
// @ts-expect-error an array has elements
postgres.array();

// SQLite
const visits = sqlite.table('visits', {
  connection: 'site',
  columns: { id: sqlite.integer(), n: sqlite.int(), what: sqlite.any(), at: sqlite.unixepoch() },
  key: ['id'],
});
same<RowOf<typeof visits>['id'], bigint>(true);
same<RowOf<typeof visits>['what'], unknown>(true);
const log = table('log', {
  columns: { id: t.bigint(), n: t.tinyint(), at: t.timestamp(), what: t.text() },
  partitionKey: ['id'],
});
// @ts-expect-error of a field of mixed types only a function knows
copy({ from: visits, into: log });
copy({ from: visits, into: log, columns: { what: (v) => (typeof v.what === 'string' ? v.what : null) } });

// conversions of what other systems keep
declare const text: string;
same<ReturnType<typeof to.dateOrNull<string>>, LocalDate | null>(true);
const address = to.record(text, { street: to.text, number: to.int });
same<typeof address, { readonly street: string | null; readonly number: number | null }>(true);
const status: 'paid' | 'new' = to.oneOf(text, { P: 'paid', N: 'new' });
// @ts-expect-error a count has a unit
to.epoch(1);
// @ts-expect-error no such unit
to.epoch(1, 'hours');
// @ts-expect-error a time has a zone
to.localTimestamp(text);
// @ts-expect-error no such rounding
to.scaled('1.5', 0, 'up');
const row: InsertOf<typeof people> = { id: to.uuid(text), tags: [status] };

export type { User };
export { row };
