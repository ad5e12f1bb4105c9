import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createTable } from '../../src/cql/create.ts';
import type { Table } from '../../src/model/schema.ts';
import { type BackupFixture, backupFixture } from './fixture.ts';

let fixture: BackupFixture;
beforeAll(async () => {
  fixture = await backupFixture('backup_line');
});
afterAll(async () => {
  await fixture.close();
});

async function digestOf(table: Table, columns: readonly string[] | null = null): Promise<string> {
  return (await fixture.backups.digest({ table, columns }, fixture.context())).digest;
}

describe('a backup of a whole table', () => {
  it('brings a dropped table back, and the digests say so', async () => {
    const { cql, keyspace } = fixture;
    const table = await fixture.table('movies', {
      columns: { id: 'int', year: 'int', title: 'text', tags: 'set<text>' },
      partitionKey: ['id'],
      clusteringKey: ['year'],
    });
    for (let id = 0; id < 300; id += 1) {
      await cql(
        `INSERT INTO ${keyspace}.movies (id, year, title, tags) VALUES (${id % 50}, ${id}, 'film ${id}', {'a', 'b${id % 3}'})`,
      );
    }
    const before = await fixture.read(table);
    const backup = await fixture.backup(table);
    expect(backup.rows).toBe(300);
    expect(backup.valueDigest).toBe(await digestOf(table));

    await cql(`DROP TABLE ${keyspace}.movies`);
    await cql(createTable(table, { keyspace, id: null }));
    const report = await fixture.restore(backup, table, { mode: 'new-table' });
    expect(report).toMatchObject({
      rows: 300,
      staticRows: 0,
      expired: 0,
      digest: backup.valueDigest,
      expected: backup.valueDigest,
    });
    expect(await fixture.read(table)).toEqual(before);
    const verified = await fixture.backups.verify(backup.id, () => undefined);
    expect(verified).toMatchObject({ rows: 300, damage: [] });
  });
});

describe('a backup of a column', () => {
  it('brings a dropped column back, and lets what was written or deleted since be', async () => {
    const { cql, keyspace } = fixture;
    const table = await fixture.table('people', {
      columns: { id: 'int', name: 'text', nick: 'text' },
      partitionKey: ['id'],
    });
    for (let id = 0; id < 100; id += 1) {
      await cql(`INSERT INTO ${keyspace}.people (id, name, nick) VALUES (${id}, 'name ${id}', 'nick ${id}')`);
    }
    // without a marker and with nothing else: dropping the column makes these rows vanish
    await cql(`UPDATE ${keyspace}.people SET nick = 'alone' WHERE id = 1000`);
    const backup = await fixture.backup(table, { columns: ['nick'] });
    expect(backup).toMatchObject({ rows: 101, columns: ['nick'] });
    expect(backup.valueDigest).toBe(await digestOf(table, ['nick']));

    const dropped = BigInt(Date.now()) * 1000n;
    await cql(`ALTER TABLE ${keyspace}.people DROP nick USING TIMESTAMP ${dropped}`);
    await cql(`DELETE FROM ${keyspace}.people WHERE id = 7`);
    await cql(`ALTER TABLE ${keyspace}.people ADD nick text`);
    await cql(`INSERT INTO ${keyspace}.people (id, nick) VALUES (8, 'newer')`);
    const report = await fixture.restore(backup, table, { mode: 're-added', timestamp: dropped + 1n });
    expect(report.rows).toBe(100);

    const after = await fixture.read(table);
    const nicks = new Map(
      after.map((row) => {
        const [nick] = row.cells.slice(1);
        const text = nick?.kind === 'value' ? Buffer.from(nick.bytes).toString() : null;
        return [Buffer.from(row.partitionKey[0] ?? []).readInt32BE(), text];
      }),
    );
    expect(nicks.size).toBe(100);
    expect(nicks.get(7)).toBeUndefined();
    expect(nicks.get(8)).toBe('newer');
    expect(nicks.get(9)).toBe('nick 9');
    expect(nicks.get(1000)).toBe('alone');
  });
});
