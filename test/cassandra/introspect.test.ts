import { Client, types } from 'cassandra-driver';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { emitDdl } from '../../src/cql/ddl.ts';
import type { Ddl } from '../../src/model/ddl.ts';
import type { LiveKeyspace } from '../../src/model/live.ts';
import { emptySchema, type Schema, type UserType } from '../../src/model/schema.ts';
import { everyObject } from './introspect-kit.ts';
import { dropKeyspaces, type Half, nodeAddress, openHalf, ownKeyspace } from './schema-fixture.ts';

const original = ownKeyspace('intro_a');
const copied = ownKeyspace('intro_b');
let half: Half;
let live: LiveKeyspace;

beforeAll(async () => {
  half = await openHalf({ keyspace: original });
  await half.createKeyspace();
  await createIn(original, everyObject);
  live = await half.cluster.describe(original);
});
afterAll(async () => {
  await half[Symbol.asyncDispose]();
  await dropKeyspaces(original, copied);
});

describe('introspection', () => {
  it('gives what, created again in another keyspace, is introspected as the same', async () => {
    await using other = await openHalf({ keyspace: copied });
    await other.createKeyspace();
    for (const ddl of creations(live.schema)) {
      await other.cluster.execute(emitDdl(ddl, { keyspace: copied, tableId: null, dropTimestamp: null }));
    }
    const again = await other.cluster.describe(copied);
    expect(again.schema).toEqual(live.schema);
    expect(Object.keys(again.facts)).toEqual(Object.keys(live.facts));
  });

  it('misses no object', () => {
    const { schema } = live;
    expect({
      types: Object.keys(schema.types),
      tables: Object.keys(schema.tables),
      indexes: Object.keys(schema.indexes),
      views: Object.keys(schema.views),
      functions: Object.keys(schema.functions),
      aggregates: Object.keys(schema.aggregates),
    }).toMatchInlineSnapshot(`
      {
        "aggregates": [
          "total(int)",
          "total2(int)",
          "tupagg(int)",
        ],
        "functions": [
          ""Fn"(int)",
          ""Fn"(text, list<text>, frozen<tuple<int, text>>, addr, map<text, frozen<list<int>>>)",
          "addnull(int, int)",
          "addup(int, int)",
          "fin(int)",
          "noargs()",
          "tupstate(frozen<tuple<int, bigint>>, int)",
        ],
        "indexes": [
          "IdxQuoted",
          "every_l_idx",
          "idx_c2",
          "idx_full",
          "idx_keys",
          "idx_values",
          "sai_ent",
          "sai_te",
          "sai_v",
          "sasi_vc",
        ],
        "tables": [
          "Quoted_Table",
          "counters",
          "every",
          "masked",
          "mv_base",
          "onlykeys",
          "onlystatic",
          "twcs",
          "ucs",
          "udtkey",
        ],
        "types": [
          "Weird "Type",
          "addr",
          "person",
        ],
        "views": [
          "MvSome",
          "mv_all",
        ],
      }
    `);
  });

  it('states keys, statics and columns in canonical order', () => {
    const every = live.schema.tables['every'];
    expect(every?.partitionKey).toEqual(['k']);
    expect(every?.clusteringKey).toEqual([
      { column: 'c1', order: 'desc' },
      { column: 'c2', order: 'asc' },
    ]);
    const names = every?.columns.map((column) => column.name) ?? [];
    expect(names.slice(0, 5)).toEqual(['k', 'c1', 'c2', 's1', 's2']);
    expect(names.slice(5)).toEqual(names.slice(5).toSorted());
    expect(every?.columns.filter((column) => column.static).map((column) => column.name)).toEqual(['s1', 's2']);
    const quoted = live.schema.tables['Quoted_Table'];
    expect(quoted?.partitionKey).toEqual(['select', 'From']);
    expect(quoted?.columns.map((column) => column.name)).toEqual(['select', 'From', 'a"b', 'ünï']);
  });

  it('states options as the server does, unset ones by their meaning', () => {
    expect(live.schema.tables['every']?.options).toMatchInlineSnapshot(`
      {
        "additional_write_policy": "95p",
        "allow_auto_snapshot": false,
        "bloom_filter_fp_chance": 0.5,
        "caching": {
          "keys": "NONE",
          "rows_per_partition": "10",
        },
        "cdc": false,
        "comment": "it's",
        "compaction": {
          "class": "org.apache.cassandra.db.compaction.LeveledCompactionStrategy",
          "max_threshold": "32",
          "min_threshold": "4",
          "sstable_size_in_mb": "200",
        },
        "compression": {
          "enabled": "false",
        },
        "crc_check_chance": 0.5,
        "default_time_to_live": 86400,
        "gc_grace_seconds": 3600,
        "incremental_backups": false,
        "max_index_interval": 2048,
        "memtable": "default",
        "memtable_flush_period_in_ms": 1000,
        "min_index_interval": 128,
        "read_repair": "NONE",
        "speculative_retry": "50ms",
      }
    `);
    expect(live.schema.tables['onlykeys']?.options).toMatchObject({
      cdc: false,
      allow_auto_snapshot: true,
      incremental_backups: true,
      memtable: 'default',
    });
  });

  it('tells the forms and kinds of indexes apart', () => {
    const forms = Object.values(live.schema.indexes).map(
      (index) =>
        `${index.name} ${index.table}.${index.column} ${index.form} ${typeof index.using === 'string' ? index.using : index.using.className} ${JSON.stringify(index.options)}`,
    );
    expect(forms).toMatchInlineSnapshot(`
      [
        "IdxQuoted Quoted_Table.From values secondary {}",
        "every_l_idx every.l values secondary {}",
        "idx_c2 every.c2 values secondary {}",
        "idx_full every.fm full secondary {}",
        "idx_keys every.m keys secondary {}",
        "idx_values every.m values secondary {}",
        "sai_ent every.m entries sai {}",
        "sai_te every.te values sai {"case_sensitive":"false","normalize":"true"}",
        "sai_v every.v values sai {"similarity_function":"euclidean"}",
        "sasi_vc every.vc values org.apache.cassandra.index.sasi.SASIIndex {"analyzer_class":"org.apache.cassandra.index.sasi.analyzer.StandardAnalyzer","case_sensitive":"false","mode":"CONTAINS"}",
      ]
    `);
  });

  it('states views with their columns, keys and condition', () => {
    expect(live.schema.views['mv_all']).toMatchObject({
      table: 'mv_base',
      columns: '*',
      partitionKey: ['d'],
      clusteringKey: [
        { column: 'a', order: 'desc' },
        { column: 'b', order: 'asc' },
        { column: 'c', order: 'desc' },
      ],
      where: 'a IS NOT NULL AND b IS NOT NULL AND c IS NOT NULL AND d IS NOT NULL',
    });
    expect(live.schema.views['MvSome']).toMatchObject({ columns: ['E', 'a', 'c', 'b'], partitionKey: ['E', 'a'] });
  });

  it('states masks as CQL takes them', () => {
    const masks = live.schema.tables['masked']?.columns.map((column) => `${column.name} ${column.mask ?? '-'}`);
    expect(masks).toMatchInlineSnapshot(`
      [
        "k -",
        "ad system.mask_replace({street: 'x'})",
        "bb system.mask_replace(0xff00)",
        "boo system.mask_replace(true)",
        "d system.mask_default()",
        "dbl system.mask_replace(1.5)",
        "dd system.mask_replace('2020-01-01')",
        "dec system.mask_replace(1.50)",
        "dur system.mask_replace(1mo2d)",
        "h system.mask_hash('SHA-512')",
        "i system.mask_inner(1, null)",
        "i2 system.mask_inner(1, 2, '#')",
        "ine system.mask_replace('127.0.0.1')",
        "li system.mask_replace([1, -2])",
        "lt system.mask_replace(['a', 'its'])",
        "mp system.mask_replace({'a': (1, 0xff)})",
        "n system.mask_null()",
        "o system.mask_outer(null, 1, '!')",
        "r system.mask_replace(-7)",
        "sb system.mask_replace({1, 2})",
        "tim system.mask_replace('10:00:00.000000000')",
        "ts2 system.mask_replace(['2020-01-01T00:00:00.000Z'])",
        "tt system.mask_replace('2020-01-01T00:00:00.000Z')",
        "uu system.mask_replace(00000000-0000-0000-0000-000000000000)",
        "ve system.mask_replace([1.5, 2])",
      ]
    `);
  });

  it('tells a keyspace that is not there from one that is empty', async () => {
    expect(await half.cluster.describe('test_no_such_keyspace')).toMatchObject({ exists: false, schema: emptySchema });
    const empty = ownKeyspace('intro_empty');
    await using other = await openHalf({ keyspace: empty });
    await other.createKeyspace();
    expect(await other.cluster.describe(empty)).toMatchObject({
      exists: true,
      schema: {
        ...emptySchema,
        keyspace: {
          replication: {
            class: 'org.apache.cassandra.locator.NetworkTopologyStrategy',
            [half.connection.localDataCenter]: '1',
          },
          durableWrites: true,
        },
      },
    });
    await dropKeyspaces(empty);
  });

  it('reads through pages: more columns than one holds', async () => {
    const wide = ownKeyspace('intro_wide');
    await using other = await openHalf({ keyspace: wide });
    await other.createKeyspace();
    const columns = Array.from({ length: 1_100 }, (_none, index) => `c${String(index).padStart(4, '0')} int`);
    for (const table of ['a', 'b', 'c', 'd', 'e']) {
      await other.cql(`CREATE TABLE ${wide}.${table} (k int PRIMARY KEY, ${columns.join(', ')})`);
    }
    const described = await other.cluster.describe(wide);
    expect(Object.values(described.schema.tables).map((table) => table.columns.length)).toEqual(Array(5).fill(1_101));
    await dropKeyspaces(wide);
  });
});

describe('facts of tables', () => {
  it('hold the id, and a new one after the table was made anew', async () => {
    const [row] = await half.cql('SELECT id FROM system_schema.tables WHERE keyspace_name = ? AND table_name = ?', [
      original,
      'ucs',
    ]);
    expect(live.facts['ucs']).toEqual({ id: String(row?.['id']), flags: ['compound'], dropped: [] });
    await half.cql(`CREATE TABLE ${original}.again (k int PRIMARY KEY)`);
    const before = (await half.cluster.describe(original)).facts['again'];
    await half.cql(`DROP TABLE ${original}.again`);
    await half.cql(`CREATE TABLE ${original}.again (k int PRIMARY KEY)`);
    const after = (await half.cluster.describe(original)).facts['again'];
    expect(after?.id).not.toBe(before?.id);
    await half.cql(`DROP TABLE ${original}.again`);
  });

  it('hold dropped columns with their time in microseconds', async () => {
    await half.cql(`CREATE TABLE ${original}.dropped (k int, c int, a list<text>, s int static, PRIMARY KEY (k, c))`);
    await half.cql(`ALTER TABLE ${original}.dropped DROP a USING TIMESTAMP 1790000000123000`);
    await half.cql(`ALTER TABLE ${original}.dropped DROP s USING TIMESTAMP 1790000000124000`);
    expect((await half.cluster.describe(original)).facts['dropped']?.dropped).toEqual([
      {
        name: 'a',
        type: { kind: 'list', element: { kind: 'scalar', name: 'text' }, frozen: false },
        static: false,
        droppedAt: '1790000000123000',
      },
      { name: 's', type: { kind: 'scalar', name: 'int' }, static: true, droppedAt: '1790000000124000' },
    ]);
    await half.cql(`DROP TABLE ${original}.dropped`);
  });

  it('flag counters and every form of COMPACT STORAGE', async () => {
    const compact = ownKeyspace('intro_compact');
    await using other = await openHalf({ keyspace: compact });
    await other.createKeyspace();
    await createIn(compact, [
      'CREATE TABLE static_form (a int PRIMARY KEY, b int) WITH COMPACT STORAGE',
      'CREATE TABLE dense_form (a int, b int, c int, PRIMARY KEY (a, b)) WITH COMPACT STORAGE',
      'CREATE TABLE keys_form (a int, b int, PRIMARY KEY (a, b)) WITH COMPACT STORAGE',
      'CREATE TABLE plain_form (a int, b int, PRIMARY KEY (a, b))',
      'CREATE TABLE count_form (a int PRIMARY KEY, n counter)',
    ]);
    const { facts } = await other.cluster.describe(compact);
    expect(Object.fromEntries(Object.entries(facts).map(([name, fact]) => [name, fact.flags.toSorted()]))).toEqual({
      static_form: ['compact'],
      dense_form: ['compact', 'dense'],
      keys_form: ['compact', 'dense'],
      plain_form: ['compound'],
      count_form: ['compound', 'counter'],
    });
    await dropKeyspaces(compact);
  });
});

/** Runs unqualified statements in a keyspace. */
async function createIn(keyspace: string, statements: readonly string[]): Promise<void> {
  const client = new Client({
    contactPoints: [nodeAddress()],
    localDataCenter: half.connection.localDataCenter,
    keyspace,
    isMetadataSyncEnabled: false,
    protocolOptions: { maxVersion: types.protocolVersion.v4 },
    socketOptions: { readTimeout: 60_000 },
  });
  for (const statement of statements) await client.execute(statement);
  await client.shutdown();
}

/** Whatever stands in a schema, created in an order in which it can be. */
function creations(schema: Schema): readonly Ddl[] {
  return [
    ...inOrder(Object.values(schema.types)).map((type): Ddl => ({ kind: 'create-type', type })),
    ...Object.values(schema.tables).map((table): Ddl => ({ kind: 'create-table', table })),
    ...Object.values(schema.indexes).map((index): Ddl => ({ kind: 'create-index', index })),
    ...Object.values(schema.views).map((view): Ddl => ({ kind: 'create-view', view })),
    ...Object.values(schema.functions).map((one): Ddl => ({ kind: 'create-function', function: one, replace: false })),
    ...Object.values(schema.aggregates).map(
      (aggregate): Ddl => ({ kind: 'create-aggregate', aggregate, replace: false }),
    ),
  ];
}

/** Types after those that they name. */
function inOrder(all: readonly UserType[]): readonly UserType[] {
  const done: UserType[] = [];
  while (done.length < all.length) {
    const names = new Set(done.map((type) => type.name));
    const next = all.find(
      (type) =>
        !names.has(type.name) &&
        [...JSON.stringify(type.fields).matchAll(/"kind":"udt","name":"((?:[^"\\]|\\.)*)"/g)].every(([, name]) =>
          names.has(JSON.parse(`"${name}"`)),
        ),
    );
    if (next === undefined) throw new Error('types that name each other');
    done.push(next);
  }
  return done;
}
