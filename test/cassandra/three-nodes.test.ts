import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ledgerTableId } from '../../src/cassandra/ledger-tables.ts';
import { createRows } from '../../src/cassandra/rows.ts';
import { devStatus, type NodeHealth } from '../../src/devcluster/status.ts';
import { type PrivateCluster, privateCluster } from '../support/cassandra.ts';
import { LedgerChild } from './ledger-child.ts';
import { type Half, openHalf, quickTimings, thrownBy } from './schema-fixture.ts';

let own: PrivateCluster;
let half: Half;

beforeAll(async () => {
  own = await privateCluster({ nodes: 3 });
  half = await open('shop');
  await half.cql(
    `CREATE KEYSPACE shop WITH replication = {'class': 'NetworkTopologyStrategy', '${half.connection.localDataCenter}': 3}`,
  );
}, 300_000);
afterAll(async () => {
  await half[Symbol.asyncDispose]();
  await own[Symbol.asyncDispose]();
});

const points = (): readonly string[] => own.cluster.nodes.map((node) => `${node.address}:${node.port}`);
const open = (keyspace: string): Promise<Half> =>
  openHalf({ keyspace, ledgerKeyspace: 'ledger', contactPoints: [points()[0] ?? ''] });

const downNodes = async (): Promise<readonly string[]> =>
  (await half.cluster.health()).filter((node) => !node.up).map((node) => node.address);

/** What `dev status` says of each. */
const states = async (): Promise<readonly NodeHealth[]> => {
  const status = await devStatus({ folder: own.folder });
  return status.kind === 'present' ? status.nodes.map((node) => node.health) : [];
};

describe('three nodes', { timeout: 240_000 }, () => {
  it('form one even ring', async () => {
    expect(new Set(own.cluster.nodes.map((node) => node.port)).size).toBe(1);
    expect(new Set(own.cluster.nodes.map((node) => node.address)).size).toBe(3);
    const ring = await own.nodetool('status', 'system_auth');
    expect(ring.match(/^UN /gm)).toHaveLength(3);
    expect(ring.match(/33\.3%/g)).toHaveLength(3);
    expect(await states()).toEqual(['up', 'up', 'up']);
  });

  it('agree on a schema after each statement, and are all up', async () => {
    expect((await half.cluster.health()).map(({ address, up }) => ({ address, up }))).toEqual(
      expect.arrayContaining(points().map((address) => ({ address, up: true }))),
    );
    for (let index = 0; index < 5; index++) {
      await half.cluster.execute(`CREATE TABLE shop.t${index} (k int PRIMARY KEY)`);
      await half.cluster.agree(20_000);
      const versions = new Set((await half.cluster.health()).map((node) => node.schemaVersion));
      expect(versions.size).toBe(1);
    }
  });

  it('take rows that are partitions of their own, each pair of nodes its own', async () => {
    const { localDataCenter } = half.connection;
    // By the node that agree asks: another may not have heard of a change yet, and agree on the schema before it.
    await half.cluster.execute(
      `CREATE KEYSPACE pairs WITH replication = {'class': 'NetworkTopologyStrategy', '${localDataCenter}': 2}`,
    );
    await half.cluster.execute('CREATE TABLE pairs.t (k int PRIMARY KEY, v int)');
    await half.cluster.agree(20_000);
    const { tables, types } = (await half.cluster.describe('pairs')).schema;
    const [table] = Object.values(tables);
    if (table === undefined) throw new Error('there is no table');
    const rows = createRows(half.connection);
    const writer = rows.write({ keyspace: 'pairs', table, types, consistency: 'ALL' });
    const int = (value: number): Buffer => {
      const bytes = Buffer.alloc(4);
      bytes.writeInt32BE(value);
      return bytes;
    };
    for (let k = 0; k < 3000; k += 1) {
      const key = { partitionKey: [int(k)], clusteringKey: [] };
      await writer.write({ kind: 'insert', ...key, cells: { v: int(k + 1) }, timestamp: 1n, ttl: 0 });
    }
    await writer.flush();
    let read = 0;
    const scan = { keyspace: 'pairs', table, types, columns: ['v'], times: false, consistency: 'ALL' } as const;
    for (const range of rows.split(1)) for await (const page of rows.scan({ ...scan, range })) read += page.length;
    expect(read).toBe(3000);
  });

  it('end in one ledger when each is asked to make it at once', async () => {
    const children = await Promise.all(
      Array.from({ length: 3 }, (_none, index) =>
        LedgerChild.start({
          contactPoint: points()[index] ?? '',
          keyspace: 'shop',
          ledgerKeyspace: 'ledger',
          owner: `p${index}`,
          timings: quickTimings,
        }),
      ),
    );
    expect(await Promise.all(children.map((child) => child.ask('prepare')))).toEqual(
      children.map(() => ({ value: null })),
    );
    const ids = await half.cql("SELECT table_name, id FROM system_schema.tables WHERE keyspace_name = 'ledger'");
    expect(ids.map((row) => String(row['id'])).toSorted()).toEqual(
      ['journal', 'documents', 'checkpoints'].map((table) => ledgerTableId('ledger', table)).toSorted(),
    );
    const [keyspace] = await half.cql("SELECT replication FROM system_schema.keyspaces WHERE keyspace_name = 'ledger'");
    expect(keyspace?.['replication']).toMatchObject({ [half.connection.localDataCenter]: '3' });
    // One after another, each through another node.
    for (const [index, child] of children.entries()) {
      expect(await child.ask('take', 20_000)).toEqual({ value: index + 1 });
      expect(await child.ask('write', 1)).toEqual({ value: null });
      expect(await child.ask('release')).toEqual({ value: null });
      await child[Symbol.asyncDispose]();
    }
    expect(await half.journal.entries()).toHaveLength(3);
  });

  it('have indexes that are queryable on each of them', async () => {
    await half.cluster.execute('CREATE TABLE shop.indexed (k int PRIMARY KEY, a int, b int)');
    await half.cluster.agree(20_000);
    await half.cluster.execute('CREATE INDEX by_a ON shop.indexed (a)');
    await half.cluster.execute("CREATE INDEX by_b ON shop.indexed (b) USING 'sai'");
    for (const index of ['by_a', 'by_b']) {
      await expect.poll(() => half.cluster.indexQueryable('shop', index), { timeout: 30_000 }).toBe(true);
    }
  });

  it('of which one hangs: it is told as down', async () => {
    const [, , third] = own.cluster.nodes;
    await own.pause(third?.name);
    // The last of its threads may stop a moment after the signal.
    await expect.poll(downNodes, { timeout: 30_000 }).toEqual([`${third?.address}:${third?.port}`]);
    expect(await states()).toEqual(['up', 'up', 'not-answering']);
    await own.resume(third?.name);
    await expect
      .poll(async () => (await half.cluster.health()).every((node) => node.up), { timeout: 60_000 })
      .toBe(true);
  });

  it('of which one is down: it is told, and the others agree and keep the ledger', async () => {
    const [, , third] = own.cluster.nodes;
    const lease = await half.journal.take({ owner: 'ann', timeoutMs: 20_000, onWait: () => undefined });
    await own.stop(third?.name);
    await expect.poll(downNodes, { timeout: 30_000 }).toEqual([`${third?.address}:${third?.port}`]);
    expect(await states()).toEqual(['up', 'up', 'down']);
    expect(await half.cluster.execute('CREATE TABLE shop.meanwhile (k int PRIMARY KEY)')).toMatchObject({
      kind: 'done',
    });
    await half.cluster.agree(20_000);
    await half.journal.write({ kind: 'floor', table: 'meanwhile', timestamp: '1', reason: 'test' });
    lease.assertHeld();
    await own.repair();
    await expect
      .poll(async () => (await half.cluster.health()).every((node) => node.up), { timeout: 60_000 })
      .toBe(true);
    await half.cluster.agree(60_000);
    expect(await states()).toEqual(['up', 'up', 'up']);
    lease.assertHeld();
    await lease.release();
  });

  it('of which a majority is down: the ledger cannot be written, and says so', async () => {
    const lease = await half.journal.take({ owner: 'ann', timeoutMs: 20_000, onWait: () => undefined });
    const [, second, third] = own.cluster.nodes;
    await own.stop(second?.name);
    await own.stop(third?.name);
    const thrown = await thrownBy(half.journal.write({ kind: 'floor', table: 'none', timestamp: '1', reason: 'test' }));
    expect(thrown).toMatchObject({ code: 'LEDGER_UNREACHABLE', retryable: true });
    await own.repair();
    await expect
      .poll(
        async () =>
          half.journal
            .write({ kind: 'floor', table: 'some', timestamp: '1', reason: 'test' })
            .then(() => 'written', String),
        {
          timeout: 90_000,
        },
      )
      .toBe('written');
    await lease.release();
  });
});
