import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { clusterStore } from '../../src/cassandra/cluster-store.ts';
import { createTable } from '../../src/cql/create.ts';
import type { Cell, CellTime, StoredRow } from '../../src/model/row.ts';
import type { Table } from '../../src/model/schema.ts';
import { type BackupFixture, backupFixture, soon } from './fixture.ts';
import { fillRichTable, richTable } from './rich-table.ts';

let fixture: BackupFixture;
let rich: Table;
beforeAll(async () => {
  fixture = await backupFixture('backup_restore');
  rich = await richTable(fixture, 'rich');
  await fillRichTable(fixture, rich);
});
afterAll(async () => {
  await fixture.close();
});

const digestOf = async (table: Table, columns: readonly string[] | null = null): Promise<string> =>
  (await fixture.backups.digest({ table, columns }, fixture.context())).digest;

async function recreate(table: Table): Promise<void> {
  await fixture.cql(`DROP TABLE ${fixture.keyspace}.${table.name}`);
  await fixture.cql(createTable(table, { keyspace: fixture.keyspace, id: null }));
}

/**
 * What a restore cannot keep as it was: lists are written two microseconds later with each attempt, and what is left of a
 * TTL is counted from when it arrives.
 */
function asRestored(table: Table, rows: readonly StoredRow[]): StoredRow[] {
  const keys = new Set([...table.partitionKey, ...table.clusteringKey.map((part) => part.column)]);
  const about = <T extends CellTime>(time: T, isList: boolean): T => ({
    ...time,
    writeTime: isList ? 0n : time.writeTime,
    expiresAt: time.expiresAt === null ? null : Math.round(time.expiresAt / 43_200),
  });
  return rows.map((row) => {
    const columns = table.columns.filter((each) => !keys.has(each.name) && each.static === (row.kind === 'static'));
    const cells = row.cells.map((cell, index): Cell | null => {
      if (cell === null || cell.kind === 'counter') return cell;
      if (cell.kind === 'value') return about(cell, false);
      const isList = columns[index]?.type.kind === 'list';
      return { ...cell, elements: cell.elements.map((element) => about(element, isList)) };
    });
    return { ...row, cells };
  });
}

describe('a table dropped and restored under a new id', () => {
  it('has every row again, of every type and kind, with write times and expiry', async () => {
    const before = await fixture.read(rich);
    const backup = await fixture.backup(rich);
    expect(backup.valueDigest).toBe(await digestOf(rich));
    expect(await fixture.backups.verify(backup.id, () => undefined)).toMatchObject({ damage: [] });
    await recreate(rich);
    const report = await fixture.restore(backup, rich, { mode: 'new-table' });
    expect(report).toMatchObject({
      rows: backup.rows,
      expired: 0,
      digest: backup.valueDigest,
      expected: backup.valueDigest,
    });
    const after = await fixture.read(rich);
    expect(asRestored(rich, after)).toEqual(asRestored(rich, before));
    expect(before.some(({ kind }) => kind === 'static')).toBe(true);
  });

  it('is the same from the store inside the cluster', async () => {
    const store = clusterStore(fixture.connection, { keyspace: fixture.keyspace });
    const backups = fixture.backupsIn(store);
    const scope = { table: rich, columns: null, tableId: 'x' };
    const request = {
      id: 'in-cluster',
      label: null,
      scopes: [scope],
      consistency: 'ALL',
      secondPasses: 1,
      allowStillWritten: false,
      ledgerHead: 'none',
    } as const;
    const [backup] = await backups.create(request, fixture.context());
    if (backup === undefined) throw new Error('no backup');
    expect(backup.store).toBe(`cluster:${fixture.keyspace}`);
    await recreate(rich);
    const into = { backup, into: rich, mode: 'new-table', renamed: {}, timestamp: 1n } as const;
    const report = await backups.restore(into, fixture.context());
    expect(report.digest).toBe(backup.valueDigest);
    expect(await digestOf(rich)).toBe(backup.valueDigest);
    const listed: string[] = [];
    for await (const info of backups.list()) listed.push(info.id);
    expect(listed).toEqual(['in-cluster']);

    // What is listed and cannot be given is damage, not absence.
    await fixture.cql(`TRUNCATE ${fixture.keyspace}.blob_parts`);
    const damaged = { code: 'BACKUP_DAMAGED', exitCode: 8 };
    const listing = async (): Promise<void> => {
      for await (const info of backups.list()) expect(info).toBeUndefined();
    };
    await expect(listing()).rejects.toMatchObject({
      ...damaged,
      message: expect.stringContaining('in-cluster (manifests/in-cluster.json: its content is lost') as unknown,
    });
    await expect(backups.find('in-cluster')).rejects.toMatchObject(damaged);
    await expect(backups.verify('in-cluster', () => undefined)).rejects.toMatchObject(damaged);
    await expect(backups.restore(into, fixture.context())).rejects.toMatchObject(damaged);
    expect(await backups.find('another')).toBeNull();
  });

  it('goes on where a killed try was, and gives the same table', async () => {
    const backup = await fixture.backup(rich);
    await recreate(rich);
    await fixture.restore(backup, rich, { mode: 'new-table' });
    const before = fixture.checkpoints.length;
    // a second try that knows of no checkpoint writes everything again, lists too
    const again = await fixture.restore(backup, rich, { mode: 'new-table' }, { attempt: 2 });
    expect(again.digest).toBe(backup.valueDigest);
    const finished = fixture.checkpoints.slice(before);
    expect(finished.map(({ state }) => state)).toEqual(['started', 'done']);
    // and one that does, nothing
    await recreate(rich);
    const third = await fixture.restore(backup, rich, { mode: 'new-table' }, { attempt: 3, finished });
    expect(third).toMatchObject({ rows: backup.rows, expected: backup.valueDigest });
    expect(third.digest).toBe('0'.repeat(64));
    await fixture.restore(backup, rich, { mode: 'new-table' }, { attempt: 4 });
  });

  it('counts what has run out, and leaves it out', async () => {
    const { cql, keyspace } = fixture;
    const table = await fixture.table('expiring', {
      columns: { id: 'int', a: 'text', b: 'text' },
      partitionKey: ['id'],
    });
    await cql(`INSERT INTO ${keyspace}.expiring (id, a, b) VALUES (1, 'stays', 'stays')`);
    await cql(`UPDATE ${keyspace}.expiring USING TTL 3 SET b = 'goes' WHERE id = 1`);
    await cql(`INSERT INTO ${keyspace}.expiring (id, a, b) VALUES (2, 'goes', 'goes') USING TTL 3`);
    await cql(`INSERT INTO ${keyspace}.expiring (id, a) VALUES (3, 'long') USING TTL 86400`);
    const backup = await fixture.backup(table);
    expect(backup.rows).toBe(3);
    await expect.poll(async () => (await fixture.read(table)).length, { timeout: 15_000 }).toBe(2);
    await recreate(table);
    const report = await fixture.restore(backup, table, { mode: 'new-table' });
    expect(report.expired).toBe(3);
    expect(report.expiring).toEqual({ restored: 1, found: 1 });
    expect(report.digest).toBe(report.expected);
    const rows = await fixture.read(table);
    expect(rows.length).toBe(2);
    const times = rows.flatMap((row) =>
      row.cells.map((cell) => (cell?.kind === 'value' ? (cell.expiresAt ?? 'never') : null)),
    );
    expect(times.filter((each) => typeof each === 'number').length).toBe(1);
  });

  it('has its counters again, also when the restore is repeated', async () => {
    const { cql, keyspace } = fixture;
    const table = await fixture.table('counts', {
      columns: { id: 'int', c: 'int', s: 'static counter', n: 'counter', m: 'counter' },
      partitionKey: ['id'],
      clusteringKey: ['c'],
    });
    for (let id = 0; id < 20; id += 1) {
      await cql(`UPDATE ${keyspace}.counts SET n = n + ${id * 7}, m = m - 3 WHERE id = ${id} AND c = 1`);
      await cql(`UPDATE ${keyspace}.counts SET s = s + ${id} WHERE id = ${id}`);
    }
    await cql(`UPDATE ${keyspace}.counts SET n = n + 1 WHERE id = 3 AND c = 2`);
    const backup = await fixture.backup(table);
    expect(backup.valueDigest).toBe(await digestOf(table));
    await recreate(table);
    for (const attempt of [1, 2]) {
      const report = await fixture.restore(backup, table, { mode: 'new-table' }, { attempt });
      expect(report.digest).toBe(backup.valueDigest);
    }
    await expect(fixture.restore(backup, table, { mode: 'exact' })).rejects.toMatchObject({ code: 'RESTORE_MISFIT' });
  });
});

describe('mode exact', () => {
  it('undoes changes, deletions and additions of every kind of cell', async () => {
    const { cql, keyspace } = fixture;
    const name = `${keyspace}.rich`;
    const before = await fixture.read(rich, { times: false });
    const backup = await fixture.backup(rich);
    const time = '50554d6e-29bb-11e5-b345-feff819cdc9f';
    await cql(
      `UPDATE ${name} SET v_text = 'changed', v_int = null, w_list = [1], w_set = w_set + {'more'}, w_map = {'only': 1}, w_udt = null, w_frozen = null WHERE p = 1 AND q = 'q1' AND c = 2 AND d = ${time}`,
    );
    await cql(
      `UPDATE ${name} SET w_list = w_list + [77], w_udt.street = 'new', w_udt.zip = null WHERE p = 2 AND q = 'q2' AND c = 2 AND d = ${time}`,
    );
    await cql(`UPDATE ${name} SET s_note = 'other', s_tags = s_tags - {'a'} WHERE p = 2 AND q = 'q2'`);
    await cql(`UPDATE ${name} SET s_note = null WHERE p = 23 AND q = ''`);
    await cql(`DELETE FROM ${name} WHERE p = 4 AND q = 'q4'`);
    await cql(`DELETE FROM ${name} WHERE p = 5 AND q = 'q5' AND c = 1`);
    await cql(`DELETE FROM ${name} WHERE p = 21 AND q = 'key'`);
    await cql(`INSERT INTO ${name} (p, q, c, d, v_int, w_list) VALUES (5, 'q5', 100, ${time}, 1, [1])`);
    await cql(`INSERT INTO ${name} (p, q, c, d) VALUES (50, 'new', 1, ${time})`);
    await cql(`INSERT INTO ${name} (p, q, s_note, s_tags) VALUES (51, 'new', 'x', {'y'})`);
    expect(await digestOf(rich)).not.toBe(backup.valueDigest);
    const timestamp = soon();
    for (const attempt of [1, 2]) {
      const report = await fixture.restore(backup, rich, { mode: 'exact', timestamp }, { attempt });
      expect(report).toMatchObject({ rows: backup.rows, digest: backup.valueDigest, expected: backup.valueDigest });
      expect(await fixture.read(rich, { times: false })).toEqual(before);
    }
  });

  it('empties a table whose backup was empty, and lets later writes be', async () => {
    const { cql, keyspace } = fixture;
    const table = await fixture.table('was_empty', { columns: { id: 'int', a: 'text' }, partitionKey: ['id'] });
    const backup = await fixture.backup(table);
    expect(backup).toMatchObject({ rows: 0, bytes: 0, valueDigest: '0'.repeat(64) });
    for (let id = 0; id < 500; id += 1) await cql(`INSERT INTO ${keyspace}.was_empty (id, a) VALUES (${id}, 'x')`);
    const timestamp = soon();
    await cql(
      `INSERT INTO ${keyspace}.was_empty (id, a) VALUES (7, 'later') USING TIMESTAMP ${timestamp + 5_000_000n}`,
    );
    const report = await fixture.restore(backup, table, { mode: 'exact', timestamp });
    expect(report.expected).toBe('0'.repeat(64));
    expect((await fixture.read(table)).length).toBe(1);
  });

  it('of columns leaves the others alone, and rows that were deleted since stay deleted', async () => {
    const { cql, keyspace } = fixture;
    const table = await fixture.table('partly', {
      columns: { id: 'int', a: 'text', b: 'set<text>', z: 'text' },
      partitionKey: ['id'],
    });
    for (let id = 0; id < 50; id += 1) {
      await cql(`INSERT INTO ${keyspace}.partly (id, a, b, z) VALUES (${id}, 'a${id}', {'b'}, 'z')`);
    }
    const backup = await fixture.backup(table, { columns: ['a', 'b'] });
    await cql(`UPDATE ${keyspace}.partly SET a = 'changed', b = b + {'more'}, z = 'changed' WHERE id = 1`);
    await cql(`DELETE FROM ${keyspace}.partly WHERE id = 2`);
    await cql(`INSERT INTO ${keyspace}.partly (id, a, b, z) VALUES (100, 'new', {'new'}, 'new')`);
    const report = await fixture.restore(backup, table, { mode: 'exact' });
    expect(report.digest).toBe(report.expected);
    const rows = await fixture.connection.client.execute(`SELECT id, a, b, z FROM ${keyspace}.partly`);
    const found = new Map(rows.rows.map((row) => [row['id'], { a: row['a'], b: row['b'], z: row['z'] }]));
    expect(found.size).toBe(50);
    expect(found.get(1)).toEqual({ a: 'a1', b: ['b'], z: 'changed' });
    expect(found.get(2)).toBeUndefined();
    expect(found.get(100)).toEqual({ a: null, b: null, z: 'new' });
  });
});

describe('mode re-added', () => {
  it('restores collections and static columns of rows that are still there', async () => {
    const { cql, keyspace } = fixture;
    const table = await fixture.table('readd', {
      columns: {
        p: 'int',
        c: 'int',
        s: 'static text',
        keep: 'static text',
        l: 'list<int>',
        m: 'map<text, int>',
        u: 'frozen<tuple<double, text>>',
        v: 'text',
      },
      partitionKey: ['p'],
      clusteringKey: ['c'],
    });
    for (let p = 0; p < 30; p += 1) {
      for (let c = 0; c < 3; c += 1) {
        await cql(
          `INSERT INTO ${keyspace}.readd (p, c, l, m, u, v) VALUES (${p}, ${c}, [1, 2, 1], {'a': 1}, (${c}, null), 'v')`,
        );
      }
      await cql(`INSERT INTO ${keyspace}.readd (p, s, keep) VALUES (${p}, 's${p}', 'k')`);
    }
    await cql(`INSERT INTO ${keyspace}.readd (p, s) VALUES (100, 'nothing else')`);
    const columns = ['s', 'l', 'm', 'u'];
    const before = await fixture.read(table, { times: false });
    const backup = await fixture.backup(table, { columns });
    const dropped = (BigInt(Date.now()) + 5n) * 1000n;
    for (const column of columns) await cql(`ALTER TABLE ${keyspace}.readd DROP ${column} USING TIMESTAMP ${dropped}`);
    await cql(`DELETE FROM ${keyspace}.readd WHERE p = 3`);
    await cql(`DELETE FROM ${keyspace}.readd WHERE p = 4 AND c = 1`);
    await expect.poll(() => BigInt(Date.now()) * 1000n > dropped).toBe(true);
    for (const [column, type] of [
      ['s', 'text static'],
      ['l', 'list<int>'],
      ['m', 'map<text, int>'],
      ['u', 'frozen<tuple<double, text>>'],
    ]) {
      await cql(`ALTER TABLE ${keyspace}.readd ADD ${column} ${type}`);
    }
    for (const attempt of [1, 2]) {
      const report = await fixture.restore(backup, table, { mode: 're-added', timestamp: dropped + 1n }, { attempt });
      expect(report.digest).toBe(report.expected);
      expect(report.rows).toBe(86);
    }
    const int = (bytes: Uint8Array | undefined): number => Buffer.from(bytes ?? []).readInt32BE();
    const kept = before.filter(({ partitionKey: [p], ...row }) => {
      if (int(p) === 3) return false;
      return !(int(p) === 4 && row.kind === 'row' && int(row.clusteringKey[0]) === 1);
    });
    expect(await fixture.read(table, { times: false })).toEqual(kept);
  });

  it('writes to a renamed key column, and refuses another type', async () => {
    const { cql, keyspace } = fixture;
    const table = await fixture.table('renamed', {
      columns: { p: 'int', c: 'int', v: 'text' },
      partitionKey: ['p'],
      clusteringKey: ['c'],
    });
    for (let p = 0; p < 10; p += 1) await cql(`INSERT INTO ${keyspace}.renamed (p, c, v) VALUES (${p}, 1, 'v')`);
    const backup = await fixture.backup(table);
    await cql(`ALTER TABLE ${keyspace}.renamed RENAME c TO position`);
    await cql(`TRUNCATE ${keyspace}.renamed`);
    const columns = table.columns.map((column) => (column.name === 'c' ? { ...column, name: 'position' } : column));
    const now: Table = { ...table, columns, clusteringKey: [{ column: 'position', order: 'asc' }] };
    const renamed = { c: 'position' };
    const report = await fixture.restore(backup, now, { mode: 'exact', renamed });
    expect(report).toMatchObject({ rows: 10, digest: backup.valueDigest });
    await expect(fixture.restore(backup, now, { mode: 'exact' })).rejects.toMatchObject({ code: 'RESTORE_MISFIT' });
    await expect(fixture.restore(backup, now, { mode: 'exact', renamed: { ...renamed, nope: 'v' } })).rejects.toThrow(
      'nope',
    );
    const retyped = {
      ...now,
      columns: columns.map((column) =>
        column.name === 'v' ? { ...column, type: { kind: 'scalar', name: 'int' } as const } : column,
      ),
    };
    await expect(fixture.restore(backup, retyped, { mode: 'exact', renamed })).rejects.toThrow(
      'its type is not the backup',
    );
  });
});
