import { describe, expect, it } from 'vitest';
import { compileMigration } from '../../src/dsl/compile.ts';
import { asc, desc, existing, migration, t, table } from '../../src/index.ts';
import { mistakeOf, untyped } from './mistakes.ts';

const one = { columns: { a: t.int() }, partitionKey: ['a'] } as const;

describe('tables', () => {
  it('are frozen data without methods', () => {
    const movies = table('movies', {
      columns: { id: t.uuid(), at: t.date(), title: t.text() },
      partitionKey: ['id'],
      clusteringKey: [desc('at')],
    });
    expect(movies).toEqual({
      kind: 'table',
      name: 'movies',
      columns: { id: { kind: 'uuid' }, at: { kind: 'date' }, title: { kind: 'text' } },
      partitionKey: ['id'],
      clusteringKey: [{ column: 'at', order: 'desc' }],
    });
    for (const part of [
      movies,
      movies.columns,
      movies.partitionKey,
      movies.clusteringKey,
      movies.clusteringKey[0],
      movies.columns.id,
    ]) {
      expect(Object.isFrozen(part)).toBe(true);
    }
    expect(JSON.parse(JSON.stringify(movies))).toEqual(movies);
  });

  it('compile with their columns in canonical order', () => {
    const made = table('x', {
      columns: {
        z: t.int(),
        b: t.static(t.int()),
        k2: t.int(),
        a: t.static(t.int()),
        k1: t.int(),
        p2: t.int(),
        p1: t.int(),
        y: t.int(),
      },
      partitionKey: ['p2', 'p1'],
      clusteringKey: ['k1', asc('k2')],
    });
    const { declarations, expects } = compileMigration('1_x', migration({ description: 'x', schema: [made] }));
    expect(declarations).toMatchObject([
      {
        kind: 'create',
        object: {
          columns: ['p2', 'p1', 'k1', 'k2', 'a', 'b', 'y', 'z'].map((name) => ({ name })),
          partitionKey: ['p2', 'p1'],
          clusteringKey: [
            { column: 'k1', order: 'asc' },
            { column: 'k2', order: 'asc' },
          ],
          options: {},
        },
      },
    ]);
    expect(expects).toEqual([]);
  });

  it('take every option by the name that CQL uses', () => {
    const made = table('x', {
      ...one,
      options: {
        comment: "it's",
        defaultTimeToLive: 60,
        gcGraceSeconds: 0,
        compaction: { class: 'UnifiedCompactionStrategy', scalingParameters: 'T4', min_sstable_size: '100MiB' },
        compression: { class: 'ZstdCompressor', chunkLengthInKb: 16, crcCheckChance: 0.5 },
        caching: { keys: 'ALL', rowsPerPartition: 10 },
        bloomFilterFpChance: 0.01,
        crcCheckChance: 1,
        speculativeRetry: '99p',
        additionalWritePolicy: 'NEVER',
        memtable: 'trie',
        memtableFlushPeriodInMs: 0,
        minIndexInterval: 128,
        maxIndexInterval: 2048,
        readRepair: 'NONE',
        cdc: true,
        allowAutoSnapshot: false,
        incrementalBackups: true,
      },
    });
    const [declaration] = compileMigration('1_x', migration({ description: 'x', schema: [made] })).declarations;
    expect(
      declaration?.kind === 'create' && declaration.object.kind === 'table' ? declaration.object.options : null,
    ).toEqual({
      comment: "it's",
      default_time_to_live: 60,
      gc_grace_seconds: 0,
      compaction: { class: 'UnifiedCompactionStrategy', scaling_parameters: 'T4', min_sstable_size: '100MiB' },
      compression: { class: 'ZstdCompressor', chunk_length_in_kb: '16', crc_check_chance: '0.5' },
      caching: { keys: 'ALL', rows_per_partition: '10' },
      bloom_filter_fp_chance: 0.01,
      crc_check_chance: 1,
      speculative_retry: '99p',
      additional_write_policy: 'NEVER',
      memtable: 'trie',
      memtable_flush_period_in_ms: 0,
      min_index_interval: 128,
      max_index_interval: 2048,
      read_repair: 'NONE',
      cdc: true,
      allow_auto_snapshot: false,
      incremental_backups: true,
    });
    const without = table('x', { ...one, options: { compression: { enabled: false } } });
    expect(compileMigration('1_x', migration({ description: 'x', schema: [without] })).declarations).toMatchObject([
      { object: { options: { compression: { enabled: 'false' } } } },
    ]);
  });

  it.each<[string, () => unknown, string]>([
    ['no definition', () => table('x', untyped(undefined)), 'MIGRATION_NOT_AN_OBJECT'],
    ['an unknown part', () => table('x', untyped({ ...one, key: [] })), 'MIGRATION_UNKNOWN_PROPERTY'],
    ['options of existing', () => existing('x', untyped({ ...one, options: {} })), 'MIGRATION_UNKNOWN_PROPERTY'],
    ['no name', () => table('', one), 'MIGRATION_NAME_INVALID'],
    ['a name with a dash', () => table('a-b', one), 'MIGRATION_NAME_INVALID'],
    ['a name too long', () => table('a'.repeat(223), one), 'MIGRATION_NAME_INVALID'],
    ['a name that is no text', () => table(untyped(3), one), 'MIGRATION_NAME_INVALID'],
    [
      'a column without a name',
      () => table('x', untyped({ ...one, columns: { a: t.int(), '': t.int() } })),
      'MIGRATION_NAME_INVALID',
    ],
    ['columns in a list', () => table('x', untyped({ ...one, columns: [t.int()] })), 'MIGRATION_NOT_AN_OBJECT'],
    ['no partition key', () => table('x', untyped({ columns: one.columns })), 'MIGRATION_NOT_A_LIST'],
    ['an empty partition key', () => table('x', untyped({ ...one, partitionKey: [] })), 'MIGRATION_NO_PARTITION_KEY'],
    ['a key of no column', () => table('x', untyped({ ...one, partitionKey: ['b'] })), 'MIGRATION_KEY_NOT_A_COLUMN'],
    [
      'a key of a built-in property',
      () => table('x', untyped({ ...one, partitionKey: ['toString'] })),
      'MIGRATION_KEY_NOT_A_COLUMN',
    ],
    [
      'a clustering key of no column',
      () => table('x', untyped({ ...one, clusteringKey: [desc('b')] })),
      'MIGRATION_KEY_NOT_A_COLUMN',
    ],
    ['a column twice in the key', () => table('x', untyped({ ...one, clusteringKey: ['a'] })), 'MIGRATION_NAMED_TWICE'],
    [
      'an order that is none',
      () => table('x', untyped({ ...one, clusteringKey: [{ column: 'a', order: 'up' }] })),
      'MIGRATION_CLUSTERING_ORDER',
    ],
    [
      'static without a clustering key',
      () => table('x', untyped({ ...one, columns: { a: t.int(), b: t.static(t.int()) } })),
      'MIGRATION_STATIC_WITHOUT_CLUSTERING',
    ],
    [
      'counters and others',
      () => table('x', untyped({ ...one, columns: { a: t.int(), b: t.counter(), c: t.int() } })),
      'MIGRATION_COUNTER_MIXED',
    ],
    ['an unknown option', () => table('x', untyped({ ...one, options: { ttl: 3 } })), 'MIGRATION_UNKNOWN_PROPERTY'],
    [
      'a negative time to live',
      () => table('x', { ...one, options: { defaultTimeToLive: -1 } }),
      'MIGRATION_OPTION_INVALID',
    ],
    ['a chance over 1', () => table('x', { ...one, options: { bloomFilterFpChance: 2 } }), 'MIGRATION_OPTION_INVALID'],
    [
      'compaction without a class',
      () => table('x', untyped({ ...one, options: { compaction: {} } })),
      'MIGRATION_OPTION_INVALID',
    ],
    [
      'compaction with a list',
      () => table('x', untyped({ ...one, options: { compaction: { class: 'A', b: [] } } })),
      'MIGRATION_OPTION_INVALID',
    ],
    [
      'caching by halves',
      () => table('x', untyped({ ...one, options: { caching: { keys: 'ALL' } } })),
      'MIGRATION_OPTION_INVALID',
    ],
    [
      'read repair that is none',
      () => table('x', untyped({ ...one, options: { readRepair: 'LATER' } })),
      'MIGRATION_OPTION_INVALID',
    ],
  ])('refuse %s', (_what, make, code) => {
    expect(mistakeOf(make).split(':')[0]).toBe(code);
  });

  it('name the object and the property in what they refuse', () => {
    expect(mistakeOf(() => table('x', untyped({ ...one, sortKey: [] })))).toBe(
      'MIGRATION_UNKNOWN_PROPERTY: table "x" has no property "sortKey"',
    );
    expect(mistakeOf(() => table('x', { ...one, options: { gcGraceSeconds: 0.5 } }))).toBe(
      'MIGRATION_OPTION_INVALID: gcGraceSeconds of table x is 0.5',
    );
  });
});
