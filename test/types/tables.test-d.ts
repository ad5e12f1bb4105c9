import { csv } from '../../src/files.ts';
import type { RowOf } from '../../src/index.ts';
import { asc, desc, existing, migration, t, table } from '../../src/index.ts';
import { same } from './same.ts';

const movies = table('movies', { columns: { id: t.uuid(), title: t.text() }, partitionKey: ['id'] });
same<(typeof movies)['name'], 'movies'>(true);

// Keys.
// @ts-expect-error not a column
table('x', { columns: { a: t.int() }, partitionKey: ['b'] });
// @ts-expect-error a table needs a partition key
table('x', { columns: { a: t.int() }, partitionKey: [] });
// @ts-expect-error a table needs a partition key
table('x', { columns: { a: t.int() } });
// @ts-expect-error a key is a list
table('x', { columns: { a: t.int() }, partitionKey: 'a' });
// @ts-expect-error not a column
table('x', { columns: { a: t.int(), b: t.int() }, partitionKey: ['a'], clusteringKey: ['c'] });
// @ts-expect-error not a column
table('x', { columns: { a: t.int(), b: t.int() }, partitionKey: ['a'], clusteringKey: [desc('c')] });
// @ts-expect-error not a column
table('x', { columns: { a: t.int(), b: t.int() }, partitionKey: ['a'], clusteringKey: [asc('c'), 'b'] });
// @ts-expect-error partition columns have no order
table('x', { columns: { a: t.int() }, partitionKey: [desc('a')] });
table('x', {
  columns: {
    // @ts-expect-error a counter cannot stand in the key
    a: t.counter(),
  },
  partitionKey: ['a'],
});
table('x', {
  columns: {
    // @ts-expect-error a duration has no order
    a: t.duration(),
  },
  partitionKey: ['a'],
});
table('x', {
  columns: {
    a: t.int(),
    // @ts-expect-error JSON has more than one spelling
    b: t.json(),
  },
  partitionKey: ['a'],
  clusteringKey: ['b'],
});
existing('x', {
  columns: {
    // @ts-expect-error a static column cannot stand in the key
    a: t.static(t.int()),
    b: t.int(),
  },
  partitionKey: ['a'],
  clusteringKey: ['b'],
});
table('x', { columns: { a: t.set(t.int()) }, partitionKey: ['a'] });

// Static columns.
const orders = table('orders', {
  columns: { id: t.uuid(), at: t.timestamp(), region: t.static(t.text()), tags: t.static(t.set(t.text())) },
  partitionKey: ['id'],
  clusteringKey: ['at'],
});
same<RowOf<typeof orders>['at'], Date | null>(true);
same<RowOf<typeof orders>['region'], string | null>(true);
same<RowOf<typeof orders>['tags'], ReadonlySet<string>>(true);
table('x', {
  columns: {
    a: t.int(),
    // @ts-expect-error a static column needs a clustering key
    b: t.static(t.int()),
  },
  partitionKey: ['a'],
});

// Counters.
const visits = table('visits', { columns: { page: t.text(), n: t.counter(), m: t.counter() }, partitionKey: ['page'] });
same<RowOf<typeof visits>['n'], bigint | null>(true);
table('counts', {
  columns: { page: t.text(), at: t.date(), n: t.counter(), all: t.static(t.counter()) },
  partitionKey: ['page'],
  clusteringKey: ['at'],
});
table('x', {
  columns: {
    a: t.int(),
    n: t.counter(),
    // @ts-expect-error a table with a counter holds nothing else
    b: t.text(),
  },
  partitionKey: ['a'],
});

// Options.
table('x', {
  columns: { a: t.int() },
  partitionKey: ['a'],
  options: {
    comment: 'x',
    defaultTimeToLive: 60,
    gcGraceSeconds: 0,
    compaction: { class: 'UnifiedCompactionStrategy', scalingParameters: 'T4' },
    compression: { class: 'ZstdCompressor', chunkLengthInKb: 16 },
    caching: { keys: 'ALL', rowsPerPartition: 10 },
    bloomFilterFpChance: 0.01,
    crcCheckChance: 1,
    speculativeRetry: '99p',
    additionalWritePolicy: '99p',
    memtable: 'trie',
    minIndexInterval: 128,
    maxIndexInterval: 2048,
    readRepair: 'BLOCKING',
    cdc: true,
  },
});
const one = { columns: { a: t.int() }, partitionKey: ['a'] } as const;
// @ts-expect-error no such option
table('x', { ...one, options: { coment: 'x' } });
// @ts-expect-error options are named as in TypeScript
table('x', { ...one, options: { default_time_to_live: 60 } });
// @ts-expect-error seconds are a number
table('x', { ...one, options: { defaultTimeToLive: '60' } });
// @ts-expect-error compaction has a class
table('x', { ...one, options: { compaction: { sstableSizeInMb: 160 } } });
// @ts-expect-error ALL or NONE
table('x', { ...one, options: { caching: { keys: 'SOME', rowsPerPartition: 'ALL' } } });
// @ts-expect-error BLOCKING or NONE
table('x', { ...one, options: { readRepair: 'ASYNC' } });
// @ts-expect-error true or false
table('x', { ...one, options: { cdc: 'yes' } });
// @ts-expect-error a table that is there has no options to give
existing('x', { ...one, options: { comment: 'x' } });

// What is no column, and what is no part of a table.
// @ts-expect-error the type of a file's field is not CQL
table('x', { columns: { a: csv.int() }, partitionKey: ['a'] });
// @ts-expect-error no such part
table('x', { ...one, sortKey: ['a'] });
// @ts-expect-error values are frozen
movies.name = 'films';
// @ts-expect-error values have no methods
movies.drop();

// Migrations.
migration({ description: 'x', schema: [movies] });
// @ts-expect-error a migration says what it does
migration({ schema: [movies] });
// @ts-expect-error schema is a list
migration({ description: 'x', schema: movies });
// @ts-expect-error not an object of a schema
migration({ description: 'x', schema: ['movies'] });
// @ts-expect-error no such part
migration({ description: 'x', tables: [movies] });
// @ts-expect-error data is made by copy, transform and backfill
migration({ description: 'x', data: [movies] });
// @ts-expect-error ids of files
migration({ description: 'x', replaces: [1] });
