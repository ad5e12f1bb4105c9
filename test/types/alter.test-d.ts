import type { InsertOf, LocalDate, RowOf, Uuid } from '../../src/index.ts';
import { alter, alterType, desc, drop, existing, migration, t, table, udt } from '../../src/index.ts';
import { same } from './same.ts';

const movies = existing('movies', {
  columns: { id: t.uuid(), title: t.text(), genres: t.set(t.text()), released: t.date(), rating_text: t.text() },
  partitionKey: ['id'],
});

const rated = alter(movies, { add: { rating: t.int() }, drop: ['rating_text'] });
same<RowOf<typeof rated>['rating'], number | null>(true);
same<keyof RowOf<typeof rated>, 'id' | 'title' | 'genres' | 'released' | 'rating'>(true);
// @ts-expect-error gone
export type Gone = RowOf<typeof rated>['rating_text'];

// Keys survive rename, drop and another alter.
const renamed = alter(rated, { rename: { id: 'movie_id', title: 'name' } });
same<keyof InsertOf<typeof renamed>, 'movie_id' | 'name' | 'genres' | 'released' | 'rating'>(true);
same<RowOf<typeof renamed>['movie_id'], Uuid>(true);
same<RowOf<typeof renamed>['name'], string | null>(true);
const retyped = alter(renamed, { retype: { rating: t.bigint() } });
same<RowOf<typeof retyped>['rating'], bigint | null>(true);
same<RowOf<typeof retyped>['movie_id'], Uuid>(true);
const both = alter(renamed, { retype: { rating: t.bigint() }, rename: { rating: 'stars' } });
same<RowOf<typeof both>['stars'], bigint | null>(true);
// @ts-expect-error renamed
export type Renamed = RowOf<typeof both>['rating'];

// @ts-expect-error a key column cannot be dropped
alter(renamed, { drop: ['movie_id'] });
// @ts-expect-error no such column
alter(renamed, { drop: ['nope'] });
// @ts-expect-error drop is a list
alter(renamed, { drop: 'name' });
// @ts-expect-error no such column to rename
alter(renamed, { rename: { nope: 'x' } });
// @ts-expect-error a new name is a text
alter(renamed, { rename: { name: 1 } });
// @ts-expect-error no such column to retype
alter(renamed, { retype: { nope: t.int() } });
// @ts-expect-error a type is called
alter(renamed, { retype: { name: t.text } });
// @ts-expect-error there is a column of this name
alter(renamed, { add: { name: t.int() } });
// @ts-expect-error a column has a type
alter(renamed, { add: { length: 'int' } });
// @ts-expect-error no such part
alter(renamed, { remove: ['name'] });
// @ts-expect-error no such option
alter(renamed, { options: { ttl: 3 } });
// @ts-expect-error a table is altered, not a name
alter('movies', { drop: ['name'] });
alter(renamed, { options: { defaultTimeToLive: 60 } });

// Another primary key.
const rekeyed = alter(renamed, { partitionKey: ['released'], clusteringKey: [desc('movie_id')] });
same<RowOf<typeof rekeyed>['released'], LocalDate>(true);
same<RowOf<typeof rekeyed>['movie_id'], Uuid>(true);
same<RowOf<typeof rekeyed>['name'], string | null>(true);
const rekeyedByNew = alter(movies, {
  add: { year: t.int() },
  rename: { id: 'movie' },
  partitionKey: ['year'],
  clusteringKey: ['movie'],
});
same<RowOf<typeof rekeyedByNew>['year'], number>(true);
same<RowOf<typeof rekeyedByNew>['movie'], Uuid>(true);
// @ts-expect-error not a column
alter(renamed, { partitionKey: ['nope'] });
// @ts-expect-error its name before the change
alter(movies, { rename: { id: 'movie' }, partitionKey: ['id'] });
// @ts-expect-error not a column
alter(renamed, { partitionKey: ['released'], clusteringKey: [desc('nope')] });
// @ts-expect-error a key has a column
alter(renamed, { partitionKey: [] });

// A table declared with what the file uses.
const before = existing('movies', { columns: { id: t.uuid(), rating_text: t.text() }, partitionKey: ['id'] });
// @ts-expect-error not declared here
alter(before, { drop: ['title'] });

// A user-defined type grows; a table that uses it says so.
const address = udt('address', { street: t.text(), zip: t.text() });
const customers = table('customers', {
  columns: { id: t.uuid(), home: t.frozen(address), region: t.static(t.text()), at: t.timestamp() },
  partitionKey: ['id'],
  clusteringKey: ['at'],
});
const address2 = alterType(address, { add: { country: t.text() }, rename: { zip: 'code' } });
const customers2 = alter(customers, { retype: { home: t.frozen(address2) } });
same<keyof NonNullable<RowOf<typeof customers2>['home']>, 'street' | 'code' | 'country'>(true);
same<RowOf<typeof customers2>['at'], Date | null>(true);
export const grown: InsertOf<typeof customers2>['home'] = { country: 'NO', code: null };
// @ts-expect-error no such field
alterType(address, { rename: { city: 'town' } });
// @ts-expect-error there is a field of this name
alterType(address, { add: { zip: t.int() } });
// @ts-expect-error a field cannot be dropped
alterType(address, { drop: ['zip'] });
// @ts-expect-error a field is no counter
alterType(address, { add: { n: t.counter() } });
// @ts-expect-error a table is no type
alterType(customers, { add: { n: t.int() } });
// @ts-expect-error a type is no table
alter(address, { add: { n: t.int() } });

migration({ description: 'x', schema: [rated, address2, customers2, drop(movies), drop(address)] });
drop({ kind: 'function', name: 'plus', arguments: [t.int(), t.int()] });
// @ts-expect-error a name alone does not say what is dropped
drop('movies');
// @ts-expect-error no kind of object
drop({ kind: 'trigger', name: 'x' });
// @ts-expect-error functions are told apart by their arguments
drop({ kind: 'function', name: 'plus' });

// Names that every object has are names of columns like any other.
const results = existing('results', {
  columns: { id: t.int(), constructor: t.int(), toString: t.text(), points: t.int() },
  partitionKey: ['id'],
});
const scored = alter(results, { rename: { points: 'score' } });
same<keyof RowOf<typeof scored>, 'id' | 'constructor' | 'toString' | 'score'>(true);
const made = alter(results, { rename: { constructor: 'maker' }, retype: { toString: t.blob() }, drop: ['points'] });
same<keyof RowOf<typeof made>, 'id' | 'maker' | 'toString'>(true);
same<RowOf<typeof made>['maker'], number | null>(true);
alter(results, { retype: { points: t.bigint() } });
// @ts-expect-error a new name is a text
alter(results, { rename: { constructor: 1 } });
// @ts-expect-error no such column to rename
alter(results, { rename: { valueOf: 'x' } });
// @ts-expect-error no such column to rename
alter(results, { rename: { nope: 'x' } });
// @ts-expect-error a type is called
alter(results, { retype: { points: t.text } });
alterType(udt('maker', { constructor: t.text(), zip: t.text() }), { rename: { zip: 'code' } });
