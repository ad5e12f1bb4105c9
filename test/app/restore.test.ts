import { rm } from 'node:fs/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { repositoryOf } from '../../src/app/backup.ts';
import { chooseBackup, timeNamed } from '../../src/app/backup-choice.ts';
import { type RestorePreview, restoreTables } from '../../src/app/restore.ts';
import { createBackups } from '../../src/backup/backups.ts';
import { localStore } from '../../src/backup/stores/local.ts';
import { systemClock } from '../../src/cassandra/system-clock.ts';
import type { BackupInfo } from '../../src/model/backup.ts';
import type { Progress } from '../../src/model/event.ts';
import { ownKeyspace, temporaryFolder } from '../backup/fixture.ts';
import { type RowsFixture, rowsFixture } from '../cassandra/rows-fixture.ts';
import { killable } from './killable.ts';
import { backUp, inPlace, inputOf, type Place, restore, storeOf } from './restore-project.ts';

let fixture: RowsFixture;
let place: Place;
let backup: BackupInfo;
const count = 40;
const name = (table: string): string => `${fixture.keyspace}.${table}`;

async function texts(query: string): Promise<string[]> {
  const { rows } = await fixture.connection.client.execute(query);
  return rows
    .map((row) => JSON.stringify(row, (_key, value) => (typeof value === 'bigint' ? String(value) : value)))
    .sort();
}

beforeAll(async () => {
  fixture = await rowsFixture(ownKeyspace('app_restore'));
  place = { folder: await temporaryFolder(), keyspace: fixture.keyspace };
  const { cql } = fixture;
  await cql(`CREATE TYPE ${name('part')} (a int, b text)`);
  await cql(`CREATE TYPE ${name('whole')} (p frozen<part>)`);
  await cql(`CREATE TABLE ${name('users')} (p int, c int, s text static, name text, n int, old text, tags set<text>,
    m map<text, int>, l list<int>, u part, w frozen<whole>, PRIMARY KEY (p, c)) WITH CLUSTERING ORDER BY (c DESC)`);
  await cql(`CREATE TABLE ${name('other')} (id int PRIMARY KEY, v text)`);
  for (let id = 0; id < count; id += 1) {
    await cql(`INSERT INTO ${name('users')} (p, c, s, name, n, old, tags, m, l, u, w) VALUES (${id % 8}, ${id}, 's', 'n${id}', ${id},
      'old', {'a', 'b'}, {'k': 1, 'l': 2}, [1, 2, 1], {a: 1, b: 'x'}, {p: {a: 2, b: 'y'}}) USING TIMESTAMP 1700000000000000`);
  }
  await cql(`INSERT INTO ${name('other')} (id, v) VALUES (1, 'one')`);
  backup = await backUp(place, [], 'first');
});
afterAll(async () => {
  await fixture.close();
  await rm(place.folder, { recursive: true, force: true });
});

describe('a restore into other tables', () => {
  it('makes them as they were, in another keyspace and under another name, with their times', async () => {
    const elsewhere = `${fixture.keyspace}_b`;
    await fixture.cql(
      `CREATE KEYSPACE ${elsewhere} WITH replication = {'class': 'SimpleStrategy', 'replication_factor': 1}`,
    );
    try {
      await expect(restore(place, { id: backup.id }, elsewhere)).rejects.toMatchObject({ code: 'TABLE_MISSING' });
      const dry = await restore(place, { id: backup.id, create: true, dryRun: true }, elsewhere);
      expect(dry.tables.map(({ table, written }) => [table, written])).toEqual([
        ['other', 1],
        ['users', count + 8],
      ]);
      const choice = { id: null, label: 'first', at: null, tables: [], keyspace: fixture.keyspace, cluster: null };
      const made = await restore(place, { choice, create: true }, elsewhere);
      expect(made.tables.map(({ digest, created, mode }) => ({ digest, created, mode }))).toEqual(
        backup.tables.map(({ valueDigest }) => ({ digest: valueDigest, created: true, mode: 'new-table' })),
      );
      const columns = 'p, c, s, name, n, old, tags, m, u, w, writetime(name), writetime(s)';
      expect(await texts(`SELECT ${columns} FROM ${elsewhere}.users`)).toEqual(
        await texts(`SELECT ${columns} FROM ${name('users')}`),
      );
      await expect(restore(place, { id: backup.id, into: 'both', create: true }, elsewhere)).rejects.toMatchObject({
        code: 'TABLE_NOT_IN_BACKUP',
      });
      const named = { id: backup.id, tables: ['other'], into: 'other_copy', create: true };
      expect((await restore(place, named, elsewhere)).tables).toMatchObject([{ into: 'other_copy', rows: 1 }]);
      await expect(restore(place, named, elsewhere)).rejects.toMatchObject({ code: 'TABLE_NOT_EMPTY' });
    } finally {
      await fixture.cql(`DROP KEYSPACE ${elsewhere}`);
    }
  });
});

describe('a restore onto a table that has changed since', () => {
  it('lists the differences, asks for what is lost, and brings back what a drop and deletions hid', async () => {
    const { cql } = fixture;
    const users = name('users');
    await cql(`CREATE TABLE ${name('users_now')} (p int, c int, s text static, name text, n text, extra int, tags set<text>,
      m map<text, int>, l list<int>, u part, w frozen<whole>, PRIMARY KEY (p, c)) WITH CLUSTERING ORDER BY (c DESC)`);
    const now = name('users_now');
    // A deletion that is newer than the rows, and a column that was dropped after they were written.
    for (const p of [0, 1]) await cql(`DELETE FROM ${now} WHERE p = ${p}`);
    const dropped = BigInt(Date.now()) * 1000n;
    await cql(`ALTER TABLE ${now} DROP tags USING TIMESTAMP ${dropped}`);
    await cql(`ALTER TABLE ${now} ADD tags set<text>`);

    const wanted = { id: backup.id, tables: ['users'], into: 'users_now' };
    await expect(restore(place, wanted)).rejects.toMatchObject({
      code: 'RESTORE_MISFIT',
      exitCode: 3,
      fields: { columns: ['n', 'old'] },
      next: expect.stringContaining('--leave-out n,old'),
    });
    expect(await texts(`SELECT * FROM ${now}`)).toEqual([]);
    await expect(restore(place, { ...wanted, leaveOut: ['nope'] })).rejects.toMatchObject({ code: 'USAGE' });
    const told: RestorePreview[] = [];
    const leaveOut = ['n', 'users.old'];
    const restored = await restore(place, { ...wanted, leaveOut, onPlan: (plan) => told.push(plan) });
    expect(told.at(0)?.tables).toMatchObject([
      {
        table: 'users',
        into: 'users_now',
        rows: count,
        leaveOut: ['n', 'old'],
        differences: [
          { kind: 'retyped', column: 'n', from: 'int', to: 'text' },
          { kind: 'gone', column: 'old' },
          { kind: 're-added', column: 'tags' },
          { kind: 'added', column: 'extra' },
        ],
      },
    ]);
    const [table] = restored.tables;
    expect(table).toMatchObject({ mode: 'new-table', rows: count, hidden: 12 });
    expect(table?.digest).toBe(table?.expected);
    const common = 'p, c, s, name, tags, m, l, u, w';
    expect(await texts(`SELECT ${common} FROM ${now}`)).toEqual(await texts(`SELECT ${common} FROM ${users}`));
    // What no deletion hid kept its time.
    expect(await texts(`SELECT writetime(name) AS t FROM ${now} WHERE p = 7`)).toEqual(
      await texts(`SELECT writetime(name) AS t FROM ${users} WHERE p = 7`),
    );
  });

  it('takes wider types as they are, and other names', async () => {
    await fixture.cql(`CREATE TABLE ${name('users_asc')} (p int, c int, s text static, name text, n int, old text, tags set<text>,
      m map<text, int>, l list<int>, u part, w frozen<whole>, PRIMARY KEY (p, c))`);
    const turned = { id: backup.id, tables: ['users'], into: 'users_asc' };
    expect((await restore(place, turned)).tables).toMatchObject([
      { rows: count, staticRows: 8, digest: backup.tables.find(({ table }) => table === 'users')?.valueDigest },
    ]);
    await expect(restore(place, { ...turned, way: 'exact' })).rejects.toMatchObject({ code: 'RESTORE_MISFIT' });
    await fixture.cql(`CREATE TABLE ${name('other_now')} (id int PRIMARY KEY, value blob)`);
    const wanted = { id: backup.id, tables: ['other'], into: 'other_now', renamed: { v: 'value' } };
    const { tables } = await restore(place, wanted);
    expect(tables).toMatchObject([{ differences: [{ kind: 'widened', from: 'text', to: 'blob' }], rows: 1 }]);
    expect(tables[0]?.digest).toBe(backup.tables.find(({ table }) => table === 'other')?.valueDigest);
  });
});

describe('a restore into a table with rows', () => {
  it('adds only what is missing, replaces what the backup has, or makes the table what the backup has', async () => {
    const { cql } = fixture;
    const users = name('users');
    const before = await texts(`SELECT * FROM ${users}`);
    const change = async (): Promise<void> => {
      await cql(`DELETE FROM ${users} WHERE p = 0`);
      await cql(`DELETE name, l, u FROM ${users} WHERE p = 1 AND c = 1`);
      await cql(
        `UPDATE ${users} SET name = 'now', tags = tags - {'a'}, m['k'] = 9, l = [7], u.b = null WHERE p = 2 AND c = 2`,
      );
      await cql(`DELETE m['l'] FROM ${users} WHERE p = 2 AND c = 2`);
      await cql(`DELETE s FROM ${users} WHERE p = 3`);
      await cql(`INSERT INTO ${users} (p, c, name) VALUES (99, 1, 'new')`);
    };
    await change();
    const wanted = { id: backup.id, tables: ['users'] };
    await expect(restore(place, wanted)).rejects.toMatchObject({ code: 'TABLE_NOT_EMPTY', exitCode: 3 });
    const changed = await texts(`SELECT * FROM ${users}`);
    const dry = await restore(place, { ...wanted, way: 'missing', dryRun: true });
    // five rows and the static row of p = 0; one row each of p = 1 and p = 2; the static row of p = 3
    expect(dry.tables).toMatchObject([{ written: 9, deleted: 0, mode: 'missing' }]);
    expect((await restore(place, { ...wanted, way: 'exact', dryRun: true })).tables).toMatchObject([{ deleted: 1 }]);
    expect(await texts(`SELECT * FROM ${users}`)).toEqual(changed);

    for (const written of [9, 0]) {
      const [table] = (await restore(place, { ...wanted, way: 'missing' })).tables;
      expect(table).toMatchObject({ written, deleted: 0, rows: count });
      expect(table?.digest).toBe(table?.expected);
    }
    const { rows } = await fixture.connection.client.execute(`SELECT * FROM ${users} WHERE p IN (1, 2, 3, 99)`);
    const row = (p: number, c: number): Record<string, unknown> =>
      ({ ...rows.find((one) => one['p'] === p && one['c'] === c) }) as Record<string, unknown>;
    expect(rows.every((one) => one['p'] === 99 || one['s'] === 's')).toBe(true);
    expect(row(1, 1)).toMatchObject({ name: 'n1', l: [1, 2, 1], u: { a: 1, b: 'x' } });
    expect(row(2, 2)).toMatchObject({ name: 'now', tags: ['a', 'b'], m: { k: 9, l: 2 }, l: [7], u: { a: 1, b: 'x' } });
    expect(row(99, 1)).toMatchObject({ name: 'new', s: null });

    await change();
    const [over] = (await restore(place, { ...wanted, way: 'overwrite' })).tables;
    expect(over?.digest).toBe(over?.expected);
    expect(await texts(`SELECT * FROM ${users} WHERE p = 99`)).toHaveLength(1);
    await change();
    const [exact] = (await restore(place, { ...wanted, way: 'exact' })).tables;
    expect(exact).toMatchObject({
      deleted: 1,
      digest: backup.tables.find(({ table }) => table === 'users')?.valueDigest,
    });
    expect(await texts(`SELECT * FROM ${users}`)).toEqual(before);
  });
});

describe('which backup is meant', () => {
  it('dates nothing far ahead because one cell is', async () => {
    const ahead = name('ahead');
    await fixture.cql(`CREATE TABLE ${ahead} (id int PRIMARY KEY, v text)`);
    await fixture.cql(`INSERT INTO ${ahead} (id, v) VALUES (1, 'gone') USING TIMESTAMP 1000`);
    await fixture.cql(`INSERT INTO ${ahead} (id, v) VALUES (2, 'nanoseconds') USING TIMESTAMP 1800000000000000000`);
    const { id } = await backUp(place, ['ahead']);
    await fixture.cql(`DELETE FROM ${ahead} WHERE id = 1`);
    const wishes = { id, tables: ['ahead'] };
    await expect(restore(place, { ...wishes, way: 'exact' })).rejects.toMatchObject({ code: 'WRITE_TIMES_AHEAD' });
    expect((await restore(place, { ...wishes, way: 'missing' })).tables).toMatchObject([{ written: 1 }]);
    await fixture.cql(`UPDATE ${ahead} SET v = 'later' WHERE id = 1`);
    expect(await texts(`SELECT v FROM ${ahead} WHERE id = 1`)).toEqual(['{"v":"later"}']);
  });

  it('is told by id, label and time, of the cluster that is connected to unless another is named', async () => {
    await inPlace(place, async ({ rows, cluster }) => {
      const ownName = (await cluster.describe(place.keyspace)).cluster;
      const store = localStore(`${place.folder}/store`);
      const elsewhere = createBackups({ rows, store, clock: systemClock, cluster: { name: 'mars', version: '5.0.8' } });
      const asked = { id: null, label: null, at: null, tables: [], keyspace: place.keyspace, cluster: null };
      const choose = async (more: Partial<typeof asked> | object): Promise<string> =>
        (await chooseBackup(elsewhere, { ...asked, ...more }, ownName)).id;
      const second = await backUp(place, ['other'], 'second');
      const foreign = `${place.keyspace}-foreign`;
      const { schema } = await cluster.describe(place.keyspace);
      const table = schema.tables['other'];
      if (table === undefined) throw new Error('no table');
      await elsewhere.create(
        {
          ...{ id: foreign, label: 'second', consistency: 'QUORUM', secondPasses: 0, allowStillWritten: true },
          ...{ ledgerHead: 'none', scopes: [{ table, columns: null, tableId: 'x' }] },
        },
        {
          ...{ keyspace: place.keyspace, types: schema.types, attempt: 1, finished: [] },
          ...{ onProgress: () => undefined, assertHeld: () => undefined, checkpoint: async () => undefined },
        },
      );
      const ended = new Date(backup.finishedAt);
      expect(await choose({ at: ended })).toBe(backup.id);
      expect(await choose({ label: 'second' })).toBe(second.id);
      expect(await choose({ label: 'second', cluster: 'mars' })).toBe(foreign);
      expect(await choose({ at: new Date() })).toBe(second.id);
      expect(await choose({ label: 'first', at: new Date() })).toBe(backup.id);
      await expect(choose({ at: new Date(ended.getTime() - 1) })).rejects.toMatchObject({ code: 'BACKUP_UNKNOWN' });
      await expect(choose({})).rejects.toMatchObject({ code: 'BACKUP_CHOICE' });
      await expect(choose({ id: foreign, label: 'x' })).rejects.toMatchObject({ code: 'BACKUP_CHOICE' });
      await expect(chooseBackup(elsewhere, { ...asked, label: 'second' }, 'venus')).rejects.toThrow(
        /mars.*--from-cluster|--from-cluster/,
      );
      // Written by another cluster, and restored here all the same.
      const [table2] = (await restore(place, { id: foreign, way: 'exact' })).tables;
      expect(table2?.digest).toBe(second.tables[0]?.valueDigest);
    });
    expect(timeNamed('at', '2026-11-22').toISOString()).toBe('2026-11-22T23:59:59.999Z');
    expect(timeNamed('at', '2026-11-22 10:00').toISOString()).toBe('2026-11-22T10:00:00.000Z');
    expect(timeNamed('at', '2026-11-22T10:00:00+02:00').toISOString()).toBe('2026-11-22T08:00:00.000Z');
    expect(() => timeNamed('at', 'yesterday')).toThrow('is no time');
  });
});

describe('a restore of several tables', () => {
  it('writes into none where one may not be written to, and goes on after the tables that it had finished', async () => {
    const elsewhere = `${fixture.keyspace}_c`;
    await fixture.cql(
      `CREATE KEYSPACE ${elsewhere} WITH replication = {'class': 'SimpleStrategy', 'replication_factor': 1}`,
    );
    const times = (keyspace: string): Promise<string[]> => texts(`SELECT id, v, writetime(v) FROM ${keyspace}.other`);
    const wishes = { id: backup.id, tables: ['other', 'users'], create: true } as const;
    const stopped = async (): Promise<void> => {
      const stopping = new AbortController();
      const onProgress = ({ unit, total }: Progress): void => {
        if (unit === 'rows' && total === count) stopping.abort();
      };
      await expect(restore(place, { ...wishes, signal: stopping.signal, onProgress }, elsewhere)).rejects.toMatchObject(
        { code: 'INTERRUPTED' },
      );
    };
    try {
      await stopped();
      const first = await times(elsewhere);
      const ended = { table: 'other', rows: 1, resumed: true, hidden: 0 };
      expect((await restore(place, wishes, elsewhere)).tables).toMatchObject([
        ended,
        { table: 'users', rows: count, resumed: true },
      ]);
      expect(await times(elsewhere)).toEqual(first);
      await fixture.cql(`TRUNCATE ${elsewhere}.other`);
      await expect(restore(place, wishes, elsewhere)).rejects.toMatchObject({ code: 'TABLE_NOT_EMPTY' });
      expect(await times(elsewhere)).toEqual([]);
      await fixture.cql(`DROP TABLE ${elsewhere}.users`);
      await stopped();
      await fixture.cql(`TRUNCATE ${elsewhere}.other`);
      expect((await restore(place, wishes, elsewhere)).tables).toMatchObject([
        { ...ended, resumed: false },
        { table: 'users', rows: count },
      ]);
      expect(await times(elsewhere)).toEqual(first);
      for (const object of ['TABLE users', 'TYPE whole', 'TYPE part'])
        await fixture.cql(`DROP ${object.replace(' ', ` ${elsewhere}.`)}`);
      await fixture.cql(`CREATE TYPE ${elsewhere}.part (b text, a int)`);
      await expect(restore(place, { ...wishes, tables: ['users'] }, elsewhere)).rejects.toMatchObject({
        code: 'RESTORE_MISFIT',
        message: expect.stringContaining('users.u is part, but field a of type part is not what it was'),
      });
    } finally {
      await fixture.cql(`DROP KEYSPACE ${elsewhere}`);
    }
  });
});

describe('a restore that is killed', () => {
  it('goes on where it was, with its own times, and ends at the same digest', { timeout: 120_000 }, async () => {
    const { cql, keyspace } = fixture;
    await cql(`CREATE TABLE ${name('large')} (id int PRIMARY KEY, v text, l list<int>)`);
    const table = (await inPlace(place, ({ cluster }) => cluster.describe(keyspace))).schema.tables['large'];
    if (table === undefined) throw new Error('no table');
    const writer = fixture.rows.write({ keyspace, table, types: {}, consistency: 'ONE' });
    const rows = 700;
    for (let index = 0; index < rows; index += 1) {
      const id = Buffer.alloc(4);
      id.writeInt32BE(index);
      const list = Buffer.from('0000000200000004000000010000000400000001', 'hex');
      const cells = { v: Buffer.from(`${index} `.repeat(3000)), l: list };
      const key = { partitionKey: [id], clusteringKey: [] };
      await writer.write({ kind: 'insert', ...key, cells, timestamp: 1_700_000_000_000_000n, ttl: 0 });
    }
    await writer.flush();
    const { id, tables } = await backUp(place, ['large']);
    const digest = tables[0]?.valueDigest;
    const run = (dieAfter: number, way: 'empty' | 'exact', into: string): Promise<unknown> =>
      killable(place, { work: 'restore', dieAfter, wishes: { id, tables: ['large'], into, way } });

    await cql(`CREATE TABLE ${name('large_copy')} (id int PRIMARY KEY, v text, l list<int>)`);
    expect(await run(300, 'empty', 'large_copy')).toBeNull();
    expect(await run(900, 'empty', 'large_copy')).toBeNull();
    const ended = await run(0, 'empty', 'large_copy');
    expect(ended).toMatchObject({
      tables: [{ rows, digest, expected: digest, mode: 'new-table', hidden: 0, resumed: true }],
    });
    // Two mutations for a row: what the second try had finished was not written again.
    expect((ended as { count: number }).count).toBeLessThan(2 * rows - 300);
    expect(await texts(`SELECT id, v, l, writetime(v) FROM ${name('large_copy')}`)).toEqual(
      await texts(`SELECT id, v, l, writetime(v) FROM ${name('large')}`),
    );

    await cql(`UPDATE ${name('large')} SET v = 'other', l = [9] WHERE id = 1`);
    await cql(`INSERT INTO ${name('large')} (id, v) VALUES (-1, 'more')`);
    expect(await run(1000, 'exact', 'large')).toBeNull();
    const exact = await run(0, 'exact', 'large');
    expect(exact).toMatchObject({ tables: [{ rows, digest, expected: digest, resumed: true }] });
    await inPlace(place, async (session) => {
      const repository = await repositoryOf(session, storeOf(place));
      const both = await Promise.allSettled(
        [1, 2].map(() =>
          restoreTables(session, repository, inputOf({ id, tables: ['large'], way: 'exact' }, keyspace)),
        ),
      );
      expect(both.map(({ status }) => status).sort()).toEqual(['fulfilled', 'rejected']);
      expect(both.find(({ status }) => status === 'rejected')).toMatchObject({ reason: { code: 'RESTORE_RUNNING' } });
    });
    // It is over, so the next one is another.
    await expect(restore(place, { id, tables: ['large'] })).rejects.toMatchObject({ code: 'TABLE_NOT_EMPTY' });
  });
});
