import {
  aggregate,
  asc,
  defineConfig,
  desc,
  env,
  existing,
  fn,
  index,
  keyspace,
  migration,
  t,
  view,
} from '../../src/index.ts';

const movies = existing('movies', {
  columns: {
    id: t.uuid(),
    at: t.timestamp(),
    title: t.text(),
    year: t.int(),
    tags: t.set(t.text()),
    ratings: t.map(t.text(), t.int()),
    cast: t.frozen(t.list(t.text())),
    region: t.static(t.set(t.text())),
    length: t.duration(),
    embedding: t.vector(3),
  },
  partitionKey: ['id'],
  clusteringKey: [desc('at')],
});

// Indexes.
index('a', { on: movies, column: 'title' });
index('b', { on: movies, column: 'title', using: 'secondary' });
index('c', { on: movies, column: 'title', using: 'sai', options: { caseSensitive: false, normalize: true } });
index('d', { on: movies, column: 'embedding', using: 'sai', options: { similarityFunction: 'cosine' } });
index('e', { on: movies, column: 'ratings', form: 'entries' });
index('f', { on: movies, column: 'ratings', form: 'keys', using: 'sai' });
index('g', { on: movies, column: 'tags', form: 'values' });
index('h', { on: movies, column: 'cast', form: 'full' });
index('i', { on: movies, column: 'region', form: 'values' });
index('j', { on: movies, column: 'title', using: { className: 'a.B' }, options: { mode: 'CONTAINS' } });
// @ts-expect-error no such column
index('x', { on: movies, column: 'titel' });
// @ts-expect-error a scalar has no keys
index('x', { on: movies, column: 'title', form: 'keys' });
// @ts-expect-error a set has no keys
index('x', { on: movies, column: 'tags', form: 'keys' });
// @ts-expect-error only what is frozen is indexed in full
index('x', { on: movies, column: 'tags', form: 'full' });
// @ts-expect-error what is frozen is indexed in full
index('x', { on: movies, column: 'cast', form: 'values' });
// @ts-expect-error a duration cannot be indexed
index('x', { on: movies, column: 'length' });
// @ts-expect-error no such option
index('x', { on: movies, column: 'title', using: 'sai', options: { case_sensitive: false } });
// @ts-expect-error true or false
index('x', { on: movies, column: 'title', using: 'sai', options: { caseSensitive: 'false' } });
// @ts-expect-error a secondary index has no options
index('x', { on: movies, column: 'title', options: { caseSensitive: false } });
// @ts-expect-error no such kind of index
index('x', { on: movies, column: 'title', using: 'lucene' });
// @ts-expect-error an index stands on a table
index('x', { on: 'movies', column: 'title' });
// @ts-expect-error an index has a column
index('x', { on: movies });

// Views.
view('a', { from: movies, columns: '*', partitionKey: ['year'], clusteringKey: ['id', 'at'] });
view('b', {
  from: movies,
  columns: ['title'],
  partitionKey: ['id', 'year'],
  clusteringKey: [asc('at')],
  where: "at > '2000-01-01'",
});
// @ts-expect-error not a column
view('x', { from: movies, columns: '*', partitionKey: ['yaer'], clusteringKey: ['id', 'at'] });
// @ts-expect-error not a column
view('x', { from: movies, columns: '*', partitionKey: ['year'], clusteringKey: ['id', desc('ta')] });
// @ts-expect-error not a column
view('x', { from: movies, columns: ['titel'], partitionKey: ['year'], clusteringKey: ['id', 'at'] });
// @ts-expect-error the key lacks at, a key column of the table
view('x', { from: movies, columns: '*', partitionKey: ['year'], clusteringKey: ['id'] });
// @ts-expect-error a view has columns
view('x', { from: movies, partitionKey: ['year'], clusteringKey: ['id', 'at'] });
view('x', {
  from: movies,
  columns: '*',
  partitionKey: ['id'],
  clusteringKey: ['at'],
  // @ts-expect-error only tables have a time to live
  options: { defaultTimeToLive: 3 },
});

// Functions and aggregates.
const plus = fn('plus', {
  arguments: { a: t.int(), b: t.int() },
  returns: t.int(),
  language: 'java',
  body: 'return a + b;',
  calledOnNull: true,
});
const total = aggregate('total', { arguments: [t.int()], stateFunction: plus, stateType: t.int(), initialState: '0' });
aggregate('other', { arguments: [t.int()], stateFunction: 'plus', stateType: t.int(), finalFunction: 'half' });
// @ts-expect-error a function returns something
fn('x', { arguments: {}, language: 'java', body: 'return 1;' });
// @ts-expect-error a function takes no counter
fn('x', { arguments: { a: t.counter() }, returns: t.int(), language: 'java', body: 'return 1;' });
// @ts-expect-error no body
fn('x', { arguments: {}, returns: t.int(), language: 'java' });
// @ts-expect-error the function gives an int, the state is a text
aggregate('x', { arguments: [t.int()], stateFunction: plus, stateType: t.text() });
// @ts-expect-error an initial state is CQL
aggregate('x', { arguments: [t.int()], stateFunction: plus, stateType: t.int(), initialState: 0 });
// @ts-expect-error an aggregate is no function
aggregate('x', { arguments: [t.int()], stateFunction: total, stateType: t.int() });

// The keyspace.
keyspace({ durableWrites: false });
// @ts-expect-error replication stands in the configuration
keyspace({ durableWrites: false, replication: 3 });
// @ts-expect-error true or false
keyspace({ durableWrites: 'no' });

migration({
  description: 'x',
  schema: [index('k', { on: movies, column: 'year' }), plus, total, keyspace({ durableWrites: true })],
});

// The configuration.
defineConfig({
  keyspace: 'shop',
  contactPoints: ['127.0.0.1'],
  localDataCenter: 'dc1',
  credentials: { username: 'a', password: env('PASSWORD') },
  tls: { ca: 'ca.pem', verify: true },
  backup: { store: { local: 'backups' } },
  replication: { dc1: 3 },
  environments: { ci: { data: 'skip', contactPoints: env('CASSANDRA') } },
});
// @ts-expect-error a keyspace is needed
defineConfig({ contactPoints: ['127.0.0.1'] });
// @ts-expect-error no such setting
defineConfig({ keyspace: 'shop', contactPoint: '127.0.0.1' });
// @ts-expect-error no such store
defineConfig({ keyspace: 'shop', backup: { store: 's3' } });
// @ts-expect-error run or skip
defineConfig({ keyspace: 'shop', environments: { ci: { data: 'no' } } });
// @ts-expect-error no such setting
defineConfig({ keyspace: 'shop', environments: { ci: { keyspaces: 'x' } } });
