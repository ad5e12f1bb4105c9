import { randomBytes } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { clusterStore } from '../../src/cassandra/cluster-store.ts';
import { ledgerTableId } from '../../src/cassandra/ledger-tables.ts';
import { type RowsFixture, rowsFixture } from './rows-fixture.ts';

const keyspace = 'rows_cluster_store';
let fixture: RowsFixture;
beforeAll(async () => {
  fixture = await rowsFixture(keyspace);
});
afterAll(async () => {
  await fixture.close();
});

const count = async (table: string): Promise<number> => {
  const result = await fixture.connection.client.execute(`SELECT COUNT(*) AS n FROM ${keyspace}.${table}`);
  return Number(result.first()?.['n']);
};
const listed = async (prefix: string): Promise<string[]> => {
  const keys: string[] = [];
  for await (const { key, bytes } of clusterStore(fixture.connection, { keyspace }).list(prefix)) {
    keys.push(`${key} ${bytes}`);
  }
  return keys;
};

describe('the store inside the cluster', () => {
  it('is empty before anything was put, without making tables', async () => {
    const store = clusterStore(fixture.connection, { keyspace });
    expect(store.name).toBe('cluster:rows_cluster_store');
    expect(await store.get('a')).toBeNull();
    expect(await store.getRange('a', 0, 1)).toBeNull();
    expect(await listed('')).toEqual([]);
    await store.delete('a');
    const tables = await fixture.connection.client.execute(
      `SELECT table_name FROM system_schema.tables WHERE keyspace_name = '${keyspace}'`,
    );
    expect(tables.rows).toHaveLength(0);
  });

  it('makes its tables once, under fixed ids, however many begin at once', async () => {
    const stores = Array.from({ length: 4 }, () => clusterStore(fixture.connection, { keyspace }));
    await Promise.all(stores.map((store, index) => store.put(`race/${index}`, randomBytes(10))));
    expect(await listed('race/')).toEqual(['race/0 10', 'race/1 10', 'race/2 10', 'race/3 10']);
    const tables = await fixture.connection.client.execute(
      `SELECT table_name, id FROM system_schema.tables WHERE keyspace_name = '${keyspace}'`,
    );
    for (const name of ['blob_objects', 'blob_parts']) {
      const row = tables.rows.find((table) => table['table_name'] === name);
      expect(String(row?.['id'])).toBe(ledgerTableId(keyspace, name));
    }
  });

  it('gives back objects of every size, whole and in ranges', async () => {
    const store = clusterStore(fixture.connection, { keyspace });
    const mebi = 1024 * 1024;
    for (const size of [0, 1, mebi - 1, mebi, mebi + 1, 3 * mebi + 17]) {
      const bytes = randomBytes(size);
      const key = `sizes/${size}`;
      await store.put(key, bytes);
      expect(Buffer.compare((await store.get(key)) ?? randomBytes(3), bytes)).toBe(0);
      for (const [offset, length] of [
        [0, 0],
        [0, size],
        [size - 1, 1],
        [mebi - 5, 10],
        [mebi, mebi],
        [size - 3, 100],
        [size + 5, 5],
      ] as const) {
        const found = Buffer.from((await store.getRange(key, Math.max(0, offset), length)) ?? 'none');
        const wanted = bytes.subarray(Math.max(0, offset), Math.max(0, offset) + length);
        // compared whole: the matchers walk megabytes byte by byte
        expect(Buffer.compare(found, wanted), `${size} at ${offset}`).toBe(0);
      }
    }
  });

  it('leaves what is there, replaces it only when told to, and leaves no parts behind', async () => {
    const store = clusterStore(fixture.connection, { keyspace });
    const parts = await count('blob_parts');
    await store.put('head', Buffer.alloc(2_500_000, 1));
    await store.put('head', Buffer.from('other'));
    expect((await store.get('head'))?.length).toBe(2_500_000);
    expect(await count('blob_parts')).toBe(parts + 3);
    await store.put('head', Buffer.from('other'), { replace: true });
    expect(Buffer.from((await store.get('head')) ?? '').toString()).toBe('other');
    expect(await count('blob_parts')).toBe(parts + 1);
    await store.put('copy', Buffer.from('other'));
    await store.delete('head');
    expect(await store.get('head')).toBeNull();
    expect(Buffer.from((await store.get('copy')) ?? '').toString()).toBe('other');
    await store.delete('copy');
    expect(await count('blob_parts')).toBe(parts);
  });

  it('finishes what an interrupted replacement or deletion left', async () => {
    const store = clusterStore(fixture.connection, { keyspace });
    const parts = await count('blob_parts');
    await store.put('torn', Buffer.alloc(1_500_000, 2));
    const { client } = fixture.connection;
    const row = (
      await client.execute(`SELECT content FROM ${keyspace}.blob_objects WHERE store = 'default' AND key = 'torn'`)
    ).first();
    const stale = 'f'.repeat(64);
    await client.execute(`INSERT INTO ${keyspace}.blob_parts (content, part, body) VALUES ('${stale}', 0, 0x01)`);
    await client.execute(
      `UPDATE ${keyspace}.blob_objects SET stale_content = '${stale}', stale_parts = 1 WHERE store = 'default' AND key = 'torn'`,
    );
    await client.execute(`DELETE FROM ${keyspace}.blob_parts WHERE content = '${row?.['content']}' AND part = 1`);
    expect(await store.get('torn')).toBeNull();
    await store.put('torn', Buffer.alloc(1_500_000, 2), { replace: true });
    expect((await store.get('torn'))?.length).toBe(1_500_000);
    expect(await count('blob_parts')).toBe(parts + 2);
    await store.delete('torn');
    expect(await count('blob_parts')).toBe(parts);
  });

  it('lists by prefix in order, over pages', async () => {
    const store = clusterStore(fixture.connection, { keyspace });
    for (const key of ['list/b', 'list/a/x', 'list/a/y', 'list', 'list-2', 'lisu'])
      await store.put(key, Buffer.from(key));
    expect(await listed('list/')).toEqual(['list/a/x 8', 'list/a/y 8', 'list/b 6']);
    expect(await listed('list/a')).toEqual(['list/a/x 8', 'list/a/y 8']);
    expect(await listed('lis')).toHaveLength(6);
    expect(await listed('nothing')).toEqual([]);
  });

  it('says clearly when it is full, and refuses keys that are none', async () => {
    const used = (await listed('')).reduce((sum, line) => sum + Number(line.split(' ')[1]), 0);
    const store = clusterStore(fixture.connection, { keyspace, limitBytes: used + 100 });
    await store.put('full/a', Buffer.alloc(60));
    await expect(store.put('full/b', Buffer.alloc(60))).rejects.toMatchObject({
      code: 'STORE_FULL',
      fields: { neededBytes: 60, limitBytes: used + 100 },
    });
    await store.delete('full/a');
    await store.put('full/b', Buffer.alloc(60));
    await expect(store.put('Upper', Buffer.alloc(1))).rejects.toMatchObject({ code: 'OBJECT_KEY_INVALID' });
  });
});
