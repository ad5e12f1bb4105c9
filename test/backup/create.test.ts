import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createBackups } from '../../src/backup/backups.ts';
import { localStore } from '../../src/backup/stores/local.ts';
import { systemClock } from '../../src/cassandra/system-clock.ts';
import type { Table } from '../../src/model/schema.ts';
import type { BackupRequest, BackupStored } from '../../src/ports/engines.ts';
import { type BackupFixture, backupFixture, temporaryFolder } from './fixture.ts';

let fixture: BackupFixture;
let one: Table;
let two: Table;
beforeAll(async () => {
  fixture = await backupFixture('backup_create');
  one = await fixture.table('one', { columns: { id: 'int', a: 'text', b: 'text' }, partitionKey: ['id'] });
  two = await fixture.table('two', { columns: { id: 'int', s: 'set<int>' }, partitionKey: ['id'] });
  for (let id = 0; id < 30; id += 1) {
    await fixture.cql(`INSERT INTO ${fixture.keyspace}.one (id, a, b) VALUES (${id}, 'a', 'b')`);
    await fixture.cql(`INSERT INTO ${fixture.keyspace}.two (id, s) VALUES (${id}, {1})`);
  }
});
afterAll(async () => {
  await fixture.close();
});

const request = (id: string, scopes: BackupRequest['scopes']): BackupRequest => ({
  id,
  label: 'before-loss',
  scopes,
  consistency: 'QUORUM',
  secondPasses: 1,
  allowStillWritten: false,
  ledgerHead: 'abc',
});
const cluster = { name: 'test', version: '5.0.8' };

async function objects(): Promise<string[]> {
  const keys: string[] = [];
  for await (const { key } of fixture.store.list('')) keys.push(key);
  return keys;
}

describe('creating backups', () => {
  it('refuses to store masked values, and what is not there, before anything is stored', async () => {
    const rows = { ...fixture.rows, readsMasked: async () => true };
    const backups = createBackups({ rows, store: fixture.store, clock: systemClock, cluster });
    const scope = { table: one, columns: null, tableId: 'x' };
    await expect(backups.create(request('masked', [scope]), fixture.context())).rejects.toMatchObject({
      code: 'MASKED_COLUMNS',
      next: expect.stringContaining(`GRANT UNMASK ON TABLE ${fixture.keyspace}.one`),
    });
    const gone = { ...scope, columns: ['a', 'gone'] };
    await expect(fixture.backups.create(request('gone', [gone]), fixture.context())).rejects.toMatchObject({
      code: 'UNKNOWN_COLUMN',
    });
    expect(await objects()).toEqual([]);
  });

  it('stops when the lease is lost, and leaves no backup', async () => {
    const lost = new Error('lease lost');
    let calls = 0;
    const assertHeld = (): void => {
      calls += 1;
      if (calls > 3) throw lost;
    };
    const scope = { table: one, columns: null, tableId: 'x' };
    await expect(fixture.backups.create(request('lost', [scope]), fixture.context({ assertHeld }))).rejects.toBe(lost);
    expect(await fixture.backups.find('lost')).toBeNull();
  });

  it('says so when the store cannot be written to', async () => {
    const backups = fixture.backupsIn(localStore('/sys/kernel/cqlform'));
    const scope = { table: one, columns: null, tableId: 'x' };
    await expect(backups.create(request('denied', [scope]), fixture.context())).rejects.toMatchObject({
      code: 'STORE_DENIED',
    });
  });

  it('takes several tables into one backup, and finds and lists it', async () => {
    const progress: number[] = [];
    const references = await fixture.backups.create(
      request('Both-Tables.1', [
        { table: one, columns: ['b'], tableId: 'id-of-one' },
        { table: one, columns: ['a'], tableId: 'id-of-one' },
        { table: two, columns: null, tableId: 'id-of-two' },
      ]),
      fixture.context({ onProgress: ({ done }) => progress.push(done) }),
    );
    expect(references.map(({ table, columns, rows }) => [table, columns, rows])).toEqual([
      ['one', ['b'], 30],
      ['one', ['a'], 30],
      ['two', null, 30],
    ]);
    expect(progress.length).toBeGreaterThan(0);
    const found = await fixture.backups.find('Both-Tables.1');
    expect(found).toMatchObject({
      id: 'Both-Tables.1',
      label: 'before-loss',
      keyspace: fixture.keyspace,
      manifestHash: references[0]?.manifestHash,
    });
    expect(found?.tables.map(({ tableId, valueDigest }) => [tableId, valueDigest])).toEqual(
      references.map(({ table, valueDigest }) => [`id-of-${table}`, valueDigest]),
    );
    const listed: unknown[] = [];
    for await (const info of fixture.backups.list()) listed.push(info);
    expect(listed).toEqual([found]);
    expect(await fixture.backups.find('both-tables.1')).toBeNull();
    await expect(fixture.backups.verify('none', () => undefined)).rejects.toMatchObject({ code: 'BACKUP_MISSING' });

    // each of its tables is restored by itself
    const [, backup] = references;
    if (backup === undefined) throw new Error('no reference');
    await fixture.cql(`UPDATE ${fixture.keyspace}.one SET a = 'x', b = 'x' WHERE id = 1`);
    const report = await fixture.restore(backup, one, { mode: 'exact' });
    expect(report).toMatchObject({ rows: 30, digest: backup.valueDigest });
    const row = await fixture.connection.client.execute(`SELECT a, b FROM ${fixture.keyspace}.one WHERE id = 1`);
    expect(row.first()).toMatchObject({ a: 'a', b: 'x' });
  });

  it('stores everything anew when it is full, and otherwise what no earlier one has', async () => {
    const store = localStore(await temporaryFolder());
    const backups = fixture.backupsIn(store);
    const packs = async (): Promise<number> => {
      let count = 0;
      for await (const _ of store.list('packs/')) count += 1;
      return count;
    };
    const make = async (id: string, strategy: 'full' | 'incremental'): Promise<BackupStored | undefined> => {
      let told: BackupStored | undefined;
      const onStored = (stored: BackupStored): void => {
        told = stored;
      };
      const scope = { table: one, columns: null, tableId: 'x' };
      await backups.create({ ...request(id, [scope]), secondPasses: 0, strategy, onStored }, fixture.context());
      expect(await backups.find(id)).toMatchObject({ strategy });
      return told;
    };
    const first = await make('anew-1', 'incremental');
    expect(first).toMatchObject({ rows: 30, newRows: 30, chunks: 1, newChunks: 1, newBytes: first?.bytes });
    expect(await make('anew-2', 'incremental')).toMatchObject({ rows: 30, newRows: 0, newChunks: 0, newBytes: 0 });
    expect(await packs()).toBe(1);
    // the rows are the same, and lie there twice from now on
    expect(await make('anew-3', 'full')).toEqual(first);
    expect(await packs()).toBe(2);
    for await (const { key } of store.list('packs/')) {
      await store.delete(key);
      break;
    }
    const damage = await Promise.all(
      ['anew-1', 'anew-3'].map(async (id) => (await backups.verify(id, () => undefined)).damage.length),
    );
    expect(damage.sort()).toEqual([0, 1]);
  });

  it('of the same id takes the place of the one before, which was never recorded', async () => {
    const scope = { table: two, columns: null, tableId: 'x' };
    const [first] = await fixture.backups.create(request('again', [scope]), fixture.context());
    await fixture.cql(`INSERT INTO ${fixture.keyspace}.two (id, s) VALUES (1000, {5})`);
    const [second] = await fixture.backups.create(request('again', [scope]), fixture.context());
    expect(second?.rows).toBe((first?.rows ?? 0) + 1);
    expect(await fixture.backups.verify('again', () => undefined)).toMatchObject({ rows: 31, damage: [] });
    expect((await objects()).filter((key) => key.startsWith('intents/') && !key.includes('lost'))).toEqual([]);
  });
});
