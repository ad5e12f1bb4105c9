import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { emitDdl } from '../../src/cql/ddl.ts';
import { statedOptions } from '../../src/cql/option.ts';
import { parseType } from '../../src/cql/type-text.ts';
import { canonicalWhere } from '../../src/cql/where.ts';
import { typeText } from '../../src/model/type-text.ts';
import { emptyContext, everyStatement, mainTable } from '../cql/every-statement.ts';
import { type TestKeyspace, testKeyspace } from './node.ts';

const keyspace = 'cqlform_cql_ddl';
let node: TestKeyspace;
beforeAll(async () => {
  node = await testKeyspace(keyspace);
});
afterAll(async () => node[Symbol.asyncDispose]());

describe('every statement', () => {
  it.each(everyStatement.map((ddl, index) => [`${index} ${ddl.kind}`, ddl] as const))(
    '%s is accepted',
    async (_name, ddl) => {
      const context = {
        ...emptyContext,
        keyspace,
        ...(ddl.kind === 'drop-columns' ? { dropTimestamp: '1700000000000000' } : {}),
      };
      await node.run(emitDdl(ddl, context));
    },
  );

  it('create-keyspace is accepted', async () => {
    const name = `${keyspace}_made`;
    await node.run(`DROP KEYSPACE IF EXISTS ${name}`);
    const replication = { class: 'NetworkTopologyStrategy', [String(node.client.hosts.values()[0]?.datacenter)]: '1' };
    const settings = { kind: 'keyspace', replication, durableWrites: false } as const;
    await node.run(emitDdl({ kind: 'create-keyspace', settings }, { ...emptyContext, keyspace: name }));
    const [row] = await node.run(`SELECT * FROM system_schema.keyspaces WHERE keyspace_name = '${name}'`);
    expect(row).toMatchObject({ durable_writes: false });
    await node.run(`DROP KEYSPACE ${name}`);
  });

  it('made what it says', async () => {
    const columns = await node.run(
      `SELECT column_name, type, kind, clustering_order FROM system_schema.columns WHERE keyspace_name = '${keyspace}' AND table_name = 'MainTable'`,
    );
    for (const column of mainTable.columns) {
      const live = columns.find((row) => row['column_name'] === column.name);
      expect([column.name, live?.['type']]).toEqual([column.name, typeText(column.type)]);
      expect(parseType(String(live?.['type']))).toEqual(column.type);
    }
    const views = await node.run(`SELECT where_clause FROM system_schema.views WHERE keyspace_name = '${keyspace}'`);
    expect(views.length).toBeGreaterThan(0);
    for (const view of views) expect(canonicalWhere(String(view['where_clause']))).toBe(view['where_clause']);
  });

  it('creates a table with the id that is asked for', async () => {
    const id = '6ba7b810-9dad-51d1-80b4-00c04fd430c8';
    const table = {
      ...mainTable,
      name: 'with_id',
      columns: mainTable.columns.filter(({ type }) => type.kind !== 'udt'),
    };
    await node.run(emitDdl({ kind: 'create-table', table }, { ...emptyContext, keyspace, tableId: id }));
    const [row] = await node.run(
      `SELECT id FROM system_schema.tables WHERE keyspace_name = '${keyspace}' AND table_name = 'with_id'`,
    );
    expect(String(row?.['id'])).toBe(id);
  });
});

describe('options', () => {
  const wanted = [
    { compaction: { class: 'LeveledCompactionStrategy', sstable_size_in_mb: '100' } },
    { compaction: { class: 'UnifiedCompactionStrategy', scaling_parameters: 'T4' } },
    { compaction: { class: 'TimeWindowCompactionStrategy', compaction_window_unit: 'DAYS', max_threshold: '16' } },
    { compression: { class: 'ZstdCompressor', compression_level: '3' } },
    { compression: { enabled: 'false' } },
    { compression: { class: 'LZ4Compressor', enabled: 'true' } },
    { compression: {} },
    { caching: { keys: 'all' } },
    { caching: { rows_per_partition: '100' } },
    { caching: {} },
    { speculative_retry: 'none' },
    { speculative_retry: 'always' },
    { speculative_retry: '99.0PERCENTILE' },
    { speculative_retry: '50MS' },
    { speculative_retry: '50.7ms' },
    { speculative_retry: 'MIN(99p,50ms)' },
    { speculative_retry: 'max(99PERCENTILE, 50.0MS)' },
    { additional_write_policy: '95PERCENTILE' },
    { read_repair: 'none' },
    { comment: "it's" },
    { gc_grace_seconds: 0, default_time_to_live: 60, min_index_interval: 64, max_index_interval: 4096 },
    { bloom_filter_fp_chance: 0.001, crc_check_chance: 0.25, memtable_flush_period_in_ms: 1000 },
    { allow_auto_snapshot: false, incremental_backups: false },
  ];
  it.each(wanted)('%j are stated as foretold', async (options) => {
    const name = 'with_options';
    await node.run(`CREATE TABLE IF NOT EXISTS ${keyspace}.${name} (id int PRIMARY KEY, v int)`);
    await node.run(emitDdl({ kind: 'alter-options', of: 'table', name, options }, { ...emptyContext, keyspace }));
    const [row] = await node.run(
      `SELECT ${Object.keys(options).join(', ')} FROM system_schema.tables WHERE keyspace_name = '${keyspace}' AND table_name = '${name}'`,
    );
    expect(row).toEqual(statedOptions(options));
  });
});
